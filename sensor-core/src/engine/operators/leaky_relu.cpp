// LEAKY_RELU and PRELU: tensorflow/lite/kernels/internal/reference/{leaky_relu,prelu}.h.
#include <type_traits>

#include "../broadcast.h"
#include "../fixed_point.h"
#include "../quantize.h"
#include "mls/core/engine/operators.h"

namespace mls::engine {
namespace {

struct LeakyReluParams {
  const int8_t* input;
  const int8_t* alpha;  // PRELU only.
  int8_t* output;
  uint32_t elements;
  int32_t dims[TensorInfo::kMaxRank];           // PRELU only, as the strides.
  int32_t strides[2][TensorInfo::kMaxRank];
  int32_t input_zero_point, alpha_zero_point, output_zero_point;
  QuantizedMultiplier positive, negative;
};

template <typename T>
T Rescale(const LeakyReluParams& p, int32_t x, QuantizedMultiplier q) {
  const int32_t scaled = WrappingAdd(MultiplyByQuantizedMultiplier(x, q.multiplier, q.shift), p.output_zero_point);
  return static_cast<T>(std::clamp<int32_t>(scaled, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
}

template <typename T>
Status RunLeakyRelu(const void* params) {
  const LeakyReluParams& p = *static_cast<const LeakyReluParams*>(params);
  const T* input = reinterpret_cast<const T*>(p.input);
  T* output = reinterpret_cast<T*>(p.output);
  for (uint32_t i = 0; i < p.elements; ++i) {
    const int32_t x = input[i] - p.input_zero_point;
    output[i] = Rescale<T>(p, x, x >= 0 ? p.positive : p.negative);
  }
  return Status::kOk;
}

Status RunPrelu(const void* params) {
  const LeakyReluParams& p = *static_cast<const LeakyReluParams*>(params);
  const int32_t* d = p.dims;
  const int32_t* si = p.strides[0];
  const int32_t* sa = p.strides[1];
  int8_t* output = p.output;
  for (int i0 = 0; i0 < d[0]; ++i0) {
    for (int i1 = 0; i1 < d[1]; ++i1) {
      for (int i2 = 0; i2 < d[2]; ++i2) {
        for (int i3 = 0; i3 < d[3]; ++i3) {
          const int8_t* input = p.input + i0 * si[0] + i1 * si[1] + i2 * si[2] + i3 * si[3];
          const int8_t* alpha = p.alpha + i0 * sa[0] + i1 * sa[1] + i2 * sa[2] + i3 * sa[3];
          for (int i4 = 0; i4 < d[4]; ++i4) {
            const int32_t x = input[i4 * si[4]] - p.input_zero_point;
            *output++ = x >= 0 ? Rescale<int8_t>(p, x, p.positive)
                               : Rescale<int8_t>(p, x * (alpha[i4 * sa[4]] - p.alpha_zero_point), p.negative);
          }
        }
      }
    }
  }
  return Status::kOk;
}

// `alpha_scale` is what a negative input is scaled by, before the scales of input and output.
Status Finish(PlanContext& context, const Tensor& input, const Tensor* alpha, const Tensor& output,
              LeakyReluParams& params, Kernel kernel) {
  if (!context.Require(params.positive.shift <= 30 && params.negative.shift <= 30, Status::kUnsupported,
                       "a scale is too large", &input)) {
    return context.status();
  }
  params.elements = output.elements;
  params.input_zero_point = input.zero_point;
  params.output_zero_point = output.zero_point;
  if (input.elements == output.elements) context.AllowOverlap(input, output, 0);
  auto* p = context.Commit<LeakyReluParams>();
  if (p == nullptr) return context.status();
  *p = params;
  context.Bind(p->input, input);
  if (alpha != nullptr) context.Bind(p->alpha, *alpha);
  context.Bind(p->output, output);
  context.CountMacs(output.elements);
  context.SetKernel(kernel, p);
  return Status::kOk;
}

template <typename T>
Status PlanLeakyRelu(PlanContext& context) {
  constexpr TensorType kType = std::is_same_v<T, int16_t> ? TensorType::kInt16 : TensorType::kInt8;
  Tensor input, output;
  if (!context.Input(0, input) || !context.Output(0, output) || !RequireQuantized(context, input, kType) ||
      !RequireQuantized(context, output, kType) || !RequireSameShape(context, input, output) ||
      !context.OpenOptions(75)) {
    return context.status();
  }
  // There, these are quotients of floats.
  const float alpha = context.OptionFloat(0, 0.0f);
  const bool negative = alpha < 0;
  const float ratio = input.scale * (negative ? -alpha : alpha) / output.scale;
  LeakyReluParams params{};
  if (!context.Require(ratio < 1e9f, Status::kUnsupported, "alpha is out of range")) return context.status();
  params.positive = QuantizeRatio(input.scale / output.scale, 1.0f, 1.0f);
  params.negative = QuantizeRatio(ratio, 1.0f, 1.0f);
  if (negative) params.negative.multiplier = -params.negative.multiplier;
  return Finish(context, input, nullptr, output, params, RunLeakyRelu<T>);
}

Status PlanPrelu(PlanContext& context) {
  Tensor inputs[2], output;
  LeakyReluParams params{};
  if (!context.Input(0, inputs[0]) || !context.Input(1, inputs[1]) || !context.Output(0, output) ||
      !RequireQuantized(context, inputs[0], TensorType::kInt8) ||
      !RequireQuantized(context, inputs[1], TensorType::kInt8) ||
      !RequireQuantized(context, output, TensorType::kInt8) ||
      !Broadcast(context, inputs, output, params.dims, params.strides[0], params.strides[1])) {
    return context.status();
  }
  params.alpha_zero_point = inputs[1].zero_point;
  params.positive = QuantizeRatio(inputs[0].scale, 1.0f, output.scale);
  params.negative = QuantizeRatio(inputs[0].scale, inputs[1].scale, output.scale);
  return Finish(context, inputs[0], &inputs[1], output, params, RunPrelu);
}

}  // namespace

constinit const OperatorRegistration kLeakyRelu = {98, "LEAKY_RELU", PlanLeakyRelu<int8_t>};
constinit const OperatorRegistration kPrelu = {54, "PRELU", PlanPrelu};
namespace int16 {
constinit const OperatorRegistration kLeakyRelu = {98, "LEAKY_RELU", PlanLeakyRelu<int16_t>};
}

}  // namespace mls::engine
