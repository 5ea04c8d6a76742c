// Registers as text for people, as JSON for programs, and back. Names, enumerations, flags and units come from the
// register map.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mls/interface/register_map.h"

namespace mls::cli {

using Json = nlohmann::ordered_json;

// `window` holds the whole window that the register is in.
Json ToJson(const RegisterInfo& info, std::span<const uint8_t> window);
std::string ToText(const RegisterInfo& info, std::span<const uint8_t> window);  // With its unit.

// All registers of a window under their short names, but CRCs, reserved ones, page and index.
Json WindowToJson(WindowIndex index, std::span<const uint8_t> window);
// A register that says something by itself.
bool IsShown(const RegisterInfo& info);

std::string Hex(std::span<const uint8_t> bytes);
std::string Join(const std::vector<std::string>& parts, std::string_view separator);

// The bytes of `text` as a value of that register: a number (decimal, or hexadecimal with 0x), a name, or for flags
// several names separated by commas, "none" for no flag. Otherwise empty, and `error` says what would do.
std::vector<uint8_t> ParseValue(const RegisterInfo& info, std::string_view text, std::string& error);

}  // namespace mls::cli
