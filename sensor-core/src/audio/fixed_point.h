// Integer arithmetic of the audio front end, the same in frontend.py.
#pragma once

#include <bit>
#include <cstdint>

#include "tables.h"

namespace mls {

constexpr int64_t RoundShift(int64_t value, int bits) { return (value + (int64_t{1} << (bits - 1))) >> bits; }

// Rounded square root of the leading 31 or 32 bits, shifted back: relative error below 2^-15, values below 2^63.9.
constexpr uint32_t ApproximateRoot(uint64_t value) {
  const int shift = (static_cast<int>(std::bit_width(static_cast<uint32_t>(value >> 32))) + 1) >> 1;
  uint32_t rest = static_cast<uint32_t>(value >> (2 * shift));
  uint32_t root = 0;
  for (uint32_t bit = uint32_t{1} << 30; bit != 0; bit >>= 2) {
    if (rest >= root + bit) {
      rest -= root + bit;
      root = (root >> 1) + bit;
    } else {
      root >>= 1;
    }
  }
  if (rest > root) ++root;
  return root << shift;
}

// 16-bit float: below 4096 the value itself; above, 12 significant bits, rounded half up, and an exponent.
constexpr uint16_t PackEnergy(uint64_t value) {
  const int width = static_cast<int>(std::bit_width(value));
  const int shift = width > 12 ? width - 12 : 0;
  const uint64_t mantissa = shift > 0 ? (value + ((uint64_t{1} << shift) >> 1)) >> shift : value;
  const uint64_t packed = (static_cast<uint64_t>(shift) << 11) + mantissa;
  return packed > 0xFFFF ? uint16_t{0xFFFF} : static_cast<uint16_t>(packed);
}

constexpr uint64_t UnpackEnergy(uint16_t packed) {
  const int exponent = packed >= 4096 ? (packed >> 11) - 1 : 0;
  return static_cast<uint64_t>(packed - (exponent << 11)) << exponent;
}

// log2 of a value from 1 to 2^62, Q16: table with linear interpolation, error below 4.5e-5.
constexpr int32_t Log2Q16(uint64_t value) {
  const int width = static_cast<int>(std::bit_width(value));
  const uint64_t aligned = width > 32 ? value >> (width - 32) : value << (32 - width);
  const uint32_t fraction = static_cast<uint32_t>(aligned) & 0x7FFFFFFF;
  const uint32_t low = audio_tables::kLog2Q24[fraction >> 25];
  const uint32_t high = audio_tables::kLog2Q24[(fraction >> 25) + 1];
  const uint64_t between = (uint64_t{high - low} * ((fraction >> 9) & 0xFFFF)) >> 16;
  return ((width - 1) << 16) + static_cast<int32_t>((low + between + 128) >> 8);
}

}  // namespace mls
