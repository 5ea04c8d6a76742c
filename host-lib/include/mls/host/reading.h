// What a module senses, as a host program wants it.
#pragma once

#include <chrono>
#include <string>

#include "mls/interface/windows.h"

namespace mls {

// The latest result of any module. `registers` are exactly what it sent.
struct Reading {
  LatestResult registers;

  // The only ones to act on: valid, not stale, and the input was within the envelope.
  bool usable() const { return valid() && !stale() && in_envelope(); }
  bool valid() const { return (registers.flags & kValid) != 0; }
  bool stale() const { return (registers.flags & kStale) != 0; }
  bool in_envelope() const { return (registers.flags & kOutOfEnvelope) == 0; }
  // 0 to 1; what it means is registers.score_kind.
  double score() const { return registers.score_permille / 1000.0; }
  std::chrono::milliseconds age() const { return std::chrono::milliseconds(registers.age_ms); }
};

struct PersonReading : Reading {
  // Somebody is there. False also while nobody knows: see usable() and unknown().
  bool present() const { return usable() && registers.decision == Decision::kPositive; }
  bool unknown() const { return !usable() || registers.decision == Decision::kUnknown; }
  int count() const { return present() ? registers.count : 0; }
};

struct KeywordReading : Reading {
  // The word that is being heard; "" for none.
  std::string word;
};

}  // namespace mls
