// For those who write operators or replace kernels: how an operator becomes a step of the plan.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>

#include "mls/core/engine/engine.h"

namespace mls::engine {

// A kernel. `params` is what the operator committed while planning. Only an accelerator has a reason to fail.
using Kernel = Status (*)(const void* params);

struct Step {
  Kernel kernel;
  const void* params;
  int16_t operator_index;
  Packing packing;
};

// A variable: memory that keeps its value from one run to the next. Lives in the plan.
struct Variable {
  int8_t* data = nullptr;
  const uint8_t* initial = nullptr;  // In the model file; null: every byte starts as `fill`.
  uint32_t bytes = 0;                // 0 until an operator reads or assigns it.
  TensorType type = TensorType::kResource;
  uint8_t fill = 0;
  int32_t tensor = -1;               // Its first handle.
  uint32_t initial_bytes = 0;
  Variable* next = nullptr;
};

class Model;
struct OperatorRecord;
class PlanContext;

// Plans one operator: checks types and shapes, commits parameters, sets the kernel. Returning kUnsupported passes the
// operator on to the next registration with the same code. Called again where the plan does not fit at first.
struct OperatorRegistration {
  int32_t code;      // BuiltinOperator of the TensorFlow Lite schema.
  const char* name;  // For messages.
  Status (*plan)(PlanContext& context);
};

// Little-endian floats inside the model file.
struct ScaleList {
  const uint8_t* bytes = nullptr;
  uint32_t count = 0;
  float operator[](uint32_t index) const;
};

// A tensor as an operator sees it while planning; checked against the file.
struct Tensor : TensorInfo {
  int32_t index = -1;
  uint32_t elements = 0;
  const uint8_t* constant = nullptr;  // Data in the model file, aligned to the element; null if computed at run time.
  ScaleList scales;                   // More than one: quantised per channel.
  int32_t quantized_dimension = 0;
  bool zero_points_are_zero = true;
};

// What an operator may ask for while it is planned. Functions that return bool record the error themselves: on false,
// return status().
class PlanContext {
 public:
  Status status() const { return status_; }

  bool Input(int index, Tensor& tensor);
  bool Output(int index, Tensor& tensor);
  bool HasInput(int index) const;
  int input_count() const;
  // Bytes of the model file behind the tensor's constant data.
  uint32_t BytesBehind(const Tensor& tensor) const;
  int output_count() const;

  // By default an operator with an empty input is refused; the few that can have one call this first. (An operator
  // whose outputs are all empty is not planned at all.)
  void AllowEmptyInputs() { empty_inputs_ = true; }

  // Requires the tensor's type. The text names the type that it has, unless another registration already found
  // something else wrong with this operator.
  bool RequireType(const Tensor& tensor, TensorType type);

  // Records an error unless `condition` holds. The text names what is wrong with the operator or with `tensor`.
  bool Require(bool condition, Status otherwise, const char* what, const Tensor* tensor = nullptr) {
    return condition || Refuse(otherwise, what, tensor);
  }

  // The operator's options table; `union_type` is its BuiltinOptions number. Absent tables read as all defaults.
  bool OpenOptions(int union_type);
  int32_t OptionInt(int field, int32_t otherwise);
  int32_t OptionByte(int field, int32_t otherwise);
  float OptionFloat(int field, float otherwise);

  // At most one block of parameters per operator, kept for the life of the plan. Null, with the status set, if the
  // arena is too small: return status() then. Declare overlaps and scratch before.
  template <typename Params>
  Params* Commit(size_t trailing_bytes = 0) {
    static_assert(std::is_trivially_destructible_v<Params> && alignof(Params) <= alignof(void*));
    void* memory = CommitBytes(sizeof(Params) + trailing_bytes);
    return memory == nullptr ? nullptr : new (memory) Params{};
  }

  // Promises that, if the output starts at least `lead_bytes` below the input, the kernel never overwrites what it
  // still has to read, so that the two may share memory. Ignored if the input is needed later.
  void AllowOverlap(const Tensor& input, const Tensor& output, int32_t lead_bytes);
  // The tensor, an output, gets `bytes` bytes that no other uses and that keep their value between runs.
  void Keep(const Tensor& tensor, uint32_t bytes);
  // The variables planned so far, latest first.
  Variable*& variables();
  // The variable of a handle, null if there is none (with the status set if that is for lack of memory).
  Variable* FindVariable(const Tensor& handle);
  Model& model();

  // The output is the input, seen differently: no step is needed.
  void Alias(const Tensor& input, const Tensor& output);
  // Whether the arena has room for what a faster kernel wants and another one can do without: bytes that stay in the
  // plan and scratch. Ask once, before committing; on false, plan the other kernel.
  bool RoomFor(uint32_t packed_bytes, uint32_t scratch_bytes);
  // Working memory that only this step uses.
  bool RequestScratch(uint32_t bytes);

  // The pointer, a field of the committed parameters, will be set to the tensor's (or the scratch's) data when the
  // arena is laid out.
  void Bind(const int8_t*& slot, const Tensor& tensor);
  void Bind(int8_t*& slot, const Tensor& tensor);
  void BindScratch(void*& slot);

  // What a packing tool put into the model file for this operator, if there are `bytes` bytes of it in this layout;
  // else null. False, with the error recorded, if they are damaged.
  bool Packed(uint32_t layout, uint32_t bytes, const void*& data);

  int32_t operator_index() const { return operator_index_; }
  void CountMacs(uint64_t macs);
  void SetKernel(Kernel kernel, const void* params);

 private:
  friend class Planner;
  explicit PlanContext(Planner& planner) : planner_(planner) {}
  void* CommitBytes(size_t bytes);
  bool Refuse(Status status, const char* what, const Tensor* tensor);

  Planner& planner_;
  Status status_ = Status::kOk;
  const OperatorRecord* record_ = nullptr;
  uint32_t options_table_ = 0;
  int32_t operator_index_ = 0;
  int32_t scratch_record_ = -1;
  const char* name_ = "";
  uint32_t wanted_bytes_ = 0;
  uint64_t macs_ = 0;
  bool empty_inputs_ = false;
  bool declined_before_ = false;
  Step step_{};
};

}  // namespace mls::engine
