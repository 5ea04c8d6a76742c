#include <cstdio>

#include "exports.h"

namespace mls::exports {
namespace {
std::string Define(const std::string& name, unsigned value, const char* format, const char* summary = "") {
  char digits[16];
  std::snprintf(digits, sizeof digits, format, value);
  std::string line = "#define MLS_" + name;
  line.resize(std::max<size_t>(line.size() + 1, 52), ' ');
  line += digits;
  if (*summary != '\0') {
    line.resize(std::max<size_t>(line.size() + 1, 66), ' ');
    line += std::string("/* ") + summary + " */";
  }
  return line + "\n";
}
}  // namespace

std::string CHeader() {
  std::string text =
      "/* Registers of mlsensor modules. Written by mls-export-registers from the register map: do not edit.\n"
      " * MLS_WINDOW_...: address, size and page of each window; its last two bytes are its CRC.\n"
      " * MLS_REG_..._ADDRESS: address of a register; _OFFSET: where it is in its window; _BYTES: its size, "
      "little-endian. */\n"
      "#ifndef MLSENSOR_REGISTERS_H\n#define MLSENSOR_REGISTERS_H\n\n";
  text += Define("INTERFACE_MAJOR", kInterfaceMajor, "%u");
  text += Define("INTERFACE_MINOR", kInterfaceMinor, "%u");
  text += Define("MAGIC", kMagic, "0x%08Xu");
  text += Define("DEFAULT_I2C_ADDRESS", kDefaultI2cAddress, "0x%02Xu");
  text += Define("MAX_WINDOW_BYTES", kMaxWindowBytes, "%u");
  text += Define("EVENT_RECORD_BYTES", kEventRecordBytes, "%u");
  text += Define("NO_LABEL", kNoLabel, "%u");
  text += Define("CRC16_POLYNOMIAL", 0x1021, "0x%04Xu");
  text += Define("CRC16_INITIAL", 0xFFFF, "0x%04Xu");
  text += Define("MAX_FRAME_PAYLOAD_BYTES", kMaxFramePayloadBytes, "%u");
  text += Define("MAX_ENCODED_FRAME_BYTES", kMaxEncodedFrameBytes, "%u");
  for (size_t w = 0; w < kWindowCount; ++w) {
    const WindowInfo& window = kWindows[w];
    const std::string name = "WINDOW_" + UpperSnake(window.name);
    text += std::string("\n/* ") + window.summary + " */\n";
    text += Define(name + "_ADDRESS", window.address, "0x%02Xu");
    text += Define(name + "_BYTES", window.size_bytes, "%u");
    if (window.page != kNotPaged) text += Define(name + "_PAGE", static_cast<unsigned>(window.page), "%u");
    for (const RegisterInfo& info : kRegisters) {
      if (info.window != w || IsReserved(info)) continue;
      const std::string reg = "REG_" + UpperSnake(info.name);
      text += Define(reg + "_ADDRESS", AddressOf(info), "0x%02Xu", info.summary);
      text += Define(reg + "_OFFSET", info.offset, "%u");
      text += Define(reg + "_BYTES", info.size_bytes, "%u");
    }
  }
  for (const ValueSet& set : kValueSets) {
    text += std::string("\n/* ") + set.summary + " */\n";
    for (const NamedValue& v : set.values) {
      text +=
          Define(UpperSnake(set.name) + "_" + UpperSnake(v.name), v.value, set.are_bits ? "0x%04Xu" : "%u", v.summary);
    }
  }
  return text + "\n#endif\n";
}

}  // namespace mls::exports
