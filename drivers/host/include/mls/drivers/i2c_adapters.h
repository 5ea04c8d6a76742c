// The I2C adapters of this machine.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mls {

struct I2cAdapter {
  int number = 0;
  std::string device;  // "/dev/i2c-1"
  std::string name;    // What its driver calls it: "bcm2835 (i2c@7e804000)". Empty where it cannot be read.
};

// All adapters that the kernel offers to programs (its module i2c-dev must be loaded), by number. `root` is put before
// /sys and /dev, for tests and containers. Nothing is opened and nothing is sent.
std::vector<I2cAdapter> ListI2cAdapters(std::string_view root = "");

// The kernel driver that holds `address` on adapter `number`: "at24". Empty: none, or it cannot be told.
std::string KernelDriverAt(int number, uint8_t address, std::string_view root = "");

}  // namespace mls
