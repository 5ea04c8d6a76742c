#include "arena_layout.h"

#include <algorithm>

namespace mls::engine {
namespace {

enum class Order { kLargestFirst, kLastFirst, kFirstFirst };
constexpr Order kOrders[] = {Order::kLargestFirst, Order::kLastFirst, Order::kFirstFirst};

constexpr int64_t AlignUp(int64_t x) { return (x + kBlockAlignment - 1) / kBlockAlignment * kBlockAlignment; }

bool Before(const Block& a, const Block& b, Order order) {
  switch (order) {
    case Order::kLargestFirst: return a.bytes != b.bytes ? a.bytes > b.bytes : a.first > b.first;
    case Order::kLastFirst: return a.first != b.first ? a.first > b.first : a.bytes > b.bytes;
    case Order::kFirstFirst: return a.first != b.first ? a.first < b.first : a.bytes > b.bytes;
  }
  return false;
}

class Layout {
 public:
  explicit Layout(std::span<Block> blocks) : blocks_(blocks) {}

  uint32_t Place(Order order) {
    for (Block& block : blocks_) block.offset = Block::kUnplaced;
    uint32_t total = 0;
    for (;;) {
      Block* next = nullptr;
      for (Block& block : blocks_) {
        if (!block.placeable() || block.offset != Block::kUnplaced) continue;
        if (next == nullptr || Before(block, *next, order)) next = &block;
      }
      if (next == nullptr) return total;
      next->offset = LowestOffset(*next);
      total = std::max(total, next->offset + next->bytes);
    }
  }

 private:
  const Block* At(int index) const { return &blocks_[blocks_.size() - 1 - static_cast<size_t>(index)]; }

  // Whether `output` may run into `input`'s memory.
  bool MayOverlap(const Block& output, const Block& input) const {
    return output.overlap >= 0 && At(output.overlap) == &input && input.last == output.first;
  }

  uint32_t LowestOffset(const Block& block) const {
    int64_t offset = 0;
    for (bool moved = true; moved;) {
      moved = false;
      for (const Block& other : blocks_) {
        if (other.offset == Block::kUnplaced || other.last < block.first || block.last < other.first) continue;
        // Offsets strictly between low and high would make them collide.
        int64_t low = int64_t{other.offset} - block.bytes;
        int64_t high = int64_t{other.offset} + other.bytes;
        if (MayOverlap(block, other)) low = std::max(low, int64_t{other.offset} - block.lead_bytes);
        if (MayOverlap(other, block)) high = std::min(high, int64_t{other.offset} + other.lead_bytes);
        if (offset > low && offset < high) {
          offset = AlignUp(high);
          moved = true;
        }
      }
    }
    return static_cast<uint32_t>(offset);
  }

  std::span<Block> blocks_;
};

}  // namespace

uint32_t LayOut(std::span<Block> blocks) {
  Layout layout(blocks);
  Order best = kOrders[0];
  uint32_t best_bytes = UINT32_MAX;
  for (Order order : kOrders) {
    const uint32_t bytes = layout.Place(order);
    if (bytes < best_bytes) {
      best_bytes = bytes;
      best = order;
    }
  }
  return layout.Place(best);
}

}  // namespace mls::engine
