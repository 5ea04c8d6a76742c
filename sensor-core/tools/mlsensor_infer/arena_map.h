// What the tool shows of a model: the names of its operators, and where its tensors lie in the arena, and when.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "mls/core/engine/engine.h"

struct ArenaBlock {
  std::string name;
  uint32_t offset, bytes;  // In the arena.
  int first, last;         // Operators that write it first and read it last; -1 before the first one.
};

// Sorted by time. Empty if the model cannot be planned.
std::vector<ArenaBlock> MapArena(std::span<const uint8_t> model, std::span<std::byte> arena,
                                 mls::OperatorSet operators);

// The name of each operator in the order of the model, as TensorFlow Lite spells it. Empty if the file is no model.
std::vector<std::string> OperatorNames(std::span<const uint8_t> model);

// An SVG picture: time from left to right, addresses from the bottom up.
std::string DrawArena(const std::vector<ArenaBlock>& blocks, uint32_t arena_bytes, uint32_t plan_bytes,
                      const std::string& title);
