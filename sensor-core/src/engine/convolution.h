// What CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED have in common while planning.
#pragma once

#include "mls/core/engine/kernels.h"
#include "fixed_point.h"
#include "quantize.h"
#include "window.h"

namespace mls::engine {

struct ConvTensors {
  ConvTensors();  // Not inline: it is long.

  // Wanted types; set before reading.
  TensorType type = TensorType::kInt8, weights_type = TensorType::kInt8;
  bool transposed = false;  // The inputs come in TRANSPOSE_CONV's order.

  Tensor input, weights, bias, output;
  bool has_bias = false;
};

// Where kernels for one kind of processor are, they replace the portable ones in kConv2D and its like.
#if defined(__ARM_FEATURE_MVE)
#define MLS_ENGINE_ARM_HELIUM 1
#define MLS_ENGINE_PACKED_BIAS 1
#define MLS_ENGINE_FAST_KERNELS 1
#define MLS_ENGINE_FAST_ADD 1
#elif defined(__ARM_FEATURE_DSP)
#define MLS_ENGINE_ARM_DSP 1
#define MLS_ENGINE_FAST_KERNELS 1
#elif defined(__x86_64__)
#define MLS_ENGINE_X86 1
#define MLS_ENGINE_FAST_KERNELS 1
#define MLS_ENGINE_FAST_ADD 1
#elif defined(__aarch64__) && defined(__ARM_FEATURE_DOTPROD)
#define MLS_ENGINE_ARM_NEON 1
#define MLS_ENGINE_PACKED_BIAS 1
#define MLS_ENGINE_FAST_KERNELS 1
#endif
#if defined(MLS_ENGINE_X86) || defined(MLS_ENGINE_ARM_NEON)
constexpr bool kAsksForRoom = true;  // Some kernels use PlanContext::RoomFor.
#else
constexpr bool kAsksForRoom = false;
#endif
#ifdef MLS_ENGINE_X86
constexpr bool kPacksWeights = true;
constexpr bool kWideVectors = true;
#else
constexpr bool kPacksWeights = false;
constexpr bool kWideVectors = false;
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
bool FillRequantization(PlanContext& context, const ConvTensors& tensors, uint32_t channels, Int8Range range,
                        void* memory, Requantization& requantization);
// The packed bias in the model file; null if there is none. False, with the error recorded, if it is damaged.
bool FindPackedBias(PlanContext& context, uint32_t channels, const int32_t*& bias);
void BindConv(PlanContext& context, const ConvTensors& tensors, const int8_t*& input, const int8_t*& weights,
              const int32_t*& bias, int8_t*& output);

// CONV_2D and DEPTHWISE_CONV_2D, checked and described, before anything is committed.
struct ConvPlan {
  ConvTensors tensors;
  ConvParams params;
  OutputRange output_range;
  Int8Range range;  // The same, for int8.
};
bool ReadConv2D(PlanContext& context, ConvPlan& plan);
bool ReadDepthwiseConv2D(PlanContext& context, ConvPlan& plan);

// How a kernel wants to be planned.
struct KernelChoice {
  Kernel kernel = nullptr;
  int pixels_at_once = 1;
  uint32_t scratch_bytes = 0;
  bool takes_packed_bias = false;
  // Takes the kernel's place where `fits` is false.
  Kernel otherwise = nullptr;
  // Given the multipliers there are and the number of products in one sum.
  bool (*fits)(const Requantization& r, const int32_t* bias, uint32_t channels, uint32_t multipliers,
               uint64_t depth) = nullptr;
  // CONV_2D: channels that can only give one value are marked: their shift is kConstantChannel, their multiplier the
  // value.
  bool fold_constant_channels = false;
  bool copy_weights = false;  // FULLY_CONNECTED: see FullyConnectedParams.
  TensorType weights_type = TensorType::kInt8;  // FULLY_CONNECTED.
  // Where kPacksWeights: bytes that the kernel keeps in the plan, and what fills them once the parameters are complete.
  uint32_t packed_bytes = 0;
  void (*pack)(void* params, void* memory) = nullptr;
};
constexpr int8_t kConstantChannel = -128;
inline bool HasRoom(PlanContext& context, const KernelChoice& choice) {
  return context.RoomFor(choice.packed_bytes, choice.scratch_bytes);
}
Status CommitConv(PlanContext& context, const ConvPlan& plan, const KernelChoice& choice);
Status CommitFullyConnected(PlanContext& context, const ConvTensors& tensors, const KernelChoice& choice);
// The same, reading the tensors first.
Status CommitFullyConnected(PlanContext& context, const KernelChoice& choice);

// With one input channel DEPTHWISE_CONV_2D is a CONV_2D whose weights lie the other way round: the scratch begins with
// them turned, and `slack` bytes behind them.
inline uint32_t TurnedWeightsBytes(const ConvParams& p, uint32_t slack = 0) {
  return (uint32_t{p.kernel_height} * p.kernel_width * p.output_channels + slack + 7) / 8 * 8;
}
inline ConvParams TurnWeights(const ConvParams& depthwise, uint32_t slack = 0) {
  ConvParams p = depthwise;
  auto* const turned = static_cast<int8_t*>(p.scratch);
  const int taps = p.kernel_height * p.kernel_width;
  for (int c = 0; c < p.output_channels; ++c) {
    for (int tap = 0; tap < taps; ++tap) turned[c * taps + tap] = p.weights[tap * p.output_channels + c];
  }
  p.weights = turned;
  p.scratch = turned + TurnedWeightsBytes(p, slack);
  return p;
}

// Channels shift right by 1 to 22 bits, as a rule. Whether no accumulator of such a channel can reach 2^30, so that
// kernels may double it, and add half and the offset before they shift.
constexpr int32_t kMostUsualShift = 22;
bool HasSmallAccumulators(const Requantization& r, const int32_t* bias, uint32_t channels, uint32_t multipliers,
                          uint64_t depth);
// The same, and there are no other channels.
bool HasOnlySmallAccumulators(const Requantization& r, const int32_t* bias, uint32_t channels, uint32_t multipliers,
                              uint64_t depth);
// Whether every channel shifts right by 1 to 31 bits or gives zero.
bool ShiftsRight(const Requantization& r, const int32_t* bias, uint32_t channels, uint32_t multipliers, uint64_t depth);

inline int8_t Requantize(const Requantization& r, uint32_t channel, int32_t accumulator) {
  const int32_t scaled = MultiplyByQuantizedMultiplier(accumulator, r.multipliers[channel], r.shifts[channel]);
  return ClampToInt8(WrappingAdd(scaled, r.offset), r.min, r.max);
}

}  // namespace mls::engine
