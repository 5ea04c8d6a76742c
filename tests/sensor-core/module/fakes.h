// A board that a test can steer.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "mls/core/module/ports.h"
#include "mls/core/module/register_bank.h"

namespace mls {

class FakeClock final : public ModuleClock {
 public:
  uint32_t now_ms = 1000;

 private:
  uint32_t DoNowMs() const override { return now_ms; }
};

// Finds out whether the lock is taken twice or left.
class CheckedLock final : public BusLock {
 public:
  ~CheckedLock() { EXPECT_FALSE(locked_); }

 private:
  void DoLock() override {
    EXPECT_FALSE(locked_);
    locked_ = true;
  }
  void DoUnlock() override {
    EXPECT_TRUE(locked_);
    locked_ = false;
  }
  bool locked_ = false;
};

class FakePin final : public OutputPin {
 public:
  bool high = false;
  int changes = 0;

 private:
  void DoSet(bool new_high) override {
    high = new_high;
    ++changes;
  }
};

class FakeConfigStore final : public ConfigStore {
 public:
  std::vector<uint8_t> record;
  Status failure = Status::kOk;

 private:
  Result<size_t> DoLoad(std::span<uint8_t> out) override {
    if (failure != Status::kOk) return failure;
    if (record.empty()) return Status::kNotReady;
    const size_t size = std::min(out.size(), record.size());
    std::copy_n(record.begin(), size, out.begin());
    return size;
  }
  Status DoSave(std::span<const uint8_t> in) override {
    if (failure == Status::kOk) record.assign(in.begin(), in.end());
    return failure;
  }
  Status DoErase() override {
    if (failure == Status::kOk) record.clear();
    return failure;
  }
};

// Reads a window as a bus does and decodes it.
template <WindowStruct W>
Result<W> ReadWindow(RegisterTarget& target, uint8_t index = 0) {
  constexpr const WindowInfo& kInfo = kWindowOf<W>;
  if (kInfo.page != kNotPaged) {
    const std::array<uint8_t, 2> select{static_cast<uint8_t>(kInfo.page), index};
    const Status status = target.Write(kReg<"control.page">.kAddress, select);
    if (status != Status::kOk) return status;
  }
  const auto bytes = target.BeginRead(kInfo.address, kInfo.size_bytes);
  if (!bytes.ok()) return bytes.status();
  const Result<W> window = DecodeWindow<W>(*bytes, index);
  target.EndRead();
  return window;
}

// The same where it must work.
template <WindowStruct W>
W Get(RegisterTarget& target, uint8_t index = 0) {
  const Result<W> window = ReadWindow<W>(target, index);
  EXPECT_TRUE(window.ok()) << kWindowOf<W>.name << ": " << StatusName(window.status());
  return window.ok() ? *window : W{};
}

template <WritableRegister R>
Status Set(RegisterTarget& target, R reg, typename R::Value value) {
  return target.Write(R::kAddress, EncodeWrite(reg, value));
}

inline Status Give(RegisterTarget& target, Command command, uint8_t token) {
  const std::array<uint8_t, 2> bytes{static_cast<uint8_t>(command), token};
  return target.Write(kReg<"control.command">.kAddress, bytes);
}

// The event in slot 0 or 1 of the FIFO.
inline EventRecord GetEvent(RegisterTarget& target, size_t slot = 0) {
  const auto bytes = target.BeginRead(EventRecordAddress(slot), kEventRecordBytes);
  EXPECT_TRUE(bytes.ok());
  if (!bytes.ok()) return {};
  const auto event = DecodeEvent(bytes->first<kEventRecordBytes>(), slot);
  EXPECT_TRUE(event.ok());
  return event.ok() ? *event : EventRecord{};
}

}  // namespace mls
