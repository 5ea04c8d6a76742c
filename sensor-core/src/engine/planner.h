// Turns a model into a plan inside the arena. The plan grows from the start; what only planning needs lies at the end,
// where activations will be.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "arena_layout.h"
#include "model.h"
#include "mls/core/engine/operator.h"

namespace mls::engine {

class Planner {
 public:
  Planner(std::span<std::byte> arena, OperatorSet operators, Diagnostics* why)
      : arena_(arena), operators_(operators), why_(why) {}

  Status Plan(std::span<const uint8_t> model, InferenceEngine& engine);

  // After a plan was made and before it runs: tensors, then scratch; block i is blocks()[size - 1 - i].
  std::span<const Block> blocks() const { return {blocks_end_ - block_count_, static_cast<size_t>(block_count_)}; }
  uint32_t tensor_count() const { return model_.tensor_count(); }

 private:
  friend class PlanContext;

  Status FindLifetimes();
  Status Produce(int32_t tensor, int step);
  // Notes the size of a tensor that is computed.
  Status Size(int32_t tensor, int op);
  Status Consume(int32_t tensor, int step);
  Status PlanOperators();
  Status PlanOperator(uint32_t index, const OperatorRecord& record);
  Status Finish(InferenceEngine& engine);
  // One attempt, with room_ for what operators can do without. Without memory for it required_bytes_ is what it takes.
  Status PlanOnce(InferenceEngine& engine);
  // The same again, with another room_.
  Status PlanAgain(uint64_t room, InferenceEngine& engine);
  // After an attempt that granted all wishes and did not fit: another with as many of them as fit.
  Status PlanWithLess(InferenceEngine& engine);

  // The description of tensor `index`, valid until the next one is asked for; null, with `status` set and the error
  // recorded against operator `op` (-1: none), if there is none.
  const Tensor* Describe(int32_t index, int op, Status& status);
  Status Fail(Status status, const char* what, int op = -1, int tensor = -1, const char* name = nullptr);
  Status OutOfMemory(uint64_t bytes, bool at_least);

  bool Exists(int32_t tensor) const { return static_cast<uint32_t>(tensor) < model_.tensor_count(); }
  Block& BlockAt(int index) { return *(blocks_end_ - 1 - index); }
  // The block whose memory block `index` uses.
  Block& RootOf(int index) { return BlockAt(RootIndex(index)); }
  int RootIndex(int index) { return BlockAt(index).is_alias() ? BlockAt(index).partner : index; }
  // A new block, or -1 without memory.
  int NewBlock();
  // Bytes from the start of the arena, aligned for anything; null without memory (the bytes are counted all the same).
  std::byte* Allocate(uint64_t bytes);
  void AddSlot(int block, void* slot);

  std::span<std::byte> arena_;
  OperatorSet operators_;
  Diagnostics* why_;
  Model model_;
  Tensor recent_tensors_[5];
  uint32_t next_recent_ = 0;
  Block* blocks_end_ = nullptr;
  int block_count_ = 0;
  uint32_t missing_blocks_ = 0;  // For which there was no memory.
  uint64_t room_ = UINT64_MAX;
  uint32_t granted_scratch_bytes_ = 0;  // The most that RoomFor granted to a step.
  uint64_t required_bytes_ = 0;
  uint64_t plan_bytes_ = 0;
  bool short_of_memory_ = false;
  bool variable_missing_ = false;  // For lack of memory, so that its bytes are not counted.
  Step* steps_ = nullptr;
  int step_count_ = 0;
  uint64_t macs_ = 0;
  Variable* variables_ = nullptr;
};

}  // namespace mls::engine
