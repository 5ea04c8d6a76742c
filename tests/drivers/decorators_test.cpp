// RetryingBus and FaultyBus.
#include <gtest/gtest.h>

#include "fake_module.h"
#include "mls/drivers/faulty_bus.h"
#include "mls/drivers/loopback_bus.h"
#include "mls/drivers/retrying_bus.h"

namespace mls::test {
namespace {

using namespace std::chrono_literals;

// Answers with a fixed list of statuses, then with kOk.
class ScriptedBus final : public RegisterBus {
 public:
  std::vector<Status> script;
  std::vector<Deadline> deadlines;

 private:
  Status Next(Deadline deadline) {
    deadlines.push_back(deadline);
    return deadlines.size() <= script.size() ? script[deadlines.size() - 1] : Status::kOk;
  }
  Status DoRead(uint8_t, std::span<uint8_t>, Deadline deadline) override { return Next(deadline); }
  Status DoWrite(uint8_t, std::span<const uint8_t>, Deadline deadline) override { return Next(deadline); }
};

Status ReadOne(RegisterBus& bus, std::chrono::milliseconds time = 5s) {
  uint8_t byte = 0;
  return bus.Read(0, {&byte, 1}, SteadyClock::now() + time);
}

TEST(RetryingBus, TriesAgainWhatMayPass) {
  for (const Status status : {Status::kNoDevice, Status::kBusError, Status::kArbitrationLost, Status::kTimeout,
                              Status::kShortTransfer, Status::kBadCrc, Status::kProtocol, Status::kBusy}) {
    ScriptedBus bus;
    bus.script = {status, status};
    RetryingBus retrying(bus);
    EXPECT_EQ(ReadOne(retrying), Status::kOk) << StatusName(status);
    EXPECT_EQ(retrying.counters().retries, 2u);
  }
}

TEST(RetryingBus, DoesNotRepeatARefusal) {
  for (const Status status :
       {Status::kOutOfRange, Status::kInvalidArgument, Status::kReadOnly, Status::kRejected, Status::kPermission}) {
    ScriptedBus bus;
    bus.script = {status};
    RetryingBus retrying(bus);
    EXPECT_EQ(ReadOne(retrying), status);
    EXPECT_EQ(bus.deadlines.size(), 1u) << StatusName(status);
  }
}

TEST(RetryingBus, GivesUpAfterItsAttemptsWithTheLastFailure) {
  ScriptedBus bus;
  bus.script = {Status::kBusError, Status::kTimeout, Status::kBadCrc, Status::kOk};
  RetryingBus retrying(bus);
  EXPECT_EQ(ReadOne(retrying), Status::kBadCrc);
  EXPECT_EQ(bus.deadlines.size(), 3u);
  EXPECT_EQ(retrying.counters().failures, 1u);
}

TEST(RetryingBus, ABusyModuleIsAskedAgainUntilTheDeadline) {
  ScriptedBus bus;
  bus.script.assign(6, Status::kBusy);
  RetryingBus retrying(bus);
  EXPECT_EQ(ReadOne(retrying), Status::kOk);
  EXPECT_EQ(bus.deadlines.size(), 7u);
  bus.script.assign(1000, Status::kBusy);
  EXPECT_EQ(ReadOne(retrying, 50ms), Status::kBusy);
}

TEST(RetryingBus, EachAttemptGetsItsShareAndNoneGoesBeyondTheDeadline) {
  ScriptedBus bus;
  bus.script = {Status::kBusError, Status::kBusError};
  RetryingBus retrying(bus);
  uint8_t byte = 0;
  const Deadline begin = SteadyClock::now();
  const Deadline deadline = begin + 30s;
  EXPECT_EQ(retrying.Write(0, {&byte, 1}, deadline), Status::kOk);
  ASSERT_EQ(bus.deadlines.size(), 3u);
  EXPECT_LT(bus.deadlines[0], begin + 15s);
  EXPECT_LT(bus.deadlines[1], begin + 20s);
  EXPECT_EQ(bus.deadlines[2], deadline);
}

TEST(RetryingBus, ADeadlineThatHasPassedGetsOneAttempt) {
  ScriptedBus bus;
  bus.script = {Status::kTimeout};
  RetryingBus retrying(bus);
  EXPECT_EQ(ReadOne(retrying, 0ms), Status::kTimeout);
  EXPECT_EQ(bus.deadlines.size(), 1u);
}

TEST(FaultyBus, FailsTheChosenOperationAndNoOther) {
  for (const Fault fault : kAllFaults) {
    FakeModule module;
    LoopbackBus loopback(module);
    FaultyBus faulty(loopback);
    faulty.Inject(2, fault);
    for (uint64_t i = 0; i < 5; ++i) {
      std::array<uint8_t, 30> bytes{};
      // The operation before reads another window, so that a repeated answer is a wrong one.
      std::array<uint8_t, 32> other{};
      if (i == 1) {
        ASSERT_EQ(faulty.Read(0, other, SteadyClock::now() + 5ms), Status::kOk);
        continue;
      }
      const Status status = faulty.Read(0x40, bytes, SteadyClock::now() + 5ms);
      const bool good = status == Status::kOk && DecodeWindow<LatestResult>(bytes).ok();
      EXPECT_EQ(good, i != 2) << "operation " << i << ", fault " << static_cast<int>(fault);
    }
    EXPECT_EQ(faulty.operations(), 5u);
  }
}

TEST(FaultyBus, UnderARetryingBusOneFaultIsRepairedUnlessOnlyTheCrcShowsIt) {
  for (const Fault fault : kAllFaults) {
    FakeModule module;
    LoopbackBus loopback(module);
    FaultyBus faulty(loopback);
    RetryingBus retrying(faulty);
    faulty.Inject(0, fault);
    std::array<uint8_t, 30> bytes{};
    ASSERT_EQ(retrying.Read(0x40, bytes, SteadyClock::now() + 50ms), Status::kOk);
    const bool silent = fault == Fault::kBitFlip || fault == Fault::kWrongAddress || fault == Fault::kRepeatedAnswer;
    EXPECT_EQ(DecodeWindow<LatestResult>(bytes).status(), silent ? Status::kBadCrc : Status::kOk)
        << static_cast<int>(fault);
  }
}

}  // namespace
}  // namespace mls::test
