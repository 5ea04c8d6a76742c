// Convolutions for Arm processors with the DSP extension (Cortex-M4, M7, M33, M55): two 16-bit products per instruction.
#include "../convolution.h"
#include "mls/core/engine/operators.h"

#ifdef MLS_ENGINE_ARM_DSP
#include <arm_acle.h>

#include <bit>
#include <cstring>

namespace mls::engine {
namespace {

uint32_t Load32(const void* from) {
  uint32_t word;
  std::memcpy(&word, from, 4);
  return word;
}

// Bytes 0 and 2, or 1 and 3, of a word as two 16-bit numbers, each with half of `offsets` added.
uint32_t Even(uint32_t offsets, uint32_t bytes) { return static_cast<uint32_t>(__sxtab16(static_cast<int32_t>(offsets), static_cast<int32_t>(bytes))); }
uint32_t Odd(uint32_t offsets, uint32_t bytes) {
  uint32_t result;
  asm("sxtab16 %0, %1, %2, ror #8" : "=r"(result) : "r"(offsets), "r"(bytes));
  return result;
}

constexpr uint32_t Twice(int16_t x) { return static_cast<uint16_t>(x) * 0x10001u; }

// acc * multiplier / 2^31 / 2^right, rounded as RoundingDoublingHighMul and RoundingDivideByPowerOfTwo do it, for
// |acc| < 2^30; `half` is 2^(right - 1), or 0.
inline int32_t ScaleSmall(int32_t acc, int32_t multiplier, int32_t half, int32_t right) {
  int32_t high;
  asm("smmulr %0, %1, %2" : "=r"(high) : "r"(acc + acc), "r"(multiplier));
  // Half away from zero: negative numbers need one less to round up. Without a shift nothing is rounded.
  if (right != 0) high += high >> 31;
  return (high + half) >> right;
}

struct Channel {
  int32_t multiplier, right, half, offset;
};
inline Channel ChannelAt(const Requantization& r, int c) {
  const int32_t right = -r.shifts[c];
  return {r.multipliers[c], right, right == 0 ? 0 : 1 << (right - 1), r.offset};
}

inline int8_t Finish(int32_t acc, const Channel& channel, const Requantization& r) {
  const int32_t value = ScaleSmall(acc, channel.multiplier, channel.half, channel.right) + channel.offset;
  const int32_t low = r.min, high = r.max;
  return static_cast<int8_t>(value < low ? low : value > high ? high : value);
}

// --- CONV_2D: four pixels at once ---------------------------------------------------------------------------------------
// The four patches are kept as 16-bit numbers with the offset added, interleaved for the inner loop. For every four values
// of depth: values 0 and 2 of pixels 0 to 3, then values 1 and 3 of pixels 0 to 3; a word each.

constexpr int kPixels = 4;
constexpr uint32_t PaddedDepth(uint32_t depth) { return (depth + 3) / 4 * 4; }
constexpr uint32_t ConvScratchBytes(uint32_t depth) { return PaddedDepth(depth) * (kPixels * 2 + 1); }

// Writes `count` values (a multiple of 4) of one pixel; returns where the next ones go.
inline uint32_t* Expand(const int8_t* from, int count, uint32_t offsets, uint32_t* to) {
  for (const int8_t* end = from + count; from != end; from += 4, to += 2 * kPixels) {
    const uint32_t bytes = Load32(from);
    to[0] = Even(offsets, bytes);
    to[kPixels] = Odd(offsets, bytes);
  }
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

#define MLS_DOT_STEP                       \
  "ldr %[w], [%[weights]], #4\n"           \
  "ldmia %[values]!, {r3, r4, r5, r6}\n"   \
  "sxtb16 %[pair], %[w]\n"                 \
  "smlad %[a0], %[pair], r3, %[a0]\n"      \
  "smlad %[a1], %[pair], r4, %[a1]\n"      \
  "smlad %[a2], %[pair], r5, %[a2]\n"      \
  "smlad %[a3], %[pair], r6, %[a3]\n"      \
  "ldmia %[values]!, {r3, r4, r5, r6}\n"   \
  "sxtb16 %[pair], %[w], ror #8\n"         \
  "smlad %[a0], %[pair], r3, %[a0]\n"      \
  "smlad %[a1], %[pair], r4, %[a1]\n"      \
  "smlad %[a2], %[pair], r5, %[a2]\n"      \
  "smlad %[a3], %[pair], r6, %[a3]\n"

struct Sums {
  int32_t a0, a1, a2, a3;
};

// Adds the products of four pixels with one channel's weights; `depth` is a multiple of 4.
inline void Dot(const int8_t*& weights, const uint32_t*& values, int depth, Sums& s) {
  const uint32_t* end = values + depth / 16 * (16 / 4 * 2 * kPixels);
  uint32_t w, pair;
  if (values != end) {
    asm volatile("1:\n" MLS_DOT_STEP MLS_DOT_STEP MLS_DOT_STEP MLS_DOT_STEP
                 "cmp %[values], %[end]\n"
                 "bne 1b\n"
                 : [a0] "+r"(s.a0), [a1] "+r"(s.a1), [a2] "+r"(s.a2), [a3] "+r"(s.a3), [weights] "+r"(weights),
                   [values] "+r"(values), [w] "=&r"(w), [pair] "=&r"(pair)
                 : [end] "r"(end)
                 : "r3", "r4", "r5", "r6", "cc", "memory");
  }
  end = values + depth % 16 / 4 * 2 * kPixels;
  if (values != end) {
    asm volatile("1:\n" MLS_DOT_STEP
                 "cmp %[values], %[end]\n"
                 "bne 1b\n"
                 : [a0] "+r"(s.a0), [a1] "+r"(s.a1), [a2] "+r"(s.a2), [a3] "+r"(s.a3), [weights] "+r"(weights),
                   [values] "+r"(values), [w] "=&r"(w), [pair] "=&r"(pair)
                 : [end] "r"(end)
                 : "r3", "r4", "r5", "r6", "cc", "memory");
  }
}

Status RunConv2DArmDsp(const void* params) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  const int depth = p.kernel_height * p.kernel_width * p.input_channels;
  const int whole = depth / 4 * 4;
  auto* const values = static_cast<uint32_t*>(p.scratch);
  auto* const patch = reinterpret_cast<int8_t*>(values + PaddedDepth(static_cast<uint32_t>(depth)) * kPixels / 2);
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
    const int8_t* weights = p.weights;
    for (int c = 0; c < channels; ++c) {
      const int32_t bias = p.bias == nullptr ? 0 : p.bias[c];
      Sums s = {bias, bias, bias, bias};
      const uint32_t* v = values;
      Dot(weights, v, whole, s);
      if (whole != depth) {
        // The last few weights, without reading past them; the values are padded with zeros.
        uint32_t last = 0;
        std::memcpy(&last, weights, static_cast<size_t>(depth - whole));
        weights += depth - whole;
        const uint32_t even = Even(0, last), odd = Odd(0, last);
        const auto add = [even, odd, v](int32_t sum, int i) {
          return __smlad(static_cast<int16x2_t>(odd), static_cast<int16x2_t>(v[i + kPixels]),
                         __smlad(static_cast<int16x2_t>(even), static_cast<int16x2_t>(v[i]), sum));
        };
        s = {add(s.a0, 0), add(s.a1, 1), add(s.a2, 2), add(s.a3, 3)};
      }
      const Channel channel = ChannelAt(p.requantization, c);
      int8_t* out = output + c;
      *out = Finish(s.a0, channel, p.requantization);
      if (count == kPixels) {
        out[channels] = Finish(s.a1, channel, p.requantization);
        out[2 * channels] = Finish(s.a2, channel, p.requantization);
        out[3 * channels] = Finish(s.a3, channel, p.requantization);
      } else {
        if (count > 1) out[channels] = Finish(s.a1, channel, p.requantization);
        if (count > 2) out[2 * channels] = Finish(s.a2, channel, p.requantization);
      }
    }
    output += kPixels * channels;
  }
  return Status::kOk;
}

Status PlanConv2DArmDsp(PlanContext& context) {
  ConvPlan plan;
  if (!ReadConv2D(context, plan)) return context.status();
  const ConvParams& p = plan.params;
  const uint32_t depth = uint32_t{p.kernel_height} * p.kernel_width * p.input_channels;
  if (p.group_channels != p.input_channels || p.batches != 1) return CommitConv(context, plan, {.kernel = RunConv2D});
  return CommitConv(context, plan, {.kernel = RunConv2DArmDsp, .pixels_at_once = kPixels,
                                    .scratch_bytes = ConvScratchBytes(depth), .otherwise = RunConv2D});
}

// --- DEPTHWISE_CONV_2D: four channels at once ----------------------------------------------------------------------------
// Weights are expanded once: for each group of four channels and each tap, channels 0 and 2, then 1 and 3.

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
  }
  const uint32_t offsets = Twice(p.input_offset);
  const int row_bytes = p.input_width * channels;
  int8_t* output = p.output;
  for (int y = 0; y < p.output_height; ++y) {
    const int top = y * p.stride_height - p.pad_top;
    const Taps rows = TapsInside(top, p.kernel_height, 1, p.input_height);
    for (int x = 0; x < p.output_width; ++x) {
      const int left = x * p.stride_width - p.pad_left;
      const Taps columns = TapsInside(left, p.kernel_width, 1, p.input_width);
      const int8_t* window = p.input + (top + rows.first) * row_bytes + (left + columns.first) * channels;
      const uint32_t* first_weight = weights + 2 * (rows.first * p.kernel_width + columns.first);
      for (int c = 0; c < channels; c += 4) {
        int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
        if (p.bias != nullptr) {
          s0 = p.bias[c];
          s1 = p.bias[c + 1];
          s2 = p.bias[c + 2];
          s3 = p.bias[c + 3];
        }
        const int8_t* line = window + c;
        const uint32_t* w_line = first_weight;
        for (int ky = rows.first; ky < rows.last; ++ky, line += row_bytes, w_line += 2 * p.kernel_width) {
          const int8_t* in = line;
          const uint32_t* w = w_line;
          for (int kx = columns.first; kx < columns.last; ++kx, in += channels, w += 2) {
            const uint32_t bytes = Load32(in);
            const auto even = static_cast<int32_t>(Even(offsets, bytes)), odd = static_cast<int32_t>(Odd(offsets, bytes));
            const auto w_even = static_cast<int32_t>(w[0]), w_odd = static_cast<int32_t>(w[1]);
            s0 = __smlabb(even, w_even, s0);
            s1 = __smlabb(odd, w_odd, s1);
            s2 = __smlatt(even, w_even, s2);
            s3 = __smlatt(odd, w_odd, s3);
          }
        }
        output[0] = Finish(s0, ChannelAt(p.requantization, c), p.requantization);
        output[1] = Finish(s1, ChannelAt(p.requantization, c + 1), p.requantization);
        output[2] = Finish(s2, ChannelAt(p.requantization, c + 2), p.requantization);
        output[3] = Finish(s3, ChannelAt(p.requantization, c + 3), p.requantization);
        output += 4;
        first_weight += 2 * taps;
      }
    }
  }
  return Status::kOk;
}

Status PlanDepthwiseConv2DArmDsp(PlanContext& context) {
  ConvPlan plan;
  if (!ReadDepthwiseConv2D(context, plan)) return context.status();
  const ConvParams& p = plan.params;
  if (p.input_channels != p.output_channels || p.output_channels % 4 != 0 || p.batches != 1 || p.dilation_height != 1 ||
      p.dilation_width != 1) {
    return CommitConv(context, plan, {.kernel = RunDepthwiseConv2D});
  }
  return CommitConv(context, plan, {.kernel = RunDepthwiseConv2DArmDsp,
                                    .scratch_bytes = uint32_t{p.kernel_height} * p.kernel_width * p.output_channels * 2,
                                    .otherwise = RunDepthwiseConv2D});
}

// --- FULLY_CONNECTED: the input is expanded once -------------------------------------------------------------------------

Status RunFullyConnectedArmDsp(const void* params) {
  const FullyConnectedParams& p = *static_cast<const FullyConnectedParams*>(params);
  const uint32_t offsets = Twice(p.input_offset);
  const uint32_t whole = p.depth / 4 * 4;
  auto* const values = static_cast<uint32_t*>(p.scratch);
  int8_t* output = p.output;
  for (uint32_t batch = 0; batch < p.batches; ++batch) {
    const int8_t* input = p.input + size_t{batch} * p.depth;
    for (uint32_t i = 0; i < whole; i += 4) {
      const uint32_t bytes = Load32(input + i);
      values[i / 2] = Even(offsets, bytes);
      values[i / 2 + 1] = Odd(offsets, bytes);
    }
    const int8_t* weights = p.weights;
    for (uint32_t c = 0; c < p.outputs; ++c) {
      int32_t sum = p.bias == nullptr ? 0 : p.bias[c];
      const uint32_t* v = values;
      for (const int8_t* end = weights + whole; weights != end; weights += 4, v += 2) {
        const uint32_t bytes = Load32(weights);
        sum = __smlad(static_cast<int16x2_t>(Even(0, bytes)), static_cast<int16x2_t>(v[0]), sum);
        sum = __smlad(static_cast<int16x2_t>(Odd(0, bytes)), static_cast<int16x2_t>(v[1]), sum);
      }
      for (uint32_t i = whole; i < p.depth; ++i) sum += (input[i] + p.input_offset) * *weights++;
      const Channel channel = ChannelAt(p.requantization, p.per_channel ? static_cast<int>(c) : 0);
      *output++ = Finish(sum, channel, p.requantization);
    }
  }
  return Status::kOk;
}

}  // namespace

constinit const OperatorRegistration kConv2D = {3, "CONV_2D", PlanConv2DArmDsp};
constinit const OperatorRegistration kDepthwiseConv2D = {4, "DEPTHWISE_CONV_2D", PlanDepthwiseConv2DArmDsp};
constinit const OperatorRegistration kFullyConnected = {9, "FULLY_CONNECTED", [](PlanContext& context) {
  return CommitFullyConnected(context, {.kernel = RunFullyConnectedArmDsp, .scratch_bytes = 8, .otherwise = RunFullyConnected});
}};

}  // namespace mls::engine
#endif
