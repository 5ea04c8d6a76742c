#include "register_text.h"

#include <charconv>
#include <optional>

#include "mls/host/names.h"

namespace mls::cli {
namespace {

std::span<const uint8_t> BytesOf(const RegisterInfo& info, std::span<const uint8_t> window) {
  return window.subspan(info.offset, info.size_bytes);
}

uint64_t NumberOf(const RegisterInfo& info, std::span<const uint8_t> window) {
  uint64_t value = 0;
  const std::span<const uint8_t> bytes = BytesOf(info, window);
  for (size_t i = bytes.size(); i > 0; --i) value = value << 8 | bytes[i - 1];
  return value;
}

// UCUM codes are for programs.
std::string_view UnitForPeople(std::string_view unit) {
  if (unit == "[ppth]") return "permille";
  if (unit == "By") return "bytes";
  if (unit == "By/s") return "bytes/s";
  return unit;
}

std::optional<uint64_t> ParseNumber(std::string_view text) {
  const bool is_hex = text.starts_with("0x") || text.starts_with("0X");
  if (is_hex) text.remove_prefix(2);
  uint64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value, is_hex ? 16 : 10);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<uint64_t> ParseName(const RegisterInfo& info, std::string_view text) {
  for (const NamedValue& named : info.values) {
    if (text == named.name) return named.value;
  }
  return std::nullopt;
}

std::optional<uint64_t> ParseFlags(const RegisterInfo& info, std::string_view text) {
  if (text == "none") return 0;
  uint64_t value = 0;
  for (;;) {
    const size_t comma = text.find(',');
    const std::optional<uint64_t> flag = ParseName(info, text.substr(0, comma));
    if (!flag) return std::nullopt;
    value |= *flag;
    if (comma == std::string_view::npos) return value;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace

std::string Hex(std::span<const uint8_t> bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (uint8_t byte : bytes) text.append({kDigits[byte >> 4], kDigits[byte & 0x0F]});
  return text;
}

std::string Join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const std::string& part : parts) text.append(text.empty() ? "" : separator).append(part);
  return text;
}

Json ToJson(const RegisterInfo& info, std::span<const uint8_t> window) {
  if (info.type == RegisterType::kBytes) return Hex(BytesOf(info, window));
  if (info.type == RegisterType::kText) return TextOf(BytesOf(info, window));
  const uint64_t value = NumberOf(info, window);
  if (info.values.empty()) return value;
  if (info.values_are_bits) return FlagNames(info, value);
  std::string name = ValueName(info, value);
  return name == std::to_string(value) ? Json(value) : Json(std::move(name));
}

std::string ToText(const RegisterInfo& info, std::span<const uint8_t> window) {
  const Json json = ToJson(info, window);
  if (json.is_array()) return json.empty() ? "none" : Join(json.get<std::vector<std::string>>(), ", ");
  if (json.is_string()) return json.get<std::string>();
  std::string text = json.dump();
  if (*info.unit != '\0') text.append(" ").append(UnitForPeople(info.unit));
  return text;
}

bool IsShown(const RegisterInfo& info) {
  const std::string_view name = ShortName(info);
  const bool is_selection = info.window != kControlWindow && (name == "page" || name == "index");
  return name != "crc" && !name.starts_with("reserved") && !is_selection;
}

Json WindowToJson(WindowIndex index, std::span<const uint8_t> window) {
  Json object = Json::object();
  for (const RegisterInfo& info : kRegisters) {
    if (info.window == index && IsShown(info)) object[std::string(ShortName(info))] = ToJson(info, window);
  }
  return object;
}

std::vector<uint8_t> ParseValue(const RegisterInfo& info, std::string_view text, std::string& error) {
  std::optional<uint64_t> value = ParseNumber(text);
  if (!value && info.values_are_bits) value = ParseFlags(info, text);
  if (!value && !info.values_are_bits) value = ParseName(info, text);
  const uint64_t most = info.size_bytes >= 8 ? UINT64_MAX : (uint64_t{1} << (8 * info.size_bytes)) - 1;
  if (value && *value <= most) {
    std::vector<uint8_t> bytes(info.size_bytes);
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(*value >> (8 * i));
    return bytes;
  }
  error = std::string(info.name) + ": `" + std::string(text) + "` does not fit; it takes ";
  if (info.values.empty()) {
    error += "a number from 0 to " + std::to_string(most);
    if (*info.unit != '\0') error.append(" (").append(UnitForPeople(info.unit)).append(")");
  } else {
    std::vector<std::string> names;
    if (info.values_are_bits) names.push_back("none");
    for (const NamedValue& named : info.values) names.push_back(named.name);
    error.append(info.values_are_bits ? "any of these, separated by commas: " : "one of: ").append(Join(names, ", "));
  }
  return {};
}

}  // namespace mls::cli
