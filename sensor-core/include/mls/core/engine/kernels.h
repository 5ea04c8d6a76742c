// Parameters of the convolution-like kernels, for boards that replace a kernel and keep the planning:
//
//   Status MyConv(const void* params) { const auto& p = *static_cast<const ConvParams*>(params); ... }
//   constexpr OperatorRegistration kMyConv = {3, "CONV_2D", [](PlanContext& c) { return PlanConv2D(c, MyConv, 1); }};
//
// Data are NHWC. Accumulators are 32 bits and wrap; requantisation is MultiplyByQuantizedMultiplier per output channel.
#pragma once

#include <cstdint>

#include "mls/core/engine/operator.h"

namespace mls::engine {

// How an accumulator becomes an int8: clamp(acc * multipliers[c] * 2^(shifts[c] - 31) + offset, min, max).
struct Requantization {
  const int32_t* multipliers = nullptr;  // One per output channel, Q0.31.
  const int8_t* shifts = nullptr;        // One per output channel, -31 to 30.
  int16_t offset = 0;                    // Zero point of the output.
  int8_t min = -128;
  int8_t max = 127;
};

struct ConvParams {
  const int8_t* input = nullptr;
  const int8_t* weights = nullptr;  // CONV_2D: [output][ky][kx][input / groups]. DEPTHWISE_CONV_2D: [ky][kx][output].
  const int32_t* bias = nullptr;    // May be null.
  int8_t* output = nullptr;
  Requantization requantization;
  int16_t input_offset = 0;  // Minus the zero point of the input; padding counts as zero after adding it.
  uint16_t batches = 0;
  uint16_t input_height = 0, input_width = 0, input_channels = 0;
  uint16_t output_height = 0, output_width = 0, output_channels = 0;
  uint16_t kernel_height = 0, kernel_width = 0;
  uint16_t stride_height = 0, stride_width = 0;
  uint16_t dilation_height = 0, dilation_width = 0;
  uint16_t pad_top = 0, pad_left = 0;
  uint16_t group_channels = 0;  // CONV_2D: input channels per group; equal to input_channels if not grouped.
  bool copy_weights = false;    // For kernels that read past the end of the weights, where the file ends too soon.
  bool packed_bias = false;     // For kernels that ask for it: input_offset times the sum of the weights is in the bias.
  void* scratch = nullptr;      // Working memory, if the kernel asked for some.
};

struct FullyConnectedParams {
  const int8_t* input = nullptr;    // [batches][depth]
  const int8_t* weights = nullptr;  // [outputs][depth]
  const int32_t* bias = nullptr;    // May be null.
  int8_t* output = nullptr;         // [batches][outputs]
  Requantization requantization;    // One entry per output if per_channel, else one.
  uint32_t batches = 0, depth = 0, outputs = 0;
  int16_t input_offset = 0;
  bool per_channel : 1 = false;
  bool copy_weights : 1 = false;
  bool packed_bias : 1 = false;
  void* scratch = nullptr;
};

// Plans the operator for `kernel`. The kernel must work through the output in row-major order and may write an output
// pixel only after everything read for it, and for the next `pixels_at_once - 1` ones, has been read.
Status PlanConv2D(PlanContext& context, Kernel kernel, int pixels_at_once);
Status PlanDepthwiseConv2D(PlanContext& context, Kernel kernel, int pixels_at_once);
Status PlanFullyConnected(PlanContext& context, Kernel kernel);

// The portable kernels.
Status RunConv2D(const void* params);
Status RunDepthwiseConv2D(const void* params);
Status RunFullyConnected(const void* params);

}  // namespace mls::engine
