#include "broadcast.h"

namespace mls::engine {
namespace {

// False if the tensor neither matches the output nor broadcasts.
bool FillStrides(const Tensor& tensor, const Tensor& output, int32_t* strides) {
  int32_t stride = 1;
  for (int i = 0; i < TensorInfo::kMaxRank; ++i) {
    const int dim = tensor.rank - 1 - i;
    const int32_t size = dim >= 0 ? tensor.dims[dim] : 1;
    const int32_t output_size = output.rank > i ? output.dims[output.rank - 1 - i] : 1;
    if (size != output_size && size != 1) return false;
    strides[TensorInfo::kMaxRank - 1 - i] = size == 1 ? 0 : stride;
    stride *= size;
  }
  return true;
}

}  // namespace

bool Broadcast(PlanContext& context, const Tensor (&inputs)[2], const Tensor& output,
               int32_t (&dims)[TensorInfo::kMaxRank], int32_t (&strides_a)[TensorInfo::kMaxRank],
               int32_t (&strides_b)[TensorInfo::kMaxRank]) {
  if (!context.Require(FillStrides(inputs[0], output, strides_a), Status::kCorrupt, "does not broadcast to the output",
                       &inputs[0]) ||
      !context.Require(FillStrides(inputs[1], output, strides_b), Status::kCorrupt, "does not broadcast to the output",
                       &inputs[1])) {
    return false;
  }
  uint64_t elements = 1;
  for (int i = 0; i < TensorInfo::kMaxRank; ++i) {
    const int dim = output.rank - TensorInfo::kMaxRank + i;
    dims[i] = dim >= 0 ? output.dims[dim] : 1;
    // An output larger than both inputs has no source.
    if (strides_a[i] != 0 || strides_b[i] != 0) elements *= static_cast<uint32_t>(dims[i]);
  }
  return context.Require(elements == output.elements, Status::kCorrupt, "is larger than the inputs", &output);
}

}  // namespace mls::engine
