#include "mls/core/decision/filters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace mls {
namespace {

using Timed = std::vector<std::pair<uint32_t, bool>>;

// One character a result: '1' on, '.' off.
std::string Feed(auto& filter, const auto& inputs) {
  std::string outputs;
  for (const auto& input : inputs) outputs += filter.Update(input) ? '1' : '.';
  return outputs;
}

// '1' and '.' as inputs.
std::vector<bool> Bits(const std::string& text) {
  std::vector<bool> bits;
  for (char c : text) bits.push_back(c == '1');
  return bits;
}

std::string FeedTimed(DelayFilter filter, const Timed& inputs) {
  std::string outputs;
  for (const auto& [time_ms, input] : inputs) outputs += filter.Update(time_ms, input) ? '1' : '.';
  return outputs;
}

TEST(MovingAverage, IsTheRoundedMeanOfTheLastValues) {
  MovingAverage average(3);
  std::vector<int> means;
  std::vector<bool> full;
  for (uint16_t value : {100, 200, 301, 1000, 0, 0, 0}) {
    average.Add(value);
    means.push_back(average.mean());
    full.push_back(average.full());
  }
  EXPECT_THAT(means, testing::ElementsAre(100, 150, 200, 500, 434, 333, 0));
  EXPECT_THAT(full, testing::ElementsAre(false, false, true, true, true, true, true));
}

TEST(MovingAverage, HoldsSixteenLargestValues) {
  MovingAverage average(kMaxAverageCount);
  for (int i = 0; i < 40; ++i) average.Add(65535);
  EXPECT_EQ(average.mean(), 65535);
}

TEST(HysteresisFilter, StaysPositiveUntilTheLowThresholdIsCrossed) {
  Hysteresis filter(700, 500);
  EXPECT_EQ(Feed(filter, std::vector<uint16_t>{0, 699, 500, 700, 699, 500, 499, 699, 1000, 0}), "...111..1.");
}

TEST(HysteresisFilter, IsAThresholdWhenBothAreEqual) {
  Hysteresis filter(500, 500);
  EXPECT_EQ(Feed(filter, std::vector<uint16_t>{499, 500, 499, 500, 500}), ".1.11");
}

TEST(ConsecutiveFilter, ChangesAfterAsManyEqualInputsInARow) {
  struct Case {
    uint8_t count;
    const char* inputs;
    const char* outputs;
  };
  const Case cases[] = {
      {1, ".1.11.", ".1.11."},
      {2, "1.1.11.1.1..11", ".....111111..1"},
      {3, "11.111.11..1...", ".....111111111."},
  };
  for (const Case& c : cases) {
    ConsecutiveFilter filter(c.count);
    EXPECT_EQ(Feed(filter, Bits(c.inputs)), c.outputs) << int{c.count};
  }
  ConsecutiveFilter slowest(255);
  EXPECT_EQ(Feed(slowest, std::vector<bool>(256, true)), std::string(254, '.') + "11");
}

TEST(DelayFilter, TurnsOnAndOffWhenTheInputHasHeldForTheDelay) {
  struct Case {
    uint16_t on_delay_ms, off_delay_ms;
    Timed inputs;
    const char* outputs;
  };
  const Case cases[] = {
      {0, 0, {{0, true}, {1, false}, {2, true}}, "1.1"},
      {100, 0, {{0, true}, {99, true}, {100, true}, {101, false}}, "..1."},
      {100, 0, {{0, true}, {50, false}, {60, true}, {120, true}, {160, true}}, "....1"},
      {0, 100, {{0, true}, {10, false}, {109, false}, {110, false}}, "111."},
      {0, 100, {{0, true}, {10, false}, {100, true}, {110, false}, {209, false}, {300, false}}, "11111."},
      {100, 100, {{0, true}, {5000, true}}, ".1"},
  };
  for (const Case& c : cases) EXPECT_EQ(FeedTimed(DelayFilter(c.on_delay_ms, c.off_delay_ms), c.inputs), c.outputs);
}

TEST(DelayFilter, CountsAcrossTheWrapOfTheClock) {
  const uint32_t before = 0xFFFFFFCE;  // 50 ms before the wrap.
  EXPECT_EQ(FeedTimed(DelayFilter(100, 0), {{before, true}, {before + 99, true}, {before + 100, true}}), "..1");
}

TEST(HoldOff, IsActiveForItsDurationAndNotAgainAfterTheClockWrapped) {
  HoldOff hold_off(1000);
  EXPECT_FALSE(hold_off.Active(0));
  hold_off.Start(0xFFFFFF00);
  EXPECT_TRUE(hold_off.Active(0xFFFFFF00));
  EXPECT_TRUE(hold_off.Active(0xFFFFFF00 + 999));
  EXPECT_FALSE(hold_off.Active(0xFFFFFF00 + 1000));
  EXPECT_FALSE(hold_off.Active(0xFFFFFF00 + 1));
}

TEST(HoldOff, IsNeverActiveWithoutADuration) {
  HoldOff hold_off(0);
  hold_off.Start(7);
  EXPECT_FALSE(hold_off.Active(7));
}

TEST(ReportLimiter, ReportsChangesNotCloserThanTheInterval) {
  constexpr auto kU = Decision::kUnknown, kN = Decision::kNegative, kP = Decision::kPositive;
  struct Step {
    uint32_t time_ms;
    Decision decision;
    bool report;
  };
  const Step steps[] = {{0, kU, false},    {10, kN, true},    {20, kP, false},   {500, kP, false},
                        {1010, kP, true},  {1100, kN, false}, {1200, kP, false}, {2010, kP, false},
                        {2020, kN, true},  {3500, kN, false}, {3600, kU, true},  {9000, kU, false}};
  ReportLimiter limiter(1000);
  for (const Step& step : steps) EXPECT_EQ(limiter.Update(step.time_ms, step.decision), step.report) << step.time_ms;
}

TEST(GapCounter, AsksToForgetAfterThreeInARowOrASecond) {
  GapCounter gap;
  EXPECT_FALSE(gap.Invalid(0));
  EXPECT_FALSE(gap.Invalid(10));
  EXPECT_TRUE(gap.Invalid(20));
  EXPECT_TRUE(gap.Invalid(30));
  gap.Valid();
  EXPECT_FALSE(gap.Invalid(0xFFFFFF00));
  EXPECT_TRUE(gap.Invalid(0xFFFFFF00 + 1000));
  gap.Valid();
  EXPECT_FALSE(gap.Invalid(40));
}

TEST(DecisionConfig, ValidateNamesTheOffendingField) {
  struct Case {
    DecisionConfig config;
    const char* field;
  };
  const Case cases[] = {
      {{}, "none"},
      {{.high_threshold_permille = 1000, .low_threshold_permille = 1000, .average_count = 16, .consecutive_count = 255},
       "none"},
      {{.high_threshold_permille = 1, .low_threshold_permille = 1}, "none"},
      {{.high_threshold_permille = 0, .low_threshold_permille = 0}, "high_threshold_permille"},
      {{.high_threshold_permille = 1001}, "high_threshold_permille"},
      {{.high_threshold_permille = 600, .low_threshold_permille = 601}, "low_threshold_permille"},
      {{.low_threshold_permille = 0}, "low_threshold_permille"},
      {{.average_count = 0}, "average_count"},
      {{.average_count = 17}, "average_count"},
      {{.consecutive_count = 0}, "consecutive_count"},
  };
  for (const Case& c : cases) EXPECT_STREQ(DecisionFieldName(Validate(c.config)), c.field);
}

}  // namespace
}  // namespace mls
