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
         RequireInt8(context, output) && RequireSameShape(context, input, output);
}

Status Finish(PlanContext& context, const Tensor& input, const Tensor& output, const ActivationParams& params,
              Kernel kernel) {
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

// `activation`: as fused ones are numbered.
Status PlanRelu(PlanContext& context, int32_t activation) {
  Tensor input, output;
  if (!PlanElementwise(context, input, output)) return context.status();
  const QuantizedMultiplier q = QuantizeRatio(input.scale, 1.0f, output.scale);
  ActivationParams params{};
  if (!context.Require(q.shift <= 30, Status::kUnsupported, "a scale is too large", &input) ||
      !ActivationRange(context, activation, output, params.range)) {
    return context.status();
  }
  params.multiplier = q.multiplier;
  params.shift = q.shift;
  return Finish(context, input, output, params, RunRelu);
}

constexpr int kIntegerBits = 4;  // The argument is Q4.27.

// `bits` after the point of the output.
template <int32_t (*kFunction)(int32_t), int kBits, int kZeroPoint>
Status RunSigmoid(const void* params) {
  const ActivationParams& p = *static_cast<const ActivationParams*>(params);
  for (uint32_t i = 0; i < p.elements; ++i) {
    const int32_t x = p.input[i] - p.input_zero_point;
    if (x <= -p.radius) {
      p.output[i] = -128;
    } else if (x >= p.radius) {
      p.output[i] = 127;
    } else {
      const int32_t result = kFunction(MultiplyByQuantizedMultiplier(x, p.multiplier, p.shift));
      p.output[i] = ClampToInt8(RoundingDivideByPowerOfTwo(result, 31 - kBits) + kZeroPoint);
    }
  }
  return Status::kOk;
}

Status PlanSigmoid(PlanContext& context, float output_scale, int32_t output_zero_point, Kernel kernel) {
  Tensor input, output;
  if (!PlanElementwise(context, input, output)) return context.status();
  const QuantizedMultiplier q = QuantizeRatio(input.scale, 1.0f, 1.0f, 31 - kIntegerBits);
  if (!context.Require(output.scale == output_scale && output.zero_point == output_zero_point, Status::kUnsupported,
                       "output is not quantised to the function's range", &output) ||
      !context.Require(q.shift >= 0 && q.shift <= 30, Status::kUnsupported, "input's scale is out of range", &input)) {
    return context.status();
  }
  ActivationParams params{};
  params.multiplier = q.multiplier;
  params.shift = q.shift;
  constexpr int64_t kLimit = int64_t{(1 << kIntegerBits) - 1} << (31 - kIntegerBits);
  params.radius = static_cast<int32_t>(kLimit >> q.shift);
  return Finish(context, input, output, params, kernel);
}

}  // namespace

constinit const OperatorRegistration kRelu = {19, "RELU", [](PlanContext& context) { return PlanRelu(context, 1); }};
constinit const OperatorRegistration kReluN1To1 = {20, "RELU_N1_TO_1",
                                                   [](PlanContext& context) { return PlanRelu(context, 2); }};
constinit const OperatorRegistration kRelu6 = {21, "RELU6", [](PlanContext& context) { return PlanRelu(context, 3); }};
constinit const OperatorRegistration kLogistic = {14, "LOGISTIC", [](PlanContext& context) {
  return PlanSigmoid(context, 1.0f / 256, -128, RunSigmoid<Logistic, 8, -128>);
}};
constinit const OperatorRegistration kTanh = {28, "TANH", [](PlanContext& context) {
  return PlanSigmoid(context, 1.0f / 128, 0, RunSigmoid<Tanh, 7, 0>);
}};

}  // namespace mls::engine
