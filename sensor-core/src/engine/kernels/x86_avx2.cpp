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

  MLS_TARGET static inline Vector Load(const void* from) {
    return _mm256_loadu_si256(static_cast<const Vector*>(from));
  }
  MLS_TARGET static inline Vector LoadWeights(const int8_t* from) {
    return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
  }
  MLS_TARGET static inline Vector Broadcast(const Value* from) {
    int32_t two;
    std::memcpy(&two, from, sizeof two);
    return _mm256_set1_epi32(two);
  }
  MLS_TARGET static inline Vector AddProducts(Vector sums, Vector values, Vector weights) {
    return _mm256_add_epi32(sums, _mm256_madd_epi16(values, weights));
  }

  MLS_TARGET static inline Vector InterleaveLow(Vector a, Vector b) { return _mm256_unpacklo_epi16(a, b); }
  MLS_TARGET static inline Vector InterleaveHigh(Vector a, Vector b) { return _mm256_unpackhi_epi16(a, b); }

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

  MLS_TARGET static inline Range RangeOf(const Requantization& r) {
    return {_mm_set1_epi8(r.min), _mm_set1_epi8(r.max)};
  }
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

using Words = Isa;

#include "x86_dense.h"

Status PlanConv2DX86(PlanContext& context) {
  ConvPlan plan;
  if (!ReadConv2D(context, plan)) return context.status();
  KernelChoice fast;
  const bool fits =
      plan.params.group_channels == plan.params.input_channels &&
      (x86::PlanConv2DVnni(plan.params, false, fast) || (HasAvx2() && PlanFastConv2D(plan.params, false, fast)));
  return CommitConv(context, plan, fits && HasRoom(context, fast) ? fast : KernelChoice{.kernel = RunConv2D});
}

// --- FULLY_CONNECTED on one vector: every weight is used once, so that bytes are multiplied as they are -------------
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
    return 2 * x86::kAlignment + ColumnBytes(added) +
           PackedBytes::Bytes(outputs, 1, static_cast<uint32_t>(x86::RoundUp(depth, 2) + 2 * added));
  }
  static void Make(void* params, void* memory) {
    auto& p = *static_cast<FullyConnectedParams*>(params);
    auto* const start =
        reinterpret_cast<std::byte*>(x86::RoundUp(reinterpret_cast<uintptr_t>(memory), x86::kAlignment));
    auto* const columns = reinterpret_cast<uint32_t*>(start + x86::kAlignment);
    const x86::SplitWeights w(
        {p.weights, p.bias, p.outputs, 1, p.depth, p.depth, 1, p.input_offset, p.per_channel, &p.requantization},
        columns);
    const int8_t* const weights = PackedBytes::Make(w, start + x86::kAlignment + ColumnBytes(w.added));
    p.weights = reinterpret_cast<const int8_t*>(
        new (start) VectorPacked{&PackedBytes::At(weights), columns, w.added, w.Start()});
  }
};

template <uint32_t kBlocks>
MLS_TARGET inline void VectorTile(const PackedBytes& packed, uint32_t block, const int8_t* x, const Layer& l,
                                  int8_t* output) {
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
    StoreBytes<Isa, std::min(kBlocks, 2u)>(sums + b, l.range, l.channels - first - b * ByteIsa::kLanes,
                                           output + first + b * ByteIsa::kLanes);
  }
}

MLS_TARGET Status RunVectorAvx2(const void* params) {
  const FullyConnectedParams& p = *static_cast<const FullyConnectedParams*>(params);
  const auto& v = *std::launder(reinterpret_cast<const VectorPacked*>(p.weights));
  const Layer layer(p.outputs, p.requantization);
  auto* const x = static_cast<int8_t*>(p.scratch);
  uint32_t i = 0;
  for (; i + 32 <= p.depth; i += 32) {
    _mm256_storeu_si256(reinterpret_cast<Vector*>(x + i),
                        _mm256_xor_si256(Isa::Load(p.input + i), _mm256_set1_epi8(-128)));
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

bool PlanVector(const Tensor& weights, uint32_t depth, uint32_t outputs, KernelChoice& choice) {
  const auto* data = reinterpret_cast<const int8_t*>(weights.constant);
  const x86::SplitWeights split(
      {.data = data, .channels = outputs, .segments = 1, .segment = depth, .channel_stride = depth, .stride = 1},
      nullptr);
  const uint64_t bytes = VectorPacked::Bytes(outputs, depth, split.added);
  if (split.added > depth / 4 || bytes > x86::kMostBytes) return false;
  choice = {.kernel = RunVectorAvx2,
            .scratch_bytes = static_cast<uint32_t>(VectorPacked::ScratchBytes(depth, split.added)),
            .packed_bytes = static_cast<uint32_t>(bytes),
            .pack = VectorPacked::Make};
  return true;
}

Status PlanFullyConnectedX86(PlanContext& context) {
  ConvTensors t;
  if (!ReadConvTensors(context, t, 2, 0)) return context.status();
  const auto outputs = static_cast<uint32_t>(t.weights.dims[0]), depth = static_cast<uint32_t>(t.weights.dims[1]);
  const uint32_t batches = t.input.elements / depth;
  KernelChoice fast;
  const bool fits = batches > 0 && (x86::PlanFullyConnectedVnni(batches, depth, outputs, fast) ||
                                    (HasAvx2() && ((batches == 1 && PlanVector(t.weights, depth, outputs, fast)) ||
                                                   PlanFastFullyConnected(batches, depth, outputs, fast))));
  return CommitFullyConnected(context, t,
                              fits && HasRoom(context, fast) ? fast : KernelChoice{.kernel = RunFullyConnected});
}

#include "x86_depthwise.h"

Status PlanDepthwiseConv2DX86(PlanContext& context) {
  ConvPlan plan;
  if (!ReadDepthwiseConv2D(context, plan)) return context.status();
  const ConvParams& p = plan.params;
  KernelChoice fast;
  const bool fits = p.input_channels == 1
                        ? x86::PlanConv2DVnni(p, true, fast) || (HasAvx2() && PlanFastConv2D(p, true, fast))
                        : x86::PlanDepthwiseVnni(p, fast) || (HasAvx2() && PlanFastDepthwise(p, fast));
  return CommitConv(context, plan, fits && HasRoom(context, fast) ? fast : KernelChoice{.kernel = RunDepthwiseConv2D});
}

// --- ADD of two tensors of one shape --------------------------------------------------------------------------------

// An input at the common scale: RoundingDivideByPowerOfTwo(RoundingDoublingHighMul(v 2^20, m), right) for v of nine
// bits. The product's lower 20 bits are zero, so it is v m / 2^11, rounded, and with m = a 2^11 + b all parts fit 32
// bits.
struct AddScaler {
  __m256i offset, upper, lower, half, sign_mask;
  __m128i right;
  MLS_TARGET explicit AddScaler(const AddInput& input)
      : offset(_mm256_set1_epi32(input.offset)),
        upper(_mm256_set1_epi32(input.multiplier >> 11)),
        lower(_mm256_set1_epi32(input.multiplier & 2047)),
        half(_mm256_set1_epi32(input.shift == 0 ? 0 : 1 << (-input.shift - 1))),
        sign_mask(_mm256_set1_epi32(input.shift == 0 ? 0 : -1)),
        right(_mm_cvtsi32_si128(-input.shift)) {}
  MLS_TARGET inline __m256i operator()(__m256i x) const {
    const __m256i v = _mm256_add_epi32(x, offset);
    const __m256i low =
        _mm256_srai_epi32(_mm256_add_epi32(_mm256_mullo_epi32(v, lower), _mm256_set1_epi32(1 << 10)), 11);
    const __m256i high = _mm256_add_epi32(_mm256_mullo_epi32(v, upper), low);
    const __m256i negative = _mm256_and_si256(_mm256_srai_epi32(high, 31), sign_mask);
    return _mm256_sra_epi32(_mm256_add_epi32(_mm256_add_epi32(high, half), negative), right);
  }
};

MLS_TARGET void AddFlat(const AddParams& p, uint32_t count) {
  const AddScaler scale_a(p.inputs[0]), scale_b(p.inputs[1]);
  Block block{};
  for (uint32_t lane = 0; lane < Isa::kLanes; ++lane) {
    x86::SetChannel(block, lane, p.multiplier, p.shift, p.offset, true);
  }
  const Isa::Range range = {_mm_set1_epi8(p.range.min), _mm_set1_epi8(p.range.max)};
  for (uint32_t i = 0; i < count; i += 8) {
    const auto* a = reinterpret_cast<const __m128i*>(p.inputs[0].data + i);
    const auto* b = reinterpret_cast<const __m128i*>(p.inputs[1].data + i);
    const __m256i sum = _mm256_add_epi32(scale_a(_mm256_cvtepi8_epi32(_mm_loadl_epi64(a))),
                                         scale_b(_mm256_cvtepi8_epi32(_mm_loadl_epi64(b))));
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
