#include <gtest/gtest.h>

#include "fakes.h"

namespace mls {
namespace {

class InterruptLineTest : public testing::Test {
 protected:
  BankSetup setup{.read_limit_bytes_per_s = 0};
  FakeClock clock;
  CheckedLock lock;
  FakePin pin;
  RegisterBank bank{setup, clock, lock, &pin};

  void UseMode(uint8_t interrupt_mode) {
    Config config;
    config.interrupt_mode = interrupt_mode;
    ASSERT_EQ(bank.ActivateConfig(config, true), CommandVerdict{});
    Set(bank, kReg<"control.event_ack">, Get<EventHeader>(bank).newest);
  }
  void Enable(uint8_t interrupts) { EXPECT_EQ(Set(bank, kReg<"control.interrupt_enable">, interrupts), Status::kOk); }
  void Clear(uint8_t interrupts) { EXPECT_EQ(Set(bank, kReg<"control.interrupt_clear">, interrupts), Status::kOk); }
  void PostEvent() { bank.PostEvent({.type = EventType::kDetection}); }
};

TEST_F(InterruptLineTest, IsReleasedAtStart) { EXPECT_TRUE(pin.high); }

TEST_F(InterruptLineTest, IsLowWhileSomethingEnabledIsPending) {
  bank.PublishResult({});
  EXPECT_TRUE(pin.high) << "nothing is enabled";
  Enable(kInterruptResult);
  EXPECT_FALSE(pin.high) << "enabling what is pending asserts";
  Clear(kInterruptEvent);
  EXPECT_FALSE(pin.high);
  Clear(kInterruptResult);
  EXPECT_TRUE(pin.high);
  bank.PublishResult({});
  EXPECT_FALSE(pin.high);
  Enable(0);
  EXPECT_TRUE(pin.high);
}

TEST_F(InterruptLineTest, IsReleasedByAcknowledgingTheLastEvent) {
  Enable(kInterruptEvent);
  PostEvent();
  PostEvent();
  EXPECT_FALSE(pin.high);
  Set(bank, kReg<"control.event_ack">, 1);
  EXPECT_FALSE(pin.high);
  Set(bank, kReg<"control.event_ack">, 2);
  EXPECT_TRUE(pin.high);
}

TEST_F(InterruptLineTest, TellsOfTheVerdictOfACommand) {
  Enable(kInterruptCommand);
  Give(bank, Command::kRevert, 1);
  EXPECT_TRUE(pin.high);
  ASSERT_TRUE(bank.TakeCommand().ok());
  bank.FinishCommand({});
  EXPECT_FALSE(pin.high);
}

TEST_F(InterruptLineTest, ChangesItsPolarityWithTheConfiguration) {
  UseMode(kActiveHigh);
  EXPECT_FALSE(pin.high);
  Enable(kInterruptEvent);
  PostEvent();
  EXPECT_TRUE(pin.high);
}

TEST_F(InterruptLineTest, PulsesForEachNewReasonAndThenLetsGo) {
  UseMode(kPulse);
  Enable(kInterruptEvent);
  for (int i = 0; i < 2; ++i) {
    PostEvent();
    EXPECT_FALSE(pin.high);
    ++clock.now_ms;
    bank.Tick();
    EXPECT_FALSE(pin.high) << "a millisecond has not passed for certain";
    ++clock.now_ms;
    bank.Tick();
    EXPECT_TRUE(pin.high) << "although the event still waits";
  }
  bank.PublishResult({});
  EXPECT_TRUE(pin.high) << "not enabled";
  Enable(kInterruptEvent | kInterruptResult);
  EXPECT_FALSE(pin.high) << "enabling what is pending pulses";
}

TEST_F(InterruptLineTest, MirrorsTheDecision) {
  UseMode(kMirrorPresence | kActiveHigh);
  EXPECT_FALSE(pin.high);
  bank.PublishResult({.decision = Decision::kPositive});
  EXPECT_TRUE(pin.high);
  PostEvent();
  bank.PublishResult({.decision = Decision::kUnknown});
  EXPECT_FALSE(pin.high);
}

TEST_F(InterruptLineTest, IsSetOnlyWhenItChanges) {
  Enable(kInterruptResult);
  const int before = pin.changes;
  for (int i = 0; i < 5; ++i) bank.PublishResult({});
  EXPECT_EQ(pin.changes, before + 1);
}

}  // namespace
}  // namespace mls
