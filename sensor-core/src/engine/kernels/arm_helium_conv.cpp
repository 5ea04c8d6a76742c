// CONV_2D for Arm processors with Helium (Cortex-M55, M85): VMLADAVA adds sixteen products of 8 bits to a core
// register.
#include "arm_helium.h"

#ifdef MLS_ENGINE_ARM_HELIUM
#include <cstddef>

#include "mls/core/engine/operators.h"

namespace mls::engine {
namespace {

// --- Two channels of four pixels at once ----------------------------------------------------------------------------
// The zero point is taken out of the inner loop: sum((x + offset) * w) = sum(x * w) + offset * sum(w). Scratch holds:
// what each pair of channels needs; an output pixel of the channels that can only give one value; where outputs that
// nobody wants go; four patches, interleaved in sixteens of bytes.

constexpr int kPixels = 4;

// The assembler below counts on the layout of these two. Of an odd number of channels the last is computed twice.
struct ChannelPair {
  int32_t bias0;
  const int8_t* weights0;
  const int8_t* weights1;
  int32_t bias1;
  struct {
    int32_t multiplier, shift, channel;
  } last[2];
};
struct ConvBlock {
  const int8_t* patches;
  uint32_t steps;            // Depth in sixteens, ...
  uint32_t rest;             // ... and the rest of it.
  const ChannelPair* pairs;  // Ends with a pair without weights.
  int8_t* outputs[kPixels];
  int32_t min, max, offset;
};
static_assert(sizeof(ChannelPair) == 40 && offsetof(ConvBlock, outputs) == 16 && offsetof(ConvBlock, min) == 32);

// r0, r2, r4, r6 sums of the first channel, r8, r10, r12, lr of the second; r1 patches, r3 and r5 weights, r7 count, r9
// pairs, r11 block; q4 output addresses, q5 and q6 range, q7 offset.
asm(R"(
  .syntax unified
  .thumb
  .macro mls_helium_macs
    vldrw.32 q2, [r1], #16
    vmladava.s8 r0, q0, q2
    vldrw.32 q3, [r1], #16
    vmladava.s8 r8, q1, q2
    vmladava.s8 r2, q0, q3
    vldrw.32 q2, [r1], #16
    vmladava.s8 r10, q1, q3
    vmladava.s8 r4, q0, q2
    vldrw.32 q3, [r1], #16
    vmladava.s8 r12, q1, q2
    vmladava.s8 r6, q0, q3
    vmladava.s8 lr, q1, q3
  .endm
  .macro mls_helium_step
    vldrb.8 q0, [r3], #16
    vldrb.8 q1, [r5], #16
    mls_helium_macs
  .endm
  @ Negative sums lose one before halves are rounded up: so they are rounded away from zero.
  .macro mls_helium_finish sums, value, multiplier, shift, channel
    vqrdmulh.s32 \value, \sums, \multiplier
    vshr.s32 \sums, \sums, #31
    vadd.i32 \value, \value, \sums
    vrshl.s32 \value, \shift
    vadd.i32 \value, \value, q7
    vmax.s32 \value, \value, q5
    vmin.s32 \value, \value, q6
    vstrb.32 \value, [\channel, q4]
  .endm
  .macro mls_helium_conv name, rest
  .section .text.\name, "ax", %progbits
  .balign 4
  .thumb_func
  .type \name, %function
\name:
    push  {r4-r11, lr}
    vpush {d8-d15}
    mov   r11, r0
    ldr   r9, [r11, #12]
    add   r1, r11, #16
    vldrw.32 q4, [r1]
    ldr   r1, [r11, #32]
    vdup.32 q5, r1
    ldr   r1, [r11, #36]
    vdup.32 q6, r1
    ldr   r1, [r11, #40]
    vdup.32 q7, r1
    ldmia r9!, {r0, r3, r5, r8}
  1:
    mov   r2, r0
    mov   r4, r0
    mov   r6, r0
    mov   r10, r8
    mov   r12, r8
    mov   lr, r8
    ldrd  r1, r7, [r11]
    lsrs  r7, r7, #1
    bcc   2f
    mls_helium_step
  2:
    cbz   r7, 4f
  3:
    mls_helium_step
    mls_helium_step
    subs  r7, #1
    bne   3b
  4:
  .if \rest
    ldr   r7, [r11, #8]
    vctp.8 r7
    vpstt
    vldrbt.u8 q0, [r3]
    vldrbt.u8 q1, [r5]
    mls_helium_macs
  .endif
    vmov  q0[2], q0[0], r0, r4
    vmov  q0[3], q0[1], r2, r6
    vmov  q1[2], q1[0], r8, r12
    vmov  q1[3], q1[1], r10, lr
    ldmia r9!, {r0, r2, r4, r6, r8, r10}
    mls_helium_finish q0, q2, r0, r2, r4
    mls_helium_finish q1, q3, r6, r8, r10
    ldmia r9!, {r0, r3, r5, r8}
    cmp   r3, #0
    bne   1b
    vpop  {d8-d15}
    pop   {r4-r11, pc}
  .size \name, . - \name
  .endm
  mls_helium_conv mls_conv_block_helium, 0
  mls_helium_conv mls_conv_block_rest_helium, 1
  .text
)");
extern "C" void mls_conv_block_helium(const ConvBlock* block);
extern "C" void mls_conv_block_rest_helium(const ConvBlock* block);

constexpr uint32_t RoundUp(uint32_t x, uint32_t step) { return (x + step - 1) / step * step; }
uint32_t Depth(const ConvParams& p) { return uint32_t{p.kernel_height} * p.kernel_width * p.input_channels; }

constexpr uint32_t PairsBytes(uint32_t channels) { return (channels + 1) / 2 * sizeof(ChannelPair) + 16; }
uint32_t ConvScratchBytes(const ConvParams& p) {
  const uint32_t depth = RoundUp(Depth(p), 16), channels = RoundUp(p.output_channels, 8);
  return RoundUp(PairsBytes(p.output_channels), 8) + 2 * channels + depth * kPixels;
}

// Channels that can only give one value go to `values`, the others to `pairs`. Returns whether there are any of the
// former.
bool PreparePairs(const ConvParams& p, uint32_t depth, ChannelPair* pairs, int8_t* values) {
  const Requantization& r = p.requantization;
  const int8_t* weights = p.weights;
  uint32_t live = 0;
  for (uint32_t c = 0; c < p.output_channels; ++c, weights += depth) {
    if (r.shifts[c] == kConstantChannel) {
      values[c] = static_cast<int8_t>(r.multipliers[c]);
      continue;
    }
    const int32_t bias =
        p.packed_bias ? p.bias[c]
                      : WrappingAdd(p.bias == nullptr ? 0 : p.bias[c], SumBytes(weights, depth) * p.input_offset);
    // A multiplier of zero comes with any shift.
    const int32_t shift = std::min<int32_t>(r.shifts[c], -1);
    ChannelPair& pair = pairs[live / 2];
    if (live % 2 == 0) pair.bias0 = bias, pair.weights0 = weights;
    pair.bias1 = bias, pair.weights1 = weights;
    if (live % 2 == 0) pair.last[0] = {r.multipliers[c], shift, static_cast<int32_t>(c)};
    pair.last[1] = {r.multipliers[c], shift, static_cast<int32_t>(c)};
    ++live;
  }
  pairs[(live + 1) / 2].weights0 = nullptr;
  return live != p.output_channels;
}

// Where byte `position` of a pixel's patch lies among four.
constexpr int Place(int position) { return position / 16 * 16 * kPixels + position % 16; }

// Puts `count` bytes at `position` of the patches of `kCount` pixels, whose bytes lie `stride` apart. `patches` is the
// first one's.
template <int kCount>
inline void PutRun(int8_t* patches, int position, const int8_t* from, int stride, int count) {
  while (count > 0) {
    const int fits = std::min(count, 16 - position % 16);
    const mve_pred16_t lanes = vctp8q(static_cast<uint32_t>(fits));
    int8_t* to = patches + Place(position);
    for (int i = 0; i < kCount; ++i) vstrbq_p_s8(to + 16 * i, vldrbq_z_s8(from + i * stride, lanes), lanes);
    position += fits;
    from += fits;
    count -= fits;
  }
}

// `count` bytes of one pixel into its place among four, to the start of sixteens.
void Interleave(int8_t* to, const int8_t* from, int count) {
  asm volatile(R"(
      wlstp.8 lr, %[count], 2f
    1:
      vldrb.8 q0, [%[from]], #16
      vstrb.8 q0, [%[to]], #64
      letp lr, 1b
    2:
  )" : [to] "+r"(to), [from] "+r"(from) : [count] "r"(count) : "lr", "q0", "memory", "cc");
}

// The patch of one pixel. Padding is what becomes zero.
void PutPatch(const ConvParams& p, int top, int left, int8_t* patches) {
  const int channels = p.input_channels;
  const Taps rows = TapsInside(top, p.kernel_height, p.dilation_height, p.input_height);
  const Taps columns = TapsInside(left, p.kernel_width, p.dilation_width, p.input_width);
  const int inside = columns.last - columns.first;
  if (rows.last - rows.first < p.kernel_height || inside < p.kernel_width) {
    const int8x16_t padding = vdupq_n_s8(static_cast<int8_t>(-p.input_offset));
    const int depth = static_cast<int>(Depth(p));
    for (int i = 0; i < depth; i += 16) vstrbq_s8(patches + i * kPixels, padding);
  }
  const int run = p.dilation_width == 1 ? inside : 1;
  for (int ky = rows.first; ky < rows.last; ++ky) {
    const int8_t* line = p.input + ((top + ky * p.dilation_height) * p.input_width + left) * channels;
    for (int kx = columns.first; kx < columns.last; kx += run) {
      const int position = (ky * p.kernel_width + kx) * channels;
      const int8_t* from = line + kx * p.dilation_width * channels;
      if (position % 16 == 0) {
        Interleave(patches + position * kPixels, from, run * channels);
      } else {
        PutRun<1>(patches, position, from, 0, run * channels);
      }
    }
  }
}

// `count` bytes of each of four pixels that lie `stride` bytes apart, to the start of sixteens.
void InterleaveFour(int8_t* to, const int8_t* from, int stride, int count) {
  const int8_t* b = from + stride;
  const int8_t* c = b + stride;
  const int8_t* d = c + stride;
  asm volatile(R"(
      wlstp.8 lr, %[count], 2f
    1:
      vldrb.8 q0, [%[a]], #16
      vstrb.8 q0, [%[to]], #16
      vldrb.8 q0, [%[b]], #16
      vstrb.8 q0, [%[to]], #16
      vldrb.8 q0, [%[c]], #16
      vstrb.8 q0, [%[to]], #16
      vldrb.8 q0, [%[d]], #16
      vstrb.8 q0, [%[to]], #16
      letp lr, 1b
    2:
  )" : [to] "+r"(to), [a] "+r"(from), [b] "+r"(b), [c] "+r"(c), [d] "+r"(d)
     : [count] "r"(count) : "lr", "q0", "memory", "cc");
}

// The patches of up to four pixels, the first at (y, x).
void GatherPatches(const ConvParams& p, int y, int x, int count, int8_t* patches) {
  const int channels = p.input_channels;
  const int top = y * p.stride_height - p.pad_top, left = x * p.stride_width - p.pad_left;
  // Pixels that are read one after the other may go on in the next row.
  const bool one_row =
      x + kPixels <= p.output_width || (p.kernel_width == 1 && p.stride_width == 1 && p.kernel_height == 1 &&
                                        p.stride_height == 1 && p.output_width == p.input_width);
  const bool inside =
      count == kPixels && one_row && p.dilation_width == 1 && left >= 0 && top >= 0 &&
      (left + (kPixels - 1) * p.stride_width + p.kernel_width <= p.input_width || p.kernel_width == 1) &&
      top + (p.kernel_height - 1) * p.dilation_height < p.input_height;
  if (inside) {
    const int step = p.stride_width * channels, run = p.kernel_width * channels;
    const bool whole_steps = p.kernel_height == 1 || run % 16 == 0;
    const int8_t* from = p.input + (top * p.input_width + left) * channels;
    for (int ky = 0; ky < p.kernel_height; ++ky) {
      if (whole_steps) {
        InterleaveFour(patches + ky * run * kPixels, from, step, run);
      } else {
        PutRun<kPixels>(patches, ky * run, from, step, run);
      }
      from += p.dilation_height * p.input_width * channels;
    }
    return;
  }
  for (int i = 0; i < count; ++i, patches += 16) {
    PutPatch(p, y * p.stride_height - p.pad_top, x * p.stride_width - p.pad_left, patches);
    if (++x == p.output_width) {
      x = 0;
      ++y;
    }
  }
}

Status RunConv2DHelium(const void* params) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  const uint32_t depth = Depth(p), channels = p.output_channels;
  auto* const pairs = static_cast<ChannelPair*>(p.scratch);
  auto* const values = static_cast<int8_t*>(p.scratch) + RoundUp(PairsBytes(channels), 8);
  auto* const unwanted = values + RoundUp(channels, 8);
  auto* const patches = unwanted + RoundUp(channels, 8);
  const bool has_constants = PreparePairs(p, depth, pairs, values);
  const Requantization& r = p.requantization;
  ConvBlock block = {patches, depth / 16, depth % 16, pairs, {}, r.min, r.max, r.offset};
  const auto run = depth % 16 == 0 ? mls_conv_block_helium : mls_conv_block_rest_helium;
  const int total = p.output_height * p.output_width;
  int8_t* output = p.output;
  int y = 0, x = 0;
  for (int pixel = 0; pixel < total; pixel += kPixels) {
    const int count = std::min(kPixels, total - pixel);
    GatherPatches(p, y, x, count, patches);
    for (int i = 0; i < kPixels; ++i) {
      block.outputs[i] = i < count ? output : unwanted;
      if (i < count) {
        if (has_constants) CopyBytes(output, values, static_cast<int>(channels));
        output += channels;
      }
    }
    if (pairs->weights0 != nullptr) run(&block);
    for (x += kPixels; x >= p.output_width; x -= p.output_width) ++y;
  }
  return Status::kOk;
}

Status PlanConv2DHelium(PlanContext& context) {
  ConvPlan plan;
  if (!ReadConv2D(context, plan)) return context.status();
  const ConvParams& p = plan.params;
  if (p.group_channels != p.input_channels || p.batches != 1) return CommitConv(context, plan, {.kernel = RunConv2D});
  return CommitConv(context, plan,
                    {.kernel = RunConv2DHelium,
                     .pixels_at_once = kPixels,
                     .scratch_bytes = ConvScratchBytes(p),
                     .takes_packed_bias = true,
                     .otherwise = RunConv2D,
                     .fits = ShiftsRight,
                     .fold_constant_channels = true});
}

}  // namespace

uint32_t OneChannelDepthwiseScratchBytes(const ConvParams& p) { return TurnedWeightsBytes(p) + ConvScratchBytes(p); }

Status RunOneChannelDepthwiseHelium(const void* params) {
  const ConvParams p = TurnWeights(*static_cast<const ConvParams*>(params));
  return RunConv2DHelium(&p);
}

constinit const OperatorRegistration kConv2D = {3, "CONV_2D", PlanConv2DHelium};

}  // namespace mls::engine
#endif
