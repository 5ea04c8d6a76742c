#include <bit>

#include "../fixed_point.h"
#include "../quantize.h"
#include "mls/core/engine/operators.h"

namespace mls::engine {
namespace {

constexpr int kMaxRank = TensorInfo::kMaxRank;

struct MeanParams {
  const int8_t* input;
  int8_t* output;
  // Dimensions that stay and dimensions that go, innermost last; the others are 1. Strides are those of the input, in
  // values.
  int32_t kept[kMaxRank], kept_strides[kMaxRank];
  int32_t reduced[kMaxRank], reduced_strides[kMaxRank];
  int32_t input_zero_point, output_zero_point, multiplier, shift;
};

template <typename T>
int32_t Sum(const MeanParams& p, const T* input, int dim) {
  int32_t sum = 0;
  const int32_t stride = p.reduced_strides[dim];
  for (int32_t i = 0; i < p.reduced[dim]; ++i) {
    sum += dim == kMaxRank - 1 ? input[i * stride] - p.input_zero_point : Sum(p, input + i * stride, dim + 1);
  }
  return sum;
}

template <typename T>
T* Reduce(const MeanParams& p, const T* input, int dim, int first_reduced, T* output) {
  for (int32_t i = 0; i < p.kept[dim]; ++i, input += p.kept_strides[dim]) {
    if (dim < kMaxRank - 1) {
      output = Reduce(p, input, dim + 1, first_reduced, output);
      continue;
    }
    const int32_t scaled = MultiplyByQuantizedMultiplier(Sum(p, input, first_reduced), p.multiplier, p.shift);
    *output++ = static_cast<T>(std::clamp<int32_t>(WrappingAdd(scaled, p.output_zero_point),
                                                   std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
  }
  return output;
}

template <typename T>
Status Run(const void* params) {
  const MeanParams& p = *static_cast<const MeanParams*>(params);
  int first_reduced = 0;
  while (first_reduced < kMaxRank - 1 && p.reduced[first_reduced] == 1) ++first_reduced;
  Reduce(p, reinterpret_cast<const T*>(p.input), 0, first_reduced, reinterpret_cast<T*>(p.output));
  return Status::kOk;
}

template <typename T>
Status Plan(PlanContext& context) {
  constexpr TensorType kType = sizeof(T) == 1 ? TensorType::kInt8 : TensorType::kInt16;
  Tensor input, axes, output;
  if (!context.Input(0, input) || !context.Input(1, axes) || !context.Output(0, output) ||
      !RequireQuantized(context, input, kType) || !RequireQuantized(context, output, kType) ||
      !RequireConstantInt32(context, axes)) {
    return context.status();
  }
  uint32_t reduced_axes = 0;
  for (uint32_t i = 0; i < axes.elements; ++i) {
    const int32_t axis = ConstantInt32(axes, i);
    if (!context.Require(axis >= -input.rank && axis < input.rank, Status::kCorrupt, "has an axis out of range",
                         &axes)) {
      return context.status();
    }
    reduced_axes |= 1u << (axis < 0 ? axis + input.rank : axis);
  }
  MeanParams params{};
  std::fill_n(params.kept, kMaxRank, 1);
  std::fill_n(params.reduced, kMaxRank, 1);
  int kept = kMaxRank, reduced = kMaxRank;
  int32_t stride = 1, count = 1;
  uint32_t outputs = 1;
  for (int i = input.rank - 1; i >= 0; --i) {
    const int32_t size = input.dims[i];
    if (reduced_axes >> i & 1) {
      params.reduced[--reduced] = size;
      params.reduced_strides[reduced] = stride;
      count *= size;
    } else {
      params.kept[--kept] = size;
      params.kept_strides[kept] = stride;
      outputs *= static_cast<uint32_t>(size);
    }
    stride *= size;
  }
  const QuantizedMultiplier q = QuantizeRatio(input.scale, 1.0f, output.scale);
  constexpr int32_t kMaxCount = sizeof(T) == 1 ? 1 << 22 : 1 << 15;
  if (!context.Require(output.elements == outputs, Status::kCorrupt, "does not have the shape that the axes give",
                       &output) ||
      !context.Require(count <= kMaxCount, Status::kUnsupported, "has too many values for one mean", &input) ||
      !context.Require(q.shift <= 30, Status::kUnsupported, "a scale is too large", &input)) {
    return context.status();
  }
  // 1 / count goes into the multiplier, as in tensorflow/lite/kernels/internal/reference/reduce.h.
  const int bits = std::min(31 - std::countl_zero(static_cast<uint32_t>(count)), 31 + static_cast<int>(q.shift));
  params.multiplier = static_cast<int32_t>((static_cast<int64_t>(q.multiplier) << bits) / count);
  params.shift = q.shift - bits;
  params.input_zero_point = input.zero_point;
  params.output_zero_point = output.zero_point;
  auto* p = context.Commit<MeanParams>();
  if (p == nullptr) return context.status();
  *p = params;
  context.Bind(p->input, input);
  context.Bind(p->output, output);
  context.CountMacs(input.elements);
  context.SetKernel(Run<T>, p);
  return Status::kOk;
}

}  // namespace

constinit const OperatorRegistration kMean = {40, "MEAN", Plan<int8_t>};
namespace int16 {
constinit const OperatorRegistration kMean = {40, "MEAN", Plan<int16_t>};
}

}  // namespace mls::engine
