// A register bus over a Linux I2C adapter.
#pragma once

#include <memory>
#include <string>
#include <thread>

#include "mls/interface/register_bus.h"

namespace mls {

// One call is one transaction: a combined write and read (I2C_RDWR) where the adapter does plain I2C, otherwise one
// SMBus block call of at most 32 bytes. The adapter's functionality bits decide. Buses share nothing, even on the same
// adapter: the kernel keeps their transactions apart.
//
// The kernel knows no deadline for one transfer, only a time-out that all programs and drivers on the adapter share
// (1 s is common), and some adapters have none. That setting is left alone. Transfers run in a thread of the bus's own,
// so every call ends at its deadline. A transfer that outlasts it goes on in the kernel: a write may still be carried
// out, and later calls first wait for its end, each up to its own deadline.
//
// Errors of a transfer: kNoDevice (nobody acknowledges the address, or the adapter is gone), kShortTransfer (fewer
// messages or bytes than asked for), kArbitrationLost, kTimeout, kBusy (the bus does not become free), kBadCrc,
// kProtocol, kUnsupported, kPermission, and kBusError for all else: some adapters report every failure as that. After
// a failure the next call opens the adapter again, so an adapter that is unplugged and comes back under the same path
// works again.
//
// Not for use on both sides of a fork().
class I2cBus final : public RegisterBus {
 public:
  struct Counters {
    uint64_t transactions = 0;
    uint64_t connects = 0;  // Times the adapter was opened.
  };

  // `device` is a path such as /dev/i2c-1, `address` has 7 bits.
  I2cBus(std::string device, uint8_t address);
  ~I2cBus();
  I2cBus(const I2cBus&) = delete;
  I2cBus& operator=(const I2cBus&) = delete;

  // Opens the adapter now, unless it is open; nothing is sent. kNoDevice: no such adapter; kPermission; kBusy: a kernel
  // driver holds the address, and it is never taken from it; kUnsupported: the adapter does neither kind of transfer;
  // kInvalidArgument: that is no I2C adapter. See error(). kTimeout: see above.
  Status Connect(Deadline deadline);
  // What Connect, or the opening in a call, said when it last failed.
  const std::string& error() const { return error_; }
  const Counters& counters() const { return counters_; }

 private:
  struct Transfer;
  struct Worker;

  Status DoRead(uint8_t address, std::span<uint8_t> out, Deadline deadline) override;
  Status DoWrite(uint8_t address, std::span<const uint8_t> bytes, Deadline deadline) override;
  Status Transact(Transfer& transfer, Deadline deadline);
  Status Open();

  const std::string device_;
  const uint8_t address_;
  std::string error_;
  Counters counters_;
  std::shared_ptr<Worker> worker_;  // Shared with the thread, which may have to outlive the bus.
  std::thread thread_;
};

}  // namespace mls
