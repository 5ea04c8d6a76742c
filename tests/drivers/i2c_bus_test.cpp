// I2cBus over a fake kernel: every answer that an adapter can give.
#include "mls/drivers/i2c_bus.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "fake_i2c_adapter.h"
#include "fake_module.h"
#include "mls/drivers/i2c_adapters.h"

namespace mls::test {
namespace {

using namespace std::chrono_literals;
using Kind = FakeI2cAdapter::Kind;

Deadline In(std::chrono::milliseconds time) { return SteadyClock::now() + time; }

class I2cBusTest : public testing::TestWithParam<Kind> {
 protected:
  Status ReadIdent(I2cBus& bus, Deadline deadline = In(10s)) {
    std::array<uint8_t, 32> bytes{};
    const Status status = bus.Read(0, bytes, deadline);
    if (status != Status::kOk) return status;
    const Result<Ident> ident = DecodeWindow<Ident>(bytes);
    return ident.ok() && *ident == module_.ident ? Status::kOk : Status::kCorrupt;
  }
  Status WritePage(uint8_t page) { return bus_.Write(kReg<"control.page">.kAddress, {&page, 1}, In(10s)); }

  FakeModule module_;
  FakeI2cAdapter adapter_{module_, module_.mutex, GetParam()};
  I2cBus bus_{adapter_.device(), FakeI2cAdapter::kAddress};
};

TEST_P(I2cBusTest, ReadsAndWritesAreOneTransactionEachOfAtMost32DataBytes) {
  const bool is_plain = GetParam() == Kind::kPlain;
  ASSERT_EQ(ReadIdent(bus_), Status::kOk);
  EXPECT_EQ(adapter_.transfers, 1);
  EXPECT_EQ(adapter_.messages, is_plain ? 2 : 1) << "address and data in one combined transaction";
  EXPECT_EQ(adapter_.most_bytes, 32);
  ASSERT_EQ(WritePage(1), Status::kOk);
  EXPECT_EQ(adapter_.transfers, 2);
  EXPECT_EQ(adapter_.messages, is_plain ? 3 : 2);
}

TEST_P(I2cBusTest, ErrorsOfTheKernelStayApart) {
  struct Case {
    int code;
    Status status;
  };
  constexpr Case kCases[] = {
      {ENXIO, Status::kNoDevice},       {EREMOTEIO, Status::kNoDevice},      {ENODEV, Status::kNoDevice},
      {EAGAIN, Status::kArbitrationLost}, {ETIMEDOUT, Status::kTimeout},     {EBUSY, Status::kBusy},
      {EIO, Status::kBusError},         {ESHUTDOWN, Status::kBusError},      {EBADMSG, Status::kBadCrc},
      {EPROTO, Status::kProtocol},      {EOPNOTSUPP, Status::kUnsupported},  {EACCES, Status::kPermission},
  };
  for (const Case& a_case : kCases) {
    adapter_.FailNext(a_case.code);
    EXPECT_EQ(ReadIdent(bus_), a_case.status) << strerror(a_case.code);
    adapter_.FailNext(a_case.code);
    EXPECT_EQ(WritePage(0), a_case.status) << strerror(a_case.code);
    EXPECT_EQ(ReadIdent(bus_), Status::kOk) << "after " << strerror(a_case.code);
  }
}

TEST_P(I2cBusTest, AShortAnswerIsNeverGood) {
  if (GetParam() == Kind::kPlain) {
    adapter_.CountNext(0);
    EXPECT_EQ(ReadIdent(bus_), Status::kNoDevice);
    adapter_.CountNext(1);
    EXPECT_EQ(ReadIdent(bus_), Status::kShortTransfer);
    adapter_.CountNext(0);
    EXPECT_EQ(WritePage(0), Status::kNoDevice);
  } else {
    for (const int count : {0, 1, 31}) {
      adapter_.CountNext(count);
      EXPECT_EQ(ReadIdent(bus_), Status::kShortTransfer) << count;
    }
  }
  EXPECT_EQ(ReadIdent(bus_), Status::kOk);
}

TEST_P(I2cBusTest, NobodyAtTheAddressIsNoDevice) {
  I2cBus other(adapter_.device(), 0x6D);
  EXPECT_EQ(ReadIdent(other), Status::kNoDevice);
}

TEST_P(I2cBusTest, AnAddressThatAKernelDriverHoldsIsLeftAlone) {
  adapter_.is_held = true;
  EXPECT_EQ(bus_.Connect(In(10s)), Status::kBusy);
  EXPECT_EQ(bus_.error(), "a kernel driver holds address 0x6c on this adapter, and it is not taken from it");
  EXPECT_EQ(ReadIdent(bus_), Status::kBusy);
  EXPECT_EQ(adapter_.transfers, 0);
  adapter_.is_held = false;
  EXPECT_EQ(ReadIdent(bus_), Status::kOk);
}

TEST_P(I2cBusTest, AnUnpluggedAdapterIsNoDeviceUntilItIsBack) {
  ASSERT_EQ(ReadIdent(bus_), Status::kOk);
  adapter_.Unplug();
  EXPECT_EQ(ReadIdent(bus_), Status::kNoDevice);
  EXPECT_EQ(ReadIdent(bus_), Status::kNoDevice);
  EXPECT_NE(bus_.error().find("no such adapter"), std::string::npos) << bus_.error();
  adapter_.PlugIn();
  EXPECT_EQ(ReadIdent(bus_), Status::kOk);
  EXPECT_EQ(bus_.counters().connects, 2u);
}

TEST_P(I2cBusTest, ATransferThatHangsEndsAtTheDeadlineAndLaterCallsWaitForItsEnd) {
  adapter_.hangs = true;
  EXPECT_EQ(ReadIdent(bus_, In(20ms)), Status::kTimeout);
  EXPECT_EQ(ReadIdent(bus_, In(20ms)), Status::kTimeout);
  EXPECT_EQ(bus_.Connect(In(1ms)), Status::kTimeout);
  EXPECT_EQ(adapter_.transfers, 1) << "the second was not started";
  adapter_.hangs = false;
  EXPECT_EQ(ReadIdent(bus_), Status::kOk) << "and gets its own answer";
  EXPECT_EQ(adapter_.transfers, 2);
}

TEST_P(I2cBusTest, ADeadlineThatHasPassedSendsNothing) {
  EXPECT_EQ(ReadIdent(bus_, SteadyClock::now()), Status::kTimeout);
  EXPECT_EQ(adapter_.transfers, 0);
}

TEST_P(I2cBusTest, ABusGoesAwayEvenWhileATransferHangs) {
  auto bus = std::make_unique<I2cBus>(adapter_.device(), FakeI2cAdapter::kAddress);
  adapter_.hangs = true;
  EXPECT_EQ(ReadIdent(*bus, In(5ms)), Status::kTimeout);
  bus.reset();
  adapter_.hangs = false;
  EXPECT_EQ(ReadIdent(bus_), Status::kOk);
}

TEST_P(I2cBusTest, BusesOnOneAdapterDoNotMixTheirAnswers) {
  const auto read = [this](uint8_t address, size_t size) {
    I2cBus bus(adapter_.device(), FakeI2cAdapter::kAddress);
    std::array<uint8_t, 32> first{};
    for (int i = 0; i < 300; ++i) {
      std::array<uint8_t, 32> bytes{};
      ASSERT_EQ(bus.Read(address, std::span(bytes).first(size), In(10s)), Status::kOk);
      if (i == 0) first = bytes;
      ASSERT_EQ(bytes, first);
    }
  };
  std::thread other([&] { read(kWindows[kResultWindow].address, 30); });
  read(kWindows[kIdentWindow].address, 32);
  other.join();
}

INSTANTIATE_TEST_SUITE_P(Adapters, I2cBusTest, testing::Values(Kind::kPlain, Kind::kSmbus),
                         [](const auto& kind) { return kind.param == Kind::kPlain ? "Plain" : "Smbus"; });

TEST(I2cBus, AnAdapterThatDoesNeitherKindOfTransferIsUnsupported) {
  FakeModule module;
  FakeI2cAdapter adapter(module, module.mutex, Kind::kNeither);
  I2cBus bus(adapter.device(), FakeI2cAdapter::kAddress);
  EXPECT_EQ(bus.Connect(In(10s)), Status::kUnsupported);
  EXPECT_NE(bus.error().find("neither plain I2C nor SMBus"), std::string::npos) << bus.error();
}

class AdapterList : public testing::Test {
 protected:
  void SetUp() override {
    root_ = "/tmp/mls-test-" + std::to_string(getpid()) + "-sysfs";
    for (const auto& [number, name] : {std::pair{10, "second"}, {2, "first one"}}) {
      const std::string folder = root_ + "/sys/class/i2c-dev/i2c-" + std::to_string(number);
      std::filesystem::create_directories(folder);
      std::ofstream(folder + "/name") << name << "\n";
    }
    const std::string device = root_ + "/sys/bus/i2c/devices/2-006c";
    std::filesystem::create_directories(device);
    std::filesystem::create_symlink("../../../bus/i2c/drivers/at24", device + "/driver");
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  std::string root_;
};

TEST_F(AdapterList, HasNumbersDevicesAndNames) {
  const std::vector<I2cAdapter> adapters = ListI2cAdapters(root_);
  ASSERT_EQ(adapters.size(), 2u);
  EXPECT_EQ(adapters[0].number, 2);
  EXPECT_EQ(adapters[0].device, root_ + "/dev/i2c-2");
  EXPECT_EQ(adapters[0].name, "first one");
  EXPECT_EQ(adapters[1].number, 10);
}

TEST_F(AdapterList, IsEmptyWithoutI2c) { EXPECT_TRUE(ListI2cAdapters("/there/is/no/such/root").empty()); }

TEST_F(AdapterList, KnowsTheDriverThatHoldsAnAddress) {
  EXPECT_EQ(KernelDriverAt(2, 0x6C, root_), "at24");
  EXPECT_EQ(KernelDriverAt(2, 0x6D, root_), "");
}

}  // namespace
}  // namespace mls::test
