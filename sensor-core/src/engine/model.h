// A .tflite file opened for planning. Schema: tensorflow/lite/schema/schema.fbs, version 3.
#pragma once

#include <cstdint>
#include <span>

#include "flatbuffer.h"
#include "mls/core/engine/operator.h"

namespace mls::engine {

struct OperatorRecord {
  FlatBuffer::Position table = 0;
  int32_t code = 0;
  FlatBuffer::Vector inputs;
  FlatBuffer::Vector outputs;
};

// Readers return null, or what is wrong. All indices given to them must be in range.
class Model {
 public:
  // More than this is not planned: it bounds the time that planning can take.
  static constexpr uint32_t kMaxTensors = 4096;
  static constexpr uint32_t kMaxOperators = 4096;

  [[gnu::cold]] const char* Open(std::span<const uint8_t> bytes, uint32_t subgraph = 0);
  const char* ReadOperator(uint32_t index, OperatorRecord& record);
  // The same without the code.
  const char* ReadOperands(uint32_t index, OperatorRecord& record);
  // Whether the tensor's data are in the file; also false if it is damaged.
  bool IsConstant(uint32_t index);
  // Sets `status` along with the text: kCorrupt or kUnsupported.
  const char* ReadTensor(uint32_t index, Tensor& tensor, Status& status);

  std::span<const uint8_t> bytes() const { return {file_.At(0), file_.size()}; }
  FlatBuffer& file() { return file_; }
  const FlatBuffer& file() const { return file_; }
  uint32_t tensor_count() const { return tensors_.count; }
  uint32_t operator_count() const { return operators_.count; }
  const FlatBuffer::Vector& inputs() const { return inputs_; }
  const FlatBuffer::Vector& outputs() const { return outputs_; }
  int32_t Index(const FlatBuffer::Vector& vector, uint32_t i) { return file_.IntAt(vector, i); }

 private:
  FlatBuffer file_;
  FlatBuffer::Vector operator_codes_;
  FlatBuffer::Vector buffers_;
  FlatBuffer::Vector tensors_;
  FlatBuffer::Vector operators_;
  FlatBuffer::Vector inputs_;
  FlatBuffer::Vector outputs_;
};

// Name of a builtin operator, or null for the less common ones.
const char* BuiltinOperatorName(int32_t code);

}  // namespace mls::engine
