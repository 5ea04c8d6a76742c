// Rules about the privacy label and legal statements, and about every single value.
#include <algorithm>
#include <cmath>
#include <set>

#include "lint_rules.h"
#include "mls/datasheet/schema.h"

namespace mls::datasheet {
namespace {

const char* DataTypeOf(const std::string& transducer) {
  if (transducer == "camera") return "visual";
  if (transducer == "microphone") return "audio";
  return nullptr;
}

void CheckTransducers(const Json& document, Findings& findings) {
  std::set<std::string> parts;
  ForEach(document, "/hardware/bill_of_materials", [&](const std::string& where, const Json& part) {
    const std::string category = TextAt(part, "/category");
    const char* type = DataTypeOf(category);
    if (type == nullptr) return;
    parts.insert(category);
    if (TextAt(document, std::string("/model/privacy_label/data_types/") + type + "/collects") != "yes") {
      findings.push_back({"privacy-transducer", Severity::kError, where,
                          "The parts list has a " + category + " (" + TextAt(part, "/part") + "), but the privacy label has no entry for " + type + " data."});
    }
  });
  std::set<std::string> listed;
  for (const Json& transducer : ArrayAt(document, "/hardware/transducers")) listed.insert(TextAt(transducer, "/kind"));
  for (const char* kind : {"camera", "microphone"}) {
    if (parts.count(kind) != listed.count(kind)) {
      findings.push_back({"transducer-not-listed", Severity::kWarning, "/hardware/transducers",
                          std::string("A ") + kind + " is in the " + (parts.count(kind) ? "parts list and not in the table of transducers." : "table of transducers and not in the parts list.")});
    }
  }
}

bool SaysNo(const std::string& text) { return text == "no" || text == "none" || text.starts_with("No") || text.starts_with("no "); }

void CheckRetention(const Json& document, Findings& findings) {
  const std::string stored = TextAt(document, "/model/privacy_label/data_types/visual/stored_on_device");
  const std::string heard = TextAt(document, "/model/privacy_label/data_types/audio/stored_on_device");
  if (!SaysNo(stored) && !SaysNo(heard)) return;
  ForEach(document, "/hardware/registers/registers", [&](const std::string& where, const Json& entry) {
    if (!TextAt(entry, "/retains").empty() && NumberAt(entry, "/reset_value").value_or(0) != 0) {
      findings.push_back({"privacy-retention", Severity::kError, where,
                          "Keeps " + TextAt(entry, "/retains") + " by default, but the privacy label says that nothing is stored on the device."});
    }
  });
}

void CheckLegalWording(const Json& document, const std::string& pointer, Findings& findings) {
  ForEach(document, pointer, [&](const std::string& where, const Json& entry) {
    const std::string statement = TextAt(entry, "/statement");
    if (TextAt(entry, "/name").find("GDPR") != std::string::npos && statement.find("designed to support") == std::string::npos) {
      findings.push_back({"legal-wording", Severity::kWarning, where, "Say \"designed to support\", not \"" + statement + "\"."});
    }
  });
}

const std::set<std::string>& KnownUnits() {
  static const std::set<std::string> units = {
      "1", "%", "[ppth]", "V", "mV", "A", "mA", "uA", "nA", "W", "mW", "uW", "J", "mJ", "uJ", "W.h", "kW.h", "s", "ms", "us", "ns", "min", "h", "d", "a",
      "Hz", "kHz", "MHz", "By", "kBy", "KiBy", "MBy", "MiBy", "By/s", "bit", "kbit", "bit/s", "kbit/s", "Bd", "deg", "rad", "Cel", "K", "lx", "klx", "mm", "um", "cm", "m",
      "mm2", "cm2", "[in_i]", "g", "kg", "/h", "/s", "/min", "dB", "dB[SPL]", "Pa", "Ohm", "kOhm", "A.h", "mA.h"};
  return units;
}

struct UnitFamily {
  const char* part_of_name;
  std::set<std::string> units;
};

// Quantities that must be in a unit of their own kind, told by their names.
const std::vector<UnitFamily>& UnitFamilies() {
  static const std::vector<UnitFamily> families = {
      {"field_of_view", {"deg", "rad"}},
      {"memory", {"By", "kBy", "KiBy", "MBy", "MiBy"}},
      {"flash", {"By", "kBy", "KiBy", "MBy", "MiBy"}},
      {"voltage", {"V", "mV"}},
      {"current", {"A", "mA", "uA", "nA"}},
      {"power", {"W", "mW", "uW"}},
      {"temperature", {"Cel", "K"}},
      {"latency", {"s", "ms", "us"}},
      {"_time", {"s", "ms", "us", "h", "d", "a"}},
      {"length", {"mm", "cm", "m", "[in_i]"}},
      {"width", {"mm", "cm", "m", "[in_i]"}},
      {"height", {"mm", "cm", "m", "[in_i]"}},
      {"per_inference", {"J", "mJ", "uJ"}},
      {"per_decision", {"J", "mJ", "uJ"}},
      {"per_day", {"J", "W.h", "kW.h"}},
      {"unit_price", {"{USD}", "{EUR}"}},
  };
  return families;
}

void CheckUnit(const std::string& where, const Json& value, Findings& findings) {
  const auto it = value.find("unit");
  if (it == value.end() || !it->is_string()) return;
  const std::string unit = it->get<std::string>();
  if (unit.find('{') == std::string::npos && !KnownUnits().count(unit)) {
    findings.push_back({"unit-unknown", Severity::kWarning, where, "\"" + unit + "\" is no UCUM code that is known here."});
  }
  const std::string name = where.substr(where.rfind('/') + 1);
  for (const UnitFamily& family : UnitFamilies()) {
    if (name.find(family.part_of_name) == std::string::npos) continue;
    if (!family.units.count(unit)) findings.push_back({"unit-mismatch", Severity::kError, where, "\"" + unit + "\" is no unit of a " + name + "."});
    break;
  }
}

void CheckRange(const std::string& where, const Json& value, Findings& findings) {
  const auto min = NumberAt(value, "/min"), typ = NumberAt(value, "/typ"), max = NumberAt(value, "/max");
  if ((min && typ && *min > *typ) || (typ && max && *typ > *max) || (min && max && *min > *max)) {
    findings.push_back({"range-order", Severity::kError, where, "Minimum, typical and maximum are not in order."});
  }
  const auto number = NumberAt(value, "/value");
  const auto lower = NumberAt(value, "/ci/lower"), upper = NumberAt(value, "/ci/upper");
  if ((lower && upper && *lower > *upper) || (number && lower && *number < *lower - 1e-6) || (number && upper && *number > *upper + 1e-6)) {
    findings.push_back({"range-order", Severity::kError, where + "/ci", "The interval does not hold the value."});
  }
  if (number && where.find("/metrics/") != std::string::npos && TextAt(value, "/unit", "1") == "1" && (*number < 0 || *number > 1)) {
    findings.push_back({"value-out-of-range", Severity::kError, where, NumberText(*number) + " is no probability."});
  }
}

}  // namespace

void LintLabels(const Json& document, Findings& findings) {
  CheckTransducers(document, findings);
  CheckRetention(document, findings);
  for (const char* pointer : {"/overview/compliance", "/lifecycle/regulation"}) CheckLegalWording(document, pointer, findings);
}

void LintValues(const Json& document, Findings& findings) {
  VisitValues(document, [&](const std::string& where, const Json& value) {
    if (!value.is_object()) return;
    const std::string kind = TextAt(value, "/evidence/kind");
    if ((kind == "not_disclosed" || kind == "not_applicable") && ValueAt(value, "")) {
      findings.push_back({"unknown-as-number", Severity::kError, where, "Marked \"" + kind + "\", yet it has a number."});
    }
    CheckUnit(where, value, findings);
    CheckRange(where, value, findings);
  });
}

}  // namespace mls::datasheet
