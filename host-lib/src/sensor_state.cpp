#include "sensor_state.h"

#include <thread>

#include "mls/host/names.h"

namespace mls {
namespace {

constexpr std::chrono::milliseconds kLongestPause(20);

bool CrcIsRight(WindowIndex window, std::span<const uint8_t> bytes) {
  if (window == kEventDataWindow) {
    return DecodeEvent(bytes.first<kEventRecordBytes>(), 0).ok() &&
           DecodeEvent(bytes.subspan<kEventRecordBytes, kEventRecordBytes>(), 1).ok();
  }
  const size_t payload = bytes.size() - 2;
  return WindowCrc(kWindows[window].address, bytes.first(payload)) ==
         LoadLittleEndian<uint16_t>(bytes.subspan(payload));
}

const char* Advice(Status status) {
  switch (status) {
    case Status::kNoDevice: return "is the module running and connected?";
    case Status::kTimeout: return "is it an ML sensor, and is the baud rate right?";
    case Status::kBadCrc:
    case Status::kProtocol:
    case Status::kShortTransfer: return "answers arrive damaged; check cable and baud rate";
    case Status::kBusError: return "the link broke in the middle of an answer";
    case Status::kBusy: return "the module has no time for this now";
    default: return nullptr;
  }
}

}  // namespace

bool Backoff::Sleep(Deadline deadline) {
  if (SteadyClock::now() >= deadline) return false;
  std::this_thread::sleep_until(std::min(deadline, SteadyClock::now() + pause_));
  pause_ = std::min(pause_ * 2, longest_);
  return true;
}

Status SensorState::Fail(Status status, std::string detail, Verdict verdict, std::string field) {
  error = {status, std::move(detail), verdict, std::move(field)};
  return status;
}

void SensorState::Note(Status status, std::string_view what) {
  if (status == Status::kOk) {
    error = {};
    return;
  }
  // Details that belong to another failure, one that was overcome, are not this one's.
  if (error.status != status) error = {};
  error.status = status;
  std::string detail = std::move(error.message);
  if (detail.empty()) {
    detail = StatusName(status);
    if (const char* advice = Advice(status)) detail.append("; ").append(advice);
  }
  error.message = name;
  error.message.append(": ").append(what).append(": ").append(detail);
}

Status SensorState::Write(uint8_t address, std::span<const uint8_t> bytes, Deadline deadline) {
  ++calls;
  return bus.Write(address, bytes, deadline);
}

Status SensorState::ReadBytes(WindowIndex window, uint8_t index, std::span<uint8_t> out, Deadline deadline) {
  const WindowInfo& info = kWindows[window];
  const bool is_paged = info.page != kNotPaged;
  assert(out.size() >= info.size_bytes);
  out = out.first(info.size_bytes);
  Backoff backoff(kLongestPause);
  for (int damaged = 0;;) {
    if (is_paged && (shown_page != info.page || shown_index != index)) {
      static_assert(kReg<"control.index">.kAddress == kReg<"control.page">.kAddress + 1);
      const uint8_t selection[] = {static_cast<uint8_t>(info.page), index};
      const Status status = Write(kReg<"control.page">.kAddress, selection, deadline);
      if (status != Status::kOk) return status;
      shown_page = info.page;
      shown_index = index;
    }
    ++calls;
    const Status status = bus.Read(info.address, out, deadline);
    // A page of another length may be shown: then the read is refused, or its CRC is not where it should be.
    const bool page_refuses = is_paged && (status == Status::kInvalidArgument || status == Status::kOutOfRange);
    if (status != Status::kOk && !page_refuses) return status;
    const bool page_is_right = !is_paged || (!page_refuses && out[0] == info.page && out[1] == index);
    if (page_is_right && CrcIsRight(window, out)) return Status::kOk;
    if (page_is_right) {
      ++damaged_windows;
      if (++damaged >= options.attempts) return Status::kBadCrc;
    } else {
      shown_page = kNotPaged;
    }
    if (!backoff.Sleep(deadline)) {
      if (page_is_right) return Status::kBadCrc;
      return Fail(Status::kBusy,
                  "the page at address 0xC0 is never the one that was selected; is another host using the module?");
    }
  }
}

Status SensorState::ReadIdent(Deadline deadline) {
  const Result<Ident> read = Read<Ident>(deadline);
  if (!read.ok()) return read.status();
  if (read->magic != kMagic) {
    return Fail(Status::kProtocol, "something answers, but it is no ML sensor (wrong magic number)");
  }
  if (read->interface_major != kInterfaceMajor) {
    return Fail(Status::kUnsupported, "its register map has major version " + std::to_string(read->interface_major) +
                                          ", this program knows " + std::to_string(kInterfaceMajor));
  }
  ident = *read;
  return Status::kOk;
}

Status SensorState::ReadLabels(Deadline deadline) {
  if (labels) return Status::kOk;
  // Without a mark of this start, a restart between two of them would go unseen.
  if (!synchronised) {
    if (const Status status = Synchronise(deadline); status != Status::kOk) return status;
  }
  std::vector<std::string> read(ident.label_count);
  for (size_t i = 0; i < read.size(); ++i) {
    const Result<LabelText> label = Read<LabelText>(deadline, static_cast<uint8_t>(i));
    if (!label.ok()) return label.status();
    read[i] = TextOf(label->text);
  }
  labels = std::move(read);
  return Status::kOk;
}

Status SensorState::RunCommand(Command command, Deadline deadline) {
  const std::string command_name = NameOf<"control.command">(command);
  Result<ModuleStatus> status = Read<ModuleStatus>(deadline);
  if (!status.ok()) return status.status();
  const uint8_t token_before = status->command_token;
  const uint8_t token = static_cast<uint8_t>(token_before + 1);
  static_assert(kReg<"control.command_token">.kAddress == kReg<"control.command">.kAddress + 1);
  const uint8_t bytes[] = {static_cast<uint8_t>(command), token};
  if (const Status written = Write(kReg<"control.command">.kAddress, bytes, deadline); written != Status::kOk) {
    return written;
  }

  Backoff backoff(kLongestPause);
  for (;;) {
    status = Read<ModuleStatus>(deadline);
    if (!status.ok()) return status.status();
    const bool is_ours = status->command == command && status->command_token == token;
    if (is_ours && status->command_verdict != Verdict::kPending) break;
    if (!is_ours && status->command_token != token_before) {
      return Fail(Status::kBusy, "another host gave a command at the same time: try again");
    }
    if (!backoff.Sleep(deadline)) {
      return Fail(Status::kTimeout, "the module has not carried out `" + command_name + "` in time");
    }
  }
  const Verdict verdict = status->command_verdict;
  if (verdict == Verdict::kDone) return Status::kOk;
  const RegisterInfo* field = status->command_field != 0 ? RegisterAt(status->command_field) : nullptr;
  std::string detail = "refused by the module: " + NameOf<"status.command_verdict">(verdict);
  if (field != nullptr) detail.append(": ").append(field->name);
  return Fail(Status::kRejected, std::move(detail), verdict, field != nullptr ? field->name : "");
}

}  // namespace mls
