// `mlsensor-datasheet energy`: the energy section of a results file.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "mls/datasheet/document.h"
#include "mls/host/sensor.h"

namespace mls::datasheet {

struct EnergyOptions {
  // Where it comes from: one of these.
  std::filesystem::path trace, hwmon, rapl, bench;

  double voltage_v = 0;      // trace: see TraceOptions
  std::string marker;
  double start_s = 0;
  double inferences_per_s = 0;
  std::string part = "STM32L4R5";  // bench: one of EnergyParts()
  // As MLPerf Tiny measures: five runs of ten seconds or more, of which the median counts.
  int runs = 5;
  double seconds = 10;
  double inferences_per_decision = 1;
  std::optional<double> decisions_per_s;
  std::optional<double> battery_wh;
  std::optional<double> idle_mw;  // bench: what flows anyway
};

// A part whose energy per cycle is published.
struct EnergyPart {
  const char* name;
  const char* target;  // of tools/bench-mcu
  double nj_per_cycle;
  const char* source;
};
std::span<const EnergyPart> EnergyParts();

// Value objects as in a datasheet's /model/performance/energy, and the runs. A trace or a meter gives measured values;
// instructions give derived ones with formula and uncertainty. `sensor`: the module that a meter measures; it is put
// into standby and then into continuous mode, and left as it was. Problems: more or less than one source, runs that are
// too short for the trace, a meter that cannot be read, no way to count inferences.
Outcome<Json> MeasureEnergy(const EnergyOptions& options, Sensor* sensor);

}  // namespace mls::datasheet
