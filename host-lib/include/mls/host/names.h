// Names from the register map, looked up at run time.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mls/interface/register_map.h"

namespace mls {

// A register by its full name ("config.on_delay_ms"), or by its last part where that is a register of the configuration
// ("on_delay_ms"). Null: there is none.
const RegisterInfo* FindRegister(std::string_view name);
std::optional<WindowIndex> FindWindow(std::string_view name);
// The register that starts at `address` outside of the pages. Null: none does.
const RegisterInfo* RegisterAt(uint8_t address);

// The part of a register's name behind its window's name.
std::string_view ShortName(const RegisterInfo& info);

// The name of a value of an enumeration register; its number where it has none.
std::string ValueName(const RegisterInfo& info, uint64_t value);
// The names of the bits that are set; bits without a name as "bit_7".
std::vector<std::string> FlagNames(const RegisterInfo& info, uint64_t value);

// The text of a kText register without the zeros that fill it up.
std::string TextOf(std::span<const uint8_t> bytes);

// For values that come as a type of their own: NameOf<"status.reset_cause">(status.reset_cause).
template <FixedString name>
std::string NameOf(auto value) {
  return ValueName(kReg<name>.kInfo, static_cast<uint64_t>(value));
}

}  // namespace mls
