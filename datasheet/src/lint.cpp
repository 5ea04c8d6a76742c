#include "mls/datasheet/lint.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "lint_rules.h"

namespace mls::datasheet {
namespace {

constexpr RuleInfo kRules[] = {
    {"metric-against-counts", "A rate that differs from its own confusion matrix is wrong in one of the two places."},
    {"metric-without-counts", "A rate without its table of counts cannot be checked or compared."},
    {"metric-typed", "Rates are derived from counts; a typed one drifts."},
    {"interval-missing", "Without an interval nobody can tell luck from quality."},
    {"interval-too-narrow", "An interval narrower than chance allows claims more than was measured."},
    {"test-twice", "Claims link to tests by their ids."},
    {"split-shared", "A score on the split that chose the model says little about new data."},
    {"precision-without-recall",
     "Each of the two can be made perfect by giving up the other: both are needed, at the shipped threshold."},
    {"score-as-accuracy", "A score of what was found says nothing about what was missed."},
    {"misses-dropped", "Trials without any detection are failures, not missing data."},
    {"empty-scenes-missing", "Without trials of nothing there is no false-accept rate."},
    {"group-sizes", "Percentages must fit the number of people they are percentages of."},
    {"small-group", "A handful of people cannot stand for a group."},
    {"power-of-evidence", "Groups too small to show a difference do not show that there is none."},
    {"bins-disagree", "The levels in the text and in the plots must be the same ones."},
    {"claim-untested", "Each claim links to the test that shows it."},
    {"dimensions-disagree", "One product has one size."},
    {"unit-missing", "A bare number can be read in any unit."},
    {"unit-unknown", "Units are UCUM codes, so that programs and people read the same."},
    {"unit-mismatch", "A quantity in a unit of another kind is a mistake (bits for bytes, pixels for degrees)."},
    {"interval-below-inference", "Nothing can be captured more often than it can be evaluated."},
    {"documents-disagree", "The product's own documents must not contradict each other."},
    {"read-format-missing", "A host cannot read a sensor whose answer is not described."},
    {"registers-overlap", "Two things at one address cannot both be read."},
    {"privacy-transducer", "A transducer that is fitted belongs into the privacy label, used or not."},
    {"privacy-retention", "A default that keeps personal data contradicts a label that says nothing is kept."},
    {"privacy-register", "A readable register with raw data is a way out of the module."},
    {"privacy-ports", "The label names every way in and out."},
    {"transducer-not-listed",
     "What is in the parts list must be in the table of transducers, and the other way round."},
    {"dataset-humans", "Whose data they are is the first thing a label says."},
    {"legal-wording", "A part cannot comply with the GDPR; it can be designed to support those who must."},
    {"majority-wrong", "Sentences about shares must follow from the numbers."},
    {"footprint-without-part", "What has a footprint must be in the parts list."},
    {"footprint-total", "The total is the sum of the blocks."},
    {"use-phase", "The use phase follows from power, years and grid."},
    {"power-against-current", "Power is voltage times current, also in a datasheet."},
    {"energy-disagrees", "Energy per day and battery life follow from the power."},
    {"range-order", "Minimum, typical and maximum must be in that order, and an interval must hold its value."},
    {"value-out-of-range", "Probabilities lie between 0 and 1, sizes above 0, temperatures above absolute zero."},
    {"date-impossible", "A day that is in no calendar was typed, not recorded."},
    {"support-before-release", "Support cannot end before it begins."},
    {"hash-placeholder", "A stand-in for a hash identifies nothing."},
    {"hash-disagrees", "Results of another model say nothing about this one."},
    {"unknown-as-number", "What is not disclosed has no number: unknown is null, never 0."},
};

}  // namespace

const char* SeverityName(Severity severity) {
  return severity == Severity::kError ? "error" : severity == Severity::kWarning ? "warning" : "note";
}

std::span<const RuleInfo> LintRules() { return kRules; }

std::vector<Finding> Lint(const Json& document) {
  Findings findings;
  for (const auto rules : {LintPerformance, LintStudy, LintHardware, LintFootprint, LintLabels, LintValues})
    rules(document, findings);
  const auto rank = [](const Finding& finding) {
    return std::find_if(std::begin(kRules), std::end(kRules),
                        [&](const RuleInfo& info) { return std::string_view(info.rule) == finding.rule; }) -
           std::begin(kRules);
  };
  std::stable_sort(findings.begin(), findings.end(),
                   [&](const Finding& a, const Finding& b) { return rank(a) < rank(b); });
  return findings;
}

bool NeedsWork(std::span<const Finding> findings) {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& finding) { return finding.severity != Severity::kNote; });
}

}  // namespace mls::datasheet
