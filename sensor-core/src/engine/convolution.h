// What CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED have in common while planning.
#pragma once

#include "mls/core/engine/kernels.h"
#include "fixed_point.h"
#include "quantize.h"
#include "window.h"

namespace mls::engine {

struct ConvTensors {
  Tensor input, weights, bias, output;
  bool has_bias = false;
};

// Reads and checks types and scales of the four tensors. Channels are counted along `channel_dimension` of the weights.
bool ReadConvTensors(PlanContext& context, ConvTensors& tensors, int weights_rank, int channel_dimension);

// Fields that both convolutions share, after the options were opened. Checks the output's shape.
struct ConvOptions {
  int32_t padding, stride_width, stride_height, dilation_width, dilation_height, activation;
};
bool FillConvParams(PlanContext& context, const ConvTensors& tensors, const ConvOptions& options, ConvParams& params);

// Bytes that one multiplier and one shift per channel take after the parameters.
constexpr size_t RequantizationBytes(uint32_t channels) { return channels * (sizeof(int32_t) + sizeof(int8_t)); }
// Fills multipliers and shifts at `memory` for `channels` channels; with `channels` 1 only the first scale is used.
bool FillRequantization(PlanContext& context, const ConvTensors& tensors, uint32_t channels, Int8Range range, void* memory,
                        Requantization& requantization);
void BindConv(PlanContext& context, const ConvTensors& tensors, const int8_t*& input, const int8_t*& weights,
              const int32_t*& bias, int8_t*& output);

inline int8_t Requantize(const Requantization& r, uint32_t channel, int32_t accumulator) {
  const int32_t scaled = MultiplyByQuantizedMultiplier(accumulator, r.multipliers[channel], r.shifts[channel]);
  return ClampToInt8(WrappingAdd(scaled, r.offset), r.min, r.max);
}

}  // namespace mls::engine
