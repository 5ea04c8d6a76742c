// A bus thread and the pipeline's thread at the same bank. Run it with the thread sanitizer (preset tsan) too.
#include <atomic>
#include <mutex>
#include <thread>

#include "fakes.h"

namespace mls {
namespace {

class MutexLock final : public BusLock {
  void DoLock() override { mutex_.lock(); }
  void DoUnlock() override { mutex_.unlock(); }
  std::mutex mutex_;
};

class SharedClock final : public ModuleClock {
 public:
  std::atomic<uint32_t> now_ms = 0;

 private:
  uint32_t DoNowMs() const override { return now_ms; }
};

TEST(RegisterBankThreads, AReaderSeesWholeResultsOnly) {
  BankSetup setup{.read_limit_bytes_per_s = 0};
  SharedClock clock;
  MutexLock lock;
  FakePin pin;
  RegisterBank bank(setup, clock, lock, &pin);
  std::atomic<bool> stop = false;
  std::thread pipeline([&] {
    for (uint16_t i = 1; i <= 1000 || !stop; ++i) {
      ++clock.now_ms;
      if (const auto pending = bank.TakeCommand(); pending.ok()) {
        bank.FinishCommand(bank.ActivateConfig(pending->staged, false));
      }
      bank.PublishResult({.captured_ms = i, .score_permille = i, .objects = {ObjectBox{.x = static_cast<uint8_t>(i)}}});
      bank.PostEvent({.time_ms = i, .type = EventType::kResult, .value = i});
      bank.Tick();
    }
  });
  for (uint16_t i = 0; i < 3000; ++i) {
    const LatestResult result = Get<LatestResult>(bank);
    EXPECT_EQ(result.captured_ms, result.score_permille);
    EXPECT_EQ(result.objects[0].x, static_cast<uint8_t>(result.score_permille));
    EXPECT_EQ(result.sequence, result.score_permille);
    const EventRecord event = GetEvent(bank);
    if (event.type == EventType::kResult) {
      EXPECT_EQ(event.value, static_cast<uint16_t>(event.time_ms));
    }
    Set(bank, kReg<"control.event_ack">, event.sequence);
    Set(bank, kReg<"config.period_ms">, i);
    Give(bank, Command::kCommit, static_cast<uint8_t>(i));
  }
  stop = true;
  pipeline.join();
}

}  // namespace
}  // namespace mls
