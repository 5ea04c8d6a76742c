// The windows as plain structures, with one encoder and one decoder for all of them.
//
// A structure lists its fields once, in Fields(): the codec, the JSON output and the Python constants take the names from there,
// so a field is named like its register without the window's prefix. Page, index, reserved bytes and CRC are the codec's business.
#pragma once

#include <concepts>

#include "mls/interface/crc16.h"
#include "mls/interface/register_map.h"

namespace mls {

using Sha256 = std::array<uint8_t, 32>;

struct Ident {
  static constexpr WindowIndex kWindow = kIdentWindow;
  uint32_t magic = kMagic;
  uint8_t interface_major = kInterfaceMajor;
  uint8_t interface_minor = kInterfaceMinor;
  Profile profile = Profile::kUnknown;
  uint8_t hardware_revision = 0;
  uint16_t vendor_id = 0;
  uint16_t product_id = 0;
  uint8_t firmware_major = 0;
  uint8_t firmware_minor = 0;
  uint16_t firmware_patch = 0;
  uint32_t model_id = 0;
  uint32_t capabilities = 0;
  uint16_t largest_transfer_bytes = kMaxWindowBytes;
  uint16_t settle_time_ms = 0;
  uint8_t label_count = 0;
  uint8_t event_capacity = 0;

  static constexpr void Fields(auto& s, auto&& field) {
    field(kReg<"ident.magic">, s.magic);
    field(kReg<"ident.interface_major">, s.interface_major);
    field(kReg<"ident.interface_minor">, s.interface_minor);
    field(kReg<"ident.profile">, s.profile);
    field(kReg<"ident.hardware_revision">, s.hardware_revision);
    field(kReg<"ident.vendor_id">, s.vendor_id);
    field(kReg<"ident.product_id">, s.product_id);
    field(kReg<"ident.firmware_major">, s.firmware_major);
    field(kReg<"ident.firmware_minor">, s.firmware_minor);
    field(kReg<"ident.firmware_patch">, s.firmware_patch);
    field(kReg<"ident.model_id">, s.model_id);
    field(kReg<"ident.capabilities">, s.capabilities);
    field(kReg<"ident.largest_transfer_bytes">, s.largest_transfer_bytes);
    field(kReg<"ident.settle_time_ms">, s.settle_time_ms);
    field(kReg<"ident.label_count">, s.label_count);
    field(kReg<"ident.event_capacity">, s.event_capacity);
  }
  friend bool operator==(const Ident&, const Ident&) = default;
};

struct ModuleStatus {
  static constexpr WindowIndex kWindow = kStatusWindow;
  BootStage boot_stage = BootStage::kReset;
  ResetCause reset_cause = ResetCause::kPowerOn;
  uint16_t state = 0;            // StateBit
  uint16_t protocol_errors = 0;  // ProtocolError
  ErrorDomain error_domain = ErrorDomain::kNone;
  uint8_t error_code = 0;  // Status
  uint16_t error_count = 0;
  uint8_t interrupt_pending = 0;  // InterruptBit
  uint8_t interrupt_enable = 0;   // InterruptBit
  uint32_t uptime_ms = 0;
  Command command = Command::kNone;
  uint8_t command_token = 0;
  Verdict command_verdict = Verdict::kNone;
  uint8_t command_field = 0;
  uint16_t config_generation = 0;
  UpdateState update_state = UpdateState::kIdle;
  uint16_t stalled_transfers = 0;
  uint16_t dropped_writes = 0;
  uint16_t throttled_reads = 0;

  static constexpr void Fields(auto& s, auto&& field) {
    field(kReg<"status.boot_stage">, s.boot_stage);
    field(kReg<"status.reset_cause">, s.reset_cause);
    field(kReg<"status.state">, s.state);
    field(kReg<"status.protocol_errors">, s.protocol_errors);
    field(kReg<"status.error_domain">, s.error_domain);
    field(kReg<"status.error_code">, s.error_code);
    field(kReg<"status.error_count">, s.error_count);
    field(kReg<"status.interrupt_pending">, s.interrupt_pending);
    field(kReg<"status.interrupt_enable">, s.interrupt_enable);
    field(kReg<"status.uptime_ms">, s.uptime_ms);
    field(kReg<"status.command">, s.command);
    field(kReg<"status.command_token">, s.command_token);
    field(kReg<"status.command_verdict">, s.command_verdict);
    field(kReg<"status.command_field">, s.command_field);
    field(kReg<"status.config_generation">, s.config_generation);
    field(kReg<"status.update_state">, s.update_state);
    field(kReg<"status.stalled_transfers">, s.stalled_transfers);
    field(kReg<"status.dropped_writes">, s.dropped_writes);
    field(kReg<"status.throttled_reads">, s.throttled_reads);
  }
  friend bool operator==(const ModuleStatus&, const ModuleStatus&) = default;
};

// Where something is in the picture; all in 1/255 of the picture's width or height. Width 0: no object.
struct ObjectBox {
  uint8_t x = 0, y = 0, width = 0, height = 0, score = 0;
  friend bool operator==(const ObjectBox&, const ObjectBox&) = default;
};

struct LatestResult {
  static constexpr WindowIndex kWindow = kResultWindow;
  uint16_t sequence = 0;
  uint16_t flags = 0;  // ResultFlag
  uint32_t captured_ms = 0;
  uint16_t age_ms = 0;
  uint16_t config_generation = 0;
  uint16_t score_permille = 0;
  Decision decision = Decision::kUnknown;
  uint8_t count = 0;
  uint8_t label = kNoLabel;
  ScoreKind score_kind = ScoreKind::kNone;
  std::array<ObjectBox, 2> objects{};

  static constexpr void Fields(auto& s, auto&& field) {
    field(kReg<"result.sequence">, s.sequence);
    field(kReg<"result.flags">, s.flags);
    field(kReg<"result.captured_ms">, s.captured_ms);
    field(kReg<"result.age_ms">, s.age_ms);
    field(kReg<"result.config_generation">, s.config_generation);
    field(kReg<"result.score_permille">, s.score_permille);
    field(kReg<"result.decision">, s.decision);
    field(kReg<"result.count">, s.count);
    field(kReg<"result.label">, s.label);
    field(kReg<"result.score_kind">, s.score_kind);
    field(kReg<"result.object0_x">, s.objects[0].x);
    field(kReg<"result.object0_y">, s.objects[0].y);
    field(kReg<"result.object0_width">, s.objects[0].width);
    field(kReg<"result.object0_height">, s.objects[0].height);
    field(kReg<"result.object0_score">, s.objects[0].score);
    field(kReg<"result.object1_x">, s.objects[1].x);
    field(kReg<"result.object1_y">, s.objects[1].y);
    field(kReg<"result.object1_width">, s.objects[1].width);
    field(kReg<"result.object1_height">, s.objects[1].height);
    field(kReg<"result.object1_score">, s.objects[1].score);
  }
  friend bool operator==(const LatestResult&, const LatestResult&) = default;
};

struct EventHeader {
  static constexpr WindowIndex kWindow = kEventsWindow;
  uint8_t count = 0;
  uint8_t latch_token = 0;
  uint32_t lost = 0;
  uint32_t oldest = 0;
  uint32_t newest = 0;
  uint32_t latch_time_ms = 0;

  static constexpr void Fields(auto& s, auto&& field) {
    field(kReg<"events.count">, s.count);
    field(kReg<"events.latch_token">, s.latch_token);
    field(kReg<"events.lost">, s.lost);
    field(kReg<"events.oldest">, s.oldest);
    field(kReg<"events.newest">, s.newest);
    field(kReg<"events.latch_time_ms">, s.latch_time_ms);
  }
  friend bool operator==(const EventHeader&, const EventHeader&) = default;
};

// One event. It travels as 16 bytes with a CRC of its own: two of them in the event_data window, one in a NOTIFY frame.
struct EventRecord {
  uint32_t sequence = 0;  // 0: empty slot
  uint32_t time_ms = 0;
  EventType type = EventType::kNone;
  uint8_t flags = 0;  // low byte of ResultFlag
  uint8_t label = kNoLabel;
  uint8_t detail = 0;
  uint16_t value = 0;

  static constexpr void Fields(auto& s, auto&& field) {
    field(kReg<"event_data.sequence">, s.sequence);
    field(kReg<"event_data.time_ms">, s.time_ms);
    field(kReg<"event_data.type">, s.type);
    field(kReg<"event_data.flags">, s.flags);
    field(kReg<"event_data.label">, s.label);
    field(kReg<"event_data.detail">, s.detail);
    field(kReg<"event_data.value">, s.value);
  }
  friend bool operator==(const EventRecord&, const EventRecord&) = default;
};

struct Config {
  static constexpr WindowIndex kWindow = kConfigWindow;
  uint16_t high_threshold_permille = 700;
  uint16_t low_threshold_permille = 500;
  uint8_t average_count = 1;
  uint8_t consecutive_count = 1;
  uint16_t on_delay_ms = 0;
  uint16_t off_delay_ms = 0;
  uint16_t refractory_ms = 0;
  uint16_t min_report_interval_ms = 0;
  uint16_t stale_after_ms = 2000;
  uint8_t report = kReportChanges | kReportEnvelope;  // ReportBit
  uint8_t orientation = 0;                            // OrientationBit
  uint8_t interrupt_mode = 0;                         // InterruptModeBit
  PowerMode power_mode = PowerMode::kContinuous;
  uint16_t period_ms = 0;

  static constexpr void Fields(auto& s, auto&& field) {
    field(kReg<"config.high_threshold_permille">, s.high_threshold_permille);
    field(kReg<"config.low_threshold_permille">, s.low_threshold_permille);
    field(kReg<"config.average_count">, s.average_count);
    field(kReg<"config.consecutive_count">, s.consecutive_count);
    field(kReg<"config.on_delay_ms">, s.on_delay_ms);
    field(kReg<"config.off_delay_ms">, s.off_delay_ms);
    field(kReg<"config.refractory_ms">, s.refractory_ms);
    field(kReg<"config.min_report_interval_ms">, s.min_report_interval_ms);
    field(kReg<"config.stale_after_ms">, s.stale_after_ms);
    field(kReg<"config.report">, s.report);
    field(kReg<"config.orientation">, s.orientation);
    field(kReg<"config.interrupt_mode">, s.interrupt_mode);
    field(kReg<"config.power_mode">, s.power_mode);
    field(kReg<"config.period_ms">, s.period_ms);
  }
  friend bool operator==(const Config&, const Config&) = default;
};

struct Control {
  static constexpr WindowIndex kWindow = kControlWindow;
  uint8_t page = 0;
  uint8_t index = 0;
  uint8_t interrupt_enable = 0;  // InterruptBit
  uint8_t interrupt_clear = 0;   // InterruptBit: what is pending
  uint32_t event_ack = 0;
  uint16_t protocol_error_clear = 0;  // ProtocolError: what is set
  Command command = Command::kNone;
  uint8_t command_token = 0;
  uint8_t time_latch = 0;
  uint8_t notify = 0;

  static constexpr void Fields(auto& s, auto&& field) {
    field(kReg<"control.page">, s.page);
    field(kReg<"control.index">, s.index);
    field(kReg<"control.interrupt_enable">, s.interrupt_enable);
    field(kReg<"control.interrupt_clear">, s.interrupt_clear);
    field(kReg<"control.event_ack">, s.event_ack);
    field(kReg<"control.protocol_error_clear">, s.protocol_error_clear);
    field(kReg<"control.command">, s.command);
    field(kReg<"control.command_token">, s.command_token);
    field(kReg<"control.time_latch">, s.time_latch);
    field(kReg<"control.notify">, s.notify);
  }
  friend bool operator==(const Control&, const Control&) = default;
};

struct PowerCounters {
  static constexpr WindowIndex kWindow = kPowerWindow;
  PowerMode requested_mode = PowerMode::kContinuous;
  PowerMode actual_mode = PowerMode::kContinuous;
  uint16_t wake_time_ms = 0;
  EnergyKind energy_kind = EnergyKind::kUnknown;
  uint32_t inference_count = 0;
  uint32_t skipped_count = 0;
  uint32_t invalid_count = 0;
  uint64_t energy_uj = 0;

  static constexpr void Fields(auto& s, auto&& field) {
    field(kReg<"power.requested_mode">, s.requested_mode);
    field(kReg<"power.actual_mode">, s.actual_mode);
    field(kReg<"power.wake_time_ms">, s.wake_time_ms);
    field(kReg<"power.energy_kind">, s.energy_kind);
    field(kReg<"power.inference_count">, s.inference_count);
    field(kReg<"power.skipped_count">, s.skipped_count);
    field(kReg<"power.invalid_count">, s.invalid_count);
    field(kReg<"power.energy_uj">, s.energy_uj);
  }
  friend bool operator==(const PowerCounters&, const PowerCounters&) = default;
};

struct Privacy {
  static constexpr WindowIndex kWindow = kPrivacyWindow;
  uint8_t transducers_fitted = 0;   // TransducerBit
  uint8_t transducers_powered = 0;  // TransducerBit
  uint8_t debug_build = 0;
  IndicatorPolicy indicator_policy = IndicatorPolicy::kNone;
  uint16_t readable_bytes = 0;
  uint32_t read_limit_bytes_per_s = 0;

  static constexpr void Fields(auto& s, auto&& field) {
    field(kReg<"privacy.transducers_fitted">, s.transducers_fitted);
    field(kReg<"privacy.transducers_powered">, s.transducers_powered);
    field(kReg<"privacy.debug_build">, s.debug_build);
    field(kReg<"privacy.indicator_policy">, s.indicator_policy);
    field(kReg<"privacy.readable_bytes">, s.readable_bytes);
    field(kReg<"privacy.read_limit_bytes_per_s">, s.read_limit_bytes_per_s);
  }
  friend bool operator==(const Privacy&, const Privacy&) = default;
};

struct SelfTestReport {
  static constexpr WindowIndex kWindow = kSelfTestWindow;
  uint8_t tests_run = 0;     // SelfTestBit
  uint8_t tests_failed = 0;  // SelfTestBit
  uint16_t duration_ms = 0;
  uint16_t run_count = 0;
  uint32_t expected_answer = 0;
  uint32_t actual_answer = 0;

  static constexpr void Fields(auto& s, auto&& field) {
    field(kReg<"selftest.tests_run">, s.tests_run);
    field(kReg<"selftest.tests_failed">, s.tests_failed);
    field(kReg<"selftest.duration_ms">, s.duration_ms);
    field(kReg<"selftest.run_count">, s.run_count);
    field(kReg<"selftest.expected_answer">, s.expected_answer);
    field(kReg<"selftest.actual_answer">, s.actual_answer);
  }
  friend bool operator==(const SelfTestReport&, const SelfTestReport&) = default;
};

struct Identity {
  static constexpr WindowIndex kWindow = kIdentityWindow;
  std::array<uint8_t, 16> unique_id{};
  std::array<uint8_t, 8> boot_id{};

  static constexpr void Fields(auto& s, auto&& field) {
    field(kReg<"identity.unique_id">, s.unique_id);
    field(kReg<"identity.boot_id">, s.boot_id);
  }
  friend bool operator==(const Identity&, const Identity&) = default;
};

// One half of a SHA-256; `window` tells of what.
template <WindowIndex window, FixedString register_name>
struct HashHalf {
  static constexpr WindowIndex kWindow = window;
  std::array<uint8_t, 16> half{};

  static constexpr void Fields(auto& s, auto&& field) { field(kReg<register_name>, s.half); }
  friend bool operator==(const HashHalf&, const HashHalf&) = default;
};
using FirmwareHashHalf = HashHalf<kFirmwareHashWindow, "firmware_hash.half">;
using ModelHashHalf = HashHalf<kModelHashWindow, "model_hash.half">;
using DatasheetHashHalf = HashHalf<kDatasheetHashWindow, "datasheet_hash.half">;

// A piece of text of at most 24 bytes, filled up with zeros.
template <WindowIndex window, FixedString register_name>
struct TextPiece {
  static constexpr WindowIndex kWindow = window;
  std::array<uint8_t, 24> text{};

  static constexpr void Fields(auto& s, auto&& field) { field(kReg<register_name>, s.text); }
  friend bool operator==(const TextPiece&, const TextPiece&) = default;
};
using LabelText = TextPiece<kLabelWindow, "label.text">;
using CrashText = TextPiece<kCrashWindow, "crash.text">;

struct SoftAddress {
  static constexpr WindowIndex kWindow = kSoftAddressWindow;
  std::array<uint8_t, 16> unique_id{};
  uint8_t address = 0;

  static constexpr void Fields(auto& s, auto&& field) {
    field(kReg<"soft_address.unique_id">, s.unique_id);
    field(kReg<"soft_address.address">, s.address);
  }
  friend bool operator==(const SoftAddress&, const SoftAddress&) = default;
};

template <typename W>
concept WindowStruct = requires { { W::kWindow } -> std::convertible_to<WindowIndex>; };

template <WindowStruct W>
inline constexpr const WindowInfo& kWindowOf = kWindows[W::kWindow];

namespace windows_detail {
constexpr auto Store = [](std::span<uint8_t> out) {
  return [out](auto reg, const auto& value) {
    using R = decltype(reg);
    reg.Store(static_cast<typename R::Value>(value), out);
  };
};
constexpr auto Load = [](std::span<const uint8_t> in) {
  return [in](auto reg, auto& value) { value = static_cast<std::remove_reference_t<decltype(value)>>(reg.Load(in)); };
};
}  // namespace windows_detail

// Writes the whole window, with its CRC, into `out` and returns the bytes written: the size of the window. `out` must be at least as
// long. `index` matters for pages with several entries only.
template <WindowStruct W>
constexpr size_t EncodeWindow(const W& window, std::span<uint8_t> out, uint8_t index = 0) {
  constexpr const WindowInfo& kInfo = kWindowOf<W>;
  assert(out.size() >= kInfo.size_bytes);
  std::fill_n(out.begin(), kInfo.size_bytes, uint8_t{0});
  if constexpr (kInfo.page != kNotPaged) {
    out[0] = static_cast<uint8_t>(kInfo.page);
    out[1] = index;
  }
  W::Fields(window, windows_detail::Store(out));
  constexpr size_t kPayload = kInfo.size_bytes - 2u;
  StoreLittleEndian(WindowCrc(kInfo.address, out.first(kPayload)), out.subspan(kPayload, 2));
  return kInfo.size_bytes;
}

// Reads a window that came over a bus. kShortTransfer: fewer bytes than the window has; kBadCrc: damaged, or read from another
// address; kNotReady: a sound answer, but of another page or entry (somebody else turned the page: select and read again).
template <WindowStruct W>
constexpr Result<W> DecodeWindow(std::span<const uint8_t> in, uint8_t index = 0) {
  constexpr const WindowInfo& kInfo = kWindowOf<W>;
  if (in.size() < kInfo.size_bytes) return Status::kShortTransfer;
  constexpr size_t kPayload = kInfo.size_bytes - 2u;
  if (WindowCrc(kInfo.address, in.first(kPayload)) != LoadLittleEndian<uint16_t>(in.subspan(kPayload, 2))) {
    return Status::kBadCrc;
  }
  if constexpr (kInfo.page != kNotPaged) {
    if (in[0] != kInfo.page || in[1] != index) return Status::kNotReady;
  }
  W window;
  W::Fields(window, windows_detail::Load(in));
  return window;
}

// Register address at which the record in `slot` (0 or 1) of the event_data window starts.
constexpr uint8_t EventRecordAddress(size_t slot) {
  return static_cast<uint8_t>(kWindows[kEventDataWindow].address + slot * kEventRecordBytes);
}

// Writes one event record, with its CRC, as it is read from `slot`. NOTIFY frames carry slot 0.
constexpr void EncodeEvent(const EventRecord& event, std::span<uint8_t, kEventRecordBytes> out, size_t slot = 0) {
  EventRecord::Fields(event, windows_detail::Store(out));
  StoreLittleEndian(WindowCrc(EventRecordAddress(slot), out.first<14>()), out.last<2>());
}

// Reads one event record. kBadCrc: damaged, or from another slot.
constexpr Result<EventRecord> DecodeEvent(std::span<const uint8_t, kEventRecordBytes> in, size_t slot = 0) {
  if (WindowCrc(EventRecordAddress(slot), in.first<14>()) != LoadLittleEndian<uint16_t>(in.last<2>())) return Status::kBadCrc;
  EventRecord event;
  EventRecord::Fields(event, windows_detail::Load(in));
  return event;
}

}  // namespace mls
