// What `mlsensor models pack` adds to a model file: what kernels would otherwise work out of the weights at each
// inference. It is the buffer of a metadata entry named "mlsensor_packed", which other readers of the file pass over.
// In 32-bit words, little-endian:
//
//   0  "MLSP"          3  checksum of all that follows (PackedChecksum)
//   1  version: 1      4  where the original file begins, whole and unchanged, in this one     6 to 13  its SHA-256
//   2  entries         5  its bytes                                                            14, 15   0
//   16 ...             entries of four words: operator, layout, offset in the buffer, bytes; then their data
//
// Data are numbers: no byte of them is taken for an index, a size or an address. So a damaged file gives an error, and
// one that was made to mislead gives wrong results, as wrong weights would.
#pragma once

#include <cstdint>
#include <span>

namespace mls::engine {

constexpr char kPackedName[] = "mlsensor_packed";
constexpr uint32_t kPackedMagic = 0x50534c4d;
constexpr uint32_t kPackedVersion = 1;
constexpr uint32_t kPackedHeaderWords = 16, kPackedEntryWords = 4;

// Layouts; a change of what is in one gives it a new number.
// CONV_2D and FULLY_CONNECTED on int8: for each output channel, int32: bias + (minus the input's zero point) * sum of
// its weights.
constexpr uint32_t kPackedSums = 1;

// FNV-1a over words: notices whatever happens to one of them.
uint32_t PackedChecksum(std::span<const uint8_t> words);

}  // namespace mls::engine
