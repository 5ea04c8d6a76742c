// Geometry of kernels that slide a window over a picture.
#pragma once

#include <algorithm>
#include <cstdint>

namespace mls::engine {

enum class Padding : int32_t { kSame = 0, kValid = 1 };

// One axis. TensorFlow's rules: https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2
struct WindowAxis {
  int32_t output = 0;
  int32_t pad_before = 0;
};
// Input and kernel are 1 to 32767, stride and dilation 1 to 65535: nothing overflows.
constexpr WindowAxis WindowAlong(Padding padding, int32_t input, int32_t kernel, int32_t stride, int32_t dilation) {
  const int32_t reach = (kernel - 1) * dilation + 1;
  if (padding == Padding::kValid) return {input < reach ? 0 : (input - reach) / stride + 1, 0};
  const int32_t output = (input + stride - 1) / stride;
  return {output, std::max<int32_t>((output - 1) * stride - input + reach, 0) / 2};
}

// Taps first..last-1 of a kernel fall inside the input when it starts at `origin` (may be negative).
struct Taps {
  int first;
  int last;
};
constexpr Taps TapsInside(int origin, int kernel, int dilation, int input) {
  const int first = origin >= 0 ? 0 : (-origin + dilation - 1) / dilation;
  const int room = input - origin;
  const int last = room <= 0 ? 0 : std::min(kernel, (room + dilation - 1) / dilation);
  return {std::min(first, kernel), std::max(last, std::min(first, kernel))};
}

// A window kernel that runs over a picture in row-major order.
struct WindowWalk {
  int64_t input_width, input_pixel_bytes;
  int64_t output_height, output_width, output_pixel_bytes;
  int64_t stride_height, stride_width, pad_top, pad_left;
  int pixels_at_once;
};

// How far below its input the output must start so that nothing is overwritten before its last read.
int32_t LeadBytes(const WindowWalk& walk);

}  // namespace mls::engine
