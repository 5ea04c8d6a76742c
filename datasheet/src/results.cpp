// Measured results (schema mlsensor-results/1) as tests of a datasheet.
#include <algorithm>
#include <cmath>
#include <map>

#include "mls/datasheet/generate.h"
#include "mls/datasheet/plots.h"
#include "mls/datasheet/signature.h"
#include "mls/datasheet/statistics.h"

namespace mls::datasheet {
namespace {

using Labels = std::vector<std::string>;

bool IsIn(const Labels& labels, const std::string& label) {
  return std::find(labels.begin(), labels.end(), label) != labels.end();
}

// {truth: {decision: n}} as one table. Another word than the spoken one is a miss of the spoken one.
Json CountsOf(const Json& table, const Labels& positives) {
  uint64_t tp = 0, fn = 0, fp = 0, tn = 0, none = 0;
  for (const auto& [truth, row] : table.items()) {
    for (const auto& [decision, n] : row.items()) {
      const auto count = n.get<uint64_t>();
      const bool decided = IsIn(positives, decision);
      if (IsIn(positives, truth)) {
        (decision == truth ? tp : fn) += count;
        if (!decided) none += count;
      } else {
        (decided ? fp : tn) += count;
      }
    }
  }
  return {{"true_positive", tp},
          {"false_negative", fn},
          {"false_positive", fp},
          {"true_negative", tn},
          {"no_detection", none}};
}

bool IsTable(const Json& entry) { return Find(entry, "/counts") != nullptr; }

// What is wrong with the counts of an entry, or of its parts; none of them is left out because of that.
std::optional<Problem> BrokenCount(const std::string& where, const Json& entry) {
  const auto broken = [&](const std::string& place, const char* expected, const Json& found) {
    return Problem{"results, " + where + place, expected, found.is_primitive() ? found.dump() : found.type_name()};
  };
  if (const Json* events = Find(entry, "/events"); events != nullptr) {
    if (!events->is_number_unsigned()) return broken("/events", "a count, 0 or more", *events);
    if (!(NumberAt(entry, "/hours").value_or(0) > 0))
      return broken("/hours", "more than 0", entry.value("hours", Json()));
  }
  const Json* counts = Find(entry, "/counts");
  if (counts == nullptr) return std::nullopt;
  if (!counts->is_object()) return broken("/counts", "an object", *counts);
  for (const auto& [truth, row] : counts->items()) {
    const std::string place = "/counts/" + PointerStep(truth);
    if (!row.is_object()) return broken(place, "an object", row);
    for (const auto& [decision, n] : row.items()) {
      if (!n.is_number_unsigned()) return broken(place + "/" + PointerStep(decision), "a count, 0 or more", n);
    }
  }
  return std::nullopt;
}

// An evaluation may decide by the larger output and also count at the shipped threshold: {"at_high_threshold":
// {"person_found": {"count", "of"}, "no_person_kept": {"count", "of"}}}. The latter is what a datasheet states.
Json AtShippedThreshold(Json entry, const Labels& positives) {
  const Json* shipped = Find(entry, "/at_high_threshold");
  if (shipped == nullptr || positives.size() != 1) return entry;
  const std::string none = "no_" + positives[0];
  const auto count = [&](const std::string& share, const char* field) {
    const Json* node = Find(*shipped, "/" + PointerStep(share) + "/" + field);
    return node != nullptr && node->is_number_unsigned() ? node->get<uint64_t>() : 0;
  };
  const uint64_t found = count(positives[0] + "_found", "count"), with = count(positives[0] + "_found", "of");
  const uint64_t kept = count(none + "_kept", "count"), without = count(none + "_kept", "of");
  if (found > with || kept > without) return entry;
  const uint64_t missed = with - found, raised = without - kept;
  entry["counts"] = {{positives[0], {{positives[0], found}, {none, missed}}}, {none, {{positives[0], raised}, {none, kept}}}};
  return entry;
}

Json MatrixPlot(const Json& table) {
  // Columns are the decisions that occur: first those that are true labels as well, in the order of the rows.
  Labels decided, labels;
  for (const auto& [truth, row] : table.items()) {
    for (const auto& [decision, n] : row.items()) decided.push_back(decision);
  }
  for (const auto& [truth, row] : table.items()) {
    if (IsIn(decided, truth)) labels.push_back(truth);
  }
  for (const std::string& decision : decided) {
    if (!IsIn(labels, decision)) labels.push_back(decision);
  }
  Json rows = Json::array();
  for (const auto& [truth, row] : table.items()) {
    Json values = Json::array();
    for (const std::string& label : labels) values.push_back(row.value(label, 0));
    rows.push_back({{"truth", truth}, {"counts", std::move(values)}});
  }
  return {{"title", "Confusion matrix"},
          {"kind", "matrix"},
          {"quantity", "count"},
          {"labels", labels},
          {"rows", std::move(rows)}};
}

Json Continuous(const Json& entry) {
  const auto events = entry["events"].get<uint64_t>();
  const double hours = entry["hours"].get<double>();
  const Interval interval = PoissonInterval(events);
  const auto rate = [&](double count) { return std::round(count / hours * 1000) / 1000; };
  return {{"hours", hours},
          {"false_accepts", events},
          {"rate_per_hour",
           {{"value", rate(static_cast<double>(events))},
            {"unit", "/h"},
            {"ci",
             {{"method", events == 0 ? "exact Poisson, one-sided" : "exact Poisson (Garwood)"},
              {"level", kConfidence},
              {"lower", rate(interval.lower)},
              {"upper", rate(interval.upper)}}},
            {"evidence",
             {{"kind", "derived"}, {"formula", "false_accepts / hours"}, {"inputs", {"false_accepts", "hours"}}}}}}};
}

std::string Words(std::string key) {
  std::replace(key.begin(), key.end(), '_', ' ');
  if (!key.empty()) key[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(key[0])));
  if (key.ends_with(" db")) key.back() = 'B';
  return key;
}

Json Slice(const std::string& factor, const std::string& level, const Json& entry, const Labels& positives) {
  const Json counts = CountsOf(entry["counts"], positives);
  return {{"factor", factor}, {"level", level}, {"counts", counts}, {"metrics", MetricsFrom(*CountsFrom(&counts))}};
}

// Levels with fewer trials than this are added up: alone they could not tell a bad group from bad luck.
constexpr uint64_t kSmallestLevel = 50;

std::vector<Json> SlicesOf(const std::string& factor, const Json& levels, const Labels& positives) {
  std::vector<Json> slices;
  Json others = {{"counts", Json::object()}};
  std::string names;
  for (const auto& [level, part] : levels.items()) {
    if (!IsTable(part)) continue;
    const Json table = CountsOf(part["counts"], positives);
    const Counts counts = *CountsFrom(&table);
    if ((counts.positives() > 0 ? counts.positives() : counts.total()) >= kSmallestLevel) {
      slices.push_back(Slice(factor, level, part, positives));
      continue;
    }
    names += (names.empty() ? "" : ", ") + level;
    for (const auto& [truth, row] : part["counts"].items()) {
      for (const auto& [decision, n] : row.items()) {
        Json& sum = others["counts"][truth][decision];
        sum = (sum.is_null() ? 0 : sum.get<uint64_t>()) + n.get<uint64_t>();
      }
    }
  }
  if (!names.empty()) slices.push_back(Slice(factor, "others (" + names + ")", others, positives));
  return slices;
}

}  // namespace

Outcome<Json> TestsFromResults(const Json& results, const Json& reading, const Labels& positives,
                               const std::string& raw_sha256) {
  if (!results.is_object()) return Problem{"results", "an object", results.type_name()};
  const Json& skipped = ArrayAt(reading, "/skip");
  const std::string headline = TextAt(reading, "/headline");
  const std::string run =
      TextAt(results, "/script", "unknown script") + ", model " + TextAt(results, "/model_sha256").substr(0, 12);
  Json tests = Json::array();
  std::vector<std::pair<std::string, Json>> slices;  // name of the entry they continue, or its first words
  const auto find_test = [&](const auto& fits) { return std::find_if(tests.begin(), tests.end(), fits); };

  for (const auto& [key, whole] : results.items()) {
    const Json entry = AtShippedThreshold(whole, positives);
    if (!entry.is_object() || std::find(skipped.begin(), skipped.end(), key) != skipped.end()) continue;
    if (auto problem = BrokenCount("/" + PointerStep(key), entry)) return *problem;
    const bool continuous = entry.contains("events");
    if (!IsTable(entry) && !continuous) {
      const size_t by = key.find("_by_");
      if (by == std::string::npos) continue;
      for (const auto& [level, part] : entry.items()) {
        if (auto problem = BrokenCount("/" + PointerStep(key) + "/" + PointerStep(level), part)) return *problem;
      }
      for (Json& slice : SlicesOf(key.substr(by + 4), entry, positives))
        slices.emplace_back(key.substr(0, by), std::move(slice));
      continue;
    }
    const auto parent =
        find_test([&, name = key](const Json& test) { return name.starts_with(TextAt(test, "/id") + "_"); });
    if (parent != tests.end() && !continuous) {
      (*parent)["slices"].push_back(
          Slice("condition", Words(key.substr(TextAt(*parent, "/id").size() + 1)), entry, positives));
      continue;
    }
    Json test = {{"id", key}, {"title", Words(key)}, {"kind", continuous ? "continuous" : "model"}};
    if (const std::string what = TextAt(entry, "/what"); !what.empty()) test["description"] = what;
    if (entry.contains("at_high_threshold")) test["threshold"] = kShippedThreshold;
    test["run_id"] = run;
    test["raw_sha256"] = raw_sha256;
    for (const char* own : {"run_id", "raw_sha256", "dataset_sha256", "timestamp", "subjects"}) {
      if (entry.contains(own)) test[own] = entry[own];
    }
    if (continuous) {
      test["continuous"] = Continuous(entry);
    } else {
      test["counts"] = CountsOf(entry["counts"], positives);
      if (const auto invalid = NumberAt(entry, "/coverage/invalid"))
        test["counts"]["invalid"] = static_cast<uint64_t>(*invalid);
      test["metrics"] = MetricsFrom(*CountsFrom(&test["counts"]));
      // Where one subject gave several readings: an interval by subject, rather than Wilson's.
      if (const Json* intervals = Find(entry, "/intervals")) {
        for (const auto& [metric, interval] : intervals->items()) {
          if (test["metrics"].contains(metric)) test["metrics"][metric]["ci"] = interval;
        }
      }
      test["plots"] = Json::array({MatrixPlot(entry["counts"])});
      for (const Json& plot : ArrayAt(entry, "/plots")) test["plots"].push_back(plot);
    }
    tests.push_back(std::move(test));
  }
  for (auto& [prefix, slice] : slices) {
    const auto parent =
        find_test([&, begin = prefix](const Json& test) { return TextAt(test, "/id").starts_with(begin); });
    if (parent != tests.end()) (*parent)["slices"].push_back(std::move(slice));
  }
  for (Json& test : tests) {
    for (const GroupPower& power : GroupPowers(test)) {
      test["detectable_differences"][power.factor] = {
          {"value", std::ceil(power.difference * 100) / 100},
          {"unit", "1"},
          {"evidence",
           {{"kind", "derived"},
            {"formula", "(z(0.975) + z(0.8)) x sqrt(rate x (1 - rate) x (1 / n1 + 1 / n2)), of the two smallest groups"},
            {"inputs", {"slices"}}}}};
    }
  }
  for (const auto& [key, entry] : results.items()) {
    const std::string base = key.starts_with("scores_") ? key.substr(7) : "";
    const auto test =
        find_test([&](const Json& candidate) { return !base.empty() && TextAt(candidate, "/id").starts_with(base); });
    if (test == tests.end() || positives.size() != 1) continue;
    // An evaluation lists scores of 0 to 255.
    std::vector<ScoredTrial> trials;
    for (const bool positive : {true, false}) {
      for (const Json& score : ArrayAt(entry, (positive ? "/" : "/no_") + positives[0])) {
        if (score.is_number_unsigned())
          trials.push_back({positive, static_cast<int>((std::min<uint64_t>(score.get<uint64_t>(), 255) * 1000 + 255) / 256)});
      }
    }
    for (Json& plot : ScorePlots(trials)) (*test)["plots"].push_back(std::move(plot));
  }
  if (!headline.empty()) {
    const auto first = find_test([&](const Json& test) { return TextAt(test, "/id") == headline; });
    if (first == tests.end())
      return Problem{"/results/headline", "the name of an entry of the results", "\"" + headline + "\""};
    std::rotate(tests.begin(), first, first + 1);
  }
  return tests;
}

}  // namespace mls::datasheet
