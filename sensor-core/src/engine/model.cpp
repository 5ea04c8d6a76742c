#include "model.h"

#include <algorithm>
#include <cstring>
#include <memory>

namespace mls::engine {
namespace {

constexpr const char* kBroken = "the file is truncated or damaged";
constexpr const char* kTooLarge = "is too large";

uint32_t ElementBytes(TensorType type) {
  switch (type) {
    case TensorType::kInt8:
    case TensorType::kUint8:
    case TensorType::kInt4:
    case TensorType::kResource: return 1;
    case TensorType::kInt16: return 2;
    case TensorType::kFloat32:
    case TensorType::kInt32: return 4;
    case TensorType::kInt64: return 8;
  }
  return 0;
}

}  // namespace

const char* Model::Open(std::span<const uint8_t> bytes, uint32_t subgraph_index) {
  enum ModelField { kVersion = 0, kOperatorCodes = 1, kSubgraphs = 2, kBuffers = 4 };
  enum SubgraphField { kTensors = 0, kInputs = 1, kOutputs = 2, kOperators = 3 };

  if (bytes.size() < 8 || std::memcmp(bytes.data() + 4, "TFL3", 4) != 0) return "not a TensorFlow Lite model";
  file_ = FlatBuffer(bytes);
  const auto root = file_.Root();
  const int32_t version = file_.IntField(root, kVersion, 0);
  operator_codes_ = file_.VectorField(root, kOperatorCodes, 4);
  const auto subgraphs = file_.VectorField(root, kSubgraphs, 4);
  buffers_ = file_.VectorField(root, kBuffers, 4);
  if (file_.corrupt()) return kBroken;
  if (version != 3) return "schema version is not 3";
  if (subgraph_index >= subgraphs.count) return "a subgraph is missing";

  const auto subgraph = file_.TableAt(subgraphs, subgraph_index);
  tensors_ = file_.VectorField(subgraph, kTensors, 4);
  inputs_ = file_.VectorField(subgraph, kInputs, 4);
  outputs_ = file_.VectorField(subgraph, kOutputs, 4);
  operators_ = file_.VectorField(subgraph, kOperators, 4);
  if (file_.corrupt()) return kBroken;
  if (tensors_.count > kMaxTensors) return "has too many tensors";
  if (operators_.count == 0 || operators_.count > kMaxOperators) return "has no operators, or too many";
  // Only the first subgraph is the model; what others (of CALL_ONCE) have to show is in variables.
  if ((outputs_.count == 0 && subgraph_index == 0) || outputs_.count > kMaxTensors || inputs_.count > kMaxTensors) {
    return "has no outputs, or too many inputs or outputs";
  }
  return nullptr;
}

const char* Model::ReadOperands(uint32_t index, OperatorRecord& record) {
  enum OperatorField { kInputs = 1, kOutputs = 2 };
  const auto table = file_.OpenAt(operators_, index);
  record.table = table.at;
  record.inputs = file_.QuickVectorField(table, kInputs, 4);
  record.outputs = file_.QuickVectorField(table, kOutputs, 4);
  return file_.corrupt() ? kBroken : nullptr;
}

const char* Model::ReadOperator(uint32_t index, OperatorRecord& record) {
  enum OperatorField { kOpcodeIndex = 0 };
  enum OperatorCodeField { kDeprecatedCode = 0, kCode = 3 };

  if (const char* what = ReadOperands(index, record)) return what;
  const uint32_t code_index = static_cast<uint32_t>(file_.IntField(record.table, kOpcodeIndex, 0));
  if (code_index >= operator_codes_.count) return "its operator code is not in the file";
  const auto code = file_.TableAt(operator_codes_, code_index);
  // Codes below 127 are also in a byte that older writers filled; newer ones fill both.
  record.code = std::max(file_.IntField(code, kCode, 0), file_.ByteField(code, kDeprecatedCode, 0));
  return file_.corrupt() ? kBroken : nullptr;
}

bool Model::IsConstant(uint32_t index) {
  enum { kBuffer = 2, kData = 0 };
  const uint32_t buffer = static_cast<uint32_t>(file_.IntField(file_.TableAt(tensors_, index), kBuffer, 0));
  return buffer < buffers_.count && file_.VectorField(file_.TableAt(buffers_, buffer), kData, 1).count > 0;
}

const char* Model::ReadTensor(uint32_t index, Tensor& tensor, Status& status) {
  enum TensorField { kShape = 0, kType = 1, kBuffer = 2, kQuantization = 4, kIsVariable = 5, kSparsity = 6 };
  enum QuantizationField { kScale = 2, kZeroPoint = 3, kDetails = 5, kQuantizedDimension = 6 };
  enum BufferField { kData = 0, kOffset = 1 };

  tensor.index = static_cast<int32_t>(index);
  tensor.dims = {};
  tensor.scale = 0;
  tensor.zero_point = 0;
  tensor.constant = nullptr;
  tensor.scales = {};
  tensor.quantized_dimension = 0;
  tensor.zero_points_are_zero = true;
  const auto table = file_.OpenAt(tensors_, index);
  const auto shape = file_.QuickVectorField(table, kShape, 4);
  const int32_t type = file_.ByteField(table, kType, 0);
  const uint32_t buffer_index = static_cast<uint32_t>(file_.IntField(table, kBuffer, 0));
  const bool special = file_.ByteField(table, kIsVariable, 0) != 0 || file_.HasField(table, kSparsity);
  status = Status::kCorrupt;
  if (file_.corrupt()) return kBroken;
  if (buffer_index >= buffers_.count) return "its buffer is not in the file";

  status = Status::kUnsupported;
  tensor.type = static_cast<TensorType>(type);
  const uint32_t element_bytes = ElementBytes(tensor.type);
  if (element_bytes == 0) return "element type not supported";
  if (special) return "variable or sparse tensors are not supported";
  if (shape.count > TensorInfo::kMaxRank) return "has more than five dimensions";
  tensor.rank = static_cast<uint8_t>(shape.count);
  uint32_t elements = 1;
  for (uint32_t i = 0; i < shape.count; ++i) {
    tensor.dims[i] = Index(shape, i);
    if (tensor.dims[i] < 0) return "has an unknown dimension";
    const uint64_t product = uint64_t{elements} * static_cast<uint32_t>(tensor.dims[i]);
    if (product > InferenceEngine::kMaxModelBytes) return kTooLarge;
    elements = static_cast<uint32_t>(product);
  }
  // Not more than 2^30 elements of eight bytes.
  if (elements > InferenceEngine::kMaxModelBytes / element_bytes) return kTooLarge;
  tensor.elements = elements;
  tensor.bytes = tensor.type == TensorType::kInt4 ? (elements + 1) / 2 : elements * element_bytes;

  const auto buffer = file_.OpenAt(buffers_, buffer_index);
  const auto data = file_.QuickVectorField(buffer, kData, 1);
  if (file_.HasField(buffer, kOffset)) return "data outside the FlatBuffer is not supported";
  status = Status::kCorrupt;
  if (file_.corrupt()) return kBroken;
  if (data.count > 0) {
    if (data.count != tensor.bytes) return "its data does not have the size of its shape";
    if (data.start & (std::min<uint32_t>(element_bytes, InferenceEngine::kModelAlignment) - 1)) {
      return "its data is not aligned";
    }
    tensor.constant = file_.At(data.start);
    // The scales of a bias are products of two others; nobody reads them.
    if (tensor.type == TensorType::kInt32) return nullptr;
  }

  const auto quantization = file_.OpenField(table, kQuantization);
  const auto scales = file_.QuickVectorField(quantization, kScale, 4);
  const auto zero_points = file_.QuickVectorField(quantization, kZeroPoint, 8);
  const bool custom = file_.HasField(quantization, kDetails);
  tensor.quantized_dimension = file_.IntField(quantization, kQuantizedDimension, 0);
  if (file_.corrupt()) return kBroken;
  if (custom) {
    status = Status::kUnsupported;
    return "custom quantisation is not supported";
  }
  if (scales.count == 0) return nullptr;
  tensor.scales = {file_.At(scales.start), scales.count};
  uint32_t most = 0;
  for (uint32_t i = 0; i < scales.count; ++i) most = std::max(most, static_cast<uint32_t>(file_.IntAt(scales, i)));
  // Not negative, not infinite, not a NaN: below the bits of infinity.
  if (most >= 0x7f800000) return "has a scale that is negative or not a number";
  tensor.scale = std::bit_cast<float>(file_.IntAt(scales, 0));
  if (zero_points.count != scales.count && zero_points.count != 1) return "does not have one zero point for each scale";
  int32_t bits = 0;
  for (uint32_t i = 0; i < 2 * zero_points.count; ++i) bits |= file_.IntAt(zero_points, i);
  if (bits == 0) return nullptr;
  tensor.zero_points_are_zero = false;
  const int32_t low = tensor.type == TensorType::kInt8 ? -128 : tensor.type == TensorType::kInt16 ? -32768 : 0;
  const int32_t high = tensor.type == TensorType::kInt16 ? 32767 : low == 0 ? 255 : 127;
  for (uint32_t i = 0; i < zero_points.count; ++i) {
    const int32_t value = file_.IntAt(zero_points, 2 * i);
    if (value < low || value > high || file_.IntAt(zero_points, 2 * i + 1) != (value < 0 ? -1 : 0)) {
      return "has a zero point out of range";
    }
  }
  tensor.zero_point = file_.IntAt(zero_points, 0);
  return nullptr;
}

void CopyTensor(const Tensor& from, Tensor& to) {
  static_assert(std::is_trivially_copyable_v<Tensor>);
  std::memcpy(std::assume_aligned<alignof(Tensor)>(static_cast<void*>(&to)),
              std::assume_aligned<alignof(Tensor)>(&from), sizeof to);
}

const char* BuiltinOperatorName(int32_t code) {
  struct Name {
    uint8_t code;
    const char* name;
  };
  static constexpr Name kNames[] = {{0, "ADD"},
                                    {1, "AVERAGE_POOL_2D"},
                                    {2, "CONCATENATION"},
                                    {3, "CONV_2D"},
                                    {4, "DEPTHWISE_CONV_2D"},
                                    {6, "DEQUANTIZE"},
                                    {9, "FULLY_CONNECTED"},
                                    {11, "L2_NORMALIZATION"},
                                    {14, "LOGISTIC"},
                                    {16, "LSTM"},
                                    {17, "MAX_POOL_2D"},
                                    {18, "MUL"},
                                    {19, "RELU"},
                                    {20, "RELU_N1_TO_1"},
                                    {21, "RELU6"},
                                    {22, "RESHAPE"},
                                    {23, "RESIZE_BILINEAR"},
                                    {25, "SOFTMAX"},
                                    {27, "SVDF"},
                                    {28, "TANH"},
                                    {32, "CUSTOM"},
                                    {34, "PAD"},
                                    {36, "GATHER"},
                                    {39, "TRANSPOSE"},
                                    {40, "MEAN"},
                                    {41, "SUB"},
                                    {42, "DIV"},
                                    {43, "SQUEEZE"},
                                    {44, "UNIDIRECTIONAL_SEQUENCE_LSTM"},
                                    {45, "STRIDED_SLICE"},
                                    {49, "SPLIT"},
                                    {53, "CAST"},
                                    {54, "PRELU"},
                                    {55, "MAXIMUM"},
                                    {57, "MINIMUM"},
                                    {60, "PADV2"},
                                    {65, "SLICE"},
                                    {67, "TRANSPOSE_CONV"},
                                    {70, "EXPAND_DIMS"},
                                    {74, "SUM"},
                                    {97, "RESIZE_NEAREST_NEIGHBOR"},
                                    {98, "LEAKY_RELU"},
                                    {102, "SPLIT_V"},
                                    {114, "QUANTIZE"},
                                    {117, "HARD_SWISH"},
                                    {126, "BATCH_MATMUL"},
                                    {129, "CALL_ONCE"},
                                    {142, "VAR_HANDLE"},
                                    {143, "READ_VARIABLE"},
                                    {144, "ASSIGN_VARIABLE"}};
  for (const Name& name : kNames) {
    if (name.code == code) return name.name;
  }
  return nullptr;
}

}  // namespace mls::engine
