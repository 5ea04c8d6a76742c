#include "measure_commands.h"

#include <atomic>
#include <csignal>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "energy_report.h"
#include "measure.h"
#include "mls/datasheet/schema.h"
#include "mls/datasheet/signature.h"
#include "verify.h"

namespace mls::datasheet {
namespace {

std::atomic<bool> g_interrupted{false};

[[noreturn]] void End(int status, const std::string& message = "") {
  if (!message.empty()) std::cerr << "mlsensor-datasheet: " << message << "\n";
  throw CLI::RuntimeError(status);
}

template <typename T>
T Need(Outcome<T> outcome, int status = kUsage) {
  if (!outcome.ok()) End(status, outcome.problem().text());
  return std::move(*outcome);
}

Sensor OpenOrEnd(const std::string& uri) {
  SensorError error;
  Result<Sensor> sensor = Sensor::Open(uri, {.timeout = std::chrono::seconds(5)}, &error);
  if (!sensor.ok()) End(ExitStatusOf(error.status), error.message);
  return std::move(*sensor);
}

LiveModule ReadOrEnd(Sensor& sensor) {
  auto live = ReadLiveModule(sensor);
  if (!live.ok()) End(ExitStatusOf(live.status()), sensor.error().message);
  return *live;
}

void AddMeasure(CLI::App& app) {
  auto options = std::make_shared<MeasureOptions>();
  auto program = std::make_shared<std::string>(DefaultModuleProgram().string());
  CLI::App* sub = app.add_subcommand("measure", "Play a labelled set through a live module and write what it answered");
  sub->add_option("--profile", options->play.profile, "keyword or person")
      ->required()
      ->check(CLI::IsMember({"keyword", "person"}));
  sub->add_option("--data", options->set.folder,
                  "Folder with one folder of recordings or pictures for each label, or with what --labels lists")
      ->required();
  sub->add_option("--labels", options->set.labels, "Table (CSV) with the column file, and label, speaker, conditions");
  sub->add_option("--where", options->set.where, "Only rows with COLUMN=VALUE[,VALUE]; repeatable")
      ->allow_extra_args(false);
  sub->add_option("--by", options->set.conditions, "Columns that are conditions")->delimiter(',');
  sub->add_option("--out", options->out, "Results (JSON); other entries of the same module in it are kept")->required();
  sub->add_option("--raw", options->raw, "Raw results (JSON lines); beside --out unless given");
  sub->add_option("--name", options->name, "Name of the entry")->capture_default_str();
  sub->add_option("--what", options->what, "One sentence about the set");
  sub->add_option("--split", options->split, "Note the hash of the set as that of this split of the data");
  sub->add_flag("--hash-only", options->hash_only, "Note the hash of the split and play nothing");
  sub->add_flag("--continuous", options->continuous, "The set has nothing to find: count false accepts per hour");
  sub->add_option("--noise", options->play.sound.noise, "Recording that goes under every sample (keyword)")
      ->check(CLI::ExistingFile);
  sub->add_option("--noise-from", options->play.sound.noise_from,
                  "Share of that recording to leave out at its beginning")
      ->check(CLI::Range(0.0, 0.99));
  sub->add_option("--snr-db", options->play.sound.snr_db, "Power of a sample over that of the noise")
      ->check(CLI::Range(-60.0, 100.0));
  sub->add_option("--decoded", options->play.sound.decoded,
                  "Folder that keeps decoded recordings, for the next run over them (keyword)")
      ->check(CLI::ExistingDirectory);
  sub->add_option("--fps", options->play.frames_per_second, "Pictures per second, in the module's time")
      ->check(CLI::Range(0.1, 1000.0))
      ->capture_default_str();
  sub->add_option("--limit", options->set.limit, "Only so many samples, evenly spread")
      ->check(CLI::Range(1, 100'000'000));
  sub->add_option("--latency", options->latency, "Time so many samples in real time")->check(CLI::Range(0, 100'000));
  sub->add_option("--module", *program, "mlsensor-module to run")->capture_default_str();
  sub->add_option("--model", options->play.model, "Model for it; the shipped one unless given")
      ->check(CLI::ExistingFile);
  sub->add_flag("--resume", options->resume, "Go on with an interrupted run");
  sub->callback([options, program] {
    options->play.program = *program;
    options->play.stop = [] { return g_interrupted.load(); };
    for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, [](int) { g_interrupted = true; });
    std::signal(SIGPIPE, SIG_IGN);
    End(Need(RunMeasure(*options)));
  });
}

void AddVerify(CLI::App& app) {
  struct Arguments {
    std::string file, device;
    VerifyOptions options;
    bool json = false;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* sub = app.add_subcommand("verify", "Compare a datasheet with a live module");
  sub->add_option("file", arguments->file, "Datasheet (JSON)")->required();
  sub->add_option("--device", arguments->device,
                  "Where the module is: unix:PATH, tcp:HOST:PORT, serial:DEVICE[@BAUD], ...")
      ->required();
  sub->add_flag("--allow-simulated", arguments->options.allow_simulated,
                "A module that plays files, or a debug build, may stand for the real one");
  sub->add_flag("--keep-modes", arguments->options.keep_modes, "Do not switch the module through its power modes");
  sub->add_flag("--json", arguments->json, "The table as JSON");
  sub->callback([arguments] {
    const std::string text = Need(ReadText(arguments->file));
    auto document = Parse(text);
    const auto refuse = [&](const Problem& problem) { End(kUsage, arguments->file + ": " + problem.text()); };
    if (!document.ok()) refuse(document.problem());
    if (const auto problems = Validate(*document); !problems.empty()) refuse(problems.front());
    Sensor sensor = OpenOrEnd(arguments->device);
    const auto findings = Verify(*document, Sha256Hex(text), sensor, arguments->device, arguments->options);
    if (!findings.ok()) End(ExitStatusOf(findings.status()), sensor.error().message);
    std::cout << (arguments->json ? ToText(FindingsToJson(*findings)) : FindingsToText(*findings));
    End(Agrees(*findings) ? kDone : kDisagrees);
  });
}

void AddEnergy(CLI::App& app) {
  struct Arguments {
    EnergyOptions options;
    std::string device, into;
  };
  auto arguments = std::make_shared<Arguments>();
  EnergyOptions& options = arguments->options;
  CLI::App* sub = app.add_subcommand("energy", "Energy from a meter, a trace or a model");
  sub->add_option("--trace", options.trace, "Power trace (CSV of a Power Profiler Kit 2, Joulescope or Otii)")
      ->check(CLI::ExistingFile);
  sub->add_option("--voltage", options.voltage_v, "Supply voltage, for a trace of current alone");
  sub->add_option("--marker", options.marker,
                  "Column of the trace that is 1 while the module infers, as D0; inferences are counted by its edges");
  sub->add_option("--start", options.start_s, "Second of the trace at which the runs begin");
  sub->add_option("--inferences-per-s", options.inferences_per_s, "Rate of inferences, for a trace without a marker")
      ->check(CLI::PositiveNumber);
  sub->add_option("--hwmon", options.hwmon,
                  "INA219, INA226 or INA260 under this folder: /sys/class/hwmon, or one hwmonN");
  sub->add_option("--rapl", options.rapl, "Energy counters of the processor under this folder: /sys/class/powercap");
  sub->add_option("--device", arguments->device,
                  "The live module that the meter measures: counts inferences, switches power modes");
  sub->add_option("--bench", options.bench, "Output of tools/bench-mcu --json: energy is modelled")
      ->check(CLI::ExistingFile);
  sub->add_option("--part", options.part, "Part whose published energy per cycle is used")->capture_default_str();
  sub->add_option("--runs", options.runs, "Runs")->check(CLI::Range(1, 1000))->capture_default_str();
  sub->add_option("--seconds", options.seconds, "Length of a run")->check(CLI::PositiveNumber)->capture_default_str();
  sub->add_option("--inferences-per-decision", options.inferences_per_decision, "Inferences that make a decision")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  sub->add_option("--decisions-per-s", options.decisions_per_s, "Duty cycle: decisions per second, around the clock")
      ->check(CLI::PositiveNumber);
  sub->add_option("--battery-wh", options.battery_wh, "Battery, for its life")->check(CLI::PositiveNumber);
  sub->add_option("--idle-mw", options.idle_mw, "Power that flows without inferences, for a model")
      ->check(CLI::NonNegativeNumber);
  sub->add_option("--into", arguments->into, "Results file that takes the section; otherwise it is printed");
  sub->callback([arguments] {
    std::optional<Sensor> sensor;
    if (!arguments->device.empty()) sensor = OpenOrEnd(arguments->device);
    const Json section = Need(MeasureEnergy(arguments->options, sensor ? &*sensor : nullptr));
    if (arguments->into.empty()) {
      std::cout << ToText(section);
      End(kDone);
    }
    Json results = Need(Load(arguments->into));
    if (sensor) {
      const LiveModule live = ReadOrEnd(*sensor);
      if (live.model_sha256 != TextAt(results, "/model_sha256") ||
          live.firmware_sha256 != TextAt(results, "/firmware_sha256")) {
        End(kUsage, arguments->into + ": results of another model or firmware than that of the device");
      }
    }
    results["energy"] = section;
    Need(WriteText(arguments->into, ToText(results)));
    End(kDone);
  });
}

}  // namespace

void AddMeasureCommands(CLI::App& app) {
  AddMeasure(app);
  AddVerify(app);
  AddEnergy(app);
}

void TakeFromDevice(const std::string& uri, GenerateInputs& inputs) {
  Sensor sensor = OpenOrEnd(uri);
  const LiveModule live = ReadOrEnd(sensor);
  const auto refuse = [&](const std::string& what, const std::string& expected, const std::string& found) {
    if (!expected.empty() && expected != found)
      End(kUsage, Problem{what, "\"" + found + "\", as in the live module", "\"" + expected + "\""}.text());
  };
  if (inputs.manifest) refuse("manifest, /sha256", TextAt(*inputs.manifest, "/sha256"), live.model_sha256);
  if (inputs.results) refuse("results, /model_sha256", TextAt(*inputs.results, "/model_sha256"), live.model_sha256);
  if (inputs.results)
    refuse("results, /firmware_sha256", TextAt(*inputs.results, "/firmware_sha256"), live.firmware_sha256);
  refuse("--firmware", inputs.firmware_sha256, live.firmware_sha256);
  refuse("--firmware-version", inputs.firmware_version, live.firmware_version);
  inputs.firmware_sha256 = live.firmware_sha256;
  inputs.firmware_version = live.firmware_version;
}

}  // namespace mls::datasheet
