#include "quantize.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "flatbuffer.h"

namespace mls::engine {

float ScaleList::operator[](uint32_t index) const { return LoadFloat(bytes + 4 * size_t{index}); }

namespace {

// value = mantissa * 2^exponent with bit 23 of the mantissa set; mantissa 0 for zero.
struct Unpacked {
  uint32_t mantissa;
  int exponent;
};
Unpacked Unpack(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t fraction = bits & 0x7fffff;
  const int exponent = static_cast<int>(bits >> 23 & 0xff);
  if (exponent != 0) return {fraction | 0x800000, exponent - 150};
  if (fraction == 0) return {0, 0};
  const int shift = std::countl_zero(fraction) - 8;
  return {fraction << shift, -149 - shift};
}

}  // namespace

QuantizedMultiplier QuantizeRatio(float a, float b, float c, int exponent) {
  const Unpacked ua = Unpack(a), ub = Unpack(b), uc = Unpack(c);
  if (ua.mantissa == 0 || ub.mantissa == 0 || uc.mantissa == 0) return {};
  uint64_t product = uint64_t{ua.mantissa} * ub.mantissa;
  int shift = exponent + ua.exponent + ub.exponent - uc.exponent;
  if (product >> 47 == 0) {
    product <<= 1;
    --shift;
  }
  // Long division, a byte at a time: `high` gets the 24 or 25 bits of the whole part, `low` 32 bits of the fraction.
  const uint32_t divisor = uc.mantissa;
  uint32_t rest = static_cast<uint32_t>(product >> 24);
  const bool wide = rest >= divisor;
  if (wide) rest -= divisor;
  const auto next = [&rest, divisor](uint32_t quotient, uint32_t byte) {
    rest = rest << 8 | byte;
    const uint32_t digit = rest / divisor;
    rest -= digit * divisor;
    return quotient << 8 | digit;
  };
  const uint32_t below = static_cast<uint32_t>(product);
  uint32_t high = next(next(next(wide, below >> 16 & 0xff), below >> 8 & 0xff), below & 0xff);
  uint32_t low = next(next(next(next(0, 0), 0), 0), 0);
  // 31 bits are kept; `low` becomes the fraction after them.
  const int more = wide ? 6 : 7;
  high = high << more | low >> (32 - more);
  low <<= more;
  shift += wide ? 25 : 24;
  // Halves round up. So does what a double cannot tell from one half: 2^-23 or less below it.
  if (low >= 0x80000000u - (1u << 9)) ++high;
  if (high == 0x80000000u) {
    high >>= 1;
    ++shift;
  }
  if (shift < -31) return {};
  return {static_cast<int32_t>(high), shift};
}

QuantizedMultiplier QuantizeDouble(double value) {
  const uint64_t bits = std::bit_cast<uint64_t>(value);
  const int shift = static_cast<int>(bits >> 52 & 0x7ff) - 1022;
  if (shift < -31) return {};
  // 53 bits to 31.
  const uint64_t mantissa = (bits & ((uint64_t{1} << 52) - 1)) | uint64_t{1} << 52;
  const uint64_t rounded = (mantissa + (1 << 21)) >> 22;
  if (rounded == uint64_t{1} << 31) return {1 << 30, shift + 1};
  return {static_cast<int32_t>(rounded), shift};
}

int32_t RoundToInt(float value) {
  if (value >= 2147483648.0f) return std::numeric_limits<int32_t>::max();
  if (value < -2147483648.0f) return std::numeric_limits<int32_t>::min();
  if (!(value == value)) return 0;
  const int32_t whole = static_cast<int32_t>(value);
  const float rest = value - static_cast<float>(whole);
  return rest >= 0.5f ? whole + 1 : rest <= -0.5f ? whole - 1 : whole;
}

bool ActivationRange(PlanContext& context, int32_t activation, const Tensor& output, OutputRange& range) {
  enum { kNone = 0, kRelu = 1, kReluN1To1 = 2, kRelu6 = 3 };
  if (!context.Require(activation >= kNone && activation <= kRelu6, Status::kUnsupported,
                       "fused activation not supported")) {
    return false;
  }
  const int32_t low = output.type == TensorType::kInt16 ? -32768 : -128;
  range = {low, -1 - low};
  if (activation == kNone) return true;
  // How far the limits lie from the zero point; more than this is outside of any range.
  constexpr int32_t kFar = 1 << 17;
  const int32_t below = activation == kReluN1To1 ? -std::min(RoundToInt(1.0f / output.scale), kFar) : 0;
  range.min = std::clamp(output.zero_point + below, range.min, range.max);
  if (activation != kRelu) {
    const int32_t above = std::min(RoundToInt((activation == kRelu6 ? 6.0f : 1.0f) / output.scale), kFar);
    range.max = std::clamp(output.zero_point + above, low, range.max);
  }
  return true;
}

bool ActivationRange(PlanContext& context, int32_t activation, const Tensor& output, Int8Range& range) {
  OutputRange wide;
  if (!ActivationRange(context, activation, output, wide)) return false;
  range = {static_cast<int8_t>(wide.min), static_cast<int8_t>(wide.max)};
  return true;
}

bool RequireQuantized(PlanContext& context, const Tensor& tensor, TensorType type) {
  return context.RequireType(tensor, type) &&
         context.Require(tensor.scales.count == 1, Status::kCorrupt, "is not quantised with one scale", &tensor) &&
         context.Require(tensor.scale > 0, Status::kCorrupt, "a scale is zero", &tensor) &&
         context.Require(type != TensorType::kInt16 || tensor.zero_points_are_zero, Status::kUnsupported,
                         "has a zero point", &tensor);
}

bool RequireSameType(PlanContext& context, const Tensor& input, const Tensor& output, uint32_t& element_bytes) {
  element_bytes = output.elements == 0 ? 0 : output.bytes / output.elements;
  return context.Require(input.type == output.type, Status::kCorrupt, "does not have the type of the input", &output) &&
         context.Require(output.type != TensorType::kInt4 && output.type != TensorType::kResource, Status::kUnsupported,
                         "type int4 is not supported", &output);
}

bool RequireConstantInt32(PlanContext& context, const Tensor& tensor) {
  return context.Require(tensor.type == TensorType::kInt32 && (tensor.constant != nullptr || tensor.elements == 0),
                         Status::kUnsupported, "is not constant int32", &tensor);
}

int32_t ConstantInt32(const Tensor& tensor, uint32_t index) {
  return static_cast<int32_t>(LoadU32(tensor.constant + 4 * size_t{index}));
}

bool RequireSameShape(PlanContext& context, const Tensor& a, const Tensor& b) {
  return context.Require(std::ranges::equal(a.shape(), b.shape()), Status::kCorrupt, "shape differs from the input's",
                         &b);
}

bool SameQuantization(const Tensor& a, const Tensor& b) { return a.scale == b.scale && a.zero_point == b.zero_point; }

}  // namespace mls::engine
