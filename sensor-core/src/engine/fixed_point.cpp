#include "fixed_point.h"

namespace mls::engine {
namespace {

constexpr int32_t kOne = std::numeric_limits<int32_t>::max();  // 1 in Q0.31, as near as it gets.

// x * 2^bits, saturating.
constexpr int32_t SaturatingShiftLeft(int32_t x, int bits) {
  const int32_t limit = (int32_t{1} << (31 - bits)) - 1;
  if (x > limit) return std::numeric_limits<int32_t>::max();
  if (x < -limit) return std::numeric_limits<int32_t>::min();
  return WrappingShiftLeft(x, bits);
}

constexpr int32_t RoundingHalfSum(int32_t a, int32_t b) {
  const int64_t sum = static_cast<int64_t>(a) + b;
  return static_cast<int32_t>((sum + (sum >= 0 ? 1 : -1)) / 2);
}

// exp(a) for a in [-1/4, 0], Q0.31: the Taylor series of degree 4 around -1/8.
int32_t ExpOnQuarter(int32_t a) {
  constexpr int32_t kExpOfMinusEighth = 1895147668;
  constexpr int32_t kOneThird = 715827883;
  const int32_t x = WrappingAdd(a, 1 << 28);
  const int32_t x2 = RoundingDoublingHighMul(x, x);
  const int32_t x3 = RoundingDoublingHighMul(x2, x);
  const int32_t x4 = RoundingDoublingHighMul(x2, x2);
  const int32_t x4_over_4 = RoundingDivideByPowerOfTwo(x4, 2);
  const int32_t tail = RoundingDivideByPowerOfTwo(
      WrappingAdd(RoundingDoublingHighMul(WrappingAdd(x4_over_4, x3), kOneThird), x2), 1);
  return WrappingAdd(kExpOfMinusEighth, RoundingDoublingHighMul(kExpOfMinusEighth, WrappingAdd(x, tail)));
}

}  // namespace

int32_t ExpOnNegativeValues(int32_t a, int integer_bits) {
  if (a == 0) return kOne;
  const int fraction_bits = 31 - integer_bits;
  const int32_t quarter = 1 << (fraction_bits - 2);
  // a = (part in [-1/4, 0)) - (a multiple of 1/4, whose exponential is a product of constants).
  const int32_t part = (a & (quarter - 1)) - quarter;
  int32_t result = ExpOnQuarter(SaturatingShiftLeft(part, integer_bits));
  const uint32_t multiples = static_cast<uint32_t>(part) - static_cast<uint32_t>(a);
  constexpr int32_t kExpOfMinusPower[] = {1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};
  for (int i = 0; i < integer_bits + 2; ++i) {  // exp(-1/4), exp(-1/2), exp(-1), ..., exp(-16)
    if (multiples >> (fraction_bits - 2 + i) & 1) result = RoundingDoublingHighMul(result, kExpOfMinusPower[i]);
  }
  return result;
}

namespace {

// 2 / (1 + a) for a in [0, 1], Q0.31 to Q2.29.
int32_t TwoOverOnePlusX(int32_t a) {
  // Newton's method for 1 / d with d = (1 + a) / 2 in [1/2, 1]; start 48/17 - 32/17 d; numbers in Q2.29.
  constexpr int32_t k48Over17 = 1515870810;
  constexpr int32_t kMinus32Over17 = -1010580540;
  const int32_t half_denominator = RoundingHalfSum(a, kOne);
  int32_t x = WrappingAdd(k48Over17, RoundingDoublingHighMul(half_denominator, kMinus32Over17));
  for (int i = 0; i < 3; ++i) {
    const int32_t product = RoundingDoublingHighMul(half_denominator, x);
    const int32_t error = WrappingAdd(1 << 29, static_cast<int32_t>(0u - static_cast<uint32_t>(product)));
    x = WrappingAdd(x, SaturatingShiftLeft(RoundingDoublingHighMul(x, error), 2));
  }
  return x;
}

}  // namespace

int32_t OneOverOnePlusX(int32_t a) { return SaturatingShiftLeft(TwoOverOnePlusX(a), 1); }

int32_t Logistic(int32_t a) {
  if (a == 0) return 1 << 30;
  const int32_t negative = a > 0 ? -a : a;
  const int32_t of_absolute = OneOverOnePlusX(ExpOnNegativeValues(negative, 4));
  return a > 0 ? of_absolute : kOne - of_absolute;
}

int32_t Tanh(int32_t a) {
  if (a == 0) return 0;
  // (1 - e) / (1 + e) = 2 / (1 + e) - 1 for e = exp(-2 |a|); twice Q4.27 is the same number in Q5.26.
  const int32_t e = ExpOnNegativeValues(a > 0 ? -a : a, 5);
  const int32_t of_absolute = SaturatingShiftLeft(TwoOverOnePlusX(e) - (1 << 29), 2);
  return a > 0 ? of_absolute : -of_absolute;
}

}  // namespace mls::engine
