#include "../quantize.h"

#include <bit>
#include <cstring>

#include "../fixed_point.h"
#include "mls/core/engine/operators.h"

namespace mls::engine {
namespace {

struct QuantizeParams {
  const int8_t* input;  // Raw bytes where it is float.
  int8_t* output;
  uint32_t elements;
  float scale;
  int32_t input_zero_point, output_zero_point, multiplier, shift;
};

float LoadFloatAt(const int8_t* data, size_t index) {
  float value;
  std::memcpy(&value, data + 4 * index, sizeof value);
  return value;
}

Status RunQuantize(const void* params) {
  const QuantizeParams& p = *static_cast<const QuantizeParams*>(params);
  for (uint32_t i = 0; i < p.elements; ++i) {
    const int64_t q = int64_t{RoundToInt(LoadFloatAt(p.input, i) / p.scale)} + p.output_zero_point;
    p.output[i] = static_cast<int8_t>(std::clamp<int64_t>(q, -128, 127));
  }
  return Status::kOk;
}

Status RunRequantize(const void* params) {
  const QuantizeParams& p = *static_cast<const QuantizeParams*>(params);
  for (uint32_t i = 0; i < p.elements; ++i) {
    const int32_t scaled = MultiplyByQuantizedMultiplier(p.input[i] - p.input_zero_point, p.multiplier, p.shift);
    p.output[i] = ClampToInt8(WrappingAdd(scaled, p.output_zero_point));
  }
  return Status::kOk;
}

Status RunDequantize(const void* params) {
  const QuantizeParams& p = *static_cast<const QuantizeParams*>(params);
  for (uint32_t i = 0; i < p.elements; ++i) {
    const float value = p.scale * static_cast<float>(p.input[i] - p.input_zero_point);
    std::memcpy(p.output + 4 * size_t{i}, &value, sizeof value);
  }
  return Status::kOk;
}

Status PlanQuantize(PlanContext& context) {
  Tensor input, output;
  if (!context.Input(0, input) || !context.Output(0, output) || !RequireInt8(context, output) ||
      !RequireSameShape(context, input, output) ||
      !context.Require(output.scale > 0, Status::kCorrupt, "its scale is zero", &output)) {
    return context.status();
  }
  const bool from_float = input.type == TensorType::kFloat32;
  QuantizedMultiplier q;
  if (!from_float) {
    if (!RequireInt8(context, input)) return context.status();
    q = QuantizeRatio(input.scale, 1.0f, output.scale);
    if (!context.Require(q.shift <= 30, Status::kUnsupported, "a scale is too large", &input)) return context.status();
  }
  context.AllowOverlap(input, output, 0);
  auto* p = context.Commit<QuantizeParams>();
  if (p == nullptr) return context.status();
  *p = {nullptr, nullptr, input.elements, output.scale, input.zero_point, output.zero_point, q.multiplier, q.shift};
  context.Bind(p->input, input);
  context.Bind(p->output, output);
  context.CountMacs(input.elements);
  context.SetKernel(from_float ? RunQuantize : RunRequantize, p);
  return Status::kOk;
}

Status PlanDequantize(PlanContext& context) {
  Tensor input, output;
  if (!context.Input(0, input) || !context.Output(0, output) || !RequireInt8(context, input) ||
      !RequireSameShape(context, input, output) ||
      !context.Require(output.type == TensorType::kFloat32, Status::kUnsupported, "type is not float32", &output)) {
    return context.status();
  }
  auto* p = context.Commit<QuantizeParams>();
  if (p == nullptr) return context.status();
  *p = {nullptr, nullptr, input.elements, input.scale, input.zero_point, 0, 0, 0};
  context.Bind(p->input, input);
  context.Bind(p->output, output);
  context.CountMacs(input.elements);
  context.SetKernel(RunDequantize, p);
  return Status::kOk;
}

}  // namespace

constinit const OperatorRegistration kQuantize = {114, "QUANTIZE", PlanQuantize};
constinit const OperatorRegistration kDequantize = {6, "DEQUANTIZE", PlanDequantize};

}  // namespace mls::engine
