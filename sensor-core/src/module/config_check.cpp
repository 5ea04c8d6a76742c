#include "mls/core/module/config_check.h"

namespace mls {
namespace {

constexpr uint8_t kRecordVersion = 1;

constexpr uint8_t AllBits(std::span<const NamedValue> bits) {
  uint32_t all = 0;
  for (const NamedValue& bit : bits) all |= bit.value;
  return static_cast<uint8_t>(all);
}
constexpr uint8_t kAllReportBits = AllBits(kReportBits);
constexpr uint8_t kAllOrientationBits = AllBits(kOrientationBits);
constexpr uint8_t kAllInterruptModeBits = AllBits(kInterruptModeBits);

}  // namespace

CommandVerdict CheckConfig(const Config& config, uint32_t capabilities, uint8_t power_modes) {
  using enum Verdict;
  const auto mode = static_cast<uint8_t>(config.power_mode);
  // A threshold of 0 would be reached by anything.
  const auto is_threshold = [](uint16_t permille) { return permille >= 1 && permille <= 1000; };
  if (!is_threshold(config.high_threshold_permille)) {
    return {kOutOfRange, kReg<"config.high_threshold_permille">.kAddress};
  }
  if (!is_threshold(config.low_threshold_permille)) {
    return {kOutOfRange, kReg<"config.low_threshold_permille">.kAddress};
  }
  if (config.low_threshold_permille > config.high_threshold_permille) {
    return {kContradiction, kReg<"config.low_threshold_permille">.kAddress};
  }
  if (config.average_count < 1 || config.average_count > 16) {
    return {kOutOfRange, kReg<"config.average_count">.kAddress};
  }
  if (config.consecutive_count < 1) return {kOutOfRange, kReg<"config.consecutive_count">.kAddress};
  if (config.report & ~kAllReportBits) return {kOutOfRange, kReg<"config.report">.kAddress};
  if (config.orientation & ~kAllOrientationBits) return {kOutOfRange, kReg<"config.orientation">.kAddress};
  if (config.orientation != 0 && !(capabilities & kCanRotate)) {
    return {kUnsupported, kReg<"config.orientation">.kAddress};
  }
  if (config.interrupt_mode & ~kAllInterruptModeBits) return {kOutOfRange, kReg<"config.interrupt_mode">.kAddress};
  if (config.interrupt_mode != 0 && !(capabilities & kHasInterruptLine)) {
    return {kUnsupported, kReg<"config.interrupt_mode">.kAddress};
  }
  if ((config.interrupt_mode & kPulse) && (config.interrupt_mode & kMirrorPresence)) {
    return {kContradiction, kReg<"config.interrupt_mode">.kAddress};
  }
  if (mode > static_cast<uint8_t>(PowerMode::kContinuous)) return {kOutOfRange, kReg<"config.power_mode">.kAddress};
  if (!(power_modes >> mode & 1)) return {kUnsupported, kReg<"config.power_mode">.kAddress};
  return {};
}

std::array<uint8_t, kConfigRecordBytes> EncodeConfigRecord(const Config& config) {
  std::array<uint8_t, kConfigRecordBytes> record{kRecordVersion};
  EncodeWindow(config, std::span(record).subspan(1));
  return record;
}

Result<Config> DecodeConfigRecord(std::span<const uint8_t> record) {
  if (record.size() != kConfigRecordBytes) return Status::kCorrupt;
  const Result<Config> config = DecodeWindow<Config>(record.subspan(1));
  if (!config.ok()) return Status::kCorrupt;
  if (record[0] != kRecordVersion) return Status::kUnsupported;
  return config;
}

}  // namespace mls
