#include "mls/drivers/i2c_adapters.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>

namespace mls {

namespace fs = std::filesystem;

std::vector<I2cAdapter> ListI2cAdapters(std::string_view root) {
  std::vector<I2cAdapter> adapters;
  std::error_code code;
  fs::directory_iterator at(fs::path(std::string(root) + "/sys/class/i2c-dev"), code);
  for (; !code && at != fs::directory_iterator(); at.increment(code)) {
    const std::string entry = at->path().filename();
    constexpr std::string_view kPrefix = "i2c-";
    I2cAdapter adapter;
    const char* const end = entry.data() + entry.size();
    if (!entry.starts_with(kPrefix) ||
        std::from_chars(entry.data() + kPrefix.size(), end, adapter.number).ptr != end) {
      continue;
    }
    adapter.device = std::string(root) + "/dev/" + entry;
    std::ifstream name(at->path() / "name");
    std::getline(name, adapter.name);
    adapters.push_back(std::move(adapter));
  }
  std::sort(adapters.begin(), adapters.end(),
            [](const I2cAdapter& a, const I2cAdapter& b) { return a.number < b.number; });
  return adapters;
}

std::string KernelDriverAt(int number, uint8_t address, std::string_view root) {
  char device[32];
  std::snprintf(device, sizeof device, "%d-%04x", number, address);
  std::error_code code;
  const fs::path driver = fs::read_symlink(std::string(root) + "/sys/bus/i2c/devices/" + device + "/driver", code);
  return code ? std::string() : driver.filename().string();
}

}  // namespace mls
