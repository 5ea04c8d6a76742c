// The link of the fault sweep over a real I2C adapter and a real interrupt line, with the module outside of the machine.
#pragma once

#include "../host-lib/fault_sweep_link.h"
#include "mls/drivers/i2c_bus.h"
#include "puppet.h"

namespace mls::test {

// Steers a module of mls-test-target, over the bus that the module is on.
class PuppetStrings {
 public:
  PuppetStrings(const std::string& adapter, uint8_t module_address) : bus_(adapter, PuppeteerAddress(module_address)) {}

  void Give(Order order, uint16_t first = 0, uint16_t second = 0);
  Puppet State();
  // The clock outside, and when the interrupt line fell last, both on this machine's clock.
  struct Times {
    SteadyClock::time_point fell{};
    std::chrono::nanoseconds uncertainty{};
  };
  Times ReadTimes();
  void Read(uint8_t address, std::span<uint8_t> out);

 private:
  I2cBus bus_;
};

// For OpenBus. `adapter` is a path such as /dev/i2c-0.
std::string Uri(const std::string& adapter, uint8_t module_address, const std::string& line_name);

// Each link has the module begin anew.
std::unique_ptr<Link> MakeRemoteLink(const std::string& adapter, uint8_t module_address, const std::string& line_name);

}  // namespace mls::test
