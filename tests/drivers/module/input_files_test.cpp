#include "mls/drivers/module/input_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sndfile.h>

#include "test_files.h"

namespace mls {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(FindInputFiles, GivesAFileAsItIs) {
  testing::TemporaryDirectory directory;
  testing::WriteBytes(directory / "anything", "?");
  EXPECT_THAT(FindInputFiles(directory / "anything", InputKind::kSound), ElementsAre(directory / "anything"));
}

TEST(FindInputFiles, GivesTheFilesOfADirectoryThatAreOfTheKindInTheOrderOfTheirNames) {
  testing::TemporaryDirectory directory;
  testing::WritePng(directory / "b.png", 2, 2, 0, 0, 0);
  testing::WriteJpeg(directory / "a-photo-without-an-end", 8, 8, true, 0);
  testing::WriteBytes(directory / "c.JPG", "damaged, and still meant to be a picture");
  testing::WriteBytes(directory / "notes.txt", "no picture");
  testing::WriteBytes(directory / ".hidden.png", "");
  testing::WriteSamples(directory / "sound", {1, 2, 3});
  std::filesystem::create_directory(directory / "deeper.png");
  EXPECT_THAT(FindInputFiles(directory.path(), InputKind::kPictures),
              ElementsAre(directory / "a-photo-without-an-end", directory / "b.png", directory / "c.JPG"));
  EXPECT_THAT(FindInputFiles(directory.path(), InputKind::kSound), ElementsAre(directory / "sound"));
}

TEST(FindInputFiles, TellsWhatIsWrongWithThePath) {
  testing::TemporaryDirectory directory;
  const auto find = [](const std::filesystem::path& path, InputKind kind) { return [=] { FindInputFiles(path, kind); }; };
  EXPECT_THAT(find(directory / "none", InputKind::kSound), ThrowsMessage<InputError>(HasSubstr("none: No such file")));
  EXPECT_THAT(find(directory.path(), InputKind::kSound), ThrowsMessage<InputError>(HasSubstr("no sound (WAV, FLAC or OGG)")));
  EXPECT_THAT(find(directory.path(), InputKind::kPictures), ThrowsMessage<InputError>(HasSubstr("no picture (JPEG or PNG)")));
  EXPECT_THAT(find("/dev/null", InputKind::kSound), ThrowsMessage<InputError>(HasSubstr("neither a file nor a directory")));
}

}  // namespace
}  // namespace mls
