#include "../fixed_point.h"
#include "../quantize.h"
#include "mls/core/engine/operators.h"

namespace mls::engine {
namespace {

struct ActivationParams {
  const int8_t* input;
  int8_t* output;
  uint32_t elements;
  int32_t input_zero_point, multiplier, shift, output_zero_point;
  int32_t radius;  // LOGISTIC: inputs at least this far from the zero point saturate.
  Int8Range range;
};

bool PlanElementwise(PlanContext& context, Tensor& input, Tensor& output) {
  return context.Input(0, input) && context.Output(0, output) && RequireInt8(context, input) &&
         RequireInt8(context, output) && RequireSameShape(context, input, output) &&
         context.Require(input.scale > 0 && output.scale > 0, Status::kCorrupt, "a scale is zero", &input);
}

Status Finish(PlanContext& context, const Tensor& input, const Tensor& output, const ActivationParams& params, Kernel kernel) {
  context.AllowOverlap(input, output, 0);
  auto* p = context.Commit<ActivationParams>();
  if (p == nullptr) return context.status();
  *p = params;
  p->elements = input.elements;
  p->input_zero_point = input.zero_point;
  p->output_zero_point = output.zero_point;
  context.Bind(p->input, input);
  context.Bind(p->output, output);
  context.CountMacs(input.elements);
  context.SetKernel(kernel, p);
  return Status::kOk;
}

Status RunRelu(const void* params) {
  const ActivationParams& p = *static_cast<const ActivationParams*>(params);
  for (uint32_t i = 0; i < p.elements; ++i) {
    const int32_t scaled = MultiplyByQuantizedMultiplier(p.input[i] - p.input_zero_point, p.multiplier, p.shift);
    p.output[i] = ClampToInt8(WrappingAdd(scaled, p.output_zero_point), p.range.min, p.range.max);
  }
  return Status::kOk;
}

Status PlanRelu(PlanContext& context) {
  Tensor input, output;
  if (!PlanElementwise(context, input, output)) return context.status();
  const QuantizedMultiplier q = QuantizeRatio(input.scale, 1.0f, output.scale);
  if (!context.Require(q.shift <= 30, Status::kUnsupported, "a scale is too large", &input)) return context.status();
  ActivationParams params{};
  params.multiplier = q.multiplier;
  params.shift = q.shift;
  params.range.min = static_cast<int8_t>(output.zero_point);
  return Finish(context, input, output, params, RunRelu);
}

Status RunClamp(const void* params) {
  const ActivationParams& p = *static_cast<const ActivationParams*>(params);
  for (uint32_t i = 0; i < p.elements; ++i) p.output[i] = ClampToInt8(p.input[i], p.range.min, p.range.max);
  return Status::kOk;
}

Status PlanRelu6(PlanContext& context) {
  Tensor input, output;
  if (!PlanElementwise(context, input, output)) return context.status();
  ActivationParams params{};
  if (!context.Require(SameQuantization(input, output), Status::kUnsupported,
                       "output is quantised differently from the input", &output) ||
      !ActivationRange(context, 3, output, params.range)) {
    return context.status();
  }
  return Finish(context, input, output, params, RunClamp);
}

constexpr int kLogisticIntegerBits = 4;

Status RunLogistic(const void* params) {
  const ActivationParams& p = *static_cast<const ActivationParams*>(params);
  for (uint32_t i = 0; i < p.elements; ++i) {
    const int32_t x = p.input[i] - p.input_zero_point;
    if (x <= -p.radius) {
      p.output[i] = -128;
    } else if (x >= p.radius) {
      p.output[i] = 127;
    } else {
      const int32_t result = Logistic(MultiplyByQuantizedMultiplier(x, p.multiplier, p.shift));
      p.output[i] = ClampToInt8(RoundingDivideByPowerOfTwo(result, 31 - 8) - 128);
    }
  }
  return Status::kOk;
}

Status PlanLogistic(PlanContext& context) {
  Tensor input, output;
  if (!PlanElementwise(context, input, output)) return context.status();
  const QuantizedMultiplier q = QuantizeRatio(input.scale, 1.0f, 1.0f, 31 - kLogisticIntegerBits);
  if (!context.Require(output.scale == 1.0f / 256 && output.zero_point == -128, Status::kUnsupported,
                       "output is not quantised as 1/256 with zero point -128", &output) ||
      !context.Require(q.shift >= 0 && q.shift <= 30, Status::kUnsupported, "input's scale is out of range", &input)) {
    return context.status();
  }
  ActivationParams params{};
  params.multiplier = q.multiplier;
  params.shift = q.shift;
  constexpr int64_t kLimit = int64_t{(1 << kLogisticIntegerBits) - 1} << (31 - kLogisticIntegerBits);
  params.radius = static_cast<int32_t>(kLimit >> q.shift);
  return Finish(context, input, output, params, RunLogistic);
}

}  // namespace

constinit const OperatorRegistration kRelu = {19, "RELU", PlanRelu};
constinit const OperatorRegistration kRelu6 = {21, "RELU6", PlanRelu6};
constinit const OperatorRegistration kLogistic = {14, "LOGISTIC", PlanLogistic};

}  // namespace mls::engine
