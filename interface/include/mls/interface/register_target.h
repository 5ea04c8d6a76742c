// The module's end of a register bus.
#pragma once

#include "mls/interface/register_map.h"

namespace mls {

// What a bus driver on the module talks to: the I2C peripheral's interrupt handler, or the serial frame server. All calls are
// short and may come from an interrupt.
class RegisterTarget {
 public:
  // Freezes `size_bytes` bytes from `address` on and returns them; they stay as they are until EndRead. `size_bytes` is what the host
  // asked for; an I2C target does not know it and passes kToEndOfWindow. Refusals: kOutOfRange (no register at that address),
  // kInvalidArgument (the read would leave its window), kBusy (read-rate limit). A refused read needs no EndRead.
  static constexpr size_t kToEndOfWindow = 0;
  Result<std::span<const uint8_t>> BeginRead(uint8_t address, size_t size_bytes) { return DoBeginRead(address, size_bytes); }

  // The host has taken all it wants.
  void EndRead() { DoEndRead(); }

  // Checks and queues what the host wrote from `address` on. The bytes must be whole registers of one window. Refusals: kOutOfRange,
  // kInvalidArgument (bad length), kReadOnly, kRejected (bad value), kBusy (queue full). All bytes are taken, or none.
  Status Write(uint8_t address, std::span<const uint8_t> bytes) { return DoWrite(address, bytes); }

  // The bus driver saw something wrong that no call shows: sets sticky bits of status.protocol_errors.
  void ReportProtocolError(uint16_t protocol_errors) { DoReportProtocolError(protocol_errors); }

  // The 7-bit address to answer at on I2C. It may change with any Write: see the window soft_address.
  uint8_t i2c_address() const { return DoI2cAddress(); }

 protected:
  ~RegisterTarget() = default;

 private:
  virtual Result<std::span<const uint8_t>> DoBeginRead(uint8_t address, size_t size_bytes) = 0;
  virtual void DoEndRead() = 0;
  virtual Status DoWrite(uint8_t address, std::span<const uint8_t> bytes) = 0;
  virtual void DoReportProtocolError(uint16_t protocol_errors) = 0;
  virtual uint8_t DoI2cAddress() const { return kDefaultI2cAddress; }
};

}  // namespace mls
