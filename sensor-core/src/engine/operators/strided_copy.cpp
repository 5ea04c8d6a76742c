// TRANSPOSE and STRIDED_SLICE: the output's values in order, picked from the input with one stride per dimension. Any
// type of whole bytes.
#include <cstring>

#include "../quantize.h"
#include "mls/core/engine/operators.h"

namespace mls::engine {
namespace {

struct CopyParams {
  const int8_t* input;
  int8_t* output;
  int32_t offset;                         // Of the first value, in bytes, as the strides.
  int32_t dims[TensorInfo::kMaxRank];     // Of the output, with leading ones.
  int32_t strides[TensorInfo::kMaxRank];
  int32_t element_bytes;
};

Status Run(const void* params) {
  const CopyParams& p = *static_cast<const CopyParams*>(params);
  const int32_t* d = p.dims;
  const int32_t* s = p.strides;
  const size_t bytes = static_cast<size_t>(p.element_bytes);
  const bool dense = s[4] == p.element_bytes;
  const size_t row_bytes = bytes * static_cast<size_t>(d[4]);
  int8_t* output = p.output;
  for (int i0 = 0; i0 < d[0]; ++i0) {
    for (int i1 = 0; i1 < d[1]; ++i1) {
      for (int i2 = 0; i2 < d[2]; ++i2) {
        for (int i3 = 0; i3 < d[3]; ++i3) {
          const int8_t* row = p.input + p.offset + i0 * s[0] + i1 * s[1] + i2 * s[2] + i3 * s[3];
          if (dense) {
            std::memcpy(output, row, row_bytes);
            output += row_bytes;
            continue;
          }
          for (int i4 = 0; i4 < d[4]; ++i4, output += bytes) std::memcpy(output, row + i4 * s[4], bytes);
        }
      }
    }
  }
  return Status::kOk;
}

// `strides[i]`, in values, belong to dimension i of the result, which has `rank`.
Status Commit(PlanContext& context, const Tensor& input, const Tensor& output, int rank, const int32_t* dims,
              const int64_t* strides, int64_t offset, uint32_t element_bytes) {
  auto* p = context.Commit<CopyParams>();
  if (p == nullptr) return context.status();
  p->element_bytes = static_cast<int32_t>(element_bytes);
  p->offset = static_cast<int32_t>(offset * element_bytes);
  for (int i = 0; i < TensorInfo::kMaxRank; ++i) {
    const int dim = i - (TensorInfo::kMaxRank - rank);
    p->dims[i] = dim < 0 ? 1 : dims[dim];
    // A single step is never taken.
    p->strides[i] = p->dims[i] == 1 ? p->element_bytes : static_cast<int32_t>(strides[dim] * element_bytes);
  }
  context.Bind(p->input, input);
  context.Bind(p->output, output);
  context.CountMacs(output.elements);
  context.SetKernel(Run, p);
  return Status::kOk;
}

// Values between neighbours along each dimension of a tensor.
void DenseStrides(const Tensor& tensor, int64_t* strides) {
  int64_t stride = 1;
  for (int i = tensor.rank - 1; i >= 0; --i) {
    strides[i] = stride;
    stride *= tensor.dims[i];
  }
}

Status PlanTranspose(PlanContext& context) {
  Tensor input, order, output;
  uint32_t element_bytes;
  if (!context.Input(0, input) || !context.Output(0, output) ||
      !RequireSameType(context, input, output, element_bytes)) {
    return context.status();
  }
  // A single value has no dimensions to order.
  if (input.rank > 0 && !context.Input(1, order)) return context.status();
  if ((input.rank > 0 && !RequireConstantInt32(context, order)) ||
      !context.Require(order.elements == input.rank && output.rank == input.rank, Status::kCorrupt,
                       "does not have one entry for each dimension", &order)) {
    return context.status();
  }
  int64_t input_strides[TensorInfo::kMaxRank], strides[TensorInfo::kMaxRank];
  DenseStrides(input, input_strides);
  uint32_t seen = 0;
  for (int i = 0; i < input.rank; ++i) {
    int32_t from = ConstantInt32(order, static_cast<uint32_t>(i));
    if (from < 0) from += input.rank;
    if (!context.Require(from >= 0 && from < input.rank, Status::kCorrupt, "has a dimension out of range", &order) ||
        !context.Require(output.dims[i] == input.dims[from], Status::kCorrupt,
                         "does not have the shape that the order gives", &output)) {
      return context.status();
    }
    seen |= 1u << from;
    strides[i] = input_strides[from];
  }
  if (!context.Require(seen == (1u << input.rank) - 1, Status::kCorrupt, "names a dimension twice", &order))
    return context.status();
  return Commit(context, input, output, output.rank, output.dims.data(), strides, 0, element_bytes);
}

// A part of one dimension, as Python slices it.
struct Slice {
  int64_t first = 0, count = 0, step = 1;
};
Slice SliceOf(int64_t size, int64_t begin, int64_t end, int64_t step, bool whole_begin, bool whole_end) {
  const int64_t low = step > 0 ? 0 : -1, high = step > 0 ? size : size - 1;
  const auto clamp = [=](int64_t x) { return std::min(std::max(x < 0 ? x + size : x, low), high); };
  const int64_t from = whole_begin ? (step > 0 ? 0 : size - 1) : clamp(begin);
  const int64_t to = whole_end ? (step > 0 ? size : -1) : clamp(end);
  const int64_t span = step > 0 ? to - from : from - to;
  const int64_t stride = step > 0 ? step : -step;
  return {from, span <= 0 ? 0 : (span + stride - 1) / stride, step};
}

Status PlanStridedSlice(PlanContext& context) {
  enum Option { kBeginMask = 0, kEndMask = 1, kEllipsisMask = 2, kNewAxisMask = 3, kShrinkMask = 4, kOffset = 5 };
  Tensor input, limits[3], output;  // Limits: begin, end, step.
  uint32_t element_bytes;
  if (!context.Input(0, input) || !context.Output(0, output) ||
      !RequireSameType(context, input, output, element_bytes) || !context.OpenOptions(32)) {
    return context.status();
  }
  for (int i = 0; i < 3; ++i) {
    if (!context.Input(i + 1, limits[i]) || !RequireConstantInt32(context, limits[i]) ||
        !context.Require(limits[i].elements <= input.rank && limits[i].elements == limits[0].elements, Status::kCorrupt,
                         "does not have one entry for each dimension", &limits[i])) {
      return context.status();
    }
  }
  const int32_t begin_mask = context.OptionInt(kBeginMask, 0), end_mask = context.OptionInt(kEndMask, 0);
  const int32_t shrink_mask = context.OptionInt(kShrinkMask, 0);
  if (!context.Require(context.OptionInt(kEllipsisMask, 0) == 0 && context.OptionInt(kNewAxisMask, 0) == 0,
                       Status::kUnsupported, "ellipsis and new axes are not supported")) {
    return context.status();
  }
  const bool end_is_offset = context.OptionByte(kOffset, 0) != 0;
  int64_t strides[TensorInfo::kMaxRank];
  int32_t dims[TensorInfo::kMaxRank];
  DenseStrides(input, strides);
  int64_t offset = 0;
  int kept = 0;
  bool fits = true;
  for (int i = 0; i < input.rank; ++i) {
    Slice slice = {0, input.dims[i], 1};
    bool shrink = false;
    if (i < static_cast<int>(limits[0].elements)) {
      const uint32_t at = static_cast<uint32_t>(i);
      const int64_t begin = ConstantInt32(limits[0], at), step = ConstantInt32(limits[2], at);
      int64_t end = ConstantInt32(limits[1], at);
      if (end_is_offset) end += begin;
      shrink = shrink_mask >> i & 1;
      if (!context.Require(step != 0, Status::kCorrupt, "has a step of zero", &limits[2])) return context.status();
      if (shrink) {
        const int64_t index = begin < 0 ? begin + input.dims[i] : begin;
        if (!context.Require(step > 0 && index >= 0 && index < input.dims[i], Status::kCorrupt,
                             "picks a value that is not there", &limits[0])) {
          return context.status();
        }
        slice = {index, 1, 1};
      } else {
        slice = SliceOf(input.dims[i], begin, end, step, begin_mask >> i & 1, end_mask >> i & 1);
      }
    }
    if (slice.count > 0) offset += slice.first * strides[i];
    if (shrink) continue;
    fits = fits && kept < output.rank && output.dims[kept] == slice.count;
    dims[kept] = static_cast<int32_t>(slice.count);
    strides[kept++] = strides[i] * slice.step;
  }
  if (!context.Require(fits && kept == output.rank, Status::kCorrupt, "does not have the shape that the slice gives",
                       &output)) {
    return context.status();
  }
  return Commit(context, input, output, kept, dims, strides, offset, element_bytes);
}

}  // namespace

constinit const OperatorRegistration kTranspose = {39, "TRANSPOSE", PlanTranspose};
constinit const OperatorRegistration kStridedSlice = {45, "STRIDED_SLICE", PlanStridedSlice};

}  // namespace mls::engine
