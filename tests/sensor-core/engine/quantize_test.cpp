// Multipliers made of integers equal those that TensorFlow Lite makes of doubles.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "../../../sensor-core/src/engine/quantize.h"
#include "small_models.h"

namespace mls::engine {
namespace {

QuantizedMultiplier WithDoubles(float a, float b, float c) {
  const double value = static_cast<double>(a) * static_cast<double>(b) / static_cast<double>(c);
  if (value == 0) return {};
  int shift;
  int64_t fixed = std::llround(std::frexp(value, &shift) * 2147483648.0);
  if (fixed == int64_t{1} << 31) {
    fixed /= 2;
    ++shift;
  }
  if (shift < -31) return {};
  return {static_cast<int32_t>(fixed), shift};
}

void ExpectSame(float a, float b, float c) {
  const QuantizedMultiplier expected = WithDoubles(a, b, c), got = QuantizeRatio(a, b, c);
  ASSERT_EQ(got.multiplier, expected.multiplier) << std::hexfloat << a << " * " << b << " / " << c;
  ASSERT_EQ(got.shift, expected.shift) << std::hexfloat << a << " * " << b << " / " << c;
}

TEST(QuantizeRatio, EqualsDoubles) {
  test::Random random(1);
  for (int i = 0; i < 2'000'000; ++i) {
    const auto scale = [&random] {
      const uint32_t bits = static_cast<uint32_t>(random.Between(100, 130)) << 23 | (random.Next() & 0x7fffff);
      return std::bit_cast<float>(bits);
    };
    ExpectSame(scale(), scale(), scale());
  }
}

TEST(QuantizeRatio, EqualsDoublesAtTheEdges) {
  const float edges[] = {0.0f, 1e-45f, 1e-39f, 1.17549435e-38f, 1e-9f, 0.25f, 0.49999997f, 0.5f, 0.99999994f, 1.0f, 1.0000001f,
                         1.9999999f, 2.0f, 3.0f, 1.0f / 3, 255.0f, 16777215.0f, 3.4028235e38f};
  for (float a : edges) {
    for (float b : edges) {
      for (float c : edges) {
        if (c > 0) ExpectSame(a, b, c);
      }
    }
  }
}

// Quotients whose 31st bit is followed by almost, or exactly, one half.
TEST(QuantizeRatio, EqualsDoublesNearHalves) {
  test::Random random(2);
  for (int i = 0; i < 200'000; ++i) {
    const uint32_t c = 0x800000 | (random.Next() & 0x7fffff);
    // a * b close to (2 k + 1) c / 2^32: take a = 2^23 + small, and the b nearest to it.
    const uint64_t k = (uint64_t{1} << 31) + random.Next();
    const double target = (static_cast<double>(k) + 0.5) * c;
    const uint32_t a = 0x800000 | (random.Next() & 0x7fffff);
    int exponent;
    const float b = static_cast<float>(std::frexp(target / a, &exponent));
    ExpectSame(static_cast<float>(a), b, static_cast<float>(c));
  }
}

TEST(RoundToInt, RoundsHalvesAwayFromZeroAndSaturates) {
  EXPECT_EQ(RoundToInt(0.5f), 1);
  EXPECT_EQ(RoundToInt(-0.5f), -1);
  EXPECT_EQ(RoundToInt(0.49999997f), 0);
  EXPECT_EQ(RoundToInt(-2.5f), -3);
  EXPECT_EQ(RoundToInt(8388609.0f), 8388609);
  EXPECT_EQ(RoundToInt(3e9f), INT32_MAX);
  EXPECT_EQ(RoundToInt(-3e9f), INT32_MIN);
  EXPECT_EQ(RoundToInt(NAN), 0);
}

}  // namespace
}  // namespace mls::engine
