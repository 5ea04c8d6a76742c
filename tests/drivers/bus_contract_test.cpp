// What every RegisterBus must do, whatever it runs over.
//
// The environment variable MLS_TEST_BUS_URIS adds modules outside of this program: URIs as OpenBus takes them, with
// semicolons between, for example "i2c:0@0x6c,irq=gpiochip0:0;unix:/tmp/module.sock". To run over these alone:
// --gtest_filter='External/*'. The tests change the staged configuration, and set it back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <thread>

#include "fake_i2c_adapter.h"
#include "frame_test_server.h"
#include "mls/drivers/loopback_bus.h"
#include "mls/drivers/open_bus.h"

namespace mls::test {
namespace {

using namespace std::chrono_literals;
using Link = FrameTestServer::Link;

struct Transport {
  enum Kind { kInProcess, kUnix, kTcp, kPseudoTerminal, kI2c, kSmbus, kExternal };
  std::string name;
  Kind kind;
  std::string uri;  // Of a module outside.

  bool IsI2c() const { return kind == kI2c || kind == kSmbus || uri.starts_with("i2c:"); }
};

// Between two calls the server rests, and the test may use the module without its lock: this makes that known to the
// thread sanitizer.
class RestingBus final : public RegisterBus {
 public:
  RestingBus(std::shared_ptr<RegisterBus> bus, std::mutex& mutex) : bus_(std::move(bus)), mutex_(mutex) {}

 private:
  Status DoRead(uint8_t address, std::span<uint8_t> out, Deadline deadline) override {
    { const std::lock_guard lock(mutex_); }
    const Status status = bus_->Read(address, out, deadline);
    const std::lock_guard lock(mutex_);
    return status;
  }
  Status DoWrite(uint8_t address, std::span<const uint8_t> bytes, Deadline deadline) override {
    { const std::lock_guard lock(mutex_); }
    const Status status = bus_->Write(address, bytes, deadline);
    const std::lock_guard lock(mutex_);
    return status;
  }

  std::shared_ptr<RegisterBus> bus_;
  std::mutex& mutex_;
};

class BusContract : public testing::TestWithParam<Transport> {
 protected:
  void SetUp() override {
    std::string uri = GetParam().uri;
    switch (GetParam().kind) {
      case Transport::kInProcess: bus_ = std::make_shared<LoopbackBus>(module_); return;
      case Transport::kUnix: Serve(Link::kUnix, uri); break;
      case Transport::kTcp: Serve(Link::kTcp, uri); break;
      case Transport::kPseudoTerminal: Serve(Link::kPty, uri); break;
      case Transport::kI2c: Attach(FakeI2cAdapter::Kind::kPlain, uri); break;
      case Transport::kSmbus: Attach(FakeI2cAdapter::Kind::kSmbus, uri); break;
      case Transport::kExternal: break;
    }
    std::string error;
    const Result<BusConnection> opened = OpenBus(uri, Soon(), &error);
    ASSERT_TRUE(opened.ok()) << error;
    edges_ = opened->edges;
    bus_ = std::make_shared<RestingBus>(opened->bus, module_.mutex);
  }

  void Serve(Link link, std::string& uri) {
    server_ = std::make_unique<FrameTestServer>(module_, link);
    uri = server_->uri();
  }
  void Attach(FakeI2cAdapter::Kind kind, std::string& uri) {
    adapter_ = std::make_unique<FakeI2cAdapter>(module_, module_.mutex, kind);
    uri = adapter_->uri();
  }

  static Deadline Soon() { return SteadyClock::now() + 5s; }

  template <WindowStruct W>
  Result<W> ReadWindow() {
    std::array<uint8_t, kMaxWindowBytes> bytes{};
    const std::span<uint8_t> window = std::span(bytes).first(kWindowOf<W>.size_bytes);
    const Status status = bus_->Read(kWindowOf<W>.address, window, Soon());
    if (status != Status::kOk) return status;
    return DecodeWindow<W>(window);
  }

  // What a write to the control window or the configuration does shows when the module gets to it.
  template <WindowStruct W>
  bool Becomes(auto&& is_so) {
    for (const Deadline deadline = Soon(); SteadyClock::now() < deadline; std::this_thread::sleep_for(1ms)) {
      const Result<W> window = ReadWindow<W>();
      if (window.ok() && is_so(*window)) return true;
    }
    return false;
  }

  template <typename Register>
  Status Write(const Register& reg, auto value) {
    return bus_->Write(Register::kAddress, EncodeWrite(reg, value), Soon());
  }

  FakeModule module_;
  std::unique_ptr<FrameTestServer> server_;
  std::unique_ptr<FakeI2cAdapter> adapter_;
  std::shared_ptr<RegisterBus> bus_;
  std::shared_ptr<EdgeWaiter> edges_;
};

// With a module in this program, so that both ends of the bus can be looked at.
class BusBothEnds : public BusContract {};

// With a module outside that has its interrupt on a GPIO line.
class InterruptLine : public BusContract {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(InterruptLine);

TEST_P(BusContract, AWindowArrivesWholeWithItsCrc) {
  const Result<Ident> ident = ReadWindow<Ident>();
  ASSERT_TRUE(ident.ok()) << StatusName(ident.status());
  EXPECT_EQ(ident->magic, Ident{}.magic);
}

TEST_P(BusContract, EveryWindowOfTheMapCanBeReadInOneTransaction) {
  for (const WindowInfo& info : kWindows) {
    if (info.page != kNotPaged) {
      const uint8_t page = static_cast<uint8_t>(info.page);
      ASSERT_EQ(bus_->Write(kReg<"control.page">.kAddress, {&page, 1}, Soon()), Status::kOk) << info.name;
    }
    std::array<uint8_t, kMaxWindowBytes> bytes{};
    EXPECT_EQ(bus_->Read(info.address, std::span(bytes).first(info.size_bytes), Soon()), Status::kOk) << info.name;
  }
}

TEST_P(BusContract, APartOfAWindowIsThatPart) {
  std::array<uint8_t, kMaxWindowBytes> whole{};
  std::array<uint8_t, 4> part{};
  constexpr uint8_t kModelId = kReg<"ident.model_id">.kAddress;
  ASSERT_EQ(bus_->Read(kWindows[kIdentWindow].address, whole, Soon()), Status::kOk);
  ASSERT_EQ(bus_->Read(kModelId, part, Soon()), Status::kOk);
  EXPECT_THAT(std::span(whole).subspan(kModelId - kWindows[kIdentWindow].address, part.size()),
              testing::ElementsAreArray(part));
}

TEST_P(BusContract, AReadHasNoSideEffects) {
  module_.AddEvent({.type = EventType::kDetection, .label = 1});
  const Result<EventHeader> first = ReadWindow<EventHeader>();
  std::array<uint8_t, kMaxWindowBytes> records{};
  ASSERT_EQ(bus_->Read(kWindows[kEventDataWindow].address, records, Soon()), Status::kOk);
  const Result<EventHeader> second = ReadWindow<EventHeader>();
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(first->oldest, second->oldest);
  EXPECT_LE(first->count, second->count);
}

TEST_P(BusContract, AWriteIsReadBack) {
  const Result<Config> before = ReadWindow<Config>();
  ASSERT_TRUE(before.ok());
  for (const uint16_t delay_ms : {300, 7, +before->on_delay_ms}) {
    ASSERT_EQ(Write(kReg<"config.on_delay_ms">, delay_ms), Status::kOk);
    EXPECT_TRUE(Becomes<Config>([&](const Config& config) { return config.on_delay_ms == delay_ms; })) << delay_ms;
  }
}

TEST_P(BusContract, RefusalsAreToldApart) {
  struct Case {
    const char* what;
    uint8_t address;
    uint8_t size;
    bool is_write;
    Status status;   // Where the bus has a place for it.
    uint16_t error;  // In status.protocol_errors, where it has not.
  };
  constexpr Case kCases[] = {
      {"leaves its window", 0xEF, 16, false, Status::kInvalidArgument, kBadLength},
      {"no register there", 0xF8, 2, false, Status::kOutOfRange, kBadAddress},
      {"takes no writes", 0x00, 1, true, Status::kReadOnly, kWriteToReadOnly},
  };
  for (const Case& a_case : kCases) {
    ASSERT_EQ(Write(kReg<"control.protocol_error_clear">, uint16_t{0xFFFF}), Status::kOk);
    if (GetParam().IsI2c()) {
      module_.status.protocol_errors = 0;
      ASSERT_TRUE(Becomes<ModuleStatus>([](const ModuleStatus& status) { return status.protocol_errors == 0; }));
    }
    std::array<uint8_t, 16> bytes{};
    const auto part = std::span(bytes).first(a_case.size);
    const Status status = a_case.is_write ? bus_->Write(a_case.address, part, Soon())
                                          : bus_->Read(a_case.address, part, Soon());
    if (GetParam().IsI2c()) {
      EXPECT_TRUE(a_case.is_write || status != Status::kOk || part.back() == 0xFF) << a_case.what;
      EXPECT_TRUE(Becomes<ModuleStatus>([&](const ModuleStatus& now) { return now.protocol_errors == a_case.error; }))
          << a_case.what;
    } else {
      EXPECT_EQ(status, a_case.status) << a_case.what;
    }
    EXPECT_TRUE(ReadWindow<Ident>().ok()) << "a refusal leaves the bus usable";
  }
}

TEST_P(BusContract, NonsenseIsRefusedBeforeItReachesTheBus) {
  std::array<uint8_t, 40> bytes{};
  EXPECT_EQ(bus_->Read(0, {}, Soon()), Status::kInvalidArgument);
  EXPECT_EQ(bus_->Read(0, std::span(bytes).first(33), Soon()), Status::kInvalidArgument);
  EXPECT_EQ(bus_->Read(0xF0, std::span(bytes).first(17), Soon()), Status::kInvalidArgument);
  EXPECT_EQ(bus_->Write(0, {}, Soon()), Status::kInvalidArgument);
  EXPECT_EQ(bus_->Write(0, std::span(bytes).first(33), Soon()), Status::kInvalidArgument);
  EXPECT_EQ(module_.reads, 0u);
  EXPECT_EQ(module_.writes, 0u);
}

TEST_P(BusBothEnds, WhatArrivesIsWhatTheModuleHas) {
  const Result<Ident> ident = ReadWindow<Ident>();
  ASSERT_TRUE(ident.ok());
  EXPECT_EQ(*ident, module_.ident);
}

TEST_P(BusBothEnds, OneCallIsOneTransaction) {
  std::array<uint8_t, 30> bytes{};
  for (int i = 0; i < 20; ++i) ASSERT_EQ(bus_->Read(0x40, bytes, Soon()), Status::kOk);
  EXPECT_EQ(module_.reads, 20u);
}

TEST_P(BusBothEnds, AllByteValuesPassUnchanged) {
  for (int start = 0; start < 256; start += 16) {
    for (size_t i = 0; i < 16; ++i) module_.identity.unique_id[i] = static_cast<uint8_t>(start + static_cast<int>(i));
    const uint8_t page = static_cast<uint8_t>(kWindowOf<Identity>.page);
    ASSERT_EQ(bus_->Write(kReg<"control.page">.kAddress, {&page, 1}, Soon()), Status::kOk);
    const Result<Identity> identity = ReadWindow<Identity>();
    ASSERT_TRUE(identity.ok()) << StatusName(identity.status());
    EXPECT_EQ(identity->unique_id, module_.identity.unique_id);
  }
}

TEST_P(InterruptLine, TellsThatACommandIsDoneUntilThatIsCleared) {
  ASSERT_EQ(Write(kReg<"control.interrupt_clear">, uint8_t{0xFF}), Status::kOk);
  ASSERT_EQ(Write(kReg<"control.interrupt_enable">, uint8_t{kInterruptCommand}), Status::kOk);
  ASSERT_TRUE(Becomes<ModuleStatus>([](const ModuleStatus& status) {
    return status.interrupt_enable == kInterruptCommand && (status.interrupt_pending & kInterruptCommand) == 0;
  }));
  while (edges_->Wait(SteadyClock::now()) == Status::kOk) {
  }
  for (uint8_t i = 1; i <= 5; ++i) {
    const std::array<uint8_t, 2> revert = {static_cast<uint8_t>(Command::kRevert), i};
    ASSERT_EQ(bus_->Write(kReg<"control.command">.kAddress, revert, Soon()), Status::kOk);
    EXPECT_EQ(edges_->Wait(Soon()), Status::kOk) << int{i};
    EXPECT_EQ(edges_->Wait(SteadyClock::now() + 20ms), Status::kTimeout) << "one edge for one level";
    const Result<ModuleStatus> status = ReadWindow<ModuleStatus>();
    ASSERT_TRUE(status.ok());
    EXPECT_NE(status->interrupt_pending & kInterruptCommand, 0);
    ASSERT_EQ(Write(kReg<"control.interrupt_clear">, uint8_t{kInterruptCommand}), Status::kOk);
    ASSERT_TRUE(Becomes<ModuleStatus>(
        [](const ModuleStatus& now) { return (now.interrupt_pending & kInterruptCommand) == 0; }));
  }
  EXPECT_EQ(Write(kReg<"control.interrupt_enable">, uint8_t{0}), Status::kOk);
}

std::vector<Transport> External(std::string_view must_have) {
  std::vector<Transport> transports;
  const char* const variable = std::getenv("MLS_TEST_BUS_URIS");
  std::string_view uris = variable != nullptr ? variable : "";
  while (!uris.empty()) {
    const std::string_view uri = uris.substr(0, uris.find(';'));
    uris.remove_prefix(std::min(uri.size() + 1, uris.size()));
    if (uri.find(must_have) == std::string_view::npos) continue;
    transports.push_back({"Uri" + std::to_string(transports.size()), Transport::kExternal, std::string(uri)});
  }
  return transports;
}

std::string TransportName(const testing::TestParamInfo<Transport>& info) { return info.param.name; }

const std::vector<Transport> kHere = {{"InProcess", Transport::kInProcess, ""},
                                      {"Unix", Transport::kUnix, ""},
                                      {"Tcp", Transport::kTcp, ""},
                                      {"PseudoTerminal", Transport::kPseudoTerminal, ""},
                                      {"I2c", Transport::kI2c, ""},
                                      {"Smbus", Transport::kSmbus, ""}};

INSTANTIATE_TEST_SUITE_P(Buses, BusContract, testing::ValuesIn(kHere), TransportName);
INSTANTIATE_TEST_SUITE_P(Buses, BusBothEnds, testing::ValuesIn(kHere), TransportName);
INSTANTIATE_TEST_SUITE_P(External, BusContract, testing::ValuesIn(External("")), TransportName);
INSTANTIATE_TEST_SUITE_P(External, InterruptLine, testing::ValuesIn(External(",irq=")), TransportName);

}  // namespace
}  // namespace mls::test
