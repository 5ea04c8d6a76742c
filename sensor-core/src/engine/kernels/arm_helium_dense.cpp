// FULLY_CONNECTED and ADD for Arm processors with Helium.
#include "../add.h"
#include "arm_helium.h"

#ifdef MLS_ENGINE_ARM_HELIUM
#include <type_traits>
#include <utility>

#include "mls/core/engine/operators.h"

namespace mls::engine {
namespace {

// --- FULLY_CONNECTED: four outputs at once --------------------------------------------------------------------------
// The offset costs no sums of its own: sum((x + offset) * w) = sum(x * w) + sum(offset * w), both by VMLADAVA. Where
// the offset is above 127, the same with -x - 1, which is not x, and 1 - offset gives the negative result. A packed
// bias has it already.

template <bool kPerChannel, bool kPacked>
void RunDense(const FullyConnectedParams& p) {
  const Requantization& r = p.requantization;
  const bool negative = p.input_offset > INT8_MAX;
  const int8x16_t flip = vdupq_n_s8(negative ? -1 : 0);
  const int8x16_t offset = vdupq_n_s8(static_cast<int8_t>(negative ? 1 - p.input_offset : p.input_offset));
  const int32x4_t range_max = vdupq_n_s32(r.max), range_min = vdupq_n_s32(r.min);
  // A multiplier of zero comes with any shift.
  const int32x4_t least_shift = vdupq_n_s32(-1);
  int32x4_t multipliers = vdupq_n_s32(r.multipliers[0]), shifts = vminq_s32(vdupq_n_s32(r.shifts[0]), least_shift);
  // Copies: the compiler reads them again behind the assembler otherwise.
  const uint32_t depth = p.depth, batches = p.batches, outputs = p.outputs;
  const int32_t* const channel_multipliers = r.multipliers;
  const int8_t* const channel_shifts = r.shifts;
  const int32_t output_offset = r.offset;
  const int32_t* const first_bias = p.bias;
  const int8_t* input = p.input;
  int8_t* output = p.output;
  for (uint32_t batch = 0; batch < batches; ++batch, input += depth) {
    const int8_t* rows = p.weights;
    const int32_t* bias = first_bias;
    uint32_t c = 0;
    const auto four = [&](auto all, uint32_t valid) {
      // Missing rows repeat the first one; their sums are dropped.
      const int8_t* x = input;
      const int8_t *w0 = rows, *w1 = rows, *w2 = rows, *w3 = rows;
      if constexpr (all) {
        w1 += depth, w2 += 2 * depth, w3 += 3 * depth;
      } else {
        w1 += valid > 1 ? depth : 0, w2 += valid > 2 ? 2 * depth : 0;
      }
      int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
      int32x4_t sums;
      if constexpr (kPacked) {
        asm volatile(R"(
          dlstp.8 lr, %[depth]
        1:
          vldrb.8 q0, [%[x]], #16
          vldrb.8 q1, [%[w0]], #16
          vmladava.s8 %[s0], q0, q1
          vldrb.8 q2, [%[w1]], #16
          vmladava.s8 %[s1], q0, q2
          vldrb.8 q1, [%[w2]], #16
          vmladava.s8 %[s2], q0, q1
          vldrb.8 q2, [%[w3]], #16
          vmladava.s8 %[s3], q0, q2
          letp lr, 1b
          vmov %q[sums][2], %q[sums][0], %[s0], %[s2]
          vmov %q[sums][3], %q[sums][1], %[s1], %[s3]
        )" : [s0] "+Te"(s0), [s1] "+Te"(s1), [s2] "+Te"(s2), [s3] "+Te"(s3), [x] "+r"(x), [w0] "+r"(w0), [w1] "+r"(w1),
             [w2] "+r"(w2), [w3] "+r"(w3), [sums] "=&w"(sums)
           : [depth] "r"(depth) : "lr", "q0", "q1", "q2", "memory");
      } else {
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
          vmov %q[sums][2], %q[sums][0], %[s0], %[s2]
          vmov %q[sums][3], %q[sums][1], %[s1], %[s3]
        )" : [s0] "+Te"(s0), [s1] "+Te"(s1), [s2] "+Te"(s2), [s3] "+Te"(s3), [x] "+r"(x), [w0] "+r"(w0), [w1] "+r"(w1),
             [w2] "+r"(w2), [w3] "+r"(w3), [sums] "=&w"(sums)
           : [depth] "r"(depth), [flip] "w"(flip), [offset] "w"(offset) : "lr", "q0", "q1", "q2", "memory");
      }
      const mve_pred16_t lanes = all ? 0xffff : vctp32q(valid);
      if (!kPacked && negative) sums = vnegq_s32(sums);
      if (bias != nullptr) {
        sums = vaddq_s32(sums, all ? vldrwq_s32(bias) : vldrwq_z_s32(bias, lanes));
        bias += 4;
      }
      if constexpr (kPerChannel) {
        multipliers = vldrwq_z_s32(channel_multipliers + c, lanes);
        shifts = vminq_s32(vldrbq_z_s32(channel_shifts + c, lanes), least_shift);
      }
      const int32x4_t high = vaddq_s32(vqrdmulhq_s32(sums, multipliers), vshrq_n_s32(sums, 31));
      const int32x4_t value = vaddq_n_s32(vrshlq_s32(high, shifts), output_offset);
      const int32x4_t in_range = vmaxq_s32(vminq_s32(value, range_max), range_min);
      if constexpr (all) {
        vstrbq_s32(output, in_range);
      } else {
        vstrbq_p_s32(output, in_range, lanes);
      }
      output += valid;
    };
    for (; c + 4 <= outputs; c += 4, rows = rows + 4 * depth) four(std::true_type(), 4);
    if (c < outputs) four(std::false_type(), outputs - c);
  }
}

Status RunFullyConnectedHelium(const void* params) {
  const FullyConnectedParams& p = *static_cast<const FullyConnectedParams*>(params);
  if (p.packed_bias) {
    p.per_channel ? RunDense<true, true>(p) : RunDense<false, true>(p);
  } else {
    p.per_channel ? RunDense<true, false>(p) : RunDense<false, false>(p);
  }
  return Status::kOk;
}

Status PlanFullyConnectedHelium(PlanContext& context) {
  return CommitFullyConnected(context, {.kernel = RunFullyConnectedHelium,
                                        .takes_packed_bias = true,
                                        .otherwise = RunFullyConnected,
                                        .fits = ShiftsRight});
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

// --- ADD: four at once. The input with the larger scale is only shifted: its multiplier is one half -----------------

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
