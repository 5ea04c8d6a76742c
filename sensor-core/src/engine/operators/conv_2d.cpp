#include "../convolution.h"
#include "mls/core/engine/operators.h"

namespace mls::engine {

bool ReadConv2D(PlanContext& context, ConvPlan& plan) {
  ConvTensors& t = plan.tensors;
  ConvParams& p = plan.params;
  if (!ReadConvTensors(context, t, 4, 0) || !context.OpenOptions(1)) return false;
  const ConvOptions options = {.padding = context.OptionByte(0, 0),
                               .stride_width = context.OptionInt(1, 0),
                               .stride_height = context.OptionInt(2, 0),
                               .dilation_width = context.OptionInt(4, 1),
                               .dilation_height = context.OptionInt(5, 1),
                               .activation = context.OptionByte(3, 0)};
  if (!FillConvParams(context, t, options, p) ||
      !ActivationRange(context, options.activation, t.output, plan.output_range)) {
    return false;
  }
  plan.range = {static_cast<int8_t>(plan.output_range.min), static_cast<int8_t>(plan.output_range.max)};
  const int groups = p.input_channels / p.group_channels;
  return context.Require(t.weights.dims[0] == p.output_channels, Status::kCorrupt,
                         "has a different number of channels than the weights", &t.output) &&
         context.Require(p.input_channels % p.group_channels == 0 && p.output_channels % groups == 0, Status::kCorrupt,
                         "input channels do not match the weights", &t.weights);
}

Status PlanConv2D(PlanContext& context, Kernel kernel, int pixels_at_once) {
  ConvPlan plan;
  if (!ReadConv2D(context, plan)) return context.status();
  return CommitConv(context, plan, {.kernel = kernel, .pixels_at_once = pixels_at_once});
}

Status RunConv2D(const void* params) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  const int groups = p.input_channels / p.group_channels;
  const int group_outputs = p.output_channels / groups;
  const int weights_per_output = p.kernel_height * p.kernel_width * p.group_channels;
  // Taps of one row lie side by side in the input and in the weights: run over them in one go.
  const bool rows_are_dense = groups == 1 && p.dilation_width == 1;
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
          const int first_channel = c / group_outputs * p.group_channels;
          const int8_t* weights = p.weights + c * weights_per_output;
          uint32_t sum = p.bias == nullptr ? 0 : static_cast<uint32_t>(p.bias[c]);
          for (int ky = rows.first; ky < rows.last; ++ky) {
            const int row = (top + ky * p.dilation_height) * p.input_width;
            const int step = rows_are_dense ? columns.last - columns.first : 1;
            for (int kx = columns.first; kx < columns.last; kx += step) {
              const int8_t* in = input + (row + left + kx * p.dilation_width) * p.input_channels + first_channel;
              const int8_t* w = weights + (ky * p.kernel_width + kx) * p.group_channels;
              const int count = step * p.group_channels;
              for (int i = 0; i < count; ++i) sum += static_cast<uint32_t>((in[i] + p.input_offset) * w[i]);
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
constexpr OperatorRegistration kConv2D = {3, "CONV_2D",
                                                [](PlanContext& context) { return PlanConv2D(context, RunConv2D, 1); }};
}
#ifndef MLS_ENGINE_FAST_KERNELS
constinit const OperatorRegistration kConv2D = portable::kConv2D;
#endif

}  // namespace mls::engine
