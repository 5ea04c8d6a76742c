// FULLY_CONNECTED and ADD for Arm processors with Helium.
#include "../add.h"
#include "arm_helium.h"

#ifdef MLS_ENGINE_ARM_HELIUM
#include "mls/core/engine/operators.h"

namespace mls::engine {
namespace {

// --- FULLY_CONNECTED: four outputs at once -------------------------------------------------------------------------------
// The offset costs no sums of its own: sum((x + offset) * w) = sum(x * w) + sum(offset * w), both by VMLADAVA. Where the offset
// is above 127, the same with -x - 1, which is not x, and 1 - offset gives the negative result.

Status RunFullyConnectedHelium(const void* params) {
  const FullyConnectedParams& p = *static_cast<const FullyConnectedParams*>(params);
  const Requantization& r = p.requantization;
  const bool negative = p.input_offset > INT8_MAX;
  const int8x16_t flip = vdupq_n_s8(negative ? -1 : 0);
  const int8x16_t offset = vdupq_n_s8(static_cast<int8_t>(negative ? 1 - p.input_offset : p.input_offset));
  int8_t* output = p.output;
  for (uint32_t batch = 0; batch < p.batches; ++batch) {
    const int8_t* rows = p.weights;
    for (uint32_t c = 0; c < p.outputs; c += 4, rows += size_t{4} * p.depth) {
      const uint32_t valid = std::min<uint32_t>(p.outputs - c, 4);
      // Missing rows repeat the first one; their sums are dropped.
      const int8_t* x = p.input + size_t{batch} * p.depth;
      const int8_t* w0 = rows;
      const int8_t* w1 = valid > 1 ? rows + p.depth : rows;
      const int8_t* w2 = valid > 2 ? rows + 2 * p.depth : rows;
      const int8_t* w3 = valid > 3 ? rows + 3 * p.depth : rows;
      int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
      asm volatile(R"(
          dlstp.8 lr, %[depth]
        1:
          vldrb.8 q0, [%[x]], #16
          vldrb.8 q1, [%[w0]], #16
          veor q0, q0, %q[flip]
          vmladava.s8 %[s0], q0, q1
          vldrb.8 q2, [%[w1]], #16
          vmladava.s8 %[s0], %q[offset], q1
          vmladava.s8 %[s1], q0, q2
          vldrb.8 q1, [%[w2]], #16
          vmladava.s8 %[s1], %q[offset], q2
          vmladava.s8 %[s2], q0, q1
          vldrb.8 q2, [%[w3]], #16
          vmladava.s8 %[s2], %q[offset], q1
          vmladava.s8 %[s3], q0, q2
          vmladava.s8 %[s3], %q[offset], q2
          letp lr, 1b
      )" : [s0] "+Te"(s0), [s1] "+Te"(s1), [s2] "+Te"(s2), [s3] "+Te"(s3), [x] "+r"(x), [w0] "+r"(w0), [w1] "+r"(w1),
           [w2] "+r"(w2), [w3] "+r"(w3)
         : [depth] "r"(p.depth), [flip] "w"(flip), [offset] "w"(offset) : "lr", "q0", "q1", "q2", "memory");
      const mve_pred16_t lanes = vctp32q(valid);
      int32x4_t sums = vdupq_n_s32(s0);
      sums = vsetq_lane_s32(s1, sums, 1);
      sums = vsetq_lane_s32(s2, sums, 2);
      sums = vsetq_lane_s32(s3, sums, 3);
      if (negative) sums = vnegq_s32(sums);
      if (p.bias != nullptr) sums = vaddq_s32(sums, vldrwq_z_s32(p.bias + c, lanes));
      const int32x4_t multipliers = p.per_channel ? vldrwq_z_s32(r.multipliers + c, lanes) : vdupq_n_s32(r.multipliers[0]);
      const int32x4_t shifts = p.per_channel ? vldrbq_z_s32(r.shifts + c, lanes) : vdupq_n_s32(r.shifts[0]);
      // A multiplier of zero comes with any shift.
      vstrbq_p_s32(output, Finish(sums, multipliers, vminq_s32(shifts, vdupq_n_s32(-1)), r), lanes);
      output += valid;
    }
  }
  return Status::kOk;
}

Status PlanFullyConnectedHelium(PlanContext& context) {
  return CommitFullyConnected(context, {.kernel = RunFullyConnectedHelium, .otherwise = RunFullyConnected, .fits = ShiftsRight});
}

// x * multiplier * 2^shift / 2^31 of numbers whose product does not overflow, for shifts of 0 (`halves` 0) or less (1).
struct Scale {
  int32_t multiplier, shift, halves;
  Scale(int32_t m, int32_t s) : multiplier(m), shift(s), halves(s == 0 ? 0 : 1) {}
  int32x4_t operator()(int32x4_t x) const {
    return vrshlq_n_s32(vmlaq_n_s32(vqrdmulhq_n_s32(x, multiplier), vshrq_n_s32(x, 31), halves), shift);
  }
};

}  // namespace

// --- ADD: four at once. The input with the larger scale is only shifted: its multiplier is one half ------------------------

uint32_t AddFlatFast(const AddParams& p, uint32_t count) {
  const AddInput* plain = &p.inputs[0];
  const AddInput* scaled = &p.inputs[1];
  const auto only_shifts = [](const AddInput& in) { return in.multiplier == 1 << 30 && in.shift == 0; };
  if (!only_shifts(*plain)) std::swap(plain, scaled);
  if (!only_shifts(*plain)) return 0;
  const Scale scale_in(scaled->multiplier, scaled->shift), scale_out(p.multiplier, p.shift);
  const int32_t plain_offset = plain->offset, scaled_offset = scaled->offset, offset = p.offset;
  const int32x4_t low = vdupq_n_s32(p.range.min), high = vdupq_n_s32(p.range.max);
  const int8_t* a = plain->data;
  const int8_t* b = scaled->data;
  int8_t* output = p.output;
  for (uint32_t i = 0; i < count / 4; ++i, a += 4, b += 4, output += 4) {
    const int32x4_t x = vshlq_n_s32(vaddq_n_s32(vldrbq_s32(a), plain_offset), kAddLeftShift - 1);
    const int32x4_t y = scale_in(vshlq_n_s32(vaddq_n_s32(vldrbq_s32(b), scaled_offset), kAddLeftShift));
    const int32x4_t sum = vaddq_n_s32(scale_out(vaddq_s32(x, y)), offset);
    vstrbq_s32(output, vminq_s32(vmaxq_s32(sum, low), high));
  }
  return count / 4 * 4;
}

constinit const OperatorRegistration kFullyConnected = {9, "FULLY_CONNECTED", PlanFullyConnectedHelium};

}  // namespace mls::engine
#endif
