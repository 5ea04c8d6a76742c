#include "energy_report.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "live_module.h"
#include "mls/datasheet/signature.h"
#include "power_meter.h"
#include "power_trace.h"

namespace mls::datasheet {
namespace {

constexpr EnergyPart kParts[] = {
    {"STM32L4R5", "m4", 0.284,
     "MLPerf Tiny v1.3, STM32L4R5: 3026 uJ for 10.67 million cycles of the reference person network"},
    {"nRF52840", "m4", 0.155,
     "nRF52840 product specification: 3.3 mA running CoreMark from flash at 64 MHz, 3 V, DC/DC"},
};
// An emulator counts instructions. A Cortex-M4 takes one cycle for most, more for loads, branches and flash waits.
constexpr double kCyclesPerInstruction = 1.25;
constexpr double kRelativeUncertainty =
    0.35;  // of cycles per instruction (20 %) and of the published energy on another program (30 %), independent

double Rounded(double value) { return value == 0 ? 0 : std::stod(NumberText(value, 4)); }

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

struct Run {
  double seconds, joules, inferences;
};

// Builds the section. All later figures are derived from power and energy per inference.
class Section {
 public:
  Section(const EnergyOptions& options, Json evidence, double relative_uncertainty)
      : options_(options), evidence_(std::move(evidence)), uncertainty_(relative_uncertainty) {}

  Json Value(double value, const char* unit) const { return With(value, unit, evidence_); }
  Json Derived(double value, const char* unit, const char* formula, std::vector<std::string> inputs) const {
    return With(value, unit, {{"kind", "derived"}, {"formula", formula}, {"inputs", inputs}});
  }
  void AddMode(const char* mode, double power_w) {
    json_["modes"].push_back({{"mode", mode}, {"power", Value(power_w * 1000, "mW")}});
  }

  // `inference_j`: above the baseline where there is one.
  void AddDuty(double inference_j, std::optional<double> baseline_w, std::optional<double> continuous_w) {
    const double decision_j = inference_j * options_.inferences_per_decision;
    std::optional<double> mean_w = continuous_w;
    const char* formula = "continuous power x 24 h";
    json_["per_decision"] =
        Derived(decision_j * 1e6, "uJ", "per_inference x inferences_per_decision",
                {"per_inference", "inferences_per_decision = " + NumberText(options_.inferences_per_decision)});
    if (options_.decisions_per_s && baseline_w) {
      mean_w = *baseline_w + decision_j * *options_.decisions_per_s;
      formula = "(power without inferences + per_decision x decisions_per_s) x 24 h";
      json_["duty_cycle"] = NumberText(*options_.decisions_per_s) + " decisions per second, around the clock";
    } else if (mean_w) {
      json_["duty_cycle"] = "inferring without a pause, around the clock";
    }
    if (!mean_w) return;
    json_["per_day"] = Derived(*mean_w * 24, "W.h", formula, {"modes", "per_decision"});
    if (!options_.battery_wh) return;
    json_["battery_life"] = Derived(*options_.battery_wh / *mean_w / 24, "d", "battery_wh / power at the duty cycle",
                                    {"per_day", "battery_wh"});
    json_["battery_life"]["conditions"] = {{"battery_wh", *options_.battery_wh}};
  }
  // The MLPerf Tiny way: the median of energy / inferences.
  double AddRuns(const std::vector<Run>& runs) {
    std::vector<double> each;
    for (const Run& run : runs) {
      each.push_back(run.joules / run.inferences);
      json_["runs"].push_back(
          {{"seconds", Rounded(run.seconds)}, {"joules", Rounded(run.joules)}, {"inferences", run.inferences}});
    }
    const double median = Median(each);
    json_["per_inference"] = Value(median * 1e6, "uJ");
    json_["per_inference"]["n"] = runs.size();
    const auto [low, high] = std::minmax_element(each.begin(), each.end());
    json_["per_inference"]["uncertainty"] = Rounded((*high - *low) / 2 * 1e6);
    json_["per_inference"]["note"] = "All energy of a run divided by its inferences; median of " +
                                     std::to_string(runs.size()) + " runs, uncertainty is half their range.";
    return median;
  }
  Json& json() { return json_; }

 private:
  Json With(double value, const char* unit, Json evidence) const {
    Json json = {{"value", Rounded(value)}, {"unit", unit}};
    if (uncertainty_ > 0) json["uncertainty"] = Rounded(value * uncertainty_);
    json["evidence"] = std::move(evidence);
    return json;
  }

  const EnergyOptions& options_;
  const Json evidence_;
  const double uncertainty_;
  Json json_ = Json::object();
};

Json Measured(const std::string& instrument, const std::string& run_id, const std::string& raw_sha256) {
  return {{"kind", "measured"},       {"method", "runs in the manner of MLPerf Tiny"},
          {"run_id", run_id},         {"raw_sha256", raw_sha256},
          {"instrument", instrument}, {"tool", "mlsensor-datasheet energy"},
          {"timestamp", UtcNow()}};
}

Outcome<Json> FromTrace(const EnergyOptions& options) {
  const auto trace = ReadPowerTrace(options.trace, {options.voltage_v, options.marker});
  if (!trace.ok()) return trace.problem();
  const auto cut = CutRuns(*trace, options.start_s, options.runs, options.seconds);
  if (!cut.ok()) return cut.problem();
  const auto text = ReadText(options.trace.string(), size_t{4} << 30);
  if (!text.ok()) return text.problem();
  Section section(
      options,
      Measured("power trace " + options.trace.filename().string(), options.trace.filename().string(), Sha256Hex(*text)),
      0);
  std::vector<Run> runs;
  double joules = 0, seconds = 0, marked = 0, unmarked_s = 0, inferences = 0;
  for (const TraceRun& run : *cut) {
    const double count =
        options.marker.empty() ? options.inferences_per_s * run.seconds : static_cast<double>(run.marks);
    if (count <= 0)
      return Problem{"the trace", "inferences in each run: marks (--marker), or --inferences-per-s", "none"};
    runs.push_back({run.seconds, run.joules, count});
    joules += run.joules;
    seconds += run.seconds;
    marked += run.marked_joules;
    unmarked_s += run.unmarked_seconds;
    inferences += count;
  }
  section.AddMode("continuous", joules / seconds);
  double inference_j = section.AddRuns(runs);
  std::optional<double> baseline;
  if (!options.marker.empty() && unmarked_s > 0) {
    baseline = (joules - marked) / unmarked_s;
    inference_j = (joules / seconds - *baseline) * seconds / inferences;
    section.json()["between_inferences"] = section.Value(*baseline * 1000, "mW");
    section.json()["above_baseline_per_inference"] =
        section.Derived(inference_j * 1e6, "uJ", "(power - power between the marks) x time / inferences",
                        {"modes", "between_inferences"});
  }
  section.AddDuty(inference_j, baseline, joules / seconds);
  return std::move(section.json());
}

Outcome<Json> FromMeter(const EnergyOptions& options, Sensor* sensor) {
  auto meter = options.hwmon.empty() ? OpenRapl(options.rapl) : OpenHwmon(options.hwmon);
  if (!meter.ok()) return meter.problem();
  if (sensor == nullptr && options.inferences_per_s <= 0)
    return Problem{"", "a module that counts its inferences (--device), or --inferences-per-s", "neither"};
  std::optional<Config> before;
  const auto enter = [&](PowerMode mode) -> std::optional<Problem> {
    if (sensor == nullptr) return std::nullopt;
    const auto config = before ? Result<Config>(*before) : sensor->ReadConfig();
    if (config.ok()) {
      before = *config;
      Config wanted = *config;
      wanted.power_mode = mode;
      if (sensor->ApplyConfig(wanted) == Status::kOk) return std::nullopt;
    }
    return Problem{"the device", std::string("power mode ") + (mode == PowerMode::kStandby ? "standby" : "continuous"),
                   sensor->error().message};
  };
  std::optional<double> standby_w;
  Json raw = Json::array();
  if (sensor != nullptr) {
    if (const auto problem = enter(PowerMode::kStandby)) return *problem;
    const auto joules = (*meter)->Joules(options.seconds);
    if (!joules.ok()) return joules.problem();
    standby_w = *joules / options.seconds;
    raw.push_back({{"mode", "standby"}, {"seconds", options.seconds}, {"joules", *joules}});
  }
  if (const auto problem = enter(PowerMode::kContinuous)) return *problem;
  std::vector<Run> runs;
  double joules = 0, inferences = 0;
  for (int i = 0; i < options.runs; ++i) {
    const auto count = [&]() -> double {
      if (sensor == nullptr) return 0;
      const auto power = sensor->ReadPower();
      return power.ok() ? static_cast<double>(power->inference_count) : -1;
    };
    const double first = count();
    const auto used = (*meter)->Joules(options.seconds);
    if (!used.ok()) return used.problem();
    const double last = count();
    const double made = sensor == nullptr ? options.inferences_per_s * options.seconds : last - first;
    if (first < 0 || last < 0 || made <= 0)
      return Problem{"the device", "inferences in each run", "none; has its input ended?"};
    runs.push_back({options.seconds, *used, made});
    raw.push_back({{"mode", "continuous"}, {"seconds", options.seconds}, {"joules", *used}, {"inferences", made}});
    joules += *used;
    inferences += made;
  }
  if (sensor != nullptr && sensor->ApplyConfig(*before) != Status::kOk)
    return Problem{"the device", "its configuration back", sensor->error().message};
  const double continuous_w = joules / (options.runs * options.seconds);
  Section section(options, Measured((*meter)->instrument(), "energy, " + UtcNow(), Sha256Hex(raw.dump())), 0);
  section.AddMode("continuous", continuous_w);
  if (standby_w) section.AddMode("standby", *standby_w);
  double inference_j = section.AddRuns(runs);
  if (standby_w) {
    inference_j = std::max(0.0, (continuous_w - *standby_w) * options.runs * options.seconds / inferences);
    section.json()["above_baseline_per_inference"] = section.Derived(
        inference_j * 1e6, "uJ", "(continuous power - standby power) x time / inferences", {"modes", "runs"});
  }
  section.AddDuty(inference_j, standby_w, continuous_w);
  section.json()["raw"] = std::move(raw);
  return std::move(section.json());
}

Outcome<Json> FromBench(const EnergyOptions& options) {
  const auto part = std::find_if(std::begin(kParts), std::end(kParts),
                                 [&](const EnergyPart& known) { return options.part == known.name; });
  if (part == std::end(kParts)) {
    std::string names;
    for (const EnergyPart& known : kParts) names += std::string(names.empty() ? "" : ", ") + known.name;
    return Problem{"--part", "one of " + names, options.part};
  }
  const auto text = ReadText(options.bench.string());
  if (!text.ok()) return text.problem();
  for (size_t begin = 0; begin < text->size();) {
    const size_t end = std::min(text->find('\n', begin), text->size());
    const auto bench = Parse(std::string_view(*text).substr(begin, end - begin));
    begin = end + 1;
    if (!bench.ok() || TextAt(*bench, "/target") != part->target) continue;
    const auto instructions = NumberAt(*bench, "/run_instructions");
    if (!instructions || *instructions <= 0) break;
    const double inference_j = *instructions * kCyclesPerInstruction * part->nj_per_cycle * 1e-9;
    Section section(options, {}, kRelativeUncertainty);
    Json& json = section.json();
    json["per_inference"] = section.Derived(
        inference_j * 1e6, "uJ", "instructions x cycles per instruction x energy per cycle",
        {"instructions = " + NumberText(*instructions, 12) + " (tools/bench-mcu, " + TextAt(*bench, "/machine") + ")",
         "cycles per instruction = " + NumberText(kCyclesPerInstruction),
         "energy per cycle = " + NumberText(part->nj_per_cycle) + " nJ (" + part->source + ")"});
    json["per_inference"]["conditions"] = {{"part", part->name}};
    std::optional<double> idle_w;
    if (options.idle_mw) idle_w = *options.idle_mw / 1000;
    section.AddDuty(inference_j, idle_w, std::nullopt);
    if (idle_w && options.decisions_per_s)
      section.json()["modes"] = {
          {{"mode", "continuous"},
           {"power",
            section.Derived((*idle_w + inference_j * options.inferences_per_decision * *options.decisions_per_s) * 1000,
                            "mW", "idle_mw + per_decision x decisions_per_s",
                            {"idle_mw = " + NumberText(*options.idle_mw), "per_decision"})}}};
    return std::move(json);
  }
  return Problem{options.bench.string(), std::string("a line of tools/bench-mcu --json for the target ") + part->target,
                 "none"};
}

}  // namespace

std::span<const EnergyPart> EnergyParts() { return kParts; }

Outcome<Json> MeasureEnergy(const EnergyOptions& options, Sensor* sensor) {
  const int sources = !options.trace.empty() + !options.hwmon.empty() + !options.rapl.empty() + !options.bench.empty();
  if (sources != 1) return Problem{"", "one of --trace, --hwmon, --rapl and --bench", std::to_string(sources)};
  if (!options.trace.empty()) return FromTrace(options);
  if (!options.bench.empty()) return FromBench(options);
  return FromMeter(options, sensor);
}

}  // namespace mls::datasheet
