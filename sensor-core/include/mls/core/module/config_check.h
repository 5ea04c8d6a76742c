// What a configuration must fulfil before it takes effect, and how it is kept without power.
#pragma once

#include <array>
#include <span>

#include "mls/interface/windows.h"

namespace mls {

// The answer to a command: what became of it, and the register address of the field that it is about (0 for none).
struct CommandVerdict {
  Verdict verdict = Verdict::kDone;
  uint8_t field = 0;
  friend bool operator==(const CommandVerdict&, const CommandVerdict&) = default;
};

// kDone: may take effect. kOutOfRange, kContradiction, kUnsupported: names the first field, in the order of the
// registers, that must change. `capabilities` decide about orientation and interrupt mode; bit n of `power_modes` tells
// that PowerMode n is supported.
CommandVerdict CheckConfig(const Config& config, uint32_t capabilities, uint8_t power_modes);

// The record in a ConfigStore: a version byte, then the config window with its CRC.
inline constexpr size_t kConfigRecordBytes = 1 + kWindowOf<Config>.size_bytes;
std::array<uint8_t, kConfigRecordBytes> EncodeConfigRecord(const Config& config);
// kCorrupt: not such a record, or damaged. kUnsupported: of another version.
Result<Config> DecodeConfigRecord(std::span<const uint8_t> record);

}  // namespace mls
