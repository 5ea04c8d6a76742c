// An I2C bus that exists in this process only, with modules on it.
#pragma once

#include <array>
#include <mutex>

#include "mls/core/module/i2c_target.h"
#include "mls/drivers/module/wake_event.h"

namespace mls {

// Behaves as the wires do: every module hears every message; an acknowledgement by one is one; where two modules send at a time, the host reads
// the zeros of both. Any thread may call any function.
class VirtualI2cBus {
 public:
  static constexpr size_t kMaxModules = 8;

  // Puts a module on the bus, in a free place below kMaxModules. `pipeline` is set when a host has written something. Both are borrowed until
  // Disconnect has returned.
  void Connect(size_t place, I2cTarget& target, const WakeEvent& pipeline);
  void Disconnect(size_t place);

  // One message of a transfer; `stop`: the last one. False: nobody acknowledges the address, or not all bytes; the bus has been stopped then.
  bool Write(uint8_t address, std::span<const uint8_t> bytes, bool stop);
  bool Read(uint8_t address, std::span<uint8_t> bytes, bool stop);
  void Tick();  // Every 10 ms or so.

 private:
  struct Module {
    I2cTarget* target = nullptr;
    const WakeEvent* pipeline = nullptr;
    bool is_addressed = false;
    bool was_written = false;
  };

  template <typename OnAddress>
  bool Address(OnAddress on_address);
  void Stop();

  std::mutex mutex_;
  std::array<Module, kMaxModules> modules_;
};

}  // namespace mls
