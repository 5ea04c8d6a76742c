#include "mls/core/module/config_check.h"

#include <gtest/gtest.h>

namespace mls {
namespace {

constexpr uint32_t kEverything = kCanRotate | kHasInterruptLine;
constexpr uint8_t kAllModes = 0x1F;

TEST(CheckConfig, TakesTheDefaults) { EXPECT_EQ(CheckConfig(Config{}, 0, kAllModes), CommandVerdict{}); }

TEST(CheckConfig, NamesTheFieldThatIsWrong) {
  struct Case {
    const char* what;
    void (*change)(Config&);
    CommandVerdict expected;
  };
  using enum Verdict;
  const Case kCases[] = {
      {"high threshold above 1000", [](Config& c) { c.high_threshold_permille = 1001; }, {kOutOfRange, 0xA0}},
      {"high threshold of 0", [](Config& c) { c.high_threshold_permille = 0; }, {kOutOfRange, 0xA0}},
      {"low threshold of 0", [](Config& c) { c.low_threshold_permille = 0; }, {kOutOfRange, 0xA2}},
      {"low threshold above 1000",
       [](Config& c) { c.low_threshold_permille = 1001, c.high_threshold_permille = 1000; },
       {kOutOfRange, 0xA2}},
      {"low above high", [](Config& c) { c.low_threshold_permille = 701; }, {kContradiction, 0xA2}},
      {"low equals high", [](Config& c) { c.low_threshold_permille = 700; }, {kDone, 0}},
      {"average of none", [](Config& c) { c.average_count = 0; }, {kOutOfRange, 0xA4}},
      {"average of 16", [](Config& c) { c.average_count = 16; }, {kDone, 0}},
      {"average of 17", [](Config& c) { c.average_count = 17; }, {kOutOfRange, 0xA4}},
      {"no consecutive", [](Config& c) { c.consecutive_count = 0; }, {kOutOfRange, 0xA5}},
      {"255 consecutive", [](Config& c) { c.consecutive_count = 255; }, {kDone, 0}},
      {"longest delays", [](Config& c) { c.on_delay_ms = c.off_delay_ms = c.refractory_ms = 65535; }, {kDone, 0}},
      {"unknown report bit", [](Config& c) { c.report = 8; }, {kOutOfRange, 0xB0}},
      {"unknown orientation bit", [](Config& c) { c.orientation = 8; }, {kOutOfRange, 0xB1}},
      {"any orientation", [](Config& c) { c.orientation = 7; }, {kDone, 0}},
      {"unknown interrupt mode", [](Config& c) { c.interrupt_mode = 8; }, {kOutOfRange, 0xB2}},
      {"pulse and mirror", [](Config& c) { c.interrupt_mode = kPulse | kMirrorPresence; }, {kContradiction, 0xB2}},
      {"unknown power mode", [](Config& c) { c.power_mode = PowerMode{5}; }, {kOutOfRange, 0xB3}},
      {"two wrong: the first",
       [](Config& c) { c.power_mode = PowerMode{9}, c.average_count = 0; },
       {kOutOfRange, 0xA4}},
  };
  for (const Case& test : kCases) {
    Config config;
    test.change(config);
    const CommandVerdict verdict = CheckConfig(config, kEverything, kAllModes);
    EXPECT_EQ(verdict.verdict, test.expected.verdict) << test.what;
    EXPECT_EQ(verdict.field, test.expected.field) << test.what;
  }
}

TEST(CheckConfig, RefusesWhatTheModuleCannotDo) {
  using enum Verdict;
  Config config;
  config.orientation = kMirror;
  EXPECT_EQ(CheckConfig(config, kHasInterruptLine, kAllModes), (CommandVerdict{kUnsupported, 0xB1}));
  config = {};
  config.interrupt_mode = kPulse;
  EXPECT_EQ(CheckConfig(config, kCanRotate, kAllModes), (CommandVerdict{kUnsupported, 0xB2}));
  config = {};
  config.power_mode = PowerMode::kSleep;
  EXPECT_EQ(CheckConfig(config, kEverything, 0x1E), (CommandVerdict{kUnsupported, 0xB3}));
}

TEST(ConfigRecord, ComesBackAsItWas) {
  Config config;
  config.average_count = 9;
  config.period_ms = 12345;
  config.power_mode = PowerMode::kDutyCycled;
  const auto record = EncodeConfigRecord(config);
  const auto back = DecodeConfigRecord(record);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(*back, config);
}

TEST(ConfigRecord, DamageIsFoundWhereverItIs) {
  const auto record = EncodeConfigRecord(Config{});
  for (size_t bit = 0; bit < record.size() * 8; ++bit) {
    auto damaged = record;
    damaged[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    EXPECT_FALSE(DecodeConfigRecord(damaged).ok()) << bit;
  }
  for (size_t size = 0; size < record.size(); ++size) {
    EXPECT_EQ(DecodeConfigRecord(std::span(record).first(size)).status(), Status::kCorrupt);
  }
  std::array<uint8_t, kConfigRecordBytes> blank;
  blank.fill(0xFF);
  EXPECT_FALSE(DecodeConfigRecord(blank).ok());
}

}  // namespace
}  // namespace mls
