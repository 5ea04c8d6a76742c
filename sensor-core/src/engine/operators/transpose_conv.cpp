// TRANSPOSE_CONV on int8 and int16. Each output value gathers what the inputs below its taps contribute: no scratch
// memory. Source: tensorflow/lite/kernels/internal/reference/integer_ops/transpose_conv.h.
#include <cstring>
#include <type_traits>

#include "../convolution.h"
#include "mls/core/engine/operators.h"

namespace mls::engine {
namespace {

struct TransposeConvParams {
  ConvParams conv;  // Weights: [output][ky][kx][input]; padding and strides are those of the output.
  OutputRange range;
};

template <typename T>
Status Run(const void* params) {
  using Sum = std::conditional_t<std::is_same_v<T, int16_t>, int64_t, int32_t>;
  const auto& [p, range] = *static_cast<const TransposeConvParams*>(params);
  const T* input = reinterpret_cast<const T*>(p.input);
  T* output = reinterpret_cast<T*>(p.output);
  const int channels = p.input_channels;
  for (int batch = 0; batch < p.batches; ++batch, input += p.input_height * p.input_width * channels) {
    for (int y = 0; y < p.output_height; ++y) {
      for (int x = 0; x < p.output_width; ++x) {
        for (int c = 0; c < p.output_channels; ++c) {
          Sum sum = 0;
          if (p.bias != nullptr)
            std::memcpy(&sum, reinterpret_cast<const uint8_t*>(p.bias) + c * static_cast<int>(sizeof(Sum)),
                        sizeof(Sum));
          std::make_unsigned_t<Sum> total = static_cast<std::make_unsigned_t<Sum>>(sum);
          for (int ky = 0; ky < p.kernel_height; ++ky) {
            const int row = y + p.pad_top - ky;
            if (row < 0 || row % p.stride_height != 0 || row / p.stride_height >= p.input_height) continue;
            for (int kx = 0; kx < p.kernel_width; ++kx) {
              const int column = x + p.pad_left - kx;
              if (column < 0 || column % p.stride_width != 0 || column / p.stride_width >= p.input_width) continue;
              const T* in = input + (row / p.stride_height * p.input_width + column / p.stride_width) * channels;
              const int8_t* weights = p.weights + ((c * p.kernel_height + ky) * p.kernel_width + kx) * channels;
              for (int i = 0; i < channels; ++i) {
                total +=
                    static_cast<std::make_unsigned_t<Sum>>(static_cast<Sum>((in[i] + p.input_offset) * weights[i]));
              }
            }
          }
          const int32_t multiplier = p.requantization.multipliers[c];
          const int shift = p.requantization.shifts[c];
          int32_t scaled;
          if constexpr (std::is_same_v<T, int16_t>) {
            scaled = MultiplyWideByQuantizedMultiplier(static_cast<int64_t>(total), multiplier, shift);
          } else {
            scaled = MultiplyByQuantizedMultiplier(static_cast<int32_t>(total), multiplier, shift);
          }
          scaled = WrappingAdd(scaled, p.requantization.offset);
          *output++ = static_cast<T>(std::min(std::max(scaled, range.min), range.max));
        }
      }
    }
  }
  return Status::kOk;
}

template <typename T>
Status Plan(PlanContext& context) {
  constexpr bool kWide = std::is_same_v<T, int16_t>;
  ConvTensors t;
  t.type = kWide ? TensorType::kInt16 : TensorType::kInt8;
  t.transposed = true;
  if (!ReadConvTensors(context, t, 4, 0) || !context.OpenOptions(49)) return context.status();
  TransposeConvParams params{};
  const ConvOptions options = {.padding = context.OptionByte(0, 0),
                               .stride_width = context.OptionInt(1, 0),
                               .stride_height = context.OptionInt(2, 0),
                               .dilation_width = 1,
                               .dilation_height = 1,
                               .activation = context.OptionByte(3, 0)};
  // A convolution from the output to the input, as far as shapes go.
  ConvTensors reversed = t;
  std::swap(reversed.input, reversed.output);
  if (!FillConvParams(context, reversed, options, params.conv) ||
      !ActivationRange(context, options.activation, t.output, params.range)) {
    return context.status();
  }
  ConvParams& p = params.conv;
  std::swap(p.input_height, p.output_height);
  std::swap(p.input_width, p.output_width);
  std::swap(p.input_channels, p.output_channels);
  p.input_offset = static_cast<int16_t>(-t.input.zero_point);
  if (!context.Require(t.weights.dims[0] == p.output_channels && t.weights.dims[3] == p.input_channels,
                       Status::kCorrupt, "channels of input, weights and output do not match", &t.weights) ||
      !context.Require(!kWide || !t.has_bias || t.bias.type == TensorType::kInt64, Status::kUnsupported,
                       "bias is not int64", &t.bias)) {
    return context.status();
  }
  auto* committed = context.Commit<TransposeConvParams>(RequantizationBytes(p.output_channels));
  if (committed == nullptr) return context.status();
  *committed = params;
  ConvParams& q = committed->conv;
  if (!FillRequantization(context, t, p.output_channels, {}, committed + 1, q.requantization)) return context.status();
  for (int c = 0; kWide && c < p.output_channels; ++c) {
    if (!context.Require(q.requantization.shifts[c] <= 7, Status::kUnsupported, "a scale is too large", &t.weights)) {
      return context.status();
    }
  }
  BindConv(context, t, q.input, q.weights, q.bias, q.output);
  context.CountMacs(uint64_t{t.output.elements} * p.kernel_height * p.kernel_width * p.input_channels);
  context.SetKernel(Run<T>, committed);
  return Status::kOk;
}

}  // namespace

constinit const OperatorRegistration kTransposeConv = {67, "TRANSPOSE_CONV", Plan<int8_t>};
namespace int16 {
constinit const OperatorRegistration kTransposeConv = {67, "TRANSPOSE_CONV", Plan<int16_t>};
}

}  // namespace mls::engine
