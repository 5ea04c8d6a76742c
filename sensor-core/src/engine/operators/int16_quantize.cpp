// QUANTIZE and DEQUANTIZE between all the types that have a scale: the slow, general versions.
#include <cstring>

#include "../fixed_point.h"
#include "../quantize.h"
#include "mls/core/engine/operators.h"

namespace mls::engine {
namespace {

struct QuantizeParams {
  const int8_t* input;
  int8_t* output;
  uint32_t elements;
  TensorType from, to;
  float scale;
  int32_t input_zero_point, output_zero_point;
  QuantizedMultiplier multiplier;
};

template <typename T>
T Load(const int8_t* data, uint32_t index) {
  T value;
  std::memcpy(&value, data + size_t{index} * sizeof(T), sizeof(T));
  return value;
}

int32_t LoadInteger(TensorType type, const int8_t* data, uint32_t index) {
  switch (type) {
    case TensorType::kInt16: return Load<int16_t>(data, index);
    case TensorType::kInt32: return Load<int32_t>(data, index);
    case TensorType::kUint8: return Load<uint8_t>(data, index);
    default: return data[index];
  }
}

void Store(TensorType type, int8_t* data, uint32_t index, int64_t value) {
  if (type == TensorType::kInt16) {
    const int16_t clamped = static_cast<int16_t>(std::clamp<int64_t>(value, -32768, 32767));
    std::memcpy(data + size_t{index} * 2, &clamped, 2);
  } else if (type == TensorType::kUint8) {
    data[index] = static_cast<int8_t>(std::clamp<int64_t>(value, 0, 255));
  } else {
    data[index] = static_cast<int8_t>(std::clamp<int64_t>(value, -128, 127));
  }
}

Status RunQuantize(const void* params) {
  const auto& p = *static_cast<const QuantizeParams*>(params);
  for (uint32_t i = 0; i < p.elements; ++i) {
    Store(p.to, p.output, i, int64_t{RoundToInt(Load<float>(p.input, i) / p.scale)} + p.output_zero_point);
  }
  return Status::kOk;
}

Status RunRequantize(const void* params) {
  const auto& p = *static_cast<const QuantizeParams*>(params);
  for (uint32_t i = 0; i < p.elements; ++i) {
    const int32_t x = WrappingAdd(LoadInteger(p.from, p.input, i), -p.input_zero_point);
    const int32_t scaled = MultiplyByQuantizedMultiplier(x, p.multiplier.multiplier, p.multiplier.shift);
    Store(p.to, p.output, i, WrappingAdd(scaled, p.output_zero_point));
  }
  return Status::kOk;
}

Status RunDequantize(const void* params) {
  const auto& p = *static_cast<const QuantizeParams*>(params);
  for (uint32_t i = 0; i < p.elements; ++i) {
    const float value = p.scale * static_cast<float>(LoadInteger(p.from, p.input, i) - p.input_zero_point);
    std::memcpy(p.output + 4 * size_t{i}, &value, sizeof value);
  }
  return Status::kOk;
}

bool RequireScaled(PlanContext& context, const Tensor& tensor) {
  return context.Require(tensor.scales.count == 1, Status::kCorrupt, "is not quantised with one scale", &tensor) &&
         context.Require(tensor.scale > 0, Status::kCorrupt, "its scale is zero", &tensor);
}

Status Finish(PlanContext& context, const Tensor& input, const Tensor& output, const QuantizeParams& params,
              Kernel kernel) {
  if (input.bytes == output.bytes) context.AllowOverlap(input, output, 0);
  auto* p = context.Commit<QuantizeParams>();
  if (p == nullptr) return context.status();
  *p = params;
  p->elements = input.elements;
  p->from = input.type;
  p->to = output.type;
  p->input_zero_point = input.zero_point;
  p->output_zero_point = output.zero_point;
  context.Bind(p->input, input);
  context.Bind(p->output, output);
  context.CountMacs(input.elements);
  context.SetKernel(kernel, p);
  return Status::kOk;
}

Status PlanQuantize(PlanContext& context) {
  Tensor input, output;
  if (!context.Input(0, input) || !context.Output(0, output) || !RequireSameShape(context, input, output))
    return context.status();
  const bool from_float = input.type == TensorType::kFloat32;
  const bool known = from_float || input.type == TensorType::kInt8 || input.type == TensorType::kUint8 ||
                     input.type == TensorType::kInt16 || input.type == TensorType::kInt32;
  if ((!known && !context.RequireType(input, TensorType::kFloat32)) ||
      (output.type != TensorType::kInt8 && output.type != TensorType::kUint8 &&
       !context.RequireType(output, TensorType::kInt16)) ||
      !RequireScaled(context, output) || (!from_float && !RequireScaled(context, input))) {
    return context.status();
  }
  QuantizeParams params{};
  params.scale = output.scale;
  if (!from_float) {
    params.multiplier = QuantizeRatio(input.scale, 1.0f, output.scale);
    if (!context.Require(params.multiplier.shift <= 30, Status::kUnsupported, "a scale is too large", &input)) {
      return context.status();
    }
  }
  return Finish(context, input, output, params, from_float ? RunQuantize : RunRequantize);
}

Status PlanDequantize(PlanContext& context) {
  Tensor input, output;
  if (!context.Input(0, input) || !context.Output(0, output) || !RequireSameShape(context, input, output) ||
      (input.type != TensorType::kInt8 && input.type != TensorType::kUint8 &&
       !context.RequireType(input, TensorType::kInt16)) ||
      !context.RequireType(output, TensorType::kFloat32) || !RequireScaled(context, input)) {
    return context.status();
  }
  QuantizeParams params{};
  params.scale = input.scale;
  return Finish(context, input, output, params, RunDequantize);
}

}  // namespace

namespace int16 {
constinit const OperatorRegistration kQuantize = {114, "QUANTIZE", PlanQuantize};
constinit const OperatorRegistration kDequantize = {6, "DEQUANTIZE", PlanDequantize};
}  // namespace int16

}  // namespace mls::engine
