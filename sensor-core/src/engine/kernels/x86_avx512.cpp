// CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED for x86-64 with AVX-512 VNNI: four products of an unsigned and a
// signed byte, or two of words, to a sum, exactly.
#include "x86_packing.h"

#ifdef MLS_ENGINE_X86
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored \
    "-Wmaybe-uninitialized"  // About the intrinsics themselves: https://gcc.gnu.org/bugzilla/show_bug.cgi?id=105593
#endif
#include <immintrin.h>

#define MLS_TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))

namespace mls::engine {
namespace {

bool HasVnni() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
         __builtin_cpu_supports("avx512vl") != 0 && __builtin_cpu_supports("avx512vnni") != 0;
}

// Inputs plus 128, which the bias takes back.
struct Isa {
  using Value = uint8_t;
  using Vector = __m512i;
  using Block = x86::ChannelBlock<16>;
  struct Range {
    __m128i low, high;
  };
  static constexpr uint32_t kLanes = 16, kGroup = 4;
  static constexpr int32_t kValueOffset = 128;

  static constexpr uint32_t Channel(uint32_t block, uint32_t lane) { return block * kLanes + lane; }

  MLS_TARGET static inline Vector Load(const void* from) { return _mm512_loadu_si512(from); }
  MLS_TARGET static inline Vector LoadWeights(const int8_t* from) { return Load(from); }
  MLS_TARGET static inline Vector Broadcast(const Value* from) {
    int32_t four;
    std::memcpy(&four, from, sizeof four);
    return _mm512_set1_epi32(four);
  }
  MLS_TARGET static inline Vector AddProducts(Vector sums, Vector values, Vector weights) {
    return _mm512_dpbusd_epi32(sums, values, weights);
  }

  MLS_TARGET static inline void Expand(const int8_t* from, size_t count, Value* to) {
    const Vector offset = _mm512_set1_epi8(-128);
    size_t i = 0;
    for (; i + 64 <= count; i += 64) _mm512_storeu_si512(to + i, _mm512_xor_si512(Load(from + i), offset));
    if (i == count) return;
    const __mmask64 rest = ~__mmask64{0} >> (64 - (count - i));
    _mm512_mask_storeu_epi8(to + i, rest, _mm512_xor_si512(_mm512_maskz_loadu_epi8(rest, from + i), offset));
  }
  static void Fill(Value* to, size_t count, int8_t value) { std::memset(to, static_cast<uint8_t>(value) ^ 128, count); }

  MLS_TARGET static inline Vector Requantize(Vector x, const Block& b) {
    const Vector odd = _mm512_srli_epi64(x, 32), sign = _mm512_set1_epi64(int64_t{1} << 31);
    const Vector multiplier = Load(b.multiplier);
    Vector even_product = _mm512_add_epi64(_mm512_mul_epi32(x, multiplier), Load(b.even_add));
    Vector odd_product = _mm512_add_epi64(_mm512_mul_epi32(odd, _mm512_srli_epi64(multiplier, 32)), Load(b.odd_add));
    even_product = _mm512_sub_epi64(even_product, _mm512_and_si512(x, sign));
    odd_product = _mm512_sub_epi64(odd_product, _mm512_and_si512(odd, sign));
    even_product = _mm512_srlv_epi64(even_product, Load(b.even_shift));
    odd_product = _mm512_srlv_epi64(odd_product, Load(b.odd_shift));
    return _mm512_add_epi32(_mm512_mask_blend_epi32(0xaaaa, even_product, odd_product), Load(b.offset));
  }

  MLS_TARGET static inline Range RangeOf(const Requantization& r) {
    return {_mm_set1_epi8(r.min), _mm_set1_epi8(r.max)};
  }
  template <uint32_t kBlocks>
  MLS_TARGET static inline void Store(const Vector* values, const Range& range, int8_t* to) {
    for (uint32_t b = 0; b < kBlocks; ++b) {
      const __m128i bytes = _mm_min_epi8(_mm_max_epi8(_mm512_cvtsepi32_epi8(values[b]), range.low), range.high);
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to + b * kLanes), bytes);
    }
  }
};

// Products of 16-bit values, two to a sum.
struct Words : Isa {
  using Value = int16_t;

  // Packing takes four of one vector, then four of the other.
  static constexpr uint32_t Channel(uint32_t block, uint32_t lane) { return lane / 4 * 8 + block * 4 + lane % 4; }

  MLS_TARGET static inline Vector AddProducts(Vector sums, Vector values, Vector weights) {
    return _mm512_dpwssd_epi32(sums, values, weights);
  }
  MLS_TARGET static inline Vector InterleaveLow(Vector a, Vector b) { return _mm512_unpacklo_epi16(a, b); }
  MLS_TARGET static inline Vector InterleaveHigh(Vector a, Vector b) { return _mm512_unpackhi_epi16(a, b); }

  MLS_TARGET static inline void Expand(const int8_t* from, size_t count, Value* to) {
    for (size_t i = 0; i < count; i += 32) {
      const __mmask32 rest = count - i >= 32 ? ~__mmask32{0} : (__mmask32{1} << (count - i)) - 1;
      _mm512_mask_storeu_epi16(to + i, rest, _mm512_cvtepi8_epi16(_mm256_maskz_loadu_epi8(rest, from + i)));
    }
  }
  static void Fill(Value* to, size_t count, int8_t value) { std::fill_n(to, count, value); }

  template <uint32_t kBlocks>
  MLS_TARGET static inline void Store(const Vector* values, const Range& range, int8_t* to) {
    static_assert(kBlocks == 2);
    const __m256i bytes = _mm512_cvtsepi16_epi8(_mm512_packs_epi32(values[0], values[1]));
    const __m256i low = _mm256_broadcastsi128_si256(range.low), high = _mm256_broadcastsi128_si256(range.high);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm256_min_epi8(_mm256_max_epi8(bytes, low), high));
  }
};

#include "x86_dense.h"

#include "x86_depthwise.h"

}  // namespace

namespace x86 {

bool PlanConv2DVnni(const ConvParams& params, bool depthwise, KernelChoice& choice) {
  return HasVnni() && PlanFastConv2D(params, depthwise, choice);
}
bool PlanDepthwiseVnni(const ConvParams& params, KernelChoice& choice) {
  return HasVnni() && PlanFastDepthwise(params, choice);
}
bool PlanFullyConnectedVnni(uint32_t batches, uint32_t depth, uint32_t outputs, KernelChoice& choice) {
  return HasVnni() && PlanFastFullyConnected(batches, depth, outputs, choice);
}

}  // namespace x86
}  // namespace mls::engine
#endif
