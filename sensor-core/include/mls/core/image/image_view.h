// ImageView: a borrowed picture in a capture buffer.
#pragma once

#include <cstdint>
#include <span>

namespace mls {

enum class PixelFormat : uint8_t {
  kGrey8,   // 1 byte a pixel.
  kRgb888,  // 3 bytes a pixel: red, green, blue.
  kYuyv,    // 4 bytes for two pixels: Y0 U Y1 V, BT.601 full range. The width is even.
};

// Does not own the pixels; valid as long as the source keeps the buffer. Rows lie stride_bytes apart, top row first;
// the last row may end without its padding.
struct ImageView {
  std::span<const uint8_t> data;
  int32_t width_px = 0;
  int32_t height_px = 0;
  int32_t stride_bytes = 0;
  PixelFormat format = PixelFormat::kGrey8;
};

}  // namespace mls
