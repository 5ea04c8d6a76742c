// Any bytes from a bus, in any order with the pipeline's own work: reads never leave a window, every CRC is right, and
// no configuration that is out of range ever becomes active.
#include <cstdlib>

#include "mls/core/module/frame_server.h"

namespace mls {
namespace {

void Check(bool condition) {
  if (!condition) abort();
}

class Clock final : public ModuleClock {
 public:
  uint32_t now_ms = 0xFFFFF000;  // Close to its wrap.

 private:
  uint32_t DoNowMs() const override { return now_ms; }
};

class Lock final : public BusLock {
 private:
  void DoLock() override { Check(!std::exchange(locked_, true)); }
  void DoUnlock() override { Check(std::exchange(locked_, false)); }
  bool locked_ = false;
};

class Pin final : public OutputPin {
  void DoSet(bool) override {}
};

// Checks each answer as a host would.
class Host final : public FrameWriter {
 private:
  Status DoWrite(std::span<const uint8_t> bytes) override {
    FrameDecoder decoder;
    for (uint8_t byte : bytes.first(bytes.size() - 1)) Check(decoder.Push(byte) == Status::kNotReady);
    Check(decoder.Push(bytes.back()) == Status::kOk);
    const FrameHeader& header = decoder.header();
    if (header.operation == FrameOperation::kNotify) {
      Check(DecodeEvent(decoder.payload().first<kEventRecordBytes>()).ok());
    } else {
      Check(header.operation == FrameOperation::kResponse);
      Check(!decoder.payload().empty() && decoder.payload()[0] <= static_cast<uint8_t>(WireStatus::kBadFrame));
    }
    return Status::kOk;
  }
};

class Bytes {
 public:
  explicit Bytes(std::span<const uint8_t> bytes) : bytes_(bytes) {}
  bool empty() const { return bytes_.empty(); }
  uint8_t Next() {
    if (bytes_.empty()) return 0;
    const uint8_t byte = bytes_[0];
    bytes_ = bytes_.subspan(1);
    return byte;
  }
  std::span<const uint8_t> Next(size_t count) {
    const auto next = bytes_.first(std::min(count, bytes_.size()));
    bytes_ = bytes_.subspan(next.size());
    return next;
  }

 private:
  std::span<const uint8_t> bytes_;
};

bool IsInOneWindow(uint8_t address, size_t size_bytes) {
  for (const WindowInfo& window : kWindows) {
    if (address >= window.address && address + size_bytes <= size_t{window.address} + window.size_bytes) return true;
  }
  return false;
}

void CheckRead(RegisterBank& bank, uint8_t address, size_t size_bytes) {
  const auto read = bank.BeginRead(address, size_bytes);
  if (!read.ok()) return;
  Check(size_bytes == RegisterTarget::kToEndOfWindow || read->size() == size_bytes);
  Check(IsInOneWindow(address, read->size()));
  const bool is_whole = address == 0x00 || address == 0x20 || address == 0x40 || address == 0x60 || address == 0xA0 ||
                        address == 0xC0 || address == 0xE0;
  if (is_whole && size_bytes == RegisterTarget::kToEndOfWindow) {
    const size_t payload = read->size() - 2;
    Check(WindowCrc(address, read->first(payload)) == LoadLittleEndian<uint16_t>(read->subspan(payload)));
  }
  if (address == 0x80 && read->size() == 32) {
    Check(DecodeEvent(read->first<16>(), 0).ok());
    Check(DecodeEvent(read->subspan<16, 16>(), 1).ok());
  }
  bank.EndRead();
}

void Run(std::span<const uint8_t> input) {
  constexpr std::string_view kLabels[] = {"one", "two"};
  BankSetup setup;
  setup.labels = kLabels;
  setup.ident.capabilities = kCanRotate;
  setup.power_modes = 0x1E;
  setup.crash_text = "It crashed once, and this is the text that tells where.";
  Clock clock;
  Lock lock;
  Pin pin;
  Host host;
  RegisterBank bank(setup, clock, lock, &pin);
  FrameServer server(bank, host);
  Bytes bytes(input);
  while (!bytes.empty()) {
    const uint8_t what = bytes.Next();
    switch (what % 8) {
      case 0: {
        const uint8_t address = bytes.Next();
        static_cast<void>(bank.Write(address, bytes.Next(bytes.Next() % 40)));
        break;
      }
      case 1: {
        const uint8_t address = bytes.Next();
        CheckRead(bank, address, bytes.Next());
        break;
      }
      case 2: server.Feed(bytes.Next(bytes.Next()), clock.now_ms); break;
      case 3: {
        // A sound frame around bytes of any kind.
        FrameHeader header{FrameOperation{bytes.Next()}, bytes.Next(), bytes.Next(), bytes.Next()};
        const auto payload = bytes.Next(header.length % (kMaxFramePayloadBytes + 1));
        server.Feed(EncodeFrame(header, payload).span(), clock.now_ms);
        break;
      }
      case 4:
        clock.now_ms += bytes.Next() * 16u;
        bank.Tick();
        server.Poll(clock.now_ms);
        break;
      case 5:
        if (const auto pending = bank.TakeCommand(); pending.ok()) {
          const auto verdict = pending->command == Command::kRestart ? CommandVerdict{Verdict::kFailed}
                                                                     : bank.ActivateConfig(pending->staged, false);
          bank.FinishCommand(verdict);
        }
        break;
      case 6:
        for (int i = bytes.Next() % 40; i > 0; --i)
          bank.PostEvent({.time_ms = clock.now_ms, .type = EventType::kDetection});
        break;
      case 7:
        bank.PublishResult({.captured_ms = clock.now_ms, .decision = Decision{static_cast<uint8_t>(what >> 6)}});
        break;
    }
    Check(bank.Check(bank.active_config()).verdict == Verdict::kDone);
  }
  clock.now_ms += 60000;  // The read limit has recovered.
  for (uint8_t address : {0x00, 0x20, 0x40, 0x60, 0x80, 0xA0, 0xC0, 0xE0}) {
    CheckRead(bank, address, RegisterTarget::kToEndOfWindow);
  }
}

}  // namespace
}  // namespace mls

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  mls::Run({data, size});
  return 0;
}
