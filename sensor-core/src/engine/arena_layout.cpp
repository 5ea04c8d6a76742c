#include "arena_layout.h"

#include <algorithm>

namespace mls::engine {
namespace {

enum class Order { kLargestFirst, kLastFirst };

constexpr int32_t AlignUp(int32_t x) { return (x + kBlockAlignment - 1) & -kBlockAlignment; }
constexpr uint32_t Aligned(uint32_t x) { return static_cast<uint32_t>(AlignUp(static_cast<int32_t>(x))); }

// Blocks are placed by falling keys.
uint64_t Key(const Block& block, Order order) {
  const auto first = static_cast<uint32_t>(block.first + 1);
  return order == Order::kLargestFirst ? uint64_t{block.bytes} << 32 | first : uint64_t{first} << 32 | block.bytes;
}

// What runs once is compiled for size (gnu::cold).
class Layout {
 public:
  explicit Layout(std::span<Block> blocks) : end_(blocks.data() + blocks.size()) {
    // Models list their tensors in the order of the steps: this is nearly the first order to be tried.
    for (int i = static_cast<int>(blocks.size()) - 1; i >= 0; --i) {
      if (At(i).placeable()) Entry(count_++) = static_cast<int16_t>(i);
    }
  }

  [[gnu::noinline]] void Sort(Order order) {
    // Insertion sort: there are few blocks, and they are nearly sorted from the time before.
    for (int i = 1; i < count_; ++i) {
      const int16_t block = Entry(i);
      const uint64_t key = Key(At(block), order);
      int at = i;
      for (; at > 0 && key > Key(At(Entry(at - 1)), order); --at) Entry(at) = Entry(at - 1);
      Entry(at) = block;
    }
  }

  // What is alive at the same time needs at least this much, wherever it lies. Blocks must be sorted, the last first;
  // uses their offsets as working memory.
  [[gnu::cold, gnu::noinline]] uint32_t LeastBytes() {
    const auto alive = [this](int i) -> uint32_t& { return At(i).offset; };
    int alive_count = 0, step = -2;
    uint32_t least = 0, alive_bytes = 0, shared_bytes = 0;
    for (int i = count_ - 1; i >= 0; --i) {
      const Block& block = At(Entry(i));
      if (block.first != step) {
        step = block.first;
        shared_bytes = 0;
        int kept = 0;
        for (int k = 0; k < alive_count; ++k) {
          const uint32_t other = alive(k);
          if (At(static_cast<int>(other)).last >= step) {
            alive(kept++) = other;
          } else {
            alive_bytes -= At(static_cast<int>(other)).bytes;
          }
        }
        alive_count = kept;
      }
      alive(alive_count++) = static_cast<uint32_t>(Entry(i));
      alive_bytes += block.bytes;
      if (block.partner >= 0 && MayOverlap(block, At(block.partner))) {
        const Block& input = At(block.partner);
        const uint32_t merged = std::max(block.bytes, static_cast<uint32_t>(block.lead_bytes) + input.bytes);
        shared_bytes += block.bytes + input.bytes - std::min(merged, block.bytes + input.bytes);
      }
      least = std::max(least, alive_bytes - std::min(shared_bytes, alive_bytes));
    }
    return least;
  }

  // A chain, where a step has one output that only the next one reads, and a block of scratch at most, needs no search:
  // outputs lie at either end in turn. Whether it is one and fits into `total` bytes without sharing. Blocks must be
  // sorted, the last first.
  [[gnu::cold, gnu::noinline]] bool PlaceChain(uint32_t total) const {
    uint32_t input_bytes = 0;
    for (int i = count_ - 1; i >= 0;) {
      const int step = At(Entry(i)).first;
      Block* output = nullptr;
      Block* scratch = nullptr;
      for (; i >= 0 && At(Entry(i)).first == step; --i) {
        Block& block = At(Entry(i));
        Block*& kind = block.last > step ? output : scratch;
        if (kind != nullptr || block.last > step + 1) return false;
        kind = &block;
      }
      const uint32_t output_bytes = output == nullptr ? 0 : Aligned(output->bytes);
      const bool low = step % 2 == 0;
      if (output != nullptr) output->offset = low ? 0 : total - output_bytes;
      if (scratch != nullptr) scratch->offset = low ? output_bytes : input_bytes;
      if (input_bytes + output_bytes + (scratch == nullptr ? 0 : scratch->bytes) > total) return false;
      input_bytes = output_bytes;
    }
    return true;
  }

  [[gnu::noinline]] uint32_t Place() {
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
  layout.Sort(Order::kLastFirst);
  const uint32_t least = layout.LeastBytes();
  if (layout.PlaceChain(Aligned(least))) return Aligned(least);
  layout.Sort(Order::kLargestFirst);
  const uint32_t largest_first = layout.Place();
  // Nothing can be better, but for what alignment may cost.
  if (largest_first < least + kBlockAlignment) return largest_first;
  layout.Sort(Order::kLastFirst);
  const uint32_t last_first = layout.Place();
  if (last_first < largest_first) return last_first;
  layout.Sort(Order::kLargestFirst);
  return layout.Place();
}

}  // namespace mls::engine
