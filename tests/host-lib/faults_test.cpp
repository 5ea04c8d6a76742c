// A scripted session, repeated with each kind of fault at each of its operations. Whatever happens: no wrong answer is
// reported good, no event is lost or delivered twice, and no call outlasts its deadline for good.
#include "sensor_fixture.h"

namespace mls::test {
namespace {

using testing::HasSubstr;

class FaultTest : public SensorTest {};

TEST_F(FaultTest, AWrongCrcIsReadAgain) {
  Sensor sensor = Open();
  FailNext(Fault::kBitFlip);
  const Result<Reading> reading = sensor.ReadResult();
  ASSERT_TRUE(reading.ok());
  EXPECT_EQ(reading->registers, module_.result);
  EXPECT_EQ(sensor.counters().damaged_windows, 1u);
}

TEST_F(FaultTest, ACrcThatIsAlwaysWrongIsAnError) {
  Sensor sensor = Open();
  FailNext(Fault::kBitFlip, 1000);
  EXPECT_EQ(sensor.ReadResult().status(), Status::kBadCrc);
  EXPECT_EQ(sensor.counters().damaged_windows, 3u);
  EXPECT_THAT(sensor.error().message, HasSubstr("bad CRC"));
  EXPECT_EQ(sensor.ReadIdentity().status(), Status::kBadCrc) << "on a page too";
}

TEST_F(FaultTest, AnAnswerFromAnotherAddressIsNotTaken) {
  Sensor sensor = Open();
  FailNext(Fault::kWrongAddress, 1000);
  EXPECT_EQ(sensor.ReadResult().status(), Status::kBadCrc);
}

TEST_F(FaultTest, ARepeatedAnswerIsNotTakenForTheNext) {
  Sensor sensor = Open();
  ASSERT_TRUE(sensor.ReadStatus().ok());
  FailNext(Fault::kRepeatedAnswer, 1000);
  EXPECT_EQ(sensor.ReadResult().status(), Status::kBadCrc);
}

TEST_F(FaultTest, ErrorsKeepTheirKind) {
  const std::pair<Fault, Status> cases[] = {{Fault::kNoAnswer, Status::kNoDevice},
                                            {Fault::kLinkBreak, Status::kBusError},
                                            {Fault::kAnswerLost, Status::kTimeout},
                                            {Fault::kTruncated, Status::kShortTransfer},
                                            {Fault::kBitFlip, Status::kBadCrc}};
  options_.timeout = 60ms;
  for (const auto& [fault, status] : cases) {
    Sensor sensor = Open();
    FailNext(fault, 1000);
    EXPECT_EQ(sensor.ReadResult().status(), status);
    EXPECT_EQ(sensor.error().status, status);
    FailNext(fault, 0);
    EXPECT_TRUE(sensor.ReadResult().ok()) << "and the next call works";
  }
}

class FaultSweep : public SensorTest {
 protected:
  struct Outcome {
    std::vector<uint32_t> sequences;
    uint64_t lost = 0;
    int wrong = 0;
    int failed = 0;
    uint64_t operations = 0;
  };

  // Identify, configure, results, events.
  Outcome Run(uint64_t operation, Fault fault, uint64_t count) {
    rig_ = std::make_shared<Rig>();
    FakeModule& module = rig_->module;
    rig_->faulty.Inject(operation, fault, count);
    Outcome outcome;
    Result<Sensor> opened = TryOpen();
    for (int i = 0; i < 5 && !opened.ok(); ++i) ++outcome.failed, opened = TryOpen();
    if (!opened.ok()) return outcome;
    Sensor& sensor = *opened;
    const auto check = [&](const auto& result, const auto& truth) {
      if (!result.ok()) {
        ++outcome.failed;
      } else if (!(*result == truth)) {
        ++outcome.wrong;
      }
    };
    const auto drain = [&] {
      const Status status = sensor.DrainEvents([&](const EventBatch& batch) {
        for (const Event& event : batch.events) {
          outcome.sequences.push_back(event.record.sequence);
          outcome.wrong += event.label != module.labels[event.record.label];
        }
        outcome.lost += batch.lost;
        return true;
      });
      outcome.failed += status != Status::kOk;
    };
    drain();
    check(sensor.ReadIdentity(), module.identity);
    Config config;
    config.on_delay_ms = 70;
    if (sensor.ApplyConfig(config) != Status::kOk) {
      ++outcome.failed;
    } else if (module.active != config) {
      ++outcome.wrong;
    }
    for (uint16_t i = 0; i < 4; ++i) {
      module.result.sequence = static_cast<uint16_t>(100 + i);
      const Result<Reading> reading = sensor.ReadResult();
      // A bus without tags cannot tell the repeated answer to the same read from a new one.
      LatestResult before = module.result;
      --before.sequence;
      const bool may_repeat = fault == Fault::kRepeatedAnswer && i > 0;
      if (reading.ok()) {
        outcome.wrong += reading->registers != module.result && !(may_repeat && reading->registers == before);
      }
      outcome.failed += !reading.ok();
      module.AddEvent({.type = EventType::kDetection, .label = static_cast<uint8_t>(i % 3), .value = 900});
      module.AddEvent({.type = EventType::kPresence, .label = 1});
      module.AddEvent({.type = EventType::kPresence, .label = 2});
      drain();
    }
    rig_->faulty.Inject(0, fault, 0);
    drain();
    outcome.operations = rig_->faulty.operations();
    return outcome;
  }
};

TEST_F(FaultSweep, OneFaultAtAnyOperationIsNeverSeen) {
  // Long enough for a fault that costs a share of it, short enough for a sweep.
  options_.timeout = 300ms;
  const uint64_t operations = Run(0, Fault::kNoAnswer, 0).operations;
  ASSERT_GT(operations, 40u);
  for (const Fault fault : kAllFaults) {
    // These two take a third of the time-out each: every third operation is enough.
    const uint64_t step = fault == Fault::kRequestLost || fault == Fault::kAnswerLost ? 7 : 1;
    for (uint64_t operation = 0; operation < operations; operation += step) {
      const Outcome outcome = Run(operation, fault, 1);
      const std::string where =
          "fault " + std::to_string(static_cast<int>(fault)) + " at operation " + std::to_string(operation);
      EXPECT_EQ(outcome.wrong, 0) << where;
      EXPECT_EQ(outcome.failed, 0) << where;
      EXPECT_EQ(outcome.lost, 0u) << where;
      ASSERT_EQ(outcome.sequences.size(), 12u) << where;
      for (uint32_t i = 0; i < 12; ++i) EXPECT_EQ(outcome.sequences[i], i + 1) << where;
    }
  }
}

TEST_F(FaultSweep, ALongFaultFailsButTellsNothingWrongAndLosesNothing) {
  options_.timeout = 30ms;
  const uint64_t operations = Run(0, Fault::kNoAnswer, 0).operations;
  for (const Fault fault : kAllFaults) {
    const uint64_t step = fault == Fault::kRequestLost || fault == Fault::kAnswerLost ? 9 : 1;
    for (uint64_t operation = 0; operation < operations; operation += step) {
      const Outcome outcome = Run(operation, fault, 5);
      const std::string where =
          "fault " + std::to_string(static_cast<int>(fault)) + " at operation " + std::to_string(operation);
      EXPECT_EQ(outcome.wrong, 0) << where;
      EXPECT_EQ(outcome.sequences.size() + outcome.lost, 12u) << where;
    }
  }
}

}  // namespace
}  // namespace mls::test
