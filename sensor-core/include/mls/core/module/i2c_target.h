// I2cTarget: answers the I2C transfers of one bus from a register target.
#pragma once

#include "mls/core/module/person_sensor.h"
#include "mls/interface/register_target.h"

namespace mls {

// What a module does on an I2C bus, without any peripheral in it: the driver of a board calls one function for each thing that happens on the
// bus, and does what it returns. docs/porting.md shows such a driver; docs/wire.md is what a host sees of it.
//
// Every function is short and never waits, so the clock need not be stretched. They may be called from an interrupt; no two at a time.
//
// A write is collected and handed on as a whole at the STOP or repeated START, so a transfer that breaks off does nothing at all. The
// first byte is the register address, which is kept: reads begin there, whether a repeated START or a STOP and a START come in between,
// and a read that is repeated gives the same registers again. What cannot be answered reads as 0xFF and leaves its mark in
// status.protocol_errors.
class I2cTarget {
 public:
  // A transfer in which nothing happens for longer than this is dropped and counted (rule R3).
  static constexpr uint32_t kStallMs = 35;
  static constexpr size_t kMaxWriteBytes = 1 + kMaxWindowBytes;  // a register address and a window
  static constexpr uint8_t kNothing = 0xFF;                      // what a bus at rest reads as
  static constexpr uint8_t kAskedAhead = 1;  // a peripheral fetches a byte before it knows whether the controller takes it

  // Answers at the address that `registers` gives, and, with `person_sensor`, at that one's too. Both are borrowed.
  explicit I2cTarget(RegisterTarget& registers, PersonSensor* person_sensor = nullptr)
      : registers_(registers), person_sensor_(person_sensor) {}

  // START or repeated START, then a 7-bit address with the write or the read bit. True: acknowledge. False: somebody else is meant, or, at a
  // general call, everybody: the module stays out of it until the next START. A peripheral that compares addresses by itself need not
  // tell of foreign ones.
  bool OnAddressWrite(uint8_t address);
  bool OnAddressRead(uint8_t address);

  // The controller has sent a byte. True: acknowledge. False: more than any register takes; the whole write will be dropped.
  bool OnByteReceived(uint8_t byte);

  // The next byte to send. Asking for kAskedAhead more than the controller takes does no harm.
  uint8_t OnByteToSend();

  void OnStop() { End(); }

  // The peripheral has seen what cannot be (a START or STOP inside a byte, lost arbitration) or had to be reset: forgets the transfer.
  void OnBusError();

  // Call it every 10 ms or so, with the module's time. True: a transfer stalled and was dropped: reset the peripheral, so that it lets go of
  // the lines.
  bool Tick(uint32_t now_ms);

 private:
  enum class State : uint8_t { kIdle, kReceiving, kSending };

  bool Begin(uint8_t address, State state);
  void End();     // The transfer was sound up to here.
  void Forget();  // It was not.
  void HandOn(std::span<const uint8_t> written);

  RegisterTarget& registers_;
  PersonSensor* const person_sensor_;
  State state_ = State::kIdle;
  bool is_for_person_sensor_ = false;
  bool is_frozen_ = false;       // BeginRead without EndRead
  bool has_moved_ = false;       // since the last Tick
  uint8_t register_address_ = 0;
  std::array<uint8_t, kMaxWriteBytes> received_{};
  size_t received_count_ = 0;    // kMaxWriteBytes + 1: too many
  uint8_t beyond_ = 0;           // bytes asked for beyond the window; kAskedAhead + 1: too many
  std::span<const uint8_t> to_send_;
  uint32_t quiet_since_ms_ = 0;  // at a Tick
};

}  // namespace mls
