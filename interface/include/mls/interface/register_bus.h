// The host's end of a register bus.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>

#include "mls/interface/windows.h"

namespace mls {

using SteadyClock = std::chrono::steady_clock;
using Deadline = SteadyClock::time_point;

// A way to one module: I2C, a serial line, a socket, or a call in the same process. One call is one bus transaction.
//
// Every call ends before its deadline, give or take the scheduling of the operating system. Errors common to all buses: kNoDevice (nobody answers,
// or the port is gone), kBusError (the link broke; the next call may work again), kTimeout, kPermission, kShortTransfer,
// kBadCrc and kProtocol (a damaged answer). Serial links also pass on what the module said: kOutOfRange (no such address),
// kInvalidArgument (bad length), kReadOnly, kRejected (bad value), kBusy. Nothing is retried here: see RetryingBus.
//
// Not thread-safe unless an implementation says so.
class RegisterBus {
 public:
  // Reads out.size() bytes (1 to 32) from `address` on. On I2C this is
  //   S addr+W [A] address [A] Sr addr+R [A] out[0] A ... out[n-1] NA P
  Status Read(uint8_t address, std::span<uint8_t> out, Deadline deadline) {
    if (out.empty() || out.size() > kMaxWindowBytes || address + out.size() > 256) return Status::kInvalidArgument;
    return DoRead(address, out, deadline);
  }

  // Writes 1 to 32 bytes from `address` on. On I2C this is
  //   S addr+W [A] address [A] bytes[0] [A] ... bytes[n-1] [A] P
  Status Write(uint8_t address, std::span<const uint8_t> bytes, Deadline deadline) {
    if (bytes.empty() || bytes.size() > kMaxWindowBytes || address + bytes.size() > 256) return Status::kInvalidArgument;
    return DoWrite(address, bytes, deadline);
  }

 protected:
  ~RegisterBus() = default;

 private:
  virtual Status DoRead(uint8_t address, std::span<uint8_t> out, Deadline deadline) = 0;
  virtual Status DoWrite(uint8_t address, std::span<const uint8_t> bytes, Deadline deadline) = 0;
};

// Tells the host that a module has something new: an interrupt line, or NOTIFY frames on a serial link.
class EdgeWaiter {
 public:
  // Waits until an edge or notification arrives, or one has arrived since the last call: kOk. Without one: kTimeout at the deadline. Other
  // errors: as RegisterBus.
  Status Wait(Deadline deadline) { return DoWait(deadline); }

  // A file descriptor for an event loop: readable once something has arrived that Wait has not looked at. -1 where there is none (now). It
  // belongs to the waiter and may be another one after a call that failed. What a bus transaction took in on the same descriptor does not make
  // it readable: after each transaction call Wait with a deadline that has passed.
  int PollFd() const { return DoPollFd(); }

  // The next event that came with a notification and was not taken yet, its CRC checked; oldest first. It may also be one that the host has
  // read from the FIFO before. kNotReady: none; then everything that Wait would tell of has been looked at. Events may be missing in between:
  // their numbers tell.
  Result<EventRecord> TakeEvent() { return DoTakeEvent(); }

 protected:
  ~EdgeWaiter() = default;

 private:
  virtual Status DoWait(Deadline deadline) = 0;
  virtual int DoPollFd() const = 0;
  virtual Result<EventRecord> DoTakeEvent() { return Status::kNotReady; }
};

}  // namespace mls
