#include "remote_link.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace mls::test {
namespace {

using namespace std::chrono_literals;

// A delayed transfer of the module holds up the strings as well.
Deadline Patience() { return SteadyClock::now() + 30s; }

void Require(Status status, const char* what) {
  if (status == Status::kOk) return;
  std::fprintf(stderr, "the puppeteer does not answer: %s: %s\n", what, StatusName(status));
  std::abort();
}

// Notices when nothing runs here, because the machine outside has no time for it.
class Heartbeat {
 public:
  SteadyClock::duration missed() const {
    const SteadyClock::duration late = SteadyClock::now() - next_.load();
    return missed_.load() + std::max(late, SteadyClock::duration(0));
  }

 private:
  void Run(std::stop_token stop) {
    while (!stop.stop_requested()) {
      std::this_thread::sleep_until(next_.load());
      const SteadyClock::time_point now = SteadyClock::now();
      missed_ = missed_.load() + (now - next_.load());
      next_ = now + 20ms;
    }
  }
  std::atomic<SteadyClock::time_point> next_ = SteadyClock::now();
  std::atomic<SteadyClock::duration> missed_{};
  std::jthread thread_{[this](std::stop_token stop) { Run(stop); }};
};

class RemoteLink final : public Link {
 public:
  RemoteLink(const std::string& adapter, uint8_t address, const std::string& line)
      : uri_(Uri(adapter, address, line)), strings_(adapter, address) {
    strings_.Give(Order::kBeginAgain);
    first_life_ = strings_.State().life;
  }

  Result<BusConnection> Connect() override {
    Result<BusConnection> connection = OpenBus(uri_, SteadyClock::now() + kCallTimeout);
    if (connection.ok()) connection->bus = std::make_shared<HostEnd>(*this, connection->bus);
    return connection;
  }
  void HostIsGone() override {
    // What was to be captured belonged to the session of that host.
    while (captures_to_come() > 0) std::this_thread::sleep_for(1ms);
  }
  bool has_interrupt_line() const override { return true; }
  // A kernel in a process, on a machine that may be busy.
  std::chrono::milliseconds allowance() const override { return 100ms; }
  SteadyClock::duration stalled() const override {
    static const Heartbeat heartbeat;
    return heartbeat.missed();
  }

  void Capture() override { strings_.Give(Order::kCapture); }
  void CaptureLater(int count, std::chrono::milliseconds period) override {
    strings_.Give(Order::kCaptureLater, static_cast<uint16_t>(count), static_cast<uint16_t>(period / 100us));
  }
  int captures_to_come() override { return strings_.State().captures_to_come; }
  std::chrono::milliseconds capture_period() const override { return 2ms; }
  SweepModule::Result result() override {
    const Puppet state = strings_.State();
    return {state.result_sequence, static_cast<Decision>(state.result_decision)};
  }
  unsigned life() override { return strings_.State().life - first_life_ + 1; }
  std::array<uint8_t, 8> boot_id() override {
    std::array<uint8_t, 8> id{};
    strings_.Read(kBootId, id);
    return id;
  }
  Config active_config() override {
    std::array<uint8_t, kWindowOf<Config>.size_bytes> bytes{};
    strings_.Read(kActiveConfig, bytes);
    const Result<Config> config = DecodeWindow<Config>(bytes);
    Require(config.status(), "configuration");
    return *config;
  }
  uint32_t newest_event() override { return strings_.State().newest_event; }
  std::optional<Decision> DecisionAt(uint32_t time_ms) override {
    strings_.Give(Order::kAskFor, static_cast<uint16_t>(time_ms), static_cast<uint16_t>(time_ms >> 16));
    const uint8_t decision = strings_.State().decision;
    return decision == 0xFF ? std::nullopt : std::optional(static_cast<Decision>(decision));
  }

 private:
  class HostEnd final : public RegisterBus {
   public:
    HostEnd(RemoteLink& link, std::shared_ptr<RegisterBus> bus) : link_(link), bus_(std::move(bus)) {}

   private:
    Status DoRead(uint8_t address, std::span<uint8_t> out, Deadline deadline) override {
      return Operate([&] { return bus_->Read(address, out, deadline); });
    }
    Status DoWrite(uint8_t address, std::span<const uint8_t> bytes, Deadline deadline) override {
      return Operate([&] { return bus_->Write(address, bytes, deadline); });
    }
    template <typename Transaction>
    Status Operate(Transaction transaction) {
      const std::optional<Kind> kind = link_.NextOperation();
      if (kind && *kind != Kind::kHostKilled) link_.strings_.Give(Order::kArm, static_cast<uint16_t>(*kind));
      const Status status = transaction();
      if (kind == Kind::kHostKilled) throw HostKilled();
      return status;
    }
    RemoteLink& link_;
    const std::shared_ptr<RegisterBus> bus_;
  };

  const std::string uri_;
  PuppetStrings strings_;
  unsigned first_life_ = 0;
};

}  // namespace

void PuppetStrings::Give(Order order, uint16_t first, uint16_t second) {
  std::array<uint8_t, 5> bytes{static_cast<uint8_t>(order)};
  StoreLittleEndian(first, std::span(bytes).subspan(1, 2));
  StoreLittleEndian(second, std::span(bytes).subspan(3, 2));
  Require(bus_.Write(kOrder, bytes, Patience()), "order");
}

void PuppetStrings::Read(uint8_t address, std::span<uint8_t> out) { Require(bus_.Read(address, out, Patience()), "read"); }

Puppet PuppetStrings::State() {
  std::array<uint8_t, kPuppetBytes> bytes{};
  Read(kState, bytes);
  const std::span<const uint8_t> in(bytes);
  return {.life = LoadLittleEndian<uint16_t>(in.subspan(0, 2)),
          .captures_to_come = LoadLittleEndian<uint16_t>(in.subspan(2, 2)),
          .newest_event = LoadLittleEndian<uint32_t>(in.subspan(4, 4)),
          .result_sequence = LoadLittleEndian<uint16_t>(in.subspan(8, 2)),
          .result_decision = in[10],
          .decision = in[11],
          .faults = LoadLittleEndian<uint32_t>(in.subspan(12, 4)),
          .resident_kb = LoadLittleEndian<uint32_t>(in.subspan(16, 4))};
}

PuppetStrings::Times PuppetStrings::ReadTimes() {
  std::array<uint8_t, kTimesBytes> bytes{};
  const SteadyClock::time_point before = SteadyClock::now();
  Read(kTimes, bytes);
  const SteadyClock::time_point after = SteadyClock::now();
  const auto now_ns = LoadLittleEndian<uint64_t>(std::span(bytes).first(8));
  const auto fell_ns = LoadLittleEndian<uint64_t>(std::span(bytes).subspan(8, 8));
  return {before + (after - before) / 2 - std::chrono::nanoseconds(now_ns - fell_ns), (after - before) / 2};
}

std::string Uri(const std::string& adapter, uint8_t module_address, const std::string& line_name) {
  char address[8];
  std::snprintf(address, sizeof address, "@0x%02x", module_address);
  return "i2c:" + adapter + address + ",irq=gpio:" + line_name;
}

std::unique_ptr<Link> MakeRemoteLink(const std::string& adapter, uint8_t module_address, const std::string& line_name) {
  return std::make_unique<RemoteLink>(adapter, module_address, line_name);
}

}  // namespace mls::test
