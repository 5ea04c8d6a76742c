// Convolutions for Arm processors with the DSP extension (Cortex-M4, M7, M33): two 16-bit products per instruction.
#include "../convolution.h"
#include "mls/core/engine/operators.h"

#ifdef MLS_ENGINE_ARM_DSP
#include <arm_acle.h>

#include <cstddef>
#include <cstring>

namespace mls::engine {
namespace {

uint32_t Load32(const void* from) {
  uint32_t word;
  std::memcpy(&word, from, 4);
  return word;
}

// Bytes 0 and 2, or 1 and 3, of a word as two 16-bit numbers, each with half of `offsets` added.
uint32_t Even(uint32_t offsets, uint32_t bytes) {
  return static_cast<uint32_t>(__sxtab16(static_cast<int32_t>(offsets), static_cast<int32_t>(bytes)));
}
uint32_t Odd(uint32_t offsets, uint32_t bytes) {
  uint32_t result;
  asm("sxtab16 %0, %1, %2, ror #8" : "=r"(result) : "r"(offsets), "r"(bytes));
  return result;
}

constexpr uint32_t Twice(int16_t x) { return static_cast<uint16_t>(x) * 0x10001u; }

// What a channel needs to become an int8. For shifts to the right of 1 to 22 and sums below 2^30.
struct Channel {
  int32_t multiplier, half_and_offset, right;
};
inline Channel ChannelAt(const Requantization& r, uint32_t c) {
  const int32_t right = -r.shifts[c];
  return {r.multipliers[c], static_cast<int32_t>(static_cast<uint32_t>(2 * r.offset + 1) << (right - 1)), right};
}
inline bool IsUsual(int32_t shift) { return shift <= -1 && shift >= -kMostUsualShift; }

// RoundingDoublingHighMul of a number is a rounding high multiply of its double. Rounding halves away from zero takes
// one off negative numbers before half is added; the sign of the sum is the sign of the product, or the product is 0,
// where it does not matter. The offset, shifted up, rides along.
inline int8_t Finish(int32_t sum, const Channel& c) {
  int32_t value = c.half_and_offset + (sum >> 31);
  asm("smmlar %0, %1, %2, %0" : "+r"(value) : "r"(sum + sum), "r"(c.multiplier));
  value >>= c.right;
  asm("ssat %0, #8, %0" : "+r"(value));
  return static_cast<int8_t>(value);
}

// --- CONV_2D: four pixels at once -----------------------------------------------------------------------------------
// The four patches are kept as 16-bit numbers with the offset added, interleaved for the inner loop. For every four
// values of depth: values 0 and 2 of pixels 0 to 3, then values 1 and 3 of pixels 0 to 3; a word each.

constexpr int kPixels = 4;
constexpr uint32_t PaddedDepth(uint32_t depth) { return (depth + 3) / 4 * 4; }
constexpr uint32_t ConvScratchBytes(const ConvParams& p) {
  const uint32_t depth = PaddedDepth(uint32_t{p.kernel_height} * p.kernel_width * p.input_channels);
  // Behind the values: a patch as bytes, or the outputs of an incomplete block.
  const uint32_t patch = p.input_channels % 4 == 0 ? 0 : depth;
  const uint32_t block = p.output_height * p.output_width % kPixels == 0 ? 0u : uint32_t{p.output_channels} * kPixels;
  return depth * kPixels * 2 + std::max(patch, block);
}

// Writes `count` values (a multiple of 4) of one pixel; returns where the next ones go.
inline uint32_t* Expand(const int8_t* from, int count, uint32_t offsets, uint32_t* to) {
  const auto four = [offsets](const int8_t* bytes_at, uint32_t* at) {
    const uint32_t bytes = Load32(bytes_at);
    at[0] = Even(offsets, bytes);
    at[kPixels] = Odd(offsets, bytes);
  };
  const int8_t* const end = from + count;
  for (; end - from >= 16; from += 16, to += 8 * kPixels) {
    four(from, to);
    four(from + 4, to + 2 * kPixels);
    four(from + 8, to + 4 * kPixels);
    four(from + 12, to + 6 * kPixels);
  }
  for (; from != end; from += 4, to += 2 * kPixels) four(from, to);
  return to;
}

inline uint32_t* ExpandZeros(int count, uint32_t* to) {
  for (; count > 0; count -= 4, to += 2 * kPixels) to[0] = to[kPixels] = 0;
  return to;
}

void ExpandPatch(const ConvParams& p, int y, int x, int8_t* patch, uint32_t* to) {
  const uint32_t offsets = Twice(p.input_offset);
  const int top = y * p.stride_height - p.pad_top;
  const int left = x * p.stride_width - p.pad_left;
  const int channels = p.input_channels;
  if (p.kernel_height == 1 && p.kernel_width == 1 && channels % 4 == 0 && p.pad_top == 0 && p.pad_left == 0) {
    Expand(p.input + (top * p.input_width + left) * channels, channels, offsets, to);
    return;
  }
  const Taps columns = TapsInside(left, p.kernel_width, p.dilation_width, p.input_width);
  const bool dense = p.dilation_width == 1;
  if (channels % 4 == 0) {
    for (int ky = 0; ky < p.kernel_height; ++ky) {
      const int row = top + ky * p.dilation_height;
      if (row < 0 || row >= p.input_height) {
        to = ExpandZeros(p.kernel_width * channels, to);
        continue;
      }
      const int8_t* line = p.input + (row * p.input_width + left) * channels;
      to = ExpandZeros(columns.first * channels, to);
      if (dense) {
        to = Expand(line + columns.first * channels, (columns.last - columns.first) * channels, offsets, to);
      } else {
        for (int kx = columns.first; kx < columns.last; ++kx) {
          to = Expand(line + kx * p.dilation_width * channels, channels, offsets, to);
        }
      }
      to = ExpandZeros((p.kernel_width - columns.last) * channels, to);
    }
    return;
  }
  // Values do not come in fours: put the patch together as bytes first. Padding is what becomes zero.
  const int depth = p.kernel_height * p.kernel_width * channels;
  int8_t* out = patch;
  const auto pad = [&out, &p](int count) {
    std::memset(out, -p.input_offset, static_cast<size_t>(count));
    out += count;
  };
  for (int ky = 0; ky < p.kernel_height; ++ky) {
    const int row = top + ky * p.dilation_height;
    if (row < 0 || row >= p.input_height) {
      pad(p.kernel_width * channels);
      continue;
    }
    const int8_t* line = p.input + (row * p.input_width + left) * channels;
    pad(columns.first * channels);
    for (int kx = columns.first; kx < columns.last; kx += dense ? columns.last - columns.first : 1) {
      const int count = (dense ? columns.last - columns.first : 1) * channels;
      std::memcpy(out, line + kx * p.dilation_width * channels, static_cast<size_t>(count));
      out += count;
    }
    pad((p.kernel_width - columns.last) * channels);
  }
  pad(static_cast<int>(PaddedDepth(static_cast<uint32_t>(depth))) - depth);
  Expand(patch, static_cast<int>(out - patch), offsets, to);
}

// All channels of up to four pixels. The assembler below counts on this layout.
struct ConvBlock {
  const uint32_t* values;
  const int8_t* weights;
  const int32_t* bias;
  const int32_t* multipliers;
  const int8_t* shifts;
  int8_t* output;      // Of the first pixel, this channel; the others follow `stride` apart.
  int32_t stride;
  int32_t channels;
  uint32_t runs;       // Depth in sixteens, ...
  uint32_t steps;      // ... then in fours, ...
  uint32_t rest;       // ... then in ones.
  int32_t twice_offset_plus_one;
  uint32_t depth;
};
static_assert(sizeof(ConvBlock) == 52 && kConstantChannel == -128 && offsetof(ConvBlock, output) == 20 &&
              offsetof(ConvBlock, rest) == 40);

// r0 block, r1 weights, r2 values, r8-r11 sums of pixels 0-3, r12 and lr weights, r7 count, r3-r6 values.
asm(R"(
  .syntax unified
  .thumb
  .macro mls_dot_products
    ldmia r2!, {r3, r4, r5, r6}
    sxtb16 lr, r12
    smlad r8, lr, r3, r8
    smlad r9, lr, r4, r9
    smlad r10, lr, r5, r10
    smlad r11, lr, r6, r11
    ldmia r2!, {r3, r4, r5, r6}
    sxtb16 lr, r12, ror #8
    smlad r8, lr, r3, r8
    smlad r9, lr, r4, r9
    smlad r10, lr, r5, r10
    smlad r11, lr, r6, r11
  .endm
  .macro mls_dot_step
    ldr   r12, [r1], #4
    mls_dot_products
  .endm
  @ Sum to int8, for shifts of 1 to 22: the sign makes halves round away from zero, the offset rides along.
  .macro mls_finish sum
    add   r2, r5, \sum, asr #31
    lsl   \sum, \sum, #1
    smmlar \sum, \sum, r3, r2
    asr   \sum, \sum, r4
    ssat  \sum, #8, \sum
  .endm
  @ The same for any shift and any sum.
  .macro mls_finish_any sum
    mov   r0, \sum
    mov   r1, r4
    mov   r2, r7
    mov   r3, r5
    bl    mls_requantize_any
    mov   \sum, r0
  .endm

  .section .text.mls_conv_block_arm_dsp, "ax", %progbits
  .balign 4
  .thumb_func
  .type mls_conv_block_arm_dsp, %function
mls_conv_block_arm_dsp:
    push  {r4-r11, lr}
    ldr   r1, [r0, #4]
  .Lmls_channel:
    ldr   r4, [r0, #16]
    ldrsb r4, [r4]
    cmn   r4, #128
    beq   .Lmls_constant
    ldr   r3, [r0, #8]
    ldr   r7, [r0, #32]
    ldr   r2, [r0]
    ldr   r8, [r3], #4
    str   r3, [r0, #8]
    mov   r9, r8
    mov   r10, r8
    mov   r11, r8
    cmp   r7, #0
    beq   .Lmls_steps
  .Lmls_run:
    mls_dot_step
    mls_dot_step
    mls_dot_step
    mls_dot_step
    subs  r7, #1
    bne   .Lmls_run
  .Lmls_steps:
    ldr   r7, [r0, #36]
    cmp   r7, #0
    beq   .Lmls_rest
  .Lmls_step:
    mls_dot_step
    subs  r7, #1
    bne   .Lmls_step
  .Lmls_rest:
    ldr   r7, [r0, #40]
    cmp   r7, #0
    beq   .Lmls_finish
    @ The last one to three weights, without reading past them; the values are padded with zeros.
    mov   r12, #0
    tst   r7, #2
    it    ne
    ldrhne r12, [r1], #2
    tst   r7, #1
    beq   2f
    ldrb  r4, [r1], #1
    cmp   r7, #3
    it    eq
    lsleq r4, r4, #16
    orr   r12, r12, r4
  2:
    mls_dot_products
  .Lmls_finish:
    add   r12, r0, #12
    ldmia r12, {r2, r4, r6, lr}      @ multipliers, shifts, output, stride
    ldr   r3, [r2], #4
    ldrsb r7, [r4], #1
    ldr   r5, [r0, #44]
    stmia r12!, {r2, r4}
    mvn   r2, r7                     @ the shift to the right, less one
    rsb   r4, r7, #0
    cmp   r2, #21
    bhi   .Lmls_unusual
    lsl   r5, r5, r2                 @ (2 offset + 1) 2^(shift - 1): half, and the offset
    mls_finish r8
    mls_finish r9
    mls_finish r10
    mls_finish r11
  .Lmls_store:
    strb  r8, [r6], #1
    str   r6, [r12]
    add   r6, r6, lr
    strb  r9, [r6, #-1]
    add   r6, r6, lr
    strb  r10, [r6, #-1]
    add   r6, r6, lr
    strb  r11, [r6, #-1]
    ldr   r2, [r0, #28]
    subs  r2, #1
    str   r2, [r0, #28]
    bne   .Lmls_channel
    pop   {r4-r11, pc}
  .Lmls_unusual:
    push  {r0, r1, r6, r12, lr}
    asr   r5, r5, #1
    mov   r4, r3
    mls_finish_any r8
    mls_finish_any r9
    mls_finish_any r10
    mls_finish_any r11
    pop   {r0, r1, r6, r12, lr}
    b     .Lmls_store
    @ The weights are all zero: the multiplier holds the result.
  .Lmls_constant:
    add   r12, r0, #12
    ldmia r12, {r2, r4, r6, lr}
    ldr   r8, [r2], #4
    add   r4, r4, #1
    stmia r12!, {r2, r4}
    ldr   r2, [r0, #8]
    add   r2, r2, #4
    str   r2, [r0, #8]
    ldr   r2, [r0, #48]
    add   r1, r1, r2
    mov   r9, r8
    mov   r10, r8
    mov   r11, r8
    b     .Lmls_store
  .size mls_conv_block_arm_dsp, . - mls_conv_block_arm_dsp
  .text
)");
extern "C" void mls_conv_block_arm_dsp(ConvBlock* block);
extern "C" int32_t mls_requantize_any(int32_t sum, int32_t multiplier, int32_t shift, int32_t offset) {
  return ClampToInt8(WrappingAdd(MultiplyByQuantizedMultiplier(sum, multiplier, shift), offset));
}

// Outputs were clamped to int8; this narrows the range for the activations that need it.
void ClampOutput(const Requantization& r, int8_t* output, uint32_t count) {
  if (r.min == -128 && r.max == 127) return;
  for (uint32_t i = 0; i < count; ++i) output[i] = ClampToInt8(output[i], r.min, r.max);
}

Status RunConv2DArmDsp(const void* params) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  const uint32_t depth = uint32_t{p.kernel_height} * p.kernel_width * p.input_channels;
  auto* const values = static_cast<uint32_t*>(p.scratch);
  auto* const patch = reinterpret_cast<int8_t*>(values + PaddedDepth(depth) * kPixels / 2);
  const int channels = p.output_channels;
  const int total = p.output_height * p.output_width;
  int8_t* output = p.output;
  int y = 0, x = 0;
  for (int pixel = 0; pixel < total; pixel += kPixels) {
    const int count = std::min(kPixels, total - pixel);
    for (int i = 0; i < count; ++i) {
      ExpandPatch(p, y, x, patch, values + i);
      if (++x == p.output_width) {
        x = 0;
        ++y;
      }
    }
    ConvBlock block = {values,
                       p.weights,
                       p.bias,
                       p.requantization.multipliers,
                       p.requantization.shifts,
                       output,
                       channels,
                       channels,
                       depth / 16,
                       depth % 16 / 4,
                       depth % 4,
                       2 * p.requantization.offset + 1,
                       depth};
    if (count == kPixels) {
      mls_conv_block_arm_dsp(&block);
    } else {  // What the missing pixels give is dropped.
      block.output = patch;
      mls_conv_block_arm_dsp(&block);
      std::memcpy(output, patch, static_cast<size_t>(count * channels));
    }
    output += kPixels * channels;
  }
  ClampOutput(p.requantization, p.output, static_cast<uint32_t>(total * channels));
  return Status::kOk;
}

Status PlanConv2DArmDsp(PlanContext& context) {
  ConvPlan plan;
  if (!ReadConv2D(context, plan)) return context.status();
  const ConvParams& p = plan.params;
  if (p.group_channels != p.input_channels || p.batches != 1 || !plan.tensors.has_bias) {
    return CommitConv(context, plan, {.kernel = RunConv2D});
  }
  return CommitConv(context, plan,
                    {.kernel = RunConv2DArmDsp,
                     .pixels_at_once = kPixels,
                     .scratch_bytes = ConvScratchBytes(p),
                     .otherwise = RunConv2D,
                     .fits = HasSmallAccumulators,
                     .fold_constant_channels = true});
}

// --- DEPTHWISE_CONV_2D: four channels at once -----------------------------------------------------------------------
// For each group of four channels the scratch holds: per tap, the weights of channels 0 and 2, then 1 and 3, as 16-bit
// pairs; then what the four channels need to become int8.

struct ChannelGroup {
  Channel channels[4];
};

constexpr uint32_t GroupBytes(uint32_t taps) { return taps * 8 + sizeof(ChannelGroup); }

// One pixel. `columns` is the number of columns of the kernel that lie inside, if known when compiling, else 0.
template <int kColumns>
inline int8_t* DepthwisePixel(const ConvParams& p, const int8_t* window, const uint32_t* weights, int rows, int columns,
                              int8_t* output) {
  const int channels = p.output_channels;
  const int row_bytes = p.input_width * channels;
  const int weight_row = 2 * p.kernel_width;
  const uint32_t group_words = GroupBytes(uint32_t{p.kernel_height} * p.kernel_width) / 4;
  const uint32_t taps_words = group_words - sizeof(ChannelGroup) / 4;
  const uint32_t offsets = Twice(p.input_offset);
  const int32_t* bias = p.bias;
  const uint32_t* group = static_cast<const uint32_t*>(p.scratch) + taps_words;
  for (int c = 0; c < channels; c += 4, bias += 4, window += 4, weights += group_words, group += group_words) {
    int32_t s0 = bias[0], s1 = bias[1], s2 = bias[2], s3 = bias[3];
    const auto tap = [&](const int8_t* in, const uint32_t* w) {
      const uint32_t bytes = Load32(in);
      const auto even = static_cast<int32_t>(Even(offsets, bytes)), odd = static_cast<int32_t>(Odd(offsets, bytes));
      const auto w_even = static_cast<int32_t>(w[0]), w_odd = static_cast<int32_t>(w[1]);
      s0 = __smlabb(even, w_even, s0);
      s1 = __smlabb(odd, w_odd, s1);
      s2 = __smlatt(even, w_even, s2);
      s3 = __smlatt(odd, w_odd, s3);
    };
    const int8_t* in = window;
    const uint32_t* w = weights;
    for (int y = rows; y > 0; --y, in += row_bytes, w += weight_row) {
      if constexpr (kColumns > 0) {
        tap(in, w);
        if constexpr (kColumns > 1) tap(in + channels, w + 2);
        if constexpr (kColumns > 2) tap(in + 2 * channels, w + 4);
      } else {
        const int8_t* at = in;
        const uint32_t* w_at = w;
        for (int x = columns; x > 0; --x, at += channels, w_at += 2) tap(at, w_at);
      }
    }
    const auto* g = reinterpret_cast<const ChannelGroup*>(group);
    output[0] = Finish(s0, g->channels[0]);
    output[1] = Finish(s1, g->channels[1]);
    output[2] = Finish(s2, g->channels[2]);
    output[3] = Finish(s3, g->channels[3]);
    output += 4;
  }
  return output;
}

Status RunDepthwiseConv2DArmDsp(const void* params) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  const int channels = p.output_channels;
  const int taps = p.kernel_height * p.kernel_width;
  auto* const weights = static_cast<uint32_t*>(p.scratch);
  uint32_t* to = weights;
  for (int c = 0; c < channels; c += 4) {
    for (int tap = 0; tap < taps; ++tap, to += 2) {
      const uint32_t bytes = Load32(p.weights + tap * channels + c);
      to[0] = Even(0, bytes);
      to[1] = Odd(0, bytes);
    }
    auto* group = new (to) ChannelGroup;
    for (int i = 0; i < 4; ++i) group->channels[i] = ChannelAt(p.requantization, static_cast<uint32_t>(c + i));
    to += sizeof(ChannelGroup) / 4;
  }
  const int row_bytes = p.input_width * channels;
  int8_t* output = p.output;
  for (int y = 0; y < p.output_height; ++y) {
    const int top = y * p.stride_height - p.pad_top;
    const Taps rows = TapsInside(top, p.kernel_height, 1, p.input_height);
    for (int x = 0; x < p.output_width; ++x) {
      const int left = x * p.stride_width - p.pad_left;
      const Taps columns = TapsInside(left, p.kernel_width, 1, p.input_width);
      const int8_t* window = p.input + (top + rows.first) * row_bytes + (left + columns.first) * channels;
      const uint32_t* w = weights + 2 * (rows.first * p.kernel_width + columns.first);
      const int row_count = rows.last - rows.first, column_count = columns.last - columns.first;
      const auto run = column_count == 3   ? DepthwisePixel<3>
                       : column_count == 2 ? DepthwisePixel<2>
                                           : DepthwisePixel<0>;
      output = run(p, window, w, row_count, column_count, output);
    }
  }
  ClampOutput(p.requantization, p.output, static_cast<uint32_t>(p.output_height * p.output_width * channels));
  return Status::kOk;
}

Status RunOneChannelDepthwiseArmDsp(const void* params) {
  const ConvParams p = TurnWeights(*static_cast<const ConvParams*>(params));
  return RunConv2DArmDsp(&p);
}

Status PlanDepthwiseConv2DArmDsp(PlanContext& context) {
  ConvPlan plan;
  if (!ReadDepthwiseConv2D(context, plan)) return context.status();
  const ConvParams& p = plan.params;
  if (p.input_channels == 1 && p.output_channels > 1 && p.batches == 1 && plan.tensors.has_bias) {
    return CommitConv(context, plan, {.kernel = RunOneChannelDepthwiseArmDsp, .pixels_at_once = kPixels,
                                      .scratch_bytes = TurnedWeightsBytes(p) + ConvScratchBytes(p),
                                      .otherwise = RunDepthwiseConv2D, .fits = HasSmallAccumulators});
  }
  if (p.input_channels != p.output_channels || p.output_channels % 4 != 0 || p.batches != 1 || p.dilation_height != 1 ||
      p.dilation_width != 1 || !plan.tensors.has_bias) {
    return CommitConv(context, plan, {.kernel = RunDepthwiseConv2D});
  }
  return CommitConv(context, plan, {.kernel = RunDepthwiseConv2DArmDsp,
                                    .scratch_bytes = GroupBytes(uint32_t{p.kernel_height} * p.kernel_width) *
                                                     p.output_channels / 4,
                                    .otherwise = RunDepthwiseConv2D, .fits = HasOnlySmallAccumulators});
}

// --- FULLY_CONNECTED: two outputs at once ---------------------------------------------------------------------------
// Short inputs are expanded to 16 bits once, in scratch; long ones each time anew, since that would take too much
// memory.

constexpr uint32_t kMostExpanded = 128;

// The assembler below counts on this layout.
struct TwoRows {
  const void* input;  // Expanded values, or bytes.
  const int8_t* a;
  const int8_t* b;
  uint32_t eights;
  int32_t sum_a, sum_b;
  uint32_t offsets;
};
static_assert(offsetof(TwoRows, sum_a) == 16 && sizeof(TwoRows) == 28);

// r0 input, r1 and r2 rows, r3-r6 values (0 and 2; 1 and 3; 4 and 6; 5 and 7), r7 count, r8 and r9 sums, r10 offsets,
// r11 and r12 weights, lr a pair of them.
asm(R"(
  .macro mls_dot_eight row, sum
    ldrd  r11, r12, [\row], #8
    sxtb16 lr, r11
    smlad \sum, lr, r3, \sum
    sxtb16 lr, r11, ror #8
    smlad \sum, lr, r4, \sum
    sxtb16 lr, r12
    smlad \sum, lr, r5, \sum
    sxtb16 lr, r12, ror #8
    smlad \sum, lr, r6, \sum
  .endm
  .macro mls_eight expanded
  .if \expanded
    ldmia r0!, {r3, r4, r5, r6}
  .else
    ldrd  r4, r6, [r0], #8
    sxtab16 r3, r10, r4
    sxtab16 r5, r10, r6
    sxtab16 r4, r10, r4, ror #8
    sxtab16 r6, r10, r6, ror #8
  .endif
    mls_dot_eight r1, r8
    mls_dot_eight r2, r9
  .endm
  .macro mls_two_rows name, expanded
  .section .text.\name, "ax", %progbits
  .balign 4
  .thumb_func
  .type \name, %function
\name:
    push  {r0, r4-r11, lr}
    ldmia r0, {r0, r1, r2, r7, r8, r9, r10}
    lsrs  r7, #1
    bcc   1f
    mls_eight \expanded
    cmp   r7, #0
    beq   2f
  1:
    mls_eight \expanded
    mls_eight \expanded
    subs  r7, #1
    bne   1b
  2:
    pop   {r0, r4}
    strd  r8, r9, [r0, #16]
    pop   {r5-r11, pc}
  .size \name, . - \name
  .endm
  mls_two_rows mls_two_rows_expanded_arm_dsp, 1
  mls_two_rows mls_two_rows_arm_dsp, 0
  .text
)");
extern "C" void mls_two_rows_expanded_arm_dsp(TwoRows* rows);
extern "C" void mls_two_rows_arm_dsp(TwoRows* rows);

Status RunFullyConnectedArmDsp(const void* params) {
  const FullyConnectedParams& p = *static_cast<const FullyConnectedParams*>(params);
  const uint32_t offsets = Twice(p.input_offset);
  auto* const values = static_cast<uint32_t*>(p.scratch);
  int8_t* output = p.output;
  for (uint32_t batch = 0; batch < p.batches; ++batch) {
    const int8_t* input = p.input + size_t{batch} * p.depth;
    if (values != nullptr) {
      for (uint32_t i = 0; i < p.depth; i += 4) {
        const uint32_t bytes = Load32(input + i);
        values[i / 2] = Even(offsets, bytes);
        values[i / 2 + 1] = Odd(offsets, bytes);
      }
    }
    TwoRows rows = {input, p.weights, p.weights + p.depth, p.depth / 8, 0, 0, offsets};
    auto* const sum_rows = values != nullptr ? mls_two_rows_expanded_arm_dsp : mls_two_rows_arm_dsp;
    if (values != nullptr) rows.input = values;
    const int32_t* bias = p.bias;
    Channel channel = ChannelAt(p.requantization, 0);
    const int8_t* const end = output + p.outputs;
    for (uint32_t c = 0; output != end; c += 2) {
      const bool two = end - output > 1;
      if (!two) rows.b = rows.a;  // The last output of an odd number is computed twice.
      rows.sum_a = rows.sum_b = 0;
      if (bias != nullptr) {
        rows.sum_a = bias[0];
        if (two) rows.sum_b = bias[1];
        bias += 2;
      }
      sum_rows(&rows);
      if (p.per_channel) channel = ChannelAt(p.requantization, c);
      *output++ = Finish(rows.sum_a, channel);
      if (!two) break;
      if (p.per_channel) channel = ChannelAt(p.requantization, c + 1);
      *output++ = Finish(rows.sum_b, channel);
      rows.a += 2 * p.depth;
      rows.b += 2 * p.depth;
    }
  }
  ClampOutput(p.requantization, p.output, p.batches * p.outputs);
  return Status::kOk;
}

Status PlanFullyConnectedArmDsp(PlanContext& context) {
  ConvTensors t;
  if (!ReadConvTensors(context, t, 2, 0)) return context.status();
  const uint32_t depth = static_cast<uint32_t>(t.weights.dims[1]);
  const bool words = reinterpret_cast<uintptr_t>(t.weights.constant) % 4 == 0;
  if (depth % 8 != 0 || !words) return CommitFullyConnected(context, t, {.kernel = RunFullyConnected});
  return CommitFullyConnected(context, t, {.kernel = RunFullyConnectedArmDsp,
                                        .scratch_bytes = depth <= kMostExpanded ? 2 * depth : 0,
                                        .otherwise = RunFullyConnected, .fits = HasOnlySmallAccumulators});
}

}  // namespace

constinit const OperatorRegistration kConv2D = {3, "CONV_2D", PlanConv2DArmDsp};
constinit const OperatorRegistration kDepthwiseConv2D = {4, "DEPTHWISE_CONV_2D", PlanDepthwiseConv2DArmDsp};
constinit const OperatorRegistration kFullyConnected = {9, "FULLY_CONNECTED", PlanFullyConnectedArmDsp};

}  // namespace mls::engine
#endif
