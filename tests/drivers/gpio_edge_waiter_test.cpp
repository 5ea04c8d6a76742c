// Built once over each version of libgpiod, both fake: what is tested is the code between them and EdgeWaiter.
#include "mls/drivers/gpio_edge_waiter.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "fake_gpio.h"

namespace mls::test {
namespace {

using namespace std::chrono_literals;

Deadline In(std::chrono::milliseconds time) { return SteadyClock::now() + time; }

class GpioEdgeWaiterTest : public testing::Test {
 protected:
  void SetUp() override {
    FakeGpioLines() = {{.chip = "gpiochip0", .offset = 3, .name = "SPARE"},
                       {.chip = "gpiochip2", .offset = 17, .name = "ML_INT"},
                       {.chip = "gpiochip2", .offset = 18, .name = "BUTTON", .user = "power-button"},
                       {.chip = "gpiochip2", .offset = 19, .name = "SLOW", .can_interrupt = false}};
  }
  void TearDown() override {
    for (FakeGpioLine& each : FakeGpioLines()) each.Hangup();
  }

  static GpioLine Parse(std::string_view text) {
    std::string error;
    const Result<GpioLine> line = ParseGpioLine(text, error);
    EXPECT_TRUE(line.ok()) << error;
    return line.ok() ? *line : GpioLine{};
  }

  FakeGpioLine& line() { return FakeGpioLines()[1]; }
};

TEST_F(GpioEdgeWaiterTest, ALineIsFoundByNameOrByChipAndOffset) {
  for (const char* text : {"gpio:ML_INT", "gpiochip2:17"}) {
    GpioEdgeWaiter waiter(Parse(text));
    EXPECT_EQ(waiter.PollFd(), -1);
    ASSERT_EQ(waiter.Connect(), Status::kOk) << waiter.error();
    EXPECT_TRUE(line().is_falling);
    EXPECT_TRUE(line().is_pulled_up);
    EXPECT_EQ(line().consumer, "mlsensor");
    EXPECT_GE(waiter.PollFd(), 0);
  }
  EXPECT_EQ(line().requests, 2);
}

TEST_F(GpioEdgeWaiterTest, AChipWithoutPullUpWillDo) {
  line().has_pull_up = false;
  GpioEdgeWaiter waiter(Parse("gpio:ML_INT"));
  ASSERT_EQ(waiter.Connect(), Status::kOk) << waiter.error();
  EXPECT_FALSE(line().is_pulled_up);
}

TEST_F(GpioEdgeWaiterTest, ErrorsAreToldApartAndSayWhy) {
  struct Case {
    const char* line;
    Status status;
    const char* says;
  };
  constexpr Case kCases[] = {
      {"gpiochip9:1", Status::kNoDevice, "no line 1 of gpiochip9"},
      {"gpiochip2:99", Status::kNoDevice, "no line 99 of gpiochip2"},
      {"gpio:NOWHERE", Status::kNoDevice, "no GPIO line NOWHERE"},
      {"gpio:BUTTON", Status::kBusy, "in use by power-button"},
      {"gpiochip2:18", Status::kBusy, "in use by power-button"},
      {"gpio:SLOW", Status::kUnsupported, "cannot interrupt"},
  };
  for (const Case& a_case : kCases) {
    GpioEdgeWaiter waiter(Parse(a_case.line));
    EXPECT_EQ(waiter.Connect(), a_case.status) << a_case.line;
    EXPECT_NE(waiter.error().find(a_case.says), std::string::npos) << a_case.line << ": " << waiter.error();
  }
  line().may_open = false;
  for (const char* text : {"gpio:ML_INT", "gpiochip2:17"}) {
    GpioEdgeWaiter waiter(Parse(text));
    EXPECT_EQ(waiter.Connect(), Status::kPermission) << text;
    EXPECT_NE(waiter.error().find("gpio $USER"), std::string::npos) << waiter.error();
  }
}

TEST_F(GpioEdgeWaiterTest, WhatIsNoLineIsRefused) {
  std::string error;
  for (const char* text : {"", "ML_INT", "gpio:", "gpiochip2", "gpiochip2:", "gpiochip2:x", "gpiochip2:-1",
                           "/dev/gpiochip2:17", "gpiochip/../x:1"}) {
    EXPECT_EQ(ParseGpioLine(text, error).status(), Status::kInvalidArgument) << text;
    EXPECT_NE(error.find("gpio:NAME or gpiochip0:17"), std::string::npos) << error;
  }
}

TEST_F(GpioEdgeWaiterTest, AnEdgeWakesTheWaitOnce) {
  GpioEdgeWaiter waiter(Parse("gpio:ML_INT"));
  EXPECT_EQ(waiter.Wait(In(10ms)), Status::kTimeout);
  std::thread module([&] {
    std::this_thread::sleep_for(20ms);
    line().Edge();
  });
  EXPECT_EQ(waiter.Wait(In(10s)), Status::kOk);
  module.join();
  EXPECT_EQ(waiter.Wait(In(10ms)), Status::kTimeout);
}

TEST_F(GpioEdgeWaiterTest, EdgesBetweenTwoCallsAreKeptAndCountAsOne) {
  GpioEdgeWaiter waiter(Parse("gpio:ML_INT"));
  ASSERT_EQ(waiter.Connect(), Status::kOk);
  for (int i = 0; i < 10; ++i) line().Edge();
  EXPECT_EQ(waiter.Wait(SteadyClock::now() - 1s), Status::kOk) << "even where the deadline has passed";
  EXPECT_EQ(waiter.Wait(In(10ms)), Status::kTimeout);
}

TEST_F(GpioEdgeWaiterTest, TheFileDescriptorIsReadableWhileThereIsAnEdgeThatWaitHasNotSeen) {
  GpioEdgeWaiter waiter(Parse("gpio:ML_INT"));
  ASSERT_EQ(waiter.Connect(), Status::kOk);
  const auto is_readable = [&] {
    pollfd poll_fd{waiter.PollFd(), POLLIN, 0};
    return poll(&poll_fd, 1, 0) == 1;
  };
  EXPECT_FALSE(is_readable());
  line().Edge();
  EXPECT_TRUE(is_readable());
  EXPECT_EQ(waiter.Wait(SteadyClock::now()), Status::kOk);
  EXPECT_FALSE(is_readable());
}

TEST_F(GpioEdgeWaiterTest, ALineThatGoesIsNoDeviceUntilItIsBackAndThenCountsAsAnEdge) {
  GpioEdgeWaiter waiter(Parse("gpio:ML_INT"));
  ASSERT_EQ(waiter.Connect(), Status::kOk);
  line().Hangup();
  line().name = "GONE";
  const Deadline deadline = In(20ms);
  EXPECT_EQ(waiter.Wait(deadline), Status::kNoDevice);
  EXPECT_GE(SteadyClock::now(), deadline) << "a loop must not spin";
  EXPECT_EQ(waiter.PollFd(), -1);
  EXPECT_EQ(waiter.Wait(In(10ms)), Status::kNoDevice);
  line().name = "ML_INT";
  EXPECT_EQ(waiter.Wait(In(10s)), Status::kOk) << "an edge may have been missed";
  EXPECT_EQ(waiter.Wait(In(10ms)), Status::kTimeout);
  line().Edge();
  EXPECT_EQ(waiter.Wait(In(10s)), Status::kOk);
}

// The module's side of a level interrupt: the line falls when the first reason comes, and rises when all are served.
TEST_F(GpioEdgeWaiterTest, NoReasonIsMissedWhereverItComesBetweenDrainAndWait) {
  constexpr int kReasons = 20000;
  GpioEdgeWaiter waiter(Parse("gpio:ML_INT"));
  ASSERT_EQ(waiter.Connect(), Status::kOk);
  std::mutex mutex;
  int pending = 0;
  std::thread module([&] {
    for (int i = 0; i < kReasons; ++i) {
      {
        const std::lock_guard lock(mutex);
        if (pending++ == 0) line().Edge();
      }
      if (i % 64 == 0) std::this_thread::yield();
    }
  });
  const auto drain = [&] {
    const std::lock_guard lock(mutex);
    return std::exchange(pending, 0);
  };
  int served = drain();
  while (served < kReasons) {
    if (waiter.Wait(In(10s)) != Status::kOk) {
      ADD_FAILURE() << "an edge was lost, " << drain() << " reasons pending";
      break;
    }
    served += drain();
  }
  module.join();
  EXPECT_EQ(served, kReasons);
}

}  // namespace
}  // namespace mls::test
