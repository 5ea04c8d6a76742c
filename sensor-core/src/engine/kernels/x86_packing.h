// How the kernels for x86-64 keep weights and what follows the sums. Made while planning, once; part of the plan.
#pragma once

#include "../convolution.h"

#ifdef MLS_ENGINE_X86
#include <algorithm>
#include <cstring>
#include <new>

namespace mls::engine::x86 {

constexpr uint64_t RoundUp(uint64_t x, uint64_t multiple) { return (x + multiple - 1) / multiple * multiple; }
constexpr uint32_t kAlignment = 64;
// Beyond this, in bytes, the portable kernels run.
constexpr uint64_t kMostBytes = uint64_t{1} << 28;

// MultiplyByQuantizedMultiplier(x, m, -r) + zero point for r from 1 to 31, in one rounding. With p = x m, both of its
// roundings are floors, which nest: floor((p + 2^30 + 2^(30+r) - (2^31 if x < 0)) / 2^(31+r)). (Its second rounding
// asks for the sign of the first one's result. That differs from the sign of x only if p = -2^30, and then both ways
// give 0.) Adding 2^62 keeps the numerator positive, so that logical shifts do; the 2^(31-r) that it adds to the
// quotient is in `offset`.
template <uint32_t kLanes>
struct alignas(kAlignment) ChannelBlock {
  int32_t bias[kLanes];  // With the input's offset times the sum of the weights.
  int32_t multiplier[kLanes];
  int32_t shift[kLanes];
  int32_t offset[kLanes];
  // Of the products of even and odd channels: what is added; then the shift, which for odd ones leaves the result in
  // the upper half.
  int64_t even_add[kLanes / 2], odd_add[kLanes / 2];
  int64_t even_shift[kLanes / 2], odd_shift[kLanes / 2];
};

template <uint32_t kLanes>
void SetChannel(ChannelBlock<kLanes>& block, uint32_t lane, int32_t multiplier, int shift, int32_t zero_point,
                bool only_right) {
  block.multiplier[lane] = multiplier;
  block.shift[lane] = shift;
  block.offset[lane] = zero_point;
  if (!only_right) return;
  const int right = multiplier == 0 ? 1 : -shift;
  const int64_t add = (int64_t{1} << 62) + (int64_t{1} << 30) + (int64_t{1} << (30 + right));
  block.offset[lane] -= int32_t{1} << (31 - right);
  if (lane % 2 == 0) {
    block.even_add[lane / 2] = add;
    block.even_shift[lane / 2] = 31 + right;
  } else {
    block.odd_add[lane / 2] = add;
    block.odd_shift[lane / 2] = right - 1;
  }
}

// A layer's weights, as they are: of channel c, product k of segment s is at c * channel_stride + (s * segment + k) *
// stride.
struct Weights {
  const int8_t* data;
  const int32_t* bias = nullptr;
  uint32_t channels, segments, segment;
  size_t channel_stride, stride;
  int32_t input_offset = 0;
  bool per_channel = false;
  const Requantization* requantization = nullptr;

  int8_t At(uint32_t c, size_t k) const { return data[c * channel_stride + k * stride]; }
  int32_t Bias(uint32_t c, int32_t value_offset) const {
    uint32_t sum = 0;
    for (size_t k = 0; k < size_t{segments} * segment; ++k) sum += static_cast<uint32_t>(At(c, k));
    return WrappingAdd(bias == nullptr ? 0 : bias[c],
                       static_cast<int32_t>(sum * static_cast<uint32_t>(input_offset - value_offset)));
  }
};

// For an instruction that adds two products of an unsigned and a signed byte in 16 bits: 255 (|a| + |b|) has to stay
// below 2^15 for two weights of one sign. Where it does not, the second one is taken out and put into a further column,
// beside a zero, with the same input: nothing saturates. Trained weights rarely need it.
struct SplitWeights : Weights {
  uint32_t* columns;  // Those that were added.
  uint32_t added = 0;
  uint32_t original;

  static constexpr int kMostOfOneSign = 128;
  // Without memory for columns they are only counted.
  SplitWeights(const Weights& w, uint32_t* columns_memory) : Weights(w), columns(columns_memory), original(w.segment) {
    for (uint32_t k = 1; k < original; k += 2) {
      for (uint32_t c = 0; c < channels; ++c) {
        if (!Splits(c, k)) continue;
        if (columns != nullptr) columns[added] = k;
        ++added;
        break;
      }
    }
    segment = Start() + 2 * added;
  }
  uint32_t Start() const { return static_cast<uint32_t>(RoundUp(original, 2)); }
  bool Splits(uint32_t c, size_t k) const {
    const int a = Weights::At(c, k - 1), b = Weights::At(c, k);
    return a > 0 ? b > 0 && a + b > kMostOfOneSign : b < 0 && a + b < -kMostOfOneSign;
  }
  int8_t At(uint32_t c, size_t k) const {
    if (k < original) return k % 2 == 1 && Splits(c, k) ? int8_t{0} : Weights::At(c, k);
    if (k < Start() || k % 2 == 1) return 0;
    const uint32_t column = columns[(k - Start()) / 2];
    return Splits(c, column) ? Weights::At(c, column) : int8_t{0};
  }
  int32_t Bias(uint32_t c, int32_t value_offset) const {
    Weights all = *this;
    all.segment = original;
    return all.Bias(c, value_offset);
  }
};

// Sums of products. `Isa` says how many channels lie side by side (kLanes), how many products one instruction adds for
// each (kGroup), what it adds to the inputs (kValueOffset), and which channel of two blocks lies where (Channel).
// Segments end with zeros where they are not a multiple of kGroup. For each block of channels its weights:
// [segment][group][lane][kGroup].
template <typename Isa>
struct Packed {
  using Block = ChannelBlock<Isa::kLanes>;

  Block* blocks;
  int8_t* weights;
  uint32_t block_count, segments, groups;
  size_t block_bytes;
  bool only_right;  // No shift goes left.

  static uint64_t Bytes(uint32_t channels, uint32_t segments, uint32_t segment) {
    const uint64_t block_count = RoundUp(channels, Isa::kLanes) / Isa::kLanes;
    const uint64_t block_bytes = RoundUp(segment, Isa::kGroup) * segments * Isa::kLanes;
    return 2 * kAlignment + block_count * (sizeof(Block) + block_bytes);
  }
  static const Packed& At(const int8_t* weights) { return *std::launder(reinterpret_cast<const Packed*>(weights)); }

  // Returns where it is, for At. `Source` is Weights or like it.
  template <typename Source = Weights>
  static const int8_t* Make(const Source& w, void* memory) {
    auto* const start = reinterpret_cast<std::byte*>(RoundUp(reinterpret_cast<uintptr_t>(memory), kAlignment));
    static_assert(sizeof(Packed) <= kAlignment);
    auto* const p = new (start) Packed;
    p->block_count = static_cast<uint32_t>(RoundUp(w.channels, Isa::kLanes) / Isa::kLanes);
    p->segments = w.segments;
    p->groups = static_cast<uint32_t>(RoundUp(w.segment, Isa::kGroup) / Isa::kGroup);
    p->block_bytes = size_t{p->segments} * p->groups * Isa::kGroup * Isa::kLanes;
    p->blocks = reinterpret_cast<Block*>(start + kAlignment);
    p->weights = reinterpret_cast<int8_t*>(p->blocks + p->block_count);
    p->only_right = ShiftsRight(*w.requantization, nullptr, 0, w.per_channel ? w.channels : 1, 0);
    for (uint32_t b = 0; b < p->block_count; ++b) {
      Block& block = *new (p->blocks + b) Block{};
      // The last block may have no partner.
      const bool paired = b % 2 == 1 || b + 1 < p->block_count;
      for (uint32_t lane = 0; lane < Isa::kLanes; ++lane) {
        const uint32_t c = b / 2 * 2 * Isa::kLanes + (paired ? Isa::Channel(b % 2, lane) : lane);
        p->PackLane(w, b, lane, c);
        if (c >= w.channels) {
          SetChannel(block, lane, 0, -1, 0, p->only_right);
          continue;
        }
        const uint32_t q = w.per_channel ? c : 0;
        block.bias[lane] = w.Bias(c, Isa::kValueOffset);
        SetChannel(block, lane, w.requantization->multipliers[q], w.requantization->shifts[q], w.requantization->offset,
                   p->only_right);
      }
    }
    return reinterpret_cast<const int8_t*>(p);
  }

 private:
  template <typename Source>
  void PackLane(const Source& w, uint32_t block, uint32_t lane, uint32_t c) const {
    int8_t* to = weights + block * block_bytes + lane * Isa::kGroup;
    for (uint32_t s = 0; s < segments; ++s) {
      for (uint32_t g = 0; g < groups; ++g, to += Isa::kGroup * Isa::kLanes) {
        for (uint32_t j = 0; j < Isa::kGroup; ++j) {
          const uint32_t k = g * Isa::kGroup + j;
          to[j] = c < w.channels && k < w.segment ? w.At(c, size_t{s} * w.segment + k) : int8_t{0};
        }
      }
    }
  }
};

// The kernels of x86_avx512.cpp; false where the processor has no AVX-512 VNNI or the layer is too large.
bool PlanConv2DVnni(const ConvParams& params, bool depthwise, KernelChoice& choice);
bool PlanDepthwiseVnni(const ConvParams& params, KernelChoice& choice);
bool PlanFullyConnectedVnni(uint32_t batches, uint32_t depth, uint32_t outputs, KernelChoice& choice);

}  // namespace mls::engine::x86
#endif
