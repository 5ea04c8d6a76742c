#include "mls/drivers/module/vhost_user_bus.h"

#include <gtest/gtest.h>
#include <linux/virtio_gpio.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "test_files.h"
#include "vhost_front_end.h"

namespace mls {
namespace {

using test::Descriptor;
using test::FrontEnd;
using test::Room;

// 256 registers, each of which holds its own number at first; a window is 16 of them.
class PlainRegisters final : public RegisterTarget {
 public:
  explicit PlainRegisters(uint8_t address) : i2c_address(address) {
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i);
  }
  std::array<uint8_t, 256> bytes{};
  uint8_t i2c_address;
  std::atomic<uint16_t> errors{0};

 private:
  Result<std::span<const uint8_t>> DoBeginRead(uint8_t address, size_t) override {
    return std::span<const uint8_t>(bytes).subspan(address, 16u - address % 16u);
  }
  void DoEndRead() override {}
  Status DoWrite(uint8_t address, std::span<const uint8_t> written) override {
    std::copy(written.begin(), written.end(), bytes.begin() + address);
    return Status::kOk;
  }
  void DoReportProtocolError(uint16_t protocol_errors) override { errors |= protocol_errors; }
  uint8_t DoI2cAddress() const override { return i2c_address; }
};

class VhostUserBusTest : public ::testing::Test {
 protected:
  VhostUserBusTest() {
    bus.i2c().Connect(0, target, pipeline);
    bus.i2c().Connect(1, other_target, pipeline);
  }
  ~VhostUserBusTest() {
    bus.i2c().Disconnect(0);
    bus.i2c().Disconnect(1);
  }

  // A combined transfer: the register address, then a read.
  std::optional<FrontEnd::I2cAnswer> ReadRegisters(FrontEnd& machine, uint8_t address, uint8_t first, size_t count) {
    const auto written = machine.I2cWrite(address, {first}, true);
    if (!written || written->status != 0) return written;
    return machine.I2cRead(address, count);
  }

  testing::TemporaryDirectory directory;
  const std::string i2c_path = (directory / "i2c.sock").string();
  const std::string gpio_path = (directory / "gpio.sock").string();
  WakeEvent pipeline;
  PlainRegisters registers{0x6C};
  PlainRegisters other_registers{0x6D};
  I2cTarget target{registers};
  I2cTarget other_target{other_registers};
  VhostUserBus bus{"vhost-user:" + i2c_path + "," + gpio_path, 2};
};

TEST_F(VhostUserBusTest, AMachineReadsAndWritesRegisters) {
  FrontEnd machine(i2c_path);
  machine.SetUp(1);
  auto answer = ReadRegisters(machine, 0x6C, 0x20, 4);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 0);
  EXPECT_EQ(answer->bytes, (std::vector<uint8_t>{0x20, 0x21, 0x22, 0x23}));

  answer = machine.I2cWrite(0x6C, {0x30, 7, 8});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 0);
  EXPECT_EQ(registers.bytes[0x30], 7);
  EXPECT_EQ(registers.bytes[0x31], 8);
}

}  // namespace
}  // namespace mls
