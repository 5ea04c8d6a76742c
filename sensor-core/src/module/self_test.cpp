#include "mls/core/module/self_test.h"

#include <array>

namespace mls {
namespace {

// One entry for each half byte.
constexpr std::array<uint32_t, 16> kCrcTable = [] {
  std::array<uint32_t, 16> table{};
  for (uint32_t i = 0; i < 16; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 4; ++bit) crc = (crc & 1) ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
    table[i] = crc;
  }
  return table;
}();

}  // namespace

uint32_t Crc32(std::span<const uint8_t> bytes, uint32_t before) {
  uint32_t crc = ~before;
  for (uint8_t byte : bytes) {
    crc = (crc >> 4) ^ kCrcTable[(crc ^ byte) & 15];
    crc = (crc >> 4) ^ kCrcTable[(crc ^ (byte >> 4)) & 15];
  }
  return ~crc;
}

Result<uint32_t> KnownAnswer(InferenceEngine& engine) {
  if (!engine.ready()) return Status::kNotReady;
  uint32_t state = 1;
  for (int i = 0; i < engine.input_count(); ++i) {
    for (int8_t& element : engine.input(i)) {
      state = state * 1664525 + 1013904223;
      element = static_cast<int8_t>(state >> 24);
    }
  }
  const Status status = engine.Invoke();
  if (status != Status::kOk) return status;
  uint32_t crc = 0;
  for (int i = 0; i < engine.output_count(); ++i) {
    const std::span<const int8_t> output = engine.output(i);
    crc = Crc32({reinterpret_cast<const uint8_t*>(output.data()), output.size()}, crc);
  }
  return crc;
}

}  // namespace mls
