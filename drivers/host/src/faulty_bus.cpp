#include "mls/drivers/faulty_bus.h"

#include <thread>

namespace mls {

bool FaultyBus::NextFails() {
  const uint64_t operation = operations_++;
  return operation >= first_ && operation - first_ < count_;
}

Status FaultyBus::DoRead(uint8_t address, std::span<uint8_t> out, Deadline deadline) {
  Status status = Status::kOk;
  if (!NextFails()) {
    status = bus_.Read(address, out, deadline);
  } else {
    switch (fault_) {
      case Fault::kNoAnswer: return Status::kNoDevice;
      case Fault::kLinkBreak: return Status::kBusError;
      case Fault::kRequestLost:
      case Fault::kAnswerLost: std::this_thread::sleep_until(deadline); return Status::kTimeout;
      case Fault::kTruncated: {
        status = bus_.Read(address, out, deadline);
        std::fill(out.begin() + static_cast<std::ptrdiff_t>(out.size() / 2), out.end(), uint8_t{0xFF});
        return status == Status::kOk ? Status::kShortTransfer : status;
      }
      case Fault::kBitFlip:
        status = bus_.Read(address, out, deadline);
        out[operations_ % out.size()] ^= 0x10;
        return status;
      case Fault::kWrongAddress:  // Ident and status are as long as any window.
        return bus_.Read(kWindows[address < 0x20 ? kStatusWindow : kIdentWindow].address, out, deadline);
      case Fault::kRepeatedAnswer: std::copy_n(last_answer_.begin(), out.size(), out.begin()); return Status::kOk;
      case Fault::kRepeatedRequest:
        (void)bus_.Read(address, out, deadline);
        status = bus_.Read(address, out, deadline);
        break;
      case Fault::kIgnoredWrite: status = bus_.Read(address, out, deadline); break;
    }
  }
  if (status == Status::kOk) std::copy(out.begin(), out.end(), last_answer_.begin());
  return status;
}

Status FaultyBus::DoWrite(uint8_t address, std::span<const uint8_t> bytes, Deadline deadline) {
  if (!NextFails()) return bus_.Write(address, bytes, deadline);
  switch (fault_) {
    case Fault::kNoAnswer: return Status::kNoDevice;
    case Fault::kLinkBreak: return Status::kBusError;
    case Fault::kRequestLost: std::this_thread::sleep_until(deadline); return Status::kTimeout;
    case Fault::kAnswerLost:
      (void)bus_.Write(address, bytes, deadline);
      std::this_thread::sleep_until(deadline);
      return Status::kTimeout;
    case Fault::kIgnoredWrite: return Status::kOk;
    case Fault::kTruncated: return Status::kShortTransfer;
    case Fault::kBitFlip: (void)bus_.Write(address, bytes, deadline); return Status::kBadCrc;
    case Fault::kWrongAddress: return Status::kProtocol;
    case Fault::kRepeatedAnswer:
    case Fault::kRepeatedRequest:
      (void)bus_.Write(address, bytes, deadline);
      return bus_.Write(address, bytes, deadline);
  }
  return Status::kBusError;
}

}  // namespace mls
