#include "mls/core/module/person_sensor.h"

#include <gtest/gtest.h>

#include "mls/core/module/i2c_target.h"
#include "module_fixture.h"

namespace mls {
namespace {

// The report as the maker's guide lays it out (github.com/usefulsensors/person_sensor_docs, "Data Format"), byte by byte.
struct Report {
  unsigned data_bytes = 0, faces = 0, checksum = 0;
  struct Face {
    unsigned confidence, left, top, right, bottom;
    int id_confidence, id;
    unsigned is_facing;
  };
  std::vector<Face> list;
};

Report Decode(const std::vector<uint8_t>& bytes) {
  EXPECT_EQ(bytes.size(), 39u);
  Report report;
  report.data_bytes = bytes[2] + 256u * bytes[3];
  report.faces = bytes[4];
  for (size_t at = 5; at < 37; at += 8) {
    report.list.push_back({bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3], bytes[at + 4], static_cast<int8_t>(bytes[at + 5]),
                           static_cast<int8_t>(bytes[at + 6]), bytes[at + 7]});
  }
  report.checksum = bytes[37] + 256u * bytes[38];
  return report;
}

// CRC-16/CCITT-FALSE, bit by bit.
unsigned ChecksumOf(const std::vector<uint8_t>& bytes) {
  unsigned crc = 0xFFFF;
  for (size_t i = 0; i < 37; ++i) {
    crc ^= static_cast<unsigned>(bytes[i]) << 8;
    for (int bit = 0; bit < 8; ++bit) crc = (crc << 1) ^ ((crc & 0x8000) ? 0x11021 : 0);
  }
  return crc;
}

class PersonSensorTest : public PersonModuleTest {
 protected:
  PersonSensorTest() {
    Start();
    person_sensor.emplace(bank());
    target.emplace(bank(), &*person_sensor);
  }

  std::vector<uint8_t> Read(size_t count = 39) {
    std::vector<uint8_t> bytes(count);
    EXPECT_TRUE(target->OnAddressRead(0x62));
    for (uint8_t& byte : bytes) byte = target->OnByteToSend();
    target->OnStop();
    return bytes;
  }
  void Write(std::vector<uint8_t> bytes) {
    EXPECT_TRUE(target->OnAddressWrite(0x62));
    for (const uint8_t byte : bytes) EXPECT_TRUE(target->OnByteReceived(byte));
    target->OnStop();
  }
  void StepAndTick() {
    Step();
    target->Tick(clock.now_ms);
  }
  uint16_t TakeErrors() {
    const uint16_t errors = status().protocol_errors;
    EXPECT_EQ(Set(bank(), kReg<"control.protocol_error_clear">, errors), Status::kOk);
    return errors;
  }

  std::optional<PersonSensor> person_sensor;
  std::optional<I2cTarget> target;
};

TEST_F(PersonSensorTest, APlainReadGivesAReportOfTheFacesWithItsChecksum) {
  ShowAndStep(200);
  const std::vector<uint8_t> bytes = Read();
  const Report report = Decode(bytes);
  EXPECT_EQ(report.data_bytes, 33u);
  EXPECT_EQ(report.checksum, ChecksumOf(bytes));
  ASSERT_EQ(report.faces, 1u);
  const Report::Face& face = report.list[0];
  EXPECT_GT(face.confidence, 50u);
  EXPECT_LE(face.confidence, 100u);
  EXPECT_EQ((std::array{face.left, face.top, face.right, face.bottom}), (std::array{0u, 0u, 255u, 255u})) << "place not known";
  EXPECT_EQ(face.id_confidence, 0);
  EXPECT_EQ(face.id, -1);
  EXPECT_EQ(face.is_facing, 0u);
  EXPECT_EQ(report.list[1].confidence, 0u);
}

TEST_F(PersonSensorTest, BoxesAreGivenByTheirEdges) {
  LatestResult result{.flags = kValid, .captured_ms = clock.now_ms, .score_permille = 900, .decision = Decision::kPositive, .count = 3};
  result.objects[0] = {.x = 10, .y = 20, .width = 100, .height = 50, .score = 255};
  result.objects[1] = {.x = 200, .y = 200, .width = 100, .height = 100, .score = 128};
  bank().PublishResult(result);
  const Report report = Decode(Read());
  ASSERT_EQ(report.faces, 3u);
  const Report::Face& first = report.list[0];
  EXPECT_EQ((std::array{first.confidence, first.left, first.top, first.right, first.bottom}), (std::array{100u, 10u, 20u, 110u, 70u}));
  EXPECT_EQ(report.list[1].right, 255u);
  EXPECT_EQ(report.list[1].confidence, 50u);
  EXPECT_EQ(report.list[2].right, 255u) << "counted, but without a box of its own";
}

TEST_F(PersonSensorTest, ThereAreNoFacesWithoutAValidAndFreshResult) {
  EXPECT_EQ(Decode(Read()).faces, 0u) << "before the first";
  ShowAndStep(200);
  EXPECT_EQ(Decode(Read()).faces, 1u);
  clock.now_ms += 60000;
  EXPECT_EQ(Decode(Read()).faces, 0u) << "stale";
  source.Fail(Status::kBusError);
  Step();
  EXPECT_EQ(Decode(Read()).faces, 0u) << "capture failed";
  ShowAndStep(60);
  EXPECT_EQ(Decode(Read()).faces, 0u) << "nobody";
}

TEST_F(PersonSensorTest, HostsThatMustWriteARegisterAddressFirstReadTheSame) {
  ShowAndStep(200);
  const std::vector<uint8_t> plain = Read();
  for (const uint8_t byte : {0x00, 0x62}) {
    ASSERT_TRUE(target->OnAddressWrite(0x62));
    ASSERT_TRUE(target->OnByteReceived(byte));
    EXPECT_EQ(Read(), plain);
  }
  EXPECT_EQ(TakeErrors(), 0);
  EXPECT_EQ(Read(41).back(), 0xFF) << "beyond its end";
}

TEST_F(PersonSensorTest, TheModeRegisterSetsThePowerModeAndASingleShotEvaluatesOnce) {
  Write({1, 0});
  StepAndTick();
  EXPECT_EQ(bank().active_config().power_mode, PowerMode::kStandby);
  source.Show(200);
  StepAndTick();
  EXPECT_EQ(Decode(Read()).faces, 0u) << "standby";
  Write({3, 1});
  StepAndTick();
  EXPECT_EQ(Decode(Read()).faces, 1u);
  Write({1, 1});
  StepAndTick();
  EXPECT_EQ(bank().active_config().power_mode, PowerMode::kContinuous);
  EXPECT_EQ(TakeErrors(), 0);
}

TEST_F(PersonSensorTest, WhatIsWrittenWhileACommandIsUnderWayIsDoneAfterIt) {
  source.Show(200);
  Write({1, 0});
  Write({3, 1});  // at once, as host code does
  for (int i = 0; i < 4; ++i) StepAndTick();
  EXPECT_EQ(power().inference_count, 1u);
  EXPECT_EQ(status().dropped_writes, 0);
}

TEST_F(PersonSensorTest, WhatItDoesNotDoIsRefusedWhereTheRegistersShowIt) {
  struct Case {
    std::vector<uint8_t> bytes;
    uint16_t errors;
  };
  const Case cases[] = {
      {{1, 2}, kBadValue},                 // no such mode
      {{2, 0}, 0}, {{2, 1}, kBadValue},    // recognises nobody
      {{4, 0}, kBadValue},                 // learns nobody
      {{5, 1}, 0}, {{6, 1}, 0},            // so nothing is kept, and all is erased
      {{7, 1}, 0}, {{7, 0}, kBadValue},    // no host puts the indicator out
      {{8, 0}, kBadAddress}, {{0, 0}, kBadAddress},
      {{1, 1, 3, 1}, kBadLength}, {{}, 0},
  };
  for (const Case& c : cases) {
    Write(c.bytes);
    EXPECT_EQ(TakeErrors(), c.errors) << (c.bytes.empty() ? -1 : c.bytes[0]);
  }
  EXPECT_EQ(status().command, Command::kNone);
}

TEST_F(PersonSensorTest, ReadsBeyondTheRateLimitAreNotAcknowledged) {
  setup.registers.read_limit_bytes_per_s = 100;
  setup.registers.read_burst_bytes = 64;
  Start();
  PersonSensor limited(bank());
  I2cTarget limited_target(bank(), &limited);
  EXPECT_TRUE(limited_target.OnAddressRead(0x62));
  EXPECT_TRUE(limited_target.OnAddressRead(0x62));
  EXPECT_FALSE(limited_target.OnAddressRead(0x62));
  limited_target.OnStop();
}

TEST_F(PersonSensorTest, TheModulesOwnAddressAnswersAsEver) {
  ASSERT_TRUE(target->OnAddressRead(0x6C));
  EXPECT_EQ(target->OnByteToSend(), 'M');
  target->OnStop();
  EXPECT_FALSE(I2cTarget(bank()).OnAddressRead(0x62)) << "without the personality nobody is there";
}

}  // namespace
}  // namespace mls
