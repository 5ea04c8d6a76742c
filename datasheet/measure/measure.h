// `mlsensor-datasheet measure`: plays a labelled set through a live module and writes what it answered.
#pragma once

#include "labelled_set.h"
#include "player.h"

namespace mls::datasheet {

struct MeasureOptions {
  LabelledSetOptions set;
  PlaySetup play;
  std::filesystem::path out;  // results file; other entries of the same model and firmware in it are kept
  std::filesystem::path raw;  // raw results; empty: <out without ending>.<name>.raw.jsonl
  std::string name = "test";  // of the entry
  std::string what;           // one sentence about the set, for people
  std::string split;          // also note the set's hash as that of this split of the data
  bool hash_only = false;     // no more than that
  bool continuous = false;    // the set has nothing to find: count false accepts per hour
  bool resume = false;
  size_t latency = 0;         // time so many samples in real time
};

// Ends with an exit status; `stop` (see PlaySetup) gives kInterrupted, and what was measured stays in the raw file.
// Progress and messages go to standard error, the summary to standard output.
Outcome<int> RunMeasure(MeasureOptions options);

}  // namespace mls::datasheet
