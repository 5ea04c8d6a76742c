#include "../add.h"
#include "../broadcast.h"
#include "../fixed_point.h"
#include "../quantize.h"
#include "mls/core/engine/operators.h"

namespace mls::engine {
namespace {

// An input at the common scale.
int32_t Rescale(const AddInput& input, int8_t x) {
  const int32_t shifted = WrappingShiftLeft(x + input.offset, kAddLeftShift);
  return RoundingDivideByPowerOfTwo(RoundingDoublingHighMul(shifted, input.multiplier), -input.shift);
}

int8_t Combine(const AddParams& p, int32_t a, int32_t b) {
  const int32_t result = RoundingDivideByPowerOfTwo(RoundingDoublingHighMul(WrappingAdd(a, b), p.multiplier), -p.shift);
  return ClampToInt8(WrappingAdd(result, p.offset), p.range.min, p.range.max);
}

Status Run(const void* params) {
  const AddParams& p = *static_cast<const AddParams*>(params);
  const int32_t* d = p.dims;
  const int32_t* sa = p.inputs[0].strides;
  const int32_t* sb = p.inputs[1].strides;
  int8_t* output = p.output;
  for (int i0 = 0; i0 < d[0]; ++i0) {
    for (int i1 = 0; i1 < d[1]; ++i1) {
      for (int i2 = 0; i2 < d[2]; ++i2) {
        for (int i3 = 0; i3 < d[3]; ++i3) {
          const int8_t* a = p.inputs[0].data + i0 * sa[0] + i1 * sa[1] + i2 * sa[2] + i3 * sa[3];
          const int8_t* b = p.inputs[1].data + i0 * sb[0] + i1 * sb[1] + i2 * sb[2] + i3 * sb[3];
          for (int i4 = 0; i4 < d[4]; ++i4) {
            *output++ = Combine(p, Rescale(p.inputs[0], a[i4 * sa[4]]), Rescale(p.inputs[1], b[i4 * sb[4]]));
          }
        }
      }
    }
  }
  return Status::kOk;
}

// Two inputs of the output's shape. Nothing here can overflow: an input at the common scale is below 2^28, so a
// rounding, doubling high multiply is a rounding high multiply of the double, and halves have room.
struct Rounder {
  int32_t multiplier, half, right;
  int32_t sign_mask;  // All ones if there is something to round.
  Rounder(int32_t q, int32_t shift)
      : multiplier(q), half(shift == 0 ? 0 : 1 << (-shift - 1)), right(-shift), sign_mask(shift == 0 ? 0 : -1) {}
  int32_t operator()(int32_t x) const {
    const int32_t high = static_cast<int32_t>((static_cast<int64_t>(2 * x) * multiplier + (int64_t{1} << 31)) >> 32);
    return (high + half + ((x >> 31) & sign_mask)) >> right;
  }
};

Status RunFlat(const void* params) {
  const AddParams& p = *static_cast<const AddParams*>(params);
  const Rounder scale_a(p.inputs[0].multiplier, p.inputs[0].shift), scale_b(p.inputs[1].multiplier, p.inputs[1].shift);
  const Rounder scale_out(p.multiplier, p.shift);
  const int32_t offset_a = p.inputs[0].offset, offset_b = p.inputs[1].offset, offset = p.offset;
  const int32_t low = p.range.min, high = p.range.max;
  const int8_t* a = p.inputs[0].data;
  const int8_t* b = p.inputs[1].data;
  int8_t* output = p.output;
  const int8_t* const end = output + p.dims[0];
#ifdef MLS_ENGINE_FAST_ADD
  const uint32_t done = AddFlatFast(p, static_cast<uint32_t>(p.dims[0]));
  a += done;
  b += done;
  output += done;
#endif
  for (; output != end; ++output, ++a, ++b) {
    const int32_t sum =
        scale_a((*a + offset_a) * (1 << kAddLeftShift)) + scale_b((*b + offset_b) * (1 << kAddLeftShift));
    *output = ClampToInt8(scale_out(sum) + offset, low, high);
  }
  return Status::kOk;
}

Status Plan(PlanContext& context) {
  Tensor inputs[2], output;
  if (!context.Input(0, inputs[0]) || !context.Input(1, inputs[1]) || !context.Output(0, output) ||
      !RequireInt8(context, inputs[0]) || !RequireInt8(context, inputs[1]) || !RequireInt8(context, output) ||
      !context.OpenOptions(11)) {
    return context.status();
  }
  AddParams params{};
  if (!Broadcast(context, inputs, output, params.dims, params.inputs[0].strides, params.inputs[1].strides) ||
      !ActivationRange(context, context.OptionByte(0, 0), output, params.range)) {
    return context.status();
  }
  const float most = std::max(inputs[0].scale, inputs[1].scale);
  for (int i = 0; i < 2; ++i) {
    const QuantizedMultiplier q = QuantizeRatio(inputs[i].scale, 1.0f, most, -1);
    params.inputs[i].offset = -inputs[i].zero_point;
    params.inputs[i].multiplier = q.multiplier;
    params.inputs[i].shift = q.shift;
  }
  const QuantizedMultiplier q = QuantizeRatio(most, 1.0f, output.scale, 1 - kAddLeftShift);
  if (!context.Require(q.shift <= 0, Status::kUnsupported, "output's scale is too small", &output))
    return context.status();
  params.multiplier = q.multiplier;
  params.shift = q.shift;
  params.offset = output.zero_point;

  // In place over an input of the output's size, if one is not needed any more.
  for (const Tensor& input : inputs) {
    if (input.elements == output.elements) context.AllowOverlap(input, output, 0);
  }
  auto* p = context.Commit<AddParams>();
  if (p == nullptr) return context.status();
  *p = params;
  for (int i = 0; i < 2; ++i) context.Bind(p->inputs[i].data, inputs[i]);
  const bool flat =
      inputs[0].elements == output.elements && inputs[1].elements == output.elements && params.shift >= -30;
  if (flat) p->dims[0] = static_cast<int32_t>(output.elements);
  context.Bind(p->output, output);
  context.CountMacs(output.elements);
  context.SetKernel(flat ? RunFlat : Run, p);
  return Status::kOk;
}

}  // namespace

constinit const OperatorRegistration kAdd = {0, "ADD", Plan};

}  // namespace mls::engine
