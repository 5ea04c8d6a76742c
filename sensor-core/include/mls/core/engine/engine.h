// Inference on quantised TensorFlow Lite models, straight from flash, in a caller's arena, without a heap.
//
//   alignas(16) static std::byte arena[24 * 1024];
//   mls::InferenceEngine engine;
//   mls::Diagnostics why;
//   if (engine.Prepare(model, arena, operators, &why) != mls::Status::kOk) { puts(why.message); ... }
//   std::copy(features.begin(), features.end(), engine.input().begin());
//   engine.Invoke();
//   use(engine.output());
//
// Results equal the reference arithmetic of TensorFlow Lite (double rounding) to the bit on every target.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "mls/interface/status.h"

namespace mls {

namespace engine {
struct OperatorRegistration;
struct Step;
struct Variable;
class Planner;
}  // namespace engine

// Element types, numbered as in the TensorFlow Lite schema.
enum class TensorType : uint8_t {
  kFloat32 = 0,
  kInt32 = 2,
  kUint8 = 3,
  kInt64 = 4,
  kInt16 = 7,
  kInt8 = 9,
  kResource = 13,  // A handle of a variable.
  kInt4 = 17,      // Two in a byte, the lower half first.
};

// One input or output of a model. A quantised value q stands for scale * (q - zero_point).
struct TensorInfo {
  static constexpr int kMaxRank = 5;

  TensorType type = TensorType::kInt8;
  uint8_t rank = 0;
  std::array<int32_t, kMaxRank> dims;  // Row-major (NHWC for pictures); only the first `rank` count.
  uint32_t bytes = 0;
  float scale = 0;  // 0 where the tensor is not quantised.
  int32_t zero_point = 0;

  std::span<const int32_t> shape() const { return {dims.data(), rank}; }
};

// Why a model was refused: the text says what and where.
struct Diagnostics {
  char message[144] = "";
  int32_t operator_index = -1;  // -1 where no operator is to blame.
  int32_t tensor_index = -1;    // -1 where no tensor is to blame.
  uint32_t required_bytes = 0;  // With kNoMemory: the arena that is needed (see Prepare).
  uint32_t full_speed_bytes = 0;  // Not 0: in an arena of this size more operators run at full speed (see Prepare).
};

// The operators that a program links. Only those named here (and what they call) get into the image.
// Where two have the same code the earlier one is asked first, so a board puts its own kernels in front.
//   constexpr const mls::engine::OperatorRegistration* kList[] = {&mls::engine::kConv2D, &mls::engine::kSoftmax};
using OperatorSet = std::span<const engine::OperatorRegistration* const>;

// Whether a step's kernel has its weights packed into the arena, which some processors' fastest kernels want.
enum class Packing : uint8_t {
  kNone,    // There is nothing to pack.
  kPacked,
  kNoRoom,  // The arena has no room for it: a slower kernel runs, with the same results.
};

class InferenceEngine {
 public:
  static constexpr size_t kModelAlignment = 4;
  static constexpr uint32_t kMaxModelBytes = uint32_t{1} << 30;

  InferenceEngine() = default;
  InferenceEngine(const InferenceEngine&) = delete;
  InferenceEngine& operator=(const InferenceEngine&) = delete;

  // Checks the whole model and lays out a plan for it in `arena`. `model` (a .tflite file, 4-byte aligned), `arena` and
  // `operators` are borrowed until the next Prepare or the end of this object. Any byte string gives a plan or an
  // error. After an error the engine is empty. Fills `why`, if given, on error:
  //   kInvalidArgument  the model is not aligned or too large
  //   kCorrupt          not a valid .tflite file, or shapes and sizes in it contradict each other
  //   kUnsupported      an operator that is not registered, or a type or feature that it does not implement
  //   kNoMemory         the arena is too small; `why->required_bytes` is the smallest that fits, wherever it starts. One
  //                     too small even to start planning gets a lower bound ("at least"): try again with that.
  // On 64-bit processors the fastest kernels keep weights in the arena, packed. If there is no room for all of that,
  // operators get it in turn as far as it goes, the others run slower kernels with the same results (see step_packing),
  // and `why->full_speed_bytes` is the arena for all of them, or a lower bound, also after kOk and with kNoMemory; else
  // it is 0. So a caller that wants full speed tries again with that for as long as it is not 0.
  Status Prepare(std::span<const uint8_t> model, std::span<std::byte> arena, OperatorSet operators,
                 Diagnostics* why = nullptr);

  bool ready() const { return step_count_ >= 0; }
  int input_count() const { return input_count_; }
  int output_count() const { return output_count_; }

  // Raw bytes of a tensor in the arena; empty if there is none. Inputs are overwritten while the model runs: write all
  // of an input before each Invoke. Outputs stay until the next write to an input or the next Invoke.
  std::span<int8_t> input(int index = 0);
  std::span<const int8_t> output(int index = 0) const;
  TensorInfo input_info(int index = 0) const;
  TensorInfo output_info(int index = 0) const;

  // Puts the model's variables (the state of a streaming model, kept from one Invoke to the next) back to their initial
  // values. Prepare does so too.
  void Reset();

  // Runs the plan once: no allocation, no look-up. kNotReady without a plan; a kernel's own status if an accelerator
  // fails.
  Status Invoke();

  // The same, one step at a time, for profiling: run all steps in order. An operator that needs no work has no step.
  int32_t step_count() const { return ready() ? step_count_ : 0; }
  Status InvokeStep(int32_t step);
  int32_t step_operator(int32_t step) const;  // Index of the operator in the model, -1 if there is no such step.
  Packing step_packing(int32_t step) const;   // kNone if there is no such step.

  // Bytes of the arena that are in use; an arena of exactly this size (with the same alignment) is enough.
  uint32_t arena_used_bytes() const { return arena_used_bytes_; }
  // The part of it that holds the plan: steps, parameters, multipliers.
  uint32_t plan_bytes() const { return plan_bytes_; }
  // Multiply-accumulates of one inference.
  uint64_t macs() const { return macs_; }

 private:
  friend class engine::Planner;
  struct Port {
    int8_t* data;
    int32_t tensor;
    uint32_t bytes;
  };

  TensorInfo Info(const Port& port) const;

  std::span<const uint8_t> model_;
  const engine::Step* steps_ = nullptr;
  const Port* ports_ = nullptr;  // Inputs, then outputs.
  const engine::Variable* variables_ = nullptr;
  int32_t step_count_ = -1;
  int32_t input_count_ = 0;
  int32_t output_count_ = 0;
  uint32_t arena_used_bytes_ = 0;
  uint32_t plan_bytes_ = 0;
  uint64_t macs_ = 0;
};

}  // namespace mls
