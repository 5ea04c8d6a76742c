#include "mls/host/names.h"

namespace mls {

const RegisterInfo* FindRegister(std::string_view name) {
  for (const RegisterInfo& info : kRegisters) {
    if (name == info.name || (info.window == kConfigWindow && name == ShortName(info))) return &info;
  }
  return nullptr;
}

std::optional<WindowIndex> FindWindow(std::string_view name) {
  for (size_t i = 0; i < kWindowCount; ++i) {
    if (name == kWindows[i].name) return static_cast<WindowIndex>(i);
  }
  return std::nullopt;
}

const RegisterInfo* RegisterAt(uint8_t address) {
  for (const RegisterInfo& info : kRegisters) {
    const WindowInfo& window = kWindows[info.window];
    if (window.page == kNotPaged && window.address + info.offset == address) return &info;
  }
  return nullptr;
}

std::string_view ShortName(const RegisterInfo& info) {
  const std::string_view name = info.name;
  return name.substr(name.find('.') + 1);
}

std::string ValueName(const RegisterInfo& info, uint64_t value) {
  for (const NamedValue& named : info.values) {
    if (named.value == value) return named.name;
  }
  return std::to_string(value);
}

std::vector<std::string> FlagNames(const RegisterInfo& info, uint64_t value) {
  std::vector<std::string> names;
  for (unsigned bit = 0; bit < 8u * info.size_bytes; ++bit) {
    const uint64_t mask = uint64_t{1} << bit;
    if ((value & mask) == 0) continue;
    const std::string name = ValueName(info, mask);
    names.push_back(name == std::to_string(mask) ? "bit_" + std::to_string(bit) : name);
  }
  return names;
}

std::string TextOf(std::span<const uint8_t> bytes) {
  return {bytes.begin(), std::find(bytes.begin(), bytes.end(), uint8_t{0})};
}

}  // namespace mls
