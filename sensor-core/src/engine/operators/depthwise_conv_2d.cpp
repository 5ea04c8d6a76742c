#include "../convolution.h"
#include "mls/core/engine/operators.h"

namespace mls::engine {

bool ReadDepthwiseConv2D(PlanContext& context, ConvPlan& plan) {
  ConvTensors& t = plan.tensors;
  ConvParams& p = plan.params;
  if (!ReadConvTensors(context, t, 4, 3) || !context.OpenOptions(2)) return false;
  const ConvOptions options = {.padding = context.OptionByte(0, 0),
                               .stride_width = context.OptionInt(1, 0),
                               .stride_height = context.OptionInt(2, 0),
                               .dilation_width = context.OptionInt(5, 1),
                               .dilation_height = context.OptionInt(6, 1),
                               .activation = context.OptionByte(4, 0)};
  if (!FillConvParams(context, t, options, p) ||
      !ActivationRange(context, options.activation, t.output, plan.output_range)) {
    return false;
  }
  plan.range = {static_cast<int8_t>(plan.output_range.min), static_cast<int8_t>(plan.output_range.max)};
  p.group_channels = 1;
  // The multiplier in the options is redundant; the shapes decide.
  return context.Require(t.weights.dims[0] == 1 && t.weights.dims[3] == p.output_channels &&
                             p.output_channels % p.input_channels == 0,
                         Status::kCorrupt, "channels of input, weights and output do not match", &t.weights);
}

Status PlanDepthwiseConv2D(PlanContext& context, Kernel kernel, int pixels_at_once) {
  ConvPlan plan;
  if (!ReadDepthwiseConv2D(context, plan)) return context.status();
  return CommitConv(context, plan, {.kernel = kernel, .pixels_at_once = pixels_at_once});
}

Status RunDepthwiseConv2D(const void* params) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  const int multiplier = p.output_channels / p.input_channels;
  int8_t* output = p.output;
  for (int batch = 0; batch < p.batches; ++batch) {
    const int8_t* input = p.input + batch * p.input_height * p.input_width * p.input_channels;
    for (int y = 0; y < p.output_height; ++y) {
      const int top = y * p.stride_height - p.pad_top;
      const Taps rows = TapsInside(top, p.kernel_height, p.dilation_height, p.input_height);
      for (int x = 0; x < p.output_width; ++x) {
        const int left = x * p.stride_width - p.pad_left;
        const Taps columns = TapsInside(left, p.kernel_width, p.dilation_width, p.input_width);
        for (int c = 0; c < p.output_channels; ++c) {
          uint32_t sum = p.bias == nullptr ? 0 : static_cast<uint32_t>(p.bias[c]);
          for (int ky = rows.first; ky < rows.last; ++ky) {
            const int row = (top + ky * p.dilation_height) * p.input_width;
            for (int kx = columns.first; kx < columns.last; ++kx) {
              const int in = input[(row + left + kx * p.dilation_width) * p.input_channels + c / multiplier];
              const int weight = p.weights[(ky * p.kernel_width + kx) * p.output_channels + c];
              sum += static_cast<uint32_t>((in + p.input_offset) * weight);
            }
          }
          *output++ = Requantize(p.requantization, static_cast<uint32_t>(c), static_cast<int32_t>(sum));
        }
      }
    }
  }
  return Status::kOk;
}

namespace portable {
constexpr OperatorRegistration kDepthwiseConv2D = {
    4, "DEPTHWISE_CONV_2D", [](PlanContext& context) { return PlanDepthwiseConv2D(context, RunDepthwiseConv2D, 1); }};
}
#ifndef MLS_ENGINE_FAST_KERNELS
constinit const OperatorRegistration kDepthwiseConv2D = portable::kDepthwiseConv2D;
#endif

}  // namespace mls::engine
