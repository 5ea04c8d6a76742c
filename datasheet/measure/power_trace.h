// Power traces that meters export as tables with commas.
//
// Known by their column names, in any order:
//   Power Profiler Kit 2   Timestamp(ms),Current(uA),D0,...,D7 or ...,D0-D7 (eight digits, the first is D0)
//   Joulescope             #time,current,voltage,power,charge,energy (s, A, V, W, C, J)
//   Otii                   Timestamp, and names with "current", "voltage" or "power" and a unit in brackets, as "Main
//   current (A)"
// A unit in ( ) or [ ] is heeded; without one it is s, A, V and W. Sources: the first row of such exports.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "mls/datasheet/outcome.h"

namespace mls::datasheet {

struct PowerSample {
  double time_s = 0;
  double power_w = 0;
  bool marked = false;  // the module says that it infers
};

struct TraceOptions {
  double voltage_v = 0;  // where the trace has current alone
  std::string marker;    // column of a logic input, as "D0"; empty: none
};

// Problems name file and line: columns that are missing, fields that are no numbers, time that goes back.
Outcome<std::vector<PowerSample>> ReadPowerTrace(const std::filesystem::path& path, const TraceOptions& options);

struct TraceRun {
  double seconds = 0;
  double joules = 0;
  double marked_joules = 0;   // while marked
  double unmarked_seconds = 0;
  uint64_t marks = 0;         // rising edges
};
// `runs` runs of `seconds` each, one after the other, from the first mark at or after `start_s` on (from `start_s`
// where nothing is marked). Problem: the trace is shorter than that.
Outcome<std::vector<TraceRun>> CutRuns(const std::vector<PowerSample>& trace, double start_s, int runs, double seconds);

}  // namespace mls::datasheet
