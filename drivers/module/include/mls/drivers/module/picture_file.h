// One picture file, decoded.
#pragma once

#include <filesystem>
#include <vector>

#include "mls/core/image/image_view.h"
#include "mls/drivers/module/input_error.h"

namespace mls {

inline constexpr uint32_t kMaxPictureSidePx = 8192;
inline constexpr uint64_t kMaxPicturePixels = 32'000'000;

// A decoded picture, rows without padding. Its memory is wiped when it goes.
class Picture {
 public:
  Picture() = default;
  Picture(uint32_t width_px, uint32_t height_px, PixelFormat format);
  Picture(Picture&&) = default;
  Picture& operator=(Picture&& other);
  ~Picture();

  uint8_t* data() { return pixels_.data(); }
  ImageView view() const;

 private:
  std::vector<uint8_t> pixels_;
  uint32_t width_px_ = 0;
  uint32_t height_px_ = 0;
  PixelFormat format_ = PixelFormat::kRgb888;
};

// Reads a JPEG (grey or RGB) or a PNG (RGB; what is transparent becomes white). The format is told by content. Throws InputError: not readable,
// neither of these, empty, larger than the limits above, cut short or damaged.
Picture ReadPicture(const std::filesystem::path& path);

}  // namespace mls
