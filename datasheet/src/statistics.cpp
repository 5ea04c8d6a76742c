#include "mls/datasheet/statistics.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include <nlohmann/json.hpp>

namespace mls::datasheet {
namespace {

// The argument at which a falling function crosses `target`.
template <typename Function>
double FallsTo(double target, double low, double high, Function function) {
  for (int i = 0; i < 200 && high - low > 1e-12 * std::max(1.0, high); ++i) {
    const double middle = (low + high) / 2;
    (function(middle) > target ? low : high) = middle;
  }
  return (low + high) / 2;
}

// P(X <= k) of a Poisson variable, summed from the largest term down so that nothing underflows.
double PoissonCdf(uint64_t k, double mean) {
  if (mean <= 0) return 1;
  const uint64_t top = std::min<uint64_t>(k, static_cast<uint64_t>(mean));
  const double peak =
      std::exp(-mean + static_cast<double>(top) * std::log(mean) - std::lgamma(static_cast<double>(top) + 1));
  double sum = peak;
  double term = peak;
  for (uint64_t i = top; i > 0 && term > 1e-18 * sum; --i) sum += term *= static_cast<double>(i) / mean;
  term = peak;
  for (uint64_t i = top + 1; i <= k && term > 1e-18 * sum; ++i) sum += term *= mean / static_cast<double>(i);
  return std::min(sum, 1.0);
}

// SplitMix64 (Steele, Lea, Flood 2014): the same numbers on every machine.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t Below(uint64_t bound) {
    uint64_t z = state_ += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return ((z ^ (z >> 31)) >> 32) * bound >> 32;
  }

 private:
  uint64_t state_;
};

double Rounded(double value) { return std::round(value * 1e6) / 1e6; }

}  // namespace

double NormalQuantile(double p) {
  return -FallsTo(p, -40, 40, [](double x) { return std::erfc(x / std::sqrt(2.0)) / 2; });
}

Interval WilsonInterval(uint64_t successes, uint64_t trials, double level) {
  if (trials == 0) return {0, 1};
  const double n = static_cast<double>(trials);
  const double p = static_cast<double>(successes) / n;
  const double z = NormalQuantile(1 - (1 - level) / 2);
  const double centre = p + z * z / (2 * n);
  const double half = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  const double scale = 1 + z * z / n;
  return {successes == 0 ? 0 : (centre - half) / scale, successes == trials ? 1 : (centre + half) / scale};
}

Interval PoissonInterval(uint64_t events, double level) {
  if (events == 0) return {0, -std::log(1 - level)};
  const double tail = (1 - level) / 2;
  const double k = static_cast<double>(events);
  const double high = k + 20 * std::sqrt(k) + 60;
  return {FallsTo(1 - tail, 0, k, [&](double mean) { return PoissonCdf(events - 1, mean); }),
          FallsTo(tail, k, high, [&](double mean) { return PoissonCdf(events, mean); })};
}

Interval BootstrapBySubject(std::span<const SubjectCount> subjects, double level, int resamples, uint64_t seed) {
  Random random(seed);
  std::vector<double> rates;
  for (int i = 0; i < resamples; ++i) {
    SubjectCount sum;
    for (size_t j = 0; j < subjects.size(); ++j) {
      const SubjectCount& subject = subjects[random.Below(subjects.size())];
      sum.successes += subject.successes;
      sum.trials += subject.trials;
    }
    if (sum.trials > 0) rates.push_back(static_cast<double>(sum.successes) / static_cast<double>(sum.trials));
  }
  if (rates.empty()) return {0, 1};
  std::sort(rates.begin(), rates.end());
  const auto at = [&](double p) {
    return rates[static_cast<size_t>(std::lround(p * static_cast<double>(rates.size() - 1)))];
  };
  return {at((1 - level) / 2), at(1 - (1 - level) / 2)};
}

std::optional<Counts> CountsFrom(const Json* counts) {
  if (counts == nullptr || !counts->is_object()) return std::nullopt;
  Counts result;
  const std::pair<const char*, uint64_t*> fields[] = {{"true_positive", &result.true_positive},
                                                      {"false_negative", &result.false_negative},
                                                      {"false_positive", &result.false_positive},
                                                      {"true_negative", &result.true_negative}};
  for (const auto& [name, field] : fields) {
    const auto it = counts->find(name);
    if (it == counts->end() || !it->is_number_integer() || *it < 0) return std::nullopt;
    *field = it->get<uint64_t>();
  }
  return result;
}

std::optional<Ratio> RatioOf(std::string_view metric, const Counts& c) {
  if (metric == "accuracy")
    return Ratio{c.true_positive + c.true_negative, c.total(), "(true_positive + true_negative) / total"};
  if (metric == "recall")
    return Ratio{c.true_positive, c.positives(), "true_positive / (true_positive + false_negative)"};
  if (metric == "precision") {
    return Ratio{c.true_positive, c.true_positive + c.false_positive,
                 "true_positive / (true_positive + false_positive)"};
  }
  if (metric == "specificity")
    return Ratio{c.true_negative, c.negatives(), "true_negative / (true_negative + false_positive)"};
  if (metric == "false_positive_rate")
    return Ratio{c.false_positive, c.negatives(), "false_positive / (true_negative + false_positive)"};
  if (metric == "false_negative_rate")
    return Ratio{c.false_negative, c.positives(), "false_negative / (true_positive + false_negative)"};
  return std::nullopt;
}

Json MetricsFrom(const Counts& counts) {
  Json metrics = Json::object();
  for (const char* name :
       {"accuracy", "recall", "precision", "specificity", "false_positive_rate", "false_negative_rate"}) {
    const Ratio ratio = *RatioOf(name, counts);
    // Where nothing was to be found, precision is 0 by definition and says nothing.
    if (ratio.denominator == 0 || (std::string_view(name) == "precision" && counts.positives() == 0)) continue;
    const Interval interval = WilsonInterval(ratio.numerator, ratio.denominator);
    metrics[name] = {{"value", Rounded(static_cast<double>(ratio.numerator) / static_cast<double>(ratio.denominator))},
                     {"unit", "1"},
                     {"n", ratio.denominator},
                     {"ci",
                      {{"method", "Wilson"},
                       {"level", kConfidence},
                       {"lower", Rounded(interval.lower)},
                       {"upper", Rounded(interval.upper)}}},
                     {"evidence", {{"kind", "derived"}, {"formula", ratio.formula}, {"inputs", {"counts"}}}}};
  }
  return metrics;
}

double DetectableDifference(uint64_t n1, uint64_t n2, double rate, double power, double level) {
  if (n1 == 0 || n2 == 0) return 1;
  const double z = NormalQuantile(1 - (1 - level) / 2) + NormalQuantile(power);
  return std::min(1.0, z * std::sqrt(rate * (1 - rate) * (1 / static_cast<double>(n1) + 1 / static_cast<double>(n2))));
}

std::vector<GroupPower> GroupPowers(const Json& test) {
  std::map<std::string, std::vector<Counts>> factors;
  for (const Json& slice : ArrayAt(test, "/slices")) {
    if (const auto counts = CountsFrom(Find(slice, "/counts"))) factors[TextAt(slice, "/factor")].push_back(*counts);
  }
  std::vector<GroupPower> powers;
  for (const auto& [factor, levels] : factors) {
    if (levels.size() < 2) continue;
    std::vector<uint64_t> n;
    double found = 0, positives = 0;
    for (const Counts& counts : levels) {
      n.push_back(counts.positives() > 0 ? counts.positives() : counts.total());
      found += static_cast<double>(counts.true_positive);
      positives += static_cast<double>(counts.positives());
    }
    std::sort(n.begin(), n.end());
    const double rate = positives > 0 ? std::clamp(found / positives, 0.05, 0.95) : 0.5;
    powers.push_back({factor, {n[0], n[1]}, DetectableDifference(n[0], n[1], rate)});
  }
  return powers;
}

uint64_t TrialsToShow(double rate, double level) {
  return static_cast<uint64_t>(std::ceil(std::log(1 - level) / std::log(rate)));
}

}  // namespace mls::datasheet
