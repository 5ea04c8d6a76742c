// Rules about rates, counts, thresholds and splits.
#include <cmath>
#include <set>

#include <nlohmann/json.hpp>

#include "lint_rules.h"
#include "mls/datasheet/statistics.h"

namespace mls::datasheet {
namespace {

std::string Percent(double rate) { return NumberText(std::round(rate * 1000) / 10, 4) + " %"; }

// A rate from percentages that are normalised by row, as printed confusion matrices are.
std::optional<double> RateFromPercent(const std::string& metric, const Json& percent) {
  const auto at = [&](const char* name) { return NumberAt(percent, std::string("/") + name).value_or(-1); };
  const double tp = at("true_positive"), fn = at("false_negative"), fp = at("false_positive"), tn = at("true_negative");
  if (metric == "recall" && tp + fn > 0) return tp / (tp + fn);
  if (metric == "false_negative_rate" && tp + fn > 0) return fn / (tp + fn);
  if (metric == "specificity" && tn + fp > 0) return tn / (tn + fp);
  if (metric == "false_positive_rate" && tn + fp > 0) return fp / (tn + fp);
  return std::nullopt;
}

// An interval of a share can be wider than Wilson's (readings of one subject agree), not much narrower; and `n` is the
// denominator.
void CheckIntervals(const Json& metrics, const std::optional<Counts>& counts, const std::string& where,
                    Findings& findings) {
  if (!counts) return;
  for (const auto& [name, metric] : metrics.items()) {
    const auto ratio = RatioOf(name, *counts);
    if (!ratio || ratio->denominator == 0) continue;
    const auto lower = NumberAt(metric, "/ci/lower"), upper = NumberAt(metric, "/ci/upper");
    const Interval wilson =
        WilsonInterval(ratio->numerator, ratio->denominator, NumberAt(metric, "/ci/level").value_or(kConfidence));
    if (lower && upper && *upper - *lower < 0.8 * (wilson.upper - wilson.lower)) {
      findings.push_back({"interval-too-narrow", Severity::kError, where + "/metrics/" + name + "/ci",
                          "From " + Percent(*lower) + " to " + Percent(*upper) + "; " +
                              std::to_string(ratio->denominator) + " trials give " + Percent(wilson.lower) + " to " +
                              Percent(wilson.upper) + "."});
    }
    if (const auto n = NumberAt(metric, "/n"); n && *n != static_cast<double>(ratio->denominator)) {
      findings.push_back(
          {"metric-against-counts", Severity::kError, where + "/metrics/" + name + "/n",
           "Stated as " + NumberText(*n) + ", but the counts have " + std::to_string(ratio->denominator) + "."});
    }
  }
}

void CheckContinuous(const Json& test, const std::string& where, Findings& findings) {
  const auto hours = NumberAt(test, "/continuous/hours"), events = NumberAt(test, "/continuous/false_accepts");
  const auto rate = ValueAt(test, "/continuous/rate_per_hour"),
             upper = NumberAt(test, "/continuous/rate_per_hour/ci/upper");
  if (!hours || !events || *hours <= 0 || *events < 0 || *events > 1e9) return;
  if (rate && std::abs(*rate - *events / *hours) > 0.01 * (*events / *hours) + 0.001) {
    findings.push_back({"metric-against-counts", Severity::kError, where + "/continuous/rate_per_hour",
                        "Stated as " + NumberText(*rate, 4) + " per hour; " + NumberText(*events) + " in " +
                            NumberText(*hours) + " h are " + NumberText(*events / *hours, 4) + "."});
  }
  const double bound = PoissonInterval(static_cast<uint64_t>(*events)).upper / *hours;
  if (upper && *upper < 0.9 * bound) {
    findings.push_back({"interval-too-narrow", Severity::kError, where + "/continuous/rate_per_hour/ci",
                        "At most " + NumberText(*upper, 4) + " per hour is stated; the counts allow up to " +
                            NumberText(bound, 4) + "."});
  }
}

void CheckMetrics(const Json& owner, const std::string& where, Findings& findings) {
  const Json* metrics = Find(owner, "/metrics");
  if (metrics == nullptr || !metrics->is_object() || metrics->empty()) return;
  const auto counts = CountsFrom(Find(owner, "/counts"));
  const Json* percent = Find(owner, "/confusion_percent");
  if (!counts) {
    findings.push_back({"metric-without-counts", Severity::kWarning, where + "/metrics",
                        "No table of counts stands behind these rates."});
  }
  for (const auto& [name, metric] : metrics->items()) {
    const std::string place = where + "/metrics/" + name;
    const auto value = ValueAt(metric, "");
    const auto ratio = RatioOf(name, counts.value_or(Counts{}));
    if (!value || !ratio) continue;
    if (TextAt(metric, "/evidence/kind") == "declared") {
      findings.push_back({"metric-typed", Severity::kWarning, place, "The rate was typed in; derive it from counts."});
    }
    if (!metric.contains("ci")) {
      findings.push_back({"interval-missing", Severity::kWarning, place, "No confidence interval."});
    }
    std::optional<double> expected;
    if (counts && ratio->denominator > 0) {
      expected = static_cast<double>(ratio->numerator) / static_cast<double>(ratio->denominator);
    } else if (percent != nullptr) {
      expected = RateFromPercent(name, *percent);
    }
    if (expected && std::abs(*expected - *value) > 0.0006) {
      findings.push_back(
          {"metric-against-counts", Severity::kError, place,
           "Stated as " + Percent(*value) + ", but the confusion matrix gives " + Percent(*expected) + "."});
    }
  }
  CheckIntervals(*metrics, counts, where, findings);
  const bool precision = metrics->contains("precision");
  if (precision != metrics->contains("recall") && (precision || !counts || counts->negatives() > 0)) {
    findings.push_back(
        {"precision-without-recall", Severity::kError, where + "/metrics",
         precision ? "Precision is given without its recall." : "Recall is given without its precision."});
  }
}

void CheckSplits(const Json& spec, const std::string& where, Findings& findings) {
  const Json& splits = ArrayAt(spec, "/training/splits");
  std::set<std::string> hashes;
  double sum = 0;
  for (size_t i = 0; i < splits.size(); ++i) {
    sum += NumberAt(splits[i], "/fraction").value_or(0);
    const std::string hash = TextAt(splits[i], "/sha256");
    if (!hash.empty() && !hashes.insert(hash).second) {
      findings.push_back({"split-shared", Severity::kError, where + "/training/splits/" + std::to_string(i),
                          "\"" + TextAt(splits[i], "/name") + "\" has the same hash as another split."});
    }
  }
  if (sum > 1.001) {
    findings.push_back({"split-shared", Severity::kError, where + "/training/splits",
                        "The splits add up to " + Percent(sum) + " of the data: two of them share samples."});
  } else if (splits.size() > 1 && hashes.size() < splits.size()) {
    findings.push_back({"split-shared", Severity::kNote, where + "/training/splits",
                        "A split has no hash, so nobody can see that the splits differ."});
  }
}

}  // namespace

void LintPerformance(const Json& document, Findings& findings) {
  std::set<std::string> ids;
  ForEach(document, kTests, [&](const std::string& where, const Json& test) {
    CheckMetrics(test, where, findings);
    ForEach(test, "/slices",
            [&](const std::string& place, const Json& slice) { CheckMetrics(slice, where + place, findings); });
    if (const Json* metrics = Find(test, "/metrics");
        metrics != nullptr && metrics->contains("precision") && !test.contains("threshold")) {
      findings.push_back({"precision-without-recall", Severity::kWarning, where,
                          "The rates do not say at which threshold they hold."});
    }
    if (test.contains("continuous")) {
      const Json* rate = Find(test, "/continuous/rate_per_hour/ci");
      if (rate == nullptr)
        findings.push_back({"interval-missing", Severity::kWarning, where + "/continuous",
                            "False accepts per hour need an interval."});
      CheckContinuous(test, where, findings);
    }
    if (!ids.insert(TextAt(test, "/id")).second)
      findings.push_back(
          {"test-twice", Severity::kError, where + "/id", "Another test has this id: links to it lead nowhere."});
  });
  ForEach(document, "/model/specification",
          [&](const std::string& where, const Json& spec) { CheckSplits(spec, where, findings); });
}

}  // namespace mls::datasheet
