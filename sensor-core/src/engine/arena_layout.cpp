#include "arena_layout.h"

#include <algorithm>
#include <iterator>

namespace mls::engine {
namespace {

enum class Order { kLargestFirst, kLastFirst, kFirstFirst };
constexpr Order kOrders[] = {Order::kLargestFirst, Order::kLastFirst, Order::kFirstFirst};

constexpr int32_t AlignUp(int32_t x) { return (x + kBlockAlignment - 1) & -kBlockAlignment; }

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
  explicit Layout(std::span<Block> blocks) : end_(blocks.data() + blocks.size()) {
    for (size_t i = 0; i < blocks.size(); ++i) {
      if (At(static_cast<int>(i)).placeable()) Entry(count_++) = static_cast<int16_t>(i);
    }
  }

  uint32_t Place(Order order) {
    // Insertion sort: there are few blocks, and they are nearly sorted from the time before.
    for (int i = 1; i < count_; ++i) {
      const int16_t block = Entry(i);
      int at = i;
      for (; at > 0 && Before(At(block), At(Entry(at - 1)), order); --at) Entry(at) = Entry(at - 1);
      Entry(at) = block;
    }
    uint32_t total = 0;
    for (int i = 0; i < count_; ++i) {
      Block& block = At(Entry(i));
      block.offset = LowestOffset(block, i);
      total = std::max(total, block.offset + block.bytes);
    }
    return total;
  }

 private:
  Block& At(int index) const { return *(end_ - 1 - index); }
  int16_t& Entry(int i) const { return At(i).order; }

  // Whether `output` may run into `input`'s memory.
  bool MayOverlap(const Block& output, const Block& input) const {
    return output.partner >= 0 && &At(output.partner) == &input && input.last == output.first;
  }

  // Among the first `placed` blocks of the list.
  uint32_t LowestOffset(const Block& block, int placed) const {
    int32_t offset = 0;
    for (bool moved = true; moved;) {
      moved = false;
      for (int i = 0; i < placed; ++i) {
        const Block& other = At(Entry(i));
        if (other.last < block.first || block.last < other.first) continue;
        // Offsets strictly between low and high would make them collide.
        int32_t low = static_cast<int32_t>(other.offset) - static_cast<int32_t>(block.bytes);
        int32_t high = static_cast<int32_t>(other.offset + other.bytes);
        if (offset <= low || offset >= high) continue;
        if (MayOverlap(block, other)) low = std::max(low, static_cast<int32_t>(other.offset) - block.lead_bytes);
        if (MayOverlap(other, block)) high = std::min(high, static_cast<int32_t>(other.offset) + other.lead_bytes);
        if (offset > low && offset < high) {
          offset = AlignUp(high);
          moved = true;
        }
      }
    }
    return static_cast<uint32_t>(offset);
  }

  Block* end_;
  int count_ = 0;
};

}  // namespace

uint32_t LayOut(std::span<Block> blocks) {
  Layout layout(blocks);
  Order best = kOrders[0];
  uint32_t best_bytes = UINT32_MAX;
  for (Order candidate : kOrders) {
    const uint32_t bytes = layout.Place(candidate);
    if (bytes < best_bytes) {
      best_bytes = bytes;
      best = candidate;
    }
  }
  return best == kOrders[std::size(kOrders) - 1] ? best_bytes : layout.Place(best);
}

}  // namespace mls::engine
