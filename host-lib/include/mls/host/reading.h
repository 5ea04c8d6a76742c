// What a module senses, as a host program wants it.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "mls/interface/windows.h"

namespace mls {

// Something in the picture; all from 0 to 1, of the picture's width and height. The origin is its upper left corner.
struct SeenObject {
  double x = 0, y = 0, width = 0, height = 0, score = 0;
};

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
  // What the module decided; unknown also where its answer is not usable.
  Decision decision() const { return usable() ? registers.decision : Decision::kUnknown; }
  // None where the answer is not usable.
  std::vector<SeenObject> objects() const {
    std::vector<SeenObject> objects;
    for (const ObjectBox& box : registers.objects) {
      if (!usable() || box.width == 0) continue;
      objects.push_back({box.x / 255.0, box.y / 255.0, box.width / 255.0, box.height / 255.0, box.score / 255.0});
    }
    return objects;
  }
  std::chrono::milliseconds age() const { return std::chrono::milliseconds(registers.age_ms); }
};

struct PersonReading : Reading {
  // Somebody is there. False also while nobody knows: see usable() and unknown().
  bool present() const { return decision() == Decision::kPositive; }
  bool unknown() const { return decision() == Decision::kUnknown; }
  int count() const { return present() ? registers.count : 0; }
};

struct KeywordReading : Reading {
  // The word that is being heard; "" for none.
  std::string word;
};

// The result of a module of any profile, with the name of the class that its score belongs to.
struct GenericReading : Reading {
  // "" where the module names no class. What was decided about it is decision().
  std::string label;
};

}  // namespace mls
