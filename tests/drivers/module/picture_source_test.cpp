#include "mls/drivers/module/picture_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_files.h"

namespace mls {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class Pictures : public ::testing::Test {
 protected:
  PictureFileSource Open(std::vector<std::filesystem::path> files, bool loop = false) {
    return PictureFileSource(std::move(files), 5, loop, clock_, [this](const std::string& text) { reports_.push_back(text); });
  }
  auto Reading(const std::filesystem::path& file) {
    return [file] { ReadPicture(file); };
  }
  // First byte of each picture, or -1 for a failed capture.
  static std::vector<int> Drain(FrameSource& source, size_t max_count = 100) {
    std::vector<int> seen;
    while (seen.size() < max_count) {
      const Result<ImageView> picture = source.Borrow();
      if (picture.status() == Status::kEndOfInput) break;
      seen.push_back(picture.ok() ? picture->data[0] : -1);
      if (picture.ok()) source.Release();
    }
    return seen;
  }

  testing::TemporaryDirectory directory_;
  InputClock clock_{Speed::kMax};
  std::vector<std::string> reports_;
};

TEST_F(Pictures, PngGivesItsPixels) {
  testing::WritePng(directory_ / "a", 3, 2, 10, 20, 30);
  Picture picture = ReadPicture(directory_ / "a");
  const ImageView view = picture.view();
  EXPECT_EQ(view.width_px, 3);
  EXPECT_EQ(view.height_px, 2);
  EXPECT_EQ(view.stride_bytes, 9);
  EXPECT_EQ(view.format, PixelFormat::kRgb888);
  ASSERT_EQ(view.data.size(), 18u);
  EXPECT_THAT(view.data.first(6), ElementsAre(10, 20, 30, 10, 20, 30));
}

TEST_F(Pictures, JpegGivesItsPixelsInItsOwnFormat) {
  testing::WriteJpeg(directory_ / "grey", 17, 9, true, 77);
  testing::WriteJpeg(directory_ / "colour", 17, 9, false, 77);
  const Picture grey = ReadPicture(directory_ / "grey");
  EXPECT_EQ(grey.view().format, PixelFormat::kGrey8);
  EXPECT_EQ(grey.view().data.size(), 17u * 9u);
  EXPECT_THAT(grey.view().data, Each(77));
  const Picture colour = ReadPicture(directory_ / "colour");
  EXPECT_EQ(colour.view().format, PixelFormat::kRgb888);
  EXPECT_EQ(colour.view().stride_bytes, 51);
  EXPECT_THAT(colour.view().data, Each(77));
}

TEST_F(Pictures, ThatCannotBeUsedSayWhy) {
  testing::WritePng(directory_ / "good.png", 300, 200, 1, 2, 3);
  std::string bytes = testing::ReadBytes(directory_ / "good.png");
  testing::WriteBytes(directory_ / "cut.png", std::string_view(bytes).substr(0, bytes.size() / 2));
  testing::WriteBytes(directory_ / "stub.png", std::string_view(bytes).substr(0, 12));
  const auto with_size = [&bytes](uint32_t width_px, uint32_t height_px) {
    std::string changed = bytes;
    for (int i = 0; i < 4; ++i) {
      changed[16 + static_cast<size_t>(i)] = static_cast<char>(width_px >> (24 - 8 * i));
      changed[20 + static_cast<size_t>(i)] = static_cast<char>(height_px >> (24 - 8 * i));
    }
    return changed;
  };
  testing::WriteBytes(directory_ / "zero.png", with_size(0, 0));
  testing::WriteBytes(directory_ / "huge.png", with_size(0x7FFFFFFF, 0x7FFFFFFF));
  testing::WriteBytes(directory_ / "large.png", with_size(8000, 8000));
  testing::WriteJpeg(directory_ / "good.jpg", 300, 200, false, 99);
  bytes = testing::ReadBytes(directory_ / "good.jpg");
  testing::WriteBytes(directory_ / "cut.jpg", std::string_view(bytes).substr(0, bytes.size() * 2 / 3));
  testing::WriteBytes(directory_ / "stub.jpg", std::string_view(bytes).substr(0, 20));
  testing::WriteBytes(directory_ / "empty.jpg", "");
  testing::WriteBytes(directory_ / "text.jpg", "this is no picture");

  const std::pair<const char*, const char*> cases[] = {
      {"cut.png", "cut short or damaged"},  {"stub.png", "cut short"},
      {"zero.png", "0x0 pixels"},           {"huge.png", "2147483647x2147483647 pixels; at most 8192 on a side"},
      {"large.png", "8000x8000 pixels"},    {"cut.jpg", "cut short or damaged"},
      {"stub.jpg", "cut short or damaged"}, {"empty.jpg", "an empty file"},
      {"text.jpg", "neither a JPEG nor a PNG"}, {"missing.jpg", "No such file"},
  };
  for (const auto& [name, text] : cases) {
    EXPECT_THAT(Reading(directory_ / name), ThrowsMessage<InputError>(HasSubstr(std::string(name) + ": "))) << name;
    EXPECT_THAT(Reading(directory_ / name), ThrowsMessage<InputError>(HasSubstr(text))) << name;
  }
}

TEST_F(Pictures, ComeAtTheirRateAndMoveTheClock) {
  for (const char* name : {"a", "b", "c"}) testing::WritePng(directory_ / name, 2, 2, static_cast<uint8_t>(name[0]), 0, 0);
  PictureFileSource source = Open({directory_ / "a", directory_ / "b", directory_ / "c"});
  for (uint32_t i = 0; i < 3; ++i) {
    const Result<ImageView> picture = source.Borrow();
    ASSERT_TRUE(picture.ok());
    EXPECT_EQ(picture->data[0], 'a' + i);
    EXPECT_EQ(clock_.NowMs(), 200 * i);
    source.Release();
  }
  EXPECT_EQ(source.Borrow().status(), Status::kEndOfInput);
  EXPECT_EQ(source.Borrow().status(), Status::kEndOfInput);
}

TEST_F(Pictures, LoopFromTheLastToTheFirst) {
  testing::WritePng(directory_ / "a", 2, 2, 1, 0, 0);
  testing::WritePng(directory_ / "b", 2, 2, 2, 0, 0);
  PictureFileSource source = Open({directory_ / "a", directory_ / "b"}, true);
  EXPECT_THAT(Drain(source, 5), ElementsAre(1, 2, 1, 2, 1));
}

TEST_F(Pictures, ADamagedOneInBetweenIsOneFailedCaptureAndTheNextGoesOn) {
  testing::WritePng(directory_ / "a", 2, 2, 1, 0, 0);
  testing::WriteBytes(directory_ / "b", "damaged");
  testing::WritePng(directory_ / "c", 2, 2, 3, 0, 0);
  PictureFileSource source = Open({directory_ / "a", directory_ / "b", directory_ / "c"});
  EXPECT_THAT(Drain(source), ElementsAre(1, -1, 3));
  EXPECT_THAT(reports_, ElementsAre(HasSubstr("b: neither a JPEG nor a PNG")));
  EXPECT_EQ(source.failed_count(), 1u);
  EXPECT_THAT([&] { Open({directory_ / "b"}); }, ThrowsMessage<InputError>(HasSubstr("neither a JPEG nor a PNG")));
}

TEST_F(Pictures, EndTheInputInsteadOfLoopingWhenAllOfThemHaveGone) {
  testing::WritePng(directory_ / "a", 2, 2, 1, 0, 0);
  PictureFileSource source = Open({directory_ / "a"}, true);
  std::filesystem::remove(directory_ / "a");
  EXPECT_THAT(Drain(source), ElementsAre(-1));
}

TEST_F(Pictures, PauseWhileTheCameraIsOff) {
  testing::WritePng(directory_ / "a", 2, 2, 1, 0, 0);
  testing::WritePng(directory_ / "b", 2, 2, 2, 0, 0);
  PictureFileSource source = Open({directory_ / "a", directory_ / "b"});
  EXPECT_EQ(source.Borrow()->data[0], 1);
  source.Release();
  source.SetPowered(false);
  source.SetPowered(true);
  EXPECT_EQ(source.Borrow()->data[0], 2);
}

}  // namespace
}  // namespace mls
