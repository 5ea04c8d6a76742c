// From the float scales of a model to the integers that kernels use, exactly as TensorFlow Lite derives them, so that
// all targets agree. It computes with doubles and frexp; the same comes out here of integers, since small processors
// have no doubles.
#pragma once

#include <cstdint>

#include "mls/core/engine/operator.h"

namespace mls::engine {

struct QuantizedMultiplier {
  int32_t multiplier = 0;  // Q0.31 in [2^30, 2^31), or 0.
  int32_t shift = 0;       // The value is multiplier * 2^(shift - 31).
};

// a * b / c * 2^exponent for finite a, b >= 0 and c > 0, as if a * b and the quotient were rounded to doubles. Below
// 2^-32 it becomes zero. `shift` may exceed what kernels accept (30): check it.
QuantizedMultiplier QuantizeRatio(float a, float b, float c, int exponent = 0);

// The same of a double, zero or above.
QuantizedMultiplier QuantizeDouble(double value);

// Nearest integer, half away from zero, saturated to 32 bits; 0 for a NaN.
int32_t RoundToInt(float value);

// The range of the output that a fused activation leaves (ActivationFunctionType of the schema). False, with the error
// recorded, for activations that TensorFlow Lite does not fuse into quantised operators.
struct Int8Range {
  int8_t min = -128;
  int8_t max = 127;
};
bool ActivationRange(PlanContext& context, int32_t activation, const Tensor& output, Int8Range& range);

// The same for a tensor of int8 or int16.
struct OutputRange {
  int32_t min = 0;
  int32_t max = 0;
};
bool ActivationRange(PlanContext& context, int32_t activation, const Tensor& output, OutputRange& range);

// Requires a tensor of this type (int8 or int16) with one scale above zero; for int16, whose arithmetic is symmetric, a
// zero point of zero.
bool RequireQuantized(PlanContext& context, const Tensor& tensor, TensorType type);
inline bool RequireInt8(PlanContext& context, const Tensor& tensor) {
  return RequireQuantized(context, tensor, TensorType::kInt8);
}
// Requires that the two have one type, whose values take whole bytes: of `element_bytes` each.
bool RequireSameType(PlanContext& context, const Tensor& input, const Tensor& output, uint32_t& element_bytes);
// Requires an int32 tensor whose values are in the model; ConstantInt32 reads one.
bool RequireConstantInt32(PlanContext& context, const Tensor& tensor);
int32_t ConstantInt32(const Tensor& tensor, uint32_t index);
// Requires equal shapes.
bool RequireSameShape(PlanContext& context, const Tensor& a, const Tensor& b);
bool SameQuantization(const Tensor& a, const Tensor& b);

}  // namespace mls::engine
