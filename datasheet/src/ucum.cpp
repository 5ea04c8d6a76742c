#include "ucum.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace mls::datasheet {
namespace {

constexpr std::string_view kMetric[] = {"m",  "s", "g", "K",   "A",   "mol", "cd", "rad", "sr",     "Hz",   "N",   "Pa",
                                        "J",  "W", "V", "F",   "Ohm", "S",   "Wb", "Cel", "T",      "H",    "lm",  "lx",
                                        "Bq", "L", "l", "bit", "By",  "Bd",  "eV", "B",   "B[SPL]", "B[V]", "bar", "C"};
constexpr std::string_view kPlain[] = {"%",   "[ppth]", "[ppm]", "[pi]",   "min",    "h",      "d", "wk", "mo",  "a",
                                       "deg", "'",      "''",    "[in_i]", "[ft_i]", "[degF]", "t", "u",  "10*", "10^"};
constexpr std::string_view kPrefixes[] = {"da", "Ki", "Mi", "Gi", "Ti", "Y", "Z", "E", "P", "T", "G",
                                          "M",  "k",  "h",  "d",  "c",  "m", "u", "n", "p", "f", "a"};

template <size_t N>
bool IsIn(const std::string_view (&list)[N], std::string_view text) {
  return std::find(std::begin(list), std::end(list), text) != std::end(list);
}

bool IsNumber(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c); });
}

// One unit, with its prefix, exponent and annotation: "mm2", "10*-6", "{pixel}", "By{flash}".
bool IsComponent(std::string_view text) {
  if (!text.empty() && text.back() == '}') {
    const size_t brace = text.find('{');
    if (brace == std::string_view::npos || text.find_first_of("{}", brace + 1) != text.size() - 1) return false;
    if (brace == 0) return true;
    text = text.substr(0, brace);
  }
  if (IsNumber(text)) return true;
  size_t end = text.size();
  while (end > 0 && std::isdigit(static_cast<unsigned char>(text[end - 1]))) --end;
  if (end < text.size() && end > 0 && (text[end - 1] == '-' || text[end - 1] == '+')) --end;
  const std::string_view atom = text.substr(0, end);
  if (IsIn(kMetric, atom) || IsIn(kPlain, atom)) return true;
  return std::any_of(std::begin(kPrefixes), std::end(kPrefixes), [&](std::string_view prefix) {
    return atom.starts_with(prefix) && IsIn(kMetric, atom.substr(prefix.size()));
  });
}

}  // namespace

bool IsUcum(std::string_view unit) {
  if (unit.starts_with('/')) unit.remove_prefix(1);
  for (size_t depth = 0, begin = 0, i = 0; i <= unit.size(); ++i) {
    if (i < unit.size() && (unit[i] == '{' || unit[i] == '[')) ++depth;
    if (i < unit.size() && (unit[i] == '}' || unit[i] == ']') && depth > 0) --depth;
    if (i < unit.size() && (depth > 0 || (unit[i] != '.' && unit[i] != '/'))) continue;
    if (!IsComponent(unit.substr(begin, i - begin))) return false;
    begin = i + 1;
  }
  return true;
}

}  // namespace mls::datasheet
