// Where the tensors of a model lie in the arena, and when: as text and as a picture.
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
std::vector<ArenaBlock> MapArena(std::span<const uint8_t> model, std::span<std::byte> arena, mls::OperatorSet operators);

// An SVG picture: time from left to right, addresses from the bottom up.
std::string DrawArena(const std::vector<ArenaBlock>& blocks, uint32_t arena_bytes, uint32_t plan_bytes, const std::string& title);
