// Canonical JSON (RFC 8785).
#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include <nlohmann/json.hpp>

#include "mls/datasheet/signature.h"

namespace mls::datasheet {
namespace {

// UTF-8, which the parser has checked, as UTF-16 code units: RFC 8785 sorts keys by these.
std::u16string Utf16(const std::string& text) {
  std::u16string units;
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t code = length == 1 ? lead : lead & (0x3F >> (length - 1));
    for (size_t j = 1; j < length && i + j < text.size(); ++j)
      code = code << 6 | (static_cast<unsigned char>(text[i + j]) & 0x3F);
    i += length;
    if (code >= 0x10000) {
      units += static_cast<char16_t>(0xD800 + ((code - 0x10000) >> 10));
      units += static_cast<char16_t>(0xDC00 + ((code - 0x10000) & 0x3FF));
    } else {
      units += static_cast<char16_t>(code);
    }
  }
  return units;
}

// ECMAScript's Number::toString: the shortest digits that read back as the same number, laid out by the size of the
// exponent.
std::string EcmaNumber(double value) {
  if (value == 0) return "0";
  if (value < 0) return "-" + EcmaNumber(-value);
  char text[40];
  const auto end = std::to_chars(text, text + sizeof(text), value, std::chars_format::scientific).ptr;
  const std::string scientific(text, end);
  const size_t e = scientific.find('e');
  std::string digits = scientific.substr(0, e);
  digits.erase(std::remove(digits.begin(), digits.end(), '.'), digits.end());
  const int point = std::stoi(scientific.substr(e + 1)) + 1;  // digits before the decimal point
  const int count = static_cast<int>(digits.size());
  if (count <= point && point <= 21) return digits + std::string(static_cast<size_t>(point - count), '0');
  if (0 < point && point <= 21)
    return digits.substr(0, static_cast<size_t>(point)) + "." + digits.substr(static_cast<size_t>(point));
  if (-6 < point && point <= 0) return "0." + std::string(static_cast<size_t>(-point), '0') + digits;
  const std::string exponent = (point > 0 ? "e+" : "e-") + std::to_string(std::abs(point - 1));
  return digits.substr(0, 1) + (count > 1 ? "." + digits.substr(1) : "") + exponent;
}

class Writer {
 public:
  std::string text;
  std::optional<Problem> problem;

  void Write(const Json& node, const std::string& where) {
    if (node.is_object()) {
      std::vector<std::pair<std::u16string, Json::const_iterator>> keys;
      for (auto it = node.begin(); it != node.end(); ++it) keys.emplace_back(Utf16(it.key()), it);
      std::sort(keys.begin(), keys.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
      text += '{';
      for (size_t i = 0; i < keys.size(); ++i) {
        if (i > 0) text += ',';
        text += Json(keys[i].second.key()).dump() + ':';
        Write(keys[i].second.value(), where + "/" + PointerStep(keys[i].second.key()));
      }
      text += '}';
    } else if (node.is_array()) {
      text += '[';
      for (size_t i = 0; i < node.size(); ++i) {
        if (i > 0) text += ',';
        Write(node[i], where + "/" + std::to_string(i));
      }
      text += ']';
    } else if (node.is_number()) {
      WriteNumber(node, where);
    } else {
      text += node.dump();  // strings, booleans and null are written as RFC 8785 asks
    }
  }

 private:
  // Integers are compared as integers: 2^53 + 1 as a float would be 2^53.
  static bool IsExact(const Json& node) {
    constexpr int64_t kLargest = int64_t{1} << 53;
    if (node.is_number_unsigned()) return node.get<uint64_t>() <= static_cast<uint64_t>(kLargest);
    if (node.is_number_integer()) return std::abs(node.get<int64_t>()) <= kLargest;
    return std::isfinite(node.get<double>());
  }

  void WriteNumber(const Json& node, const std::string& where) {
    if (IsExact(node)) {
      text += EcmaNumber(node.get<double>());
    } else if (!problem) {
      problem = Problem{where, "a number that a 64-bit float holds exactly", node.dump()};
    }
  }
};

}  // namespace

Outcome<std::string> Canonical(const Json& document) {
  Writer writer;
  try {
    writer.Write(document, "");
  } catch (const Json::type_error& error) {
    return Problem{"", "text in UTF-8", error.what()};
  }
  if (writer.problem) return *writer.problem;
  return writer.text;
}

}  // namespace mls::datasheet
