#include "mls/core/image/image_front_end.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace mls {
namespace {

using testing::ElementsAre;
using Levels = std::vector<int>;

constexpr uint8_t kPadding = 0xAA;

struct Picture {
  std::vector<uint8_t> bytes;
  ImageView view;
};

// `bytes` row by row without padding.
Picture MakePicture(PixelFormat format, int width, int height, const std::vector<uint8_t>& bytes, int padding = 0) {
  const int row_bytes = static_cast<int>(bytes.size()) / height;
  Picture picture;
  for (int y = 0; y < height; ++y) {
    picture.bytes.insert(picture.bytes.end(), bytes.begin() + y * row_bytes, bytes.begin() + (y + 1) * row_bytes);
    if (y + 1 < height) picture.bytes.insert(picture.bytes.end(), static_cast<size_t>(padding), kPadding);
  }
  picture.view = {picture.bytes, width, height, row_bytes + padding, format};
  return picture;
}

Picture Grey(int width, int height, const std::vector<uint8_t>& bytes, int padding = 0) {
  return MakePicture(PixelFormat::kGrey8, width, height, bytes, padding);
}

std::vector<uint8_t> Pseudorandom(size_t count) {
  std::vector<uint8_t> bytes(count);
  uint32_t state = 11;
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>((state = state * 1664525 + 1013904223) >> 24);
  return bytes;
}

ImageFrontEndConfig Tensor(int width, int height, int channels = 1) {
  ImageFrontEndConfig config;
  config.tensor_width_px = width;
  config.tensor_height_px = height;
  config.tensor_channels = channels;
  return config;
}

// The tensor as levels 0..255.
Levels Resize(const ImageFrontEndConfig& config, const Picture& picture) {
  ImageFrontEnd front_end(config);
  std::vector<int8_t> tensor(front_end.tensor_size());
  EXPECT_EQ(front_end.WriteTensor(picture.view, tensor), Status::kOk);
  Levels levels;
  for (int8_t value : tensor) levels.push_back(value + 128);
  return levels;
}

TEST(ImageFrontEnd, WritesLevelsMinus128) {
  ImageFrontEnd front_end(Tensor(2, 2));
  std::vector<int8_t> tensor(4);
  ASSERT_EQ(front_end.WriteTensor(Grey(2, 2, {0, 127, 128, 255}).view, tensor), Status::kOk);
  EXPECT_THAT(tensor, ElementsAre(-128, -1, 0, 127));
}

TEST(ImageFrontEnd, AveragesTheAreaUnderEachTensorPixel) {
  EXPECT_THAT(Resize(Tensor(2, 1), Grey(4, 2, {10, 20, 100, 100, 30, 41, 100, 102})), ElementsAre(25, 101));
  // Three pixels onto two: each covers one and a half.
  ImageFrontEndConfig config = Tensor(2, 1);
  config.crop = Crop::kWhole;
  EXPECT_THAT(Resize(config, Grey(3, 1, {30, 60, 90})), ElementsAre(40, 80));
}

TEST(ImageFrontEnd, EnlargesBilinearly) {
  ImageFrontEndConfig config = Tensor(4, 1);
  config.crop = Crop::kWhole;
  EXPECT_THAT(Resize(config, Grey(2, 1, {0, 100})), ElementsAre(0, 25, 75, 100));
  EXPECT_THAT(Resize(config, Grey(1, 1, {77})), ElementsAre(77, 77, 77, 77));
}

TEST(ImageFrontEnd, StaysCloseToTheExactAverage) {
  struct Size {
    int width, height, tensor_width, tensor_height;
  };
  for (const Size& size : {Size{37, 53, 10, 12}, Size{320, 240, 96, 96}, Size{97, 101, 96, 96}, Size{500, 3, 7, 2}}) {
    const auto bytes = Pseudorandom(static_cast<size_t>(size.width * size.height));
    ImageFrontEndConfig config = Tensor(size.tensor_width, size.tensor_height);
    config.crop = Crop::kWhole;
    const Levels levels = Resize(config, Grey(size.width, size.height, bytes, 5));
    const double step_x = static_cast<double>(size.width) / size.tensor_width;
    const double step_y = static_cast<double>(size.height) / size.tensor_height;
    const auto overlap = [](int pixel, double begin, double end) {
      return std::max(0.0, std::min(end, pixel + 1.0) - std::max(begin, static_cast<double>(pixel)));
    };
    for (int row = 0; row < size.tensor_height; ++row) {
      for (int column = 0; column < size.tensor_width; ++column) {
        double sum = 0;
        for (int y = static_cast<int>(row * step_y); y < std::min<double>(size.height, (row + 1) * step_y); ++y) {
          for (int x = static_cast<int>(column * step_x); x < std::min<double>(size.width, (column + 1) * step_x);
               ++x) {
            sum += bytes[static_cast<size_t>(y * size.width + x)] * overlap(x, column * step_x, (column + 1) * step_x) *
                   overlap(y, row * step_y, (row + 1) * step_y);
          }
        }
        // Borders are rounded to 1/256 of a pixel, which moves a level by at most 2 * 255 / 256 an axis.
        ASSERT_NEAR(levels[static_cast<size_t>(row * size.tensor_width + column)], sum / (step_x * step_y), 1.6);
      }
    }
  }
}

TEST(ImageFrontEnd, TurnsAndMirrors) {
  // 1 2 3
  // 4 5 6
  const Picture picture = Grey(3, 2, {1, 2, 3, 4, 5, 6}, 2);
  struct Case {
    Rotation rotation;
    bool mirror;
    Levels expected;
  };
  const Case cases[] = {
      {Rotation::k0, false, {1, 2, 3, 4, 5, 6}},   {Rotation::k0, true, {3, 2, 1, 6, 5, 4}},
      {Rotation::k90, false, {4, 1, 5, 2, 6, 3}},  {Rotation::k90, true, {1, 4, 2, 5, 3, 6}},
      {Rotation::k180, false, {6, 5, 4, 3, 2, 1}}, {Rotation::k180, true, {4, 5, 6, 1, 2, 3}},
      {Rotation::k270, false, {3, 6, 2, 5, 1, 4}}, {Rotation::k270, true, {6, 3, 5, 2, 4, 1}},
  };
  for (const Case& c : cases) {
    const bool upright = c.rotation == Rotation::k0 || c.rotation == Rotation::k180;
    ImageFrontEndConfig config = upright ? Tensor(3, 2) : Tensor(2, 3);
    config.rotation = c.rotation;
    config.mirror = c.mirror;
    EXPECT_EQ(Resize(config, picture), c.expected) << static_cast<int>(c.rotation) << (c.mirror ? " mirrored" : "");
  }
}

TEST(ImageFrontEnd, CropsTheCentreOrSqueezesTheWhole) {
  const Picture wide = Grey(4, 2, {9, 10, 20, 9, 9, 30, 40, 9});
  EXPECT_THAT(Resize(Tensor(2, 2), wide), ElementsAre(10, 20, 30, 40));
  const Picture tall = Grey(2, 4, {9, 9, 10, 20, 30, 40, 9, 9});
  EXPECT_THAT(Resize(Tensor(2, 2), tall), ElementsAre(10, 20, 30, 40));
  ImageFrontEndConfig turned = Tensor(2, 2);
  turned.rotation = Rotation::k90;
  EXPECT_THAT(Resize(turned, wide), ElementsAre(30, 10, 40, 20));
  ImageFrontEndConfig whole = Tensor(2, 2);
  whole.crop = Crop::kWhole;
  EXPECT_THAT(Resize(whole, Grey(4, 2, {10, 20, 30, 50, 0, 0, 8, 8})), ElementsAre(15, 40, 0, 8));
}

TEST(ImageFrontEnd, ConvertsEveryFormatToGreyAndColour) {
  struct Case {
    const char* name;
    PixelFormat format;
    std::vector<uint8_t> two_pixels;
    Levels grey, colour;
  };
  const Case cases[] = {
      {"grey", PixelFormat::kGrey8, {5, 250}, {5, 250}, {5, 5, 5, 250, 250, 250}},
      {"red and green", PixelFormat::kRgb888, {255, 0, 0, 0, 255, 0}, {77, 149}, {255, 0, 0, 0, 255, 0}},
      {"blue and white", PixelFormat::kRgb888, {0, 0, 255, 255, 255, 255}, {29, 255}, {0, 0, 255, 255, 255, 255}},
      {"YUV without colour", PixelFormat::kYuyv, {0, 128, 200, 128}, {0, 200}, {0, 0, 0, 200, 200, 200}},
      {"YUV of red", PixelFormat::kYuyv, {76, 85, 76, 255}, {76, 76}, {254, 0, 0, 254, 0, 0}},
      {"YUV of blue", PixelFormat::kYuyv, {29, 255, 29, 107}, {29, 29}, {0, 0, 254, 0, 0, 254}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const Picture picture = MakePicture(c.format, 2, 1, c.two_pixels, 0);
    EXPECT_EQ(Resize(Tensor(2, 1, 1), picture), c.grey);
    EXPECT_EQ(Resize(Tensor(2, 1, 3), picture), c.colour);
  }
}

TEST(ImageFrontEnd, RefusesPicturesThatCannotBe) {
  const std::vector<uint8_t> bytes(300, 100);
  const ImageView good{bytes, 10, 10, 10, PixelFormat::kGrey8};
  const auto with = [&](auto change) {
    ImageView view = good;
    change(view);
    return view;
  };
  struct Case {
    const char* name;
    ImageView view;
    Status expected;
  };
  const Case cases[] = {
      {"good", good, Status::kOk},
      {"0x0", with([](ImageView& v) { v.width_px = v.height_px = 0; }), Status::kInvalidArgument},
      {"no width", with([](ImageView& v) { v.width_px = 0; }), Status::kInvalidArgument},
      {"negative height", with([](ImageView& v) { v.height_px = -4; }), Status::kInvalidArgument},
      {"null", with([](ImageView& v) { v.data = {}; }), Status::kInvalidArgument},
      {"stride too small", with([](ImageView& v) { v.stride_bytes = 9; }), Status::kInvalidArgument},
      {"negative stride", with([](ImageView& v) { v.stride_bytes = -10; }), Status::kInvalidArgument},
      {"buffer one byte short", with([](ImageView& v) { v.data = v.data.first(99); }), Status::kInvalidArgument},
      {"last row without padding", with([](ImageView& v) {
         v.stride_bytes = 32;
         v.data = v.data.first(298);
       }),
       Status::kOk},
      {"stride beyond the buffer", with([](ImageView& v) { v.stride_bytes = INT32_MAX; }), Status::kInvalidArgument},
      {"too wide", with([](ImageView& v) { v.width_px = v.stride_bytes = 8193; }), Status::kOutOfRange},
      {"too high", with([](ImageView& v) { v.height_px = INT32_MAX; }), Status::kOutOfRange},
      {"colour in a grey stride", with([](ImageView& v) { v.format = PixelFormat::kRgb888; }),
       Status::kInvalidArgument},
      {"odd YUYV", with([](ImageView& v) {
         v.format = PixelFormat::kYuyv;
         v.width_px = 3;
       }),
       Status::kInvalidArgument},
      {"unknown format", with([](ImageView& v) { v.format = static_cast<PixelFormat>(9); }), Status::kUnsupported},
  };
  ImageFrontEnd front_end(Tensor(4, 4));
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    std::vector<int8_t> tensor(16, 99);
    EXPECT_EQ(front_end.WriteTensor(c.view, tensor), c.expected);
    EXPECT_THAT(tensor, testing::Each(c.expected == Status::kOk ? -28 : 99));
  }
}

TEST(ImageFrontEnd, RefusesTensorsAndConfigurationsThatDoNotFit) {
  const std::vector<uint8_t> bytes(100, 100);
  const ImageView view{bytes, 10, 10, 10, PixelFormat::kGrey8};
  std::vector<int8_t> tensor(16);
  EXPECT_EQ(ImageFrontEnd(Tensor(4, 4)).WriteTensor(view, std::span(tensor).first(15)), Status::kInvalidArgument);
  EXPECT_EQ(ImageFrontEnd(Tensor(4, 4)).WriteTensor(view, {}), Status::kInvalidArgument);
  EXPECT_EQ(ImageFrontEnd(Tensor(2, 4, 2)).WriteTensor(view, tensor), Status::kInvalidArgument);
  EXPECT_EQ(ImageFrontEnd(Tensor(0, 4)).WriteTensor(view, {}), Status::kInvalidArgument);
  EXPECT_EQ(ImageFrontEnd(Tensor(-4, -4)).WriteTensor(view, tensor), Status::kInvalidArgument);
  EXPECT_EQ(ImageFrontEnd(Tensor(1025, 1)).WriteTensor(view, tensor), Status::kInvalidArgument);
}

TEST(ImageFrontEnd, EnvelopeTellsDarkBrightAndFlatPictures) {
  struct Case {
    const char* name;
    uint8_t even, odd;
    bool too_dark, too_bright, flat;
  };
  const Case cases[] = {
      {"scene", 60, 180, false, false, false}, {"night", 2, 5, true, false, true},
      {"night with a lamp", 0, 30, true, false, false}, {"snow", 238, 255, false, true, false},
      {"covered lens", 100, 103, false, false, true},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    std::vector<uint8_t> bytes(64);
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = i % 2 == 0 ? c.even : c.odd;
    const Picture picture = Grey(8, 8, bytes);
    for (int channels : {1, 3}) {
      ImageFrontEnd front_end(Tensor(8, 8, channels));
      std::vector<int8_t> tensor(front_end.tensor_size());
      ASSERT_EQ(front_end.WriteTensor(picture.view, tensor), Status::kOk);
      EXPECT_EQ(front_end.envelope().too_dark, c.too_dark);
      EXPECT_EQ(front_end.envelope().too_bright, c.too_bright);
      EXPECT_EQ(front_end.envelope().flat, c.flat);
      EXPECT_EQ(front_end.envelope().ok(), !(c.too_dark || c.too_bright || c.flat));
    }
  }
}

TEST(ImageFrontEnd, IsFrozenAfterTheConfiguredNumberOfRepetitionsUntilThePictureChanges) {
  ImageFrontEndConfig config = Tensor(2, 2);
  config.frozen_count = 3;
  ImageFrontEnd front_end(config);
  std::vector<int8_t> tensor(4);
  const auto frozen = [&](uint8_t level) {
    EXPECT_EQ(front_end.WriteTensor(Grey(2, 2, {10, 200, level, 90}).view, tensor), Status::kOk);
    return front_end.envelope().frozen;
  };
  for (bool expected : {false, false, false, true, true}) EXPECT_EQ(frozen(50), expected);
  for (bool expected : {false, false, false, true}) EXPECT_EQ(frozen(51), expected);
  config.frozen_count = 0;
  front_end = ImageFrontEnd(config);
  for (int i = 0; i < 300; ++i) EXPECT_FALSE(frozen(50));
}

TEST(ImageFrontEnd, IsBlurredWhereItHasContrastAndNoEdges) {
  for (int channels : {1, 3}) {
    ImageFrontEnd front_end(Tensor(32, 32, channels));
    std::vector<int8_t> tensor(front_end.tensor_size());
    const auto blurred = [&](auto level) {
      std::vector<uint8_t> bytes(32 * 32);
      for (int i = 0; i < 32 * 32; ++i) bytes[static_cast<size_t>(i)] = static_cast<uint8_t>(level(i % 32));
      EXPECT_EQ(front_end.WriteTensor(Grey(32, 32, bytes).view, tensor), Status::kOk);
      return front_end.envelope().blurred;
    };
    EXPECT_TRUE(blurred([](int x) { return 40 + 5 * x; })) << "a ramp";
    EXPECT_TRUE(blurred([](int x) { return 60 + 10 * std::min(x % 32, 32 - x % 32); })) << "one wide hill";
    EXPECT_FALSE(blurred([](int x) { return x < 16 ? 60 : 200; })) << "one edge";
    EXPECT_FALSE(blurred([](int x) { return x % 2 == 0 ? 60 : 200; })) << "stripes";
    EXPECT_FALSE(blurred([](int) { return 128; })) << "flat is flat, not blurred";
  }
}

TEST(ImageFrontEnd, EnvelopeOfARefusedPictureIsEmpty) {
  ImageFrontEnd front_end(Tensor(2, 2));
  std::vector<int8_t> tensor(4);
  ASSERT_EQ(front_end.WriteTensor(Grey(2, 2, {0, 0, 0, 0}).view, tensor), Status::kOk);
  EXPECT_FALSE(front_end.envelope().ok());
  ASSERT_NE(front_end.WriteTensor({}, tensor), Status::kOk);
  EXPECT_TRUE(front_end.envelope().ok());
}

}  // namespace
}  // namespace mls
