// Kernels for x86-64 with AVX2, chosen while planning if the processor has it.
#include "../add.h"
#include "../convolution.h"
#include "mls/core/engine/operators.h"

#ifdef MLS_ENGINE_X86
#include <immintrin.h>

#include <cstring>

#define MLS_AVX2 __attribute__((target("avx2")))

namespace mls::engine {
namespace {

bool HasAvx2() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") != 0;
}

__m256i Load(const void* from) MLS_AVX2;
__m256i Load(const void* from) { return _mm256_loadu_si256(static_cast<const __m256i*>(from)); }
__m128i LoadHalf(const void* from) { return _mm_loadu_si128(static_cast<const __m128i*>(from)); }
__m128i LoadQuarter(const void* from) { return _mm_loadl_epi64(static_cast<const __m128i*>(from)); }

// MultiplyByQuantizedMultiplier for eight numbers, exact for all of them, with what depends on the channel alone kept apart.
struct Scaler {
  __m256i multiplier, odd_multiplier, left, right, mask, half;
};
MLS_AVX2 inline Scaler MakeScaler(__m256i multiplier, __m256i shift) {
  const __m256i zero = _mm256_setzero_si256(), one = _mm256_set1_epi32(1);
  const __m256i right = _mm256_max_epi32(_mm256_sub_epi32(zero, shift), zero);
  const __m256i mask = _mm256_sub_epi32(_mm256_sllv_epi32(one, right), one);
  return {multiplier, _mm256_srli_epi64(multiplier, 32), _mm256_max_epi32(shift, zero), right, mask, _mm256_srli_epi32(mask, 1)};
}
MLS_AVX2 inline __m256i Scale(__m256i x, const Scaler& s) {
  x = _mm256_sllv_epi32(x, s.left);
  const __m256i nudge = _mm256_set1_epi64x(int64_t{1} << 30);
  const __m256i even = _mm256_add_epi64(_mm256_mul_epi32(x, s.multiplier), nudge);
  const __m256i odd = _mm256_add_epi64(_mm256_mul_epi32(_mm256_srli_epi64(x, 32), s.odd_multiplier), nudge);
  // Bits 31 to 62 of each product.
  const __m256i high = _mm256_blend_epi32(_mm256_srli_epi64(even, 31), _mm256_slli_epi64(odd, 1), 0xaa);
  const __m256i remainder = _mm256_and_si256(high, s.mask);
  const __m256i threshold = _mm256_sub_epi32(s.half, _mm256_srai_epi32(high, 31));
  return _mm256_sub_epi32(_mm256_srav_epi32(high, s.right), _mm256_cmpgt_epi32(remainder, threshold));
}

struct OutputRange {
  __m256i offset, low, high;
};
MLS_AVX2 inline OutputRange RangeOf(const Requantization& r) {
  return {_mm256_set1_epi32(r.offset), _mm256_set1_epi32(r.min), _mm256_set1_epi32(r.max)};
}
MLS_AVX2 inline __m256i Finish(__m256i sums, const Scaler& scaler, const OutputRange& range) {
  const __m256i value = _mm256_add_epi32(Scale(sums, scaler), range.offset);
  return _mm256_min_epi32(_mm256_max_epi32(value, range.low), range.high);
}
// Eight numbers in the range of int8, as bytes.
MLS_AVX2 inline __m128i ToBytes(__m256i values) {
  const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(values), _mm256_extracti128_si256(values, 1));
  return _mm_packs_epi16(words, words);
}

// --- Sums of products: rows of weights as they are in the model, inputs expanded to 16 bits ------------------------------

constexpr uint32_t kLanes = 16;
constexpr uint32_t PaddedDepth(uint32_t depth) { return (depth + kLanes - 1) / kLanes * kLanes; }

// Sums of four rows with one input, in one register.
MLS_AVX2 inline __m128i AddAcross(__m256i a, __m256i b, __m256i c, __m256i d) {
  const __m256i sums = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
  return _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
}

// Four rows, `depth` apart, with two inputs: the sums for the first input, then for the second. Reads rows in steps of 16,
// past their end; the inputs are zero there.
MLS_AVX2 inline __m256i FourRowsTwoInputs(const int8_t* rows, uint32_t depth, const int16_t* x, const int16_t* y) {
  __m256i x0 = _mm256_setzero_si256(), x1 = x0, x2 = x0, x3 = x0, y0 = x0, y1 = x0, y2 = x0, y3 = x0;
  for (uint32_t k = 0; k < depth; k += kLanes) {
    const __m256i xs = Load(x + k), ys = Load(y + k);
    const __m256i w0 = _mm256_cvtepi8_epi16(LoadHalf(rows + k));
    x0 = _mm256_add_epi32(x0, _mm256_madd_epi16(w0, xs));
    y0 = _mm256_add_epi32(y0, _mm256_madd_epi16(w0, ys));
    const __m256i w1 = _mm256_cvtepi8_epi16(LoadHalf(rows + depth + k));
    x1 = _mm256_add_epi32(x1, _mm256_madd_epi16(w1, xs));
    y1 = _mm256_add_epi32(y1, _mm256_madd_epi16(w1, ys));
    const __m256i w2 = _mm256_cvtepi8_epi16(LoadHalf(rows + size_t{2} * depth + k));
    x2 = _mm256_add_epi32(x2, _mm256_madd_epi16(w2, xs));
    y2 = _mm256_add_epi32(y2, _mm256_madd_epi16(w2, ys));
    const __m256i w3 = _mm256_cvtepi8_epi16(LoadHalf(rows + size_t{3} * depth + k));
    x3 = _mm256_add_epi32(x3, _mm256_madd_epi16(w3, xs));
    y3 = _mm256_add_epi32(y3, _mm256_madd_epi16(w3, ys));
  }
  return _mm256_set_m128i(AddAcross(y0, y1, y2, y3), AddAcross(x0, x1, x2, x3));
}

MLS_AVX2 inline int32_t OneRow(const int8_t* row, uint32_t depth, const int16_t* x) {
  __m256i sum = _mm256_setzero_si256();
  for (uint32_t k = 0; k < depth; k += kLanes) {
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_cvtepi8_epi16(LoadHalf(row + k)), Load(x + k)));
  }
  return _mm_cvtsi128_si32(AddAcross(sum, sum, sum, sum));
}

// Appends `count` values plus `offset`.
MLS_AVX2 inline int16_t* Expand(const int8_t* from, uint32_t count, int16_t offset, int16_t* to) {
  const __m256i offsets = _mm256_set1_epi16(offset);
  uint32_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + i),
                        _mm256_add_epi16(_mm256_cvtepi8_epi16(LoadHalf(from + i)), offsets));
  }
  for (; i + 8 <= count; i += 8) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + i),
                     _mm_add_epi16(_mm_cvtepi8_epi16(LoadQuarter(from + i)), _mm256_castsi256_si128(offsets)));
  }
  for (; i < count; ++i) to[i] = static_cast<int16_t>(from[i] + offset);
  return to + count;
}
inline int16_t* Zeros(uint32_t count, int16_t* to) {
  if (count != 0) std::memset(to, 0, count * sizeof *to);
  return to + count;
}

// All outputs of two pixels (or one twice).
struct PixelPair {
  const int16_t* x;
  const int16_t* y;
  int8_t* output_x;
  int8_t* output_y;
};
MLS_AVX2 void RunRows(const int8_t* weights, uint32_t depth, const int32_t* bias, const Requantization& r, bool per_channel,
                      uint32_t channels, const PixelPair& p) {
  const OutputRange range = RangeOf(r);
  uint32_t c = 0;
  Scaler scaler = MakeScaler(_mm256_set1_epi32(r.multipliers[0]), _mm256_set1_epi32(r.shifts[0]));
  for (; c + 4 <= channels; c += 4) {
    __m256i sums = FourRowsTwoInputs(weights + size_t{c} * depth, depth, p.x, p.y);
    if (bias != nullptr) sums = _mm256_add_epi32(sums, _mm256_broadcastsi128_si256(LoadHalf(bias + c)));
    if (per_channel) {
      int32_t shifts;
      std::memcpy(&shifts, r.shifts + c, sizeof shifts);
      scaler = MakeScaler(_mm256_broadcastsi128_si256(LoadHalf(r.multipliers + c)),
                          _mm256_cvtepi8_epi32(_mm_set1_epi32(shifts)));
    }
    const __m256i values = Finish(sums, scaler, range);
    const __m128i bytes = ToBytes(values);
    const int32_t x = _mm_cvtsi128_si32(bytes), y = _mm_extract_epi32(bytes, 1);
    std::memcpy(p.output_y + c, &y, sizeof y);
    std::memcpy(p.output_x + c, &x, sizeof x);
  }
  for (; c < channels; ++c) {
    const int32_t start = bias == nullptr ? 0 : bias[c];
    const int8_t* row = weights + size_t{c} * depth;
    p.output_y[c] = Requantize(r, per_channel ? c : 0, WrappingAdd(start, OneRow(row, depth, p.y)));
    p.output_x[c] = Requantize(r, per_channel ? c : 0, WrappingAdd(start, OneRow(row, depth, p.x)));
  }
}

// --- CONV_2D -------------------------------------------------------------------------------------------------------------
// Scratch: two patches of 16-bit values, then, if rows cannot be read past the end, the weights with room behind them.

uint32_t ConvDepth(const ConvParams& p) { return uint32_t{p.kernel_height} * p.kernel_width * p.input_channels; }
uint32_t PatchBytes(uint32_t depth) { return (PaddedDepth(depth) + kLanes) * 2; }
uint32_t CopyBytes(uint32_t depth, uint32_t channels, bool copy) { return copy ? PaddedDepth(depth * channels) + kLanes : 0; }

MLS_AVX2 inline void ExpandPatch(const ConvParams& p, const int8_t* input, int y, int x, int16_t* to) {
  int16_t* const start = to;
  const uint32_t channels = p.input_channels;
  const int top = y * p.stride_height - p.pad_top;
  const int left = x * p.stride_width - p.pad_left;
  const Taps columns = TapsInside(left, p.kernel_width, p.dilation_width, p.input_width);
  const uint32_t inside = static_cast<uint32_t>(columns.last - columns.first);
  for (int ky = 0; ky < p.kernel_height; ++ky) {
    const int row = top + ky * p.dilation_height;
    if (row < 0 || row >= p.input_height) {
      to = Zeros(p.kernel_width * channels, to);
      continue;
    }
    const int8_t* line = input + (row * p.input_width + left) * static_cast<int>(channels);
    to = Zeros(static_cast<uint32_t>(columns.first) * channels, to);
    if (p.dilation_width == 1) {
      to = Expand(line + columns.first * static_cast<int>(channels), inside * channels, p.input_offset, to);
    } else {
      for (int kx = columns.first; kx < columns.last; ++kx) {
        to = Expand(line + kx * p.dilation_width * static_cast<int>(channels), channels, p.input_offset, to);
      }
    }
    to = Zeros(static_cast<uint32_t>(p.kernel_width - columns.last) * channels, to);
  }
  const uint32_t depth = static_cast<uint32_t>(to - start);
  Zeros(PaddedDepth(depth) - depth, to);
}

MLS_AVX2 Status RunConv2DAvx2(const void* params) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  const uint32_t depth = ConvDepth(p), channels = p.output_channels;
  auto* const patches = static_cast<int16_t*>(p.scratch);
  int16_t* const other = patches + PatchBytes(depth) / 2;
  const int8_t* weights = p.weights;
  if (p.copy_weights) {
    auto* const copy = reinterpret_cast<int8_t*>(other + PatchBytes(depth) / 2);
    std::memcpy(copy, weights, size_t{depth} * channels);
    weights = copy;
  }
  int8_t* output = p.output;
  for (int batch = 0; batch < p.batches; ++batch) {
    const int8_t* input = p.input + batch * p.input_height * p.input_width * p.input_channels;
    const int total = p.output_height * p.output_width;
    int y = 0, x = 0;
    const auto expand_next = [&](int16_t* to) MLS_AVX2 {
      ExpandPatch(p, input, y, x, to);
      if (++x == p.output_width) {
        x = 0;
        ++y;
      }
    };
    for (int pixel = 0; pixel < total; pixel += 2) {
      expand_next(patches);
      const bool two = pixel + 1 < total;
      if (two) expand_next(other);
      RunRows(weights, depth, p.bias, p.requantization, true, channels,
              {patches, two ? other : patches, output, two ? output + channels : output});
      output += two ? 2 * channels : channels;
    }
  }
  return Status::kOk;
}

// --- CONV_2D with many pixels: weights turned, so that eight channels lie side by side and nothing is added across --------
// Scratch: four patches; for each eight channels and each two values of depth, the weights as 16-bit pairs; bias, multiplier
// and shift of each channel as 32-bit numbers. Channels are rounded up to eight.

constexpr uint32_t kPackedPixels = 4;
constexpr uint32_t kMostPackedBytes = 24 * 1024;

struct PackedScratch {
  int16_t* patches;
  uint32_t patch_stride;
  int16_t* weights;
  int32_t* bias;
  int32_t* multipliers;
  int32_t* shifts;

  static uint32_t Channels(uint32_t channels) { return (channels + 7) / 8 * 8; }
  static uint32_t WeightsBytes(uint32_t depth, uint32_t channels) { return (depth + 1) / 2 * 2 * Channels(channels) * 2; }
  static uint32_t Bytes(uint32_t depth, uint32_t channels) {
    return kPackedPixels * PatchBytes(depth) + WeightsBytes(depth, channels) + 12 * Channels(channels);
  }
  PackedScratch(void* memory, uint32_t depth, uint32_t channels) {
    patches = static_cast<int16_t*>(memory);
    patch_stride = PatchBytes(depth) / 2;
    weights = patches + kPackedPixels * patch_stride;
    bias = reinterpret_cast<int32_t*>(weights + WeightsBytes(depth, channels) / 2);
    multipliers = bias + Channels(channels);
    shifts = multipliers + Channels(channels);
  }

  void Pack(const ConvParams& p, uint32_t depth) const {
    const uint32_t channels = p.output_channels;
    for (uint32_t c = 0; c < Channels(channels); ++c) {
      const bool real = c < channels;
      bias[c] = real && p.bias != nullptr ? p.bias[c] : 0;
      multipliers[c] = real ? p.requantization.multipliers[c] : 0;
      shifts[c] = real ? p.requantization.shifts[c] : 0;
      int16_t* to = weights + size_t{c / 8} * 16 * ((depth + 1) / 2) + c % 8 * 2;
      const int8_t* from = p.weights + size_t{c} * depth;
      for (uint32_t k = 0; k < (depth + 1) / 2 * 2; ++k) to[k / 2 * 16 + k % 2] = real && k < depth ? from[k] : 0;
    }
  }
};

// Two values, eight times.
MLS_AVX2 inline __m256i Both(const int16_t* values) {
  int32_t two;
  std::memcpy(&two, values, sizeof two);
  return _mm256_set1_epi32(two);
}

// kBlocks times eight channels of four pixels, from channel `c` on.
template <uint32_t kBlocks>
MLS_AVX2 inline void PackedChannels(const PackedScratch& s, uint32_t pairs, const OutputRange& range, uint32_t c,
                                    uint32_t channels, int count, int8_t* output) {
  const int16_t* weights = s.weights + size_t{c / 8} * 16 * pairs;
  const uint32_t stride = s.patch_stride;
  __m256i sums[kBlocks][kPackedPixels];
  for (uint32_t b = 0; b < kBlocks; ++b) {
    for (uint32_t i = 0; i < kPackedPixels; ++i) sums[b][i] = Load(s.bias + c + 8 * b);
  }
  const int16_t* at = s.patches;
  for (uint32_t pair = 0; pair < pairs; ++pair, at += 2, weights += 16) {
    const __m256i values[kPackedPixels] = {Both(at), Both(at + stride), Both(at + 2 * stride), Both(at + 3 * stride)};
    for (uint32_t b = 0; b < kBlocks; ++b) {
      const __m256i w = Load(weights + size_t{16} * pairs * b);
      for (uint32_t i = 0; i < kPackedPixels; ++i) {
        sums[b][i] = _mm256_add_epi32(sums[b][i], _mm256_madd_epi16(w, values[i]));
      }
    }
  }
  for (uint32_t b = 0; b < kBlocks; ++b, c += 8) {
    const Scaler scaler = MakeScaler(Load(s.multipliers + c), Load(s.shifts + c));
    const uint32_t valid = std::min(channels - c, 8u);
    for (int i = 0; i < count; ++i) {
      const __m128i bytes = ToBytes(Finish(sums[b][i], scaler, range));
      int8_t* const to = output + static_cast<uint32_t>(i) * channels + c;
      if (valid == 8) {
        _mm_storel_epi64(reinterpret_cast<__m128i*>(to), bytes);
      } else {
        int8_t eight[8];
        _mm_storel_epi64(reinterpret_cast<__m128i*>(eight), bytes);
        std::memcpy(to, eight, valid);
      }
    }
  }
}

MLS_AVX2 void PackedPixels(const PackedScratch& s, uint32_t depth, const OutputRange& range, uint32_t channels, int count,
                           int8_t* output) {
  const uint32_t pairs = (depth + 1) / 2;
  uint32_t c = 0;
  for (; c + 16 <= channels; c += 16) PackedChannels<2>(s, pairs, range, c, channels, count, output);
  for (; c < channels; c += 8) PackedChannels<1>(s, pairs, range, c, channels, count, output);
}

MLS_AVX2 Status RunPackedConv2DAvx2(const void* params) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  const uint32_t depth = ConvDepth(p), channels = p.output_channels;
  const PackedScratch s(p.scratch, depth, channels);
  s.Pack(p, depth);
  const OutputRange range = RangeOf(p.requantization);
  int8_t* output = p.output;
  for (int batch = 0; batch < p.batches; ++batch) {
    const int8_t* input = p.input + batch * p.input_height * p.input_width * p.input_channels;
    const int total = p.output_height * p.output_width;
    int y = 0, x = 0;
    for (int pixel = 0; pixel < total; pixel += static_cast<int>(kPackedPixels)) {
      const int count = std::min(static_cast<int>(kPackedPixels), total - pixel);
      for (int i = 0; i < count; ++i) {
        ExpandPatch(p, input, y, x, s.patches + static_cast<uint32_t>(i) * s.patch_stride);
        if (++x == p.output_width) {
          x = 0;
          ++y;
        }
      }
      PackedPixels(s, depth, range, channels, count, output);
      output += static_cast<uint32_t>(count) * channels;
    }
  }
  return Status::kOk;
}

// Packing has to pay for itself.
bool ShouldPack(const ConvParams& p) {
  return p.output_height * p.output_width >= 32 &&
         PackedScratch::WeightsBytes(ConvDepth(p), p.output_channels) <= kMostPackedBytes;
}

Status PlanConv2DX86(PlanContext& context) {
  ConvPlan plan;
  if (!ReadConv2D(context, plan)) return context.status();
  ConvParams& p = plan.params;
  if (!HasAvx2() || p.group_channels != p.input_channels) return CommitConv(context, plan, {.kernel = RunConv2D});
  const uint32_t depth = ConvDepth(p);
  if (ShouldPack(p)) {
    return CommitConv(context, plan, {.kernel = RunPackedConv2DAvx2, .pixels_at_once = kPackedPixels,
                                      .scratch_bytes = PackedScratch::Bytes(depth, p.output_channels)});
  }
  p.copy_weights = depth % kLanes != 0 && context.BytesBehind(plan.tensors.weights) < kLanes;
  return CommitConv(context, plan,
                    {.kernel = RunConv2DAvx2,
                     .pixels_at_once = 2,
                     .scratch_bytes = 2 * PatchBytes(depth) + CopyBytes(depth, p.output_channels, p.copy_weights)});
}

// --- FULLY_CONNECTED -----------------------------------------------------------------------------------------------------

Status RunFullyConnectedAvx2(const void* params) {
  const FullyConnectedParams& p = *static_cast<const FullyConnectedParams*>(params);
  auto* const values = static_cast<int16_t*>(p.scratch);
  const int8_t* weights = p.weights;
  if (p.copy_weights) {
    auto* const copy = reinterpret_cast<int8_t*>(values + PatchBytes(p.depth) / 2);
    std::memcpy(copy, weights, size_t{p.depth} * p.outputs);
    weights = copy;
  }
  for (uint32_t batch = 0; batch < p.batches; ++batch) {
    int16_t* end = Expand(p.input + size_t{batch} * p.depth, p.depth, p.input_offset, values);
    Zeros(PaddedDepth(p.depth) - p.depth, end);
    int8_t* output = p.output + size_t{batch} * p.outputs;
    RunRows(weights, p.depth, p.bias, p.requantization, p.per_channel, p.outputs, {values, values, output, output});
  }
  return Status::kOk;
}

Status PlanFullyConnectedX86(PlanContext& context) {
  Tensor weights;
  if (!context.Input(1, weights)) return context.status();
  if (!HasAvx2() || weights.rank != 2 || weights.constant == nullptr) {
    return CommitFullyConnected(context, {.kernel = RunFullyConnected});
  }
  const auto outputs = static_cast<uint32_t>(weights.dims[0]), depth = static_cast<uint32_t>(weights.dims[1]);
  const bool copy = depth % kLanes != 0 && context.BytesBehind(weights) < kLanes;
  return CommitFullyConnected(context, {.kernel = RunFullyConnectedAvx2,
                                        .scratch_bytes = PatchBytes(depth) + CopyBytes(depth, outputs, copy),
                                        .copy_weights = copy});
}

// --- DEPTHWISE_CONV_2D ---------------------------------------------------------------------------------------------------
// Channels side by side, taps in pairs. Scratch: for each pair of taps the weights of all channels, interleaved as the inner
// loop wants them; a row of padding; multipliers and shifts as 32-bit numbers.

// Position of channel c: within each 16, unpacking puts 0-3 and 8-11 first, then 4-7 and 12-15. A last block of 8 stays in
// order.
constexpr uint32_t Place(uint32_t c, uint32_t channels) {
  const uint32_t block = c / 16 * 16, i = c % 16;
  if (block + 16 > channels) return c;
  return block + (i / 4 == 1 ? i + 4 : i / 4 == 2 ? i - 4 : i);
}

struct DepthwiseScratch {
  int16_t* weights;
  int32_t* multipliers;
  int32_t* shifts;
  int32_t* bias;
  const int8_t** taps;
  int8_t* padding;

  static constexpr uint32_t Bytes(uint32_t taps, uint32_t channels) {
    const uint32_t pairs = (taps + 1) / 2;
    return pairs * channels * 4 + channels * 12 + 2 * pairs * static_cast<uint32_t>(sizeof(int8_t*)) + channels + 16;
  }
  DepthwiseScratch(void* memory, uint32_t tap_count, uint32_t channels) {
    const uint32_t pairs = (tap_count + 1) / 2;
    taps = static_cast<const int8_t**>(memory);
    multipliers = reinterpret_cast<int32_t*>(taps + 2 * pairs);
    shifts = multipliers + channels;
    bias = shifts + channels;
    weights = reinterpret_cast<int16_t*>(bias + channels);
    padding = reinterpret_cast<int8_t*>(weights + size_t{2} * pairs * channels);
  }
};

MLS_AVX2 inline void AddPair(__m256i x, __m256i y, const int16_t* weights, __m256i& first, __m256i& second) {
  first = _mm256_add_epi32(first, _mm256_madd_epi16(_mm256_unpacklo_epi16(x, y), Load(weights)));
  second = _mm256_add_epi32(second, _mm256_madd_epi16(_mm256_unpackhi_epi16(x, y), Load(weights + 16)));
}

MLS_AVX2 void DepthwisePixel(const DepthwiseScratch& s, uint32_t pairs, uint32_t channels, int16_t input_offset,
                             const OutputRange& range, int8_t* output) {
  const __m256i offsets = _mm256_set1_epi16(input_offset);
  uint32_t c = 0;
  for (; c + 16 <= channels; c += 16) {
    __m256i first = Load(s.bias + c), second = Load(s.bias + c + 8);
    const int16_t* weights = s.weights + 2 * c;
    for (uint32_t pair = 0; pair < pairs; ++pair, weights += 2 * channels) {
      const __m256i x = _mm256_add_epi16(_mm256_cvtepi8_epi16(LoadHalf(s.taps[2 * pair] + c)), offsets);
      const __m256i y = _mm256_add_epi16(_mm256_cvtepi8_epi16(LoadHalf(s.taps[2 * pair + 1] + c)), offsets);
      AddPair(x, y, weights, first, second);
    }
    first = Finish(first, MakeScaler(Load(s.multipliers + c), Load(s.shifts + c)), range);
    second = Finish(second, MakeScaler(Load(s.multipliers + c + 8), Load(s.shifts + c + 8)), range);
    const __m256i words = _mm256_packs_epi32(first, second);
    const __m128i bytes = _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(output + c), bytes);
  }
  if (c < channels) {  // Eight more.
    __m256i sums = Load(s.bias + c);
    const int16_t* weights = s.weights + 2 * c;
    for (uint32_t pair = 0; pair < pairs; ++pair, weights += 2 * channels) {
      const __m128i half_offsets = _mm256_castsi256_si128(offsets);
      const __m128i x = _mm_add_epi16(_mm_cvtepi8_epi16(LoadQuarter(s.taps[2 * pair] + c)), half_offsets);
      const __m128i y = _mm_add_epi16(_mm_cvtepi8_epi16(LoadQuarter(s.taps[2 * pair + 1] + c)), half_offsets);
      const __m256i both = _mm256_set_m128i(_mm_unpackhi_epi16(x, y), _mm_unpacklo_epi16(x, y));
      sums = _mm256_add_epi32(sums, _mm256_madd_epi16(both, Load(weights)));
    }
    const __m128i bytes = ToBytes(Finish(sums, MakeScaler(Load(s.multipliers + c), Load(s.shifts + c)), range));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(output + c), bytes);
  }
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
  if (p.kernel_height * p.kernel_width % 2 != 0) *tap = s.padding;
}

MLS_AVX2 Status RunDepthwiseConv2DAvx2(const void* params) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  const uint32_t channels = p.output_channels;
  const uint32_t taps = uint32_t{p.kernel_height} * p.kernel_width, pairs = (taps + 1) / 2;
  const DepthwiseScratch s(p.scratch, taps, channels);
  for (uint32_t c = 0; c < channels; ++c) {
    const uint32_t place = Place(c, channels);
    s.multipliers[place] = p.requantization.multipliers[c];
    s.shifts[place] = p.requantization.shifts[c];
    s.bias[place] = p.bias == nullptr ? 0 : p.bias[c];
    for (uint32_t tap = 0; tap < 2 * pairs; ++tap) {
      s.weights[2 * (size_t{tap / 2} * channels + place) + tap % 2] = tap < taps ? p.weights[size_t{tap} * channels + c] : 0;
    }
  }
  std::memset(s.padding, -p.input_offset, channels);
  const OutputRange range = RangeOf(p.requantization);
  int8_t* output = p.output;
  for (int batch = 0; batch < p.batches; ++batch) {
    const int8_t* input = p.input + batch * p.input_height * p.input_width * p.input_channels;
    for (int y = 0; y < p.output_height; ++y) {
      bool was_inside = false;
      for (int x = 0; x < p.output_width; ++x) {
        const int left = x * p.stride_width - p.pad_left;
        const bool all_inside = left >= 0 && left + (p.kernel_width - 1) * p.dilation_width < p.input_width;
        if (all_inside && was_inside) {  // The window moves; only rows of padding stay where they are.
          for (uint32_t tap = 0; tap < taps; ++tap) {
            if (s.taps[tap] != s.padding) s.taps[tap] += p.stride_width * p.input_channels;
          }
        } else {
          SetTaps(p, s, input, y * p.stride_height - p.pad_top, left);
        }
        was_inside = all_inside;
        DepthwisePixel(s, pairs, channels, p.input_offset, range, output);
        output += channels;
      }
    }
  }
  return Status::kOk;
}

// With one input channel this is a CONV_2D whose weights lie the other way round: the scratch begins with them turned.
uint32_t TurnedBytes(const ConvParams& p) {
  return (uint32_t{p.kernel_height} * p.kernel_width * p.output_channels + 2 * kLanes) / kLanes * kLanes;
}
Status RunOneChannelDepthwiseAvx2(const void* params) {
  ConvParams p = *static_cast<const ConvParams*>(params);
  auto* const turned = static_cast<int8_t*>(p.scratch);
  const int taps = p.kernel_height * p.kernel_width;
  for (int c = 0; c < p.output_channels; ++c) {
    for (int tap = 0; tap < taps; ++tap) turned[c * taps + tap] = p.weights[tap * p.output_channels + c];
  }
  p.weights = turned;
  p.scratch = turned + TurnedBytes(p);
  return RunPackedConv2DAvx2(&p);
}

Status PlanDepthwiseConv2DX86(PlanContext& context) {
  ConvPlan plan;
  if (!ReadDepthwiseConv2D(context, plan)) return context.status();
  const ConvParams& p = plan.params;
  if (HasAvx2() && p.input_channels == 1 && p.output_channels > 1) {
    return CommitConv(context, plan, {.kernel = RunOneChannelDepthwiseAvx2, .pixels_at_once = kPackedPixels,
                                      .scratch_bytes = TurnedBytes(p) + PackedScratch::Bytes(ConvDepth(p), p.output_channels)});
  }
  if (!HasAvx2() || p.input_channels != p.output_channels || p.output_channels % 8 != 0) {
    return CommitConv(context, plan, {.kernel = RunDepthwiseConv2D});
  }
  const uint32_t taps = uint32_t{p.kernel_height} * p.kernel_width;
  return CommitConv(context, plan, {.kernel = RunDepthwiseConv2DAvx2, .scratch_bytes = DepthwiseScratch::Bytes(taps, p.output_channels)});
}

// --- ADD of two tensors of one shape -------------------------------------------------------------------------------------

MLS_AVX2 inline Scaler OneScaler(int32_t multiplier, int32_t shift) {
  return MakeScaler(_mm256_set1_epi32(multiplier), _mm256_set1_epi32(shift));
}
MLS_AVX2 inline __m256i Rescaled(const AddInput& input, const Scaler& scale, uint32_t i) {
  const __m256i x = _mm256_add_epi32(_mm256_cvtepi8_epi32(LoadQuarter(input.data + i)), _mm256_set1_epi32(input.offset));
  return Scale(_mm256_slli_epi32(x, kAddLeftShift), scale);
}

MLS_AVX2 void AddFlat(const AddParams& p, uint32_t count) {
  const Scaler scale_a = OneScaler(p.inputs[0].multiplier, p.inputs[0].shift);
  const Scaler scale_b = OneScaler(p.inputs[1].multiplier, p.inputs[1].shift);
  const Scaler scale_out = OneScaler(p.multiplier, p.shift);
  const OutputRange range = {_mm256_set1_epi32(p.offset), _mm256_set1_epi32(p.range.min), _mm256_set1_epi32(p.range.max)};
  for (uint32_t i = 0; i + 8 <= count; i += 8) {
    const __m256i sum = _mm256_add_epi32(Rescaled(p.inputs[0], scale_a, i), Rescaled(p.inputs[1], scale_b, i));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(p.output + i), ToBytes(Finish(sum, scale_out, range)));
  }
}

}  // namespace

uint32_t AddFlatFast(const AddParams& params, uint32_t count) {
  if (!HasAvx2()) return 0;
  AddFlat(params, count);
  return count / 8 * 8;
}

constinit const OperatorRegistration kConv2D = {3, "CONV_2D", PlanConv2DX86};
constinit const OperatorRegistration kDepthwiseConv2D = {4, "DEPTHWISE_CONV_2D", PlanDepthwiseConv2DX86};
constinit const OperatorRegistration kFullyConnected = {9, "FULLY_CONNECTED", PlanFullyConnectedX86};

}  // namespace mls::engine
#endif
