// What every RegisterBus must do, whatever it runs over.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "frame_test_server.h"
#include "mls/drivers/loopback_bus.h"
#include "mls/drivers/open_bus.h"

namespace mls::test {
namespace {

using namespace std::chrono_literals;
using Link = FrameTestServer::Link;

enum class Transport { kInProcess, kUnix, kTcp, kPseudoTerminal };

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
    if (GetParam() == Transport::kInProcess) {
      bus_ = std::make_shared<LoopbackBus>(module_);
      return;
    }
    const Link link = GetParam() == Transport::kUnix  ? Link::kUnix
                      : GetParam() == Transport::kTcp ? Link::kTcp
                                                      : Link::kPty;
    server_ = std::make_unique<FrameTestServer>(module_, link);
    std::string error;
    Result<BusConnection> opened = OpenBus(server_->uri(), Soon(), &error);
    ASSERT_TRUE(opened.ok()) << error;
    bus_ = std::make_shared<RestingBus>(opened->bus, module_.mutex);
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

  FakeModule module_;
  std::unique_ptr<FrameTestServer> server_;
  std::shared_ptr<RegisterBus> bus_;
};

TEST_P(BusContract, AWindowArrivesWholeWithItsCrc) {
  const Result<Ident> ident = ReadWindow<Ident>();
  ASSERT_TRUE(ident.ok()) << StatusName(ident.status());
  EXPECT_EQ(*ident, module_.ident);
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
  std::array<uint8_t, 2> bytes{};
  ASSERT_EQ(bus_->Read(kReg<"result.score_permille">.kAddress, bytes, Soon()), Status::kOk);
  EXPECT_EQ(LoadLittleEndian<uint16_t>(bytes), module_.result.score_permille);
}

TEST_P(BusContract, AReadHasNoSideEffects) {
  module_.AddEvent({.type = EventType::kDetection, .label = 1});
  const Result<EventHeader> first = ReadWindow<EventHeader>();
  const Result<EventHeader> second = ReadWindow<EventHeader>();
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(*first, *second);
  EXPECT_EQ(second->count, 1);
}

TEST_P(BusContract, AWriteIsReadBack) {
  const std::array<uint8_t, 2> bytes = EncodeWrite(kReg<"config.on_delay_ms">, 300);
  ASSERT_EQ(bus_->Write(kReg<"config.on_delay_ms">.kAddress, bytes, Soon()), Status::kOk);
  const Result<Config> config = ReadWindow<Config>();
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->on_delay_ms, 300);
}

TEST_P(BusContract, RefusalsAreToldApart) {
  std::array<uint8_t, 32> bytes{};
  EXPECT_EQ(bus_->Read(0x1F + 0xD0, std::span(bytes).first(16), Soon()), Status::kInvalidArgument)
      << "leaves its window";
  EXPECT_EQ(bus_->Read(0xF8, std::span(bytes).first(2), Soon()), Status::kOutOfRange) << "no register there";
  EXPECT_EQ(bus_->Write(0x00, std::span(bytes).first(1), Soon()), Status::kReadOnly);
  EXPECT_TRUE(ReadWindow<Ident>().ok()) << "a refusal leaves the bus usable";
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

TEST_P(BusContract, OneCallIsOneTransaction) {
  std::array<uint8_t, 30> bytes{};
  for (int i = 0; i < 20; ++i) ASSERT_EQ(bus_->Read(0x40, bytes, Soon()), Status::kOk);
  EXPECT_EQ(module_.reads, 20u);
}

TEST_P(BusContract, AllByteValuesPassUnchanged) {
  for (int start = 0; start < 256; start += 16) {
    for (size_t i = 0; i < 16; ++i) module_.identity.unique_id[i] = static_cast<uint8_t>(start + static_cast<int>(i));
    const uint8_t page = static_cast<uint8_t>(kWindowOf<Identity>.page);
    ASSERT_EQ(bus_->Write(kReg<"control.page">.kAddress, {&page, 1}, Soon()), Status::kOk);
    const Result<Identity> identity = ReadWindow<Identity>();
    ASSERT_TRUE(identity.ok()) << StatusName(identity.status());
    EXPECT_EQ(identity->unique_id, module_.identity.unique_id);
  }
}

std::string TransportName(const testing::TestParamInfo<Transport>& info) {
  switch (info.param) {
    case Transport::kInProcess: return "InProcess";
    case Transport::kUnix: return "Unix";
    case Transport::kTcp: return "Tcp";
    case Transport::kPseudoTerminal: return "PseudoTerminal";
  }
  return "Unknown";
}

INSTANTIATE_TEST_SUITE_P(Buses, BusContract,
                         testing::Values(Transport::kInProcess, Transport::kUnix, Transport::kTcp,
                                         Transport::kPseudoTerminal),
                         TransportName);

}  // namespace
}  // namespace mls::test
