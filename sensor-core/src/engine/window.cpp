#include "window.h"

namespace mls::engine {

int32_t LeadBytes(const WindowWalk& w) {
  const auto address = [&w](int64_t y, int64_t x) {
    const int64_t top = std::max<int64_t>(y * w.stride_height - w.pad_top, 0);
    const int64_t left = std::max<int64_t>(x * w.stride_width - w.pad_left, 0);
    return (top * w.input_width + left) * w.input_pixel_bytes;
  };
  // Bytes written up to a pixel minus the lowest byte that is still to be read: a convex, piecewise linear function of x
  // and of y, so its maximum lies where a piece ends.
  const int64_t y_bend = (w.pad_top + w.stride_height - 1) / w.stride_height;
  const int64_t x_bend = (w.pad_left + w.stride_width - 1) / w.stride_width;
  const int64_t rows[] = {0, y_bend - 2, y_bend - 1, y_bend, w.output_height - 2, w.output_height - 1};
  const int64_t columns[] = {0, x_bend - 1, x_bend, w.output_width - 1};
  int64_t lead = 0;
  for (const int64_t y : rows) {
    if (y < 0 || y >= w.output_height) continue;
    for (const int64_t x : columns) {
      if (x < 0 || x >= w.output_width) continue;
      int64_t needed = address(y, x);
      if (y + 1 < w.output_height) needed = std::min(needed, address(y + 1, 0));
      lead = std::max(lead, (y * w.output_width + x + w.pixels_at_once) * w.output_pixel_bytes - needed);
    }
  }
  return static_cast<int32_t>(std::min<int64_t>(lead, INT32_MAX));
}

}  // namespace mls::engine
