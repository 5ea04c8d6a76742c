// VAR_HANDLE, READ_VARIABLE, ASSIGN_VARIABLE and CALL_ONCE: the state that a streaming model carries from one run to
// the next. A variable starts as what CALL_ONCE's subgraph assigns to it, else as its zero point, as in TensorFlow Lite
// Micro.
#include <cstring>

#include "../model.h"
#include "../quantize.h"
#include "mls/core/engine/operators.h"

namespace mls::engine {
namespace {

constexpr int32_t kVarHandleCode = 142, kCallOnceCode = 129, kAssignVariableCode = 144;
constexpr uint32_t kMaxInitialOperators = 256;  // These two bound the time that planning can take.
constexpr uint32_t kMaxNameBytes = 128;

// What a VAR_HANDLE operator names: its container and its name.
struct VariableName {
  FlatBuffer::Vector parts[2];
};

VariableName NameOf(FlatBuffer& file, FlatBuffer::Position operator_table) {
  const FlatBuffer::Position options =
      file.ByteField(operator_table, 3, 0) == 111 ? file.TableField(operator_table, 4) : 0;
  return {{file.VectorField(options, 0, 1), file.VectorField(options, 1, 1)}};
}

bool SameName(const FlatBuffer& file, const VariableName& a, const VariableName& b) {
  for (int i = 0; i < 2; ++i) {
    // Some writers leave an empty container out.
    const uint32_t count = a.parts[i].count;
    if (count != b.parts[i].count || count > kMaxNameBytes) return false;
    if (count > 0 && std::memcmp(file.At(a.parts[i].start), file.At(b.parts[i].start), count) != 0) return false;
  }
  return true;
}

// The constant that a subgraph of CALL_ONCE assigns to the variable, if any.
void FindInitialValue(Model& subgraph, const VariableName& name, Variable& variable) {
  const uint32_t count = std::min(subgraph.operator_count(), kMaxInitialOperators);
  int32_t handle = -1;
  for (uint32_t i = 0; i < count; ++i) {
    OperatorRecord record;
    if (subgraph.ReadOperator(i, record) != nullptr) return;
    if (record.code == kVarHandleCode && record.outputs.count == 1 &&
        SameName(subgraph.file(), name, NameOf(subgraph.file(), record.table))) {
      handle = subgraph.Index(record.outputs, 0);
    }
    if (record.code != kAssignVariableCode || record.inputs.count != 2 || handle < 0 ||
        subgraph.Index(record.inputs, 0) != handle) {
      continue;
    }
    const int32_t value = subgraph.Index(record.inputs, 1);
    Tensor tensor;
    Status status;
    if (static_cast<uint32_t>(value) >= subgraph.tensor_count() ||
        subgraph.ReadTensor(static_cast<uint32_t>(value), tensor, status) != nullptr) {
      return;
    }
    variable.initial = tensor.constant;
    variable.initial_bytes = tensor.bytes;
    variable.type = tensor.type;
  }
}

bool OpenInitialSubgraph(PlanContext& context, int32_t index, Model& subgraph) {
  return context.Require(index > 0 && subgraph.Open(context.model().bytes(), static_cast<uint32_t>(index)) == nullptr,
                         Status::kCorrupt, "its subgraph is missing or damaged");
}

Status PlanVarHandle(PlanContext& context) {
  Tensor handle;
  if (!context.Output(0, handle) || !context.RequireType(handle, TensorType::kResource) || !context.OpenOptions(111))
    return context.status();
  Model& model = context.model();
  // The first operator that makes a handle of this name owns the variable.
  VariableName name;
  int32_t call_once_subgraph = 0;
  for (uint32_t i = 0; i < model.operator_count(); ++i) {
    OperatorRecord record;
    if (model.ReadOperator(i, record) != nullptr) break;
    if (record.code == kCallOnceCode && call_once_subgraph == 0 && model.file().ByteField(record.table, 3, 0) == 103) {
      call_once_subgraph = model.file().IntField(model.file().TableField(record.table, 4), 0, 0);
    }
    if (record.code == kVarHandleCode && record.outputs.count == 1 && model.Index(record.outputs, 0) == handle.index) {
      name = NameOf(model.file(), record.table);
    }
  }
  if (!context.Require(name.parts[0].count <= kMaxNameBytes && name.parts[1].count <= kMaxNameBytes,
                       Status::kUnsupported, "its name is too long")) {
    return context.status();
  }
  for (uint32_t i = 0; i < model.operator_count(); ++i) {
    OperatorRecord record;
    if (model.ReadOperator(i, record) != nullptr) break;
    if (record.code != kVarHandleCode || record.outputs.count != 1) continue;
    const int32_t other = model.Index(record.outputs, 0);
    if (other == handle.index) break;
    if (!SameName(model.file(), name, NameOf(model.file(), record.table))) continue;
    Tensor first;
    first.index = other;
    if (context.Require(context.FindVariable(first) != nullptr, Status::kUnsupported,
                        "shares its name with an empty handle")) {
      context.Alias(first, handle);
    }
    return context.status();
  }
  auto* variable = context.Commit<Variable>();
  if (variable == nullptr) return context.status();
  variable->tensor = handle.index;
  if (call_once_subgraph != 0) {
    Model subgraph;
    if (!OpenInitialSubgraph(context, call_once_subgraph, subgraph)) return context.status();
    FindInitialValue(subgraph, name, *variable);
  }
  context.Keep(handle, 0);
  context.Bind(variable->data, handle);
  variable->next = context.variables();
  context.variables() = variable;
  return Status::kOk;
}

// CALL_ONCE does its work while planning; it may only assign constants.
Status PlanCallOnce(PlanContext& context) {
  if (!context.OpenOptions(103)) return context.status();
  Model subgraph;
  if (!OpenInitialSubgraph(context, context.OptionInt(0, 0), subgraph)) return context.status();
  bool simple = subgraph.operator_count() <= kMaxInitialOperators;
  for (uint32_t i = 0; simple && i < subgraph.operator_count(); ++i) {
    OperatorRecord record;
    simple = subgraph.ReadOperator(i, record) == nullptr &&
             (record.code == kVarHandleCode || record.code == kAssignVariableCode);
    if (!simple || record.code == kVarHandleCode) continue;
    const int32_t value = record.inputs.count == 2 ? subgraph.Index(record.inputs, 1) : -1;
    simple =
        static_cast<uint32_t>(value) < subgraph.tensor_count() && subgraph.IsConstant(static_cast<uint32_t>(value));
  }
  context.Require(simple, Status::kUnsupported, "does more than assign constants to variables");
  return context.status();
}

struct VariableParams {
  const int8_t* from;
  int8_t* to;
  uint32_t bytes;
};

Status RunCopy(const void* params) {
  const auto& p = *static_cast<const VariableParams*>(params);
  std::memcpy(p.to, p.from, p.bytes);
  return Status::kOk;
}

// `value` is what is read or assigned: the variable gets its size, or must have it.
bool ReadHandle(PlanContext& context, const Tensor& value, Tensor& handle) {
  if (!context.Input(0, handle)) return false;
  Variable* variable = context.FindVariable(handle);
  if (!context.Require(variable != nullptr, Status::kCorrupt, "is not a variable's handle", &handle)) return false;
  if (variable->bytes == 0) {
    variable->bytes = value.bytes;
    Tensor owner;
    owner.index = variable->tensor;
    context.Keep(owner, value.bytes);
  }
  if (variable->initial != nullptr &&
      !context.Require(variable->initial_bytes == value.bytes && variable->type == value.type, Status::kCorrupt,
                       "is not what the variable was initialised with", &value)) {
    return false;
  }
  return context.Require(variable->bytes == value.bytes, Status::kCorrupt, "does not have the size of the variable",
                         &value);
}

Status PlanReadVariable(PlanContext& context) {
  Tensor handle, value;
  if (!context.Output(0, value) || !ReadHandle(context, value, handle)) return context.status();
  auto* p = context.Commit<VariableParams>();
  if (p == nullptr) return context.status();
  p->bytes = value.bytes;
  context.Bind(p->from, handle);
  context.Bind(p->to, value);
  context.CountMacs(value.elements);
  context.SetKernel(RunCopy, p);
  return Status::kOk;
}

Status PlanAssignVariable(PlanContext& context) {
  Tensor handle, value;
  if (!context.Input(1, value) || !ReadHandle(context, value, handle)) return context.status();
  context.FindVariable(handle)->fill = static_cast<uint8_t>(value.zero_point);
  auto* p = context.Commit<VariableParams>();
  if (p == nullptr) return context.status();
  p->bytes = value.bytes;
  context.Bind(p->from, value);
  context.Bind(p->to, handle);
  context.CountMacs(value.elements);
  context.SetKernel(RunCopy, p);
  return Status::kOk;
}

}  // namespace

constinit const OperatorRegistration kVarHandle = {kVarHandleCode, "VAR_HANDLE", PlanVarHandle};
constinit const OperatorRegistration kCallOnce = {kCallOnceCode, "CALL_ONCE", PlanCallOnce};
constinit const OperatorRegistration kReadVariable = {143, "READ_VARIABLE", PlanReadVariable};
constinit const OperatorRegistration kAssignVariable = {kAssignVariableCode, "ASSIGN_VARIABLE", PlanAssignVariable};

}  // namespace mls::engine
