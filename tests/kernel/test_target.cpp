// Two modules with the real sensor core on the I2C bus of a virtual machine, and their puppeteers. Usage: mls-test-target ADDRESS
//
// The modules limit no reads and take pictures when they are told to. Faults happen to whole transfers, between the bus and the registers.
#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <thread>

#include "../host-lib/fault_sweep_kinds.h"
#include "../host-lib/fault_sweep_module.h"
#include "mls/drivers/module/vhost_user_bus.h"
#include "puppet.h"

namespace mls::test {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr uint8_t kNobody = 0x7F;

uint64_t NowNs() { return static_cast<uint64_t>(Clock::now().time_since_epoch() / 1ns); }
uint32_t NowMs() { return static_cast<uint32_t>(Clock::now().time_since_epoch() / 1ms); }

uint32_t ResidentKb() {
  std::ifstream file("/proc/self/statm");
  uint32_t size_pages = 0, resident_pages = 0;
  file >> size_pages >> resident_pages;
  return resident_pages * static_cast<uint32_t>(sysconf(_SC_PAGESIZE) / 1024);
}

// One module with what can go wrong on its way. The mutex is held in each function that the bus or the clock calls.
class Module final : public RegisterTarget {
 public:
  Module(uint8_t address, OutputPin& line)
      : address_(address), line_(line), module_(NowMs, [this](bool high) { SetLine(high); }, address) {}

  std::mutex mutex;

  SweepModule& sensor() { return module_; }
  uint64_t fell_ns() const { return fell_ns_; }
  uint32_t faults() const { return faults_; }
  uint16_t captures_to_come() const { return captures_to_come_; }

  void Arm(Kind kind);
  void SetFaultRate(uint16_t permille) { fault_permille_ = permille; }
  void BeginAgain() {
    armed_.reset();
    captures_to_come_ = 0;
    silent_until_ = {};
    falls_to_lose_ = 0;
    module_.Restart();
  }
  void CaptureLater(uint16_t count, Clock::duration period) {
    captures_to_come_ = static_cast<uint16_t>(captures_to_come_ + count);
    period_ = period;
    next_ = Clock::now() + period;
  }
  // Takes the pictures that are due; tells when the next one is.
  Clock::time_point CaptureWhatIsDue() {
    while (captures_to_come_ > 0 && next_ <= Clock::now()) {
      module_.Capture();
      --captures_to_come_;
      next_ = Clock::now() + period_;
    }
    return captures_to_come_ > 0 ? next_ : Clock::time_point::max();
  }

 private:
  Result<std::span<const uint8_t>> DoBeginRead(uint8_t address, size_t size_bytes) override;
  void DoEndRead() override {}
  Status DoWrite(uint8_t address, std::span<const uint8_t> bytes) override;
  void DoReportProtocolError(uint16_t errors) override {
    const std::lock_guard lock(mutex);
    module_.bank().ReportProtocolError(errors);
  }
  uint8_t DoI2cAddress() const override;
  Status Fill(uint8_t address, size_t size_bytes);
  Status Apply(uint8_t address, std::span<const uint8_t> bytes);
  std::optional<Kind> TakeFault();
  void SetLine(bool high);

  const uint8_t address_;
  OutputPin& line_;
  int falls_to_lose_ = 0;
  uint64_t fell_ns_ = 0;
  SweepModule module_;
  std::array<uint8_t, kMaxWindowBytes> answer_{};
  size_t answer_bytes_ = 0;
  mutable std::optional<Kind> armed_;
  mutable int addressed_ = 0;  // Times since it was armed.
  Clock::time_point silent_until_{};
  uint16_t fault_permille_ = 0;
  uint32_t faults_ = 0;
  uint32_t random_ = 1;
  uint16_t captures_to_come_ = 0;
  Clock::duration period_{};
  Clock::time_point next_{};
};

void Module::SetLine(bool high) {
  if (!high && falls_to_lose_ > 0) {
    --falls_to_lose_;
    return;
  }
  if (!high) fell_ns_ = NowNs();
  line_.Set(high);
}

void Module::Arm(Kind kind) {
  armed_ = kind;
  addressed_ = 0;
  if (kind == Kind::kLostInterrupt) falls_to_lose_ = 1;
  if (kind == Kind::kSpuriousInterrupt) {
    line_.Set(false);
    line_.Set(true);
  }
  if (kind == Kind::kStuckBusy) silent_until_ = Clock::now() + kStuckFor;
  if (kind == Kind::kAdapterUnplugged) silent_until_ = Clock::now() + kUnpluggedFor;
}

// Asked at each address byte on the bus.
uint8_t Module::DoI2cAddress() const {
  if (Clock::now() < silent_until_) return kNobody;
  ++addressed_;
  if (armed_ == Kind::kNackOnAddress || (armed_ == Kind::kNackOnData && addressed_ == 2)) {
    armed_.reset();
    return kNobody;
  }
  return address_;
}

std::optional<Kind> Module::TakeFault() {
  if (armed_) return std::exchange(armed_, std::nullopt);
  if (fault_permille_ == 0) return std::nullopt;
  random_ = random_ * 1664525 + 1013904223;  // Numerical Recipes, "quick and dirty" generator
  if ((random_ >> 8) % 1000 >= fault_permille_) return std::nullopt;
  ++faults_;
  constexpr Kind kKinds[] = {Kind::kNackOnAddress,   Kind::kNackOnData,      Kind::kBitFlipInRequest, Kind::kBitFlipInAnswer,
                             Kind::kTruncatedRead,   Kind::kDuplicatedFrame, Kind::kLostInterrupt,    Kind::kGarbageBetweenFrames};
  const Kind kind = kKinds[(random_ >> 20) % std::size(kKinds)];
  if (kind != Kind::kNackOnAddress && kind != Kind::kLostInterrupt) return kind;
  // These two happen to what comes next.
  if (kind == Kind::kLostInterrupt) {
    falls_to_lose_ = 1;
  } else {
    armed_ = kind;
  }
  return std::nullopt;
}

Status Module::Fill(uint8_t address, size_t size_bytes) {
  const Result<size_t> size = module_.bank().Read(address, size_bytes, answer_);
  answer_bytes_ = size.ok() ? *size : 0;
  return size.status();
}

Result<std::span<const uint8_t>> Module::DoBeginRead(uint8_t address, size_t size_bytes) {
  const std::lock_guard lock(mutex);
  const std::optional<Kind> fault = TakeFault();
  if (fault == Kind::kBitFlipInRequest) address ^= static_cast<uint8_t>(1u << (address % 8));
  if (fault == Kind::kDelayBeyondDeadline) std::this_thread::sleep_for(kLateBy);
  if (fault == Kind::kModuleReset) module_.Restart();
  Status status = Fill(address, size_bytes);
  if (fault == Kind::kDuplicatedFrame) status = Fill(address, size_bytes);
  if (fault == Kind::kResetAfterRequest) module_.Restart();
  if (fault == Kind::kModuleReset || fault == Kind::kResetAfterRequest || fault == Kind::kNackOnData) status = Status::kNotReady;
  if (status != Status::kOk) return status;
  const std::span<uint8_t> answer = std::span(answer_).first(answer_bytes_);
  if (fault == Kind::kBitFlipInAnswer) answer[address % answer.size()] ^= static_cast<uint8_t>(1u << (random_ >> 8) % 8);
  if (fault == Kind::kTruncatedRead) std::fill(answer.begin() + static_cast<std::ptrdiff_t>(answer.size() / 2), answer.end(), uint8_t{0xFF});
  return std::span<const uint8_t>(answer);
}

Status Module::Apply(uint8_t address, std::span<const uint8_t> bytes) {
  const Status status = module_.bank().Write(address, bytes);
  module_.Step();
  return status;
}

Status Module::DoWrite(uint8_t address, std::span<const uint8_t> bytes) {
  const std::lock_guard lock(mutex);
  const std::optional<Kind> fault = TakeFault();
  std::array<uint8_t, kMaxWindowBytes> copy{};
  std::copy(bytes.begin(), bytes.end(), copy.begin());
  const std::span<uint8_t> written = std::span(copy).first(bytes.size());
  if (!fault) return Apply(address, written);
  switch (*fault) {
    case Kind::kNackOnData:
    case Kind::kTruncatedRead: return Status::kOk;  // A transfer that breaks off does nothing.
    case Kind::kModuleReset: module_.Restart(); return Status::kOk;
    case Kind::kBitFlipInRequest: written[address % written.size()] ^= static_cast<uint8_t>(1u << (written[0] + address) % 8); break;
    case Kind::kDelayBeyondDeadline: std::this_thread::sleep_for(kLateBy); break;
    case Kind::kDuplicatedFrame: (void)Apply(address, written); break;
    case Kind::kGarbageBetweenFrames: (void)Apply(0xF8, written); break;
    default: break;
  }
  const Status status = Apply(address, written);
  if (fault == Kind::kResetAfterRequest) module_.Restart();
  return status;
}

class Puppeteer final : public RegisterTarget {
 public:
  Puppeteer(uint8_t address, Module& module, const WakeEvent& changed) : address_(address), module_(module), changed_(changed) {}

 private:
  uint8_t DoI2cAddress() const override { return address_; }
  void DoEndRead() override {}
  void DoReportProtocolError(uint16_t) override {}
  Result<std::span<const uint8_t>> DoBeginRead(uint8_t address, size_t) override;
  Status DoWrite(uint8_t address, std::span<const uint8_t> bytes) override;

  const uint8_t address_;
  Module& module_;
  const WakeEvent& changed_;
  uint32_t asked_ms_ = 0;
  std::array<uint8_t, kMaxWindowBytes> answer_{};
};

Result<std::span<const uint8_t>> Puppeteer::DoBeginRead(uint8_t address, size_t) {
  const std::lock_guard lock(module_.mutex);
  SweepModule& sensor = module_.sensor();
  const std::span<uint8_t> out(answer_);
  answer_.fill(0);
  switch (address) {
    case kState: {
      const std::optional<Decision> decision = sensor.DecisionAt(asked_ms_);
      StoreLittleEndian(static_cast<uint16_t>(sensor.life()), out.subspan(0, 2));
      StoreLittleEndian(module_.captures_to_come(), out.subspan(2, 2));
      StoreLittleEndian(sensor.newest_event(), out.subspan(4, 4));
      StoreLittleEndian(sensor.result().sequence, out.subspan(8, 2));
      out[10] = static_cast<uint8_t>(sensor.result().decision);
      out[11] = decision ? static_cast<uint8_t>(*decision) : 0xFF;
      StoreLittleEndian(module_.faults(), out.subspan(12, 4));
      StoreLittleEndian(ResidentKb(), out.subspan(16, 4));
      break;
    }
    case kTimes:
      StoreLittleEndian(NowNs(), out.subspan(0, 8));
      StoreLittleEndian(module_.fell_ns(), out.subspan(8, 8));
      break;
    case kBootId: std::ranges::copy(sensor.boot_id(), out.begin()); break;
    case kActiveConfig: EncodeWindow(sensor.active_config(), out); break;
    default: return Status::kOutOfRange;
  }
  return std::span<const uint8_t>(answer_);
}

Status Puppeteer::DoWrite(uint8_t address, std::span<const uint8_t> bytes) {
  if (address != kOrder || bytes.size() < 5) return Status::kInvalidArgument;
  const std::lock_guard lock(module_.mutex);
  const auto number = [&](size_t at) { return LoadLittleEndian<uint16_t>(bytes.subspan(at, 2)); };
  switch (static_cast<Order>(bytes[0])) {
    case Order::kArm: module_.Arm(static_cast<Kind>(bytes[1])); break;
    case Order::kCapture: module_.sensor().Capture(); break;
    case Order::kCaptureLater: module_.CaptureLater(number(1), number(3) * 100us); break;
    case Order::kBeginAgain: module_.BeginAgain(); break;
    case Order::kAskFor: asked_ms_ = LoadLittleEndian<uint32_t>(bytes.subspan(1, 4)); break;
    case Order::kFaultRate: module_.SetFaultRate(number(1)); break;
  }
  changed_.Set();
  return Status::kOk;
}

volatile std::sig_atomic_t stop = 0;

int Main(const char* address) {
  std::signal(SIGTERM, [](int) { stop = 1; });
  constexpr size_t kCount = std::size(kModuleAddresses);
  VhostUserBus bus(address, kCount);
  const WakeEvent nobody;
  const WakeEvent changed;
  struct Pair {
    Pair(uint8_t at, OutputPin& line, const WakeEvent& a_changed)
        : module(at, line), module_target(module), puppeteer(PuppeteerAddress(at), module, a_changed), puppeteer_target(puppeteer) {}
    Module module;
    I2cTarget module_target;
    Puppeteer puppeteer;
    I2cTarget puppeteer_target;
  };
  std::array<std::unique_ptr<Pair>, kCount> pairs;
  for (size_t i = 0; i < kCount; ++i) {
    pairs[i] = std::make_unique<Pair>(kModuleAddresses[i], bus.interrupt_line(i), changed);
    bus.i2c().Connect(i, pairs[i]->module_target, nobody);
    bus.i2c().Connect(kCount + i, pairs[i]->puppeteer_target, nobody);
  }
  std::printf("listening on %s\n", address);
  std::fflush(stdout);
  while (!stop) {
    Clock::time_point next = Clock::now() + 200ms;  // `stop` is looked at.
    for (const auto& pair : pairs) {
      const std::lock_guard lock(pair->module.mutex);
      next = std::min(next, pair->module.CaptureWhatIsDue());
    }
    const auto wait = std::max(next - Clock::now(), Clock::duration(0)) / 1ns;
    const timespec timeout{0, static_cast<long>(wait)};
    pollfd polled{changed.fd(), POLLIN, 0};
    if (ppoll(&polled, 1, &timeout, nullptr) > 0) changed.Clear();
  }
  for (size_t i = 0; i < 2 * kCount; ++i) bus.i2c().Disconnect(i);
  return 0;
}

}  // namespace
}  // namespace mls::test

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: mls-test-target vhost-user:I2C_SOCKET,GPIO_SOCKET\n");
    return 2;
  }
  try {
    return mls::test::Main(argv[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "mls-test-target: %s\n", error.what());
    return 1;
  }
}
