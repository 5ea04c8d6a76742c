// What is written from the register map. Every function returns the whole text of one file.
#pragma once

#include <array>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

#include "mls/interface/frame.h"
#include "mls/interface/register_map.h"

namespace mls::exports {

// A table of named values under the name that the exports give it.
struct ValueSet {
  const char* name;
  std::span<const NamedValue> values;
  bool are_bits;
  const char* summary;
};

inline constexpr auto kValueSets = std::to_array<ValueSet>({
    {"profile", kProfileValues, false, "Kind of sensor."},
    {"capability", kCapabilityBits, true, "What a module can do."},
    {"boot_stage", kBootStageValues, false, "How far a module has come up."},
    {"reset_cause", kResetCauseValues, false, "Why a module started."},
    {"state", kStateBits, true, "State of a module."},
    {"protocol_error", kProtocolErrorBits, true, "What a host did wrong."},
    {"error_domain", kErrorDomainValues, false, "Part of a module that failed."},
    {"status_code", kStatusValues, false, "How it failed."},
    {"interrupt", kInterruptBits, true, "Reasons that ask for service."},
    {"command", kCommandValues, false, "What a host can order."},
    {"verdict", kVerdictValues, false, "What became of a command."},
    {"update_state", kUpdateStateValues, false, "State of an update."},
    {"result_flag", kResultFlagBits, true, "Whether and how far to trust a result."},
    {"decision", kDecisionValues, false, "Decision of the filters."},
    {"score_kind", kScoreKindValues, false, "What a score is."},
    {"event_type", kEventTypeValues, false, "What an event reports, and in which fields."},
    {"report", kReportBits, true, "What makes an event."},
    {"orientation", kOrientationBits, true, "How the picture is turned."},
    {"interrupt_mode", kInterruptModeBits, true, "How the interrupt line behaves."},
    {"power_mode", kPowerModeValues, false, "Power modes."},
    {"energy_kind", kEnergyKindValues, false, "Where an energy figure comes from."},
    {"transducer", kTransducerBits, true, "What senses."},
    {"indicator_policy", kIndicatorPolicyValues, false, "When the indicator is lit."},
    {"selftest", kSelfTestBits, true, "Parts of the self-test."},
    {"wire_status", kWireStatusValues, false, "First byte of every serial response."},
    {"frame_operation", kFrameOperationValues, false, "First byte of every serial frame."},
});

// The set that a register's values belong to; null for a bare number.
inline const ValueSet* ValueSetOf(const RegisterInfo& info) {
  for (const ValueSet& set : kValueSets) {
    if (set.values.data() == info.values.data() && set.are_bits == info.values_are_bits) return &set;
  }
  return nullptr;
}
constexpr unsigned AddressOf(const RegisterInfo& info) { return kWindows[info.window].address + info.offset; }
constexpr bool IsReserved(const RegisterInfo& info) {
  return std::string_view(info.name).find(".reserved") != std::string_view::npos;
}
constexpr bool IsCrc(const RegisterInfo& info) { return std::string_view(info.name).ends_with(".crc"); }
// Bytes, text and CRCs have none.
constexpr bool HasReset(const RegisterInfo& info) { return info.type <= RegisterType::kU64 && !IsCrc(info); }

const char* TypeName(RegisterType type);  // "u8" ... "text"
const char* AccessName(Access access);    // "read", "read_write", "write_one_to_clear"

std::string UpperSnake(std::string_view name);    // "result.object0_x" -> "RESULT_OBJECT0_X"
std::string Camel(std::string_view name);         // "power_mode" -> "PowerMode"
std::string Hex(std::span<const uint8_t> bytes);  // "c0ffee"

std::string RegisterMapJson();  // register_map.json
std::string Baseline();         // baseline-<major>.json
std::string CHeader();          // mlsensor_registers.h
std::string PythonModule();     // mlsensor_registers.py
std::string ReferencePage();    // register-map.md
std::string WireVectors();      // wire.json

// What in the map differs from a baseline, one sentence each. Whatever the baseline does not name is free to come.
std::vector<std::string> BaselineViolations(const nlohmann::json& baseline, const nlohmann::json& current);

}  // namespace mls::exports
