// CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED with int16 activations and int8 weights. Sums have 64 bits, or 32 if
// the bias has. Sources:
// tensorflow/lite/kernels/internal/reference/integer_ops/{conv,depthwise_conv,fully_connected}.h.
#include <cstring>

#include "../convolution.h"
#include "mls/core/engine/operators.h"

namespace mls::engine {
namespace {

struct WideConvParams {
  ConvParams conv;
  OutputRange range;
};

template <typename Sum>
Sum BiasAt(const int32_t* bias, int channel) {
  Sum value = 0;
  if (bias != nullptr) {
    std::memcpy(&value, reinterpret_cast<const uint8_t*>(bias) + channel * static_cast<int>(sizeof(Sum)), sizeof(Sum));
  }
  return value;
}

int16_t Requantize(const Requantization& r, const OutputRange& range, int channel, int64_t sum) {
  const int32_t scaled = MultiplyWideByQuantizedMultiplier(sum, r.multipliers[channel], r.shifts[channel]);
  return static_cast<int16_t>(std::min(std::max(scaled, range.min), range.max));
}
int16_t Requantize(const Requantization& r, const OutputRange& range, int channel, int32_t sum) {
  const int32_t scaled = MultiplyByQuantizedMultiplier(sum, r.multipliers[channel], r.shifts[channel]);
  return static_cast<int16_t>(std::min(std::max(scaled, range.min), range.max));
}

template <typename Sum, bool kDepthwise>
Status RunConv(const void* params) {
  using Unsigned = std::make_unsigned_t<Sum>;
  const auto& [p, range] = *static_cast<const WideConvParams*>(params);
  const int groups = p.input_channels / p.group_channels;
  const int group_outputs = p.output_channels / groups;
  // Weights between neighbours: of a tap, and of a channel of the input.
  const int tap = kDepthwise ? p.output_channels : p.group_channels;
  const int16_t* input = reinterpret_cast<const int16_t*>(p.input);
  int16_t* output = reinterpret_cast<int16_t*>(p.output);
  for (int batch = 0; batch < p.batches; ++batch, input += p.input_height * p.input_width * p.input_channels) {
    for (int y = 0; y < p.output_height; ++y) {
      const int top = y * p.stride_height - p.pad_top;
      const Taps rows = TapsInside(top, p.kernel_height, p.dilation_height, p.input_height);
      for (int x = 0; x < p.output_width; ++x) {
        const int left = x * p.stride_width - p.pad_left;
        const Taps columns = TapsInside(left, p.kernel_width, p.dilation_width, p.input_width);
        for (int c = 0; c < p.output_channels; ++c) {
          Unsigned sum = static_cast<Unsigned>(BiasAt<Sum>(p.bias, c));
          const int8_t* weights = kDepthwise ? p.weights + c : p.weights + c * p.kernel_height * p.kernel_width * tap;
          for (int ky = rows.first; ky < rows.last; ++ky) {
            for (int kx = columns.first; kx < columns.last; ++kx) {
              const int16_t* in =
                  input + c / group_outputs * p.group_channels +
                  ((top + ky * p.dilation_height) * p.input_width + left + kx * p.dilation_width) * p.input_channels;
              const int8_t* w = weights + (ky * p.kernel_width + kx) * tap;
              for (int i = 0; i < p.group_channels; ++i) sum += static_cast<Unsigned>(static_cast<Sum>(in[i] * w[i]));
            }
          }
          *output++ = Requantize(p.requantization, range, c, static_cast<Sum>(sum));
        }
      }
    }
  }
  return Status::kOk;
}

// Multipliers of the 64-bit kernels reach less far.
bool RequireShifts(PlanContext& context, const Requantization& r, uint32_t count, const Tensor& weights) {
  bool fits = true;
  for (uint32_t c = 0; c < count; ++c) fits = fits && r.shifts[c] <= 7;
  return context.Require(fits, Status::kUnsupported, "a scale is too large", &weights);
}

template <bool kDepthwise>
Status PlanConv(PlanContext& context) {
  ConvPlan plan;
  ConvTensors& t = plan.tensors;
  t.type = TensorType::kInt16;
  if (!(kDepthwise ? ReadDepthwiseConv2D(context, plan) : ReadConv2D(context, plan))) return context.status();
  const uint32_t channels = plan.params.output_channels;
  if (plan.params.batches == 1) {
    const ConvParams& g = plan.params;
    context.AllowOverlap(t.input, t.output,
                         LeadBytes({g.input_width, 2 * g.input_channels, g.output_height, g.output_width, 2 * channels,
                                    g.stride_height, g.stride_width, g.pad_top, g.pad_left, 1}));
  }
  auto* p = context.Commit<WideConvParams>(RequantizationBytes(channels));
  if (p == nullptr) return context.status();
  p->conv = plan.params;
  p->range = plan.output_range;
  ConvParams& conv = p->conv;
  const bool wide = kDepthwise || (t.has_bias && t.bias.type == TensorType::kInt64);
  if (!context.Require(!kDepthwise || !t.has_bias || t.bias.type == TensorType::kInt64, Status::kUnsupported,
                       "bias is not int64", &t.bias) ||
      !FillRequantization(context, t, channels, {}, p + 1, conv.requantization) ||
      (wide && !RequireShifts(context, conv.requantization, channels, t.weights))) {
    return context.status();
  }
  BindConv(context, t, conv.input, conv.weights, conv.bias, conv.output);
  context.CountMacs(uint64_t{t.output.elements} * conv.kernel_height * conv.kernel_width * conv.group_channels);
  if constexpr (kDepthwise) {
    context.SetKernel(RunConv<int64_t, true>, p);
  } else {
    context.SetKernel(wide ? RunConv<int64_t, false> : RunConv<int32_t, false>, p);
  }
  return Status::kOk;
}

struct WideFullyConnectedParams {
  const int8_t* input;
  const int8_t* weights;
  const int32_t* bias;
  int8_t* output;
  uint32_t batches, depth, outputs;
  bool per_channel;
  Requantization requantization;
  OutputRange range;
};

Status RunWideFullyConnected(const void* params) {
  const auto& p = *static_cast<const WideFullyConnectedParams*>(params);
  const int16_t* input = reinterpret_cast<const int16_t*>(p.input);
  int16_t* output = reinterpret_cast<int16_t*>(p.output);
  for (uint32_t batch = 0; batch < p.batches; ++batch, input += p.depth) {
    const int8_t* weights = p.weights;
    for (uint32_t c = 0; c < p.outputs; ++c, weights += p.depth) {
      uint64_t sum = static_cast<uint64_t>(BiasAt<int64_t>(p.bias, static_cast<int>(c)));
      for (uint32_t i = 0; i < p.depth; ++i) sum += static_cast<uint64_t>(int64_t{input[i] * weights[i]});
      *output++ =
          Requantize(p.requantization, p.range, p.per_channel ? static_cast<int>(c) : 0, static_cast<int64_t>(sum));
    }
  }
  return Status::kOk;
}

Status PlanWideFullyConnected(PlanContext& context) {
  ConvTensors t;
  t.type = TensorType::kInt16;
  OutputRange range;
  if (!ReadConvTensors(context, t, 2, 0) || !context.OpenOptions(8)) return context.status();
  const uint32_t outputs = static_cast<uint32_t>(t.weights.dims[0]), depth = static_cast<uint32_t>(t.weights.dims[1]);
  if (!context.Require(context.OptionByte(1, 0) == 0, Status::kUnsupported, "shuffled weights are not supported") ||
      !context.Require(
          t.input.elements % depth == 0 && uint64_t{t.input.elements} / depth * outputs == t.output.elements,
          Status::kCorrupt, "does not have the shape that input and weights give", &t.output) ||
      !context.Require(!t.has_bias || t.bias.type == TensorType::kInt64, Status::kUnsupported, "bias is not int64",
                       &t.bias) ||
      !ActivationRange(context, context.OptionByte(0, 0), t.output, range)) {
    return context.status();
  }
  const bool per_channel = t.weights.scales.count > 1;
  const uint32_t multipliers = per_channel ? outputs : 1;
  auto* p = context.Commit<WideFullyConnectedParams>(RequantizationBytes(multipliers));
  if (p == nullptr) return context.status();
  if (!FillRequantization(context, t, multipliers, {}, p + 1, p->requantization)) return context.status();
  if (!per_channel) {
    // Unlike the convolutions, TensorFlow Lite multiplies these two as floats.
    const QuantizedMultiplier q = QuantizeRatio(t.input.scale * t.weights.scale, 1.0f, t.output.scale);
    auto* multiplier = reinterpret_cast<int32_t*>(p + 1);
    *multiplier = q.multiplier;
    *reinterpret_cast<int8_t*>(multiplier + 1) = static_cast<int8_t>(q.shift);
  }
  if (!RequireShifts(context, p->requantization, multipliers, t.weights)) return context.status();
  BindConv(context, t, p->input, p->weights, p->bias, p->output);
  p->batches = t.input.elements / depth;
  p->depth = depth;
  p->outputs = outputs;
  p->per_channel = per_channel;
  p->range = range;
  context.CountMacs(uint64_t{t.output.elements} * depth);
  context.SetKernel(RunWideFullyConnected, p);
  return Status::kOk;
}

}  // namespace

namespace int16 {
constinit const OperatorRegistration kConv2D = {3, "CONV_2D", PlanConv<false>};
constinit const OperatorRegistration kDepthwiseConv2D = {4, "DEPTHWISE_CONV_2D", PlanConv<true>};
constinit const OperatorRegistration kFullyConnected = {9, "FULLY_CONNECTED", PlanWideFullyConnected};
}  // namespace int16

}  // namespace mls::engine
