// What can go wrong between a host and a module.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

namespace mls::test {

enum class Kind : uint8_t {
  kNackOnAddress,         // The request does not arrive.
  kNackOnData,            // Half of the request arrives.
  kBitFlipInRequest,      // One bit.
  kBitFlipInAnswer,       // One bit.
  kTruncatedRead,         // Half of the answer arrives.
  kStuckBusy,             // For 20 ms nobody can do anything.
  kDelayBeyondDeadline,   // The answer comes half as late again as the call may take.
  kModuleReset,           // The module starts anew instead of carrying out the request.
  kResetAfterRequest,     // The module starts anew after it, before the answer.
  kHostKilled,            // After the request has been carried out, before the answer has come.
  kLostInterrupt,         // The next one.
  kSpuriousInterrupt,
  kDuplicatedFrame,       // The request arrives twice; each is answered.
  kGarbageBetweenFrames,  // In both directions.
  kAdapterUnplugged,      // Comes back after 300 ms.
};
inline constexpr std::array<const char*, 15> kKindNames = {
    "NACK on address",  "NACK on data", "bit flip in request", "bit flip in answer", "truncated read", "stuck busy",
    "delay",            "module reset", "reset after request", "host killed",        "lost interrupt", "spurious interrupt",
    "duplicated frame", "garbage",      "adapter unplugged"};
inline constexpr size_t kKindCount = kKindNames.size();

inline constexpr std::chrono::milliseconds kCallTimeout{200};
inline constexpr std::chrono::milliseconds kStuckFor{20};
inline constexpr std::chrono::milliseconds kLateBy = kCallTimeout * 3 / 2;
inline constexpr std::chrono::milliseconds kUnpluggedFor{300};

}  // namespace mls::test
