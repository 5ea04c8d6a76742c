// HARD_SWISH: x * relu6(x + 3) / 6, in the 16-bit steps of tensorflow/lite/kernels/internal/reference/hard_swish.h.
#include "../fixed_point.h"
#include "../quantize.h"
#include "mls/core/engine/operators.h"

namespace mls::engine {
namespace {

struct HardSwishParams {
  const int8_t* input;
  int8_t* output;
  uint32_t elements;
  int32_t input_zero_point, output_zero_point;
  int16_t output_multiplier, relu_multiplier;
  int8_t output_shift, relu_shift;
};

constexpr int16_t Saturate(int32_t x) { return static_cast<int16_t>(std::clamp<int32_t>(x, -32768, 32767)); }
// a * b / 2^15, rounded to nearest, half up.
constexpr int16_t RoundingHighMul(int32_t a, int32_t b) { return Saturate((a * b + (1 << 14)) >> 15); }

Status Run(const void* params) {
  const HardSwishParams& p = *static_cast<const HardSwishParams*>(params);
  for (uint32_t i = 0; i < p.elements; ++i) {
    // As far up as 16 bits allow: the input less its zero point has 9.
    const int16_t x = static_cast<int16_t>((p.input[i] - p.input_zero_point) * 128);
    const int16_t scaled = RoundingHighMul(x, p.output_multiplier);
    int16_t relu = x;
    if (p.relu_shift > 0) relu = Saturate(relu * (1 << (p.relu_shift - 1)));
    relu = RoundingHighMul(relu, p.relu_multiplier);
    if (p.relu_shift > 0) relu = Saturate(relu * 2);
    if (p.relu_shift < 0) relu = static_cast<int16_t>(RoundingDivideByPowerOfTwo(relu, -p.relu_shift));
    relu = static_cast<int16_t>((relu + (1 << 15)) >> 1);  // From [-1, 1] to [0, 1].
    const int16_t product = Saturate(relu * scaled / (1 << 15));
    p.output[i] = ClampToInt8(RoundingDivideByPowerOfTwo(product, -p.output_shift) + p.output_zero_point);
  }
  return Status::kOk;
}

constexpr int16_t UpperHalf(int32_t multiplier) {
  return multiplier >= INT32_MAX - (1 << 15) ? INT16_MAX : static_cast<int16_t>((multiplier + (1 << 15)) >> 16);
}

Status Plan(PlanContext& context) {
  Tensor input, output;
  if (!context.Input(0, input) || !context.Output(0, output) || !RequireQuantized(context, input, TensorType::kInt8) ||
      !RequireQuantized(context, output, TensorType::kInt8) || !RequireSameShape(context, input, output)) {
    return context.status();
  }
  // There, these are quotients of floats.
  const float input_scale = input.scale * (1.0f / 128);
  const QuantizedMultiplier to_output = QuantizeRatio(input_scale / output.scale, 1.0f, 1.0f);
  const QuantizedMultiplier to_relu = QuantizeRatio(input_scale / (3.0f / 32768), 1.0f, 1.0f);
  if (!context.Require(to_output.shift <= 0, Status::kUnsupported, "output's scale is too small", &output) ||
      !context.Require(to_relu.shift <= 16, Status::kUnsupported, "input's scale is too large", &input)) {
    return context.status();
  }
  context.AllowOverlap(input, output, 0);
  auto* p = context.Commit<HardSwishParams>();
  if (p == nullptr) return context.status();
  p->elements = input.elements;
  p->input_zero_point = input.zero_point;
  p->output_zero_point = output.zero_point;
  p->output_multiplier = UpperHalf(to_output.multiplier);
  p->relu_multiplier = UpperHalf(to_relu.multiplier);
  p->output_shift = static_cast<int8_t>(to_output.shift);
  p->relu_shift = static_cast<int8_t>(to_relu.shift);
  context.Bind(p->input, input);
  context.Bind(p->output, output);
  context.CountMacs(input.elements);
  context.SetKernel(Run, p);
  return Status::kOk;
}

}  // namespace

constinit const OperatorRegistration kHardSwish = {117, "HARD_SWISH", Plan};

}  // namespace mls::engine
