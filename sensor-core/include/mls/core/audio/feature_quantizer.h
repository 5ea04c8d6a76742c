// FeatureQuantizer: audio features to the int8 numbers of a model's input tensor, without floating-point arithmetic.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "mls/interface/status.h"

namespace mls {

class FeatureQuantizer {
 public:
  FeatureQuantizer() = default;

  // `scale` and `zero_point` are those of the model's input tensor. kOutOfRange: the scale is not a number from 2^-20
  // to 2^11, or the zero point is not an int8.
  static constexpr Result<FeatureQuantizer> Make(float scale, int32_t zero_point) {
    // value / scale = value * 2^k / mantissa: from the bits of the float every target derives the same numbers.
    const uint32_t bits = std::bit_cast<uint32_t>(scale);
    const uint32_t exponent = bits >> 23;
    if (exponent < 107 || exponent > 137 || zero_point < -128 || zero_point > 127) return Status::kOutOfRange;
    const uint32_t mantissa = (bits & 0x7FFFFF) | 0x800000;
    FeatureQuantizer quantizer;
    quantizer.multiplier_ = ((uint64_t{1} << 55) + mantissa / 2) / mantissa;
    quantizer.shift_ = static_cast<uint8_t>(exponent - 79);
    quantizer.zero_point_ = static_cast<int8_t>(zero_point);
    return quantizer;
  }

  // `feature_q16`: value times 65536. Nearest step, half away from zero, plus the zero point, saturated.
  constexpr int8_t operator()(int32_t feature_q16) const {
    const uint64_t size = feature_q16 < 0 ? uint64_t{0} - static_cast<uint64_t>(int64_t{feature_q16})
                                          : static_cast<uint64_t>(feature_q16);
    const auto steps = static_cast<int64_t>((size * multiplier_ + (uint64_t{1} << (shift_ - 1))) >> shift_);
    return static_cast<int8_t>(std::clamp<int64_t>((feature_q16 < 0 ? -steps : steps) + zero_point_, -128, 127));
  }

 private:
  uint64_t multiplier_ = uint64_t{1} << 32;  // For scale 1: 2^32 / 2^48.
  uint8_t shift_ = 48;
  int8_t zero_point_ = 0;
};

}  // namespace mls
