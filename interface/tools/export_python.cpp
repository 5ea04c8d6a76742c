#include <cstdio>

#include "exports.h"

namespace mls::exports {
namespace {
std::string Quoted(std::string_view text) { return nlohmann::json(text).dump(); }

std::string Constant(const char* name, unsigned value, const char* format) {
  char digits[16];
  std::snprintf(digits, sizeof digits, format, value);
  return std::string(name) + " = " + digits + "\n";
}
}  // namespace

std::string PythonModule() {
  std::string text =
      "\"\"\"Registers of mlsensor modules. Written by mls-export-registers from the register map: do not edit.\"\"\"\n"
      "from enum import IntEnum, IntFlag\n"
      "from typing import NamedTuple, Optional, Tuple, Type, Union\n\n";
  text += Constant("INTERFACE_MAJOR", kInterfaceMajor, "%u");
  text += Constant("INTERFACE_MINOR", kInterfaceMinor, "%u");
  text += Constant("MAGIC", kMagic, "0x%08X");
  text += Constant("DEFAULT_I2C_ADDRESS", kDefaultI2cAddress, "0x%02X");
  text += Constant("MAX_WINDOW_BYTES", kMaxWindowBytes, "%u");
  text += Constant("EVENT_RECORD_BYTES", kEventRecordBytes, "%u");
  text += Constant("NO_LABEL", kNoLabel, "%u");
  text += Constant("CRC16_POLYNOMIAL", 0x1021, "0x%04X");
  text += Constant("CRC16_INITIAL", 0xFFFF, "0x%04X");
  text += Constant("MAX_FRAME_PAYLOAD_BYTES", kMaxFramePayloadBytes, "%u");
  text += Constant("MAX_ENCODED_FRAME_BYTES", kMaxEncodedFrameBytes, "%u");
  for (const ValueSet& set : kValueSets) {
    text += "\n\nclass " + Camel(set.name) + (set.are_bits ? "(IntFlag):\n" : "(IntEnum):\n");
    text += std::string("    \"\"\"") + set.summary + "\"\"\"\n\n";
    for (const NamedValue& v : set.values) {
      char digits[16];
      std::snprintf(digits, sizeof digits, set.are_bits ? "0x%X" : "%u", v.value);
      text += "    " + UpperSnake(v.name) + " = " + digits + "  # " + v.summary + "\n";
    }
  }
  text +=
      "\n\nclass Register(NamedTuple):\n"
      "    name: str  # \"window.register\"\n"
      "    address: int\n"
      "    offset: int  # bytes from the start of its window\n"
      "    type: str  # u8, u16, u32, u64 (little-endian), bytes, text (UTF-8, filled up with zeros)\n"
      "    size_bytes: int\n"
      "    access: str  # read, read_write, write_one_to_clear\n"
      "    unit: str  # UCUM code\n"
      "    reset: Optional[int]\n"
      "    values: Optional[Type[Union[IntEnum, IntFlag]]]  # what its numbers are called\n"
      "    summary: str\n\n\n"
      "class Window(NamedTuple):\n"
      "    name: str\n"
      "    address: int\n"
      "    page: Optional[int]  # value of control.page that shows it; None: always there\n"
      "    size_bytes: int\n"
      "    summary: str\n"
      "    registers: Tuple[Register, ...]\n\n\n"
      "WINDOWS = {w.name: w for w in (\n";
  for (size_t w = 0; w < kWindowCount; ++w) {
    const WindowInfo& window = kWindows[w];
    char head[32];
    std::snprintf(head, sizeof head, "0x%02X", window.address);
    text += "    Window(" + Quoted(window.name) + ", " + head + ", " +
            (window.page == kNotPaged ? "None" : std::to_string(window.page)) + ", " +
            std::to_string(window.size_bytes) + ", " + Quoted(window.summary) + ", (\n";
    for (const RegisterInfo& info : kRegisters) {
      if (info.window != w) continue;
      std::snprintf(head, sizeof head, "0x%02X, %u", AddressOf(info), info.offset);
      const ValueSet* set = ValueSetOf(info);
      text += "        Register(" + Quoted(info.name) + ", " + head + ", " + Quoted(TypeName(info.type)) + ", " +
              std::to_string(info.size_bytes) + ", " + Quoted(AccessName(info.access)) + ", " + Quoted(info.unit) +
              ", " + (HasReset(info) ? std::to_string(info.reset_value) : "None") + ", " +
              (set ? Camel(set->name) : "None") + ",\n                 " + Quoted(info.summary) + "),\n";
    }
    text += "    )),\n";
  }
  text +=
      ")}\n\n"
      "REGISTERS = {r.name: r for w in WINDOWS.values() for r in w.registers}\n";
  return text;
}

}  // namespace mls::exports
