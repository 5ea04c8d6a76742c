// ImageFrontEnd: a picture straight into the input tensor of a model; no copy of the picture is kept.
//
// The picture is cropped, turned upright, mirrored, resized and converted in one pass over the tensor. Shrinking
// averages the area under each tensor pixel, enlarging is bilinear; both in integers, the same on every target.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "mls/core/image/image_view.h"
#include "mls/interface/status.h"

namespace mls {

// By how much the picture is turned clockwise to stand upright; the two low bits of config.orientation.
enum class Rotation : uint8_t { k0 = 0, k90 = 1, k180 = 2, k270 = 3 };

enum class Crop : uint8_t {
  kCentre,  // The largest part around the centre that has the tensor's aspect ratio: a square for a square tensor.
  kWhole,   // All of the picture, squeezed if need be.
};

struct ImageFrontEndConfig {
  int32_t tensor_width_px = 96;
  int32_t tensor_height_px = 96;
  int32_t tensor_channels = 1;  // 1: grey, 3: red, green, blue.
  Crop crop = Crop::kCentre;
  Rotation rotation = Rotation::k0;
  bool mirror = false;  // Left and right are swapped, after the rotation.

  // Envelope, in grey levels 0..255 of the tensor's pixels. Where the limits come from: docs/robustness.md.
  uint8_t dark_mean = 16;      // A mean below is too dark.
  uint8_t bright_mean = 240;   // A mean above is too bright.
  uint8_t flat_deviation = 4;  // A standard deviation below is flat: covered, or pointed at nothing.
  uint8_t frozen_count = 10;   // As many repetitions of the same tensor, or more, are frozen. 0: never.
  // Sharpness is the mean square of the Laplacian (4 times a pixel minus its four neighbours; of green, in colour) over
  // the variance. Below this many thousandths a picture is blurred. 0: never.
  uint16_t blurred_permille = 10;
};

// Whether the last picture is one that the model can judge.
struct ImageEnvelope {
  bool too_dark = false;
  bool too_bright = false;
  bool flat = false;
  bool frozen = false;
  bool blurred = false;

  bool ok() const { return !too_dark && !too_bright && !flat && !frozen && !blurred; }
};

class ImageFrontEnd {
 public:
  static constexpr int32_t kMaxPictureSide_px = 8192;
  static constexpr int32_t kMaxTensorSide_px = 1024;

  explicit ImageFrontEnd(const ImageFrontEndConfig& config) : config_(config) {}

  size_t tensor_size() const {
    return static_cast<size_t>(config_.tensor_width_px) * static_cast<size_t>(config_.tensor_height_px) *
           static_cast<size_t>(config_.tensor_channels);
  }

  // Writes the picture into the tensor, height x width x channels, as grey level or colour minus 128. That is the
  // quantised input for all of: scale 1/255, zero point -128 (values 0 to 1); scale 1/127.5, zero point -1 (values -1
  // to 1); scale 1, zero point -128 (values 0 to 255).
  // kInvalidArgument: no pixels, a side of 0, a stride or a buffer too small for the picture, an odd width of kYuyv,
  // a tensor of another size than tensor_size(), or a configuration that no tensor has. kOutOfRange: a side above
  // kMaxPictureSide_px. kUnsupported: unknown pixel format. After an error the tensor is unchanged and the envelope
  // is that of no picture.
  Status WriteTensor(const ImageView& picture, std::span<int8_t> tensor);

  const ImageEnvelope& envelope() const { return envelope_; }

 private:
  Status Check(const ImageView& picture, std::span<const int8_t> tensor) const;
  void Judge(std::span<const int8_t> tensor, uint32_t sum, uint64_t sum_of_squares, uint32_t hash);
  uint64_t MeanSquareLaplacianPermille(std::span<const int8_t> tensor) const;

  ImageFrontEndConfig config_;
  ImageEnvelope envelope_;
  uint32_t last_hash_ = 0;
  uint32_t repetitions_ = 0;
  bool has_last_ = false;
};

}  // namespace mls
