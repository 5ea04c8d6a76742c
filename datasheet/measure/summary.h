// From raw results to the entries of a results file (schema mlsensor-results/1).
#pragma once

#include <string>
#include <vector>

#include "raw_log.h"

namespace mls::datasheet {

// Where a figure comes from.
struct RunInfo {
  std::string run_id;
  std::string raw_sha256;
  std::string timestamp;
  std::string what;  // one sentence for people
};

// The labels that a module reports as found: "person", or the words of a keyword model.
std::vector<std::string> PositiveLabels(const std::string& profile, const std::vector<std::string>& labels);

// The entry for a labelled set, and entries "<name>_by_<condition>": counts at the shipped threshold, rates with
// intervals, curves, coverage. Intervals: Wilson; of the recall by resampling speakers where they are labelled.
Json SummarizeSet(const RawLog& log, const std::string& name, const RunInfo& run);
// The entry for sound without any word in it: false accepts per hour with the exact Poisson interval.
Json SummarizeContinuous(const RawLog& log, const std::string& name, const RunInfo& run);
// The entry `latency`: value objects and plots, ready for a datasheet. Null without timed samples.
Json SummarizeLatency(const RawLog& log, const RunInfo& run);

// A few lines for people.
std::string SummaryText(const std::string& name, const Json& entries);

}  // namespace mls::datasheet
