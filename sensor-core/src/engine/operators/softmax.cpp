#include <bit>

#include "../fixed_point.h"
#include "../quantize.h"
#include "mls/core/engine/operators.h"

// Softmax along the last dimension, in the fixed-point steps of tensorflow/lite/kernels/internal/reference/softmax.h.
namespace mls::engine {
namespace {

constexpr int kDifferenceIntegerBits = 5;   // exp's argument is Q5.26.
constexpr int kSumIntegerBits = 12;         // The sum of exponentials is Q12.19.
constexpr int32_t kMaxDepth = 4096;         // More could overflow the sum.

struct SoftmaxParams {
  const int8_t* input;
  int8_t* output;
  int32_t rows, depth;
  int32_t multiplier, left_shift;
  int32_t least_difference;  // Differences below contribute nothing.
};

Status Run(const void* params) {
  const SoftmaxParams& p = *static_cast<const SoftmaxParams*>(params);
  const auto exponential = [&p](int32_t difference) {
    const int32_t scaled = RoundingDoublingHighMul(WrappingShiftLeft(difference, p.left_shift), p.multiplier);
    return ExpOnNegativeValues(scaled, kDifferenceIntegerBits);
  };
  const int8_t* input = p.input;
  int8_t* output = p.output;
  for (int row = 0; row < p.rows; ++row, input += p.depth, output += p.depth) {
    const int32_t most = *std::max_element(input, input + p.depth);
    uint32_t sum = 0;
    for (int i = 0; i < p.depth; ++i) {
      const int32_t difference = input[i] - most;
      if (difference < p.least_difference) continue;
      sum += static_cast<uint32_t>(RoundingDivideByPowerOfTwo(exponential(difference), kSumIntegerBits));
    }
    // 1 / sum as a Q0.31 in [1/2, 1) and a power of two.
    const int headroom = std::countl_zero(sum);
    const int bits_over_unit = kSumIntegerBits - headroom;
    const int32_t fraction = static_cast<int32_t>((sum << headroom) - (uint32_t{1} << 31));
    const int32_t reciprocal = OneOverOnePlusX(fraction);
    const int exponent = bits_over_unit + 31 - 8;
    for (int i = 0; i < p.depth; ++i) {
      const int32_t difference = input[i] - most;
      if (difference < p.least_difference) {
        output[i] = -128;
        continue;
      }
      const int32_t product = RoundingDoublingHighMul(reciprocal, exponential(difference));
      output[i] = ClampToInt8(RoundingDivideByPowerOfTwo(product, exponent) - 128);
    }
  }
  return Status::kOk;
}

Status Plan(PlanContext& context) {
  Tensor input, output;
  if (!context.Input(0, input) || !context.Output(0, output) || !RequireInt8(context, input) ||
      !RequireInt8(context, output) || !RequireSameShape(context, input, output) || !context.OpenOptions(9)) {
    return context.status();
  }
  const float beta = context.OptionFloat(0, 0.0f);
  const int32_t depth = input.rank == 0 ? 1 : input.dims[input.rank - 1];
  const bool sane = beta > 0 && beta < 1e30f;
  QuantizedMultiplier q = QuantizeRatio(sane ? beta : 0, input.scale, 1.0f, 31 - kDifferenceIntegerBits);
  if (q.shift > 31) q = {INT32_MAX, 31};
  if (!context.Require(output.scale == 1.0f / 256 && output.zero_point == -128, Status::kUnsupported,
                       "output is not quantised as 1/256 with zero point -128", &output) ||
      !context.Require(q.multiplier != 0 && q.shift > 0, Status::kUnsupported, "beta or the input's scale is too small",
                       &input) ||
      !context.Require(depth < kMaxDepth, Status::kUnsupported, "has too many classes", &input)) {
    return context.status();
  }
  context.AllowOverlap(input, output, 0);
  auto* p = context.Commit<SoftmaxParams>();
  if (p == nullptr) return context.status();
  context.Bind(p->input, input);
  context.Bind(p->output, output);
  p->depth = depth;
  p->rows = static_cast<int32_t>(input.elements / static_cast<uint32_t>(depth));
  p->multiplier = q.multiplier;
  p->left_shift = q.shift;
  // -(2^5 - 1) in Q5.26, scaled back to input units, toward zero.
  constexpr int64_t kLimit = int64_t{(1 << kDifferenceIntegerBits) - 1} << (31 - kDifferenceIntegerBits);
  p->least_difference = static_cast<int32_t>(-(kLimit >> q.shift));
  context.CountMacs(input.elements);
  context.SetKernel(Run, p);
  return Status::kOk;
}

}  // namespace

constinit const OperatorRegistration kSoftmax = {25, "SOFTMAX", Plan};

}  // namespace mls::engine
