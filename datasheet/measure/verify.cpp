#include "verify.h"

#include <algorithm>
#include <charconv>

#include <nlohmann/json.hpp>

#include "mls/datasheet/signature.h"
#include "mls/host/names.h"

namespace mls::datasheet {
namespace {

std::string Hex2(unsigned value) {
  char text[8];
  std::snprintf(text, sizeof text, "0x%02X", value);
  return text;
}

std::string Listed(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text.empty() ? "none" : text;
}

class Comparer {
 public:
  Comparer(const Json& document, const std::string& file_sha256, Sensor& sensor, const std::string& uri,
           const VerifyOptions& options)
      : document_(document), file_sha256_(file_sha256), sensor_(sensor), uri_(uri), options_(options) {}

  Status Run() {
    const auto live = ReadLiveModule(sensor_);
    if (!live.ok()) return live.status();
    live_ = *live;
    Identity();
    for (const auto step : {&Comparer::RegisterMap, &Comparer::PowerModes, &Comparer::SelfTest}) {
      if (const Status status = (this->*step)(); status != Status::kOk) return status;
    }
    Bus();
    Transducers();
    return Status::kOk;
  }
  Findings findings() && { return std::move(findings_); }

 private:
  void Add(const std::string& what, const std::string& paper, const std::string& module, Comparison comparison,
           const std::string& note = "") {
    findings_.push_back({what, paper, module, comparison, note});
  }
  void Compare(const std::string& what, const std::string& paper, const std::string& module) {
    if (paper.empty()) return Add(what, "not stated", module, Comparison::kNotStated);
    Add(what, paper, module, paper == module ? Comparison::kAgrees : Comparison::kContradicts);
  }

  void Identity() {
    Compare("profile", TextAt(document_, "/overview/profile"), live_.profile);
    Compare("model SHA-256", TextAt(document_, "/provenance/model_sha256"), live_.model_sha256);
    Compare("model SHA-256 of the specification", TextAt(document_, "/model/specification/0/sha256"),
            live_.model_sha256);
    char id[16];
    std::snprintf(id, sizeof id, "%08x", live_.ident.model_id);
    Add("model id", live_.model_sha256.substr(0, 8), id,
        live_.model_sha256.starts_with(id) ? Comparison::kAgrees : Comparison::kContradicts,
        "begin of the model's hash");
    Compare("firmware version", TextAt(document_, "/provenance/firmware_version"), live_.firmware_version);
    Compare("firmware SHA-256", TextAt(document_, "/provenance/firmware_sha256"), live_.firmware_sha256);
    const auto canonical = DatasheetSha256(document_);
    const std::string ours = canonical.ok() ? *canonical : "no canonical form";
    if (live_.datasheet_sha256.empty()) {
      Add("datasheet SHA-256", ours, "none", Comparison::kContradicts, "the module carries no datasheet hash");
    } else {
      const bool of_file = live_.datasheet_sha256 == file_sha256_;
      Add("datasheet SHA-256", of_file ? file_sha256_ : ours, live_.datasheet_sha256,
          of_file || live_.datasheet_sha256 == ours ? Comparison::kAgrees : Comparison::kContradicts,
          of_file ? "of the file as it is" : "");
    }
    std::vector<std::string> labels;
    for (const Json& label : ArrayAt(document_, "/model/specification/0/labels"))
      labels.push_back(label.is_string() ? label.get<std::string>() : "");
    Compare("labels", labels.empty() ? "" : Listed(labels), Listed(live_.labels));
    for (const Json& test : ArrayAt(document_, "/model/performance/tests")) {
      const auto threshold = ValueAt(test, "/threshold");
      if (!threshold) continue;
      Compare("threshold of the test " + TextAt(test, "/id"), NumberText(*threshold),
              NumberText(live_.config.high_threshold_permille / 1000.0));
      for (const auto& [what, actual] :
           {std::pair{"model_sha256", &live_.model_sha256}, std::pair{"firmware_sha256", &live_.firmware_sha256}}) {
        const std::string stated = TextAt(test, std::string("/") + what);
        if (!stated.empty() && stated != *actual) Compare("test " + TextAt(test, "/id") + ", " + what, stated, *actual);
      }
    }
    const bool debug = live_.privacy.debug_build != 0;
    Add("debug build", "no", debug ? "yes" : "no",
        debug && !options_.allow_simulated ? Comparison::kContradicts : Comparison::kAgrees,
        debug ? "its promises do not hold" : "");
  }

  Status RegisterMap() {
    Compare("register map version", TextAt(document_, "/hardware/registers/interface_version"),
            live_.interface_version);
    std::vector<std::string> wrong;
    const Json& windows = ArrayAt(document_, "/hardware/registers/windows");
    for (const Json& window : windows) {
      const std::string name = TextAt(window, "/name");
      const auto index = FindWindow(name);
      if (!index) {
        wrong.push_back(name + " is unknown");
        continue;
      }
      const WindowInfo& info = kWindows[*index];
      const Json page = info.page == kNotPaged ? Json() : Json(info.page);
      const Json stated_page = window.contains("page") ? window["page"] : Json();
      if (TextAt(window, "/address") != Hex2(info.address) ||
          NumberAt(window, "/size_bytes").value_or(0) != info.size_bytes || stated_page != page) {
        wrong.push_back(name + " lies elsewhere");
        continue;
      }
      std::array<uint8_t, kMaxWindowBytes> bytes{};
      const Status status = sensor_.ReadWindow(*index, 0, bytes);
      if (status == Status::kOutOfRange || status == Status::kInvalidArgument) {
        wrong.push_back(name + " cannot be read");
      } else if (status != Status::kOk) {
        return status;
      }
    }
    const std::string count = std::to_string(windows.size());
    if (windows.empty()) {
      Add("register windows", "not stated", std::to_string(kWindowCount), Comparison::kNotStated);
    } else {
      Add("register windows", count, std::to_string(windows.size() - wrong.size()) + " read where stated",
          wrong.empty() ? Comparison::kAgrees : Comparison::kContradicts, wrong.empty() ? "" : Listed(wrong));
    }
    // Registers are compared with the map that this program shares with the module by its version.
    std::vector<std::string> unknown;
    for (const Json& entry : ArrayAt(document_, "/hardware/registers/registers")) {
      const RegisterInfo* info = FindRegister(TextAt(entry, "/name"));
      if (info == nullptr || TextAt(entry, "/address") != Hex2(kWindows[info->window].address + info->offset))
        unknown.push_back(TextAt(entry, "/name"));
    }
    if (!unknown.empty())
      Add("registers", Listed(unknown), "not in register map " + live_.interface_version, Comparison::kContradicts);
    return Status::kOk;
  }

  void Bus() {
    const std::string address = TextAt(document_, "/hardware/communication/i2c/address");
    const size_t hex = uri_.rfind("0x");
    if (uri_.starts_with("i2c") && hex != std::string::npos) {
      unsigned number = 0;
      std::from_chars(uri_.data() + hex + 2, uri_.data() + uri_.size(), number, 16);
      std::vector<std::string> stated = {address};
      for (const Json& other : ArrayAt(document_, "/hardware/communication/i2c/alternative_addresses"))
        stated.push_back(other.get<std::string>());
      const bool known = std::find(stated.begin(), stated.end(), Hex2(number)) != stated.end();
      Add("I2C address", Listed(stated), Hex2(number), known ? Comparison::kAgrees : Comparison::kContradicts);
    } else {
      Add("I2C address", address.empty() ? "not stated" : address, "", Comparison::kNotObservable, "over this link");
    }
    const size_t at = uri_.rfind('@');
    if (uri_.starts_with("serial:") && at != std::string::npos) {
      double baud = 0;
      std::from_chars(uri_.data() + at + 1, uri_.data() + uri_.size(), baud);
      const Json* rate = Find(document_, "/hardware/communication/serial/rate");
      const double low = rate == nullptr ? 0 : NumberAt(*rate, "/min").value_or(ValueAt(*rate, "").value_or(0));
      const double high = rate == nullptr ? 0 : NumberAt(*rate, "/max").value_or(ValueAt(*rate, "").value_or(0));
      Add("serial rate", rate == nullptr ? "not stated" : NumberText(low, 7) + " to " + NumberText(high, 7),
          NumberText(baud, 7),
          rate == nullptr               ? Comparison::kNotStated
          : baud >= low && baud <= high ? Comparison::kAgrees
                                        : Comparison::kContradicts);
    } else {
      Add("bus rates", "", "", Comparison::kNotObservable, "over this link");
    }
  }

  void Transducers() {
    std::vector<std::string> stated;
    for (const Json& transducer : ArrayAt(document_, "/hardware/transducers")) {
      const std::string kind = TextAt(transducer, "/kind");
      if (kind == "microphone" || kind == "camera") stated.push_back(kind);
    }
    std::sort(stated.begin(), stated.end());
    auto fitted = FlagNames(kReg<"privacy.transducers_fitted">.kInfo, live_.privacy.transducers_fitted);
    const bool simulated = (live_.privacy.transducers_fitted & kFileInput) != 0;
    if (simulated) {
      Add("transducers", Listed(stated), Listed(fitted),
          options_.allow_simulated ? Comparison::kNotObservable : Comparison::kContradicts, "simulated: plays files");
    } else {
      std::sort(fitted.begin(), fitted.end());
      Compare("transducers", Listed(stated), Listed(fitted));
    }
    for (const auto& [type, kind, bit] :
         {std::tuple{"audio", "microphone", kMicrophone}, std::tuple{"visual", "camera", kCamera}}) {
      const std::string collects =
          TextAt(document_, std::string("/model/privacy_label/data_types/") + type + "/collects");
      const bool has = (live_.privacy.transducers_fitted & bit) != 0;
      const bool senses = simulated ? (live_.profile == "keyword") == (bit == kMicrophone) : has;
      if (collects.empty()) {
        Add(std::string("privacy label, ") + type, "not stated", senses ? "yes" : "no", Comparison::kNotStated);
      } else {
        Add(std::string("privacy label, ") + type, collects, senses ? "yes" : "no",
            (collects == "yes") == senses ? Comparison::kAgrees : Comparison::kContradicts,
            simulated ? "by its profile" : "");
      }
    }
  }

  Status PowerModes() {
    static constexpr std::string_view kNames[] = {"sleep", "standby", "single_shot", "duty_cycled", "continuous"};
    std::vector<std::pair<std::string, PowerMode>> stated;
    std::vector<std::string> unknown;
    for (const Json& mode : ArrayAt(document_, "/model/performance/energy/modes")) {
      std::string name = TextAt(mode, "/mode");
      std::replace(name.begin(), name.end(), ' ', '_');
      const auto known = std::find(std::begin(kNames), std::end(kNames), name);
      if (known == std::end(kNames)) {
        unknown.push_back(name);
      } else {
        stated.emplace_back(name, static_cast<PowerMode>(known - std::begin(kNames)));
      }
    }
    if (!unknown.empty())
      Add("power modes", Listed(unknown), "no such mode in the register map", Comparison::kContradicts);
    if (stated.empty()) {
      Add("power modes", "not stated", "", Comparison::kNotStated);
      return Status::kOk;
    }
    std::string all;
    for (const auto& [name, mode] : stated) all += (all.empty() ? "" : ", ") + name;
    const auto status_now = sensor_.ReadStatus();
    if (!status_now.ok()) return status_now.status();
    const bool pending = (status_now->state & kConfigPending) != 0;
    if (options_.keep_modes || pending) {
      Add("power modes", all, "", Comparison::kNotObservable,
          pending ? "not tried: a staged configuration waits" : "not tried (--keep-modes)");
      return Status::kOk;
    }
    std::vector<std::string> entered;
    Status failure = Status::kOk;
    for (const auto& [name, mode] : stated) {
      Config config = live_.config;
      config.power_mode = mode;
      if (mode == PowerMode::kDutyCycled && config.period_ms == 0) config.period_ms = 1000;
      const Status status = sensor_.ApplyConfig(config);
      const auto power = status == Status::kOk ? sensor_.ReadPower() : Result<PowerCounters>(status);
      if (power.ok() && power->actual_mode == mode) entered.push_back(name);
      if (!power.ok() && power.status() != Status::kRejected) failure = power.status();
    }
    if (const Status status = sensor_.ApplyConfig(live_.config); status != Status::kOk) return status;
    if (failure != Status::kOk) return failure;
    Add("power modes", all, Listed(entered),
        entered.size() == stated.size() ? Comparison::kAgrees : Comparison::kContradicts,
        "each was entered, then the one before restored");
    return Status::kOk;
  }

  Status SelfTest() {
    const auto report = sensor_.RunSelfTest();
    if (!report.ok()) return report.status();
    const auto run = FlagNames(kReg<"selftest.tests_run">.kInfo, report->tests_run);
    const auto failed = FlagNames(kReg<"selftest.tests_failed">.kInfo, report->tests_failed);
    // Without input the transducer has nothing to show; that is not what a file player is asked about.
    const uint8_t matters =
        report->tests_failed &
        static_cast<uint8_t>((live_.privacy.transducers_fitted & kFileInput) != 0 ? ~kTestTransducer : 0xFF);
    Add("self-test", "passes", matters == 0 ? "passed: " + Listed(run) : "failed: " + Listed(failed),
        matters == 0 && !run.empty() ? Comparison::kAgrees : Comparison::kContradicts);
    const std::string actual = std::to_string(report->actual_answer);
    const auto stated = NumberAt(document_, "/model/specification/0/known_answer");
    if ((report->tests_run & kTestKnownAnswer) == 0) {
      Add("known answer", stated ? NumberText(*stated, 12) : "not stated", "not tested",
          stated ? Comparison::kContradicts : Comparison::kNotStated, "the module has no known answer for its model");
    } else if (!stated) {
      Add("known answer", "not stated", actual,
          report->actual_answer == report->expected_answer ? Comparison::kNotStated : Comparison::kContradicts);
    } else {
      Add("known answer", NumberText(*stated, 12), actual,
          *stated == report->actual_answer ? Comparison::kAgrees : Comparison::kContradicts,
          "output of the model for the fixed input");
    }
    return Status::kOk;
  }

  const Json& document_;
  const std::string& file_sha256_;
  Sensor& sensor_;
  const std::string& uri_;
  const VerifyOptions& options_;
  LiveModule live_;
  Findings findings_;
};

}  // namespace

const char* ComparisonName(Comparison comparison) {
  switch (comparison) {
    case Comparison::kAgrees: return "agrees";
    case Comparison::kContradicts: return "CONTRADICTS";
    case Comparison::kNotStated: return "not stated";
    case Comparison::kNotObservable: return "not observable";
  }
  return "";
}

Result<Findings> Verify(const Json& document, const std::string& file_sha256, Sensor& sensor, const std::string& uri,
                        const VerifyOptions& options) {
  Comparer comparer(document, file_sha256, sensor, uri, options);
  if (const Status status = comparer.Run(); status != Status::kOk) return status;
  return std::move(comparer).findings();
}

bool Agrees(const Findings& findings) {
  return std::none_of(findings.begin(), findings.end(),
                      [](const Match& match) { return match.comparison == Comparison::kContradicts; });
}

std::string FindingsToText(const Findings& findings) {
  size_t width = 0, contradictions = 0;
  for (const Match& match : findings) width = std::max(width, match.what.size());
  std::string text;
  for (const Match& match : findings) {
    std::string verdict = ComparisonName(match.comparison);
    verdict.resize(16, ' ');
    text += verdict + match.what + std::string(width - match.what.size() + 2, ' ');
    if (match.comparison == Comparison::kContradicts) {
      ++contradictions;
      text += "paper: " + match.paper + "; module: " + match.module;
    } else {
      text += match.comparison == Comparison::kNotObservable && !match.paper.empty() ? match.paper : match.module;
    }
    text += (match.note.empty() ? "" : " (" + match.note + ")") + "\n";
  }
  return text + (contradictions == 0 ? "The module agrees with its datasheet.\n"
                                     : std::to_string(contradictions) +
                                           (contradictions == 1 ? " contradiction.\n" : " contradictions.\n"));
}

Json FindingsToJson(const Findings& findings) {
  Json list = Json::array();
  for (const Match& match : findings) {
    Json row = {
        {"what", match.what},
        {"paper", match.paper},
        {"module", match.module},
        {"verdict", match.comparison == Comparison::kContradicts ? "contradicts" : ComparisonName(match.comparison)}};
    if (!match.note.empty()) row["note"] = match.note;
    list.push_back(std::move(row));
  }
  return {{"agrees", Agrees(findings)}, {"rows", std::move(list)}};
}

}  // namespace mls::datasheet
