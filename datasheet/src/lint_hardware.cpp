// Rules about sizes, buses, registers and the footprint.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>

#include "lint_rules.h"
#include "mls/datasheet/footprint.h"
#include "mls/datasheet/generate.h"

namespace mls::datasheet {
namespace {

// Length in millimetres of a value object.
std::optional<double> Millimetres(const Json& root, const std::string& pointer) {
  const auto value = ValueAt(root, pointer);
  if (!value) return std::nullopt;
  const std::string unit = TextAt(root, pointer + "/unit");
  if (unit == "mm") return *value;
  if (unit == "cm") return *value * 10;
  if (unit == "m") return *value * 1000;
  if (unit == "[in_i]") return *value * 25.4;
  return std::nullopt;
}

std::optional<double> Seconds(const Json& root, const std::string& pointer) {
  const auto value = ValueAt(root, pointer);
  if (!value) return std::nullopt;
  const std::string unit = TextAt(root, pointer + "/unit");
  return unit == "ms" ? *value / 1e3 : unit == "us" ? *value / 1e6 : *value;
}

void CheckDimensions(const Json& document, Findings& findings) {
  for (const char* side : {"length", "width", "height"}) {
    const auto stated = Millimetres(document, std::string("/overview/form_factor/") + side);
    const auto drawn = Millimetres(document, std::string("/hardware/mechanical/") + side);
    if (stated && drawn && std::abs(*stated - *drawn) > 0.05 * *drawn) {
      findings.push_back({"dimensions-disagree", Severity::kError, std::string("/overview/form_factor/") + side,
                          NumberText(*stated, 4) + " mm here, " + NumberText(*drawn, 4) + " mm in the drawing."});
    }
  }
}

// Text that stands for the same thing: 0x6C and 0x6c, a number and a value object with that number.
bool SameFact(const Json& ours, const Json& theirs) {
  if (ours.is_object())
    return ValueAt(ours, "") == (theirs.is_number() ? std::optional<double>(theirs.get<double>()) : std::nullopt);
  if (!ours.is_string() || !theirs.is_string()) return ours == theirs;
  const auto lower = [](std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
  };
  return lower(ours.get<std::string>()) == lower(theirs.get<std::string>());
}

void CheckOtherDocuments(const Json& document, Findings& findings) {
  for (const Json& other : ArrayAt(document, "/provenance/other_documents")) {
    for (const Json& statement : ArrayAt(other, "/states")) {
      const std::string pointer = TextAt(statement, "/pointer");
      const Json* ours = Find(document, pointer);
      const Json* theirs = Find(statement, "/value");
      if (ours != nullptr && theirs != nullptr && !SameFact(*ours, *theirs)) {
        const auto number = ValueAt(*ours, "");
        findings.push_back({"documents-disagree", Severity::kError, pointer,
                            "Here " + (number ? NumberText(*number) : ours->dump()) + ", in \"" +
                                TextAt(other, "/title") + "\" " + theirs->dump() + "."});
      }
    }
  }
}

void CheckReadFormat(const Json& document, Findings& findings) {
  if (!TextAt(document, "/hardware/registers/read_format").empty()) return;
  for (const Json& entry : ArrayAt(document, "/hardware/registers/registers")) {
    if (TextAt(entry, "/access").starts_with("read")) return;
  }
  findings.push_back({"read-format-missing", Severity::kError, "/hardware/registers",
                      "No readable register and no read format is described."});
}

void CheckCaptureInterval(const Json& document, Findings& findings) {
  ForEach(document, "/model/specification", [&](const std::string& where, const Json& spec) {
    const auto interval = Seconds(spec, "/capture_interval");
    const auto inference = Seconds(spec, "/inference_time");
    if (interval && inference && *interval < *inference) {
      findings.push_back({"interval-below-inference", Severity::kError, where + "/capture_interval",
                          "A capture every " + NumberText(*interval, 3) + " s, but an inference takes " +
                              NumberText(*inference, 3) + " s."});
    }
  });
}

std::optional<double> ModePowerW(const Json& document) {
  const Json* model = Find(document, "/model");
  const auto power = model == nullptr ? std::nullopt : ContinuousPowerW(*model);
  return power ? std::optional(power->typ) : std::nullopt;
}

// From the electrical table, with the largest current that it allows where `largest`.
std::optional<double> ElectricalPowerW(const Json& document, bool largest) {
  const std::string current_at = "/hardware/electrical/operating_current";
  const auto max = NumberAt(document, current_at + "/max");
  const auto current = largest && max ? max : ValueAt(document, current_at);
  const auto voltage = ValueAt(document, "/hardware/electrical/regulated_voltage");
  const std::string unit = TextAt(document, current_at + "/unit");
  if (!current || !voltage) return std::nullopt;
  return *current * *voltage * (unit == "mA" ? 1e-3 : unit == "uA" ? 1e-6 : 1);
}

// Mean power in watts: of the continuous mode where modes are given, else from the electrical table.
std::optional<double> PowerW(const Json& document) {
  const auto power = ModePowerW(document);
  return power ? power : ElectricalPowerW(document, false);
}

void CheckPower(const Json& document, Findings& findings) {
  const std::string energy = "/model/performance/energy";
  const auto power = ModePowerW(document);
  if (!power || *power <= 0) return;
  if (const auto allowed = ElectricalPowerW(document, true); allowed && *power > 1.05 * *allowed) {
    findings.push_back({"power-against-current", Severity::kError, energy + "/modes",
                        NumberText(*power * 1000, 4) + " mW in operation, but the electrical table allows " +
                            NumberText(*allowed * 1000, 4) + " mW."});
  }
  if (const auto day = ValueAt(document, energy + "/per_day");
      day && TextAt(document, energy + "/per_day/unit") == "W.h" && std::abs(*day - *power * 24) > 0.05 * *power * 24) {
    findings.push_back(
        {"energy-disagrees", Severity::kError, energy + "/per_day",
         NumberText(*day, 4) + " Wh per day; the continuous power gives " + NumberText(*power * 24, 4) + " Wh."});
  }
  const auto life = ValueAt(document, energy + "/battery_life"),
             battery = NumberAt(document, energy + "/battery_life/conditions/battery_wh");
  if (life && battery && TextAt(document, energy + "/battery_life/unit") == "d" &&
      *life > 1.05 * *battery / *power / 24) {
    findings.push_back({"energy-disagrees", Severity::kError, energy + "/battery_life",
                        NumberText(*life, 4) + " days are stated; the continuous power empties " +
                            NumberText(*battery) + " Wh in " + NumberText(*battery / *power / 24, 4) + " days."});
  }
}

// Windows of one page must not lie over each other, and a name stands for one register.
void CheckRegisterMap(const Json& document, Findings& findings) {
  struct Span {
    int64_t begin, end;
    std::string page, name;
  };
  std::vector<Span> spans;
  ForEach(document, "/hardware/registers/windows", [&](const std::string& where, const Json& window) {
    const Json* page = Find(window, "/page");
    const int64_t begin = std::strtoll(TextAt(window, "/address", "-1").c_str(), nullptr, 0);
    const double size = NumberAt(window, "/size_bytes").value_or(0);
    if (begin < 0 || !(size >= 0 && size <= 65536)) return;
    const Span span{begin, begin + static_cast<int64_t>(size), page != nullptr ? page->dump() : "null",
                    TextAt(window, "/name")};
    for (const Span& other : spans) {
      if (other.page == span.page && span.begin < other.end && other.begin < span.end) {
        findings.push_back(
            {"registers-overlap", Severity::kError, where, "\"" + span.name + "\" lies over \"" + other.name + "\"."});
      }
    }
    spans.push_back(span);
  });
  std::set<std::string> names;
  ForEach(document, "/hardware/registers/registers", [&](const std::string& where, const Json& entry) {
    if (!names.insert(TextAt(entry, "/name")).second)
      findings.push_back({"registers-overlap", Severity::kError, where,
                          "There are two registers \"" + TextAt(entry, "/name") + "\"."});
  });
}

}  // namespace

void LintHardware(const Json& document, Findings& findings) {
  CheckDimensions(document, findings);
  CheckOtherDocuments(document, findings);
  CheckReadFormat(document, findings);
  CheckCaptureInterval(document, findings);
  CheckPower(document, findings);
  CheckRegisterMap(document, findings);
}

void LintFootprint(const Json& document, Findings& findings) {
  const std::string place = "/hardware/footprint";
  const Json* footprint = Find(document, place);
  if (footprint == nullptr) return;
  const auto blocks = BlocksFrom(*footprint);

  ForEach(*footprint, "/statements", [&](const std::string& where, const Json& statement) {
    std::vector<std::string> names;
    for (const Json& name : ArrayAt(statement, "/blocks"))
      names.push_back(name.is_string() ? name.get<std::string>() : "");
    const double share = ShareOf(blocks, names);
    if (TextAt(statement, "/kind") == "majority" && share <= 0.5) {
      findings.push_back(
          {"majority-wrong", Severity::kError, place + where,
           "Called the majority, but the share is " + NumberText(std::round(share * 1000) / 10, 4) + " %."});
    }
  });

  static const std::map<std::string, std::set<std::string>> kParts = {{"processing", {"processor"}},
                                                                      {"sensing", {"camera", "microphone", "sensor"}},
                                                                      {"board", {"board"}},
                                                                      {"memory", {"memory"}},
                                                                      {"user_interface", {"led"}}};
  std::set<std::string> categories;
  for (const Json& part : ArrayAt(document, "/hardware/bill_of_materials"))
    categories.insert(TextAt(part, "/category"));
  for (size_t i = 0; i < blocks.size(); ++i) {
    const auto parts = kParts.find(blocks[i].block);
    if (parts == kParts.end() || blocks[i].kg.typ == 0) continue;
    if (std::none_of(parts->second.begin(), parts->second.end(),
                     [&](const auto& category) { return categories.count(category) > 0; })) {
      findings.push_back(
          {"footprint-without-part", Severity::kError, place + "/blocks/" + std::to_string(i),
           "The footprint counts \"" + blocks[i].block + "\", but the bill of materials has no such part."});
    }
  }

  const double total = TotalOf(blocks).typ;
  if (const auto stated = ValueAt(*footprint, "/total"); stated && std::abs(*stated - total) > 0.011) {
    findings.push_back(
        {"footprint-total", Severity::kError, place + "/total",
         "Stated as " + NumberText(*stated, 4) + " kg; the blocks add up to " + NumberText(total, 4) + " kg."});
  }

  const auto power = PowerW(document);
  const double years = NumberAt(*footprint, "/years").value_or(3);
  const double efficiency = NumberAt(*footprint, "/supply_efficiency").value_or(1);
  for (size_t i = 0; i < blocks.size(); ++i) {
    if (blocks[i].block != "use" || !power) continue;
    const auto given = NumberAt(*footprint, "/grid_g_per_kwh");
    const double low = UsePhaseKg(*power, years, given.value_or(*FindGridFactor("US")), efficiency);
    const double high = UsePhaseKg(*power, years, given.value_or(*FindGridFactor("world")), efficiency);
    if (blocks[i].kg.typ < low / 1.5 || blocks[i].kg.typ > high * 1.5) {
      findings.push_back({"use-phase", Severity::kError, place + "/blocks/" + std::to_string(i),
                          "Stated as " + NumberText(blocks[i].kg.typ, 3) + " kg; " + NumberText(*power * 1000, 3) +
                              " mW for " + NumberText(years) + " years give " +
                              (low == high ? NumberText(low, 3) : NumberText(low, 3) + " to " + NumberText(high, 3)) +
                              " kg."});
    }
  }
}

}  // namespace mls::datasheet
