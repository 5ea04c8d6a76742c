// Kernels for x86-64 with AVX2, chosen while planning if the processor has it.
#include "../add.h"
#include "../convolution.h"
#include "mls/core/engine/operators.h"
#include "x86_packing.h"

#ifdef MLS_ENGINE_X86
#include <immintrin.h>

#define MLS_TARGET __attribute__((target("avx2")))

namespace mls::engine {
namespace {

bool HasAvx2() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") != 0;
}

MLS_TARGET inline __m256i Load(const void* from) { return _mm256_loadu_si256(static_cast<const __m256i*>(from)); }
MLS_TARGET inline __m128i LoadHalf(const void* from) { return _mm_loadu_si128(static_cast<const __m128i*>(from)); }

// Products of 16-bit values, two to a sum.
struct Isa {
  using Value = int16_t;
  using Vector = __m256i;
  using Block = x86::ChannelBlock<8>;
  struct Range {
    __m128i low, high;
  };
  static constexpr uint32_t kLanes = 8, kGroup = 2;
  static constexpr int32_t kValueOffset = 0;

  // Packing to words takes the lower halves of two vectors first, then the upper halves.
  static constexpr uint32_t Channel(uint32_t block, uint32_t lane) { return lane / 4 * 8 + block * 4 + lane % 4; }

  MLS_TARGET static inline Vector Load(const void* from) { return mls::engine::Load(from); }
  MLS_TARGET static inline Vector LoadWeights(const int8_t* from) { return _mm256_cvtepi8_epi16(LoadHalf(from)); }
  MLS_TARGET static inline Vector Broadcast(const Value* from) {
    int32_t two;
    std::memcpy(&two, from, sizeof two);
    return _mm256_set1_epi32(two);
  }
  MLS_TARGET static inline Vector AddProducts(Vector sums, Vector values, Vector weights) {
    return _mm256_add_epi32(sums, _mm256_madd_epi16(values, weights));
  }

  MLS_TARGET static inline void Expand(const int8_t* from, size_t count, Value* to) {
    size_t i = 0;
    for (; i + 16 <= count; i += 16) _mm256_storeu_si256(reinterpret_cast<Vector*>(to + i), LoadWeights(from + i));
    for (; i < count; ++i) to[i] = from[i];
  }
  MLS_TARGET static inline void Fill(Value* to, size_t count, int8_t value) { std::fill_n(to, count, value); }

  MLS_TARGET static inline Vector Requantize(Vector x, const Block& b) {
    const Vector odd = _mm256_srli_epi64(x, 32), sign = _mm256_set1_epi64x(int64_t{1} << 31);
    const Vector multiplier = Load(b.multiplier);
    Vector even_product = _mm256_add_epi64(_mm256_mul_epi32(x, multiplier), Load(b.even_add));
    Vector odd_product = _mm256_add_epi64(_mm256_mul_epi32(odd, _mm256_srli_epi64(multiplier, 32)), Load(b.odd_add));
    even_product = _mm256_sub_epi64(even_product, _mm256_and_si256(x, sign));
    odd_product = _mm256_sub_epi64(odd_product, _mm256_and_si256(odd, sign));
    even_product = _mm256_srlv_epi64(even_product, Load(b.even_shift));
    odd_product = _mm256_srlv_epi64(odd_product, Load(b.odd_shift));
    return _mm256_add_epi32(_mm256_blend_epi32(even_product, odd_product, 0xaa), Load(b.offset));
  }

  MLS_TARGET static inline Range RangeOf(const Requantization& r) { return {_mm_set1_epi8(r.min), _mm_set1_epi8(r.max)}; }
  template <uint32_t kBlocks>
  MLS_TARGET static inline void Store(const Vector* values, const Range& range, int8_t* to) {
    const Vector words = _mm256_packs_epi32(values[0], values[kBlocks - 1]);
    __m128i lower = _mm256_castsi256_si128(words), upper = _mm256_extracti128_si256(words, 1);
    if (kBlocks == 1) lower = _mm_unpacklo_epi64(lower, upper);
    const __m128i bytes = _mm_min_epi8(_mm_max_epi8(_mm_packs_epi16(lower, upper), range.low), range.high);
    if (kBlocks == 1) {
      _mm_storel_epi64(reinterpret_cast<__m128i*>(to), bytes);
    } else {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes);
    }
  }
};

#include "x86_dense.h"

Status PlanConv2DX86(PlanContext& context) {
  ConvPlan plan;
  if (!ReadConv2D(context, plan)) return context.status();
  KernelChoice fast;
  const bool fits = plan.params.group_channels == plan.params.input_channels &&
                    (x86::PlanConv2DVnni(plan.params, false, fast) || (HasAvx2() && PlanFastConv2D(plan.params, false, fast)));
  return CommitConv(context, plan, fits ? fast : KernelChoice{.kernel = RunConv2D});
}

// --- FULLY_CONNECTED on one vector: every weight is used once, so that bytes are multiplied as they are ------------------
// Packed: a header, the columns that SplitWeights added, the weights.

struct ByteIsa {
  static constexpr uint32_t kLanes = 8, kGroup = 4;
  static constexpr int32_t kValueOffset = 128;
  static constexpr uint32_t Channel(uint32_t block, uint32_t lane) { return Isa::Channel(block, lane); }
};
using PackedBytes = x86::Packed<ByteIsa>;

struct VectorPacked {
  const PackedBytes* weights;
  const uint32_t* columns;
  uint32_t added, start;  // Columns, and where they go in the input.

  static uint64_t ScratchBytes(uint32_t depth, uint32_t added) { return depth + uint64_t{2} * added + kSlack; }
  static uint64_t ColumnBytes(uint32_t added) { return x86::RoundUp(added * sizeof(uint32_t), x86::kAlignment); }
  static uint64_t Bytes(uint32_t outputs, uint32_t depth, uint32_t added) {
    return 2 * x86::kAlignment + ColumnBytes(added) + PackedBytes::Bytes(outputs, 1, static_cast<uint32_t>(x86::RoundUp(depth, 2) + 2 * added));
  }
  static void Make(void* params, void* memory) {
    auto& p = *static_cast<FullyConnectedParams*>(params);
    auto* const start = reinterpret_cast<std::byte*>(x86::RoundUp(reinterpret_cast<uintptr_t>(memory), x86::kAlignment));
    auto* const columns = reinterpret_cast<uint32_t*>(start + x86::kAlignment);
    const x86::SplitWeights w({p.weights, p.bias, p.outputs, 1, p.depth, p.depth, 1, p.input_offset, p.per_channel, &p.requantization}, columns);
    const int8_t* const weights = PackedBytes::Make(w, start + x86::kAlignment + ColumnBytes(w.added));
    p.weights = reinterpret_cast<const int8_t*>(new (start) VectorPacked{&PackedBytes::At(weights), columns, w.added, w.Start()});
  }
};

template <uint32_t kBlocks>
MLS_TARGET inline void VectorTile(const PackedBytes& packed, uint32_t block, const int8_t* x, const Layer& l, int8_t* output) {
  const Block* const blocks = packed.blocks + block;
  const int8_t* weights = packed.weights + block * packed.block_bytes;
  const Vector ones = _mm256_set1_epi16(1);
  Vector sums[kBlocks];
  for (uint32_t b = 0; b < kBlocks; ++b) sums[b] = Isa::Load(blocks[b].bias);
  for (uint32_t g = 0; g < packed.groups; ++g, x += ByteIsa::kGroup, weights += ByteIsa::kGroup * ByteIsa::kLanes) {
    int32_t four;
    std::memcpy(&four, x, sizeof four);
    const Vector values = _mm256_set1_epi32(four);
    for (uint32_t b = 0; b < kBlocks; ++b) {
      const Vector pairs = _mm256_maddubs_epi16(values, Isa::Load(weights + b * packed.block_bytes));
      sums[b] = _mm256_add_epi32(sums[b], _mm256_madd_epi16(pairs, ones));
    }
  }
  for (uint32_t b = 0; b < kBlocks; ++b) {
    sums[b] = packed.only_right ? Isa::Requantize(sums[b], blocks[b]) : RequantizeAny(sums[b], blocks[b]);
  }
  const uint32_t first = block * ByteIsa::kLanes;
  for (uint32_t b = 0; b < kBlocks; b += 2) {
    StoreBytes<std::min(kBlocks, 2u)>(sums + b, l.range, l.channels - first - b * ByteIsa::kLanes, output + first + b * ByteIsa::kLanes);
  }
}

MLS_TARGET Status RunVectorAvx2(const void* params) {
  const FullyConnectedParams& p = *static_cast<const FullyConnectedParams*>(params);
  const auto& v = *std::launder(reinterpret_cast<const VectorPacked*>(p.weights));
  const Layer layer(p.outputs, p.requantization);
  auto* const x = static_cast<int8_t*>(p.scratch);
  uint32_t i = 0;
  for (; i + 32 <= p.depth; i += 32) {
    _mm256_storeu_si256(reinterpret_cast<Vector*>(x + i), _mm256_xor_si256(Load(p.input + i), _mm256_set1_epi8(-128)));
  }
  for (; i < p.depth; ++i) x[i] = static_cast<int8_t>(p.input[i] ^ -128);
  x[i] = 0;
  for (uint32_t j = 0; j < v.added; ++j) {
    x[v.start + 2 * j] = x[v.columns[j]];
    x[v.start + 2 * j + 1] = 0;
  }
  std::memset(x + v.start + 2 * v.added, 0, ByteIsa::kGroup);
  const PackedBytes& packed = *v.weights;
  uint32_t block = 0;
  for (; block + 4 <= packed.block_count; block += 4) VectorTile<4>(packed, block, x, layer, p.output);
  for (; block + 2 <= packed.block_count; block += 2) VectorTile<2>(packed, block, x, layer, p.output);
  if (block < packed.block_count) VectorTile<1>(packed, block, x, layer, p.output);
  return Status::kOk;
}

Status PlanFullyConnectedX86(PlanContext& context) {
  ConvTensors t;
  if (!ReadConvTensors(context, t, 2, 0)) return context.status();
  const auto outputs = static_cast<uint32_t>(t.weights.dims[0]), depth = static_cast<uint32_t>(t.weights.dims[1]);
  KernelChoice choice = {.kernel = RunFullyConnected};
  if (t.input.elements % depth == 0 && x86::PlanFullyConnectedVnni(t.input.elements / depth, depth, outputs, choice)) {
  } else if (HasAvx2() && t.input.elements % depth == 0) {
    const auto* weights = reinterpret_cast<const int8_t*>(t.weights.constant);
    const uint32_t added = t.input.elements == depth ? x86::SplitWeights({.data = weights, .channels = outputs, .segments = 1, .segment = depth,
                                                                          .channel_stride = depth, .stride = 1}, nullptr).added : depth;
    const uint64_t bytes = VectorPacked::Bytes(outputs, depth, added);
    KernelChoice dense;
    if (added <= depth / 4 && bytes <= x86::kMostBytes) {
      choice = {.kernel = RunVectorAvx2, .scratch_bytes = static_cast<uint32_t>(VectorPacked::ScratchBytes(depth, added)),
                .packed_bytes = static_cast<uint32_t>(bytes), .pack = VectorPacked::Make};
    } else if (PlanFastFullyConnected(t.input.elements / depth, depth, outputs, dense)) {
      choice = dense;
    }
  }
  return CommitFullyConnected(context, t, choice);
}

// --- DEPTHWISE_CONV_2D ---------------------------------------------------------------------------------------------------
// Sixteen channels side by side, taps in pairs: words of two taps are interleaved, which puts channels where Isa::Channel has
// them. Packed: blocks of channels, two for each sixteen, then for each sixteen and each pair the weights as words.

struct DepthwisePacked {
  static constexpr uint32_t kChannels = 16;

  Block* blocks;
  int16_t* weights;
  uint32_t channels, pairs;  // Channels as they lie in memory: twice, if two pixels are taken at once.
  bool only_right;

  static uint32_t Pairs(const ConvParams& p) { return (uint32_t{p.kernel_height} * p.kernel_width + 1) / 2; }
  // Windows of eight channels, side by side, are windows of sixteen channels, two apart.
  static bool TwoAtOnce(const ConvParams& p) { return p.output_channels == 8 && p.stride_width == 1; }
  static uint32_t Channels(const ConvParams& p) { return TwoAtOnce(p) ? 16 : p.output_channels; }
  static uint64_t Bytes(const ConvParams& p) {
    return 2 * x86::kAlignment + x86::RoundUp(Channels(p), kChannels) / kChannels * (2 * sizeof(Block) + uint64_t{Pairs(p)} * 4 * kChannels);
  }
  static const DepthwisePacked& At(const int8_t* weights) { return *std::launder(reinterpret_cast<const DepthwisePacked*>(weights)); }

  static void Make(void* params, void* memory) {
    auto& p = *static_cast<ConvParams*>(params);
    auto* const start = reinterpret_cast<std::byte*>(x86::RoundUp(reinterpret_cast<uintptr_t>(memory), x86::kAlignment));
    static_assert(sizeof(DepthwisePacked) <= x86::kAlignment);
    auto* const d = new (start) DepthwisePacked;
    const uint32_t taps = uint32_t{p.kernel_height} * p.kernel_width, groups = static_cast<uint32_t>(x86::RoundUp(Channels(p), kChannels)) / kChannels;
    const x86::Weights w = {p.weights, p.bias, p.output_channels, 1, taps, 1, p.output_channels, p.input_offset, true, &p.requantization};
    d->channels = Channels(p);
    d->pairs = Pairs(p);
    d->blocks = reinterpret_cast<Block*>(start + x86::kAlignment);
    d->weights = reinterpret_cast<int16_t*>(d->blocks + 2 * groups);
    d->only_right = ShiftsRight(p.requantization, nullptr, 0, p.output_channels, 0);
    int16_t* to = d->weights;
    for (uint32_t g = 0; g < groups; ++g) {
      for (uint32_t b = 0; b < 2; ++b) {
        Block& block = *new (d->blocks + 2 * g + b) Block{};
        for (uint32_t lane = 0; lane < 8; ++lane) {
          const uint32_t at = g * kChannels + Isa::Channel(b, lane), c = TwoAtOnce(p) ? at % 8 : at;
          if (c >= p.output_channels) {
            SetChannel(block, lane, 0, -1, 0, d->only_right);
            for (uint32_t k = 0; k < 2 * d->pairs; ++k) to[k / 2 * 32 + b * 16 + lane * 2 + k % 2] = 0;
            continue;
          }
          block.bias[lane] = w.Bias(c, 0);
          SetChannel(block, lane, p.requantization.multipliers[c], p.requantization.shifts[c], p.requantization.offset, d->only_right);
          for (uint32_t k = 0; k < 2 * d->pairs; ++k) to[k / 2 * 32 + b * 16 + lane * 2 + k % 2] = k < taps ? w.At(c, k) : int8_t{0};
        }
      }
      to += 32 * d->pairs;
    }
    p.weights = reinterpret_cast<const int8_t*>(d);
  }
};

struct DepthwiseLayer {
  const DepthwisePacked& packed;
  Isa::Range range;
  const Value* const* taps;
  size_t step;
};

// Sixteen channels from `c` on of kPixels windows.
template <uint32_t kPixels>
MLS_TARGET inline void DepthwiseTile(const DepthwiseLayer& l, uint32_t c, size_t at, uint32_t valid, int8_t* output) {
  const DepthwisePacked& packed = l.packed;
  const Block* const blocks = packed.blocks + c / 8;
  const int16_t* weights = packed.weights + size_t{c} * 2 * packed.pairs;
  const Value* const* tap = l.taps;
  at += c;
  Vector sums[kPixels][2];
  for (uint32_t i = 0; i < kPixels; ++i) {
    for (uint32_t b = 0; b < 2; ++b) sums[i][b] = Isa::Load(blocks[b].bias);
  }
  for (uint32_t pair = 0; pair < packed.pairs; ++pair, tap += 2, weights += 32) {
    const Vector w[2] = {Isa::Load(weights), Isa::Load(weights + 16)};
    for (uint32_t i = 0; i < kPixels; ++i) {
      const Vector x = Isa::Load(tap[0] + at + i * l.step), y = Isa::Load(tap[1] + at + i * l.step);
      sums[i][0] = Isa::AddProducts(sums[i][0], _mm256_unpacklo_epi16(x, y), w[0]);
      sums[i][1] = Isa::AddProducts(sums[i][1], _mm256_unpackhi_epi16(x, y), w[1]);
    }
  }
  for (uint32_t i = 0; i < kPixels; ++i) {
    for (uint32_t b = 0; b < 2; ++b) {
      sums[i][b] = packed.only_right ? Isa::Requantize(sums[i][b], blocks[b]) : RequantizeAny(sums[i][b], blocks[b]);
    }
    StoreBytes<2>(sums[i], l.range, valid, output + size_t{i} * packed.channels);
  }
}

// A row of `pixels` windows, in all `channels` of which `last_channels` of the last window exist.
MLS_TARGET void DepthwiseRow(const DepthwiseLayer& l, uint32_t pixels, uint32_t last_channels, int8_t* output) {
  const uint32_t channels = l.packed.channels;
  for (uint32_t c = 0; c < channels; c += DepthwisePacked::kChannels) {
    int8_t* to = output + c;
    size_t at = 0;
    uint32_t x = 0;
    for (; x + 2 < pixels; x += 2, at += 2 * l.step, to += size_t{2} * channels) DepthwiseTile<2>(l, c, at, channels - c, to);
    for (; x < pixels; ++x, at += l.step, to += channels) DepthwiseTile<1>(l, c, at, (x + 1 < pixels ? channels : last_channels) - c, to);
  }
}

uint64_t DepthwiseScratchBytes(const ConvParams& p) {
  return x86::kAlignment + RowRing::Bytes(p) + uint64_t{2} * DepthwisePacked::Pairs(p) * sizeof(Value*);
}

MLS_TARGET Status RunDepthwiseConv2DAvx2(const void* params) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  auto* const memory = reinterpret_cast<std::byte*>(x86::RoundUp(reinterpret_cast<uintptr_t>(p.scratch), x86::kAlignment));
  RowRing ring(p, reinterpret_cast<Value*>(memory));
  auto** const taps = reinterpret_cast<const Value**>(memory + RowRing::Bytes(p));
  const DepthwisePacked& packed = DepthwisePacked::At(p.weights);
  const uint32_t at_once = DepthwisePacked::TwoAtOnce(p) ? 2 : 1;
  const uint32_t windows = (p.output_width + at_once - 1) / at_once, missing = windows * at_once - p.output_width;
  const DepthwiseLayer layer = {packed, Isa::RangeOf(p.requantization), taps,
                                size_t{p.stride_width} * p.input_channels * at_once};
  int8_t* output = p.output;
  for (int batch = 0; batch < p.batches; ++batch) {
    ring.Start(p.input + batch * p.input_height * p.input_width * p.input_channels);
    for (int y = 0; y < p.output_height; ++y) {
      ring.Advance(y);
      const Value** tap = taps;
      for (int ky = 0; ky < p.kernel_height; ++ky) {
        const Value* row = ring.Row(ky);
        for (size_t kx = 0; kx < p.kernel_width; ++kx) *tap++ = row + kx * p.dilation_width * p.input_channels;
      }
      if ((tap - taps) % 2 != 0) *tap = tap[-1];
      DepthwiseRow(layer, windows, packed.channels - missing * p.output_channels, output);
      output += size_t{p.output_width} * p.output_channels;
    }
  }
  return Status::kOk;
}

Status PlanDepthwiseConv2DX86(PlanContext& context) {
  ConvPlan plan;
  if (!ReadDepthwiseConv2D(context, plan)) return context.status();
  const ConvParams& p = plan.params;
  KernelChoice choice = {.kernel = RunDepthwiseConv2D};
  if (HasAvx2() && p.input_channels == p.output_channels && RowRing::Fits(p)) {
    choice = {.kernel = RunDepthwiseConv2DAvx2, .scratch_bytes = static_cast<uint32_t>(DepthwiseScratchBytes(p)),
              .packed_bytes = static_cast<uint32_t>(DepthwisePacked::Bytes(p)), .pack = DepthwisePacked::Make};
  } else if (KernelChoice dense; p.input_channels == 1 && (x86::PlanConv2DVnni(p, true, dense) || (HasAvx2() && PlanFastConv2D(p, true, dense)))) {
    choice = dense;
  }
  return CommitConv(context, plan, choice);
}

// --- ADD of two tensors of one shape -------------------------------------------------------------------------------------

// An input at the common scale: RoundingDivideByPowerOfTwo(RoundingDoublingHighMul(v 2^20, m), right) for v of nine bits. The
// product's lower 20 bits are zero, so it is v m / 2^11, rounded, and with m = a 2^11 + b all parts fit 32 bits.
struct AddScaler {
  __m256i offset, upper, lower, half, sign_mask;
  __m128i right;
  MLS_TARGET explicit AddScaler(const AddInput& input)
      : offset(_mm256_set1_epi32(input.offset)), upper(_mm256_set1_epi32(input.multiplier >> 11)), lower(_mm256_set1_epi32(input.multiplier & 2047)),
        half(_mm256_set1_epi32(input.shift == 0 ? 0 : 1 << (-input.shift - 1))), sign_mask(_mm256_set1_epi32(input.shift == 0 ? 0 : -1)),
        right(_mm_cvtsi32_si128(-input.shift)) {}
  MLS_TARGET inline __m256i operator()(__m256i x) const {
    const __m256i v = _mm256_add_epi32(x, offset);
    const __m256i low = _mm256_srai_epi32(_mm256_add_epi32(_mm256_mullo_epi32(v, lower), _mm256_set1_epi32(1 << 10)), 11);
    const __m256i high = _mm256_add_epi32(_mm256_mullo_epi32(v, upper), low);
    const __m256i negative = _mm256_and_si256(_mm256_srai_epi32(high, 31), sign_mask);
    return _mm256_sra_epi32(_mm256_add_epi32(_mm256_add_epi32(high, half), negative), right);
  }
};

MLS_TARGET void AddFlat(const AddParams& p, uint32_t count) {
  const AddScaler scale_a(p.inputs[0]), scale_b(p.inputs[1]);
  Block block{};
  for (uint32_t lane = 0; lane < Isa::kLanes; ++lane) x86::SetChannel(block, lane, p.multiplier, p.shift, p.offset, true);
  const Isa::Range range = {_mm_set1_epi8(p.range.min), _mm_set1_epi8(p.range.max)};
  for (uint32_t i = 0; i < count; i += 8) {
    const auto* a = reinterpret_cast<const __m128i*>(p.inputs[0].data + i);
    const auto* b = reinterpret_cast<const __m128i*>(p.inputs[1].data + i);
    const __m256i sum = _mm256_add_epi32(scale_a(_mm256_cvtepi8_epi32(_mm_loadl_epi64(a))), scale_b(_mm256_cvtepi8_epi32(_mm_loadl_epi64(b))));
    const __m256i value = Isa::Requantize(sum, block);
    Isa::Store<1>(&value, range, p.output + i);
  }
}

}  // namespace

uint32_t AddFlatFast(const AddParams& params, uint32_t count) {
  if (!HasAvx2() || (params.shift >= 0 && params.multiplier != 0)) return 0;
  AddFlat(params, count / 8 * 8);
  return count / 8 * 8;
}

constinit const OperatorRegistration kConv2D = {3, "CONV_2D", PlanConv2DX86};
constinit const OperatorRegistration kDepthwiseConv2D = {4, "DEPTHWISE_CONV_2D", PlanDepthwiseConv2DX86};
constinit const OperatorRegistration kFullyConnected = {9, "FULLY_CONNECTED", PlanFullyConnectedX86};

}  // namespace mls::engine
#endif
