// The register map: the one source of truth for every address, type, access, unit, reset value and name on the wire.
//
// Everything else is written from these tables by `mls-export-registers`: the JSON export, the C header, the Python constants and
// docs/register-map.md. See docs/adr/0002-register-map.md for why the windows lie where they lie.
#pragma once

#include "mls/interface/register_values.h"

namespace mls {

inline constexpr uint8_t kInterfaceMajor = 1;  // Goes up when an existing register moves or changes its meaning.
inline constexpr uint8_t kInterfaceMinor = 1;  // Goes up when registers are added.
inline constexpr uint32_t kMagic = 0x32534C4D;  // "MLS2" as bytes on the wire
inline constexpr uint8_t kDefaultI2cAddress = 0x6C;  // 0x6C to 0x6F with two strap bits
inline constexpr size_t kMaxWindowBytes = 32;   // the block limit of SMBus

enum WindowIndex : uint8_t {
  kIdentWindow,
  kStatusWindow,
  kResultWindow,
  kEventsWindow,
  kEventDataWindow,
  kConfigWindow,
  kControlWindow,
  kPowerWindow,
  kPrivacyWindow,
  kSelfTestWindow,
  kIdentityWindow,
  kFirmwareHashWindow,
  kModelHashWindow,
  kDatasheetHashWindow,
  kLabelWindow,
  kCrashWindow,
  kSoftAddressWindow,
  kWindowCount,
};

inline constexpr WindowInfo kWindows[] = {
    {"ident", 0x00, kNotPaged, 32, "Who is this? Valid in every boot stage."},
    {"status", 0x20, kNotPaged, 32, "Health, errors, pending interrupts and the answer to the last command."},
    {"result", 0x40, kNotPaged, 30, "The latest result: one coherent snapshot."},
    {"events", 0x60, kNotPaged, 24, "Header of the event FIFO and the latched time."},
    {"event_data", 0x80, kNotPaged, 32, "The two oldest events that are not acknowledged, each with its own CRC."},
    {"config", 0xA0, kNotPaged, 24, "Staged configuration: takes effect with the command `commit`."},
    {"control", 0xE0, kNotPaged, 16, "What the host may do: select, acknowledge, enable, command."},
    {"power", 0xC0, 0, 32, "Power mode and counters."},
    {"privacy", 0xC0, 1, 16, "What senses, what is powered, and what can be read."},
    {"selftest", 0xC0, 2, 20, "Outcome of the last self-test."},
    {"identity", 0xC0, 3, 28, "Unique id and boot id."},
    {"firmware_hash", 0xC0, 4, 20, "SHA-256 of the firmware, in two halves of 16 bytes chosen by `control.index`."},
    {"model_hash", 0xC0, 5, 20, "SHA-256 of the model, in two halves of 16 bytes chosen by `control.index`."},
    {"datasheet_hash", 0xC0, 6, 20, "SHA-256 of the datasheet, in two halves of 16 bytes chosen by `control.index`."},
    {"label", 0xC0, 7, 28, "Name of the class whose number is in `control.index`."},
    {"crash", 0xC0, 8, 28, "Text of the last crash, in pieces of 24 bytes chosen by `control.index`."},
    {"soft_address", 0xC0, 9, 22, "The I2C address, and how to move this very module to another one."},
};

inline constexpr uint8_t kPagedAddress = 0xC0;
inline constexpr size_t kEventRecordBytes = 16;
inline constexpr size_t kEventRecordsPerRead = 2;

namespace register_map {
using enum RegisterType;
using enum Access;

constexpr RegisterInfo U8(uint8_t window, uint8_t offset, const char* name, Access access, const char* unit, const char* summary,
                          uint32_t reset = 0) {
  return {name, window, offset, kU8, 1, access, unit, reset, summary};
}
constexpr RegisterInfo U16(uint8_t window, uint8_t offset, const char* name, Access access, const char* unit,
                           const char* summary, uint32_t reset = 0) {
  return {name, window, offset, kU16, 2, access, unit, reset, summary};
}
constexpr RegisterInfo U32(uint8_t window, uint8_t offset, const char* name, Access access, const char* unit,
                           const char* summary, uint32_t reset = 0) {
  return {name, window, offset, kU32, 4, access, unit, reset, summary};
}
constexpr RegisterInfo U64(uint8_t window, uint8_t offset, const char* name, Access access, const char* unit,
                           const char* summary) {
  return {name, window, offset, kU64, 8, access, unit, 0, summary};
}
constexpr RegisterInfo Bytes(uint8_t window, uint8_t offset, uint8_t size, const char* name, const char* summary,
                             Access access = kReadOnly) {
  return {name, window, offset, kBytes, size, access, "", 0, summary};
}
constexpr RegisterInfo Text(uint8_t window, uint8_t offset, uint8_t size, const char* name, const char* summary) {
  return {name, window, offset, kText, size, kReadOnly, "", 0, summary};
}
constexpr RegisterInfo Crc(uint8_t window, uint8_t offset, const char* name) {
  return {name, window, offset, kU16, 2, kReadOnly, "", 0, "CRC-16/CCITT-FALSE over the address and all bytes before it."};
}
constexpr RegisterInfo Enum(RegisterInfo info, std::span<const NamedValue> values) {
  info.values = values;
  return info;
}
constexpr RegisterInfo Bits(RegisterInfo info, std::span<const NamedValue> bits) {
  info.values = bits;
  info.values_are_bits = true;
  return info;
}
}  // namespace register_map

inline constexpr auto kRegisters = [] {
  using namespace register_map;
  constexpr auto kI = kIdentWindow, kS = kStatusWindow, kR = kResultWindow, kE = kEventsWindow, kD = kEventDataWindow,
                 kC = kConfigWindow, kX = kControlWindow, kP = kPowerWindow, kV = kPrivacyWindow, kT = kSelfTestWindow,
                 kY = kIdentityWindow;
  constexpr auto kPageSummary = "Number of the page that is shown: check it, another host may have turned the page.";
  constexpr auto kIndexSummary = "Number of the entry that is shown.";
  return std::to_array<RegisterInfo>({
      U32(kI, 0, "ident.magic", kReadOnly, "", "The bytes \"MLS2\".", kMagic),
      U8(kI, 4, "ident.interface_major", kReadOnly, "", "Major version of this register map.", kInterfaceMajor),
      U8(kI, 5, "ident.interface_minor", kReadOnly, "", "Minor version of this register map.", kInterfaceMinor),
      Enum(U8(kI, 6, "ident.profile", kReadOnly, "", "What kind of sensor this is."), kProfileValues),
      U8(kI, 7, "ident.hardware_revision", kReadOnly, "", "Revision of the board; 0 for a process without a board."),
      U16(kI, 8, "ident.vendor_id", kReadOnly, "", "Maker of the module; 0 is the mlsensor project."),
      U16(kI, 10, "ident.product_id", kReadOnly, "", "Product number of that maker."),
      U8(kI, 12, "ident.firmware_major", kReadOnly, "", "Firmware version, first part."),
      U8(kI, 13, "ident.firmware_minor", kReadOnly, "", "Firmware version, second part."),
      U16(kI, 14, "ident.firmware_patch", kReadOnly, "", "Firmware version, third part."),
      U32(kI, 16, "ident.model_id", kReadOnly, "", "First four bytes of the model's SHA-256, read as a big-endian number."),
      Bits(U32(kI, 20, "ident.capabilities", kReadOnly, "", "What this module can do."), kCapabilityBits),
      U16(kI, 24, "ident.largest_transfer_bytes", kReadOnly, "By", "Longest read in one transaction.", kMaxWindowBytes),
      U16(kI, 26, "ident.settle_time_ms", kReadOnly, "ms", "From power-up or wake-up to the first valid result."),
      U8(kI, 28, "ident.label_count", kReadOnly, "", "Number of classes; their names are in the label window."),
      U8(kI, 29, "ident.event_capacity", kReadOnly, "", "Events that the FIFO holds before it counts losses."),
      Crc(kI, 30, "ident.crc"),

      Enum(U8(kS, 0, "status.boot_stage", kReadOnly, "", "How far the module has come up."), kBootStageValues),
      Enum(U8(kS, 1, "status.reset_cause", kReadOnly, "", "Why it last started."), kResetCauseValues),
      Bits(U16(kS, 2, "status.state", kReadOnly, "", "State of the module."), kStateBits),
      Bits(U16(kS, 4, "status.protocol_errors", kReadOnly, "",
               "What hosts did wrong since this was cleared (sticky): clear through control.protocol_error_clear."),
           kProtocolErrorBits),
      Enum(U8(kS, 6, "status.error_domain", kReadOnly, "", "Part of the module that failed last."), kErrorDomainValues),
      Enum(U8(kS, 7, "status.error_code", kReadOnly, "", "Status code of the last failure."), kStatusValues),
      U16(kS, 8, "status.error_count", kReadOnly, "", "Failures since start; stops at 65535."),
      Bits(U8(kS, 10, "status.interrupt_pending", kReadOnly, "", "Reasons that ask for service."), kInterruptBits),
      Bits(U8(kS, 11, "status.interrupt_enable", kReadOnly, "", "Reasons that may assert the interrupt line."),
           kInterruptBits),
      U32(kS, 12, "status.uptime_ms", kReadOnly, "ms", "Time since start: the module's clock. Wraps after 49.7 days."),
      Enum(U8(kS, 16, "status.command", kReadOnly, "", "The last command that was taken."), kCommandValues),
      U8(kS, 17, "status.command_token", kReadOnly, "", "The token that came with it."),
      Enum(U8(kS, 18, "status.command_verdict", kReadOnly, "", "What became of it."), kVerdictValues),
      U8(kS, 19, "status.command_field", kReadOnly, "",
         "Register address of the field that the verdict is about; 0 when it is about none."),
      U16(kS, 20, "status.config_generation", kReadOnly, "", "Goes up with each commit that took effect."),
      Enum(U8(kS, 22, "status.update_state", kReadOnly, "", "State of a firmware or model update."), kUpdateStateValues),
      U8(kS, 23, "status.reserved", kReadOnly, "", "Reads 0."),
      U16(kS, 24, "status.stalled_transfers", kReadOnly, "", "Transfers dropped because they stalled; stops at 65535."),
      U16(kS, 26, "status.dropped_writes", kReadOnly, "", "Writes refused because the queue was full; stops at 65535."),
      U16(kS, 28, "status.throttled_reads", kReadOnly, "", "Reads refused by the read-rate limit; stops at 65535."),
      Crc(kS, 30, "status.crc"),

      U16(kR, 0, "result.sequence", kReadOnly, "", "Goes up with each result, valid or not; wraps."),
      Bits(U16(kR, 2, "result.flags", kReadOnly, "", "Whether and how far to trust it."), kResultFlagBits),
      U32(kR, 4, "result.captured_ms", kReadOnly, "ms", "Module time at the end of the capture."),
      U16(kR, 8, "result.age_ms", kReadOnly, "ms", "Time since the capture at the moment of the read; stops at 65535."),
      U16(kR, 10, "result.config_generation", kReadOnly, "", "Configuration that made score and decision."),
      U16(kR, 12, "result.score_permille", kReadOnly, "[ppth]", "Score of `label`, 0 to 1000; its meaning is score_kind."),
      Enum(U8(kR, 14, "result.decision", kReadOnly, "", "Decision of the filters, not of the score alone."),
           kDecisionValues),
      U8(kR, 15, "result.count", kReadOnly, "", "How many were found; 0 unless the decision is positive."),
      U8(kR, 16, "result.label", kReadOnly, "", "Number of the class that the score belongs to; 255 for none.", kNoLabel),
      Enum(U8(kR, 17, "result.score_kind", kReadOnly, "", "What the score is."), kScoreKindValues),
      U8(kR, 18, "result.object0_x", kReadOnly, "", "First object: left edge, in 1/255 of the picture's width."),
      U8(kR, 19, "result.object0_y", kReadOnly, "", "First object: top edge, in 1/255 of the picture's height."),
      U8(kR, 20, "result.object0_width", kReadOnly, "", "First object: width, in 1/255; 0 for no object."),
      U8(kR, 21, "result.object0_height", kReadOnly, "", "First object: height, in 1/255; 0 for no object."),
      U8(kR, 22, "result.object0_score", kReadOnly, "", "First object: score in 1/255."),
      U8(kR, 23, "result.object1_x", kReadOnly, "", "Second object: left edge, in 1/255 of the picture's width."),
      U8(kR, 24, "result.object1_y", kReadOnly, "", "Second object: top edge, in 1/255 of the picture's height."),
      U8(kR, 25, "result.object1_width", kReadOnly, "", "Second object: width, in 1/255; 0 for no object."),
      U8(kR, 26, "result.object1_height", kReadOnly, "", "Second object: height, in 1/255; 0 for no object."),
      U8(kR, 27, "result.object1_score", kReadOnly, "", "Second object: score in 1/255."),
      Crc(kR, 28, "result.crc"),

      U8(kE, 0, "events.count", kReadOnly, "", "Events that wait for acknowledgement."),
      U8(kE, 1, "events.latch_token", kReadOnly, "", "What the host last wrote to control.time_latch."),
      U16(kE, 2, "events.reserved", kReadOnly, "", "Reads 0."),
      U32(kE, 4, "events.lost", kReadOnly, "", "Events lost since start because the FIFO was full."),
      U32(kE, 8, "events.oldest", kReadOnly, "", "Sequence number of the oldest event that waits."),
      U32(kE, 12, "events.newest", kReadOnly, "", "Sequence number of the newest event ever made; the first is 1."),
      U32(kE, 16, "events.latch_time_ms", kReadOnly, "ms", "Module time at the moment of that write."),
      U16(kE, 20, "events.reserved1", kReadOnly, "", "Reads 0."),
      Crc(kE, 22, "events.crc"),

      U32(kD, 0, "event_data.sequence", kReadOnly, "", "Number of the event; 0 when the slot is empty."),
      U32(kD, 4, "event_data.time_ms", kReadOnly, "ms", "Module time of what it reports."),
      Enum(U8(kD, 8, "event_data.type", kReadOnly, "", "What happened."), kEventTypeValues),
      U8(kD, 9, "event_data.flags", kReadOnly, "", "Low byte of result.flags at that time."),
      U8(kD, 10, "event_data.label", kReadOnly, "", "Number of the class; 255 for none.", kNoLabel),
      U8(kD, 11, "event_data.detail", kReadOnly, "", "Depends on the type: decision, reset cause, verdict or power mode."),
      U16(kD, 12, "event_data.value", kReadOnly, "", "Depends on the type: score in permille, count or generation."),
      Crc(kD, 14, "event_data.crc"),
      Bytes(kD, 16, 16, "event_data.second", "The next event, laid out like the first; its CRC covers address 0x90."),

      U16(kC, 0, "config.high_threshold_permille", kReadWrite, "[ppth]", "Positive at or above this score.", 700),
      U16(kC, 2, "config.low_threshold_permille", kReadWrite, "[ppth]", "Negative below this score (hysteresis).", 500),
      U8(kC, 4, "config.average_count", kReadWrite, "", "Evaluations that are averaged: 1 to 16.", 1),
      U8(kC, 5, "config.consecutive_count", kReadWrite, "", "Evaluations in a row that must agree: 1 to 255.", 1),
      U16(kC, 6, "config.on_delay_ms", kReadWrite, "ms", "How long it must hold before the decision becomes positive."),
      U16(kC, 8, "config.off_delay_ms", kReadWrite, "ms", "How long it must be gone before the decision becomes negative."),
      U16(kC, 10, "config.refractory_ms", kReadWrite, "ms", "Silence after a detection before the next one counts."),
      U16(kC, 12, "config.min_report_interval_ms", kReadWrite, "ms", "Shortest time between two reported events."),
      U16(kC, 14, "config.stale_after_ms", kReadWrite, "ms", "Age at which a result counts as stale; 0 for never.", 2000),
      Bits(U8(kC, 16, "config.report", kReadWrite, "", "What makes an event.", kReportChanges | kReportEnvelope), kReportBits),
      Bits(U8(kC, 17, "config.orientation", kReadWrite, "", "How the picture is turned before inference."), kOrientationBits),
      Bits(U8(kC, 18, "config.interrupt_mode", kReadWrite, "", "How the interrupt line behaves."), kInterruptModeBits),
      Enum(U8(kC, 19, "config.power_mode", kReadWrite, "", "Requested power mode.", static_cast<uint32_t>(PowerMode::kContinuous)), kPowerModeValues),
      U16(kC, 20, "config.period_ms", kReadWrite, "ms", "Time between two evaluations; 0 for as fast as captures come."),
      Crc(kC, 22, "config.crc"),

      U8(kX, 0, "control.page", kReadWrite, "", "Page that is shown at address 0xC0."),
      U8(kX, 1, "control.index", kReadWrite, "", "Entry that is shown in pages with several entries."),
      Bits(U8(kX, 2, "control.interrupt_enable", kReadWrite, "", "Reasons that may assert the interrupt line."),
           kInterruptBits),
      Bits(U8(kX, 3, "control.interrupt_clear", kWriteOneToClear, "", "Write 1 to clear a reason."), kInterruptBits),
      U32(kX, 4, "control.event_ack", kReadWrite, "", "Write a sequence number: all events up to it are consumed."),
      Bits(U16(kX, 8, "control.protocol_error_clear", kWriteOneToClear, "", "Write 1 to clear a protocol error."),
           kProtocolErrorBits),
      Enum(U8(kX, 10, "control.command", kReadWrite, "", "Write together with command_token to start a command."),
           kCommandValues),
      U8(kX, 11, "control.command_token", kReadWrite, "", "Any number unlike the last: status.command_token echoes it."),
      U8(kX, 12, "control.time_latch", kReadWrite, "", "A write stores the module's time in events.latch_time_ms."),
      U8(kX, 13, "control.notify", kReadWrite, "", "1: send new events by themselves (serial links only)."),
      Crc(kX, 14, "control.crc"),

      U8(kP, 0, "power.page", kReadOnly, "", kPageSummary, 0),
      U8(kP, 1, "power.index", kReadOnly, "", kIndexSummary),
      Enum(U8(kP, 2, "power.requested_mode", kReadOnly, "", "Power mode that the configuration asks for.", static_cast<uint32_t>(PowerMode::kContinuous)), kPowerModeValues),
      Enum(U8(kP, 3, "power.actual_mode", kReadOnly, "", "Power mode that the module is in.", static_cast<uint32_t>(PowerMode::kContinuous)), kPowerModeValues),
      U16(kP, 4, "power.wake_time_ms", kReadOnly, "ms", "Worst case from wake-up to the first valid result."),
      Enum(U8(kP, 6, "power.energy_kind", kReadOnly, "", "Where energy_uj comes from."), kEnergyKindValues),
      U8(kP, 7, "power.reserved", kReadOnly, "", "Reads 0."),
      U32(kP, 8, "power.inference_count", kReadOnly, "", "Inferences since start."),
      U32(kP, 12, "power.skipped_count", kReadOnly, "", "Captures that were not evaluated since start."),
      U32(kP, 16, "power.invalid_count", kReadOnly, "", "Results published as invalid since start."),
      U64(kP, 20, "power.energy_uj", kReadOnly, "uJ", "Energy since start; 0 while energy_kind is unknown."),
      U16(kP, 28, "power.reserved1", kReadOnly, "", "Reads 0."),
      Crc(kP, 30, "power.crc"),

      U8(kV, 0, "privacy.page", kReadOnly, "", kPageSummary, 1),
      U8(kV, 1, "privacy.index", kReadOnly, "", kIndexSummary),
      Bits(U8(kV, 2, "privacy.transducers_fitted", kReadOnly, "", "What could sense."), kTransducerBits),
      Bits(U8(kV, 3, "privacy.transducers_powered", kReadOnly, "", "What senses now."), kTransducerBits),
      U8(kV, 4, "privacy.debug_build", kReadOnly, "", "1: a debug build, its promises do not hold."),
      Enum(U8(kV, 5, "privacy.indicator_policy", kReadOnly, "", "When the indicator is lit; no host can change it."),
           kIndicatorPolicyValues),
      U16(kV, 6, "privacy.readable_bytes", kReadOnly, "By", "All bytes that exist on the bus, every page and entry counted."),
      U32(kV, 8, "privacy.read_limit_bytes_per_s", kReadOnly, "By/s", "Reads beyond this rate are refused."),
      U16(kV, 12, "privacy.reserved", kReadOnly, "", "Reads 0."),
      Crc(kV, 14, "privacy.crc"),

      U8(kT, 0, "selftest.page", kReadOnly, "", kPageSummary, 2),
      U8(kT, 1, "selftest.index", kReadOnly, "", kIndexSummary),
      Bits(U8(kT, 2, "selftest.tests_run", kReadOnly, "", "Tests that ran."), kSelfTestBits),
      Bits(U8(kT, 3, "selftest.tests_failed", kReadOnly, "", "Tests that failed."), kSelfTestBits),
      U16(kT, 4, "selftest.duration_ms", kReadOnly, "ms", "How long they took; stops at 65535."),
      U16(kT, 6, "selftest.run_count", kReadOnly, "", "Self-tests since start; stops at 65535."),
      U32(kT, 8, "selftest.expected_answer", kReadOnly, "", "CRC-32 of the output that the stored input must give."),
      U32(kT, 12, "selftest.actual_answer", kReadOnly, "", "CRC-32 of the output that it gave."),
      U16(kT, 16, "selftest.reserved", kReadOnly, "", "Reads 0."),
      Crc(kT, 18, "selftest.crc"),

      U8(kY, 0, "identity.page", kReadOnly, "", kPageSummary, 3),
      U8(kY, 1, "identity.index", kReadOnly, "", kIndexSummary),
      Bytes(kY, 2, 16, "identity.unique_id", "Number of this very module; no two are alike."),
      Bytes(kY, 18, 8, "identity.boot_id", "Random number, new at each start."),
      Crc(kY, 26, "identity.crc"),

      U8(kFirmwareHashWindow, 0, "firmware_hash.page", kReadOnly, "", kPageSummary, 4),
      U8(kFirmwareHashWindow, 1, "firmware_hash.index", kReadOnly, "", kIndexSummary),
      Bytes(kFirmwareHashWindow, 2, 16, "firmware_hash.half", "Bytes 0 to 15 (index 0) or 16 to 31 (index 1)."),
      Crc(kFirmwareHashWindow, 18, "firmware_hash.crc"),

      U8(kModelHashWindow, 0, "model_hash.page", kReadOnly, "", kPageSummary, 5),
      U8(kModelHashWindow, 1, "model_hash.index", kReadOnly, "", kIndexSummary),
      Bytes(kModelHashWindow, 2, 16, "model_hash.half", "Bytes 0 to 15 (index 0) or 16 to 31 (index 1)."),
      Crc(kModelHashWindow, 18, "model_hash.crc"),

      U8(kDatasheetHashWindow, 0, "datasheet_hash.page", kReadOnly, "", kPageSummary, 6),
      U8(kDatasheetHashWindow, 1, "datasheet_hash.index", kReadOnly, "", kIndexSummary),
      Bytes(kDatasheetHashWindow, 2, 16, "datasheet_hash.half", "Bytes 0 to 15 (index 0) or 16 to 31 (index 1)."),
      Crc(kDatasheetHashWindow, 18, "datasheet_hash.crc"),

      U8(kLabelWindow, 0, "label.page", kReadOnly, "", kPageSummary, 7),
      U8(kLabelWindow, 1, "label.index", kReadOnly, "", kIndexSummary),
      Text(kLabelWindow, 2, 24, "label.text", "UTF-8, filled up with zeros; empty beyond the last class."),
      Crc(kLabelWindow, 26, "label.crc"),

      U8(kCrashWindow, 0, "crash.page", kReadOnly, "", kPageSummary, 8),
      U8(kCrashWindow, 1, "crash.index", kReadOnly, "", kIndexSummary),
      Text(kCrashWindow, 2, 24, "crash.text", "UTF-8, filled up with zeros; empty when nothing crashed."),
      Crc(kCrashWindow, 26, "crash.crc"),

      U8(kSoftAddressWindow, 0, "soft_address.page", kReadOnly, "", kPageSummary, 9),
      U8(kSoftAddressWindow, 1, "soft_address.index", kReadOnly, "", kIndexSummary),
      Bytes(kSoftAddressWindow, 2, 16, "soft_address.unique_id",
            "Key to the next register: identity.unique_id, written together with it in one go. Reads 0.", kReadWrite),
      U8(kSoftAddressWindow, 18, "soft_address.address", kReadWrite, "",
         "I2C address: 8 to 119 (0x08 to 0x77), until the module restarts; 0 for the strapped one. Reads what it is now."),
      U8(kSoftAddressWindow, 19, "soft_address.reserved", kReadOnly, "", "Reads 0."),
      Crc(kSoftAddressWindow, 20, "soft_address.crc"),
  });
}();

void ThereIsNoRegisterOfThatName();  // Never defined: its name is the compiler's message.

// Index of a register by its full name; a name that does not exist does not compile.
consteval size_t RegisterIndex(std::string_view name) {
  for (size_t i = 0; i < kRegisters.size(); ++i) {
    if (name == kRegisters[i].name) return i;
  }
  ThereIsNoRegisterOfThatName();
  return kRegisters.size();
}

template <RegisterType type, size_t size>
using RegisterValue = std::conditional_t<
    type == RegisterType::kU8, uint8_t,
    std::conditional_t<
        type == RegisterType::kU16, uint16_t,
        std::conditional_t<type == RegisterType::kU32, uint32_t,
                           std::conditional_t<type == RegisterType::kU64, uint64_t, std::array<uint8_t, size>>>>>;

// A register as a typed constant: kReg<"result.score_permille">.
template <size_t index>
struct Register {
  static constexpr const RegisterInfo& kInfo = kRegisters[index];
  static constexpr const WindowInfo& kWindow = kWindows[kInfo.window];
  static constexpr uint8_t kAddress = static_cast<uint8_t>(kWindow.address + kInfo.offset);
  static constexpr bool kWritable = kInfo.access != Access::kReadOnly;
  using Value = RegisterValue<kInfo.type, kInfo.size_bytes>;

  // Reads the value out of the bytes of its window, which must be whole.
  static constexpr Value Load(std::span<const uint8_t> window) {
    if constexpr (std::is_integral_v<Value>) {
      return LoadLittleEndian<Value>(window.subspan(kInfo.offset, kInfo.size_bytes));
    } else {
      Value value;
      std::copy_n(window.begin() + kInfo.offset, kInfo.size_bytes, value.begin());
      return value;
    }
  }
  // Puts the value into the bytes of its window, which must be whole.
  static constexpr void Store(const Value& value, std::span<uint8_t> window) {
    if constexpr (std::is_integral_v<Value>) {
      StoreLittleEndian(value, window.subspan(kInfo.offset, kInfo.size_bytes));
    } else {
      std::copy_n(value.begin(), kInfo.size_bytes, window.begin() + kInfo.offset);
    }
  }
};

template <FixedString name>
inline constexpr Register<RegisterIndex(name.view())> kReg{};

template <typename R>
concept WritableRegister = R::kWritable;

// The bytes that write `value` to a register. A read-only register does not compile.
template <WritableRegister R>
constexpr auto EncodeWrite(R, typename R::Value value) {
  if constexpr (std::is_integral_v<typename R::Value>) {
    std::array<uint8_t, R::kInfo.size_bytes> bytes{};
    StoreLittleEndian(value, bytes);
    return bytes;
  } else {
    return value;
  }
}

namespace register_map {
// No window exceeds its limits, and only windows of different pages share addresses.
consteval bool WindowsAreSound(std::span<const WindowInfo> windows) {
  for (size_t i = 0; i < windows.size(); ++i) {
    const WindowInfo& a = windows[i];
    if (a.size_bytes > kMaxWindowBytes || a.size_bytes < 4 || a.address + a.size_bytes > 256) return false;
    if ((a.page != kNotPaged) != (a.address == kPagedAddress)) return false;
    if (a.page < kNotPaged || a.page > 255) return false;
    for (const WindowInfo& b : windows.first(i)) {
      const bool disjoint = a.address + a.size_bytes <= b.address || b.address + b.size_bytes <= a.address;
      const bool both_paged = a.page != kNotPaged && b.page != kNotPaged;
      if (!disjoint && (!both_paged || a.page == b.page)) return false;
    }
  }
  return true;
}

// Registers fill their window without gap or overlap, lie at multiples of their size (of 4 where they are larger), and end with the
// CRC. A paged window begins with its page and index. Text cannot be written.
consteval bool RegistersAreSound(std::span<const WindowInfo> windows, std::span<const RegisterInfo> registers) {
  for (const RegisterInfo& info : registers) {
    if (info.window >= windows.size()) return false;
    const bool is_number = info.type <= RegisterType::kU64;
    if (is_number && info.size_bytes != 1u << static_cast<unsigned>(info.type)) return false;
    if (is_number && info.offset % std::min<size_t>(info.size_bytes, 4) != 0) return false;
    if (info.type == RegisterType::kText && info.access != Access::kReadOnly) return false;
    if (info.size_bytes < 4 && info.reset_value >> (8 * info.size_bytes) != 0) return false;
  }
  for (size_t w = 0; w < windows.size(); ++w) {
    const std::string_view window_name = windows[w].name;
    size_t next = 0;
    std::string_view last;
    for (const RegisterInfo& info : registers) {
      if (info.window != w) continue;
      const std::string_view name = info.name;
      if (!name.starts_with(window_name) || name.substr(window_name.size(), 1) != ".") return false;
      const std::string_view field = name.substr(window_name.size() + 1);
      if (windows[w].page != kNotPaged) {
        if (next == 0 && (field != "page" || info.reset_value != static_cast<uint32_t>(windows[w].page))) return false;
        if (next == 1 && field != "index") return false;
      }
      if (info.offset != next) return false;
      next += info.size_bytes;
      last = field;
    }
    if (next != windows[w].size_bytes) return false;
    if (w != kEventDataWindow && last != "crc") return false;
  }
  return true;
}
static_assert(std::size(kWindows) == kWindowCount);
static_assert(WindowsAreSound(kWindows), "windows overlap or exceed 32 bytes");
static_assert(RegistersAreSound(kWindows, kRegisters),
              "registers overlap, leave a gap, are misaligned or misnamed, or their window does not end with a CRC");
}  // namespace register_map

}  // namespace mls
