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

// 256 registers, each of which holds its own number at first; a window is 16 of them. Atomic: the order of the threads comes from the machine's
// memory, where the thread sanitizer does not see it.
class PlainRegisters final : public RegisterTarget {
 public:
  explicit PlainRegisters(uint8_t address) : i2c_address(address) {
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i);
  }
  std::array<std::atomic<uint8_t>, 256> bytes{};
  std::atomic<uint8_t> i2c_address;
  std::atomic<uint16_t> errors{0};

 private:
  Result<std::span<const uint8_t>> DoBeginRead(uint8_t address, size_t) override {
    const size_t count = 16u - address % 16u;
    for (size_t i = 0; i < count; ++i) frozen_[i] = bytes[address + i];
    return std::span<const uint8_t>(frozen_).first(count);
  }
  void DoEndRead() override {}
  Status DoWrite(uint8_t address, std::span<const uint8_t> written) override {
    for (size_t i = 0; i < written.size(); ++i) bytes[address + i] = written[i];
    return Status::kOk;
  }
  void DoReportProtocolError(uint16_t protocol_errors) override { errors |= protocol_errors; }
  uint8_t DoI2cAddress() const override { return i2c_address; }

  std::array<uint8_t, 16> frozen_{};
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

TEST_F(VhostUserBusTest, TwoModulesShareTheBus) {
  FrontEnd machine(i2c_path);
  machine.SetUp(1);
  ASSERT_TRUE(machine.I2cWrite(0x6C, {0x10, 1}));
  ASSERT_TRUE(machine.I2cWrite(0x6D, {0x10, 2}));
  EXPECT_EQ(registers.bytes[0x10], 1);
  EXPECT_EQ(other_registers.bytes[0x10], 2);
  // Alike, as they come from the maker: both hear a write, and both talk at a read.
  other_registers.i2c_address = 0x6C;
  ASSERT_TRUE(machine.I2cWrite(0x6C, {0x20, 0x0F, 0x33}));
  EXPECT_EQ(other_registers.bytes[0x21], 0x33);
  registers.bytes[0x20] = 0x3C;
  const auto answer = ReadRegisters(machine, 0x6C, 0x20, 1);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->bytes[0], 0x0F & 0x3C);
}

TEST_F(VhostUserBusTest, WhatNobodyAcknowledgesFailsAndSoDoesTheRestOfItsTransfer) {
  FrontEnd machine(i2c_path);
  machine.SetUp(1);
  const auto status = [](const auto& answer) { return answer ? answer->status : 99; };
  EXPECT_EQ(status(machine.I2cWrite(0x50, {})), 1);
  EXPECT_EQ(status(machine.I2cWrite(0x00, {0x06})), 1) << "general call";
  EXPECT_EQ(status(machine.I2cRead(0x50, 4)), 1);
  EXPECT_EQ(status(machine.I2cWrite(0x50, {1}, true)), 1);
  EXPECT_EQ(status(machine.I2cRead(0x6C, 4)), 1) << "belongs to the transfer that failed";
  EXPECT_EQ(status(machine.I2cRead(0x6C, 4)), 0);
  EXPECT_EQ(status(machine.I2cWrite(0x6C, {})), 0) << "a probe";
  EXPECT_EQ(status(machine.I2cWrite(0x6C, std::vector<uint8_t>(40))), 1) << "longer than a window";
  EXPECT_EQ(registers.errors, kBadLength);
  bus.i2c().Disconnect(0);
  EXPECT_EQ(status(machine.I2cWrite(0x6C, {})), 1) << "restarting";
}

TEST_F(VhostUserBusTest, ATransferThatNeverGoesOnIsDroppedAndCounted) {
  FrontEnd machine(i2c_path);
  machine.SetUp(1);
  ASSERT_TRUE(machine.I2cWrite(0x6C, {0x10, 1}, true));
  for (int i = 0; i < 500 && registers.errors == 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(registers.errors, kStalled);
  EXPECT_EQ(registers.bytes[0x10], 0x10) << "not written";
}

TEST_F(VhostUserBusTest, AnEdgeOfTheInterruptLineComesAsAnInterrupt) {
  FrontEnd machine(gpio_path);
  machine.SetUp(2);
  machine.Send(24, std::array<uint32_t, 5>{0, 8, 0, 0, 0});  // GET_CONFIG
  const std::vector<uint8_t> config = machine.Receive();
  ASSERT_EQ(config.size(), 20u);
  EXPECT_EQ(config[12], 2) << "lines";
  const uint8_t names_bytes = config[16];
  const auto names = machine.Call(0, {{{VIRTIO_GPIO_MSG_GET_NAMES, 0, 0, 0, 0, 0, 0, 0}}, Room(1u + names_bytes)});
  ASSERT_TRUE(names);
  EXPECT_EQ(std::string(names->begin() + 1, names->end()), std::string("mls-irq-0\0mls-irq-1\0", 20));

  const auto request = [&](uint16_t type, uint32_t value) {
    const auto answer = machine.Gpio(type, 1, value);
    return answer ? answer->status * 256 + answer->value : -1;
  };
  EXPECT_EQ(request(VIRTIO_GPIO_MSG_SET_DIRECTION, VIRTIO_GPIO_DIRECTION_IN), 0);
  EXPECT_EQ(request(VIRTIO_GPIO_MSG_SET_DIRECTION, VIRTIO_GPIO_DIRECTION_OUT), 256) << "the module drives it";
  EXPECT_EQ(request(VIRTIO_GPIO_MSG_GET_DIRECTION, 0), VIRTIO_GPIO_DIRECTION_IN);
  EXPECT_EQ(request(VIRTIO_GPIO_MSG_GET_VALUE, 0), 1);
  EXPECT_EQ(request(VIRTIO_GPIO_MSG_IRQ_TYPE, VIRTIO_GPIO_IRQ_TYPE_EDGE_FALLING), 0);
  EXPECT_EQ(request(99, 0), 256);

  machine.Request(1, {{{1, 0}}, Room(1)});
  EXPECT_FALSE(machine.WaitForUsed(1, 30)) << "nothing has happened yet";
  bus.interrupt_line(1).Set(false);
  ASSERT_TRUE(machine.WaitForUsed(1));
  EXPECT_EQ(machine.Room(1, 1)[0], VIRTIO_GPIO_IRQ_STATUS_VALID);
  EXPECT_EQ(request(VIRTIO_GPIO_MSG_GET_VALUE, 0), 0);
  // A pulse while the driver is not looking is there when it looks again; a rising edge alone is not.
  bus.interrupt_line(1).Set(true);
  bus.interrupt_line(1).Set(false);
  bus.interrupt_line(1).Set(true);
  machine.Request(1, {{{1, 0}}, Room(1)});
  ASSERT_TRUE(machine.WaitForUsed(1));
  machine.Request(1, {{{1, 0}}, Room(1)});
  EXPECT_FALSE(machine.WaitForUsed(1, 30));
  // Interrupts off: the driver gets its request back.
  EXPECT_EQ(request(VIRTIO_GPIO_MSG_IRQ_TYPE, VIRTIO_GPIO_IRQ_TYPE_NONE), 0);
  ASSERT_TRUE(machine.WaitForUsed(1));
  EXPECT_EQ(machine.Room(1, 1)[0], VIRTIO_GPIO_IRQ_STATUS_INVALID);
}

TEST_F(VhostUserBusTest, MachinesComeAndGo) {
  for (int i = 0; i < 5; ++i) {
    FrontEnd machine(i2c_path);
    machine.SetUp(1);
    const auto answer = ReadRegisters(machine, 0x6C, 0x20, 1);
    ASSERT_TRUE(answer) << i;
    EXPECT_EQ(answer->bytes[0], 0x20);
    // It dies with a transfer open.
    ASSERT_TRUE(machine.I2cWrite(0x6C, {0x10, 1}, true));
  }
}

// --- Front ends that are broken, or mean it ---

class HostileFrontEndTest : public VhostUserBusTest {
 protected:
  // The module still serves the next machine.
  void ExpectAlive() {
    FrontEnd machine(i2c_path);
    machine.SetUp(1);
    const auto answer = ReadRegisters(machine, 0x6C, 0x20, 2);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->bytes, (std::vector<uint8_t>{0x20, 0x21}));
  }
};

TEST_F(HostileFrontEndTest, RequestsThatMakeNoSenseComeBackEmptyAndHurtNothing) {
  struct Case {
    const char* what;
    std::vector<Descriptor> descriptors;
  };
  const uint64_t good = FrontEnd::kGuestBase + 4096;
  const auto next = FrontEnd::kNext, write = FrontEnd::kWrite, indirect = FrontEnd::kIndirect;
  const Case cases[] = {
      {"a loop", {{good, 8, next, 1}, {good, 8, next, 0}}},
      {"a descriptor that leads to itself", {{good, 8, next, 0}}},
      {"a next one that does not exist", {{good, 8, next, 8}}},
      {"memory that does not exist", {{0, 8, next, 1}, {good, 1, write, 0}}},
      {"room that does not exist", {{good, 8, next, 1}, {FrontEnd::kGuestBase + FrontEnd::kMemoryBytes, 1, write, 0}}},
      {"memory that ends too early", {{FrontEnd::kGuestBase + FrontEnd::kMemoryBytes - 4, 8, next, 1}, {good, 1, write, 0}}},
      {"an address that wraps", {{UINT64_MAX - 3, 8, next, 1}, {good, 1, write, 0}}},
      {"a length without end", {{good, UINT32_MAX, next, 1}, {good, 1, write, 0}}},
      {"no room for the status", {{good, 8, 0, 0}}},
      {"a request that is too short", {{good, 7, next, 1}, {good, 1, write, 0}}},
      {"nothing at all", {{good, 0, 0, 0}}},
      {"bytes after the room", {{good, 1, write | next, 1}, {good, 8, 0, 0}}},
      {"an indirect table of no size", {{good, 0, indirect, 0}}},
      {"an indirect table of half a descriptor", {{good, 24, indirect, 0}}},
      {"an indirect table that does not exist", {{16, 32, indirect, 0}}},
      {"an indirect table within an indirect table", {{good + 512, 16, indirect, 0}}},
      {"an indirect table that goes round", {{good + 1024, 32, indirect, 0}}},
      {"an indirect table in the middle", {{good, 8, next, 1}, {good + 1024, 32, indirect, 0}}},
  };
  FrontEnd machine(i2c_path);
  machine.SetUp(1);
  const Descriptor nested{good + 1024, 16, indirect, 0};
  const std::array<Descriptor, 2> round{Descriptor{good, 8, next, 1}, Descriptor{good, 8, next, 0}};
  machine.WriteMemory(4096 + 512, {reinterpret_cast<const uint8_t*>(&nested), sizeof nested});
  machine.WriteMemory(4096 + 1024, {reinterpret_cast<const uint8_t*>(round.data()), sizeof round});
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    for (uint16_t i = 0; i < c.descriptors.size(); ++i) machine.Put(0, i, c.descriptors[i]);
    machine.Offer(0, 0);
    EXPECT_TRUE(machine.WaitForUsed(0));
    const auto answer = machine.I2cWrite(0x6C, {});
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 0);
  }
}

TEST_F(HostileFrontEndTest, AnIndirectTableThatIsSoundIsTaken) {
  FrontEnd machine(i2c_path);
  machine.SetUp(1);
  const uint64_t header = machine.BufferAddress(0, 0), room = machine.BufferAddress(0, 1), table = machine.BufferAddress(0, 2);
  const std::array<uint8_t, 8> probe{0x6C << 1};
  const std::array<Descriptor, 2> descriptors{Descriptor{header, 8, FrontEnd::kNext, 1}, Descriptor{room, 1, FrontEnd::kWrite, 0}};
  machine.WriteMemory(header - FrontEnd::kGuestBase, probe);
  machine.WriteMemory(room - FrontEnd::kGuestBase, std::array<uint8_t, 1>{0xEE});
  machine.WriteMemory(table - FrontEnd::kGuestBase, {reinterpret_cast<const uint8_t*>(descriptors.data()), sizeof descriptors});
  machine.Put(0, 2, {table, sizeof descriptors, FrontEnd::kIndirect, 0});
  machine.Offer(0, 2);
  ASSERT_TRUE(machine.WaitForUsed(0));
  EXPECT_EQ(machine.memory()[room - FrontEnd::kGuestBase], 0);
}

TEST_F(HostileFrontEndTest, AQueueThatMakesNoSenseIsLeftAlone) {
  {
    FrontEnd machine(i2c_path);
    machine.SetUp(1);
    machine.Offer(0, 200);  // no such head
    EXPECT_FALSE(machine.WaitForUsed(0, 50));
  }
  ExpectAlive();
  for (const uint64_t base : {uint64_t{0}, uint64_t{0x1000}, UINT64_MAX - 16}) {
    FrontEnd machine(i2c_path);
    machine.SetUp(1);
    machine.Send(9, std::array<uint64_t, 5>{0, base, base, base, 0}, {}, true);
    machine.ReceiveNumber();  // answered before the kick, or the kick finds the sound queue
    machine.Offer(0, 0);
    EXPECT_FALSE(machine.WaitForUsed(0, 50));
  }
  ExpectAlive();
}

TEST_F(HostileFrontEndTest, RefusesWhatItCannotUseAndSaysSo) {
  FrontEnd machine(i2c_path);
  machine.SetUp(1);
  const auto is_refused = [&](uint32_t request, auto payload, std::vector<int> files = {}) {
    machine.Send(request, payload, files, true);
    return machine.ReceiveNumber() != 0;
  };
  const int file = machine.memory_file();
  using Words = std::array<uint32_t, 2>;
  for (const uint32_t size : {0u, 3u, 65536u, UINT32_MAX}) EXPECT_TRUE(is_refused(8, Words{0, size})) << size;
  EXPECT_TRUE(is_refused(8, Words{1, 8})) << "no such queue";
  EXPECT_TRUE(is_refused(10, Words{77, 0}));
  EXPECT_TRUE(is_refused(9, std::array<uint64_t, 5>{5, 0, 0, 0, 0}));
  EXPECT_TRUE(is_refused(12, uint64_t{9}));
  EXPECT_TRUE(is_refused(12, uint64_t{0})) << "without a file";
  EXPECT_TRUE(is_refused(18, Words{9, 1}));
  EXPECT_TRUE(is_refused(21, uint64_t{0})) << "without a file";
  const auto region = [](uint64_t guest, uint64_t size, uint64_t user, uint64_t offset) { return std::array<uint64_t, 5>{1, guest, size, user, offset}; };
  EXPECT_TRUE(is_refused(5, region(0, 65536, 0, 0))) << "without a file";
  EXPECT_TRUE(is_refused(5, region(0, 65537, 0, 0), {file})) << "larger than its file";
  EXPECT_TRUE(is_refused(5, region(0, 4096, 0, 65536), {file})) << "beyond its file";
  EXPECT_TRUE(is_refused(5, region(0, 4096, 0, UINT64_MAX - 7), {file}));
  EXPECT_TRUE(is_refused(5, region(UINT64_MAX, 4096, 0, 0), {file}));
  EXPECT_TRUE(is_refused(5, region(0, 0, 0, 0), {file}));
  EXPECT_TRUE(is_refused(5, std::array<uint64_t, 1>{1000000}, {file})) << "a million regions";
  EXPECT_FALSE(is_refused(5, region(0, 4096, 0, 0), {file}));
  machine.Send(24, std::array<uint32_t, 3>{0xFFFFFFF0, 0x20, 0});
  EXPECT_TRUE(machine.Receive().empty()) << "configuration beyond its end";
}

TEST_F(HostileFrontEndTest, AMessageThatIsTooLongEndsTheConnection) {
  FrontEnd machine(i2c_path);
  machine.SendRaw(std::array<uint8_t, 12>{1, 0, 0, 0, 1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF});
  EXPECT_TRUE(machine.IsHungUp());
  ExpectAlive();
}

TEST_F(HostileFrontEndTest, AFrontEndThatStopsInTheMiddleOfAMessageHoldsNobodyUp) {
  FrontEnd slow(i2c_path);
  slow.SendRaw(std::array<uint8_t, 5>{1, 0, 0, 0, 1});
  FrontEnd machine(gpio_path);
  machine.SetUp(2);
  EXPECT_TRUE(machine.Gpio(VIRTIO_GPIO_MSG_GET_VALUE, 0));
  slow.SendRaw(std::array<uint8_t, 7>{0, 0, 0, 0, 0, 0, 0});
  EXPECT_NE(slow.ReceiveNumber(), 0u) << "the features";
}

TEST_F(HostileFrontEndTest, MemoryThatIsTakenAwayDoesNotCrashTheModule) {
  {
    FrontEnd machine(i2c_path);
    machine.SetUp(1);
    ASSERT_TRUE(machine.I2cWrite(0x6C, {}));
    // One message after it tells that the kick before has been looked at.
    ASSERT_EQ(ftruncate(machine.memory_file(), 0), 0);
    machine.KickOnly(0);
    machine.Send(1, std::span<const uint8_t>());
    EXPECT_NE(machine.ReceiveNumber(), 0u);
  }
  ExpectAlive();
}

TEST_F(HostileFrontEndTest, NoiseIsSurvived) {
  uint32_t state = 1;
  for (int round = 0; round < 60; ++round) {
    FrontEnd machine(round % 2 == 0 ? i2c_path : gpio_path);
    machine.SetUp(round % 2 == 0 ? 1 : 2);
    for (int i = 0; i < 20; ++i) {
      std::array<uint8_t, 40> noise;
      for (uint8_t& byte : noise) byte = static_cast<uint8_t>((state = state * 1664525u + 1013904223u) >> 24);
      noise[1] = noise[2] = noise[3] = 0;  // mostly indices that exist
      noise[0] %= 3;
      const uint32_t request = (state >> 16) % 40;
      machine.Send(request, noise, request % 3 == 0 ? std::vector<int>{machine.memory_file()} : std::vector<int>{});
    }
    // Queues full of noise as well.
    for (size_t i = 0; i < 4096; ++i) machine.memory()[i] = static_cast<uint8_t>((state = state * 1664525u + 1013904223u) >> 24);
    machine.KickOnly(0);
  }
  ExpectAlive();
}

}  // namespace
}  // namespace mls
