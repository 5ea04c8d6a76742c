#include "mls/drivers/module/input_clock.h"

#include <gtest/gtest.h>

#include <thread>

namespace mls {
namespace {

using namespace std::chrono_literals;

TEST(InputClock, StandsStillAtFullSpeedUntilInputMovesIt) {
  InputClock clock(Speed::kMax);
  std::this_thread::sleep_for(5ms);
  EXPECT_EQ(clock.NowMs(), 0u);
  EXPECT_TRUE(clock.Reach(1234567us));
  EXPECT_EQ(clock.NowMs(), 1234u);
}

TEST(InputClock, GoesOnInRealTimeAtFullSpeedWhileTheInputPauses) {
  InputClock clock(Speed::kMax);
  clock.Reach(1s);
  clock.Pause();
  std::this_thread::sleep_for(20ms);
  const uint32_t paused_ms = clock.NowMs();
  EXPECT_GE(paused_ms, 1020u);
  clock.Resume();
  clock.Reach(1500ms);
  EXPECT_GE(clock.NowMs(), paused_ms + 500);
}

TEST(InputClock, HoldsInputBackInRealTimeUntilItIsDue) {
  InputClock clock(Speed::kReal);
  EXPECT_TRUE(clock.Reach(0us));
  EXPECT_FALSE(clock.Reach(1h));
  EXPECT_GT(clock.DueAt(1h), std::chrono::steady_clock::now() + 59min);
  std::this_thread::sleep_for(10ms);
  EXPECT_TRUE(clock.Reach(10ms));
  EXPECT_GE(clock.NowMs(), 10u);
}

TEST(InputClock, DelaysInputInRealTimeByThePauses) {
  InputClock clock(Speed::kReal);
  EXPECT_TRUE(clock.Reach(0us));
  const auto due = clock.DueAt(1h);
  clock.Pause();
  clock.Pause();
  std::this_thread::sleep_for(10ms);
  clock.Resume();
  clock.Resume();
  EXPECT_GE(clock.DueAt(1h), due + 10ms);
}

}  // namespace
}  // namespace mls
