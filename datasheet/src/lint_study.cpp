// Rules about who and what was tested, and what may be claimed from it.
#include <algorithm>
#include <cmath>
#include <set>

#include <nlohmann/json.hpp>

#include "lint_rules.h"
#include "mls/datasheet/statistics.h"

namespace mls::datasheet {
namespace {

constexpr uint64_t kSmallGroup = 10;
constexpr double kUsefulDifference = 0.25;  // groups that could hide more than this say nothing about fairness

// A whole number of people in `n` whose percentage is `percent` at one decimal, rounded or cut off.
bool Fits(double percent, uint64_t n) {
  const double people = std::round(percent * static_cast<double>(n) / 100);
  return std::abs(people * 100 / static_cast<double>(n) - percent) < 0.1;
}

void CheckGroupSizes(const Json& test, const std::string& where, Findings& findings) {
  const auto subjects = NumberAt(test, "/subjects");
  std::vector<std::pair<std::string, double>> groups;
  ForEach(test, "/slices", [&](const std::string& place, const Json& slice) {
    if (const auto percent = NumberAt(slice, "/percent"); percent && *percent >= 0 && *percent <= 100)
      groups.emplace_back(where + place, *percent);
    if (const auto n = NumberAt(slice, "/subjects"); n && *n > 0 && *n < static_cast<double>(kSmallGroup)) {
      findings.push_back(
          {"small-group", Severity::kWarning, where + place, NumberText(*n) + " people stand for this group."});
    }
  });
  if (!subjects || !(*subjects >= 1 && *subjects <= 1e9) || groups.empty()) return;
  const auto all_fit = [&](uint64_t n) {
    return std::all_of(groups.begin(), groups.end(), [&](const auto& group) { return Fits(group.second, n); });
  };
  uint64_t fitting = static_cast<uint64_t>(*subjects);
  if (!all_fit(fitting)) {
    for (uint64_t distance = 1; distance < 10 && !all_fit(fitting); ++distance) {
      const auto stated = static_cast<uint64_t>(*subjects);
      if (stated > distance && all_fit(stated - distance)) fitting = stated - distance;
      else if (all_fit(stated + distance)) fitting = stated + distance;
    }
    findings.push_back({"group-sizes", Severity::kError, where + "/subjects",
                        NumberText(*subjects) + " people are stated, but the percentages of the groups " +
                            (all_fit(fitting) ? "fit " + std::to_string(fitting) : "fit no number near it") +
                            ". Give counts per group."});
  }
  for (const auto& [place, percent] : groups) {
    const auto people = static_cast<uint64_t>(std::lround(percent * static_cast<double>(fitting) / 100));
    if (people < kSmallGroup) {
      findings.push_back(
          {"small-group", Severity::kWarning, place, std::to_string(people) + " people stand for this group."});
    }
  }
}

void CheckGroupPower(const Json& test, const std::string& where, Findings& findings) {
  std::set<std::string> bare;  // without intervals, so that a reader cannot see how little they say
  for (const Json& slice : ArrayAt(test, "/slices")) {
    if (CountsFrom(Find(slice, "/counts")) && Find(slice, "/metrics/recall/ci") == nullptr) {
      bare.insert(TextAt(slice, "/factor"));
    }
  }
  for (const GroupPower& power : GroupPowers(test)) {
    const double stated = ValueAt(test, "/detectable_differences/" + PointerStep(power.factor)).value_or(0);
    if (power.difference <= kUsefulDifference || (!bare.contains(power.factor) && stated > power.difference - 0.01)) continue;
    findings.push_back({"power-of-evidence", bare.contains(power.factor) ? Severity::kWarning : Severity::kNote,
                        where + "/slices",
                        "The smallest groups of \"" + power.factor + "\" (" + std::to_string(power.n[0]) + " and " +
                            std::to_string(power.n[1]) + " trials) would hide differences of up to " +
                            NumberText(std::round(power.difference * 100)) + " points, and the test does not say so."});
  }
}

std::string LevelText(const Json& level) { return level.is_string() ? level.get<std::string>() : level.dump(); }

void CheckBins(const Json& test, const std::string& where, Findings& findings) {
  const Json* conditions = Find(test, "/conditions");
  if (conditions == nullptr || !conditions->is_object()) return;
  for (const auto& [factor, levels] : conditions->items()) {
    if (!levels.is_array()) continue;
    std::set<std::string> stated;
    for (const Json& level : levels) stated.insert(LevelText(level));
    std::set<std::string> shown;
    for (const Json& slice : ArrayAt(test, "/slices")) {
      if (TextAt(slice, "/factor") == factor) shown.insert(TextAt(slice, "/level"));
    }
    if (shown.empty() || shown == stated) continue;
    const auto list = [](const std::set<std::string>& set) {
      std::string text;
      for (const std::string& entry : set) text += (text.empty() ? "" : ", ") + entry;
      return text;
    };
    findings.push_back({"bins-disagree", Severity::kError, where + "/conditions/" + factor,
                        "The text has " + list(stated) + "; the results have " + list(shown) + "."});
  }
}

void CheckScores(const Json& test, const std::string& where, Findings& findings) {
  ForEach(test, "/plots", [&](const std::string& place, const Json& plot) {
    const std::string claims = TextAt(plot, "/claims");
    const std::string quantity = TextAt(plot, "/quantity");
    if (!claims.empty() && !quantity.empty() && claims != quantity) {
      findings.push_back({"score-as-accuracy", Severity::kError, where + place,
                          "The plot claims " + claims + " and shows " + quantity + "."});
    }
  });
  bool scores_only = false;
  for (const Json& slice : ArrayAt(test, "/slices"))
    scores_only |= slice.contains("score_median") && !slice.contains("counts");
  if (scores_only) {
    findings.push_back({"score-as-accuracy", Severity::kError, where + "/slices",
                        "Levels have scores and no counts: misses are not visible."});
  }
  if (TextAt(test, "/kind") != "end_to_end") return;
  const auto counts = CountsFrom(Find(test, "/counts"));
  if (!counts || !test["counts"].contains("no_detection")) {
    findings.push_back({"misses-dropped", Severity::kWarning, where + "/counts",
                        "It is not said how many trials gave no detection at all."});
  }
  if (!counts || counts->negatives() == 0) {
    findings.push_back({"empty-scenes-missing", Severity::kError, where,
                        "No trials of empty scenes, so no false-accept rate can be stated."});
  }
}

void CheckClaims(const Json& document, const std::string& pointer, Findings& findings) {
  ForEach(document, pointer, [&](const std::string& where, const Json& claim) {
    std::set<std::string> environments;
    for (const Json& id : ArrayAt(claim, "/tests")) {
      bool found = false;
      for (const Json& test : ArrayAt(document, kTests)) {
        if (!id.is_string() || TextAt(test, "/id") != id.get<std::string>()) continue;
        found = true;
        for (const Json& environment : ArrayAt(test, "/environments")) environments.insert(LevelText(environment));
      }
      if (!found)
        findings.push_back({"claim-untested", Severity::kError, where, "There is no test " + id.dump() + "."});
    }
    for (const Json& environment : ArrayAt(claim, "/environments")) {
      if (!environments.count(LevelText(environment))) {
        findings.push_back({"claim-untested", Severity::kError, where,
                            "Claims " + LevelText(environment) + " use, but no linked test was done there."});
      }
    }
  });
}

}  // namespace

void LintStudy(const Json& document, Findings& findings) {
  ForEach(document, kTests, [&](const std::string& where, const Json& test) {
    CheckGroupSizes(test, where, findings);
    CheckGroupPower(test, where, findings);
    CheckBins(test, where, findings);
    CheckScores(test, where, findings);
  });
  for (const char* pointer : {"/overview/features", "/overview/use_cases", "/model/performance/statements"})
    CheckClaims(document, pointer, findings);
}

}  // namespace mls::datasheet
