// What the self-test compares.
#pragma once

#include <span>

#include "mls/core/engine/engine.h"

namespace mls {

// CRC-32 as in Ethernet and zlib (polynomial 0x04C11DB7, reflected; "123456789" gives 0xCBF43926). To go on with more
// bytes, pass what the bytes before gave.
uint32_t Crc32(std::span<const uint8_t> bytes, uint32_t before = 0);

// Runs the model on a fixed input and returns the CRC-32 of all its outputs. The same on every target, so a tool can
// compute it once and store it beside the model. The input: bytes s >> 24 of s = s * 1664525 + 1013904223 (the "quick"
// generator of Press et al., Numerical Recipes), s = 1 at first; all inputs in one row. kNotReady: no model;
// otherwise as Invoke.
Result<uint32_t> KnownAnswer(InferenceEngine& engine);

}  // namespace mls
