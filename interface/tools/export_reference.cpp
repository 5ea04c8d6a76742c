#include <cstdio>

#include "exports.h"

namespace mls::exports {
namespace {
std::string HexByte(unsigned value) {
  char text[8];
  std::snprintf(text, sizeof text, "0x%02X", value);
  return text;
}

const char* ShortAccess(Access access) {
  return access == Access::kReadOnly ? "r" : access == Access::kReadWrite ? "rw" : "w1c";
}

std::string SizedType(const RegisterInfo& info) {
  const std::string name = TypeName(info.type);
  return info.type <= RegisterType::kU64 ? name : name + "[" + std::to_string(info.size_bytes) + "]";
}

std::string ResetText(const RegisterInfo& info) {
  if (!HasReset(info)) return "";
  if (info.values_are_bits || info.reset_value > 0xFFFF) {
    char text[16];
    std::snprintf(text, sizeof text, "0x%X", info.reset_value);
    return info.reset_value == 0 ? "0" : text;
  }
  return std::to_string(info.reset_value);
}

std::string WindowSection(size_t w) {
  const WindowInfo& window = kWindows[w];
  std::string text = std::string("### ") + window.name + "\n\n" + window.summary + " " + HexByte(window.address) +
                     ", " + std::to_string(window.size_bytes) + " bytes" +
                     (window.page == kNotPaged ? "" : ", page " + std::to_string(window.page)) + ".\n\n";
  text += "| address | register | type | access | unit | reset | what it is |\n|---|---|---|---|---|---|---|\n";
  for (const RegisterInfo& info : kRegisters) {
    if (info.window != w) continue;
    const ValueSet* set = ValueSetOf(info);
    text += "| " + HexByte(AddressOf(info)) + " | `" + info.name + "` | " + SizedType(info) + " | " +
            ShortAccess(info.access) + " | " + info.unit + " | " + ResetText(info) + " | " + info.summary +
            (set ? std::string(" [") + set->name + "](#" + set->name + "-values)" : "") + " |\n";
  }
  return text + "\n";
}
}  // namespace

std::string ReferencePage() {
  std::string text =
      "# Register map\n\n"
      "Written by `mls-export-registers` from `interface/include/mls/interface/register_map.h`: do not edit. Interface "
      "version " +
      std::to_string(kInterfaceMajor) + "." + std::to_string(kInterfaceMinor) +
      ".\nHow the bytes travel over I2C and serial lines is in [wire.md](wire.md).\n\n"
      "## Windows\n\n| address | page | bytes | window | what it is |\n|---|---|---|---|---|\n";
  for (const WindowInfo& w : kWindows) {
    text += "| " + HexByte(w.address) + " | " + (w.page == kNotPaged ? "" : std::to_string(w.page)) + " | " +
            std::to_string(w.size_bytes) + " | [" + w.name + "](#" + w.name + ") | " + w.summary + " |\n";
  }
  text +=
      "\n## Read a window\n\n"
      "1. A window that has a page: write page and index, two bytes, to 0xE0 (`control.page`). Index is 0 unless the "
      "window has\n"
      "   several entries.\n"
      "2. Read the whole window in one transaction, from its address on. The bytes are one coherent snapshot.\n"
      "3. Compute the CRC-16/CCITT-FALSE (polynomial 0x1021, initial value 0xFFFF, not reflected, no final "
      "exclusive-or; \"123456789\"\n"
      "   gives 0x29B1) over the register address and all bytes of the window but the last two. It must equal the last "
      "two\n"
      "   bytes, low byte first. If it does not, the answer is damaged or comes from another address: read again. "
      "Reads change\n"
      "   nothing.\n"
      "4. A window that has a page: its first two bytes must be the page and index that were asked for. If they are "
      "not, the write\n"
      "   has not taken effect yet or another host turned the page: start again.\n\n"
      "Numbers are little-endian. `r`: read only. `rw`: read and write. `w1c`: write 1 to clear a bit. Units are UCUM "
      "codes\n"
      "(`[ppth]` is permille). Resets are those of a module that was not set up for anything; a product may start with "
      "its own.\n"
      "Reserved registers read 0.\n\n"
      "## Registers\n\n";
  for (size_t w = 0; w < kWindowCount; ++w) text += WindowSection(w);
  text += "## Values\n\n";
  for (const ValueSet& set : kValueSets) {
    text += std::string("### ") + set.name + " values\n\n" + set.summary + "\n\n| " +
            (set.are_bits ? "mask" : "value") + " | name | what it means |\n|---|---|---|\n";
    for (const NamedValue& v : set.values) {
      text += "| " + (set.are_bits ? HexByte(v.value) : std::to_string(v.value)) + " | `" + v.name + "` | " +
              v.summary + " |\n";
    }
    text += "\n";
  }
  text.pop_back();
  return text;
}

}  // namespace mls::exports
