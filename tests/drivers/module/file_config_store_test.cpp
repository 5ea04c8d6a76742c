#include "mls/drivers/module/file_config_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "test_files.h"

namespace mls {
namespace {

using ::testing::ElementsAre;

TEST(FileConfigStore, GivesWhatWasSavedLast) {
  testing::TemporaryDirectory directory;
  FileConfigStore store(directory / "config");
  std::array<uint8_t, 4> record{};
  EXPECT_EQ(store.Load(record).status(), Status::kNotReady);
  EXPECT_EQ(store.Save(std::array<uint8_t, 3>{1, 2, 3}), Status::kOk);
  EXPECT_EQ(store.Save(std::array<uint8_t, 2>{4, 5}), Status::kOk);
  EXPECT_EQ(FileConfigStore(directory / "config").Load(record).value(), 2u);
  EXPECT_THAT(record, ElementsAre(4, 5, 0, 0));
  EXPECT_EQ(store.Erase(), Status::kOk);
  EXPECT_EQ(store.Erase(), Status::kOk);
  EXPECT_EQ(store.Load(record).status(), Status::kNotReady);
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

TEST(FileConfigStore, TellsWhatFails) {
  testing::TemporaryDirectory directory;
  std::array<uint8_t, 4> record{};
  testing::WriteBytes(directory / "long", "longer than any record");
  EXPECT_EQ(FileConfigStore(directory / "long").Load(record).status(), Status::kCorrupt);
  EXPECT_EQ(FileConfigStore(directory / "nowhere/config").Save(record), Status::kNoDevice);
  EXPECT_EQ(FileConfigStore(directory.path()).Load(record).status(), Status::kBusError);
}

}  // namespace
}  // namespace mls
