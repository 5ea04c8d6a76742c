// The fixed-point arithmetic of TensorFlow Lite's quantised reference kernels (double rounding), as defined by
// gemmlowp's fixedpoint.h and tensorflow/lite/kernels/internal/common.h. Overflow wraps, as it does there on real
// machines.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

namespace mls::engine {

constexpr int32_t WrappingAdd(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
}
constexpr int32_t WrappingShiftLeft(int32_t a, int bits) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) << bits);
}

// a * b / 2^31, rounded to nearest, half up; the one overflow saturates. (gemmlowp writes it with a truncating division
// and a sign-dependent nudge; over all products this is the same.)
constexpr int32_t RoundingDoublingHighMul(int32_t a, int32_t b) {
  if (a == b && a == std::numeric_limits<int32_t>::min()) return std::numeric_limits<int32_t>::max();
  return static_cast<int32_t>((static_cast<int64_t>(a) * b + (int64_t{1} << 30)) >> 31);
}

// x / 2^exponent, rounded to nearest, half away from zero. Exponent 0 to 31.
constexpr int32_t RoundingDivideByPowerOfTwo(int32_t x, int exponent) {
  const int32_t mask = static_cast<int32_t>((int64_t{1} << exponent) - 1);
  const int32_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return (x >> exponent) + ((x & mask) > threshold ? 1 : 0);
}

// x * multiplier * 2^(shift - 31); shift -31 to 30.
constexpr int32_t MultiplyByQuantizedMultiplier(int32_t x, int32_t multiplier, int shift) {
  const int left = shift > 0 ? shift : 0;
  const int right = shift > 0 ? 0 : -shift;
  return RoundingDivideByPowerOfTwo(RoundingDoublingHighMul(WrappingShiftLeft(x, left), multiplier), right);
}

// The same for the wide sums of int16 models, with a multiplier of 16 bits and one rounding; shift -31 to 7.
constexpr int32_t MultiplyWideByQuantizedMultiplier(int64_t x, int32_t multiplier, int shift) {
  const int32_t upper_half = multiplier < 0x7fff0000 ? (multiplier + (1 << 15)) >> 16 : 0x7fff;
  const int right = 15 - shift;
  const uint64_t product =
      static_cast<uint64_t>(x) * static_cast<uint64_t>(int64_t{upper_half}) + (uint64_t{1} << (right - 1));
  return static_cast<int32_t>(static_cast<int64_t>(product) >> right);
}

constexpr int8_t ClampToInt8(int32_t x, int32_t low = -128, int32_t high = 127) {
  return static_cast<int8_t>(std::min(std::max(x, low), high));
}

// exp(a) for a <= 0 with `integer_bits` (4 or 5) before the point, as Q0.31.
int32_t ExpOnNegativeValues(int32_t a, int integer_bits);
// 1 / (1 + a) for a in [0, 1], Q0.31 to Q0.31.
int32_t OneOverOnePlusX(int32_t a);
// 1 / (1 + exp(-a)) for a in Q4.27, as Q0.31.
int32_t Logistic(int32_t a);
// The hyperbolic tangent of a in Q4.27, as Q0.31.
int32_t Tanh(int32_t a);

}  // namespace mls::engine
