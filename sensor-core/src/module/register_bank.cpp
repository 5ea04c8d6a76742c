#include "mls/core/module/register_bank.h"

#include <optional>

namespace mls {
namespace {

// The parts of the map that are needed at run time, without its texts.
struct WindowPlace {
  uint8_t address;
  int8_t page;
  uint8_t size_bytes;
  uint32_t register_starts;    // Bit n: a register starts at offset n.
  uint32_t read_only_starts;   // Those of them that take no writes.
};

constexpr auto kPlaces = [] {
  std::array<WindowPlace, kWindowCount> places{};
  for (size_t w = 0; w < kWindowCount; ++w) {
    places[w] = {kWindows[w].address, static_cast<int8_t>(kWindows[w].page), kWindows[w].size_bytes, 0, 0};
  }
  for (const RegisterInfo& reg : kRegisters) {
    places[reg.window].register_starts |= 1u << reg.offset;
    if (reg.access == Access::kReadOnly) places[reg.window].read_only_starts |= 1u << reg.offset;
  }
  return places;
}();

constexpr uint8_t kLastPage = [] {
  int last = 0;
  for (const WindowInfo& window : kWindows) last = std::max(last, window.page);
  return static_cast<uint8_t>(last);
}();

constexpr uint8_t AllBits(std::span<const NamedValue> bits) {
  uint32_t all = 0;
  for (const NamedValue& bit : bits) all |= bit.value;
  return static_cast<uint8_t>(all);
}
constexpr uint8_t kAllInterruptBits = AllBits(kInterruptBits);
constexpr uint8_t kPulseMs = 1;
constexpr uint16_t kOldestAgeMs = 0xFFFF;

std::optional<WindowIndex> FindWindow(uint8_t address, uint8_t page) {
  for (uint8_t w = 0; w < kWindowCount; ++w) {
    const WindowPlace& place = kPlaces[w];
    if (address >= place.address && address - place.address < place.size_bytes &&
        (place.page == kNotPaged || place.page == page)) {
      return static_cast<WindowIndex>(w);
    }
  }
  return std::nullopt;
}

constexpr size_t PieceCount(std::string_view text) {
  constexpr size_t kPieceBytes = std::tuple_size_v<decltype(CrashText::text)>;
  return std::max<size_t>(1, (text.size() + kPieceBytes - 1) / kPieceBytes);
}

// `offset` may lie beyond the end.
template <typename Piece>
Piece TextFrom(std::string_view text, size_t offset) {
  Piece piece;
  text = text.substr(std::min(offset, text.size())).substr(0, piece.text.size());
  std::copy(text.begin(), text.end(), piece.text.begin());
  return piece;
}

// Cut between characters, not within one.
LabelText LabelOf(std::string_view label) {
  size_t size = std::min(label.size(), std::tuple_size_v<decltype(LabelText::text)>);
  while (size > 0 && size < label.size() && (static_cast<uint8_t>(label[size]) & 0xC0) == 0x80) --size;
  return TextFrom<LabelText>(label.substr(0, size), 0);
}

template <typename Half>
Half HalfOf(const Sha256& hash, uint8_t index) {
  Half half;
  if (index < 2) std::copy_n(hash.begin() + index * half.half.size(), half.half.size(), half.half.begin());
  return half;
}

uint16_t ReadableBytes(const BankSetup& setup) {
  size_t sum = 0;
  for (uint8_t w = 0; w < kWindowCount; ++w) {
    size_t entries = 1;
    if (w == kFirmwareHashWindow || w == kModelHashWindow || w == kDatasheetHashWindow) entries = 2;
    if (w == kLabelWindow) entries = setup.labels.size();
    if (w == kCrashWindow) entries = PieceCount(setup.crash_text);
    sum += entries * kPlaces[w].size_bytes;
  }
  return static_cast<uint16_t>(std::min<size_t>(sum, 0xFFFF));
}

void Increment(uint16_t& counter) {
  if (counter != 0xFFFF) ++counter;
}

}  // namespace

class RegisterBank::Guard {
 public:
  explicit Guard(BusLock& lock) : lock_(lock) { lock_.Lock(); }
  ~Guard() { lock_.Unlock(); }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

 private:
  BusLock& lock_;
};

RegisterBank::RegisterBank(const BankSetup& setup, const ModuleClock& clock, BusLock& lock, OutputPin* interrupt_line)
    : setup_(setup),
      clock_(clock),
      lock_(lock),
      line_(interrupt_line),
      capabilities_(setup.ident.capabilities | kCanReportEvents | (interrupt_line ? uint32_t{kHasInterruptLine} : 0)),
      active_(setup.default_config),
      staged_(setup.default_config),
      allowance_ms_(clock.NowMs()) {
  status_.reset_cause = setup.reset_cause;
  status_.config_generation = 1;
  if (line_) {
    line_is_high_ = !(active_.interrupt_mode & kActiveHigh);
    line_->Set(line_is_high_);
  }
}

// --- Bus side ---

Result<size_t> RegisterBank::Read(uint8_t address, size_t size_bytes, std::span<uint8_t, kMaxWindowBytes> out) {
  const Guard guard(lock_);
  const auto window = FindWindow(address, control_.page);
  if (!window) return Refuse(Status::kOutOfRange, kBadAddress);
  const WindowPlace& place = kPlaces[*window];
  const size_t offset = address - place.address;
  const size_t available = place.size_bytes - offset;
  if (size_bytes > available) return Refuse(Status::kInvalidArgument, kBadLength);
  if (size_bytes == kToEndOfWindow) size_bytes = available;
  if (!SpendReadAllowance(size_bytes)) {
    Increment(status_.throttled_reads);
    return Refuse(Status::kBusy, kOverrun);
  }
  std::array<uint8_t, kMaxWindowBytes> whole;
  EncodeCurrent(*window, whole);
  std::copy_n(whole.begin() + offset, size_bytes, out.begin());
  return size_bytes;
}

Result<std::span<const uint8_t>> RegisterBank::DoBeginRead(uint8_t address, size_t size_bytes) {
  const Result<size_t> size = Read(address, size_bytes, frozen_);
  if (!size.ok()) return size.status();
  return std::span<const uint8_t>(frozen_).first(*size);
}

Status RegisterBank::DoWrite(uint8_t address, std::span<const uint8_t> bytes) {
  const Guard guard(lock_);
  const auto window = FindWindow(address, control_.page);
  if (!window) return Refuse(Status::kOutOfRange, kBadAddress);
  const WindowPlace& place = kPlaces[*window];
  const size_t begin = address - place.address;
  const size_t end = begin + bytes.size();
  if (bytes.empty() || end > place.size_bytes) return Refuse(Status::kInvalidArgument, kBadLength);
  // The first register may be hit in its middle: look for where it starts.
  size_t first = begin;
  while (!(place.register_starts >> first & 1)) --first;
  const uint32_t touched = static_cast<uint32_t>(((uint64_t{1} << end) - 1) & ~((uint64_t{1} << first) - 1));
  if (place.read_only_starts & touched) return Refuse(Status::kReadOnly, kWriteToReadOnly);
  const bool ends_inside = end < place.size_bytes && !(place.register_starts >> end & 1);
  if (first != begin || ends_inside) return Refuse(Status::kInvalidArgument, kBadLength);
  const auto offset = static_cast<uint8_t>(begin);
  if (*window == kConfigWindow) return WriteConfig(offset, bytes);
  if (*window == kSoftAddressWindow) return WriteSoftAddress(offset, bytes);
  return WriteControl(offset, bytes);
}

void RegisterBank::DoReportProtocolError(uint16_t protocol_errors) {
  const Guard guard(lock_);
  status_.protocol_errors |= protocol_errors;
  if (protocol_errors & kStalled) Increment(status_.stalled_transfers);
}

uint8_t RegisterBank::DoI2cAddress() const {
  const Guard guard(lock_);
  return CurrentI2cAddress();
}

Result<EventRecord> RegisterBank::NextNotification(NotifyCursor& cursor) {
  const Guard guard(lock_);
  if (control_.notify == 0) return Status::kNotReady;
  if (cursor.activation != notify_activation_) cursor = {notify_activation_, notify_from_};
  const EventRecord event = events_.After(cursor.sequence);
  if (event.sequence == 0) return Status::kNotReady;
  cursor.sequence = event.sequence;
  return event;
}

Status RegisterBank::Refuse(Status status, uint16_t protocol_error) {
  status_.protocol_errors |= protocol_error;
  return status;
}

bool RegisterBank::SpendReadAllowance(size_t size_bytes) {
  if (setup_.read_limit_bytes_per_s == 0) return true;
  // One byte per second is one thousandth of a byte per millisecond.
  const uint32_t now_ms = clock_.NowMs();
  const uint64_t full = uint64_t{1000} * std::max<uint32_t>(setup_.read_burst_bytes, kMaxWindowBytes);
  const uint64_t earned = uint64_t{now_ms - allowance_ms_} * setup_.read_limit_bytes_per_s;
  allowance_ms_ = now_ms;
  spent_millibytes_ = spent_millibytes_ > earned ? spent_millibytes_ - earned : 0;
  const uint64_t wanted = uint64_t{1000} * size_bytes;
  if (spent_millibytes_ + wanted > full) return false;
  spent_millibytes_ += wanted;
  return true;
}

Ident RegisterBank::CurrentIdent() const {
  Ident ident = setup_.ident;
  ident.model_id = 0;
  for (size_t i = 0; i < 4; ++i) ident.model_id = ident.model_id << 8 | setup_.model_hash[i];
  ident.capabilities = capabilities_;
  ident.label_count = static_cast<uint8_t>(setup_.labels.size());
  ident.event_capacity = EventFifo::kCapacity;
  return ident;
}

ModuleStatus RegisterBank::CurrentStatus() const {
  ModuleStatus status = status_;
  if (status.command_verdict == Verdict::kPending) status.state |= StateBit::kBusy;
  if (setup_.debug_build) status.state |= kDebugBuild;
  if (staged_ != active_) status.state |= kConfigPending;
  if (has_result_) status.state |= kResultAvailable;
  status.interrupt_pending = PendingInterrupts();
  status.interrupt_enable = control_.interrupt_enable;
  status.uptime_ms = clock_.NowMs();
  return status;
}

LatestResult RegisterBank::CurrentResult() const {
  LatestResult result = result_;
  const uint32_t age_ms = clock_.NowMs() - result.captured_ms;
  result.age_ms =
      has_result_ && !result_is_old_ && age_ms < kOldestAgeMs ? static_cast<uint16_t>(age_ms) : kOldestAgeMs;
  if (active_.stale_after_ms != 0 && result.age_ms >= active_.stale_after_ms) result.flags |= kStale;
  return result;
}

void RegisterBank::EncodeCurrent(WindowIndex window, std::span<uint8_t> out) const {
  const uint8_t index = control_.index;
  switch (window) {
    case kIdentWindow: EncodeWindow(CurrentIdent(), out); break;
    case kStatusWindow: EncodeWindow(CurrentStatus(), out); break;
    case kResultWindow: EncodeWindow(CurrentResult(), out); break;
    case kEventsWindow:
      EncodeWindow(EventHeader{.count = static_cast<uint8_t>(events_.size()),
                               .latch_token = control_.time_latch,
                               .lost = events_.lost(),
                               .oldest = events_.oldest(),
                               .newest = events_.newest(),
                               .latch_time_ms = latch_time_ms_},
                   out);
      break;
    case kEventDataWindow:
      EncodeEvent(events_.At(0), out.first<kEventRecordBytes>(), 0);
      EncodeEvent(events_.At(1), out.subspan<kEventRecordBytes, kEventRecordBytes>(), 1);
      break;
    case kConfigWindow: EncodeWindow(staged_, out); break;
    case kControlWindow: {
      Control control = control_;
      control.event_ack = events_.acknowledged();
      control.interrupt_clear = PendingInterrupts();
      control.protocol_error_clear = status_.protocol_errors;
      EncodeWindow(control, out);
      break;
    }
    case kPowerWindow: EncodeWindow(power_, out, index); break;
    case kPrivacyWindow:
      EncodeWindow(Privacy{.transducers_fitted = setup_.transducers_fitted,
                           .transducers_powered = transducers_powered_,
                           .debug_build = setup_.debug_build,
                           .indicator_policy = setup_.indicator_policy,
                           .readable_bytes = ReadableBytes(setup_),
                           .read_limit_bytes_per_s = setup_.read_limit_bytes_per_s},
                   out, index);
      break;
    case kSelfTestWindow: EncodeWindow(self_test_, out, index); break;
    case kIdentityWindow: EncodeWindow(setup_.identity, out, index); break;
    case kFirmwareHashWindow: EncodeWindow(HalfOf<FirmwareHashHalf>(setup_.firmware_hash, index), out, index); break;
    case kModelHashWindow: EncodeWindow(HalfOf<ModelHashHalf>(setup_.model_hash, index), out, index); break;
    case kDatasheetHashWindow: EncodeWindow(HalfOf<DatasheetHashHalf>(setup_.datasheet_hash, index), out, index); break;
    case kLabelWindow:
      EncodeWindow(LabelOf(index < setup_.labels.size() ? setup_.labels[index] : std::string_view()), out, index);
      break;
    case kCrashWindow:
      EncodeWindow(TextFrom<CrashText>(setup_.crash_text, index * sizeof(CrashText::text)), out, index);
      break;
    case kSoftAddressWindow: EncodeWindow(SoftAddress{.address = CurrentI2cAddress()}, out, index); break;
    case kWindowCount: break;
  }
}

Status RegisterBank::WriteConfig(uint8_t offset, std::span<const uint8_t> bytes) {
  std::array<uint8_t, kWindowOf<Config>.size_bytes> image;
  EncodeWindow(staged_, image);
  std::copy(bytes.begin(), bytes.end(), image.begin() + offset);
  Config::Fields(staged_, windows_detail::Load(image));
  return Status::kOk;
}

Status RegisterBank::WriteSoftAddress(uint8_t offset, std::span<const uint8_t> bytes) {
  constexpr auto kKey = kReg<"soft_address.unique_id">;
  constexpr auto kAddress = kReg<"soft_address.address">;
  // The address alone opens nothing: several modules that were made alike may hear this, and one of them is meant.
  if (offset != kKey.kInfo.offset || bytes.size() != kKey.kInfo.size_bytes + 1u) return Refuse(Status::kInvalidArgument, kBadLength);
  const uint8_t address = bytes.back();
  const bool is_key = std::equal(bytes.begin(), bytes.end() - 1, setup_.identity.unique_id.begin());
  // Outside of these I2C has other plans for an address.
  if (!is_key || (address != 0 && (address < 0x08 || address > 0x77))) return Refuse(Status::kRejected, kBadValue);
  static_assert(kAddress.kInfo.offset == kKey.kInfo.offset + kKey.kInfo.size_bytes);
  soft_address_ = address;
  return Status::kOk;
}

Status RegisterBank::WriteControl(uint8_t offset, std::span<const uint8_t> bytes) {
  const auto is_written = [&](auto reg) {
    return reg.kInfo.offset >= offset && reg.kInfo.offset < offset + bytes.size();
  };
  std::array<uint8_t, kWindowOf<Control>.size_bytes> image;
  EncodeWindow(control_, image);
  std::copy(bytes.begin(), bytes.end(), image.begin() + offset);
  Control next;
  Control::Fields(next, windows_detail::Load(image));

  // Checks first: all bytes are taken, or none.
  if (next.page > kLastPage || (next.interrupt_enable & ~kAllInterruptBits) || next.command > Command::kRestart ||
      next.notify > 1) {
    return Refuse(Status::kRejected, kBadValue);
  }
  const bool has_token = is_written(kReg<"control.command_token">);
  const bool is_repeated = has_token && next.command == status_.command && next.command_token == status_.command_token;
  const bool is_command = is_written(kReg<"control.command">) && next.command != Command::kNone && !is_repeated;
  if (is_command && status_.command_verdict == Verdict::kPending) {
    Increment(status_.dropped_writes);
    return Refuse(Status::kBusy, kOverrun);
  }
  if (is_written(kReg<"control.event_ack">) && events_.Acknowledge(next.event_ack) != Status::kOk) {
    return Refuse(Status::kRejected, kBadValue);
  }

  if (is_written(kReg<"control.time_latch">)) latch_time_ms_ = clock_.NowMs();
  if (next.notify != 0 && control_.notify == 0) {
    ++notify_activation_;
    notify_from_ = events_.newest();
  }
  if (is_command) {
    if (next.command == Command::kRevert) staged_ = active_;
    if (next.command == Command::kFactoryReset) staged_ = setup_.default_config;
    pending_ = {next.command, staged_};
    status_.command = next.command;
    status_.command_token = next.command_token;
    status_.command_verdict = Verdict::kPending;
    status_.command_field = 0;
  }
  status_.interrupt_pending &= static_cast<uint8_t>(~next.interrupt_clear);
  status_.protocol_errors &= static_cast<uint16_t>(~next.protocol_error_clear);
  const bool enables_pending = PendingInterrupts() & next.interrupt_enable & ~control_.interrupt_enable;
  control_ = next;
  control_.event_ack = 0;
  control_.interrupt_clear = 0;
  control_.protocol_error_clear = 0;
  if (enables_pending) BeginPulse();
  UpdateLine();
  return Status::kOk;
}

// --- Pipeline side ---

void RegisterBank::AddCapabilities(uint32_t capabilities) {
  const Guard guard(lock_);
  capabilities_ |= capabilities;
}

void RegisterBank::SetBootStage(BootStage stage) {
  const Guard guard(lock_);
  status_.boot_stage = stage;
}

void RegisterBank::SetState(uint16_t state_bits, bool on) {
  const Guard guard(lock_);
  const bool is_new_fault = on && (state_bits & ~status_.state & kFault);
  status_.state = static_cast<uint16_t>(on ? status_.state | state_bits : status_.state & ~state_bits);
  if (is_new_fault) RaiseInterrupts(kInterruptFault);
}

void RegisterBank::ReportError(ErrorDomain domain, Status status) {
  const Guard guard(lock_);
  status_.error_domain = domain;
  status_.error_code = static_cast<uint8_t>(status);
  Increment(status_.error_count);
}

void RegisterBank::PostEvent(const EventRecord& event) {
  const Guard guard(lock_);
  PushEvent(event);
}

void RegisterBank::PublishResult(const LatestResult& result) {
  const Guard guard(lock_);
  const uint16_t sequence = result_.sequence;
  result_ = result;
  result_.sequence = static_cast<uint16_t>(sequence + 1);
  has_result_ = true;
  result_is_old_ = false;
  RaiseInterrupts(kInterruptResult);
}

void RegisterBank::SetPower(const PowerCounters& power) {
  const Guard guard(lock_);
  power_ = power;
}

void RegisterBank::SetTransducersPowered(uint8_t transducers) {
  const Guard guard(lock_);
  transducers_powered_ = transducers;
}

void RegisterBank::SetSelfTest(const SelfTestReport& report) {
  const Guard guard(lock_);
  self_test_ = report;
}

Result<PendingCommand> RegisterBank::TakeCommand() {
  const Guard guard(lock_);
  if (pending_.command == Command::kNone) return Status::kNotReady;
  return std::exchange(pending_, PendingCommand{});
}

void RegisterBank::FinishCommand(CommandVerdict verdict) {
  const Guard guard(lock_);
  status_.command_verdict = verdict.verdict;
  status_.command_field = verdict.field;
  RaiseInterrupts(kInterruptCommand);
}

CommandVerdict RegisterBank::ActivateConfig(const Config& config, bool stage) {
  const CommandVerdict verdict = Check(config);
  if (verdict.verdict != Verdict::kDone) return verdict;
  const Guard guard(lock_);
  active_ = config;
  if (stage) staged_ = config;
  ++status_.config_generation;
  PushEvent({.time_ms = clock_.NowMs(), .type = EventType::kConfigChanged, .value = status_.config_generation});
  return verdict;
}

void RegisterBank::Tick() {
  const Guard guard(lock_);
  const uint32_t now_ms = clock_.NowMs();
  if (now_ms - result_.captured_ms >= kOldestAgeMs) result_is_old_ = true;
  // The clock may have been about to tick when the pulse began.
  if (in_pulse_ && now_ms - pulse_begin_ms_ > kPulseMs) {
    in_pulse_ = false;
    UpdateLine();
  }
}

void RegisterBank::PushEvent(const EventRecord& event) {
  const uint32_t lost = events_.lost();
  events_.Push(event);
  RaiseInterrupts(events_.lost() == lost ? kInterruptEvent : kInterruptEvent | kInterruptOverflow);
}

uint8_t RegisterBank::PendingInterrupts() const {
  return static_cast<uint8_t>((status_.interrupt_pending & ~kInterruptEvent) | (events_.empty() ? 0 : kInterruptEvent));
}

void RegisterBank::RaiseInterrupts(uint8_t interrupt_bits) {
  status_.interrupt_pending |= interrupt_bits;
  if (interrupt_bits & control_.interrupt_enable) BeginPulse();
  UpdateLine();
}

void RegisterBank::BeginPulse() {
  in_pulse_ = true;
  pulse_begin_ms_ = clock_.NowMs();
}

void RegisterBank::UpdateLine() {
  if (!line_) return;
  const uint8_t mode = active_.interrupt_mode;
  bool is_asserted = (PendingInterrupts() & control_.interrupt_enable) != 0;
  if (mode & kPulse) is_asserted = in_pulse_;
  if (mode & kMirrorPresence) is_asserted = result_.decision == Decision::kPositive;
  const bool high = is_asserted == ((mode & kActiveHigh) != 0);
  if (high == line_is_high_) return;
  line_is_high_ = high;
  line_->Set(high);
}

}  // namespace mls
