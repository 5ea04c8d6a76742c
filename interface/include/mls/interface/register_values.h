// The enumerations and flags of the register map, each with the names that hosts, exports and documents use.
#pragma once

#include <iterator>

#include "mls/interface/register_types.h"
#include "mls/interface/status.h"

namespace mls {

enum class Profile : uint8_t { kUnknown = 0, kPerson = 1, kKeyword = 2, kAnomaly = 3, kClassifier = 4 };
inline constexpr NamedValue kProfileValues[] = {
    {0, "unknown", "Not yet known, or none of these."},
    {1, "person", "Is a person there?"},
    {2, "keyword", "Which word was spoken?"},
    {3, "anomaly", "Does it behave as it should?"},
    {4, "classifier", "Which of its classes is it?"},
};

enum Capability : uint32_t {
  kCanReportEvents = 1u << 0,
  kCanSelfTest = 1u << 1,
  kCanNotify = 1u << 2,
  kCanStoreConfig = 1u << 3,
  kCanUpdate = 1u << 4,
  kCanAttest = 1u << 5,
  kCanRotate = 1u << 6,
  kHasInterruptLine = 1u << 7,
};
inline constexpr NamedValue kCapabilityBits[] = {
    {kCanReportEvents, "events", "Has an event FIFO."},
    {kCanSelfTest, "selftest", "Has a self-test with a known answer."},
    {kCanNotify, "notify", "Can send events by itself on serial links."},
    {kCanStoreConfig, "store_config", "Keeps its configuration without power."},
    {kCanUpdate, "update", "Takes updates of firmware or model."},
    {kCanAttest, "attest", "Signs statements about itself."},
    {kCanRotate, "rotate", "Can turn and mirror its picture."},
    {kHasInterruptLine, "interrupt_line", "Drives an interrupt line."},
};

enum class BootStage : uint8_t { kReset = 0, kFirstStage = 1, kLoading = 2, kRunning = 3, kRecovery = 4 };
inline constexpr NamedValue kBootStageValues[] = {
    {0, "reset", "Just started."},
    {1, "first_stage", "The immutable first stage runs."},
    {2, "loading", "The model is being checked and planned."},
    {3, "running", "The pipeline runs."},
    {4, "recovery", "No usable firmware or model: waits for an update."},
};

enum class ResetCause : uint8_t { kPowerOn = 0, kCommand = 1, kWatchdog = 2, kCrash = 3, kUpdate = 4 };
inline constexpr NamedValue kResetCauseValues[] = {
    {0, "power_on", "Power came on, or the process was started."},
    {1, "command", "A host asked for it."},
    {2, "watchdog", "The watchdog expired."},
    {3, "crash", "A fault; see the crash window."},
    {4, "update", "An update was installed."},
};

enum StateBit : uint16_t {
  kReady = 1u << 0,
  kBusy = 1u << 1,
  kFault = 1u << 2,
  kDegraded = 1u << 3,
  kDebugBuild = 1u << 4,
  kConfigPending = 1u << 5,
  kResultAvailable = 1u << 6,
  kInputEnded = 1u << 7,
};
inline constexpr NamedValue kStateBits[] = {
    {kReady, "ready", "Captures and evaluates."},
    {kBusy, "busy", "A command is being carried out."},
    {kFault, "fault", "Cannot do its job; see the error registers."},
    {kDegraded, "degraded", "Works, but something is wrong: captures fail or are out of envelope."},
    {kDebugBuild, "debug_build", "A debug build."},
    {kConfigPending, "config_pending", "The staged configuration differs from the active one."},
    {kResultAvailable, "result_available", "At least one result has been published."},
    {kInputEnded, "input_ended", "The input (a file or a stream) has come to its end."},
};

enum ProtocolError : uint16_t {
  kBadLength = 1u << 0,
  kBadAddress = 1u << 1,
  kWriteToReadOnly = 1u << 2,
  kCrcFailure = 1u << 3,
  kOverrun = 1u << 4,
  kBadValue = 1u << 5,
  kStalled = 1u << 6,
  kBadFrame = 1u << 7,
};
inline constexpr NamedValue kProtocolErrorBits[] = {
    {kBadLength, "bad_length", "A transfer that ends beyond its window or inside a register."},
    {kBadAddress, "bad_address", "An address without a register."},
    {kWriteToReadOnly, "write_to_read_only", "A write to a register that takes none."},
    {kCrcFailure, "crc_failure", "A serial frame whose CRC is wrong."},
    {kOverrun, "overrun", "More writes than the queue holds, or reads beyond the rate limit."},
    {kBadValue, "bad_value", "A value that the register does not take."},
    {kStalled, "stalled", "A transfer that stalled for more than 35 ms."},
    {kBadFrame, "bad_frame", "Bytes on a serial link that are no frame."},
};

enum class ErrorDomain : uint8_t { kNone = 0, kCapture = 1, kInference = 2, kModel = 3, kStorage = 4, kSelfTest = 5 };
inline constexpr NamedValue kErrorDomainValues[] = {
    {0, "none", "Nothing has failed."},
    {1, "capture", "Camera, microphone or input file."},
    {2, "inference", "The inference engine."},
    {3, "model", "The model file."},
    {4, "storage", "Non-volatile memory."},
    {5, "selftest", "The self-test."},
};

enum InterruptBit : uint8_t {
  kInterruptResult = 1u << 0,
  kInterruptEvent = 1u << 1,
  kInterruptOverflow = 1u << 2,
  kInterruptCommand = 1u << 3,
  kInterruptFault = 1u << 4,
};
inline constexpr NamedValue kInterruptBits[] = {
    {kInterruptResult, "result", "A new result is there."},
    {kInterruptEvent, "event", "Events wait; stays set until all are acknowledged."},
    {kInterruptOverflow, "overflow", "Events were lost."},
    {kInterruptCommand, "command", "A command is done; see its verdict."},
    {kInterruptFault, "fault", "The module entered a fault."},
};

// The codes of mls::Status, as status.error_code shows them: part of the map, so none may change its number.
inline constexpr NamedValue kStatusValues[] = {
    {0, "ok", "No failure."},
    {1, "invalid_argument", "Something that can never work."},
    {2, "out_of_range", "A value or an address outside what is allowed."},
    {3, "unsupported", "Well formed, but not implemented here."},
    {4, "no_memory", "A buffer or arena is too small."},
    {5, "corrupt", "Data is malformed or fails its checksum."},
    {6, "not_ready", "Not yet."},
    {7, "busy", "Occupied by something else."},
    {8, "read_only", "Does not take writes."},
    {9, "no_device", "Nobody answers."},
    {10, "bus_error", "A bus or link failed in the middle of a transfer."},
    {11, "arbitration_lost", "Another controller took the bus."},
    {12, "timeout", "The deadline passed."},
    {13, "permission", "Access was refused."},
    {14, "short_transfer", "Fewer bytes moved than were asked for."},
    {15, "bad_crc", "A checksum is wrong."},
    {16, "protocol", "An answer does not make sense."},
    {17, "rejected", "Refused: a verdict tells why."},
    {18, "end_of_input", "The input has nothing more to give."},
};
static_assert(std::size(kStatusValues) == static_cast<size_t>(Status::kEndOfInput) + 1);

enum class Command : uint8_t {
  kNone = 0,
  kCommit = 1,
  kStore = 2,
  kRevert = 3,
  kFactoryReset = 4,
  kSelfTest = 5,
  kSingleShot = 6,
  kRestart = 7,
};
inline constexpr NamedValue kCommandValues[] = {
    {0, "none", "No command."},
    {1, "commit", "Make the staged configuration the active one."},
    {2, "store", "Keep the active configuration in non-volatile memory."},
    {3, "revert", "Set the staged configuration back to the active one."},
    {4, "factory_reset", "Stage and commit the values the module was made with, and forget the stored ones."},
    {5, "selftest", "Run the self-test."},
    {6, "single_shot", "Evaluate one capture, then return to standby."},
    {7, "restart", "Start the module again."},
};

enum class Verdict : uint8_t {
  kNone = 0,
  kPending = 1,
  kDone = 2,
  kOutOfRange = 3,
  kContradiction = 4,
  kUnsupported = 5,
  kFailed = 6,
};
inline constexpr NamedValue kVerdictValues[] = {
    {0, "none", "No command yet."},
    {1, "pending", "Taken, not done yet."},
    {2, "done", "Done."},
    {3, "out_of_range", "command_field names a value outside its range."},
    {4, "contradiction", "command_field names a value that contradicts another one."},
    {5, "unsupported", "This module cannot do that."},
    {6, "failed", "It was tried and failed; see the error registers."},
};

enum class UpdateState : uint8_t { kIdle = 0 };
inline constexpr NamedValue kUpdateStateValues[] = {{0, "idle", "No update under way."}};

enum ResultFlag : uint16_t {
  kValid = 1u << 0,
  kStale = 1u << 1,
  kTooDark = 1u << 2,
  kTooBright = 1u << 3,
  kFlat = 1u << 4,
  kFrozen = 1u << 5,
  kTooQuiet = 1u << 6,
  kClipped = 1u << 7,
  kBlurred = 1u << 8,
};
inline constexpr uint16_t kOutOfEnvelope = kTooDark | kTooBright | kFlat | kFrozen | kTooQuiet | kClipped | kBlurred;
inline constexpr NamedValue kResultFlagBits[] = {
    {kValid, "valid", "Score and decision may be used."},
    {kStale, "stale", "Older than config.stale_after_ms."},
    {kTooDark, "too_dark", "Out of envelope: too dark."},
    {kTooBright, "too_bright", "Out of envelope: too bright."},
    {kFlat, "flat", "Out of envelope: no contrast; the lens may be covered."},
    {kFrozen, "frozen", "Out of envelope: the input does not change at all."},
    {kTooQuiet, "too_quiet", "Out of envelope: quieter than any room; the microphone may be dead."},
    {kClipped, "clipped", "Out of envelope: too loud, samples are clipped."},
    {kBlurred, "blurred", "Out of envelope: no sharp edge."},
};

enum class Decision : uint8_t { kUnknown = 0, kNegative = 1, kPositive = 2 };
inline constexpr NamedValue kDecisionValues[] = {
    {0, "unknown", "No basis for a decision."},
    {1, "negative", "Not there."},
    {2, "positive", "There."},
};

enum class ScoreKind : uint8_t { kNone = 0, kPosterior = 1, kAveragedPosterior = 2 };
inline constexpr NamedValue kScoreKindValues[] = {
    {0, "none", "No score."},
    {1, "posterior", "Output of the model's softmax, 0 to 1000."},
    {2, "averaged_posterior", "Output of the model's softmax, averaged over config.average_count evaluations."},
};

enum class EventType : uint8_t {
  kNone = 0,
  kDetection = 1,
  kPresence = 2,
  kOverflow = 3,
  kReset = 4,
  kConfigChanged = 5,
  kPowerMode = 6,
  kEnvelope = 7,
  kFault = 8,
  kInputEnded = 9,
  kResult = 10,
};
inline constexpr NamedValue kEventTypeValues[] = {
    {0, "none", "Empty slot."},
    {1, "detection", "A keyword was heard: label and score (value)."},
    {2, "presence", "The decision changed: decision (detail), label and score (value)."},
    {3, "overflow", "Events were lost: how many since the last such event (value)."},
    {4, "reset", "The module started: reset cause (detail)."},
    {5, "config_changed", "A configuration took effect: generation (value)."},
    {6, "power_mode", "The power mode changed: mode (detail)."},
    {7, "envelope", "The input left or re-entered the envelope: result flags (value)."},
    {8, "fault", "Something failed: error domain (detail) and status code (value)."},
    {9, "input_ended", "The input has come to its end."},
    {10, "result", "A result was published: decision (detail), label and score (value)."},
};

enum ReportBit : uint8_t { kReportChanges = 1u << 0, kReportEveryResult = 1u << 1, kReportEnvelope = 1u << 2 };
inline constexpr NamedValue kReportBits[] = {
    {kReportChanges, "changes", "Detections and changes of the decision."},
    {kReportEveryResult, "every_result", "Every result."},
    {kReportEnvelope, "envelope", "Leaving and re-entering the envelope."},
};

enum OrientationBit : uint8_t { kRotate90 = 1u << 0, kRotate180 = 1u << 1, kMirror = 1u << 2 };
inline constexpr NamedValue kOrientationBits[] = {
    {kRotate90, "rotate_90", "Turn clockwise by 90 degrees (adds to rotate_180)."},
    {kRotate180, "rotate_180", "Turn by 180 degrees."},
    {kMirror, "mirror", "Swap left and right, after turning."},
};

enum InterruptModeBit : uint8_t { kPulse = 1u << 0, kActiveHigh = 1u << 1, kMirrorPresence = 1u << 2 };
inline constexpr NamedValue kInterruptModeBits[] = {
    {kPulse, "pulse", "Pulse of 1 ms instead of a level."},
    {kActiveHigh, "active_high", "Active high instead of active low (open drain)."},
    {kMirrorPresence, "mirror_presence", "The line shows the decision instead of pending interrupts."},
};

enum class PowerMode : uint8_t { kSleep = 0, kStandby = 1, kSingleShot = 2, kDutyCycled = 3, kContinuous = 4 };
inline constexpr NamedValue kPowerModeValues[] = {
    {0, "sleep", "Transducer and inference off; only the bus answers."},
    {1, "standby", "Ready to evaluate at once; no captures."},
    {2, "single_shot", "One evaluation for each command."},
    {3, "duty_cycled", "One evaluation each config.period_ms."},
    {4, "continuous", "Every capture is evaluated."},
};

enum class EnergyKind : uint8_t { kUnknown = 0, kMeasured = 1, kModelled = 2 };
inline constexpr NamedValue kEnergyKindValues[] = {
    {0, "unknown", "This build cannot tell."},
    {1, "measured", "Measured on this module."},
    {2, "modelled", "Computed from counts and a published figure."},
};

enum TransducerBit : uint8_t { kMicrophone = 1u << 0, kCamera = 1u << 1, kFileInput = 1u << 2 };
inline constexpr NamedValue kTransducerBits[] = {
    {kMicrophone, "microphone", "Hears."},
    {kCamera, "camera", "Sees."},
    {kFileInput, "file_input", "Plays files or a stream: a simulated transducer."},
};

enum class IndicatorPolicy : uint8_t { kNone = 0, kWhileCapturing = 1 };
inline constexpr NamedValue kIndicatorPolicyValues[] = {
    {0, "none", "No indicator is fitted."},
    {1, "while_capturing", "Lit while a transducer is powered."},
};

enum SelfTestBit : uint8_t { kTestTransducer = 1u << 0, kTestMemory = 1u << 1, kTestKnownAnswer = 1u << 2 };
inline constexpr NamedValue kSelfTestBits[] = {
    {kTestTransducer, "transducer", "The transducer or input answers."},
    {kTestMemory, "memory", "The model in memory still has its checksum."},
    {kTestKnownAnswer, "known_answer", "The stored input gives the stored output."},
};

// Status byte of a serial response. On I2C the same refusals show as status.protocol_errors.
enum class WireStatus : uint8_t {
  kOk = 0,
  kBadAddress = 1,
  kBadLength = 2,
  kReadOnly = 3,
  kBadValue = 4,
  kBusy = 5,
  kBadCrc = 6,
  kBadFrame = 7,
};
inline constexpr NamedValue kWireStatusValues[] = {
    {0, "ok", "Done; a write is queued."},
    {1, "bad_address", "No register there."},
    {2, "bad_length", "Ends beyond the window or inside a register."},
    {3, "read_only", "That register takes no writes."},
    {4, "bad_value", "That register does not take this value."},
    {5, "busy", "Write queue full or read-rate limit reached: try again."},
    {6, "bad_crc", "The request arrived damaged."},
    {7, "bad_frame", "The request is no request."},
};

// What a host should make of a wire status.
constexpr Status ToStatus(WireStatus wire) {
  switch (wire) {
    case WireStatus::kOk: return Status::kOk;
    case WireStatus::kBadAddress: return Status::kOutOfRange;
    case WireStatus::kBadLength: return Status::kInvalidArgument;
    case WireStatus::kReadOnly: return Status::kReadOnly;
    case WireStatus::kBadValue: return Status::kRejected;
    case WireStatus::kBusy: return Status::kBusy;
    case WireStatus::kBadCrc: return Status::kBadCrc;
    case WireStatus::kBadFrame: return Status::kProtocol;
  }
  return Status::kProtocol;
}

inline constexpr uint8_t kNoLabel = 255;

}  // namespace mls
