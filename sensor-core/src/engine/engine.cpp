#include "mls/core/engine/engine.h"

#include <cstring>

#include "mls/core/engine/operator.h"
#include "planner.h"

namespace mls {

Status InferenceEngine::Prepare(std::span<const uint8_t> model, std::span<std::byte> arena, OperatorSet operators,
                                Diagnostics* why) {
  step_count_ = -1;
  input_count_ = output_count_ = 0;
  arena_used_bytes_ = plan_bytes_ = 0;
  macs_ = 0;
  variables_ = nullptr;
  if (why != nullptr) *why = {};
  const Status status = engine::Planner(arena, operators, why).Plan(model, *this);
  Reset();
  return status;
}

void InferenceEngine::Reset() {
  for (const engine::Variable* v = variables_; v != nullptr; v = v->next) {
    if (v->initial != nullptr) {
      std::memcpy(v->data, v->initial, v->bytes);
    } else {
      std::memset(v->data, v->fill, v->bytes);
    }
  }
}

std::span<int8_t> InferenceEngine::input(int index) {
  if (index < 0 || index >= input_count_) return {};
  return {ports_[index].data, ports_[index].bytes};
}

std::span<const int8_t> InferenceEngine::output(int index) const {
  if (index < 0 || index >= output_count_) return {};
  return {ports_[input_count_ + index].data, ports_[input_count_ + index].bytes};
}

TensorInfo InferenceEngine::Info(const Port& port) const {
  // The plan holds no shapes: they are read from the model, which was checked.
  engine::Model model;
  engine::Tensor tensor;
  Status status;
  const auto index = static_cast<uint32_t>(port.tensor);
  if (model.Open(model_) != nullptr || model.ReadTensor(index, tensor, status) != nullptr) return {};
  return tensor;
}

TensorInfo InferenceEngine::input_info(int index) const {
  return index < 0 || index >= input_count_ ? TensorInfo{} : Info(ports_[index]);
}

TensorInfo InferenceEngine::output_info(int index) const {
  return index < 0 || index >= output_count_ ? TensorInfo{} : Info(ports_[input_count_ + index]);
}

Status InferenceEngine::Invoke() {
  if (!ready()) return Status::kNotReady;
  for (int32_t i = 0; i < step_count_; ++i) {
    const Status status = steps_[i].kernel(steps_[i].params);
    if (status != Status::kOk) [[unlikely]] return status;
  }
  return Status::kOk;
}

Status InferenceEngine::InvokeStep(int32_t step) {
  if (step < 0 || step >= step_count()) return Status::kOutOfRange;
  return steps_[step].kernel(steps_[step].params);
}

int32_t InferenceEngine::step_operator(int32_t step) const {
  return step < 0 || step >= step_count() ? -1 : steps_[step].operator_index;
}

Packing InferenceEngine::step_packing(int32_t step) const {
  return step < 0 || step >= step_count() ? Packing::kNone : steps_[step].packing;
}

}  // namespace mls
