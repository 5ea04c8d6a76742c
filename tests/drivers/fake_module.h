// A small module for tests of the host side: all windows, an event FIFO, staged configuration and commands, nothing
// behind them.
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "mls/interface/register_target.h"
#include "mls/interface/windows.h"

namespace mls::test {

// Everything is public: a test sets what the module shall answer. With a server in another thread, hold `mutex`
// meanwhile; the server holds it during each transaction.
class FakeModule final : public RegisterTarget {
 public:
  FakeModule();

  std::mutex mutex;
  Ident ident;
  ModuleStatus status;
  LatestResult result;
  Config staged;
  Config active;
  Control control;
  PowerCounters power;
  Privacy privacy;
  SelfTestReport selftest;
  Identity identity;
  std::array<Sha256, 3> hashes{};  // firmware, model, datasheet
  std::vector<std::string> labels = {"silence", "yes", "no"};
  std::deque<EventRecord> fifo;
  uint32_t lost = 0;
  uint32_t newest = 0;
  uint32_t latch_time_ms = 0;
  uint32_t clock_ms = 1000;

  // Adds an event, as the module would: counts it as lost when the FIFO is full.
  void AddEvent(EventRecord event);
  // What a new start leaves: nothing that was volatile, and another boot id.
  void Restart();

  // Writes take effect only after this many more reads, as on a module that applies them between two evaluations.
  int reads_until_write_applies = 0;
  // Called before each read and after each write, with the address. May change the module.
  std::function<void(uint8_t address)> before_read;
  std::function<void(uint8_t address)> after_write;
  // Called with the answer to each read; may change the bytes.
  std::function<void(uint8_t address, std::span<uint8_t> bytes)> tamper;
  // Refuses each write that `refuse_write` says so about.
  std::function<Status(uint8_t address, std::span<const uint8_t> bytes)> refuse_write;
  // What a commit answers unless it is kDone.
  Verdict commit_verdict = Verdict::kDone;
  uint8_t commit_field = 0;
  uint64_t reads = 0;
  uint64_t writes = 0;

 private:
  struct PendingWrite {
    int reads_left;
    uint8_t address;
    std::vector<uint8_t> bytes;
  };

  Result<std::span<const uint8_t>> DoBeginRead(uint8_t address, size_t size_bytes) override;
  void DoEndRead() override {}
  Status DoWrite(uint8_t address, std::span<const uint8_t> bytes) override;
  void DoReportProtocolError(uint16_t protocol_errors) override;

  Status Render(uint8_t address, WindowIndex& window);
  void Apply(uint8_t address, std::span<const uint8_t> bytes);
  void RunCommand();

  std::array<uint8_t, kMaxWindowBytes> frozen_{};
  std::vector<PendingWrite> pending_;
  uint8_t boots_ = 1;
};

}  // namespace mls::test
