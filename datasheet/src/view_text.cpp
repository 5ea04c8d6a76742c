// Numbers, units and values as text.
#include <algorithm>
#include <cmath>
#include <map>

#include "view.h"

namespace mls::datasheet {

std::string Plain(std::string key) {
  std::replace(key.begin(), key.end(), '_', ' ');
  return key;
}

std::string Capital(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

std::string UnitText(const std::string& ucum) {
  static const std::map<std::string, std::string> names = {
      {"1", ""},        {"By", "bytes"},     {"kBy", "kB"},      {"KiBy", "KiB"},        {"MBy", "MB"},
      {"MiBy", "MiB"},  {"By/s", "bytes/s"}, {"Cel", "°C"},      {"deg", "°"},           {"uJ", "µJ"},
      {"uW", "µW"},     {"uA", "µA"},        {"us", "µs"},       {"um", "µm"},           {"mm2", "mm²"},
      {"cm2", "cm²"},   {"W.h", "Wh"},       {"kW.h", "kWh"},    {"A.h", "Ah"},          {"mA.h", "mAh"},
      {"d", "days"},    {"a", "years"},      {"/h", "per hour"}, {"/min", "per minute"}, {"/s", "per second"},
      {"[in_i]", "in"}, {"[ppth]", "‰"},     {"Ohm", "Ω"},       {"kOhm", "kΩ"},         {"{USD}", "USD"},
      {"{EUR}", "EUR"}};
  if (const auto it = names.find(ucum); it != names.end()) return it->second;
  if (ucum.size() > 2 && ucum.front() == '{' && ucum.back() == '}') return ucum.substr(1, ucum.size() - 2);
  return ucum;
}

std::string Pretty(double value) {
  if (value != std::round(value) || std::abs(value) >= 1e15) return NumberText(value, 4);
  std::string digits = std::to_string(static_cast<long long>(std::abs(value)));
  if (digits.size() > 4) {
    for (size_t i = digits.size() - 3; i > 0 && i < digits.size(); i = i > 3 ? i - 3 : 0) digits.insert(i, "\u202F");
  }
  return (value < 0 ? "−" : "") + digits;
}

double ToSignificance(double value, const Json& of) {
  const double uncertainty = NumberAt(of, "/uncertainty").value_or(0);
  if (!(uncertainty > 0)) return value;
  const double step = std::pow(10, std::floor(std::log10(uncertainty)) - 1);
  return std::round(value / step) * step;
}

std::string ValueText(const Json& value) {
  const std::string kind = TextAt(value, "/evidence/kind");
  if (kind == "not_disclosed") return "not disclosed";
  if (kind == "not_applicable") return "not applicable";
  const Json* plain = Find(value, "/value");
  if (plain != nullptr && plain->is_string()) return plain->get<std::string>();
  if (plain != nullptr && plain->is_boolean()) return plain->get<bool>() ? "yes" : "no";
  const std::string unit = UnitText(TextAt(value, "/unit"));
  const std::string after = unit.empty() ? "" : unit == "°" || unit == "‰" ? unit : " " + unit;
  if (plain != nullptr && plain->is_number() && unit == "bytes" && *plain >= 10000)
    return NumberText(plain->get<double>() / 1000, 4) + " kB";
  if (plain != nullptr && plain->is_number()) return Pretty(ToSignificance(plain->get<double>(), value)) + after;
  const auto min = NumberAt(value, "/min"), typ = NumberAt(value, "/typ"), max = NumberAt(value, "/max");
  if (min && max) return Pretty(*min) + " to " + Pretty(*max) + after + (typ ? ", typically " + Pretty(*typ) : "");
  if (typ) return Pretty(ToSignificance(*typ, value)) + after + (max ? ", at most " + Pretty(*max) : "");
  if (max) return "at most " + Pretty(*max) + after;
  if (min) return "at least " + Pretty(*min) + after;
  return "unknown";
}

std::string RateText(const Json& metric, bool with_interval) {
  const auto percent = [](double rate) { return NumberText(std::round(rate * 1000) / 10, 4) + " %"; };
  const auto value = ValueAt(metric, "");
  if (!value) return "unknown";
  const auto lower = NumberAt(metric, "/ci/lower"), upper = NumberAt(metric, "/ci/upper");
  if (!with_interval || !lower || !upper) return percent(*value);
  return NumberText(std::round(*lower * 1000) / 10, 4) + " to " + percent(*upper);
}

}  // namespace mls::datasheet
