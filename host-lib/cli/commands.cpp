#include "commands.h"

#include <iostream>

#include "mls/host/names.h"
#include "output.h"

namespace mls::cli {
namespace {

// A self-test takes longer than a request.
constexpr std::chrono::milliseconds kSelfTestTime = std::chrono::seconds(30);

struct Fetched {
  std::array<uint8_t, kMaxWindowBytes> bytes{};
  std::span<const uint8_t> span() const { return bytes; }
};

// "tests_run" becomes "tests run", "duration_ms" "duration": the unit stands behind the value.
std::string Caption(const RegisterInfo& info) {
  std::string text(ShortName(info));
  if (text.ends_with("_ms")) text.resize(text.size() - 3);
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

template <FixedString name>
std::pair<std::string, std::string> Row(std::span<const uint8_t> window) {
  return {Caption(kReg<name>.kInfo), ToText(kReg<name>.kInfo, window)};
}

std::string Seconds(uint32_t milliseconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", milliseconds / 1000.0);
  return text;
}

Exit FinishCommand(const Request& request, Sensor& sensor, Command command) {
  const Result<ModuleStatus> status = sensor.ReadStatus();
  if (!status.ok()) return Report(sensor.error());
  const std::string name = NameOf<"control.command">(command);
  if (request.json) {
    PrintJson({{"command", name},
               {"verdict", NameOf<"status.command_verdict">(Verdict::kDone)},
               {"config_generation", status->config_generation}});
  } else {
    PrintLine(name + ": done; configuration generation " + std::to_string(status->config_generation) + " is active");
  }
  return kExitOk;
}

Exit RunAndFinish(const Request& request, Command command) {
  return WithSensor(request, [&](Sensor& sensor) {
    if (sensor.RunCommand(command) != Status::kOk) return Report(sensor.error());
    return FinishCommand(request, sensor, command);
  });
}

}  // namespace

Exit ExitFor(Status status) {
  switch (status) {
    case Status::kOk: return kExitOk;
    case Status::kInvalidArgument: return kExitUsage;
    case Status::kNoDevice:
    case Status::kPermission: return kExitNoDevice;
    case Status::kBadCrc:
    case Status::kProtocol:
    case Status::kCorrupt:
    case Status::kShortTransfer:
    case Status::kUnsupported:
    case Status::kBusError: return kExitBadAnswer;
    case Status::kTimeout: return kExitTimeout;
    case Status::kRejected:
    case Status::kReadOnly:
    case Status::kOutOfRange: return kExitRefused;
    default: return kExitFailed;
  }
}

Exit Report(const SensorError& error) {
  std::cerr << "mlsensor: " << error.message << '\n';
  return ExitFor(error.status);
}

Exit ReportUsage(const std::string& message) {
  std::cerr << "mlsensor: " << message << '\n';
  return kExitUsage;
}

Exit Info(const Request& request) {
  return WithSensor(request, [&](Sensor& sensor) {
    constexpr WindowIndex kShown[] = {kIdentWindow, kIdentityWindow, kStatusWindow, kPrivacyWindow};
    std::array<Fetched, kWindowCount> windows;
    for (const WindowIndex window : kShown) {
      if (sensor.ReadWindow(window, 0, windows[window].bytes) != Status::kOk) return Report(sensor.error());
    }
    const Result<Hashes> hashes = sensor.ReadHashes();
    if (!hashes.ok()) return Report(sensor.error());
    const Result<std::vector<std::string>> labels = sensor.ReadLabels();
    if (!labels.ok()) return Report(sensor.error());
    const Result<std::string> crash = sensor.ReadCrashText();
    if (!crash.ok()) return Report(sensor.error());

    const std::pair<WindowIndex, const Sha256*> hash_windows[] = {{kFirmwareHashWindow, &hashes->firmware},
                                                                  {kModelHashWindow, &hashes->model},
                                                                  {kDatasheetHashWindow, &hashes->datasheet}};
    if (request.json) {
      Json json = {{"uri", request.uri}};
      for (const WindowIndex window : kShown) {
        json[kWindows[window].name] = WindowToJson(window, windows[window].span());
      }
      for (const auto& [window, hash] : hash_windows) json[kWindows[window].name] = Hex(*hash);
      json["labels"] = *labels;
      json["crash"] = *crash;
      PrintJson(json);
      return kExitOk;
    }
    const Ident& ident = sensor.ident();
    const auto ident_bytes = windows[kIdentWindow].span();
    const auto status_bytes = windows[kStatusWindow].span();
    const auto privacy_bytes = windows[kPrivacyWindow].span();
    const uint32_t uptime_ms = kReg<"status.uptime_ms">.Load(status_bytes);
    Rows rows = {
        Row<"ident.profile">(ident_bytes),
        {"labels", Join(*labels, ", ")},
        Row<"ident.capabilities">(ident_bytes),
        {"vendor, product", std::to_string(ident.vendor_id) + ", " + std::to_string(ident.product_id)},
        {"firmware version", std::to_string(ident.firmware_major) + "." + std::to_string(ident.firmware_minor) + "." +
                                 std::to_string(ident.firmware_patch)},
        {"interface version", std::to_string(ident.interface_major) + "." + std::to_string(ident.interface_minor)},
        Row<"identity.unique_id">(windows[kIdentityWindow].span()),
    };
    for (const auto& [window, hash] : hash_windows) {
      std::string caption = kWindows[window].name;
      std::replace(caption.begin(), caption.end(), '_', ' ');
      rows.emplace_back(caption, *hash == Sha256{} ? "none" : Hex(*hash));
    }
    rows.push_back(Row<"status.state">(status_bytes));
    rows.push_back(Row<"status.boot_stage">(status_bytes));
    rows.emplace_back("running for",
                      Seconds(uptime_ms) + ", started by " + ToText(kReg<"status.reset_cause">.kInfo, status_bytes));
    if (kReg<"status.error_count">.Load(status_bytes) != 0) {
      rows.push_back(Row<"status.error_count">(status_bytes));
      rows.emplace_back("last error",
                        ToText(kReg<"status.error_domain">.kInfo, status_bytes) + ": " +
                            StatusName(static_cast<Status>(kReg<"status.error_code">.Load(status_bytes))));
    }
    if (!crash->empty()) rows.emplace_back("last crash", *crash);
    rows.push_back(Row<"privacy.transducers_fitted">(privacy_bytes));
    rows.push_back(Row<"privacy.transducers_powered">(privacy_bytes));
    rows.push_back(Row<"privacy.indicator_policy">(privacy_bytes));
    rows.push_back(Row<"privacy.readable_bytes">(privacy_bytes));
    PrintRows(rows);
    return kExitOk;
  });
}

Exit Read(const Request& request) {
  return WithSensor(request, [&](Sensor& sensor) {
    const Result<std::vector<std::string>> labels = sensor.ReadLabels();
    if (!labels.ok()) return Report(sensor.error());
    const Result<Reading> reading = sensor.ReadResult();
    if (!reading.ok()) return Report(sensor.error());
    const LatestResult& result = reading->registers;
    const std::string label = result.label < labels->size() ? (*labels)[result.label] : "";
    Fetched window;
    EncodeWindow(result, window.bytes);
    if (request.json) {
      Json json = WindowToJson(kResultWindow, window.span());
      json["label"] = label.empty() ? Json() : Json(label);
      json["label_number"] = result.label == kNoLabel ? Json() : Json(result.label);
      json["score"] = reading->score();
      json["usable"] = reading->usable();
      PrintJson(json);
      return kExitOk;
    }
    Rows rows;
    if (!reading->usable()) {
      rows.emplace_back("not usable",
                        reading->valid() ? "stale or out of envelope: see flags" : "not valid: see flags");
    }
    rows.push_back(Row<"result.decision">(window.span()));
    rows.emplace_back("label", label.empty() ? "none" : label);
    rows.emplace_back(
        "score", FormatScore(reading->score()) + " (" + ToText(kReg<"result.score_kind">.kInfo, window.span()) + ")");
    rows.push_back(Row<"result.count">(window.span()));
    for (const ObjectBox& box : result.objects) {
      if (box.width == 0) continue;
      const auto percent = [](uint8_t value) { return std::to_string((value * 100 + 127) / 255); };
      rows.emplace_back("object", "x " + percent(box.x) + " %, y " + percent(box.y) + " %, width " +
                                      percent(box.width) + " %, height " + percent(box.height) + " %, score " +
                                      FormatScore(box.score / 255.0));
    }
    rows.push_back(Row<"result.flags">(window.span()));
    rows.push_back(Row<"result.age_ms">(window.span()));
    rows.push_back(Row<"result.sequence">(window.span()));
    rows.push_back(Row<"result.config_generation">(window.span()));
    PrintRows(rows);
    return kExitOk;
  });
}

Exit Commit(const Request& request) {
  return WithSensor(request, [&](Sensor& sensor) {
    if (sensor.Commit() != Status::kOk) {
      const Exit exit = Report(sensor.error());
      if (exit == kExitRefused) {
        std::cerr << "Set another value, or give it up: mlsensor revert " << request.uri << '\n';
      }
      return exit;
    }
    if (request.store && sensor.Store() != Status::kOk) return Report(sensor.error());
    return FinishCommand(request, sensor, request.store ? Command::kStore : Command::kCommit);
  });
}

Exit Revert(const Request& request) { return RunAndFinish(request, Command::kRevert); }

Exit FactoryReset(const Request& request) { return RunAndFinish(request, Command::kFactoryReset); }

Exit SelfTest(const Request& request) {
  return WithSensor(request, [&](Sensor& sensor) {
    const Result<SelfTestReport> report = sensor.RunSelfTest(std::max(request.timeout, kSelfTestTime));
    if (!report.ok()) return Report(sensor.error());
    Fetched window;
    EncodeWindow(*report, window.bytes);
    const bool passed = report->tests_failed == 0;
    if (request.json) {
      Json json = WindowToJson(kSelfTestWindow, window.span());
      json["passed"] = passed;
      PrintJson(json);
    } else {
      PrintRows({{"self-test", passed ? "passed" : "FAILED"},
                 Row<"selftest.tests_run">(window.span()),
                 Row<"selftest.tests_failed">(window.span()),
                 Row<"selftest.duration_ms">(window.span())});
    }
    return passed ? kExitOk : kExitFailed;
  });
}

}  // namespace mls::cli
