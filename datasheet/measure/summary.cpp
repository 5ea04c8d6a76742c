#include "summary.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include "mls/datasheet/plots.h"
#include "mls/datasheet/statistics.h"

namespace mls::datasheet {
namespace {

double Rounded(double value, int decimals = 4) {
  const double factor = std::pow(10, decimals);
  return std::round(value * factor) / factor;
}

bool Contains(const std::vector<std::string>& labels, const std::string& label) {
  return std::find(labels.begin(), labels.end(), label) != labels.end();
}

// One sample of the log, as the statistics see it.
struct Heard {
  std::string truth, decided, subject;
  std::map<std::string, std::string> conditions;
  int right_score = 0;  // of the true label, on a scale to 1000; 0 where nothing was scored
  int other_score = 0;  // the highest of any other
  std::string top;      // the label with the highest score
  int top_score = -1;
};

struct Run {
  std::vector<std::string> positives;
  std::vector<Heard> heard;
  size_t failed = 0, invalid = 0;

  bool IsPositive(const Heard& sample) const { return Contains(positives, sample.truth); }
};

Run ReadRun(const RawLog& log) {
  const std::string profile = TextAt(log.header(), "/profile");
  std::vector<std::string> labels;
  for (const Json& label : ArrayAt(log.header(), "/labels")) labels.push_back(label.get<std::string>());
  Run run{PositiveLabels(profile, labels), {}, 0, 0};
  std::string negative = "no_person";
  for (const std::string& label : labels) {
    if (!Contains(run.positives, label)) negative = label;
  }
  for (const Json& line : log.lines()) {
    if (TextAt(line, "/kind") != "sample") continue;
    Heard heard{TextAt(line, "/label"), TextAt(line, "/decided"), TextAt(line, "/subject"), {}, 0, 0, "", -1};
    if (profile == "person" && !Contains(run.positives, heard.truth)) heard.truth = negative;
    if (heard.decided == "failed") {
      ++run.failed;
      continue;
    }
    run.invalid += heard.decided == "invalid";
    if (const Json* conditions = Find(line, "/conditions")) {
      for (const auto& [key, value] : conditions->items()) heard.conditions[key] = value.get<std::string>();
    }
    const auto score = [&](const std::string& label, int value) {
      (label == heard.truth ? heard.right_score : heard.other_score) =
          std::max(label == heard.truth ? heard.right_score : heard.other_score, value);
      if (value > heard.top_score) heard.top = label, heard.top_score = value;
    };
    if (const Json* highest = Find(line, "/highest")) {
      for (const auto& [label, value] : highest->items()) score(label, value.get<int>());
    } else if (line.contains("score_permille") && !run.positives.empty()) {
      score(run.positives.front(), line["score_permille"].get<int>());
    }
    run.heard.push_back(std::move(heard));
  }
  return run;
}

Json CountsOf(const std::vector<const Heard*>& samples) {
  std::map<std::string, std::map<std::string, uint64_t>> counts;
  for (const Heard* sample : samples) ++counts[sample->truth][sample->decided];
  Json json = Json::object();
  for (const auto& [truth, row] : counts) {
    for (const auto& [decided, n] : row) json[truth][decided] = n;
  }
  return json;
}

Json Share(uint64_t count, uint64_t of) {
  const Interval interval = WilsonInterval(count, of);
  return {{"count", count},
          {"of", of},
          {"share", of == 0 ? Json() : Json(Rounded(static_cast<double>(count) / static_cast<double>(of)))},
          {"interval_95", {Rounded(interval.lower), Rounded(interval.upper)}}};
}

struct Found {
  uint64_t right = 0, wrong = 0, positives = 0, accepted = 0, negatives = 0;
};

Found FoundIn(const Run& run, const std::vector<const Heard*>& samples) {
  Found found;
  for (const Heard* sample : samples) {
    const bool reported = Contains(run.positives, sample->decided);
    if (run.IsPositive(*sample)) {
      ++found.positives;
      if (reported) ++(sample->decided == sample->truth ? found.right : found.wrong);
    } else {
      ++found.negatives;
      found.accepted += reported;
    }
  }
  return found;
}

Json SharesOf(const Found& found) {
  Json shares = Json::object();
  if (found.positives > 0) shares["recall"] = Share(found.right, found.positives);
  if (found.negatives > 0) shares["false_positive_rate"] = Share(found.accepted, found.negatives);
  const uint64_t reported = found.right + found.wrong + found.accepted;
  if (reported > 0 && found.positives > 0) shares["precision"] = Share(found.right, reported);
  return shares;
}

Json CurvesOf(const Run& run) {
  std::vector<ScoredTrial> trials;
  for (const Heard& sample : run.heard) {
    trials.push_back(run.IsPositive(sample) ? ScoredTrial{true, sample.right_score, sample.other_score}
                                            : ScoredTrial{false, std::max(sample.top_score, 0)});
  }
  return ScorePlots(trials);
}

// How often the best-scored label is right, for each tenth of the score.
Json Calibration(const Run& run) {
  struct Bin {
    double sum = 0;
    uint64_t right = 0, n = 0;
  };
  std::vector<Bin> bins(10);
  for (const Heard& sample : run.heard) {
    if (sample.top_score < 0) continue;
    Bin& bin = bins[static_cast<size_t>(std::min(sample.top_score / 100, 9))];
    bin.sum += sample.top_score / 1000.0;
    bin.right += sample.top == sample.truth;
    ++bin.n;
  }
  Json points = Json::array();
  std::string counts;
  for (const Bin& bin : bins) {
    if (bin.n == 0) continue;
    points.push_back({Rounded(bin.sum / static_cast<double>(bin.n)),
                      Rounded(static_cast<double>(bin.right) / static_cast<double>(bin.n))});
    counts += (counts.empty() ? "" : ", ") + std::to_string(bin.n);
  }
  return {{"title", "Calibration"},
          {"kind", "line"},
          {"quantity", "share that is right"},
          {"x_label", "mean score"},
          {"y_label", "share that is right"},
          {"points", points},
          {"note", "Samples behind each point: " + counts + "."}};
}

void AddSubjects(const Run& run, Json& entry) {
  std::map<std::string, SubjectCount> subjects;
  std::set<std::string> all;
  for (const Heard& sample : run.heard) {
    if (sample.subject.empty()) return;
    all.insert(sample.subject);
    if (!run.IsPositive(sample)) continue;
    SubjectCount& subject = subjects[sample.subject];
    ++subject.trials;
    subject.successes += sample.decided == sample.truth;
  }
  if (subjects.empty()) return;
  std::vector<SubjectCount> list;
  for (const auto& [name, count] : subjects) list.push_back(count);
  const Interval interval = BootstrapBySubject(list);
  entry["subjects"] = all.size();
  entry["intervals"]["recall"] = {{"method", "bootstrap by subject"},
                                  {"level", kConfidence},
                                  {"lower", Rounded(interval.lower)},
                                  {"upper", Rounded(interval.upper)}};
}

Json EntryHead(const RawLog& log, const RunInfo& run) {
  return {{"what", run.what}, {"run_id", run.run_id}, {"raw_sha256", run.raw_sha256}, {"timestamp", run.timestamp},
          {"dataset_sha256", TextAt(log.header(), "/set/sha256")}, {"n", log.header()["set"]["n"]}};
}

double Quantile(std::vector<double>& sorted, double p) {
  return sorted[std::min(sorted.size() - 1,
                         static_cast<size_t>(std::ceil(p * static_cast<double>(sorted.size()))) - 1)];
}

}  // namespace

std::vector<std::string> PositiveLabels(const std::string& profile, const std::vector<std::string>& labels) {
  if (profile == "person") return {"person"};
  // As the module tells words from the rest: see models/README.md.
  static const std::set<std::string> kNoWords = {"silence", "unknown", "noise", "background", "other"};
  std::vector<std::string> words;
  for (const std::string& label : labels) {
    if (!label.starts_with('_') && !kNoWords.contains(label)) words.push_back(label);
  }
  return words;
}

Json SummarizeSet(const RawLog& log, const std::string& name, const RunInfo& info) {
  const Run run = ReadRun(log);
  std::vector<const Heard*> all;
  std::map<std::string, std::map<std::string, std::vector<const Heard*>>> by_condition;
  for (const Heard& sample : run.heard) {
    all.push_back(&sample);
    for (const auto& [condition, level] : sample.conditions) by_condition[condition][level].push_back(&sample);
  }
  Json entry = EntryHead(log, info);
  entry["counts"] = CountsOf(all);
  entry.update(SharesOf(FoundIn(run, all)));
  entry["coverage"] = {{"invalid", run.invalid}, {"failed_to_decode", run.failed}};
  AddSubjects(run, entry);
  entry["plots"] = CurvesOf(run);
  entry["plots"].push_back(Calibration(run));
  Json entries = {{name, std::move(entry)}};
  for (const auto& [condition, levels] : by_condition) {
    Json& part = entries[name + "_by_" + condition];
    for (const auto& [level, samples] : levels) {
      part[level] = {{"n", samples.size()}, {"counts", CountsOf(samples)}};
      part[level].update(SharesOf(FoundIn(run, samples)));
    }
  }
  return entries;
}

Json SummarizeContinuous(const RawLog& log, const std::string& name, const RunInfo& info) {
  uint64_t events = 0;
  double heard_ms = 0;
  for (const Json& line : log.lines()) {
    if (TextAt(line, "/kind") != "sample" || TextAt(line, "/decided") == "failed") continue;
    events += ArrayAt(line, "/reports").size();
    heard_ms += NumberAt(line, "/heard_ms").value_or(0);
  }
  const double hours = heard_ms / 3.6e6;
  const Interval interval = PoissonInterval(events);
  Json entry = EntryHead(log, info);
  entry.update({{"events", events},
                {"hours", Rounded(hours)},
                {"per_hour", Rounded(static_cast<double>(events) / hours, 2)},
                {"interval_95_per_hour", {Rounded(interval.lower / hours, 2), Rounded(interval.upper / hours, 2)}}});
  return {{name, std::move(entry)}};
}

Json SummarizeLatency(const RawLog& log, const RunInfo& info) {
  std::map<std::string, std::vector<double>> times;
  for (const Json& line : log.lines()) {
    if (TextAt(line, "/kind") != "delay") continue;
    const double capture = line["stimulus_to_capture_ms"], notify = line["capture_to_notify_ms"],
                 read = line["notify_to_read_ms"];
    times["stimulus_to_capture"].push_back(capture);
    times["capture_to_notify"].push_back(notify);
    times["notify_to_read"].push_back(read);
    times["stimulus_to_read"].push_back(capture + notify + read);
  }
  if (times.empty()) return {};
  const Json evidence = {
      {"kind", "measured"},
      {"method", "samples played in real time; module time mapped to the host's clock by the time latch"},
      {"run_id", info.run_id},
      {"raw_sha256", info.raw_sha256},
      {"tool", "mlsensor-datasheet measure"},
      {"timestamp", info.timestamp}};
  Json values = Json::object();
  for (const char* name : {"stimulus_to_read", "stimulus_to_capture", "capture_to_notify", "notify_to_read"}) {
    auto& list = times[name];
    std::sort(list.begin(), list.end());
    for (const auto& [suffix, p] : {std::pair{"p50", 0.5}, std::pair{"p90", 0.9}, std::pair{"p99", 0.99}}) {
      values[std::string(name) + "_" + suffix] = {
          {"value", Rounded(Quantile(list, p), 2)}, {"unit", "ms"}, {"n", list.size()}, {"evidence", evidence}};
    }
  }
  const std::vector<double>& total = times["stimulus_to_read"];
  const double step = std::max(1.0, std::ceil((total.back() - total.front()) / 20));
  Json labels = Json::array(), bins = Json::array();
  const double first = std::floor(total.front() / step) * step;
  for (double at = first; at <= total.back(); at += step) {
    labels.push_back(NumberText(at));
    bins.push_back(
        std::count_if(total.begin(), total.end(), [&](double value) { return value >= at && value < at + step; }));
  }
  const std::string what =
      TextAt(log.header(), "/profile") == "person"
          ? "From the first picture of a scene to the decision at the host program, pictures in real time."
          : "From the end of the word (last 10 ms above a hundredth of its loudest) to its event at the host program, "
            "sound in real time. A word may be decided before it ends: the time is then negative.";
  Json plots = Json::array({{{"title", "From the stimulus to the host program"},
                             {"kind", "histogram"},
                             {"quantity", "count"},
                             {"x_label", "ms"},
                             {"y_label", "decisions"},
                             {"labels", labels},
                             {"values", bins},
                             {"note", what}}});
  return {{"what", what}, {"n", total.size()}, {"values", values}, {"plots", plots}};
}

std::string SummaryText(const std::string& name, const Json& entries) {
  std::string text;
  const auto percent = [](double share) { return NumberText(std::round(share * 1000) / 10, 4); };
  for (const auto& [key, entry] : entries.items()) {
    const auto line = [&](const std::string& title, const Json& part) {
      text += title + ":";
      for (const char* metric : {"recall", "false_positive_rate", "precision"}) {
        if (!part.contains(metric)) continue;
        const Json& share = part[metric];
        text += std::string(metric == std::string("recall") ? " " : "; ") + metric + " " + percent(share["share"]) +
                " % (" + percent(share["interval_95"][0]) + " to " + percent(share["interval_95"][1]) + "), " +
                share["count"].dump() + " of " + share["of"].dump();
      }
      text += "\n";
    };
    if (key == name && entry.contains("events")) {
      text += name + ": " + entry["events"].dump() + " false accepts in " + entry["hours"].dump() +
              " h: " + entry["per_hour"].dump() + " per hour (" + entry["interval_95_per_hour"][0].dump() + " to " +
              entry["interval_95_per_hour"][1].dump() + ")\n";
    } else if (key == name) {
      line(name + ", n = " + entry["n"].dump(), entry);
      const Json& coverage = entry["coverage"];
      if (coverage["invalid"] != 0 || coverage["failed_to_decode"] != 0) {
        text += "  not judged: " + coverage["invalid"].dump() +
                "; not decoded: " + coverage["failed_to_decode"].dump() + "\n";
      }
    } else {
      for (const auto& [level, part] : entry.items())
        line("  " + key.substr(name.size() + 4) + " " + level + ", n = " + part["n"].dump(), part);
    }
  }
  return text;
}

}  // namespace mls::datasheet
