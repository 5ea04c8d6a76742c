// CONCATENATION, SPLIT and SPLIT_V: each of several tensors is every n-th block of bytes of one. Any type of whole
// bytes.
#include <cstring>
#include <type_traits>

#include "../quantize.h"
#include "mls/core/engine/operators.h"

namespace mls::engine {
namespace {

// Followed by its parts.
template <bool kSplit>
struct JoinParams {
  struct Part {
    std::conditional_t<kSplit, int8_t*, const int8_t*> data;
    uint32_t block_bytes;
  };
  std::conditional_t<kSplit, const int8_t*, int8_t*> whole;
  uint32_t blocks;  // That each part has.
  uint32_t part_count;
};

template <bool kSplit>
Status Run(const void* params) {
  const auto& p = *static_cast<const JoinParams<kSplit>*>(params);
  const auto* parts = reinterpret_cast<const typename JoinParams<kSplit>::Part*>(&p + 1);
  auto* whole = p.whole;
  for (uint32_t block = 0; block < p.blocks; ++block) {
    for (uint32_t i = 0; i < p.part_count; ++i) {
      const uint32_t bytes = parts[i].block_bytes;
      auto* part = parts[i].data + size_t{block} * bytes;
      if constexpr (kSplit) {
        std::memcpy(part, whole, bytes);
      } else {
        std::memcpy(whole, part, bytes);
      }
      whole += bytes;
    }
  }
  return Status::kOk;
}

// The parts, inputs or outputs of the operator, lie along `axis` of the whole.
template <bool kSplit>
Status Commit(PlanContext& context, const Tensor& whole, int32_t axis, int count) {
  if (axis < 0) axis += whole.rank;
  uint32_t element_bytes;
  if (!context.Require(axis >= 0 && axis < whole.rank, Status::kCorrupt, "axis is out of range", &whole))
    return context.status();
  int64_t along = 0;
  const auto part_at = [&context](int i, Tensor& part) {
    return kSplit ? context.Output(i, part) : context.Input(i, part);
  };
  for (int i = 0; i < count; ++i) {
    Tensor part;
    if (!part_at(i, part) || !RequireSameType(context, part, whole, element_bytes)) return context.status();
    bool fits = part.rank == whole.rank;
    for (int d = 0; fits && d < whole.rank; ++d) fits = d == axis || part.dims[d] == whole.dims[d];
    if (!context.Require(fits, Status::kCorrupt, "does not fit the other shapes", &part) ||
        !context.Require(part.type == TensorType::kFloat32 || SameQuantization(part, whole), Status::kUnsupported,
                         "is quantised differently", &part)) {
      return context.status();
    }
    along += part.dims[axis];
  }
  if (!context.Require(along == whole.dims[axis], Status::kCorrupt, "does not have the size of its parts", &whole))
    return context.status();
  using Part = typename JoinParams<kSplit>::Part;
  auto* p = context.Commit<JoinParams<kSplit>>(sizeof(Part) * static_cast<size_t>(count));
  if (p == nullptr) return context.status();
  auto* parts = reinterpret_cast<Part*>(p + 1);
  p->blocks = 1;
  for (int d = 0; d < axis; ++d) p->blocks *= static_cast<uint32_t>(whole.dims[d]);
  p->part_count = static_cast<uint32_t>(count);
  for (int i = 0; i < count; ++i) {
    Tensor part;
    if (!part_at(i, part)) return context.status();
    parts[i] = {nullptr, part.bytes / p->blocks};
    context.Bind(parts[i].data, part);
  }
  context.Bind(p->whole, whole);
  context.CountMacs(whole.elements + uint64_t{p->blocks} * p->part_count);
  context.SetKernel(Run<kSplit>, p);
  return Status::kOk;
}

Status PlanConcatenation(PlanContext& context) {
  context.AllowEmptyInputs();
  Tensor output;
  if (!context.Output(0, output) || !context.OpenOptions(10) ||
      !context.Require(context.OptionByte(1, 0) == 0, Status::kUnsupported, "fused activation not supported")) {
    return context.status();
  }
  return Commit<false>(context, output, context.OptionInt(0, 0), context.input_count());
}

// Sizes in a third input, if any, only repeat the shapes of the outputs.
Status PlanSplit(PlanContext& context, int axis_index, int whole_index) {
  Tensor axis, whole;
  if (!context.Input(axis_index, axis) || !context.Input(whole_index, whole) || !RequireConstantInt32(context, axis) ||
      !context.Require(axis.elements == 1, Status::kCorrupt, "is not one axis", &axis)) {
    return context.status();
  }
  return Commit<true>(context, whole, ConstantInt32(axis, 0), context.output_count());
}

}  // namespace

constinit const OperatorRegistration kConcatenation = {2, "CONCATENATION", PlanConcatenation};
constinit const OperatorRegistration kSplit = {49, "SPLIT",
                                               [](PlanContext& context) { return PlanSplit(context, 0, 1); }};
constinit const OperatorRegistration kSplitV = {102, "SPLIT_V",
                                                [](PlanContext& context) { return PlanSplit(context, 2, 0); }};

}  // namespace mls::engine
