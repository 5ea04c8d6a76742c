// Power meters that Linux knows.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "mls/datasheet/outcome.h"

namespace mls::datasheet {

class PowerMeter {
 public:
  virtual ~PowerMeter() = default;
  virtual std::string instrument() const = 0;
  // What is used while this call lasts: `seconds` from now on.
  virtual Outcome<double> Joules(double seconds) = 0;
};

// INA219, INA220, INA226, INA230, INA231 and INA260 by the kernel's drivers: power1_input in microwatt, or in1_input
// (mV) times curr1_input (mA). `root`: a folder with hwmon folders, of which the first that is such a meter is taken,
// or one of them. Source: Documentation/hwmon/ina2xx.rst of Linux.
Outcome<std::unique_ptr<PowerMeter>> OpenHwmon(const std::filesystem::path& root);

// Energy counters of the processor packages (RAPL): energy_uj, which wraps at max_energy_range_uj. `root`: a folder
// with intel-rapl:N folders. Source: Documentation/power/powercap/powercap.rst of Linux. They measure the whole
// processor, not one process.
Outcome<std::unique_ptr<PowerMeter>> OpenRapl(const std::filesystem::path& root);

}  // namespace mls::datasheet
