// Where each tensor lies in the arena: first fit in two orders, the better of which wins. Tensors that are alive at the
// same time lie apart, except that an output may run into its dying input where the kernel allows it.
#pragma once

#include <cstdint>
#include <span>

namespace mls::engine {

// A block of arena memory: a tensor computed at run time, or scratch. Exists only while planning.
struct Block {
  static constexpr int16_t kNever = INT16_MAX;
  static constexpr uint32_t kUnplaced = UINT32_MAX;

  uint32_t bytes = 0;
  uint32_t offset = kUnplaced;
  int16_t first = kNever;  // Step that writes it; -1 for inputs of the model.
  int16_t last = -1;       // Last step that reads it; the step count for outputs of the model.
  int16_t partner = -1;    // Input whose memory this output shares (kAlias) or may run into, if it starts at least ...
  int16_t order = 0;       // Working memory of LayOut: entry i of its list of blocks is kept in block i.
  int32_t lead_bytes = 0;  // ... so far below it.
  uint32_t slots = 0;      // Chain of pointers in the arena that wait for the address, each with the offset of the next.

  static constexpr int32_t kAlias = -1;
  bool is_alias() const { return partner >= 0 && lead_bytes == kAlias; }
  bool placeable() const { return !is_alias() && bytes > 0 && first != kNever; }
};

constexpr int32_t kBlockAlignment = 8;

// Sets all offsets; returns the bytes needed. Blocks are indexed from the end of the span: block i is 
// blocks[size - 1 - i].
uint32_t LayOut(std::span<Block> blocks);

}  // namespace mls::engine
