// Operators on float32, to compare a quantised model with the one that it was made from. For hosts only: it calls libm,
// so results are close on all machines, not equal. Order of sums and formulas:
// tensorflow/lite/kernels/internal/reference.
#include "mls/core/engine/float32.h"

#include <cmath>

#include "../broadcast.h"
#include "../convolution.h"
#include "mls/core/engine/operators.h"

namespace mls::engine {
namespace {

struct FloatRange {
  float min = -INFINITY;
  float max = INFINITY;
  float operator()(float x) const { return std::min(std::max(x, min), max); }
};

bool FloatActivation(PlanContext& context, int32_t activation, FloatRange& range) {
  if (!context.Require(activation >= 0 && activation <= 3, Status::kUnsupported, "fused activation not supported"))
    return false;
  if (activation != 0) range.min = activation == 2 ? -1.0f : 0.0f;
  if (activation >= 2) range.max = activation == 2 ? 1.0f : 6.0f;
  return true;
}

bool RequireFloat(PlanContext& context, const Tensor& tensor) {
  return context.RequireType(tensor, TensorType::kFloat32);
}

const float* Floats(const int8_t* data) { return reinterpret_cast<const float*>(data); }
float* Floats(int8_t* data) { return reinterpret_cast<float*>(data); }

// --- Convolutions ---------------------------------------------------------------------------------------------------

enum class Kind { kConv, kDepthwise, kTransposed };

struct FloatConvParams {
  ConvParams conv;
  const int8_t* bias;
  FloatRange range;
};

template <Kind kKind>
Status RunConv(const void* params) {
  const auto& f = *static_cast<const FloatConvParams*>(params);
  const ConvParams& p = f.conv;
  const int group_outputs =
      kKind == Kind::kTransposed ? p.output_channels : p.output_channels / (p.input_channels / p.group_channels);
  const int tap = kKind == Kind::kDepthwise ? p.output_channels : p.group_channels;
  const float* input = Floats(p.input);
  float* output = Floats(p.output);
  for (int batch = 0; batch < p.batches; ++batch, input += p.input_height * p.input_width * p.input_channels) {
    for (int y = 0; y < p.output_height; ++y) {
      for (int x = 0; x < p.output_width; ++x) {
        for (int c = 0; c < p.output_channels; ++c) {
          float sum = 0;
          const float* weights =
              Floats(p.weights) + (kKind == Kind::kDepthwise ? c : c * p.kernel_height * p.kernel_width * tap);
          for (int ky = 0; ky < p.kernel_height; ++ky) {
            for (int kx = 0; kx < p.kernel_width; ++kx) {
              int row, column;
              if constexpr (kKind == Kind::kTransposed) {
                row = y + p.pad_top - ky;
                column = x + p.pad_left - kx;
                if (row < 0 || column < 0 || row % p.stride_height != 0 || column % p.stride_width != 0) continue;
                row /= p.stride_height;
                column /= p.stride_width;
              } else {
                row = y * p.stride_height - p.pad_top + ky * p.dilation_height;
                column = x * p.stride_width - p.pad_left + kx * p.dilation_width;
              }
              if (row < 0 || column < 0 || row >= p.input_height || column >= p.input_width) continue;
              const float* in =
                  input + (row * p.input_width + column) * p.input_channels + c / group_outputs * p.group_channels;
              const float* w = weights + (ky * p.kernel_width + kx) * tap;
              for (int i = 0; i < p.group_channels; ++i) sum += in[i] * w[i];
            }
          }
          *output++ = f.range(f.bias == nullptr ? sum : sum + Floats(f.bias)[c]);
        }
      }
    }
  }
  return Status::kOk;
}

bool ReadFloats(PlanContext& context, ConvTensors& t, int weights_rank, int channel_dimension) {
  const int bias = t.transposed ? 3 : 2;
  if (!context.Input(t.transposed ? 2 : 0, t.input) || !context.Input(1, t.weights) || !context.Output(0, t.output) ||
      !RequireFloat(context, t.input) || !RequireFloat(context, t.weights) || !RequireFloat(context, t.output) ||
      !context.Require(t.weights.rank == weights_rank, Status::kCorrupt, "weights have the wrong rank", &t.weights)) {
    return false;
  }
  t.has_bias = context.HasInput(bias);
  return !t.has_bias || (context.Input(bias, t.bias) && RequireFloat(context, t.bias) &&
                         context.Require(t.bias.elements == static_cast<uint32_t>(t.weights.dims[channel_dimension]),
                                         Status::kCorrupt, "bias does not have one value for each channel", &t.bias));
}

template <Kind kKind>
Status PlanConv(PlanContext& context) {
  constexpr bool kDepthwise = kKind == Kind::kDepthwise, kTransposed = kKind == Kind::kTransposed;
  ConvTensors t;
  t.transposed = kTransposed;
  FloatConvParams params{};
  if (!ReadFloats(context, t, 4, kDepthwise ? 3 : 0) || !context.OpenOptions(kTransposed ? 49 : kDepthwise ? 2 : 1))
    return context.status();
  constexpr int kDilation = kDepthwise ? 5 : 4;
  const ConvOptions options = {.padding = context.OptionByte(0, 0),
                               .stride_width = context.OptionInt(1, 0),
                               .stride_height = context.OptionInt(2, 0),
                               .dilation_width = kTransposed ? 1 : context.OptionInt(kDilation, 1),
                               .dilation_height = kTransposed ? 1 : context.OptionInt(kDilation + 1, 1),
                               .activation = context.OptionByte(kDepthwise ? 4 : 3, 0)};
  ConvTensors shapes = t;
  if (kTransposed) std::swap(shapes.input, shapes.output);
  if (!FillConvParams(context, shapes, options, params.conv) ||
      !FloatActivation(context, options.activation, params.range)) {
    return context.status();
  }
  ConvParams& p = params.conv;
  if (kTransposed) {
    std::swap(p.input_height, p.output_height);
    std::swap(p.input_width, p.output_width);
    std::swap(p.input_channels, p.output_channels);
  }
  if (kDepthwise) p.group_channels = 1;
  const int outputs = t.weights.dims[kDepthwise ? 3 : 0];
  const bool fits = outputs == p.output_channels && p.input_channels % p.group_channels == 0 &&
                    p.output_channels % (p.input_channels / p.group_channels) == 0 &&
                    (!kTransposed || p.group_channels == p.input_channels) && (!kDepthwise || t.weights.dims[0] == 1);
  if (!context.Require(fits, Status::kCorrupt, "channels of input, weights and output do not match", &t.weights))
    return context.status();
  auto* committed = context.Commit<FloatConvParams>();
  if (committed == nullptr) return context.status();
  *committed = params;
  context.Bind(committed->conv.input, t.input);
  context.Bind(committed->conv.weights, t.weights);
  if (t.has_bias) context.Bind(committed->bias, t.bias);
  context.Bind(committed->conv.output, t.output);
  context.CountMacs(uint64_t{t.output.elements} * p.kernel_height * p.kernel_width * p.group_channels);
  context.SetKernel(RunConv<kKind>, committed);
  return Status::kOk;
}

struct FloatFullyConnectedParams {
  const int8_t* input;
  const int8_t* weights;
  const int8_t* bias;
  int8_t* output;
  uint32_t batches, depth, outputs;
  FloatRange range;
};

Status RunFloatFullyConnected(const void* params) {
  const auto& p = *static_cast<const FloatFullyConnectedParams*>(params);
  float* output = Floats(p.output);
  for (uint32_t batch = 0; batch < p.batches; ++batch) {
    const float* input = Floats(p.input) + size_t{batch} * p.depth;
    for (uint32_t c = 0; c < p.outputs; ++c) {
      const float* weights = Floats(p.weights) + size_t{c} * p.depth;
      float sum = 0;
      for (uint32_t i = 0; i < p.depth; ++i) sum += input[i] * weights[i];
      *output++ = p.range(p.bias == nullptr ? sum : sum + Floats(p.bias)[c]);
    }
  }
  return Status::kOk;
}

Status PlanFloatFullyConnected(PlanContext& context) {
  ConvTensors t;
  FloatFullyConnectedParams params{};
  if (!ReadFloats(context, t, 2, 0) || !context.OpenOptions(8) ||
      !FloatActivation(context, context.OptionByte(0, 0), params.range)) {
    return context.status();
  }
  params.outputs = static_cast<uint32_t>(t.weights.dims[0]);
  params.depth = static_cast<uint32_t>(t.weights.dims[1]);
  params.batches = t.input.elements / params.depth;
  if (!context.Require(params.batches * params.depth == t.input.elements &&
                           uint64_t{params.batches} * params.outputs == t.output.elements,
                       Status::kCorrupt, "does not have the shape that input and weights give", &t.output)) {
    return context.status();
  }
  auto* p = context.Commit<FloatFullyConnectedParams>();
  if (p == nullptr) return context.status();
  *p = params;
  context.Bind(p->input, t.input);
  context.Bind(p->weights, t.weights);
  if (t.has_bias) context.Bind(p->bias, t.bias);
  context.Bind(p->output, t.output);
  context.CountMacs(uint64_t{t.output.elements} * p->depth);
  context.SetKernel(RunFloatFullyConnected, p);
  return Status::kOk;
}

// --- Pools and means ------------------------------------------------------------------------------------------------

struct WindowParams {
  ConvParams conv;  // Only its geometry.
  FloatRange range;
};

template <bool kAverage>
Status RunPool(const void* params) {
  const auto& [p, range] = *static_cast<const WindowParams*>(params);
  const float* input = Floats(p.input);
  float* output = Floats(p.output);
  for (int batch = 0; batch < p.batches; ++batch, input += p.input_height * p.input_width * p.input_channels) {
    for (int y = 0; y < p.output_height; ++y) {
      const int top = y * p.stride_height - p.pad_top;
      const Taps rows = TapsInside(top, p.kernel_height, 1, p.input_height);
      for (int x = 0; x < p.output_width; ++x) {
        const int left = x * p.stride_width - p.pad_left;
        const Taps columns = TapsInside(left, p.kernel_width, 1, p.input_width);
        for (int c = 0; c < p.input_channels; ++c) {
          float result = kAverage ? 0 : -INFINITY;
          for (int ky = rows.first; ky < rows.last; ++ky) {
            for (int kx = columns.first; kx < columns.last; ++kx) {
              const float value = input[((top + ky) * p.input_width + left + kx) * p.input_channels + c];
              result = kAverage ? result + value : std::max(result, value);
            }
          }
          if (kAverage) result /= static_cast<float>((rows.last - rows.first) * (columns.last - columns.first));
          *output++ = range(result);
        }
      }
    }
  }
  return Status::kOk;
}

template <bool kAverage>
Status PlanPool(PlanContext& context) {
  ConvTensors t;
  WindowParams params{};
  if (!context.Input(0, t.input) || !context.Output(0, t.output) || !RequireFloat(context, t.input) ||
      !RequireFloat(context, t.output) || !context.OpenOptions(5) ||
      !FloatActivation(context, context.OptionByte(5, 0), params.range)) {
    return context.status();
  }
  const int32_t width = context.OptionInt(3, 0), height = context.OptionInt(4, 0);
  if (!context.Require(width > 0 && width <= INT16_MAX && height > 0 && height <= INT16_MAX, Status::kCorrupt,
                       "window out of range")) {
    return context.status();
  }
  t.weights.dims = {1, height, width, 1};
  const ConvOptions options = {.padding = context.OptionByte(0, 0),
                               .stride_width = context.OptionInt(1, 0),
                               .stride_height = context.OptionInt(2, 0),
                               .dilation_width = 1,
                               .dilation_height = 1,
                               .activation = 0};
  if (!FillConvParams(context, t, options, params.conv) ||
      !context.Require(t.input.dims[3] == t.output.dims[3], Status::kCorrupt, "has another number of channels",
                       &t.output)) {
    return context.status();
  }
  auto* p = context.Commit<WindowParams>();
  if (p == nullptr) return context.status();
  *p = params;
  context.Bind(p->conv.input, t.input);
  context.Bind(p->conv.output, t.output);
  context.CountMacs(uint64_t{t.output.elements} * static_cast<uint32_t>(std::min(height, t.input.dims[1])) *
                    static_cast<uint32_t>(std::min(width, t.input.dims[2])));
  context.SetKernel(RunPool<kAverage>, p);
  return Status::kOk;
}

struct MeanParams {
  const int8_t* input;
  int8_t* output;
  uint32_t elements, outputs;
  int32_t dims[TensorInfo::kMaxRank];     // Of the input, with leading ones.
  uint32_t strides[TensorInfo::kMaxRank];  // Of the output, 0 along what is averaged.
};

Status RunMean(const void* params) {
  const auto& p = *static_cast<const MeanParams*>(params);
  float* output = Floats(p.output);
  std::fill_n(output, p.outputs, 0.0f);
  for (uint32_t i = 0; i < p.elements; ++i) {
    uint32_t rest = i, at = 0;
    for (int d = TensorInfo::kMaxRank - 1; d >= 0; --d) {
      at += rest % static_cast<uint32_t>(p.dims[d]) * p.strides[d];
      rest /= static_cast<uint32_t>(p.dims[d]);
    }
    output[at] += Floats(p.input)[i];
  }
  for (uint32_t i = 0; i < p.outputs; ++i) output[i] /= static_cast<float>(p.elements / p.outputs);
  return Status::kOk;
}

Status PlanMean(PlanContext& context) {
  Tensor input, axes, output;
  if (!context.Input(0, input) || !context.Input(1, axes) || !context.Output(0, output) ||
      !RequireFloat(context, input) || !RequireFloat(context, output) || !RequireConstantInt32(context, axes)) {
    return context.status();
  }
  uint32_t reduced = 0, outputs = 1;
  for (uint32_t i = 0; i < axes.elements; ++i) {
    const int32_t axis = ConstantInt32(axes, i);
    const bool inside = axis >= -input.rank && axis < input.rank;
    if (!context.Require(inside, Status::kCorrupt, "has an axis out of range", &axes)) {
      return context.status();
    }
    reduced |= 1u << (axis < 0 ? axis + input.rank : axis);
  }
  auto* p = context.Commit<MeanParams>();
  if (p == nullptr) return context.status();
  for (int d = TensorInfo::kMaxRank - 1, i = input.rank - 1; d >= 0; --d, --i) {
    p->dims[d] = i < 0 ? 1 : input.dims[i];
    p->strides[d] = i < 0 || (reduced >> i & 1) != 0 ? 0 : outputs;
    if (p->strides[d] != 0) outputs *= static_cast<uint32_t>(p->dims[d]);
  }
  if (!context.Require(outputs == output.elements, Status::kCorrupt, "does not have the shape that the axes give",
                       &output))
    return context.status();
  p->elements = input.elements;
  p->outputs = outputs;
  context.Bind(p->input, input);
  context.Bind(p->output, output);
  context.CountMacs(input.elements);
  context.SetKernel(RunMean, p);
  return Status::kOk;
}

// --- Element by element ---------------------------------------------------------------------------------------------

struct BinaryParams {
  const int8_t* inputs[2];
  int8_t* output;
  uint32_t elements;
  int32_t dims[TensorInfo::kMaxRank];
  int32_t strides[2][TensorInfo::kMaxRank];
  FloatRange range;
};

template <typename Operation>
Status RunBinary(const void* params) {
  const auto& p = *static_cast<const BinaryParams*>(params);
  for (uint32_t i = 0; i < p.elements; ++i) {
    int32_t rest = static_cast<int32_t>(i), a = 0, b = 0;
    for (int d = TensorInfo::kMaxRank - 1; d >= 0; --d) {
      a += rest % p.dims[d] * p.strides[0][d];
      b += rest % p.dims[d] * p.strides[1][d];
      rest /= p.dims[d];
    }
    Floats(p.output)[i] = p.range(Operation()(Floats(p.inputs[0])[a], Floats(p.inputs[1])[b]));
  }
  return Status::kOk;
}

// `options`: where the fused activation is; 0 if there is none.
template <typename Operation, int kOptions>
Status PlanBinary(PlanContext& context) {
  Tensor inputs[2], output;
  BinaryParams params{};
  if (!context.Input(0, inputs[0]) || !context.Input(1, inputs[1]) || !context.Output(0, output) ||
      !RequireFloat(context, inputs[0]) || !RequireFloat(context, inputs[1]) || !RequireFloat(context, output) ||
      (kOptions != 0 && !context.OpenOptions(kOptions)) ||
      !Broadcast(context, inputs, output, params.dims, params.strides[0], params.strides[1]) ||
      !FloatActivation(context, kOptions == 0 ? 0 : context.OptionByte(0, 0), params.range)) {
    return context.status();
  }
  params.elements = output.elements;
  auto* p = context.Commit<BinaryParams>();
  if (p == nullptr) return context.status();
  *p = params;
  for (int i = 0; i < 2; ++i) context.Bind(p->inputs[i], inputs[i]);
  context.Bind(p->output, output);
  context.CountMacs(output.elements);
  context.SetKernel(RunBinary<Operation>, p);
  return Status::kOk;
}

struct Plus { float operator()(float a, float b) const { return a + b; } };
struct Minus { float operator()(float a, float b) const { return a - b; } };
struct Times { float operator()(float a, float b) const { return a * b; } };
struct Prelu { float operator()(float x, float alpha) const { return x >= 0 ? x : x * alpha; } };

struct UnaryParams {
  const int8_t* input;
  int8_t* output;
  uint32_t elements, depth;  // Depth, beta: SOFTMAX.
  float alpha;               // LEAKY_RELU; SOFTMAX: beta.
};

template <typename Function>
Status RunUnary(const void* params) {
  const auto& p = *static_cast<const UnaryParams*>(params);
  for (uint32_t i = 0; i < p.elements; ++i) Floats(p.output)[i] = Function()(Floats(p.input)[i], p.alpha);
  return Status::kOk;
}

Status RunSoftmax(const void* params) {
  const auto& p = *static_cast<const UnaryParams*>(params);
  for (uint32_t row = 0; row < p.elements; row += p.depth) {
    const float* input = Floats(p.input) + row;
    float* output = Floats(p.output) + row;
    const float most = *std::max_element(input, input + p.depth);
    float sum = 0;
    for (uint32_t i = 0; i < p.depth; ++i) sum += output[i] = std::exp((input[i] - most) * p.alpha);
    for (uint32_t i = 0; i < p.depth; ++i) output[i] /= sum;
  }
  return Status::kOk;
}

Status PlanUnary(PlanContext& context, Kernel kernel, int options) {
  Tensor input, output;
  if (!context.Input(0, input) || !context.Output(0, output) || !RequireFloat(context, input) ||
      !RequireFloat(context, output) || !RequireSameShape(context, input, output) ||
      (options != 0 && !context.OpenOptions(options))) {
    return context.status();
  }
  auto* p = context.Commit<UnaryParams>();
  if (p == nullptr) return context.status();
  p->elements = input.elements;
  p->depth = input.rank == 0 ? 1 : static_cast<uint32_t>(input.dims[input.rank - 1]);
  p->alpha = options == 0 ? 0 : context.OptionFloat(0, 0);
  context.Bind(p->input, input);
  context.Bind(p->output, output);
  context.CountMacs(input.elements);
  context.SetKernel(kernel, p);
  return Status::kOk;
}

struct Relu { float operator()(float x, float) const { return std::max(x, 0.0f); } };
struct Relu6 { float operator()(float x, float) const { return std::clamp(x, 0.0f, 6.0f); } };
struct ReluN1To1 { float operator()(float x, float) const { return std::clamp(x, -1.0f, 1.0f); } };
struct LeakyRelu { float operator()(float x, float alpha) const { return x > 0 ? x : x * alpha; } };
struct Sigmoid { float operator()(float x, float) const { return 1 / (1 + std::exp(-x)); } };
struct HyperbolicTangent { float operator()(float x, float) const { return std::tanh(x); } };
struct HardSwish { float operator()(float x, float) const { return x * std::clamp(x + 3, 0.0f, 6.0f) / 6; } };

template <typename Function, int kOptions = 0>
Status Unary(PlanContext& context) {
  return PlanUnary(context, RunUnary<Function>, kOptions);
}

constexpr OperatorRegistration kFloatOperators[] = {
    {0, "ADD", PlanBinary<Plus, 11>},
    {41, "SUB", PlanBinary<Minus, 28>},
    {18, "MUL", PlanBinary<Times, 21>},
    {54, "PRELU", PlanBinary<Prelu, 0>},
    {1, "AVERAGE_POOL_2D", PlanPool<true>},
    {17, "MAX_POOL_2D", PlanPool<false>},
    {3, "CONV_2D", PlanConv<Kind::kConv>},
    {4, "DEPTHWISE_CONV_2D", PlanConv<Kind::kDepthwise>},
    {67, "TRANSPOSE_CONV", PlanConv<Kind::kTransposed>},
    {9, "FULLY_CONNECTED", PlanFloatFullyConnected},
    {14, "LOGISTIC", Unary<Sigmoid>},
    {28, "TANH", Unary<HyperbolicTangent>},
    {19, "RELU", Unary<Relu>},
    {20, "RELU_N1_TO_1", Unary<ReluN1To1>},
    {21, "RELU6", Unary<Relu6>},
    {98, "LEAKY_RELU", Unary<LeakyRelu, 75>},
    {117, "HARD_SWISH", Unary<HardSwish>},
    {25, "SOFTMAX", [](PlanContext& context) { return PlanUnary(context, RunSoftmax, 9); }},
    {40, "MEAN", PlanMean},
};
constexpr size_t kFloatCount = std::size(kFloatOperators);

}  // namespace

OperatorSet AllOperatorsWithFloat() {
  static const OperatorRegistration* all[kFloatCount + 128];
  static size_t count = 0;
  if (count == 0) {
    for (const OperatorRegistration* registration : AllOperators()) all[count++] = registration;
    for (const OperatorRegistration& registration : kFloatOperators) all[count++] = &registration;
  }
  return {all, count};
}

}  // namespace mls::engine
