// Kernels for 64-bit Arm processors with the dot product (Armv8.2 and later).
#include "../convolution.h"
#include "mls/core/engine/operators.h"

#ifdef MLS_ENGINE_ARM_NEON
#include <arm_neon.h>

#include <algorithm>
#include <cstring>

namespace mls::engine {
namespace {

constexpr uint32_t kLanes = 16;
constexpr uint32_t RoundUp(uint32_t x, uint32_t step) { return (x + step - 1) / step * step; }
inline uint32_t ConvDepth(const ConvParams& p) { return uint32_t{p.kernel_height} * p.kernel_width * p.input_channels; }

// MultiplyByQuantizedMultiplier for four numbers, exact for all of them: SQRDMULH is RoundingDoublingHighMul. SRSHL
// rounds halves up: negative numbers that are shifted lose one first, so that halves go away from zero.
struct Scaler {
  int32x4_t multiplier, left, right;
};
inline Scaler MakeScaler(int32x4_t multiplier, int32x4_t shift) {
  const int32x4_t zero = vdupq_n_s32(0);
  return {multiplier, vmaxq_s32(shift, zero), vminq_s32(shift, zero)};
}
inline int32x4_t Scale(int32x4_t x, const Scaler& s) {
  const int32x4_t high = vqrdmulhq_s32(vshlq_s32(x, s.left), s.multiplier);
  return vrshlq_s32(vqaddq_s32(high, vshrq_n_s32(vandq_s32(high, s.right), 31)), s.right);
}

struct Range {
  int32x4_t offset;
  int8x16_t low, high;
};
inline Range RangeOf(const Requantization& r) { return {vdupq_n_s32(r.offset), vdupq_n_s8(r.min), vdupq_n_s8(r.max)}; }

// Sixteen numbers, already scaled, as bytes.
inline int8x16_t Finish(int32x4_t a, int32x4_t b, int32x4_t c, int32x4_t d, const Range& range) {
  const int16x8_t ab = vqmovn_high_s32(vqmovn_s32(vaddq_s32(a, range.offset)), vaddq_s32(b, range.offset));
  const int16x8_t cd = vqmovn_high_s32(vqmovn_s32(vaddq_s32(c, range.offset)), vaddq_s32(d, range.offset));
  return vmaxq_s8(vminq_s8(vqmovn_high_s16(vqmovn_s16(ab), cd), range.high), range.low);
}

inline int32x4_t AddAcross(int32x4_t a, int32x4_t b, int32x4_t c, int32x4_t d) {
  return vpaddq_s32(vpaddq_s32(a, b), vpaddq_s32(c, d));
}

inline int32_t SumBytes(const int8_t* from, uint32_t count) {
  int32x4_t sums = vdupq_n_s32(0);
  uint32_t i = 0;
  for (; i + kLanes <= count; i += kLanes) sums = vdotq_s32(sums, vld1q_s8(from + i), vdupq_n_s8(1));
  int32_t sum = vaddvq_s32(sums);
  for (; i < count; ++i) sum += from[i];
  return sum;
}

// What each channel needs, as 32-bit numbers, in scratch; channels are rounded up to four. The zero point is taken out
// of the inner loop: sum((x + offset) * w) = sum(x * w) + offset * sum(w).
struct Channels {
  int32_t* bias;
  int32_t* multipliers;
  int32_t* shifts;

  static uint32_t Count(uint32_t channels) { return RoundUp(channels, 4); }
  static uint32_t Bytes(uint32_t channels) { return 12 * Count(channels); }
  Channels(void* memory, uint32_t channels)
      : bias(static_cast<int32_t*>(memory)),
        multipliers(bias + Count(channels)),
        shifts(multipliers + Count(channels)) {}

  void SetScales(const Requantization& r, uint32_t channels) const {
    for (uint32_t c = 0; c < Count(channels); ++c) {
      multipliers[c] = c < channels ? r.multipliers[c] : 0;
      shifts[c] = c < channels ? r.shifts[c] : 0;
    }
  }
  Scaler ScalerAt(uint32_t c) const { return MakeScaler(vld1q_s32(multipliers + c), vld1q_s32(shifts + c)); }
};

// --- CONV_2D: four channels of four pixels at once ------------------------------------------------------------------
// Scratch: the channels; four patches; if rows cannot be read past the end, the weights with room behind them.

constexpr uint32_t kPixels = 4;
uint32_t CopyBytes(uint32_t weights, bool copy) { return copy ? weights + kLanes : 0; }

// The patch of one pixel. Padding is what becomes zero; behind the end are zeros.
void GatherPatch(const ConvParams& p, const int8_t* input, int y, int x, int8_t* to) {
  int8_t* const start = to;
  const int channels = p.input_channels;
  const int top = y * p.stride_height - p.pad_top;
  const int left = x * p.stride_width - p.pad_left;
  const Taps columns = TapsInside(left, p.kernel_width, p.dilation_width, p.input_width);
  const auto pad = [&to, &p](int count) {
    std::memset(to, -p.input_offset, static_cast<size_t>(count));
    to += count;
  };
  const int run = p.dilation_width == 1 ? columns.last - columns.first : 1;
  for (int ky = 0; ky < p.kernel_height; ++ky) {
    const int row = top + ky * p.dilation_height;
    if (row < 0 || row >= p.input_height) {
      pad(p.kernel_width * channels);
      continue;
    }
    const int8_t* line = input + (row * p.input_width + left) * channels;
    pad(columns.first * channels);
    for (int kx = columns.first; kx < columns.last; kx += run) {
      std::memcpy(to, line + kx * p.dilation_width * channels, static_cast<size_t>(run * channels));
      to += run * channels;
    }
    pad((p.kernel_width - columns.last) * channels);
  }
  const auto depth = static_cast<uint32_t>(to - start);
  std::memset(to, 0, RoundUp(depth, kLanes) - depth);
}

// All channels of four pixels, whose patches lie `stride` apart. Reads rows of weights in steps of 16, past their end.
void RunPixels(const int8_t* weights, uint32_t depth, const Channels& channels, uint32_t channel_count,
                       const Range& range, const int8_t* patches, uint32_t stride, uint32_t pixels, int8_t* output) {
  for (uint32_t c = 0; c < channel_count; c += 4) {
    const uint32_t valid = std::min(channel_count - c, 4u);
    const int8_t* const rows = weights + size_t{c} * depth;
    // Missing rows repeat the last one; their sums are dropped.
    const int8_t* const w[4] = {rows, rows + size_t{std::min(valid - 1, 1u)} * depth,
                                rows + size_t{std::min(valid - 1, 2u)} * depth, rows + size_t{valid - 1} * depth};
    int32x4_t sums[kPixels][4];
    for (auto& pixel : sums) pixel[0] = pixel[1] = pixel[2] = pixel[3] = vdupq_n_s32(0);
    for (uint32_t k = 0; k < depth; k += kLanes) {
      const int8x16_t x0 = vld1q_s8(patches + k), x1 = vld1q_s8(patches + stride + k);
      const int8x16_t x2 = vld1q_s8(patches + 2 * stride + k), x3 = vld1q_s8(patches + 3 * stride + k);
#pragma GCC unroll 4
      for (uint32_t i = 0; i < 4; ++i) {
        const int8x16_t row = vld1q_s8(w[i] + k);
        sums[0][i] = vdotq_s32(sums[0][i], row, x0);
        sums[1][i] = vdotq_s32(sums[1][i], row, x1);
        sums[2][i] = vdotq_s32(sums[2][i], row, x2);
        sums[3][i] = vdotq_s32(sums[3][i], row, x3);
      }
    }
    const int32x4_t bias = vld1q_s32(channels.bias + c);
    const Scaler scaler = channels.ScalerAt(c);
    int32x4_t scaled[kPixels];
#pragma GCC unroll 4
    for (uint32_t i = 0; i < kPixels; ++i) {
      scaled[i] = Scale(vaddq_s32(AddAcross(sums[i][0], sums[i][1], sums[i][2], sums[i][3]), bias), scaler);
    }
    const int8x16_t bytes = Finish(scaled[0], scaled[1], scaled[2], scaled[3], range);
    if (valid == 4 && pixels == kPixels) {
      const int32x4_t words = vreinterpretq_s32_s8(bytes);
      const int32_t four[] = {vgetq_lane_s32(words, 0), vgetq_lane_s32(words, 1), vgetq_lane_s32(words, 2),
                              vgetq_lane_s32(words, 3)};
      for (uint32_t i = 0; i < kPixels; ++i) std::memcpy(output + i * channel_count + c, &four[i], 4);
    } else {
      int8_t all[16];
      vst1q_s8(all, bytes);
      for (uint32_t i = 0; i < pixels; ++i) std::memcpy(output + i * channel_count + c, all + 4 * i, valid);
    }
  }
}

Status RunConv2DNeon(const void* params) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  const uint32_t depth = ConvDepth(p), channel_count = p.output_channels, stride = RoundUp(depth, kLanes);
  const Channels channels(p.scratch, channel_count);
  auto* const patches = static_cast<int8_t*>(p.scratch) + Channels::Bytes(channel_count);
  const int8_t* weights = p.weights;
  if (p.copy_weights) {
    auto* const copy = patches + kPixels * stride;
    std::memcpy(copy, weights, size_t{depth} * channel_count);
    weights = copy;
  }
  channels.SetScales(p.requantization, channel_count);
  for (uint32_t c = 0; c < Channels::Count(channel_count); ++c) {
    channels.bias[c] = 0;
    if (c < channel_count && p.packed_bias) {
      channels.bias[c] = p.bias[c];
    } else if (c < channel_count) {
      channels.bias[c] =
          WrappingAdd(p.bias == nullptr ? 0 : p.bias[c],
                      static_cast<int32_t>(static_cast<uint32_t>(SumBytes(weights + size_t{c} * depth, depth)) *
                                           static_cast<uint32_t>(p.input_offset)));
    }
  }
  const Range range = RangeOf(p.requantization);
  const uint32_t total = uint32_t{p.output_height} * p.output_width;
  int8_t* output = p.output;
  for (uint32_t batch = 0; batch < p.batches; ++batch) {
    const int8_t* input = p.input + size_t{batch} * p.input_height * p.input_width * p.input_channels;
    int y = 0, x = 0;
    for (uint32_t pixel = 0; pixel < total; pixel += kPixels) {
      const uint32_t count = std::min(kPixels, total - pixel);
      for (uint32_t i = 0; i < count; ++i) {
        GatherPatch(p, input, y, x, patches + i * stride);
        if (++x == p.output_width) {
          x = 0;
          ++y;
        }
      }
      if (count < kPixels) std::memset(patches + count * stride, 0, (kPixels - count) * stride);
      RunPixels(weights, depth, channels, channel_count, range, patches, stride, count, output);
      output += count * channel_count;
    }
  }
  return Status::kOk;
}

uint32_t ConvScratchBytes(const ConvParams& p, bool copy) {
  const uint32_t depth = ConvDepth(p);
  return Channels::Bytes(p.output_channels) + kPixels * RoundUp(depth, kLanes) +
         CopyBytes(depth * p.output_channels, copy);
}

Status PlanConv2DNeon(PlanContext& context) {
  ConvPlan plan;
  if (!ReadConv2D(context, plan)) return context.status();
  ConvParams& p = plan.params;
  p.copy_weights = ConvDepth(p) % kLanes != 0 && context.BytesBehind(plan.tensors.weights) < kLanes;
  const KernelChoice fast = {.kernel = RunConv2DNeon, .pixels_at_once = kPixels,
                             .scratch_bytes = ConvScratchBytes(p, p.copy_weights), .takes_packed_bias = true};
  const bool fits = p.group_channels == p.input_channels && HasRoom(context, fast);
  return CommitConv(context, plan, fits ? fast : KernelChoice{.kernel = RunConv2D});
}

// --- FULLY_CONNECTED: four rows at once -----------------------------------------------------------------------------
// Scratch: an input, with zeros behind it; then, if rows cannot be read past the end, the weights.

template <bool kPacked>
void RunDense(const FullyConnectedParams& p) {
  const Requantization& r = p.requantization;
  const uint32_t depth = p.depth, padded = RoundUp(depth, kLanes);
  auto* const x = static_cast<int8_t*>(p.scratch);
  const int8_t* weights = p.weights;
  if (p.copy_weights) {
    std::memcpy(x + padded, weights, size_t{depth} * p.outputs);
    weights = x + padded;
  }
  const Range range = RangeOf(r);
  const int8x16_t one = vdupq_n_s8(1);
  for (uint32_t batch = 0; batch < p.batches; ++batch) {
    std::memcpy(x, p.input + size_t{batch} * depth, depth);
    std::memset(x + depth, 0, padded - depth);
    int8_t* const output = p.output + size_t{batch} * p.outputs;
    for (uint32_t c = 0; c < p.outputs; c += 4) {
      const uint32_t valid = std::min(p.outputs - c, 4u);
      const int8_t* rows[4];
      int32_t bias[4] = {}, multipliers[4], shifts[4];
      for (uint32_t i = 0; i < 4; ++i) {  // Missing rows repeat the last one; their sums are dropped.
        const uint32_t row = c + std::min(i, valid - 1);
        rows[i] = weights + size_t{row} * depth;
        if (p.bias != nullptr) bias[i] = p.bias[row];
        multipliers[i] = r.multipliers[p.per_channel ? row : 0];
        shifts[i] = r.shifts[p.per_channel ? row : 0];
      }
      int32x4_t products[4], sums[4];
      for (uint32_t i = 0; i < 4; ++i) products[i] = sums[i] = vdupq_n_s32(0);
      uint32_t k = 0;
      for (; k + kLanes <= depth; k += kLanes) {
        const int8x16_t values = vld1q_s8(x + k);
#pragma GCC unroll 4
        for (uint32_t i = 0; i < 4; ++i) {
          const int8x16_t w = vld1q_s8(rows[i] + k);
          products[i] = vdotq_s32(products[i], w, values);
          if constexpr (!kPacked) sums[i] = vdotq_s32(sums[i], w, one);
        }
      }
      if (k < depth) {
        // What lies behind the rows counts neither in products, where the input is zero, nor in sums.
        const int8x16_t values = vld1q_s8(x + k);
        static constexpr int8_t kOnes[2 * kLanes] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
        const int8x16_t ones = vld1q_s8(kOnes + kLanes - (depth - k));
        for (uint32_t i = 0; i < 4; ++i) {
          const int8x16_t w = vld1q_s8(rows[i] + k);
          products[i] = vdotq_s32(products[i], w, values);
          sums[i] = vdotq_s32(sums[i], w, ones);
        }
      }
      int32x4_t total = vaddq_s32(vld1q_s32(bias), AddAcross(products[0], products[1], products[2], products[3]));
      if constexpr (!kPacked) total = vmlaq_n_s32(total, AddAcross(sums[0], sums[1], sums[2], sums[3]), p.input_offset);
      const int32x4_t scaled = Scale(total, MakeScaler(vld1q_s32(multipliers), vld1q_s32(shifts)));
      const int32_t four = vgetq_lane_s32(vreinterpretq_s32_s8(Finish(scaled, scaled, scaled, scaled, range)), 0);
      std::memcpy(output + c, &four, valid);
    }
  }
}

Status RunFullyConnectedNeon(const void* params) {
  const FullyConnectedParams& p = *static_cast<const FullyConnectedParams*>(params);
  p.packed_bias ? RunDense<true>(p) : RunDense<false>(p);
  return Status::kOk;
}

Status PlanFullyConnectedNeon(PlanContext& context) {
  ConvTensors t;
  if (!ReadConvTensors(context, t, 2, 0)) return context.status();
  const auto outputs = static_cast<uint32_t>(t.weights.dims[0]), depth = static_cast<uint32_t>(t.weights.dims[1]);
  const bool copy = depth % kLanes != 0 && context.BytesBehind(t.weights) < kLanes;
  const KernelChoice fast = {.kernel = RunFullyConnectedNeon,
                             .scratch_bytes = RoundUp(depth, kLanes) + CopyBytes(outputs * depth, copy),
                             .takes_packed_bias = true,
                             .copy_weights = copy};
  return CommitFullyConnected(context, t, HasRoom(context, fast) ? fast : KernelChoice{.kernel = RunFullyConnected});
}

// --- DEPTHWISE_CONV_2D: channels side by side, taps in pairs --------------------------------------------------------
// The products of two taps fit 16 bits where no weight is -128. Scratch: where each tap reads; the channels; a pixel of
// padding.

struct DepthwiseScratch {
  const int8_t** taps;
  Channels channels;
  int8_t* padding;

  static uint32_t Bytes(uint32_t taps, uint32_t channels) {
    return taps * static_cast<uint32_t>(sizeof(int8_t*)) + Channels::Bytes(channels) + channels;
  }
  DepthwiseScratch(void* memory, uint32_t tap_count, uint32_t channel_count)
      : taps(static_cast<const int8_t**>(memory)),
        channels(taps + tap_count, channel_count),
        padding(reinterpret_cast<int8_t*>(channels.shifts + channel_count)) {}
};

// Eight channels. (Channels come in eights: at the end of sixteens eight may be left.)
inline void DepthwiseEight(const DepthwiseScratch& s, const ConvParams& p, uint32_t taps, uint32_t c,
                           int32x4_t* scaled) {
  const uint32_t channels = p.output_channels;
  int32x4_t low = vld1q_s32(s.channels.bias + c), high = vld1q_s32(s.channels.bias + c + 4);
  const int8_t* weights = p.weights + c;
  uint32_t tap = 0;
  for (; tap + 2 <= taps; tap += 2, weights += 2 * channels) {
    const int16x8_t products = vmlal_s8(vmull_s8(vld1_s8(s.taps[tap] + c), vld1_s8(weights)),
                                        vld1_s8(s.taps[tap + 1] + c), vld1_s8(weights + channels));
    low = vaddw_s16(low, vget_low_s16(products));
    high = vaddw_high_s16(high, products);
  }
  if (tap < taps) {
    const int16x8_t products = vmull_s8(vld1_s8(s.taps[tap] + c), vld1_s8(weights));
    low = vaddw_s16(low, vget_low_s16(products));
    high = vaddw_high_s16(high, products);
  }
  scaled[0] = Scale(low, s.channels.ScalerAt(c));
  scaled[1] = Scale(high, s.channels.ScalerAt(c + 4));
}

inline void DepthwiseSixteen(const DepthwiseScratch& s, const ConvParams& p, uint32_t taps, uint32_t c,
                             int32x4_t* scaled) {
  const uint32_t channels = p.output_channels;
  int32x4_t sums[4];
  for (uint32_t i = 0; i < 4; ++i) sums[i] = vld1q_s32(s.channels.bias + c + 4 * i);
  const int8_t* weights = p.weights + c;
  const auto add = [&sums](int16x8_t first, int16x8_t second) {
    sums[0] = vaddw_s16(sums[0], vget_low_s16(first));
    sums[1] = vaddw_high_s16(sums[1], first);
    sums[2] = vaddw_s16(sums[2], vget_low_s16(second));
    sums[3] = vaddw_high_s16(sums[3], second);
  };
  uint32_t tap = 0;
  for (; tap + 2 <= taps; tap += 2, weights += 2 * channels) {
    const int8x16_t x = vld1q_s8(s.taps[tap] + c), w = vld1q_s8(weights);
    const int8x16_t y = vld1q_s8(s.taps[tap + 1] + c), v = vld1q_s8(weights + channels);
    add(vmlal_s8(vmull_s8(vget_low_s8(x), vget_low_s8(w)), vget_low_s8(y), vget_low_s8(v)),
        vmlal_high_s8(vmull_high_s8(x, w), y, v));
  }
  if (tap < taps) {
    const int8x16_t x = vld1q_s8(s.taps[tap] + c), w = vld1q_s8(weights);
    add(vmull_s8(vget_low_s8(x), vget_low_s8(w)), vmull_high_s8(x, w));
  }
#pragma GCC unroll 4
  for (uint32_t i = 0; i < 4; ++i) scaled[i] = Scale(sums[i], s.channels.ScalerAt(c + 4 * i));
}

// Where each tap of a window reads; those outside the picture read padding.
void SetTaps(const ConvParams& p, const DepthwiseScratch& s, const int8_t* input, int top, int left) {
  const int8_t** tap = s.taps;
  for (int ky = 0; ky < p.kernel_height; ++ky) {
    const int row = top + ky * p.dilation_height;
    for (int kx = 0; kx < p.kernel_width; ++kx) {
      const int column = left + kx * p.dilation_width;
      const bool inside = row >= 0 && row < p.input_height && column >= 0 && column < p.input_width;
      *tap++ = inside ? input + (row * p.input_width + column) * p.input_channels : s.padding;
    }
  }
}

Status RunDepthwiseConv2DNeon(const void* params) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  const uint32_t channels = p.output_channels, taps = uint32_t{p.kernel_height} * p.kernel_width;
  const DepthwiseScratch s(p.scratch, taps, channels);
  s.channels.SetScales(p.requantization, channels);
  for (uint32_t c = 0; c < channels; ++c) {
    int32_t sum = 0;
    for (uint32_t tap = 0; tap < taps; ++tap) sum += p.weights[size_t{tap} * channels + c];
    s.channels.bias[c] =
        WrappingAdd(p.bias == nullptr ? 0 : p.bias[c],
                    static_cast<int32_t>(static_cast<uint32_t>(sum) * static_cast<uint32_t>(p.input_offset)));
  }
  std::memset(s.padding, -p.input_offset, channels);
  const Range range = RangeOf(p.requantization);
  int8_t* output = p.output;
  for (uint32_t batch = 0; batch < p.batches; ++batch) {
    const int8_t* input = p.input + size_t{batch} * p.input_height * p.input_width * channels;
    for (int y = 0; y < p.output_height; ++y) {
      for (int x = 0; x < p.output_width; ++x, output += channels) {
        SetTaps(p, s, input, y * p.stride_height - p.pad_top, x * p.stride_width - p.pad_left);
        uint32_t c = 0;
        for (; c + 16 <= channels; c += 16) {
          int32x4_t scaled[4];
          DepthwiseSixteen(s, p, taps, c, scaled);
          vst1q_s8(output + c, Finish(scaled[0], scaled[1], scaled[2], scaled[3], range));
        }
        if (c < channels) {
          int32x4_t scaled[2];
          DepthwiseEight(s, p, taps, c, scaled);
          vst1_s8(output + c, vget_low_s8(Finish(scaled[0], scaled[1], scaled[0], scaled[1], range)));
        }
      }
    }
  }
  return Status::kOk;
}

Status RunOneChannelDepthwiseNeon(const void* params) {
  const ConvParams p = TurnWeights(*static_cast<const ConvParams*>(params), kLanes);
  return RunConv2DNeon(&p);
}

Status PlanDepthwiseConv2DNeon(PlanContext& context) {
  ConvPlan plan;
  if (!ReadDepthwiseConv2D(context, plan)) return context.status();
  const ConvParams& p = plan.params;
  KernelChoice fast;
  const auto* weights = reinterpret_cast<const int8_t*>(plan.tensors.weights.constant);
  const auto* const end = weights + plan.tensors.weights.elements;
  if (p.input_channels == 1 && p.output_channels > 1) {
    fast = {.kernel = RunOneChannelDepthwiseNeon, .pixels_at_once = kPixels,
            .scratch_bytes = TurnedWeightsBytes(p, kLanes) + ConvScratchBytes(p, false)};
  } else if (p.input_channels == p.output_channels && p.output_channels % 8 == 0 &&
             std::find(weights, end, -128) == end) {
    const uint32_t taps = uint32_t{p.kernel_height} * p.kernel_width;
    fast = {.kernel = RunDepthwiseConv2DNeon, .scratch_bytes = DepthwiseScratch::Bytes(taps, p.output_channels)};
  }
  const bool fits = fast.kernel != nullptr && HasRoom(context, fast);
  return CommitConv(context, plan, fits ? fast : KernelChoice{.kernel = RunDepthwiseConv2D});
}

}  // namespace

constinit const OperatorRegistration kConv2D = {3, "CONV_2D", PlanConv2DNeon};
constinit const OperatorRegistration kDepthwiseConv2D = {4, "DEPTHWISE_CONV_2D", PlanDepthwiseConv2DNeon};
constinit const OperatorRegistration kFullyConnected = {9, "FULLY_CONNECTED", PlanFullyConnectedNeon};

}  // namespace mls::engine
#endif
