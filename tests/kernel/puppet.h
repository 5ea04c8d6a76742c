// How a test in the machine steers the modules on its bus, which are outside: each has a puppeteer beside it, at an I2C address of its own.
#pragma once

#include <cstdint>

namespace mls::test {

inline constexpr uint8_t kModuleAddresses[] = {0x6C, 0x6D};
constexpr uint8_t PuppeteerAddress(uint8_t module_address) { return static_cast<uint8_t>(module_address - 0x50); }

// Written to register kOrder: an Order and its arguments.
inline constexpr uint8_t kOrder = 0x00;
enum class Order : uint8_t {
  kArm = 1,           // kind of fault, for the next transfer of the module
  kCapture = 2,
  kCaptureLater = 3,  // count (16 bits), period in units of 100 us (16 bits), from now on
  kBeginAgain = 4,    // The module starts anew; nothing is armed and nothing will be captured.
  kAskFor = 5,        // time in ms (32 bits): see Puppet::decision
  kFaultRate = 6,     // permille of transfers that fail, one way or another (16 bits)
};

// Read from register kState; all numbers little-endian.
inline constexpr uint8_t kState = 0x40;
struct Puppet {
  uint16_t life = 0;
  uint16_t captures_to_come = 0;
  uint32_t newest_event = 0;
  uint16_t result_sequence = 0;
  uint8_t result_decision = 0;
  uint8_t decision = 0;      // What the picture at the time of kAskFor showed; 0xFF: there was none.
  uint32_t faults = 0;       // That kFaultRate has made.
  uint32_t resident_kb = 0;  // Of the process that the modules live in.
};
inline constexpr uint8_t kPuppetBytes = 20;

// Read from register kTimes: the clock outside, and when it was when the interrupt line fell last; nanoseconds, 64 bits each.
inline constexpr uint8_t kTimes = 0x60;
inline constexpr uint8_t kTimesBytes = 16;
// Read from register kBootId: 8 bytes.
inline constexpr uint8_t kBootId = 0x70;
// Read from register kActiveConfig: the active configuration as in the config window.
inline constexpr uint8_t kActiveConfig = 0x80;

}  // namespace mls::test
