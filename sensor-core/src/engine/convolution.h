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

// Where kernels for one kind of processor are, they replace the portable ones in kConv2D and its like.
#if defined(__ARM_FEATURE_DSP)
#define MLS_ENGINE_ARM_DSP 1
#endif

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

// CONV_2D and DEPTHWISE_CONV_2D, checked and described, before anything is committed.
struct ConvPlan {
  ConvTensors tensors;
  ConvParams params;
  Int8Range range;
};
bool ReadConv2D(PlanContext& context, ConvPlan& plan);
bool ReadDepthwiseConv2D(PlanContext& context, ConvPlan& plan);

// How a kernel wants to be planned.
struct KernelChoice {
  Kernel kernel;
  int pixels_at_once = 1;
  uint32_t scratch_bytes = 0;
  // Takes the kernel's place where accumulators may reach 2^30 or channels scale up (see HasSmallAccumulators).
  Kernel otherwise = nullptr;
};
Status CommitConv(PlanContext& context, const ConvPlan& plan, const KernelChoice& choice);
Status CommitFullyConnected(PlanContext& context, const KernelChoice& choice);

// Whether doubling any accumulator cannot overflow and no channel shifts left, so that a rounding, doubling high multiply is
// a plain high multiply of the doubled accumulator. `depth` is the number of products in one sum.
bool HasSmallAccumulators(const Requantization& r, const int32_t* bias, uint32_t channels, uint32_t multipliers, uint64_t depth);

inline int8_t Requantize(const Requantization& r, uint32_t channel, int32_t accumulator) {
  const int32_t scaled = MultiplyByQuantizedMultiplier(accumulator, r.multipliers[channel], r.shifts[channel]);
  return ClampToInt8(WrappingAdd(scaled, r.offset), r.min, r.max);
}

}  // namespace mls::engine
