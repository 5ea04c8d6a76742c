#include "window.h"

namespace mls::engine {

int32_t LeadBytes(const WindowWalk& w) {
  // Tensors have at most 2^30 bytes: 32 bits are enough.
  const auto input_row = static_cast<int32_t>(w.input_width * w.input_pixel_bytes);
  const auto input_pixel = static_cast<int32_t>(w.input_pixel_bytes),
             output_pixel = static_cast<int32_t>(w.output_pixel_bytes);
  const auto height = static_cast<int32_t>(w.output_height), width = static_cast<int32_t>(w.output_width);
  const auto stride_height = static_cast<int32_t>(w.stride_height), stride_width = static_cast<int32_t>(w.stride_width);
  const auto pad_top = static_cast<int32_t>(w.pad_top), pad_left = static_cast<int32_t>(w.pad_left);
  // Bytes written up to a pixel minus the lowest byte that is still to be read: a convex, piecewise linear function of
  // x and of y, so its maximum lies where a piece ends.
  const int32_t y_bend = (pad_top + stride_height - 1) / stride_height;
  const int32_t x_bend = (pad_left + stride_width - 1) / stride_width;
  const int32_t rows[] = {0, y_bend - 2, y_bend - 1, y_bend, height - 2, height - 1};
  const int32_t columns[] = {0, x_bend - 1, x_bend, width - 1};
  int32_t lead = 0;
  for (const int32_t y : rows) {
    if (y < 0 || y >= height) continue;
    const int32_t row = std::max<int32_t>(y * stride_height - pad_top, 0) * input_row;
    const int32_t next_row =
        y + 1 < height ? std::max<int32_t>((y + 1) * stride_height - pad_top, 0) * input_row : INT32_MAX;
    for (const int32_t x : columns) {
      if (x < 0 || x >= width) continue;
      const int32_t needed = std::min(row + std::max<int32_t>(x * stride_width - pad_left, 0) * input_pixel, next_row);
      lead = std::max(lead, (y * width + x + w.pixels_at_once) * output_pixel - needed);
    }
  }
  return lead;
}

}  // namespace mls::engine
