#include "fake_module.h"

namespace mls::test {
namespace {

// The window that contains `address`, of the paged ones the one that `page` shows.
int WindowAt(uint8_t address, uint8_t page) {
  for (size_t i = 0; i < kWindowCount; ++i) {
    const WindowInfo& info = kWindows[i];
    if (info.page != kNotPaged && info.page != page) continue;
    if (address >= info.address && address < info.address + info.size_bytes) return static_cast<int>(i);
  }
  return -1;
}

std::array<uint8_t, 24> Piece(const std::string& text) {
  std::array<uint8_t, 24> piece{};
  std::copy_n(text.begin(), std::min(text.size(), piece.size()), piece.begin());
  return piece;
}

std::array<uint8_t, 16> Half(const Sha256& hash, uint8_t index) {
  std::array<uint8_t, 16> half{};
  if (index < 2) std::copy_n(hash.begin() + 16 * index, 16, half.begin());
  return half;
}

}  // namespace

FakeModule::FakeModule() {
  ident.profile = Profile::kKeyword;
  ident.model_id = 0x01020304;
  ident.capabilities = kCanReportEvents | kCanSelfTest | kCanNotify | kCanStoreConfig;
  ident.label_count = 3;
  ident.event_capacity = 8;
  status.boot_stage = BootStage::kRunning;
  status.state = kReady | kResultAvailable;
  identity.unique_id = {0xA0, 1, 2, 3};
  identity.boot_id = {1};
  for (size_t i = 0; i < hashes.size(); ++i) hashes[i].fill(static_cast<uint8_t>(0x11 * (i + 1)));
  hashes[1][0] = 1, hashes[1][1] = 2, hashes[1][2] = 3, hashes[1][3] = 4;
  result.sequence = 7;
  result.flags = kValid;
  result.captured_ms = 900;
  result.score_permille = 931;
  result.decision = Decision::kPositive;
  result.count = 1;
  result.label = 1;
  result.score_kind = ScoreKind::kPosterior;
}

void FakeModule::AddEvent(EventRecord event) {
  newest = newest == UINT32_MAX ? 1 : newest + 1;
  event.sequence = newest;
  if (event.time_ms == 0) event.time_ms = clock_ms;
  if (fifo.size() == ident.event_capacity) {
    fifo.pop_front();
    ++lost;
  }
  fifo.push_back(event);
}

void FakeModule::Restart() {
  fifo.clear();
  lost = newest = 0;
  latch_time_ms = 0;
  clock_ms = 0;
  control = {};
  staged = active = {};
  pending_.clear();
  status.command = Command::kNone;
  status.command_token = 0;
  status.command_verdict = Verdict::kNone;
  identity.boot_id = {++boots_};
  AddEvent({.type = EventType::kReset, .detail = static_cast<uint8_t>(ResetCause::kWatchdog)});
}

Status FakeModule::Render(uint8_t address, WindowIndex& window) {
  const int found = WindowAt(address, control.page);
  if (found < 0) return Status::kOutOfRange;
  window = static_cast<WindowIndex>(found);
  const uint8_t index = control.index;
  switch (window) {
    case kIdentWindow: EncodeWindow(ident, frozen_); break;
    case kStatusWindow:
      status.uptime_ms = clock_ms;
      status.state =
          static_cast<uint16_t>(staged == active ? status.state & ~kConfigPending : status.state | kConfigPending);
      EncodeWindow(status, frozen_);
      break;
    case kResultWindow: EncodeWindow(result, frozen_); break;
    case kEventsWindow:
      EncodeWindow(EventHeader{.count = static_cast<uint8_t>(fifo.size()),
                               .latch_token = control.time_latch,
                               .lost = lost,
                               .oldest = fifo.empty() ? 0 : fifo.front().sequence,
                               .newest = newest,
                               .latch_time_ms = latch_time_ms},
                   frozen_);
      break;
    case kEventDataWindow:
      for (size_t slot = 0; slot < kEventRecordsPerRead; ++slot) {
        EncodeEvent(slot < fifo.size() ? fifo[slot] : EventRecord{},
                    std::span(frozen_).subspan(slot * kEventRecordBytes).first<kEventRecordBytes>(), slot);
      }
      break;
    case kConfigWindow: EncodeWindow(staged, frozen_); break;
    case kControlWindow: EncodeWindow(control, frozen_); break;
    case kPowerWindow: EncodeWindow(power, frozen_, index); break;
    case kPrivacyWindow: EncodeWindow(privacy, frozen_, index); break;
    case kSelfTestWindow: EncodeWindow(selftest, frozen_, index); break;
    case kIdentityWindow: EncodeWindow(identity, frozen_, index); break;
    case kFirmwareHashWindow: EncodeWindow(FirmwareHashHalf{Half(hashes[0], index)}, frozen_, index); break;
    case kModelHashWindow: EncodeWindow(ModelHashHalf{Half(hashes[1], index)}, frozen_, index); break;
    case kDatasheetHashWindow: EncodeWindow(DatasheetHashHalf{Half(hashes[2], index)}, frozen_, index); break;
    case kLabelWindow:
      EncodeWindow(LabelText{Piece(index < labels.size() ? labels[index] : "")}, frozen_, index);
      break;
    case kCrashWindow: EncodeWindow(CrashText{}, frozen_, index); break;
    case kSoftAddressWindow: EncodeWindow(SoftAddress{.address = kDefaultI2cAddress}, frozen_, index); break;
    case kWindowCount: return Status::kOutOfRange;
  }
  return Status::kOk;
}

Result<std::span<const uint8_t>> FakeModule::DoBeginRead(uint8_t address, size_t size_bytes) {
  ++reads;
  if (before_read) before_read(address);
  for (size_t i = 0; i < pending_.size();) {
    if (pending_[i].reads_left-- > 0) {
      ++i;
      continue;
    }
    const PendingWrite write = pending_[i];
    pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(i));
    Apply(write.address, write.bytes);
  }
  WindowIndex window{};
  if (const Status rendered = Render(address, window); rendered != Status::kOk) return rendered;
  const size_t offset = static_cast<size_t>(address - kWindows[window].address);
  const size_t left = kWindows[window].size_bytes - offset;
  if (size_bytes > left) {
    status.protocol_errors |= kBadLength;
    return Status::kInvalidArgument;
  }
  const std::span<uint8_t> answer =
      std::span(frozen_).subspan(offset, size_bytes == kToEndOfWindow ? left : size_bytes);
  if (tamper) tamper(address, answer);
  return std::span<const uint8_t>(answer);
}

Status FakeModule::DoWrite(uint8_t address, std::span<const uint8_t> bytes) {
  ++writes;
  if (refuse_write) {
    if (const Status refused = refuse_write(address, bytes); refused != Status::kOk) return refused;
  }
  const int window = WindowAt(address, control.page);
  if (window < 0) return Status::kOutOfRange;
  if (window != kConfigWindow && window != kControlWindow) return Status::kReadOnly;
  if (address + bytes.size() > static_cast<size_t>(kWindows[window].address + kWindows[window].size_bytes - 2)) {
    return Status::kInvalidArgument;
  }
  if (reads_until_write_applies > 0) {
    pending_.push_back({reads_until_write_applies, address, {bytes.begin(), bytes.end()}});
  } else {
    Apply(address, bytes);
  }
  if (after_write) after_write(address);
  return Status::kOk;
}

void FakeModule::DoReportProtocolError(uint16_t protocol_errors) { status.protocol_errors |= protocol_errors; }

void FakeModule::Apply(uint8_t address, std::span<const uint8_t> bytes) {
  const auto touches = [&](uint8_t at) { return at >= address && at < address + bytes.size(); };
  std::array<uint8_t, kMaxWindowBytes> image{};
  const auto overwrite = [&](auto& window) {
    using Window = std::remove_reference_t<decltype(window)>;
    EncodeWindow(window, image);
    std::copy(bytes.begin(), bytes.end(), image.begin() + (address - kWindowOf<Window>.address));
    Window::Fields(window, windows_detail::Load(image));
  };
  if (address < kWindows[kControlWindow].address) {
    overwrite(staged);
    return;
  }
  overwrite(control);
  if (touches(kReg<"control.time_latch">.kAddress)) latch_time_ms = clock_ms;
  if (touches(kReg<"control.event_ack">.kAddress)) {
    while (!fifo.empty() && static_cast<int32_t>(control.event_ack - fifo.front().sequence) >= 0) fifo.pop_front();
  }
  if (touches(kReg<"control.command_token">.kAddress)) RunCommand();
}

void FakeModule::RunCommand() {
  status.command = control.command;
  status.command_token = control.command_token;
  status.command_verdict = Verdict::kDone;
  status.command_field = 0;
  switch (control.command) {
    case Command::kCommit:
      if (commit_verdict != Verdict::kDone) {
        status.command_verdict = commit_verdict;
        status.command_field = commit_field;
        break;
      }
      active = staged;
      ++status.config_generation;
      break;
    case Command::kRevert: staged = active; break;
    case Command::kFactoryReset: staged = active = Config{}; break;
    case Command::kSelfTest:
      selftest.tests_run = kTestTransducer | kTestMemory | kTestKnownAnswer;
      ++selftest.run_count;
      break;
    case Command::kStore: break;
    default: status.command_verdict = Verdict::kUnsupported;
  }
}

}  // namespace mls::test
