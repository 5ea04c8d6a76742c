#include <bit>

#include "../fixed_point.h"
#include "../flatbuffer.h"
#include "../quantize.h"
#include "mls/core/engine/operators.h"

namespace mls::engine {
namespace {

// The input seen as [outer][reduced][inner].
struct MeanParams {
  const int8_t* input;
  int8_t* output;
  int32_t outer, reduced, inner;
  int32_t input_zero_point, output_zero_point, multiplier, shift;
};

Status Run(const void* params) {
  const MeanParams& p = *static_cast<const MeanParams*>(params);
  int8_t* output = p.output;
  for (int32_t o = 0; o < p.outer; ++o) {
    const int8_t* input = p.input + o * p.reduced * p.inner;
    for (int32_t i = 0; i < p.inner; ++i) {
      int32_t sum = 0;
      for (int32_t r = 0; r < p.reduced; ++r) sum += input[r * p.inner + i] - p.input_zero_point;
      const int32_t scaled = MultiplyByQuantizedMultiplier(sum, p.multiplier, p.shift);
      *output++ = ClampToInt8(WrappingAdd(scaled, p.output_zero_point));
    }
  }
  return Status::kOk;
}

Status Plan(PlanContext& context) {
  Tensor input, axes, output;
  if (!context.Input(0, input) || !context.Input(1, axes) || !context.Output(0, output) || !RequireInt8(context, input) ||
      !RequireInt8(context, output) ||
      !context.Require(axes.type == TensorType::kInt32 && axes.constant != nullptr, Status::kUnsupported,
                       "axes are not constant int32", &axes) ||
      !context.Require(input.scale > 0 && output.scale > 0, Status::kCorrupt, "a scale is zero", &input)) {
    return context.status();
  }
  uint32_t reduced_axes = 0;
  for (uint32_t i = 0; i < axes.elements; ++i) {
    const int32_t axis = static_cast<int32_t>(LoadU32(axes.constant + 4 * size_t{i}));
    if (!context.Require(axis >= -input.rank && axis < input.rank, Status::kCorrupt, "has an axis out of range", &axes)) {
      return context.status();
    }
    reduced_axes |= 1u << (axis < 0 ? axis + input.rank : axis);
  }
  const int first = std::countr_zero(reduced_axes);
  const uint32_t run = reduced_axes >> (first & 31);
  if (!context.Require(reduced_axes != 0 && (run & (run + 1)) == 0, Status::kUnsupported, "axes do not lie side by side", &axes)) {
    return context.status();
  }
  MeanParams params{};
  params.outer = params.reduced = params.inner = 1;
  for (int i = 0; i < input.rank; ++i) {
    (i < first ? params.outer : reduced_axes >> i & 1 ? params.reduced : params.inner) *= input.dims[i];
  }
  const uint32_t kept = static_cast<uint32_t>(params.outer) * static_cast<uint32_t>(params.inner);
  QuantizedMultiplier q = QuantizeRatio(input.scale, 1.0f, output.scale);
  if (!context.Require(output.elements == kept, Status::kCorrupt, "does not have the shape that the axes give", &output) ||
      !context.Require(params.reduced <= 1 << 22, Status::kUnsupported, "has too many values for one mean", &input) ||
      !context.Require(q.shift <= 30, Status::kUnsupported, "a scale is too large", &input)) {
    return context.status();
  }
  // 1 / count goes into the multiplier, as in tensorflow/lite/kernels/internal/reference/reduce.h.
  const int bits = std::min(31 - std::countl_zero(static_cast<uint32_t>(params.reduced)), 31 + static_cast<int>(q.shift));
  params.multiplier = static_cast<int32_t>((static_cast<int64_t>(q.multiplier) << bits) / params.reduced);
  params.shift = q.shift - bits;
  params.input_zero_point = input.zero_point;
  params.output_zero_point = output.zero_point;
  auto* p = context.Commit<MeanParams>();
  if (p == nullptr) return context.status();
  *p = params;
  context.Bind(p->input, input);
  context.Bind(p->output, output);
  context.CountMacs(input.elements);
  context.SetKernel(Run, p);
  return Status::kOk;
}

}  // namespace

constinit const OperatorRegistration kMean = {40, "MEAN", Plan};

}  // namespace mls::engine
