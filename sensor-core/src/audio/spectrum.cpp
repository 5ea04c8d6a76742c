#include "spectrum.h"

#include <algorithm>

#include "fixed_point.h"
#include "tables.h"

namespace mls {
namespace {

using audio_tables::kCosineQ30;
using audio_tables::kHannQ30;

constexpr int kTwiddleBits = 30;

struct Complex {
  int64_t re;
  int64_t im;
};

// value * exp(-2 pi i angle / 512) for angle 0..256.
Complex Turn(Complex value, int angle) {
  const int64_t cosine = angle <= 128 ? kCosineQ30[angle] : -kCosineQ30[256 - angle];
  const int64_t sine = angle <= 128 ? kCosineQ30[128 - angle] : kCosineQ30[angle - 128];
  return {RoundShift(value.re * cosine + value.im * sine, kTwiddleBits),
          RoundShift(value.im * cosine - value.re * sine, kTwiddleBits)};
}

constexpr uint32_t ReverseBits8(uint32_t value) {
  value = ((value & 0x55) << 1) | ((value >> 1) & 0x55);
  value = ((value & 0x33) << 2) | ((value >> 2) & 0x33);
  return ((value & 0x0F) << 4) | (value >> 4);
}

}  // namespace

void ComputeSpectrum(std::span<const int16_t, 480> samples, std::span<int32_t, 512> spectrum) {
  std::fill(spectrum.begin(), spectrum.end(), 0);
  for (uint32_t n = 0; n < 480; ++n) {
    const int64_t weight = kHannQ30[n <= 240 ? n : 480 - n];
    spectrum[2 * ReverseBits8(n >> 1) + (n & 1)] = static_cast<int32_t>(RoundShift(samples[n] * weight, 22));
  }
  for (int half = 1; half < 256; half *= 2) {
    for (int k = 0; k < half; ++k) {
      for (int block = 0; block < 256; block += 2 * half) {
        int32_t* const even = &spectrum[static_cast<size_t>(2 * (block + k))];
        int32_t* const odd = even + 2 * half;
        const Complex turned = Turn({odd[0], odd[1]}, k * (256 / half));
        odd[0] = static_cast<int32_t>(even[0] - turned.re);
        odd[1] = static_cast<int32_t>(even[1] - turned.im);
        even[0] = static_cast<int32_t>(even[0] + turned.re);
        even[1] = static_cast<int32_t>(even[1] + turned.im);
      }
    }
  }
}

uint32_t BinMagnitude(std::span<const int32_t, 512> spectrum, int bin) {
  // X[k] = E[k] + W^k O[k], the transforms of the even and the odd samples, both kept doubled.
  const auto at = static_cast<size_t>(2 * (bin & 255));
  const auto mirror = static_cast<size_t>(2 * (-bin & 255));
  const Complex value{spectrum[at], spectrum[at + 1]};
  const Complex mirrored{spectrum[mirror], spectrum[mirror + 1]};
  const Complex odd = Turn({value.im + mirrored.im, mirrored.re - value.re}, bin);
  const auto re = static_cast<uint64_t>(value.re + mirrored.re + odd.re);
  const auto im = static_cast<uint64_t>(value.im - mirrored.im + odd.im);
  return ApproximateRoot(re * re + im * im);  // Squares modulo 2^64: exact, as the sum stays below 2^64.
}

}  // namespace mls
