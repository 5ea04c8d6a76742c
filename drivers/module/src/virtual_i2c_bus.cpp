#include "mls/drivers/module/virtual_i2c_bus.h"

#include <chrono>

namespace mls {

void VirtualI2cBus::Connect(size_t place, I2cTarget& target, const WakeEvent& pipeline) {
  const std::lock_guard lock(mutex_);
  modules_.at(place) = {.target = &target, .pipeline = &pipeline};
}

void VirtualI2cBus::Disconnect(size_t place) {
  const std::lock_guard lock(mutex_);
  modules_.at(place) = {};
}

bool VirtualI2cBus::Write(uint8_t address, std::span<const uint8_t> bytes, bool stop) {
  const std::lock_guard lock(mutex_);
  bool is_acknowledged = Address([address](I2cTarget& target) { return target.OnAddressWrite(address); });
  for (const uint8_t byte : bytes) {
    if (!is_acknowledged) break;
    is_acknowledged = false;
    for (Module& module : modules_) {
      if (!module.is_addressed) continue;
      module.was_written = true;
      is_acknowledged |= module.target->OnByteReceived(byte);
    }
  }
  if (stop || !is_acknowledged) Stop();
  return is_acknowledged;
}

bool VirtualI2cBus::Read(uint8_t address, std::span<uint8_t> bytes, bool stop) {
  const std::lock_guard lock(mutex_);
  const bool is_acknowledged = Address([address](I2cTarget& target) { return target.OnAddressRead(address); });
  for (uint8_t& byte : bytes) {
    byte = I2cTarget::kNothing;
    for (Module& module : modules_) {
      if (module.is_addressed) byte &= module.target->OnByteToSend();
    }
  }
  if (stop || !is_acknowledged) Stop();
  return is_acknowledged;
}

void VirtualI2cBus::Tick() {
  using namespace std::chrono;
  const auto now_ms = static_cast<uint32_t>(duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count());
  const std::lock_guard lock(mutex_);
  for (Module& module : modules_) {
    if (module.target) module.target->Tick(now_ms);
  }
}

template <typename OnAddress>
bool VirtualI2cBus::Address(OnAddress on_address) {
  bool is_acknowledged = false;
  for (Module& module : modules_) {
    module.is_addressed = module.target && on_address(*module.target);
    is_acknowledged |= module.is_addressed;
  }
  return is_acknowledged;
}

void VirtualI2cBus::Stop() {
  for (Module& module : modules_) {
    if (!module.target) continue;
    module.target->OnStop();
    if (module.was_written) module.pipeline->Set();
    module.was_written = module.is_addressed = false;
  }
}

}  // namespace mls
