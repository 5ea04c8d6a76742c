// Rules about every single value, date and hash.
#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include <nlohmann/json.hpp>

#include "lint_rules.h"
#include "mls/datasheet/schema.h"
#include "ucum.h"

namespace mls::datasheet {
namespace {

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

bool HasNumber(const Json& value) {
  return ValueAt(value, "").has_value();
}

void CheckUnit(const std::string& where, const Json& value, Findings& findings) {
  const std::string name = where.substr(where.rfind('/') + 1);
  const auto family = std::find_if(UnitFamilies().begin(), UnitFamilies().end(),
                                   [&](const UnitFamily& f) { return name.find(f.part_of_name) != std::string::npos; });
  const auto it = value.find("unit");
  if (it == value.end() || !it->is_string()) {
    if (family != UnitFamilies().end() && HasNumber(value))
      findings.push_back({"unit-missing", Severity::kError, where, "A number without its unit."});
    return;
  }
  const std::string unit = it->get<std::string>();
  if (!IsUcum(unit))
    findings.push_back(
        {"unit-unknown", Severity::kWarning, where, "\"" + unit + "\" is no UCUM code that is known here."});
  if (family != UnitFamilies().end() && !family->units.count(unit)) {
    findings.push_back({"unit-mismatch", Severity::kError, where, "\"" + unit + "\" is no unit of a " + name + "."});
  }
}

void CheckRange(const std::string& where, const Json& value, Findings& findings) {
  const auto min = NumberAt(value, "/min"), typ = NumberAt(value, "/typ"), max = NumberAt(value, "/max");
  if ((min && typ && *min > *typ) || (typ && max && *typ > *max) || (min && max && *min > *max)) {
    findings.push_back({"range-order", Severity::kError, where, "Minimum, typical and maximum are not in order."});
  }
  const auto number = NumberAt(value, "/value");
  const auto lower = NumberAt(value, "/ci/lower"), upper = NumberAt(value, "/ci/upper");
  if ((lower && upper && *lower > *upper) || (number && lower && *number < *lower - 1e-6) ||
      (number && upper && *number > *upper + 1e-6)) {
    findings.push_back({"range-order", Severity::kError, where + "/ci", "The interval does not hold the value."});
  }
}

// What no instrument can have read.
void CheckPossible(const std::string& where, const Json& value, Findings& findings) {
  struct Bound {
    const char* unit;
    double least, most;
  };
  constexpr double kNone = HUGE_VAL;
  static constexpr Bound kBounds[] = {{"Cel", -273.15, kNone}, {"K", 0, kNone},  {"%", 0, 100},    {"deg", 0, 360},
                                      {"mm", 0, kNone},        {"cm", 0, kNone}, {"m", 0, kNone},  {"[in_i]", 0, kNone},
                                      {"g", 0, kNone},         {"kg", 0, kNone}, {"By", 0, kNone}, {"kBy", 0, kNone},
                                      {"mW", 0, kNone},        {"W", 0, kNone},  {"uW", 0, kNone}, {"J", 0, kNone},
                                      {"mJ", 0, kNone},        {"uJ", 0, kNone}, {"ms", 0, kNone}, {"us", 0, kNone},
                                      {"s", 0, kNone},         {"d", 0, kNone},  {"Hz", 0, kNone}, {"kbit/s", 0, kNone},
                                      {"bit/s", 0, kNone},     {"/h", 0, kNone}, {"lx", 0, kNone}};
  const std::string unit = TextAt(value, "/unit", "1");
  const bool is_rate = where.find("/metrics/") != std::string::npos && unit == "1";
  for (const char* key : {"/value", "/min", "/typ", "/max"}) {
    const auto number = NumberAt(value, key);
    if (!number) continue;
    if (is_rate && (*number < 0 || *number > 1))
      findings.push_back({"value-out-of-range", Severity::kError, where, NumberText(*number) + " is no probability."});
    for (const Bound& bound : kBounds) {
      // A word may be decided before it ends: the time from its end is then negative.
      const double least = where.find("/stimulus_to_") != std::string::npos ? -kNone : bound.least;
      if (unit == bound.unit && (*number < least || *number > bound.most)) {
        findings.push_back(
            {"value-out-of-range", Severity::kError, where, NumberText(*number) + " " + unit + " cannot be."});
      }
    }
  }
}

// "2026-02-30" fits the schema's pattern and no calendar.
bool IsDate(const std::string& text) {
  if (text.size() < 10 || text[4] != '-' || text[7] != '-') return false;
  const auto part = [&](size_t at, size_t size) { return std::atoi(text.substr(at, size).c_str()); };
  const int year = part(0, 4), month = part(5, 2), day = part(8, 2);
  if (month < 1 || month > 12) return false;
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  const int days = kDays[static_cast<size_t>(month - 1)] + (leap && month == 2 ? 1 : 0);
  const bool time_fits = text.size() < 20 || (part(11, 2) < 24 && part(14, 2) < 60 && part(17, 2) < 61);
  return day >= 1 && day <= days && time_fits;
}

void CheckDates(const Json& document, Findings& findings) {
  for (const char* pointer : {"/declaration/date", "/overview/date", "/lifecycle/released"}) {
    const std::string date = TextAt(document, pointer);
    if (!date.empty() && !IsDate(date))
      findings.push_back({"date-impossible", Severity::kError, pointer, "\"" + date + "\" is no day."});
  }
  const std::string released = TextAt(document, "/lifecycle/released");
  for (const char* pointer : {"/lifecycle/security_updates_until", "/lifecycle/end_of_support"}) {
    const std::string until = TextAt(document, std::string(pointer) + "/value");
    if (IsDate(until) && IsDate(released) && until < released) {
      findings.push_back({"support-before-release", Severity::kError, pointer,
                          "Ends on " + until + ", before the release on " + released + "."});
    }
  }
}

// Every model hash in the sheet is that of the model, and no hash is a stand-in.
void CheckHashes(const Json& document, Findings& findings) {
  std::set<std::string> models;
  ForEach(document, "/model/specification", [&](const std::string& where, const Json& spec) {
    const std::string hash = TextAt(spec, "/sha256");
    if (hash.empty()) return;
    models.insert(hash);
    if (hash.find_first_not_of(hash[0]) == std::string::npos)
      findings.push_back({"hash-placeholder", Severity::kError, where + "/sha256", "One digit repeated is no hash."});
  });
  const auto check = [&](const std::string& where, const std::string& hash) {
    if (!hash.empty() && !models.empty() && !models.count(hash)) {
      findings.push_back({"hash-disagrees", Severity::kError, where,
                          "Belongs to the model " + hash.substr(0, 12) + ", which the specification does not have."});
    }
  };
  check("/provenance/model_sha256", TextAt(document, "/provenance/model_sha256"));
  ForEach(document, kTests, [&](const std::string& where, const Json& test) {
    check(where + "/model_sha256", TextAt(test, "/model_sha256"));
  });
  const std::string firmware = TextAt(document, "/provenance/firmware_sha256");
  if (!firmware.empty() && (models.count(firmware) || firmware.find_first_not_of(firmware[0]) == std::string::npos)) {
    findings.push_back(
        {"hash-placeholder", Severity::kError, "/provenance/firmware_sha256", "This is no hash of a firmware image."});
  }
}

}  // namespace

void LintValues(const Json& document, Findings& findings) {
  VisitValues(document, [&](const std::string& where, const Json& value) {
    if (!value.is_object()) return;
    const std::string kind = TextAt(value, "/evidence/kind");
    if ((kind == "not_disclosed" || kind == "not_applicable") && ValueAt(value, "")) {
      findings.push_back(
          {"unknown-as-number", Severity::kError, where, "Marked \"" + kind + "\", yet it has a number."});
    }
    const std::string timestamp = TextAt(value, "/evidence/timestamp");
    if (!timestamp.empty() && !IsDate(timestamp))
      findings.push_back(
          {"date-impossible", Severity::kError, where + "/evidence/timestamp", "\"" + timestamp + "\" is no day."});
    CheckUnit(where, value, findings);
    CheckRange(where, value, findings);
    CheckPossible(where, value, findings);
  });
  CheckDates(document, findings);
  CheckHashes(document, findings);
}

}  // namespace mls::datasheet
