#include "mls/drivers/retrying_bus.h"

#include <thread>

namespace mls {

bool IsRetryable(Status status) {
  switch (status) {
    case Status::kNoDevice:
    case Status::kBusError:
    case Status::kArbitrationLost:
    case Status::kTimeout:
    case Status::kShortTransfer:
    case Status::kBadCrc:
    case Status::kProtocol:
    case Status::kBusy: return true;
    default: return false;
  }
}

template <typename Operation>
Status RetryingBus::Try(Deadline deadline, Operation operation) {
  std::chrono::milliseconds pause(1);
  for (int left = attempts_;;) {
    const Deadline now = SteadyClock::now();
    const Status status = operation(left > 1 && deadline > now ? now + (deadline - now) / left : deadline);
    if (status == Status::kOk) return status;
    if (status != Status::kBusy) --left;
    if (!IsRetryable(status) || left <= 0 || SteadyClock::now() + pause >= deadline) {
      ++counters_.failures;
      return status;
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::milliseconds(32));
    ++counters_.retries;
  }
}

Status RetryingBus::DoRead(uint8_t address, std::span<uint8_t> out, Deadline deadline) {
  return Try(deadline, [&](Deadline attempt) { return bus_.Read(address, out, attempt); });
}

Status RetryingBus::DoWrite(uint8_t address, std::span<const uint8_t> bytes, Deadline deadline) {
  return Try(deadline, [&](Deadline attempt) { return bus_.Write(address, bytes, attempt); });
}

}  // namespace mls
