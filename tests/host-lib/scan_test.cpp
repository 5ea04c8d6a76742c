// Looking for modules, over buses that the test makes.
#include "mls/host/scan.h"

#include <gtest/gtest.h>

#include "fake_module.h"
#include "mls/drivers/loopback_bus.h"

namespace mls::test {
namespace {

// Writes nothing down but what it was asked.
class RecordingBus final : public RegisterBus {
 public:
  explicit RecordingBus(RegisterTarget& target) : loopback_(target) {}
  int reads = 0, writes = 0;
  Status answer = Status::kOk;

 private:
  Status DoRead(uint8_t address, std::span<uint8_t> out, Deadline deadline) override {
    ++reads;
    return answer == Status::kOk ? loopback_.Read(address, out, deadline) : answer;
  }
  Status DoWrite(uint8_t, std::span<const uint8_t>, Deadline) override {
    ++writes;
    return Status::kOk;
  }
  LoopbackBus loopback_;
};

class ScanTest : public testing::Test {
 protected:
  ScanResult Look() {
    return LookForModule("i2c:1@0x6c", std::chrono::seconds(5),
                         [&](std::string_view uri, Deadline, std::string& error) -> Result<std::shared_ptr<RegisterBus>> {
                           EXPECT_EQ(uri, "i2c:1@0x6c");
                           if (open_status_ != Status::kOk) {
                             error = "why";
                             return open_status_;
                           }
                           return std::shared_ptr<RegisterBus>(bus_);
                         });
  }
  FakeModule module_;
  std::shared_ptr<RecordingBus> bus_ = std::make_shared<RecordingBus>(module_);
  Status open_status_ = Status::kOk;
};

TEST_F(ScanTest, AModuleIsKnownByOneReadAndNothingIsWritten) {
  const ScanResult found = Look();
  EXPECT_EQ(found.status, Status::kOk);
  EXPECT_EQ(found.uri, "i2c:1@0x6c");
  EXPECT_EQ(found.ident, module_.ident);
  EXPECT_EQ(found.message, "");
  EXPECT_EQ(bus_->reads, 1);
  EXPECT_EQ(bus_->writes, 0);
}

TEST_F(ScanTest, OtherDevicesAreNotTakenForModulesAndNotWrittenTo) {
  module_.tamper = [](uint8_t, std::span<uint8_t> bytes) { std::ranges::fill(bytes, uint8_t{0xFF}); };
  EXPECT_EQ(Look().status, Status::kProtocol);
  module_.tamper = [](uint8_t, std::span<uint8_t> bytes) { bytes[9] ^= 1; };
  EXPECT_EQ(Look().status, Status::kBadCrc) << "the magic number, but damaged";
  module_.tamper = nullptr;
  module_.ident.interface_major = 9;
  EXPECT_EQ(Look().status, Status::kUnsupported);
  EXPECT_NE(Look().message.find("major version 9"), std::string::npos);
  EXPECT_EQ(bus_->writes, 0);
}

TEST_F(ScanTest, OneDamagedAnswerIsReadAgain) {
  module_.tamper = [this](uint8_t, std::span<uint8_t> bytes) {
    if (bus_->reads == 1) bytes[5] ^= 1;
  };
  EXPECT_EQ(Look().status, Status::kOk);
  EXPECT_EQ(bus_->reads, 2);
}

TEST_F(ScanTest, WhatKeepsFromLookingIsToldAsItIs) {
  for (const Status status : {Status::kNoDevice, Status::kTimeout, Status::kBusError, Status::kArbitrationLost}) {
    bus_->answer = status;
    EXPECT_EQ(Look().status, status);
  }
  bus_->answer = Status::kNoDevice;
  bus_->reads = 0;
  EXPECT_EQ(Look().message, "nobody answers");
  EXPECT_EQ(bus_->reads, 1) << "an empty address is asked once";
  open_status_ = Status::kPermission;
  EXPECT_EQ(Look().status, Status::kPermission);
  EXPECT_EQ(Look().message, "why");
}

TEST_F(ScanTest, TheUsualPlacesAreTheFourAddressesOfTheStraps) {
  const std::vector<std::string> places = I2cPlacesOn("7");
  EXPECT_EQ(places, (std::vector<std::string>{"i2c:7@0x6c", "i2c:7@0x6d", "i2c:7@0x6e", "i2c:7@0x6f"}));
  const uint8_t other[] = {0x08};
  EXPECT_EQ(I2cPlacesOn("12", other), std::vector<std::string>{"i2c:12@0x08"});
  EXPECT_EQ(I2cPlaces(kModuleI2cAddresses, "/there/is/no/such/root"), std::vector<std::string>{});
}

}  // namespace
}  // namespace mls::test
