#include <cctype>

#include "exports.h"

namespace mls::exports {
namespace {
using Json = nlohmann::ordered_json;

Json ValuesJson(std::span<const NamedValue> values) {
  Json list = Json::array();
  for (const NamedValue& v : values) list.push_back({{"value", v.value}, {"name", v.name}, {"summary", v.summary}});
  return list;
}

Json RegisterJson(const RegisterInfo& info) {
  Json json = {{"name", info.name},
               {"address", AddressOf(info)},
               {"offset", info.offset},
               {"type", TypeName(info.type)},
               {"size_bytes", info.size_bytes},
               {"access", AccessName(info.access)},
               {"unit", info.unit},
               {"reset", nullptr}};
  if (HasReset(info)) json["reset"] = info.reset_value;
  if (const ValueSet* set = ValueSetOf(info)) json["values"] = set->name;
  json["summary"] = info.summary;
  return json;
}

// One member a line: a baseline is read as a diff.
std::string Lines(const Json& object, const char* indent) {
  std::string text = "{\n";
  for (auto it = object.begin(); it != object.end(); ++it) {
    text += indent + Json(it.key()).dump() + ": " + it.value().dump() + (std::next(it) == object.end() ? "\n" : ",\n");
  }
  return text + "  }";
}
}  // namespace

const char* TypeName(RegisterType type) {
  constexpr const char* kNames[] = {"u8", "u16", "u32", "u64", "bytes", "text"};
  return kNames[static_cast<size_t>(type)];
}

const char* AccessName(Access access) {
  constexpr const char* kNames[] = {"read", "read_write", "write_one_to_clear"};
  return kNames[static_cast<size_t>(access)];
}

std::string UpperSnake(std::string_view name) {
  std::string upper;
  for (char c : name) upper += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return upper;
}

std::string Camel(std::string_view name) {
  std::string camel;
  bool start = true;
  for (char c : name) {
    if (c == '_') {
      start = true;
    } else {
      camel += start ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
      start = false;
    }
  }
  return camel;
}

std::string Hex(std::span<const uint8_t> bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (uint8_t byte : bytes) (hex += kDigits[byte >> 4]) += kDigits[byte & 15];
  return hex;
}

std::string RegisterMapJson() {
  Json map = {
      {"title", "mlsensor register map"},
      {"interface", {{"major", kInterfaceMajor}, {"minor", kInterfaceMinor}}},
      {"magic", kMagic},
      {"byte_order", "little"},
      {"i2c", {{"default_address", kDefaultI2cAddress}, {"strap_addresses", {0x6C, 0x6D, 0x6E, 0x6F}}}},
      {"max_window_bytes", kMaxWindowBytes},
      {"event_record_bytes", kEventRecordBytes},
      {"crc",
       {{"name", "CRC-16/CCITT-FALSE"},
        {"width", 16},
        {"polynomial", 0x1021},
        {"initial", 0xFFFF},
        {"reflected", false},
        {"final_xor", 0},
        {"check_123456789", 0x29B1},
        {"covers",
         "the register address of the window (of the slot, for event records), then all bytes before the CRC"},
        {"stored", "little-endian"}}},
      {"frame",
       {{"fields", {"operation", "tag", "address", "length", "payload", "crc"}},
        {"packing", "COBS"},
        {"delimiter", 0},
        {"max_payload_bytes", kMaxFramePayloadBytes},
        {"max_encoded_bytes", kMaxEncodedFrameBytes},
        {"crc_covers", "all bytes before the CRC, unpacked"}}},
  };
  Json windows = Json::array();
  for (size_t w = 0; w < kWindowCount; ++w) {
    const WindowInfo& info = kWindows[w];
    Json window = {{"name", info.name}, {"address", info.address}, {"page", nullptr}};
    if (info.page != kNotPaged) window["page"] = info.page;
    window["size_bytes"] = info.size_bytes;
    window["summary"] = info.summary;
    window["registers"] = Json::array();
    for (const RegisterInfo& reg : kRegisters) {
      if (reg.window == w) window["registers"].push_back(RegisterJson(reg));
    }
    windows.push_back(window);
  }
  map["windows"] = windows;
  for (const ValueSet& set : kValueSets) {
    map["values"][set.name] = {
        {"kind", set.are_bits ? "bits" : "enumeration"}, {"summary", set.summary}, {"entries", ValuesJson(set.values)}};
  }
  return map.dump(1) + "\n";
}

// Reserved bytes may turn into registers later; everything else stays where it is.
std::string Baseline() {
  Json registers, values;
  for (const RegisterInfo& info : kRegisters) {
    if (IsReserved(info)) continue;
    const WindowInfo& window = kWindows[info.window];
    Json& json = registers[info.name];
    json = {{"address", AddressOf(info)},        {"page", nullptr},
            {"type", TypeName(info.type)},       {"size_bytes", info.size_bytes},
            {"access", AccessName(info.access)}, {"unit", info.unit}};
    if (window.page != kNotPaged) json["page"] = window.page;
    if (const ValueSet* set = ValueSetOf(info)) json["values"] = set->name;
  }
  for (const ValueSet& set : kValueSets) {
    for (const NamedValue& v : set.values) values[set.name][v.name] = v.value;
  }
  return "{\n  \"interface_major\": " + std::to_string(kInterfaceMajor) +
         ",\n  \"registers\": " + Lines(registers, "    ") + ",\n  \"values\": " + Lines(values, "    ") + "\n}\n";
}

std::vector<std::string> BaselineViolations(const nlohmann::json& baseline, const nlohmann::json& current) {
  std::vector<std::string> violations;
  if (baseline.at("interface_major") != current.at("interface_major")) return violations;
  for (const auto& [name, frozen] : baseline.at("registers").items()) {
    const auto now = current.at("registers").find(name);
    if (now == current.at("registers").end()) {
      violations.push_back("register " + name + " is gone");
      continue;
    }
    for (const auto& [key, value] : frozen.items()) {
      if (now->value(key, nlohmann::json()) != value) {
        violations.push_back("register " + name + ": " + key + " was " + value.dump() + ", is " +
                             now->value(key, nlohmann::json()).dump());
      }
    }
  }
  for (const auto& [set, entries] : baseline.at("values").items()) {
    for (const auto& [name, value] : entries.items()) {
      const auto now = current.at("values").value(set, nlohmann::json::object()).value(name, nlohmann::json());
      if (now != value)
        violations.push_back("value " + set + "." + name + " was " + value.dump() + ", is " + now.dump());
    }
  }
  return violations;
}

}  // namespace mls::exports
