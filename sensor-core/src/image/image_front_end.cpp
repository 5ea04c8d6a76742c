#include "mls/core/image/image_front_end.h"

#include <algorithm>
#include <array>
#include <bit>

namespace mls {
namespace {

// Where channel c of the pixel in column x lies in its row: offset + (x >> shift) * step.
struct Channel {
  uint8_t offset;
  uint8_t step;
  uint8_t shift;
};

constexpr Channel kGreyChannels[] = {{0, 1, 0}};
constexpr Channel kRgbChannels[] = {{0, 3, 0}, {1, 3, 0}, {2, 3, 0}};
constexpr Channel kYuyvChannels[] = {{0, 2, 0}, {1, 4, 1}, {3, 4, 1}};

int32_t RowBytes(const ImageView& picture) {
  switch (picture.format) {
    case PixelFormat::kGrey8: return picture.width_px;
    case PixelFormat::kRgb888: return picture.width_px * 3;
    case PixelFormat::kYuyv: return picture.width_px * 2;
  }
  return 0;
}

// One axis of the cropped picture, as seen from one axis of the tensor.
struct Axis {
  int32_t origin_px;
  int32_t length_px;
  int32_t cells;  // Tensor pixels along this axis.
  bool reversed;
};

// The part of an axis that one tensor pixel covers, in 1/256 of a source pixel from the picture's edge.
struct Range {
  uint32_t begin;
  uint32_t end;

  uint32_t first_px() const { return begin >> 8; }
  uint32_t last_px() const { return (end - 1) >> 8; }
  uint32_t WeightOf(uint32_t pixel) const { return std::min(end, (pixel + 1) << 8) - std::max(begin, pixel << 8); }
};

Range RangeOf(const Axis& axis, int32_t cell) {
  const auto index = static_cast<uint32_t>(axis.reversed ? axis.cells - 1 - cell : cell);
  const auto cells = static_cast<uint32_t>(axis.cells);
  const uint32_t length = static_cast<uint32_t>(axis.length_px) << 8;
  const uint32_t origin = static_cast<uint32_t>(axis.origin_px) << 8;
  if (axis.length_px >= axis.cells) return {origin + index * length / cells, origin + (index + 1) * length / cells};
  // A range one pixel wide around the centre weighs its two neighbours linearly.
  const uint32_t centre = (2 * index + 1) * length / (2 * cells);
  return {origin + std::max(centre, uint32_t{128}) - 128, origin + std::min(centre + 128, length)};
}

uint8_t Mean(const ImageView& picture, Channel channel, const Range& columns, const Range& rows) {
  const uint32_t first = columns.first_px();
  const uint32_t last = columns.last_px();
  const uint32_t first_weight = columns.WeightOf(first);
  const uint32_t last_weight = last > first ? columns.WeightOf(last) : 0;
  uint64_t sum = 0;
  for (uint32_t y = rows.first_px(); y <= rows.last_px(); ++y) {
    const uint8_t* const row =
        picture.data.data() + size_t{y} * static_cast<size_t>(picture.stride_bytes) + channel.offset;
    const auto at = [&](uint32_t x) -> uint32_t { return row[(x >> channel.shift) * channel.step]; };
    uint32_t between = 0;
    for (uint32_t x = first + 1; x < last; ++x) between += at(x);
    sum += uint64_t{first_weight * at(first) + (between << 8) + last_weight * at(last)} * rows.WeightOf(y);
  }
  // Shortened to a division of 32 bits; exact up to 256 pixels under one tensor pixel.
  const uint64_t area = uint64_t{columns.end - columns.begin} * (rows.end - rows.begin);
  const int shift = std::max(static_cast<int>(std::bit_width(area)) - 24, 0);
  const auto divisor = static_cast<uint32_t>(area >> shift);
  return static_cast<uint8_t>(std::min((static_cast<uint32_t>(sum >> shift) + divisor / 2) / divisor, uint32_t{255}));
}

using Colour = std::array<uint8_t, 3>;

uint8_t GreyOf(const Colour& rgb) {
  return static_cast<uint8_t>((77 * rgb[0] + 150 * rgb[1] + 29 * rgb[2] + 128) >> 8);
}

// ITU-R BT.601 with the full range of 0..255, as JFIF uses it.
Colour RgbOfYuv(const Colour& yuv) {
  const int32_t y = yuv[0] << 8;
  const int32_t u = yuv[1] - 128;
  const int32_t v = yuv[2] - 128;
  const auto level = [](int32_t value) {
    return static_cast<uint8_t>(std::clamp<int32_t>((value + 128) >> 8, 0, 255));
  };
  return {level(y + 359 * v), level(y - 88 * u - 183 * v), level(y + 454 * u)};
}

// Grey in the first element for a grey tensor, else red, green, blue.
Colour PixelOf(const ImageView& picture, bool grey, const Range& columns, const Range& rows) {
  if (picture.format == PixelFormat::kGrey8 || (picture.format == PixelFormat::kYuyv && grey)) {
    const Channel channel = picture.format == PixelFormat::kGrey8 ? kGreyChannels[0] : kYuyvChannels[0];
    const uint8_t level = Mean(picture, channel, columns, rows);
    return {level, level, level};
  }
  const Channel* const channels = picture.format == PixelFormat::kRgb888 ? kRgbChannels : kYuyvChannels;
  Colour colour;
  for (size_t c = 0; c < 3; ++c) colour[c] = Mean(picture, channels[c], columns, rows);
  if (picture.format == PixelFormat::kYuyv) return RgbOfYuv(colour);
  if (grey) colour[0] = GreyOf(colour);
  return colour;
}

}  // namespace

Status ImageFrontEnd::Check(const ImageView& picture, std::span<const int8_t> tensor) const {
  const auto fits = [](int32_t side) { return side > 0 && side <= kMaxTensorSide_px; };
  if (!fits(config_.tensor_width_px) || !fits(config_.tensor_height_px)) return Status::kInvalidArgument;
  if (config_.tensor_channels != 1 && config_.tensor_channels != 3) return Status::kInvalidArgument;
  if (tensor.size() != tensor_size()) return Status::kInvalidArgument;
  if (picture.format > PixelFormat::kYuyv) return Status::kUnsupported;
  if (picture.width_px <= 0 || picture.height_px <= 0) return Status::kInvalidArgument;
  if (picture.width_px > kMaxPictureSide_px || picture.height_px > kMaxPictureSide_px) return Status::kOutOfRange;
  if (picture.format == PixelFormat::kYuyv && picture.width_px % 2 != 0) return Status::kInvalidArgument;
  if (picture.stride_bytes < RowBytes(picture)) return Status::kInvalidArgument;
  const uint64_t needed = static_cast<uint64_t>(picture.height_px - 1) * static_cast<uint64_t>(picture.stride_bytes) +
                          static_cast<uint64_t>(RowBytes(picture));
  return picture.data.size() < needed ? Status::kInvalidArgument : Status::kOk;
}

Status ImageFrontEnd::WriteTensor(const ImageView& picture, std::span<int8_t> tensor) {
  envelope_ = {};
  if (const Status status = Check(picture, tensor); status != Status::kOk) return status;

  // Along the columns and rows of the picture, not of the tensor.
  const bool swapped = config_.rotation == Rotation::k90 || config_.rotation == Rotation::k270;
  const bool turned = config_.rotation == Rotation::k180 || config_.rotation == Rotation::k270;
  const int32_t cells_x = swapped ? config_.tensor_height_px : config_.tensor_width_px;
  const int32_t cells_y = swapped ? config_.tensor_width_px : config_.tensor_height_px;
  int32_t width = picture.width_px;
  int32_t height = picture.height_px;
  if (config_.crop == Crop::kCentre) {
    width = std::clamp<int32_t>(picture.height_px * cells_x / cells_y, 1, picture.width_px);
    height = std::clamp<int32_t>(picture.width_px * cells_y / cells_x, 1, picture.height_px);
  }
  // Clockwise by 90 degrees, the tensor's columns run up the picture's rows, and its rows along the picture's columns.
  bool x_reversed = turned;
  bool y_reversed = swapped ? !turned : turned;
  if (config_.mirror) (swapped ? y_reversed : x_reversed) ^= true;
  const Axis x_axis{(picture.width_px - width) / 2, width, cells_x, x_reversed};
  const Axis y_axis{(picture.height_px - height) / 2, height, cells_y, y_reversed};

  const bool grey = config_.tensor_channels == 1;
  auto out = tensor.begin();
  uint32_t sum = 0;
  uint64_t sum_of_squares = 0;
  uint32_t hash = 0x811C9DC5;  // 32-bit FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/
  for (int32_t row = 0; row < config_.tensor_height_px; ++row) {
    for (int32_t column = 0; column < config_.tensor_width_px; ++column) {
      const Range columns = RangeOf(x_axis, swapped ? row : column);
      const Range rows = RangeOf(y_axis, swapped ? column : row);
      const Colour colour = PixelOf(picture, grey, columns, rows);
      for (int32_t channel = 0; channel < config_.tensor_channels; ++channel) {
        const uint8_t level = colour[static_cast<size_t>(channel)];
        *out++ = static_cast<int8_t>(level - 128);
        hash = (hash ^ level) * 0x01000193;
      }
      const uint32_t level = grey ? colour[0] : GreyOf(colour);
      sum += level;
      sum_of_squares += level * level;
    }
  }
  Judge(tensor, sum, sum_of_squares, hash);
  return Status::kOk;
}

uint64_t ImageFrontEnd::MeanSquareLaplacianPermille(std::span<const int8_t> tensor) const {
  const auto width = static_cast<size_t>(config_.tensor_width_px);
  const auto height = static_cast<size_t>(config_.tensor_height_px);
  if (width < 3 || height < 3) return UINT64_MAX;
  const auto step = static_cast<size_t>(config_.tensor_channels);
  uint64_t sum = 0;
  for (size_t row = 1; row + 1 < height; ++row) {
    const int8_t* pixel = &tensor[(row * width + 1) * step + step / 2];
    for (size_t column = 1; column + 1 < width; ++column, pixel += step) {
      const auto near = static_cast<ptrdiff_t>(step);
      const auto far = static_cast<ptrdiff_t>(width * step);
      const int32_t laplacian = 4 * *pixel - pixel[-near] - pixel[near] - pixel[-far] - pixel[far];
      sum += static_cast<uint64_t>(laplacian * laplacian);
    }
  }
  return sum * 1000 / ((width - 2) * (height - 2));
}

void ImageFrontEnd::Judge(std::span<const int8_t> tensor, uint32_t sum, uint64_t sum_of_squares, uint32_t hash) {
  const auto count = static_cast<uint64_t>(config_.tensor_width_px) * static_cast<uint64_t>(config_.tensor_height_px);
  const uint64_t scaled_variance = count * sum_of_squares - uint64_t{sum} * sum;  // count^2 times the variance.
  const uint64_t scaled_limit = count * config_.flat_deviation;
  repetitions_ = has_last_ && hash == last_hash_ ? std::min(repetitions_ + 1, uint32_t{255}) : 0;
  last_hash_ = hash;
  has_last_ = true;
  envelope_ = {.too_dark = sum < count * config_.dark_mean,
               .too_bright = sum > count * config_.bright_mean,
               .flat = scaled_variance < scaled_limit * scaled_limit,
               .frozen = config_.frozen_count > 0 && repetitions_ >= config_.frozen_count,
               .blurred = MeanSquareLaplacianPermille(tensor) < scaled_variance / count * config_.blurred_permille / count};
}

}  // namespace mls
