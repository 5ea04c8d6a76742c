#include "measure.h"

#include <sys/resource.h>
#include <turbojpeg.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <numeric>
#include <set>

#include "mls/datasheet/signature.h"
#include "mls/drivers/module/picture_file.h"
#include "mls/host/names.h"
#include "raw_log.h"
#include "summary.h"

namespace mls::datasheet {
namespace {

constexpr int kMostPasses = 5;
constexpr const char* kTool = "mlsensor-datasheet measure";

// "measure: 120 of 1082 (11 %), 45 per second, 21 s left": each half second on a terminal, each tenth elsewhere.
class Progress {
 public:
  Progress(std::string what, size_t done, size_t total)
      : what_(std::move(what)), first_(done), done_(done), total_(total) {}
  ~Progress() {
    if (drawn_) std::cerr << "\n";
  }

  void Advance() {
    ++done_;
    const auto now = SteadyClock::now();
    const bool whole_tenth = done_ * 10 / total_ != (done_ - 1) * 10 / total_;
    if (done_ != total_ && (terminal_ ? now - shown_ < std::chrono::milliseconds(500) : !whole_tenth)) return;
    shown_ = now;
    const double seconds = std::chrono::duration<double>(now - begin_).count();
    const double rate = static_cast<double>(done_ - first_) / std::max(seconds, 1e-6);
    const auto left = static_cast<long>(static_cast<double>(total_ - done_) / std::max(rate, 1e-6));
    std::cerr << (terminal_ ? "\r" : "") << what_ << ": " << done_ << " of " << total_ << " (" << done_ * 100 / total_
              << " %), " << NumberText(rate, 3) << " per second, " << left << " s left" << (terminal_ ? "\x1b[K" : "\n")
              << std::flush;
    drawn_ = terminal_;
  }

 private:
  const std::string what_;
  const size_t first_;
  size_t done_;
  const size_t total_;
  const bool terminal_ = isatty(STDERR_FILENO) != 0;
  const SteadyClock::time_point begin_ = SteadyClock::now();
  SteadyClock::time_point shown_{};
  bool drawn_ = false;
};

// Of this process, or of the modules that have ended.
double ProcessorSeconds(int who) {
  rusage usage{};
  getrusage(who, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Json Header(const MeasureOptions& options, const LabelledSet& set, const LiveModule& module) {
  Json settings = {{"continuous", options.continuous}};
  if (options.play.profile == "keyword") {
    settings["quiet_ms"] = options.play.sound.quiet_ms;
    if (!options.play.sound.noise.empty()) {
      const auto noise = ReadText(options.play.sound.noise.string(), size_t{1} << 30);
      settings["noise_sha256"] = noise.ok() ? Json(Sha256Hex(*noise)) : Json();
      settings["noise_from"] = options.play.sound.noise_from;
      settings["snr_db"] = options.play.sound.snr_db;
    }
  } else {
    settings["frames_per_second"] = options.play.frames_per_second;
  }
  Json decision = ConfigToJson(module.config);
  decision.erase("report");
  return {{"schema", "mlsensor-raw/1"},
          {"name", options.name},
          {"profile", module.profile},
          {"model_sha256", module.model_sha256},
          {"firmware_sha256", module.firmware_sha256},
          {"firmware_version", module.firmware_version},
          {"interface_version", module.interface_version},
          {"debug_build", module.privacy.debug_build != 0},
          {"transducers", FlagNames(kReg<"privacy.transducers_fitted">.kInfo, module.privacy.transducers_fitted)},
          {"labels", module.labels},
          {"decision", decision},
          {"settings", settings},
          {"set", {{"sha256", set.sha256}, {"n", set.samples.size()}}},
          {"tool", kTool},
          {"started", UtcNow()}};
}

Json LineOf(const Sample& sample, const Answer& answer) {
  Json line = {{"kind", "sample"},
               {"file", sample.file},
               {"sha256", sample.sha256},
               {"label", sample.label},
               {"decided", answer.decided}};
  if (answer.score_permille >= 0) line["score_permille"] = answer.score_permille;
  if (!sample.subject.empty()) line["subject"] = sample.subject;
  if (!sample.conditions.empty()) line["conditions"] = sample.conditions;
  if (!answer.highest.empty()) line["highest"] = answer.highest;
  for (const Answer::Report& report : answer.reports)
    line["reports"].push_back(
        {{"label", report.label}, {"score_permille", report.score_permille}, {"at_ms", report.at_ms}});
  if (answer.heard_ms > 0) line["heard_ms"] = answer.heard_ms;
  return line;
}

// Results that are there already stay if they are of the same module.
Outcome<Json> ResultsToContinue(const MeasureOptions& options, const Json& header) {
  Json results = {{"schema", "mlsensor-results/1"}, {"script", kTool}};
  for (const char* key : {"profile", "model_sha256", "firmware_sha256", "firmware_version", "interface_version",
                          "debug_build", "transducers", "decision"})
    results[key] = header[key];
  if (!std::filesystem::exists(options.out)) return results;
  auto before = Load(options.out.string());
  if (!before.ok()) return before.problem();
  for (const char* key : {"script", "model_sha256", "firmware_sha256", "decision"}) {
    const Json theirs = before->contains(key) ? (*before)[key] : Json();
    if (theirs != results[key]) {
      return Problem{options.out.string() + ", /" + key, results[key].dump() + " (or a new file)",
                     theirs.dump() + ": results of different modules are not mixed"};
    }
  }
  return before;
}

Problem Belongs(const RawLog& log, const LabelledSet& set, std::set<std::string>& done) {
  std::map<std::string, const Sample*> samples;
  for (const Sample& sample : set.samples) samples[sample.file] = &sample;
  for (const Json& line : log.lines()) {
    if (TextAt(line, "/kind") != "sample") continue;
    const auto sample = samples.find(TextAt(line, "/file"));
    if (sample == samples.end() || sample->second->sha256 != TextAt(line, "/sha256") ||
        !done.insert(sample->first).second) {
      return {"raw results, " + TextAt(line, "/file"), "each sample of this set once",
              "one that is not of it, or twice"};
    }
  }
  return {};
}

std::vector<size_t> Spread(std::vector<size_t> all, size_t count) {
  if (count == 0 || count >= all.size()) return all;
  std::vector<size_t> some;
  for (size_t i = 0; i < count; ++i) some.push_back(all[i * all.size() / count]);
  return some;
}

// Mean grey of a picture, 0 to 255, by the weights of the module's front end.
double MeanGreyOf(const ImageView& picture) {
  const bool rgb = picture.format == PixelFormat::kRgb888;
  double sum = 0;
  for (int32_t y = 0; y < picture.height_px; ++y) {
    const uint8_t* row = picture.data.data() + static_cast<ptrdiff_t>(y) * picture.stride_bytes;
    for (int32_t x = 0; x < picture.width_px; ++x)
      sum += rgb ? (77.0 * row[3 * x] + 150.0 * row[3 * x + 1] + 29.0 * row[3 * x + 2]) / 256 : row[x];
  }
  return sum / picture.width_px / picture.height_px;
}

// The same of a JPEG: the means of its blocks of 8 x 8 are in the file. Nothing where that does not work out.
std::optional<double> MeanGreyOfJpeg(const std::string& bytes) {
  const std::unique_ptr<void, int (*)(tjhandle)> decoder(tjInitDecompress(), tjDestroy);
  const auto* const data = reinterpret_cast<const unsigned char*>(bytes.data());
  int width_px = 0, height_px = 0, subsampling = 0, colours = 0;
  if (tjDecompressHeader3(decoder.get(), data, bytes.size(), &width_px, &height_px, &subsampling, &colours) != 0 ||
      width_px > static_cast<int>(kMaxPictureSidePx) || height_px > static_cast<int>(kMaxPictureSidePx)) {
    return std::nullopt;
  }
  const tjscalingfactor eighth{1, 8};
  width_px = TJSCALED(width_px, eighth);
  height_px = TJSCALED(height_px, eighth);
  std::vector<uint8_t> grey(static_cast<size_t>(width_px) * static_cast<size_t>(height_px));
  if (grey.empty() ||
      tjDecompress2(decoder.get(), data, bytes.size(), grey.data(), width_px, 0, height_px, TJPF_GRAY, 0) != 0) {
    return std::nullopt;
  }
  return std::accumulate(grey.begin(), grey.end(), 0.0) / static_cast<double>(grey.size());
}

double MeanGrey(const std::filesystem::path& path) {
  if (const auto bytes = ReadText(path.string()); bytes.ok()) {
    if (const auto grey = MeanGreyOfJpeg(*bytes)) return *grey;
  }
  return MeanGreyOf(ReadPicture(path).view());
}

// The condition "brightness" of pictures, where nobody has labelled it.
void AddBrightness(LabelledSet& set) {
  const bool labelled = std::any_of(set.samples.begin(), set.samples.end(),
                                    [](const Sample& sample) { return sample.conditions.contains("brightness"); });
  for (Sample& sample : set.samples) {
    if (labelled) return;
    try {
      const double grey = MeanGrey(set.folder / sample.file);
      sample.conditions["brightness"] = grey < 85 ? "dark" : grey < 170 ? "medium" : "bright";
    } catch (const InputError&) {  // Counted when the module cannot decode it either.
    }
  }
}

class Measurement {
 public:
  Measurement(const MeasureOptions& options, const LabelledSet& set, RawLog& log)
      : options_(options), set_(set), log_(log) {}

  Outcome<int> Play(const std::set<std::string>& done) {
    std::vector<size_t> order;
    for (size_t i = 0; i < set_.samples.size(); ++i) {
      if (!done.contains(set_.samples[i].file)) order.push_back(i);
    }
    Progress progress(options_.name, done.size(), set_.samples.size());
    for (int pass = 0; !order.empty(); ++pass) {
      if (pass == kMostPasses)
        return Problem{"", "an answer to each sample",
                       std::to_string(order.size()) + " whose events were lost each time; is the machine too busy?"};
      std::optional<Problem> failure;
      const auto on_answer = [&](const Answer& answer) {
        const auto written = log_.Append(LineOf(set_.samples[answer.sample], answer));
        if (!written.ok() && !failure) failure = written.problem();
        progress.Advance();
      };
      const bool keyword = options_.play.profile == "keyword";
      const auto report = keyword ? PlayKeyword(options_.play, set_, order, on_answer)
                                  : PlayPerson(options_.play, set_, order, on_answer);
      if (failure) return *failure;
      if (!report.ok()) return report.problem();
      const auto noted = log_.Append({{"kind", "run"},
                                      {"inferences", report->inferences},
                                      {"invalid", report->invalid},
                                      {"skipped", report->skipped},
                                      {"wall_s", report->wall_s},
                                      {"unanswered", report->unanswered.size()},
                                      {"inferring_processor_s", report->inferring_s},
                                      {"playing_processor_s", report->playing_s},
                                      {"all_processor_s", TakeProcessorSeconds()}});
      if (!noted.ok()) return noted.problem();
      if (report->stopped) return kInterrupted;
      order = report->unanswered;
    }
    return kDone;
  }

  Outcome<int> Time() {
    // Only what the module reports has a delay; evenly spread, and half of the pictures without a person.
    std::map<std::string, size_t> index;
    for (size_t i = 0; i < set_.samples.size(); ++i) index[set_.samples[i].file] = i;
    std::vector<size_t> reported;
    size_t timed = 0;
    for (const Json& line : log_.lines()) {
      timed += TextAt(line, "/kind") == "delay";
      const std::string decided = TextAt(line, "/decided");
      const bool counts = options_.play.profile == "person" ? decided != "invalid" && decided != "failed"
                                                            : decided == TextAt(line, "/label");
      if (TextAt(line, "/kind") == "sample" && counts) reported.push_back(index[TextAt(line, "/file")]);
    }
    if (timed > 0 || reported.empty()) return kDone;
    const std::vector<size_t> order = Spread(reported, options_.latency);
    Progress progress(options_.name + ", latency", 0, order.size());
    std::vector<Json> lines;
    const auto on_delay = [&](const Delay& delay) {
      lines.push_back({{"kind", "delay"},
                       {"file", set_.samples[delay.sample].file},
                       {"stimulus_to_capture_ms", delay.stimulus_to_capture},
                       {"capture_to_notify_ms", delay.capture_to_notify},
                       {"notify_to_read_ms", delay.notify_to_read},
                       {"uncertainty_ms", delay.uncertainty}});
      progress.Advance();
    };
    const auto timing = options_.play.profile == "keyword" ? TimeKeyword(options_.play, set_, order, on_delay)
                                                           : TimePerson(options_.play, set_, order, on_delay);
    if (!timing.ok()) return timing.problem();
    if (options_.play.stop && options_.play.stop())
      return kInterrupted;  // all or nothing: a spread over a part is no spread
    for (Json& line : lines) {
      if (const auto written = log_.Append(std::move(line)); !written.ok()) return written.problem();
    }
    return kDone;
  }

 private:
  // Since the last call or the start of this process: reading the set is part of measuring.
  double TakeProcessorSeconds() {
    const double before = std::exchange(noted_s_, ProcessorSeconds(RUSAGE_SELF) + ProcessorSeconds(RUSAGE_CHILDREN));
    return noted_s_ - before;
  }

  const MeasureOptions& options_;
  const LabelledSet& set_;
  RawLog& log_;
  double noted_s_ = 0;
};

Outcome<int> Finish(const MeasureOptions& options, const RawLog& log, const std::filesystem::path& raw, Json results) {
  const auto text = ReadText(raw.string(), size_t{1} << 30);
  if (!text.ok()) return text.problem();
  const std::string started = TextAt(log.header(), "/started");
  const RunInfo run{options.name + ", " + started, Sha256Hex(*text), started,
                    options.what.empty() ? options.name : options.what};
  Json entries =
      options.continuous ? SummarizeContinuous(log, options.name, run) : SummarizeSet(log, options.name, run);
  double wall_s = 0, inferring_s = 0, playing_s = 0, measuring_s = 0;
  uint64_t inferences = 0;
  for (const Json& line : log.lines()) {
    if (TextAt(line, "/kind") != "run") continue;
    wall_s += NumberAt(line, "/wall_s").value_or(0);
    inferences += static_cast<uint64_t>(std::max(0.0, NumberAt(line, "/inferences").value_or(0)));
    inferring_s += NumberAt(line, "/inferring_processor_s").value_or(0);
    playing_s += NumberAt(line, "/playing_processor_s").value_or(0);
    measuring_s += NumberAt(line, "/all_processor_s").value_or(0);
  }
  measuring_s -= inferring_s + playing_s;
  const auto rounded = [](double value) { return std::round(value * 1000) / 1000; };
  entries[options.name]["played"] = {{"inferences", inferences},
                                     {"wall_s", rounded(wall_s)},
                                     {"processor_s",
                                      {{"inferring", rounded(inferring_s)},
                                       {"measuring", rounded(measuring_s)},
                                       {"playing", rounded(playing_s)}}},
                                     {"settings", log.header()["settings"]}};
  // What an earlier run of this name had by condition may not be there any more.
  for (auto it = results.begin(); it != results.end();) {
    it = it.key() == options.name || it.key().starts_with(options.name + "_by_") ? results.erase(it) : std::next(it);
  }
  results.update(entries);
  if (Json latency = SummarizeLatency(log, run); !latency.is_null()) results["latency"] = std::move(latency);
  if (!options.split.empty())
    results["splits"][options.split] = {{"sha256", log.header()["set"]["sha256"]}, {"n", log.header()["set"]["n"]}};
  if (const auto written = WriteText(options.out.string(), ToText(results)); !written.ok()) return written.problem();
  std::cout << SummaryText(options.name, entries);
  if (results.contains("latency")) {
    const Json& values = results["latency"]["values"];
    const auto ms = [&](const char* name) { return NumberText(values[name]["value"].get<double>(), 4); };
    std::cout << "latency, n = " << results["latency"]["n"] << ": stimulus to host program p50 "
              << ms("stimulus_to_read_p50") << " ms, p90 " << ms("stimulus_to_read_p90") << " ms, p99 "
              << ms("stimulus_to_read_p99") << " ms; capture to notification p50 " << ms("capture_to_notify_p50")
              << " ms; notification to read p50 " << ms("notify_to_read_p50") << " ms\n";
  }
  const auto more = [&](double seconds) {
    return NumberText(seconds, 3) + " s (" + NumberText(100 * seconds / std::max(inferring_s, 1e-9), 2) + " % more)";
  };
  std::cout << inferences << " inferences in " << NumberText(wall_s, 4) << " s; processor time: inferring "
            << NumberText(inferring_s, 3) << " s, measuring " << more(measuring_s);
  if (playing_s > 0) std::cout << ", playing the recordings " << more(playing_s);
  std::cout << "; raw results in " << raw.string() << "\n";
  return kDone;
}

Outcome<int> NoteSplit(const MeasureOptions& options, const LabelledSet& set) {
  if (options.split.empty()) return Problem{"--hash-only", "the name of the split (--split)", "none"};
  auto results = Load(options.out.string());
  if (!results.ok()) return results.problem();
  (*results)["splits"][options.split] = {{"sha256", set.sha256}, {"n", set.samples.size()}};
  if (const auto written = WriteText(options.out.string(), ToText(*results)); !written.ok()) return written.problem();
  std::cout << options.split << ": " << set.sha256 << ", n = " << set.samples.size() << "\n";
  return kDone;
}

}  // namespace

Outcome<int> RunMeasure(MeasureOptions options) {
  auto set = ReadLabelledSet(options.set);
  if (!set.ok()) return set.problem();
  if (options.hash_only) return NoteSplit(options, *set);
  if (options.continuous && options.play.profile != "keyword")
    return Problem{"--continuous", "the profile keyword", options.play.profile};
  if (options.play.profile == "person") AddBrightness(*set);
  const auto module = Probe(options.play);
  if (!module.ok()) return module.problem();
  if (module->profile != options.play.profile)
    return Problem{"the module", "the profile " + options.play.profile, module->profile};
  options.play.live = *module;
  const Json header = Header(options, *set, *module);
  auto results = ResultsToContinue(options, header);
  if (!results.ok()) return results.problem();
  std::filesystem::path raw = options.raw;
  if (raw.empty()) (raw = options.out).replace_extension("." + options.name + ".raw.jsonl");
  auto log = options.resume ? RawLog::Resume(raw, header) : RawLog::Begin(raw, header);
  if (!log.ok()) return log.problem();
  std::set<std::string> done;
  if (const Problem problem = Belongs(*log, *set, done); !problem.expected.empty()) return problem;

  Measurement measurement(options, *set, *log);
  auto status = measurement.Play(done);
  if (status.ok() && *status == kDone && options.latency > 0) status = measurement.Time();
  if (!status.ok()) return status.problem();
  if (*status == kInterrupted) {
    size_t samples = 0;
    for (const Json& line : log->lines()) samples += TextAt(line, "/kind") == "sample";
    std::cerr << "interrupted after " << samples << " of " << set->samples.size()
              << " samples; the same command with --resume goes on\n";
    return kInterrupted;
  }
  return Finish(options, *log, raw, std::move(*results));
}

}  // namespace mls::datasheet
