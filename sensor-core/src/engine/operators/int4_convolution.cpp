// CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED with int4 weights, read as they are packed: two in a byte, the lower
// half first.
#include "../convolution.h"
#include "mls/core/engine/operators.h"

namespace mls::engine {
namespace {

int WeightAt(const int8_t* weights, uint32_t index) {
  const int pair = static_cast<uint8_t>(weights[index / 2]);
  const int half = index % 2 == 0 ? pair & 15 : pair >> 4;
  return (half ^ 8) - 8;
}

template <bool kDepthwise>
Status RunConv(const void* params) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  const int groups = p.input_channels / p.group_channels;
  const int group_outputs = p.output_channels / groups;
  const int tap = kDepthwise ? p.output_channels : p.group_channels;
  const int8_t* input = p.input;
  int8_t* output = p.output;
  for (int batch = 0; batch < p.batches; ++batch, input += p.input_height * p.input_width * p.input_channels) {
    for (int y = 0; y < p.output_height; ++y) {
      const int top = y * p.stride_height - p.pad_top;
      const Taps rows = TapsInside(top, p.kernel_height, p.dilation_height, p.input_height);
      for (int x = 0; x < p.output_width; ++x) {
        const int left = x * p.stride_width - p.pad_left;
        const Taps columns = TapsInside(left, p.kernel_width, p.dilation_width, p.input_width);
        for (int c = 0; c < p.output_channels; ++c) {
          uint32_t sum = p.bias == nullptr ? 0 : static_cast<uint32_t>(p.bias[c]);
          const int first = kDepthwise ? c : c * p.kernel_height * p.kernel_width * tap;
          for (int ky = rows.first; ky < rows.last; ++ky) {
            for (int kx = columns.first; kx < columns.last; ++kx) {
              const int8_t* in =
                  input + c / group_outputs * p.group_channels +
                  ((top + ky * p.dilation_height) * p.input_width + left + kx * p.dilation_width) * p.input_channels;
              const uint32_t w = static_cast<uint32_t>(first + (ky * p.kernel_width + kx) * tap);
              for (uint32_t i = 0; i < p.group_channels; ++i) {
                sum += static_cast<uint32_t>((in[i] + p.input_offset) * WeightAt(p.weights, w + i));
              }
            }
          }
          *output++ = Requantize(p.requantization, static_cast<uint32_t>(c), static_cast<int32_t>(sum));
        }
      }
    }
  }
  return Status::kOk;
}

template <bool kDepthwise>
Status PlanConv(PlanContext& context) {
  ConvPlan plan;
  plan.tensors.weights_type = TensorType::kInt4;
  if (!(kDepthwise ? ReadDepthwiseConv2D(context, plan) : ReadConv2D(context, plan))) return context.status();
  return CommitConv(context, plan, {.kernel = RunConv<kDepthwise>});
}

Status RunPackedFullyConnected(const void* params) {
  const FullyConnectedParams& p = *static_cast<const FullyConnectedParams*>(params);
  int8_t* output = p.output;
  for (uint32_t batch = 0; batch < p.batches; ++batch) {
    const int8_t* input = p.input + size_t{batch} * p.depth;
    for (uint32_t c = 0; c < p.outputs; ++c) {
      uint32_t sum = p.bias == nullptr ? 0 : static_cast<uint32_t>(p.bias[c]);
      for (uint32_t i = 0; i < p.depth; ++i) {
        sum += static_cast<uint32_t>((input[i] + p.input_offset) * WeightAt(p.weights, c * p.depth + i));
      }
      *output++ = Requantize(p.requantization, p.per_channel ? c : 0, static_cast<int32_t>(sum));
    }
  }
  return Status::kOk;
}

}  // namespace

namespace int4 {
constinit const OperatorRegistration kConv2D = {3, "CONV_2D", PlanConv<false>};
constinit const OperatorRegistration kDepthwiseConv2D = {4, "DEPTHWISE_CONV_2D", PlanConv<true>};
constinit const OperatorRegistration kFullyConnected = {9, "FULLY_CONNECTED", [](PlanContext& context) {
  return CommitFullyConnected(context, {.kernel = RunPackedFullyConnected, .weights_type = TensorType::kInt4});
}};
}  // namespace int4

}  // namespace mls::engine
