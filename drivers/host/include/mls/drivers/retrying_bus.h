// A register bus that tries again.
#pragma once

#include "mls/interface/register_bus.h"

namespace mls {

// Repeats what failed, within the deadline of the call and at most `attempts` times in all; a module that says that it
// is busy (its write queue is full, or it was read too fast) is asked again until the deadline. Each attempt gets an
// equal share of the time that is left, after a pause that doubles. Repeating is safe: reads have no side effects, and
// writes say what shall be, not what shall change (a command carries a token, an acknowledgement is cumulative). Only a
// write-one-to-clear that is repeated may clear a reason that came in between; write those over a bare bus, or look at
// what they stand for afterwards.
//
// Only failures that may pass are repeated: no device (a NACK), bus error, arbitration lost, time-out, short transfer,
// bad CRC, protocol error, busy. The last failure is returned.
class RetryingBus final : public RegisterBus {
 public:
  struct Counters {
    uint64_t retries = 0;
    uint64_t failures = 0;  // Calls that failed in the end.
  };

  // `bus` must outlive this.
  explicit RetryingBus(RegisterBus& bus, int attempts = 3) : bus_(bus), attempts_(attempts) {}
  const Counters& counters() const { return counters_; }

 private:
  Status DoRead(uint8_t address, std::span<uint8_t> out, Deadline deadline) override;
  Status DoWrite(uint8_t address, std::span<const uint8_t> bytes, Deadline deadline) override;
  template <typename Operation>
  Status Try(Deadline deadline, Operation operation);

  RegisterBus& bus_;
  const int attempts_;
  Counters counters_;
};

// Whether the same call may succeed if it is made again.
bool IsRetryable(Status status);

}  // namespace mls
