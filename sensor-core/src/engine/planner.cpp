#include "planner.h"

#include "convolution.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <iterator>
#include <memory>

namespace mls::engine {
namespace {

constexpr uint64_t kAlignment = alignof(void*);

constexpr uint64_t AlignUp(uint64_t x, uint64_t alignment = kAlignment) {
  return (x + alignment - 1) / alignment * alignment;
}

constexpr Block kFreshBlock;
constexpr const char* kNoTensor = "refers to a tensor that does not exist";

// Writes a message into a fixed buffer; what does not fit is dropped.
class MessageWriter {
 public:
  explicit MessageWriter(std::span<char> buffer) : buffer_(buffer) {}
  MessageWriter& Text(const char* text) {
    while (*text != 0 && used_ + 1 < buffer_.size()) buffer_[used_++] = *text++;
    buffer_[used_] = 0;
    return *this;
  }
  MessageWriter& Number(uint32_t value) {
    char digits[11];
    char* p = digits + sizeof digits;
    *--p = 0;
    do {
      *--p = static_cast<char>('0' + value % 10);
      value /= 10;
    } while (value != 0);
    return Text(p);
  }

 private:
  std::span<char> buffer_;
  size_t used_ = 0;
};

}  // namespace

Status Planner::Fail(Status status, const char* what, int op, int tensor, const char* name) {
  if (why_ == nullptr) return status;
  why_->operator_index = op;
  why_->tensor_index = tensor;
  MessageWriter message(why_->message);
  if (op >= 0) {
    if (name == nullptr) {
      OperatorRecord record;
      if (model_.ReadOperator(static_cast<uint32_t>(op), record) == nullptr) name = BuiltinOperatorName(record.code);
    }
    message.Text(name != nullptr ? name : "operator").Text(" (operator ").Number(static_cast<uint32_t>(op)).Text("): ");
  }
  if (tensor >= 0) message.Text("tensor ").Number(static_cast<uint32_t>(tensor)).Text(" ");
  message.Text(what);
  return status;
}

Status Planner::OutOfMemory(uint64_t bytes, bool at_least) {
  if (why_ == nullptr) return Status::kNoMemory;
  // The arena may start anywhere; alignment can cost this much.
  bytes += kBlockAlignment;
  why_->required_bytes = why_->full_speed_bytes = static_cast<uint32_t>(std::min<uint64_t>(bytes, UINT32_MAX));
  MessageWriter(why_->message)
      .Text(at_least ? "the arena is too small: at least " : "the arena is too small: ")
      .Number(why_->required_bytes)
      .Text(" bytes are needed");
  return Status::kNoMemory;
}

std::byte* Planner::Allocate(uint64_t bytes) {
  const uint64_t start = plan_bytes_;
  plan_bytes_ = AlignUp(plan_bytes_ + bytes);
  const auto* limit = reinterpret_cast<std::byte*>(blocks_end_ - block_count_);
  if (short_of_memory_ || plan_bytes_ > static_cast<uint64_t>(limit - arena_.data())) {
    short_of_memory_ = true;
    return nullptr;
  }
  return arena_.data() + start;
}

int Planner::NewBlock() {
  const auto* start = reinterpret_cast<std::byte*>(blocks_end_ - block_count_);
  if (static_cast<uint64_t>(start - arena_.data()) < std::min<uint64_t>(plan_bytes_, arena_.size()) + sizeof(Block)) {
    ++missing_blocks_;
    return -1;
  }
  BlockAt(block_count_) = kFreshBlock;
  return block_count_++;
}

void Planner::AddSlot(int block, void* slot) {
  Block& root = RootOf(block);
  std::memcpy(slot, &root.slots, sizeof root.slots);
  // 0 ends the chain: no slot lies at the very start, where the steps are.
  root.slots = static_cast<uint32_t>(static_cast<std::byte*>(slot) - arena_.data());
  assert(root.slots < plan_bytes_);
}

const Tensor* Planner::Describe(int32_t index, int op, Status& status) {
  if (!Exists(index)) {
    status = Fail(Status::kCorrupt, kNoTensor, op);
    return nullptr;
  }
  // An output is read again as the next operator's input, weights by operators that look before they choose a kernel.
  const Tensor* recent = std::end(recent_tensors_);
  do {
    if ((--recent)->index == index) return recent;
  } while (recent != recent_tensors_);
  Tensor& next = recent_tensors_[next_recent_];
  next_recent_ = next_recent_ + 1 == std::size(recent_tensors_) ? 0 : next_recent_ + 1;
  Status found;
  const char* what = model_.ReadTensor(static_cast<uint32_t>(index), next, found);
  if (what == nullptr) return &next;
  next.index = -1;
  status = Fail(found, what, op, index);
  return nullptr;
}

Status Planner::Produce(int32_t index, int step) {
  if (!Exists(index)) return Fail(Status::kCorrupt, kNoTensor, step);
  Block& block = BlockAt(index);
  if (block.first != Block::kNever) return Fail(Status::kCorrupt, "is written to more than once", step, index);
  block.first = block.last = static_cast<int16_t>(step);
  return Status::kOk;
}

Status Planner::Consume(int32_t index, int step) {
  const int op = static_cast<uint32_t>(step) < model_.operator_count() ? step : -1;
  if (!Exists(index)) return Fail(Status::kCorrupt, kNoTensor, op);
  Block& block = BlockAt(index);
  if (block.first != Block::kNever) {
    block.last = static_cast<int16_t>(step);
  } else if (op < 0) {
    return Fail(Status::kCorrupt, "is an output of the model and never computed", op, index);
  }
  return Status::kOk;  // Constant, or PlanContext::Input finds that it is not.
}

Status Planner::Size(int32_t index, int op) {
  Status status;
  const Tensor* tensor = Describe(index, op, status);
  if (tensor == nullptr) return status;
  if (tensor->constant != nullptr) return Fail(Status::kCorrupt, "is constant and written to", op, index);
  BlockAt(index).bytes = tensor->bytes;
  return Status::kOk;
}

Status Planner::FindLifetimes() {
  for (uint32_t i = 0; i < model_.inputs().count; ++i) {
    const int32_t tensor = model_.Index(model_.inputs(), i);
    if (Status status = Produce(tensor, -1); status != Status::kOk) return status;
    if (Status status = Size(tensor, -1); status != Status::kOk) return status;
  }
  OperatorRecord record;
  for (uint32_t op = 0; op < model_.operator_count(); ++op) {
    const int step = static_cast<int>(op);
    if (const char* what = model_.ReadOperands(op, record)) return Fail(Status::kCorrupt, what, step);
    for (uint32_t i = 0; i < record.inputs.count; ++i) {
      const int32_t tensor = model_.Index(record.inputs, i);
      if (tensor == -1) continue;  // Optional and absent.
      if (Status status = Consume(tensor, step); status != Status::kOk) return status;
    }
    for (uint32_t i = 0; i < record.outputs.count; ++i) {
      if (Status status = Produce(model_.Index(record.outputs, i), step); status != Status::kOk) return status;
    }
  }
  for (uint32_t i = 0; i < model_.outputs().count; ++i) {
    const int end = static_cast<int>(model_.operator_count());
    if (Status status = Consume(model_.Index(model_.outputs(), i), end); status != Status::kOk) return status;
  }
  return Status::kOk;
}

Status Planner::PlanOperator(uint32_t index, const OperatorRecord& record) {
  const int op = static_cast<int>(index);
  Status status;
  bool found = false;
  bool empty = record.outputs.count > 0;
  for (uint32_t i = 0; i < record.outputs.count; ++i) {
    const int32_t output = model_.Index(record.outputs, i);
    if (status = Size(output, op); status != Status::kOk) return status;
    empty = empty && BlockAt(output).bytes == 0;
  }
  status = Status::kUnsupported;
  for (const OperatorRegistration* registration : operators_) {
    if (registration->code != record.code) continue;
    if (empty) return Status::kOk;  // Nothing to compute.
    for (uint32_t i = 0; i < record.outputs.count; ++i) BlockAt(model_.Index(record.outputs, i)).partner = -1;
    PlanContext context(*this);
    context.record_ = &record;
    context.operator_index_ = op;
    context.name_ = registration->name;
    context.declined_before_ = found;
    found = true;
    status = registration->plan(context);
    if (context.status_ != Status::kOk) status = context.status_;
    if (status == Status::kUnsupported) continue;
    if (status == Status::kOk && context.step_.kernel != nullptr) {
      steps_[step_count_++] = context.step_;
      macs_ += context.macs_;
    }
    // Without memory, go on: the sum of what all operators want is worth knowing.
    return status == Status::kNoMemory && short_of_memory_ ? Status::kOk : status;
  }
  if (found) return status;
  const char* name = BuiltinOperatorName(record.code);
  char text[48];
  if (name == nullptr) {
    MessageWriter(text).Text("builtin operator ").Number(static_cast<uint32_t>(record.code));
    name = text;
  }
  return Fail(Status::kUnsupported, "not among the registered operators", op, -1, name);
}

Status Planner::PlanOperators() {
  steps_ = reinterpret_cast<Step*>(Allocate(model_.operator_count() * uint64_t{sizeof(Step)}));
  OperatorRecord record;
  for (uint32_t op = 0; op < model_.operator_count(); ++op) {
    if (const char* what = model_.ReadOperator(op, record)) return Fail(Status::kCorrupt, what, static_cast<int>(op));
    if (Status status = PlanOperator(op, record); status != Status::kOk) return status;
  }
  return Status::kOk;
}

Status Planner::Plan(std::span<const uint8_t> model, InferenceEngine& engine) {
  if (model.size() > InferenceEngine::kMaxModelBytes ||
      reinterpret_cast<uintptr_t>(model.data()) % InferenceEngine::kModelAlignment != 0) {
    return Fail(Status::kInvalidArgument, "the model is not 4-byte aligned in memory, or too large");
  }
  if (const char* what = model_.Open(model)) {
    return Fail(model_.file().corrupt() ? Status::kCorrupt : Status::kUnsupported, what);
  }

  // Aligning both ends costs at most this much of an arena that starts anywhere.
  const uint64_t needed = uint64_t{model_.tensor_count()} * sizeof(Block) + kBlockAlignment;
  if (arena_.size() < needed + kBlockAlignment) return OutOfMemory(needed, true);
  const size_t skip = AlignUp(reinterpret_cast<uintptr_t>(arena_.data()), kBlockAlignment) -
                      reinterpret_cast<uintptr_t>(arena_.data());
  arena_ = arena_.subspan(skip, (arena_.size() - skip) / kBlockAlignment * kBlockAlignment);
  blocks_end_ = reinterpret_cast<Block*>(arena_.data() + arena_.size());

  Status status = PlanOnce(engine);
  uint32_t full_speed_bytes = 0;
  if constexpr (kAsksForRoom) {
    if (required_bytes_ > arena_.size()) {
      full_speed_bytes = static_cast<uint32_t>(std::min<uint64_t>(required_bytes_ + kBlockAlignment, UINT32_MAX));
      if (why_ != nullptr) *why_ = {};
      status = PlanWithLess(engine);
      if (status != Status::kOk && status != Status::kNoMemory) full_speed_bytes = 0;
    }
  }
  if (why_ != nullptr && status == Status::kOk) *why_ = {};  // Of what did not work before.
  if (why_ != nullptr && full_speed_bytes != 0) why_->full_speed_bytes = full_speed_bytes;
  if (status != Status::kOk) return status;
  engine.arena_used_bytes_ += static_cast<uint32_t>(skip);
  engine.model_ = model;
  return Status::kOk;
}

Status Planner::PlanOnce(InferenceEngine& engine) {
  block_count_ = static_cast<int>(model_.tensor_count());
  std::fill_n(blocks_end_ - block_count_, block_count_, kFreshBlock);
  if (Status status = FindLifetimes(); status != Status::kOk) return status;
  if (Status status = PlanOperators(); status != Status::kOk) return status;
  return Finish(engine);
}

Status Planner::PlanAgain(uint64_t room, InferenceEngine& engine) {
  room_ = room;
  granted_scratch_bytes_ = missing_blocks_ = 0;
  required_bytes_ = plan_bytes_ = macs_ = 0;
  short_of_memory_ = variable_missing_ = false;
  step_count_ = 0;
  variables_ = nullptr;
  return PlanOnce(engine);
}

Status Planner::PlanWithLess(InferenceEngine& engine) {
  Status status = PlanAgain(0, engine);
  if (status != Status::kOk) return status;
  // The first operators are granted what there is: as a rule they use each weight most often. That may still not fit,
  // since the layout is not the best there is; then with less, falling ever faster.
  uint64_t room = arena_.size() - required_bytes_;
  for (uint64_t less = 1; room > 0; less *= 2) {
    status = PlanAgain(room, engine);
    if (status != Status::kNoMemory) return status;
    const uint64_t granted = room - room_;
    room = granted - std::min(granted, less * (required_bytes_ - arena_.size()));
  }
  return PlanAgain(0, engine);
}

Status Planner::Finish(InferenceEngine& engine) {
  const uint32_t inputs = model_.inputs().count;
  const uint32_t outputs = model_.outputs().count;
  auto* ports = reinterpret_cast<InferenceEngine::Port*>(
      Allocate((uint64_t{inputs} + outputs) * sizeof(InferenceEngine::Port)));

  const std::span<Block> blocks(blocks_end_ - block_count_, static_cast<size_t>(block_count_));
  uint32_t offsets_end = 0;
  for (const Block& block : blocks) {  // Each has 2^30 bytes at most.
    offsets_end += (block.bytes + kBlockAlignment - 1) & -uint32_t{kBlockAlignment};
    if (offsets_end > InferenceEngine::kMaxModelBytes) {
      return Fail(Status::kUnsupported, "the tensors of the model are too large");
    }
  }
  const uint64_t data_start = AlignUp(plan_bytes_, kBlockAlignment);
  const uint64_t while_running = data_start + LayOut(blocks);
  const uint64_t while_planning = plan_bytes_ + blocks.size_bytes() + missing_blocks_ * sizeof(Block);
  required_bytes_ = AlignUp(std::max(while_running, while_planning), kBlockAlignment);
  if (short_of_memory_ || required_bytes_ > arena_.size()) {
    return OutOfMemory(required_bytes_, missing_blocks_ > 0 || variable_missing_);
  }

  for (uint32_t i = 0; i < inputs + outputs; ++i) {
    const int32_t tensor = i < inputs ? model_.Index(model_.inputs(), i) : model_.Index(model_.outputs(), i - inputs);
    std::construct_at(&ports[i], InferenceEngine::Port{nullptr, tensor, BlockAt(tensor).bytes});
    AddSlot(tensor, &ports[i].data);
  }
  for (const Block& block : blocks) {
    std::byte* const address = arena_.data() + data_start + (block.placeable() ? block.offset : 0);
    for (uint32_t slot = block.slots; slot != 0;) {
      uint32_t next;
      std::memcpy(&next, arena_.data() + slot, sizeof next);
      std::memcpy(arena_.data() + slot, &address, sizeof address);
      slot = next;
    }
  }
  engine.steps_ = steps_;
  engine.ports_ = ports;
  engine.step_count_ = step_count_;
  engine.input_count_ = static_cast<int32_t>(inputs);
  engine.output_count_ = static_cast<int32_t>(outputs);
  engine.plan_bytes_ = static_cast<uint32_t>(plan_bytes_);
  engine.arena_used_bytes_ = static_cast<uint32_t>(required_bytes_);
  engine.macs_ = macs_;
  engine.variables_ = variables_;
  return Status::kOk;
}

// --- What operators see ---------------------------------------------------------------------------------------------

bool PlanContext::Refuse(Status status, const char* what, const Tensor* tensor) {
  if (status_ == Status::kOk) {
    status_ = planner_.Fail(status, what, operator_index_, tensor == nullptr ? -1 : tensor->index, name_);
  }
  return false;
}

int PlanContext::input_count() const {
  return static_cast<int>(record_->inputs.count);
}

int PlanContext::output_count() const {
  return static_cast<int>(record_->outputs.count);
}

uint32_t PlanContext::BytesBehind(const Tensor& tensor) const {
  const FlatBuffer& file = planner_.model_.file();
  return file.size() - static_cast<uint32_t>(tensor.constant - file.At(0)) - tensor.bytes;
}

bool PlanContext::HasInput(int index) const {
  const auto at = static_cast<uint32_t>(index);
  return at < record_->inputs.count && planner_.model_.Index(record_->inputs, at) >= 0;
}

bool PlanContext::Input(int index, Tensor& tensor) {
  const auto at = static_cast<uint32_t>(index);
  const int32_t which = at < record_->inputs.count ? planner_.model_.Index(record_->inputs, at) : -1;
  if (which < 0) return Refuse(Status::kCorrupt, "an input is missing", nullptr);
  const Tensor* found = planner_.Describe(which, operator_index_, status_);
  if (found == nullptr) return false;
  CopyTensor(*found, tensor);
  if (tensor.elements == 0) return empty_inputs_ || Refuse(Status::kUnsupported, "is empty", &tensor);
  return tensor.constant != nullptr || planner_.BlockAt(tensor.index).first < operator_index_ ||
         Refuse(Status::kCorrupt, "is read before it is computed", &tensor);
}

bool PlanContext::RequireType(const Tensor& tensor, TensorType type) {
  if (tensor.type == type) return true;
  const auto text = [&tensor] {
    switch (tensor.type) {
      case TensorType::kFloat32: return "type float32 is not supported";
      case TensorType::kInt32: return "type int32 is not supported";
      case TensorType::kUint8: return "type uint8 is not supported";
      case TensorType::kInt64: return "type int64 is not supported";
      case TensorType::kInt16: return "type int16 is not supported";
      case TensorType::kInt8: return "type int8 is not supported";
      case TensorType::kResource: return "is a variable's handle";
      case TensorType::kInt4: return "type int4 is not supported";
    }
    return "";
  };
  if (!declined_before_) return Require(false, Status::kUnsupported, text(), &tensor);
  if (status_ == Status::kOk) status_ = Status::kUnsupported;
  return false;
}

bool PlanContext::Output(int index, Tensor& tensor) {
  const auto& outputs = record_->outputs;
  if (static_cast<uint32_t>(index) >= outputs.count) return Refuse(Status::kCorrupt, "an output is missing", nullptr);
  const Tensor* found =
      planner_.Describe(planner_.model_.Index(outputs, static_cast<uint32_t>(index)), operator_index_, status_);
  if (found == nullptr) return false;
  CopyTensor(*found, tensor);
  return true;
}

bool PlanContext::OpenOptions(int union_type) {
  FlatBuffer& file = planner_.model_.file();
  const int32_t type = file.ByteField(record_->table, 3, 0);
  options_table_ = type == 0 ? 0 : file.TableField(record_->table, 4);
  return Require(!file.corrupt() && (type == 0 || type == union_type), Status::kCorrupt, "its options are damaged");
}

int32_t PlanContext::OptionInt(int field, int32_t otherwise) {
  return planner_.model_.file().IntField(options_table_, field, otherwise);
}

int32_t PlanContext::OptionByte(int field, int32_t otherwise) {
  return planner_.model_.file().ByteField(options_table_, field, otherwise);
}

float PlanContext::OptionFloat(int field, float otherwise) {
  return std::bit_cast<float>(
      planner_.model_.file().IntField(options_table_, field, std::bit_cast<int32_t>(otherwise)));
}

void* PlanContext::CommitBytes(size_t bytes) {
  // Fields that could not be read were taken for defaults: refuse them before anything is built on them.
  if (!Require(!planner_.model_.file().corrupt(), Status::kCorrupt, "its options are damaged")) return nullptr;
  std::byte* memory = planner_.Allocate(bytes);
  if (memory == nullptr) status_ = Status::kNoMemory;
  return memory;
}

void PlanContext::AllowOverlap(const Tensor& input, const Tensor& output, int32_t lead_bytes) {
  if (input.constant != nullptr) return;
  const int root = planner_.RootIndex(input.index);
  Block& block = planner_.BlockAt(output.index);
  if (planner_.BlockAt(root).last != operator_index_) return;
  block.partner = static_cast<int16_t>(root);
  block.lead_bytes = std::max<int32_t>(lead_bytes, 0);
}

void PlanContext::Keep(const Tensor& tensor, uint32_t bytes) {
  Block& block = planner_.BlockAt(tensor.index);
  block.bytes = bytes;
  block.first = -1;
  block.last = static_cast<int16_t>(planner_.model_.operator_count());
}

Variable*& PlanContext::variables() { return planner_.variables_; }

Variable* PlanContext::FindVariable(const Tensor& handle) {
  const int root = planner_.RootIndex(handle.index);
  Variable* v = planner_.variables_;
  while (v != nullptr && v->tensor != root) v = v->next;
  if (v == nullptr && planner_.short_of_memory_) {
    planner_.variable_missing_ = true;
    if (status_ == Status::kOk) status_ = Status::kNoMemory;
  }
  return v;
}

Model& PlanContext::model() { return planner_.model_; }

void PlanContext::Alias(const Tensor& input, const Tensor& output) {
  const int root = planner_.RootIndex(input.index);
  Block& block = planner_.BlockAt(output.index);
  Block& memory = planner_.BlockAt(root);
  block.partner = static_cast<int16_t>(root);
  block.lead_bytes = Block::kAlias;
  memory.last = std::max(memory.last, block.last);
}

bool PlanContext::RoomFor(uint32_t packed_bytes, uint32_t scratch_bytes) {
  // Steps take turns with scratch: only the largest counts.
  const uint32_t scratch = std::max(scratch_bytes, planner_.granted_scratch_bytes_);
  const uint64_t wanted = uint64_t{packed_bytes} + scratch - planner_.granted_scratch_bytes_;
  if (wanted > planner_.room_) {
    step_.packing = Packing::kNoRoom;
    return false;
  }
  planner_.room_ -= wanted;
  planner_.granted_scratch_bytes_ = scratch;
  step_.packing = packed_bytes > 0 ? Packing::kPacked : Packing::kNone;
  return true;
}

bool PlanContext::RequestScratch(uint32_t bytes) {
  scratch_record_ = planner_.NewBlock();
  if (scratch_record_ < 0) {
    planner_.short_of_memory_ = true;
    return true;  // Found out about, with the bytes, at Commit.
  }
  Block& block = planner_.BlockAt(scratch_record_);
  block.bytes = bytes;
  block.first = block.last = static_cast<int16_t>(operator_index_);
  return true;
}

void PlanContext::Bind(const int8_t*& slot, const Tensor& tensor) {
  if (tensor.constant != nullptr) {
    slot = reinterpret_cast<const int8_t*>(tensor.constant);
  } else {
    planner_.AddSlot(tensor.index, &slot);
  }
}

void PlanContext::Bind(int8_t*& slot, const Tensor& tensor) { planner_.AddSlot(tensor.index, &slot); }

void PlanContext::BindScratch(void*& slot) { planner_.AddSlot(scratch_record_, &slot); }

bool PlanContext::Packed(uint32_t layout, uint32_t bytes, const void*& data) {
  const uint8_t* found;
  const char* what = planner_.model_.FindPacked(static_cast<uint32_t>(operator_index_), layout, bytes, found);
  data = found;
  return Require(what == nullptr, Status::kCorrupt, what);
}

void PlanContext::CountMacs(uint64_t macs) { macs_ += macs; }

void PlanContext::SetKernel(Kernel kernel, const void* params) {
  step_.kernel = kernel;
  step_.params = params;
  step_.operator_index = static_cast<int16_t>(operator_index_);
}

}  // namespace mls::engine
