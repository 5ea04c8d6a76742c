// What a table of counts says, and how sure one may be of it.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "mls/datasheet/document.h"

namespace mls::datasheet {

inline constexpr double kConfidence = 0.95;

struct Interval {
  double lower = 0;
  double upper = 0;
};

// x such that a standard normal variable stays below it with probability `p` (0 < p < 1).
double NormalQuantile(double p);

// Wilson's score interval of a proportion (Wilson 1927). No trials: 0 to 1.
Interval WilsonInterval(uint64_t successes, uint64_t trials, double level = kConfidence);

// Garwood's exact interval of the mean of a Poisson count (Garwood 1936), two-sided; divide by the hours for a rate.
// No events: lower is 0 and upper the one-sided bound -ln(1 - level), which is 3.0 at 95 % (the rule of three).
Interval PoissonInterval(uint64_t events, double level = kConfidence);

// Readings of one subject: they are not independent, so subjects are resampled, not readings.
struct SubjectCount {
  uint64_t successes = 0;
  uint64_t trials = 0;
};
// Percentile bootstrap by subject of a proportion. Equal input gives equal output: the seed is part of the method.
Interval BootstrapBySubject(std::span<const SubjectCount> subjects, double level = kConfidence, int resamples = 4000,
                            uint64_t seed = 1);

// The table that every rate is derived from. `no_detection` is part of false_negative.
struct Counts {
  uint64_t true_positive = 0;
  uint64_t false_negative = 0;
  uint64_t false_positive = 0;
  uint64_t true_negative = 0;

  uint64_t positives() const { return true_positive + false_negative; }
  uint64_t negatives() const { return false_positive + true_negative; }
  uint64_t total() const { return positives() + negatives(); }
};
// Reads a `counts` object of a document; nothing where a field is missing or no count.
std::optional<Counts> CountsFrom(const Json* counts);

// A rate by its name (accuracy, recall, precision, specificity, false_positive_rate, false_negative_rate) as numerator
// and denominator.
struct Ratio {
  uint64_t numerator = 0;
  uint64_t denominator = 0;
  const char* formula = "";
};
std::optional<Ratio> RatioOf(std::string_view metric, const Counts& counts);

// All rates of a table as value objects with Wilson intervals and derived evidence; those without a denominator are
// left out.
Json MetricsFrom(const Counts& counts);

// Power of the evidence: the smallest true difference of two groups' rates near `rate` that would be noticed with
// probability `power` (normal approximation, two-sided).
double DetectableDifference(uint64_t n1, uint64_t n2, double rate, double power = 0.8, double level = kConfidence);
// What the groups of a test can show: for each factor of its slices with several levels, the detectable difference between the two smallest groups,
// counted by what was to be found where there is such, else by all trials.
struct GroupPower {
  std::string factor;
  std::array<uint64_t, 2> n = {};
  double difference = 0;  // 0 to 1
};
std::vector<GroupPower> GroupPowers(const Json& test);
// Trials without a single failure that are needed to show a success rate of at least `rate`.
uint64_t TrialsToShow(double rate, double level = kConfidence);

}  // namespace mls::datasheet
