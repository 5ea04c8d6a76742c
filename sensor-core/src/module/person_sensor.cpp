#include "mls/core/module/person_sensor.h"

#include "mls/interface/windows.h"

namespace mls {
namespace {

enum Register : uint8_t { kMode = 1, kEnableId, kSingleShot, kLabelNextId, kPersistIds, kEraseIds, kDebugMode };

constexpr size_t kHeaderBytes = 4;
constexpr size_t kFaceBytes = 8;
constexpr size_t kChecksumBytes = 2;
constexpr uint16_t kPayloadBytes = PersonSensor::kReportBytes - kHeaderBytes - kChecksumBytes;
static_assert(kPayloadBytes == 1 + PersonSensor::kMaxFaces * kFaceBytes);

struct Face {
  uint8_t confidence, left, top, right, bottom;
};

void StoreFace(const Face& face, std::span<uint8_t> out) {
  constexpr uint8_t kNoId = 0xFF;
  const std::array<uint8_t, kFaceBytes> bytes{face.confidence, face.left, face.top, face.right, face.bottom, 0, kNoId, 0};
  std::copy(bytes.begin(), bytes.end(), out.begin());
}

uint8_t Edge(unsigned begin, unsigned size) { return static_cast<uint8_t>(std::min(begin + size, 255u)); }

}  // namespace

Result<std::span<const uint8_t>> PersonSensor::Read() {
  const auto bytes = registers_.BeginRead(kWindowOf<LatestResult>.address, kWindowOf<LatestResult>.size_bytes);
  if (!bytes.ok()) return bytes.status();
  const Result<LatestResult> result = DecodeWindow<LatestResult>(*bytes);
  registers_.EndRead();
  if (!result.ok()) return result.status();

  report_.fill(0);
  const auto out = std::span(report_);
  StoreLittleEndian(kPayloadBytes, out.subspan(2, 2));
  const bool is_sound = (result->flags & kValid) && !(result->flags & kStale);
  const size_t count =
      is_sound && result->decision == Decision::kPositive ? std::clamp<size_t>(result->count, 1, kMaxFaces) : 0;
  out[kHeaderBytes] = static_cast<uint8_t>(count);
  for (size_t i = 0; i < count; ++i) {
    Face face{static_cast<uint8_t>(result->score_permille / 10), 0, 0, 255, 255};
    if (i < result->objects.size() && result->objects[i].width != 0) {
      const ObjectBox& box = result->objects[i];
      face = {static_cast<uint8_t>(box.score * 100 / 255), box.x, box.y, Edge(box.x, box.width), Edge(box.y, box.height)};
    }
    StoreFace(face, out.subspan(kHeaderBytes + 1 + i * kFaceBytes, kFaceBytes));
  }
  StoreLittleEndian(Crc16().Add(out.first(kReportBytes - kChecksumBytes)).value(), out.last(kChecksumBytes));
  return std::span<const uint8_t>(report_);
}

void PersonSensor::Write(std::span<const uint8_t> bytes) {
  if (bytes.size() < 2) return;
  if (bytes.size() > 2) return registers_.ReportProtocolError(kBadLength);
  const uint8_t value = bytes[1];
  bool is_taken = true;
  switch (bytes[0]) {
    case kMode:
      is_taken = value <= 1;
      if (!is_taken) break;
      mode_is_wanted_ = true;
      wanted_mode_ = value == 0 ? PowerMode::kStandby : PowerMode::kContinuous;
      shot_is_wanted_ = false;
      break;
    case kSingleShot: shot_is_wanted_ = true; break;
    // It knows nobody, so there is nothing to keep or to forget.
    case kEnableId: is_taken = value == 0; break;
    case kLabelNextId: is_taken = false; break;
    case kPersistIds:
    case kEraseIds: break;
    // No host puts the indicator out.
    case kDebugMode: is_taken = value != 0; break;
    default: return registers_.ReportProtocolError(kBadAddress);
  }
  if (!is_taken) return registers_.ReportProtocolError(kBadValue);
  Poll();
}

void PersonSensor::Poll() {
  if (!mode_is_wanted_ && !shot_is_wanted_) return;
  const auto verdict = registers_.BeginRead(kReg<"status.command_verdict">.kAddress, 1);
  const bool is_busy = !verdict.ok() || verdict->front() == static_cast<uint8_t>(Verdict::kPending);
  if (verdict.ok()) registers_.EndRead();
  if (is_busy) return;
  const auto write = [this](auto reg, auto value) {
    static_cast<void>(registers_.Write(reg.kAddress, EncodeWrite(reg, static_cast<uint8_t>(value))));
  };
  if (mode_is_wanted_) {
    write(kReg<"config.power_mode">, wanted_mode_);
    write(kReg<"control.command">, Command::kCommit);
    mode_is_wanted_ = false;
  } else {
    write(kReg<"control.command">, Command::kSingleShot);
    shot_is_wanted_ = false;
  }
}

}  // namespace mls
