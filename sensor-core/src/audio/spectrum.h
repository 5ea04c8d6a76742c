// Windowed 512-point real FFT in integers.
#pragma once

#include <cstdint>
#include <span>

namespace mls {

// Half-length complex spectrum (256 pairs re, im) of 480 windowed samples, zeros after, in units of
// 2^-23 of full scale.
void ComputeSpectrum(std::span<const int16_t, 480> samples, std::span<int32_t, 512> spectrum);

// Magnitude of frequency bin 0..256 of the 512-point transform, in units of 2^-24 of full scale.
uint32_t BinMagnitude(std::span<const int32_t, 512> spectrum, int bin);

}  // namespace mls
