// SUB and MUL on int8; ADD, SUB and MUL on int16. Arithmetic:
// tensorflow/lite/kernels/internal/reference/{add,sub,mul}.h.
#include <type_traits>

#include "../broadcast.h"
#include "../fixed_point.h"
#include "../quantize.h"
#include "mls/core/engine/operators.h"

namespace mls::engine {
namespace {

enum class Arithmetic { kAdd, kSub, kMul };

struct ArithmeticInput {
  const int8_t* data;
  int32_t offset, multiplier, shift;
  int32_t strides[TensorInfo::kMaxRank];
};

struct ArithmeticParams {
  ArithmeticInput inputs[2];
  int8_t* output;
  int32_t dims[TensorInfo::kMaxRank];
  int32_t multiplier, shift, offset;
  OutputRange range;
};

// Inputs of sums are scaled up by this before they are brought to a common scale.
template <typename T>
constexpr int kLeftShift = std::is_same_v<T, int16_t> ? 15 : 20;

template <typename T, Arithmetic kOperation>
int32_t Combine(const ArithmeticParams& p, T a, T b) {
  if constexpr (kOperation == Arithmetic::kMul) return (a + p.inputs[0].offset) * (b + p.inputs[1].offset);
  const auto rescale = [](const ArithmeticInput& input, T x) {
    return MultiplyByQuantizedMultiplier(WrappingShiftLeft(x + input.offset, kLeftShift<T>), input.multiplier,
                                         input.shift);
  };
  const int32_t left = rescale(p.inputs[0], a), right = rescale(p.inputs[1], b);
  return WrappingAdd(left, kOperation == Arithmetic::kAdd ? right : -right);
}

template <typename T, Arithmetic kOperation>
Status Run(const void* params) {
  const ArithmeticParams& p = *static_cast<const ArithmeticParams*>(params);
  const int32_t* d = p.dims;
  const int32_t* sa = p.inputs[0].strides;
  const int32_t* sb = p.inputs[1].strides;
  const T* const first = reinterpret_cast<const T*>(p.inputs[0].data);
  const T* const second = reinterpret_cast<const T*>(p.inputs[1].data);
  T* output = reinterpret_cast<T*>(p.output);
  for (int i0 = 0; i0 < d[0]; ++i0) {
    for (int i1 = 0; i1 < d[1]; ++i1) {
      for (int i2 = 0; i2 < d[2]; ++i2) {
        for (int i3 = 0; i3 < d[3]; ++i3) {
          const T* a = first + i0 * sa[0] + i1 * sa[1] + i2 * sa[2] + i3 * sa[3];
          const T* b = second + i0 * sb[0] + i1 * sb[1] + i2 * sb[2] + i3 * sb[3];
          for (int i4 = 0; i4 < d[4]; ++i4) {
            const int32_t raw = Combine<T, kOperation>(p, a[i4 * sa[4]], b[i4 * sb[4]]);
            const int32_t scaled = WrappingAdd(MultiplyByQuantizedMultiplier(raw, p.multiplier, p.shift), p.offset);
            *output++ = static_cast<T>(std::min(std::max(scaled, p.range.min), p.range.max));
          }
        }
      }
    }
  }
  return Status::kOk;
}

bool IsPowerOfTwo(float scale) {
  const QuantizedMultiplier q = QuantizeRatio(scale, 1.0f, 1.0f);
  return q.multiplier == 1 << 30;
}

template <typename T, Arithmetic kOperation>
Status Plan(PlanContext& context) {
  constexpr TensorType kType = std::is_same_v<T, int16_t> ? TensorType::kInt16 : TensorType::kInt8;
  constexpr int kOptions = kOperation == Arithmetic::kAdd ? 11 : kOperation == Arithmetic::kSub ? 28 : 21;
  enum Option { kActivation = 0, kPowerOfTwoScales = 1 };
  Tensor inputs[2], output;
  ArithmeticParams params{};
  if (!context.Input(0, inputs[0]) || !context.Input(1, inputs[1]) || !context.Output(0, output) ||
      !RequireQuantized(context, inputs[0], kType) || !RequireQuantized(context, inputs[1], kType) ||
      !RequireQuantized(context, output, kType) || !context.OpenOptions(kOptions) ||
      !Broadcast(context, inputs, output, params.dims, params.inputs[0].strides, params.inputs[1].strides) ||
      !ActivationRange(context, context.OptionByte(kActivation, 0), output, params.range)) {
    return context.status();
  }
  QuantizedMultiplier q;
  if constexpr (kOperation == Arithmetic::kMul) {
    q = QuantizeRatio(inputs[0].scale, inputs[1].scale, output.scale);
  } else {
    // There, such sums shift instead of multiplying, if the model allows it. Converters have stopped doing so.
    const bool shifts = kType == TensorType::kInt16 && context.OptionByte(kPowerOfTwoScales, 1) != 0 &&
                        IsPowerOfTwo(inputs[0].scale) && IsPowerOfTwo(inputs[1].scale) && IsPowerOfTwo(output.scale);
    if (!context.Require(!shifts, Status::kUnsupported, "arithmetic of powers of two is not supported", &output)) {
      return context.status();
    }
    const float most = std::max(inputs[0].scale, inputs[1].scale);
    for (int i = 0; i < 2; ++i) {
      q = QuantizeRatio(inputs[i].scale, 1.0f, most, -1);
      params.inputs[i].multiplier = q.multiplier;
      params.inputs[i].shift = q.shift;
    }
    q = QuantizeRatio(most, 1.0f, output.scale, 1 - kLeftShift<T>);
  }
  for (int i = 0; i < 2; ++i) params.inputs[i].offset = -inputs[i].zero_point;
  if (!context.Require(q.shift <= (kOperation == Arithmetic::kMul ? 30 : 0), Status::kUnsupported,
                       "output's scale is too small", &output)) {
    return context.status();
  }
  params.multiplier = q.multiplier;
  params.shift = q.shift;
  params.offset = output.zero_point;
  // In place over an input of the output's size, if one is not needed any more.
  for (const Tensor& input : inputs) {
    if (input.elements == output.elements) context.AllowOverlap(input, output, 0);
  }
  auto* p = context.Commit<ArithmeticParams>();
  if (p == nullptr) return context.status();
  *p = params;
  for (int i = 0; i < 2; ++i) context.Bind(p->inputs[i].data, inputs[i]);
  context.Bind(p->output, output);
  context.CountMacs(output.elements);
  context.SetKernel(Run<T, kOperation>, p);
  return Status::kOk;
}

}  // namespace

constinit const OperatorRegistration kSub = {41, "SUB", Plan<int8_t, Arithmetic::kSub>};
constinit const OperatorRegistration kMul = {18, "MUL", Plan<int8_t, Arithmetic::kMul>};

namespace int16 {
constinit const OperatorRegistration kAdd = {0, "ADD", Plan<int16_t, Arithmetic::kAdd>};
constinit const OperatorRegistration kSub = {41, "SUB", Plan<int16_t, Arithmetic::kSub>};
constinit const OperatorRegistration kMul = {18, "MUL", Plan<int16_t, Arithmetic::kMul>};
}  // namespace int16

}  // namespace mls::engine
