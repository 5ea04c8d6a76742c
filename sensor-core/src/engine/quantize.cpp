#include "quantize.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "flatbuffer.h"

namespace mls::engine {

float ScaleList::operator[](uint32_t index) const { return LoadFloat(bytes + 4 * size_t{index}); }

QuantizedMultiplier QuantizeMultiplier(double value) {
  const uint64_t bits = std::bit_cast<uint64_t>(value);
  const int exponent = static_cast<int>(bits >> 52 & 0x7ff);
  if (exponent == 0) return {};  // Zero, or so small that the shift would be far below -31.
  // value = mantissa * 2^(exponent - 1075); as a fraction in [0.5, 1) times 2^shift, 31 bits of it kept.
  const uint64_t mantissa = (bits & ((uint64_t{1} << 52) - 1)) | uint64_t{1} << 52;
  int shift = exponent - 1022;
  uint32_t fixed = static_cast<uint32_t>((mantissa + (uint64_t{1} << 21)) >> 22);
  if (fixed == uint32_t{1} << 31) {
    fixed >>= 1;
    ++shift;
  }
  if (shift < -31) return {};
  return {static_cast<int32_t>(fixed), shift};
}

int32_t RoundToInt(float value) {
  if (value >= 2147483648.0f) return std::numeric_limits<int32_t>::max();
  if (value < -2147483648.0f) return std::numeric_limits<int32_t>::min();
  if (!(value == value)) return 0;
  const int32_t whole = static_cast<int32_t>(value);
  const float rest = value - static_cast<float>(whole);
  return rest >= 0.5f ? whole + 1 : rest <= -0.5f ? whole - 1 : whole;
}

bool ActivationRange(PlanContext& context, int32_t activation, const Tensor& output, Int8Range& range) {
  enum { kNone = 0, kRelu = 1, kReluN1To1 = 2, kRelu6 = 3 };
  if (!context.Require(activation >= kNone && activation <= kRelu6, Status::kUnsupported, "fused activation not supported")) {
    return false;
  }
  const auto quantize = [&output](float x) {
    const int64_t q = int64_t{output.zero_point} + RoundToInt(x / output.scale);
    return static_cast<int8_t>(std::clamp<int64_t>(q, -128, 127));
  };
  range = {};
  if (activation == kRelu || activation == kRelu6) range.min = quantize(0.0f);
  if (activation == kReluN1To1) range.min = quantize(-1.0f);
  if (activation == kReluN1To1) range.max = quantize(1.0f);
  if (activation == kRelu6) range.max = quantize(6.0f);
  return true;
}

bool RequireInt8(PlanContext& context, const Tensor& tensor) {
  return context.Require(tensor.type == TensorType::kInt8, Status::kUnsupported, "type is not int8", &tensor) &&
         context.Require(tensor.scales.count == 1, Status::kCorrupt, "is not quantised with one scale", &tensor);
}

bool RequireSameShape(PlanContext& context, const Tensor& a, const Tensor& b) {
  return context.Require(std::ranges::equal(a.shape(), b.shape()), Status::kCorrupt, "shape differs from the input's", &b);
}

bool SameQuantization(const Tensor& a, const Tensor& b) { return a.scale == b.scale && a.zero_point == b.zero_point; }

}  // namespace mls::engine
