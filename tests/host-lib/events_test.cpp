// Events: delivered once, acknowledged afterwards, losses counted, restarts noticed.
#include "frame_test_server.h"
#include "sensor_fixture.h"

namespace mls::test {
namespace {

using testing::ElementsAre;

class EventsTest : public SensorTest {
 protected:
  void AddDetections(int count, uint8_t label = 1) {
    for (int i = 0; i < count; ++i) {
      module_.AddEvent({.type = EventType::kDetection, .flags = 1, .label = label, .value = 900});
    }
  }

  // Collects what a drain delivers.
  Status Drain(Sensor& sensor) {
    return sensor.DrainEvents([&](const EventBatch& batch) {
      ++batches_;
      for (const Event& event : batch.events) sequences_.push_back(event.record.sequence);
      lost_ += batch.lost;
      restarts_ += batch.restarted;
      return true;
    });
  }

  std::vector<uint32_t> sequences_;
  uint64_t lost_ = 0;
  int restarts_ = 0;
  int batches_ = 0;
};

TEST_F(EventsTest, AllThatWaitAreDeliveredInOrderAndAcknowledged) {
  Sensor sensor = Open();
  AddDetections(5);
  ASSERT_EQ(Drain(sensor), Status::kOk) << sensor.error().message;
  EXPECT_THAT(sequences_, ElementsAre(1, 2, 3, 4, 5));
  EXPECT_TRUE(module_.fifo.empty());
  EXPECT_EQ(lost_, 0u);
  ASSERT_EQ(Drain(sensor), Status::kOk);
  EXPECT_EQ(sequences_.size(), 5u) << "nothing comes twice";
}

TEST_F(EventsTest, WithoutEventsNothingIsDelivered) {
  Sensor sensor = Open();
  ASSERT_EQ(Drain(sensor), Status::kOk);
  EXPECT_EQ(batches_, 0);
}

TEST_F(EventsTest, AnIdleDrainIsOneTransactionAndOneEventIsFive) {
  Sensor sensor = Open();
  AddDetections(1);
  ASSERT_EQ(Drain(sensor), Status::kOk);
  uint64_t before = sensor.counters().transactions;
  ASSERT_EQ(Drain(sensor), Status::kOk);
  EXPECT_EQ(sensor.counters().transactions - before, 1u);
  AddDetections(1);
  before = sensor.counters().transactions;
  ASSERT_EQ(Drain(sensor), Status::kOk);
  EXPECT_EQ(sensor.counters().transactions - before, 5u);
}

// Events that come by themselves: what a test puts into `come`.
class NotifiedTest : public EventsTest {
 protected:
  struct Edges final : EdgeWaiter {
    Status DoWait(Deadline) override { return Status::kTimeout; }
    int DoPollFd() const override { return -1; }
    Result<EventRecord> DoTakeEvent() override {
      if (come.empty()) return Status::kNotReady;
      const EventRecord event = come.front();
      come.pop_front();
      return event;
    }
    std::deque<EventRecord> come;
  };

  NotifiedTest() {
    SensorError error;
    Result<Sensor> sensor =
        Sensor::Open(std::shared_ptr<RegisterBus>(rig_, &rig_->faulty), edges_, "test", options_, &error);
    EXPECT_TRUE(sensor.ok()) << error.message;
    sensor_ = std::move(sensor.value());
    AddDetections(1);
    EXPECT_EQ(Drain(sensor_), Status::kOk);  // Now it knows the labels.
    sequences_.clear();
  }

  std::shared_ptr<Edges> edges_ = std::make_shared<Edges>();
  Sensor sensor_;
};

TEST_F(NotifiedTest, AreNotReadAgain) {
  AddDetections(6);
  edges_->come.assign(module_.fifo.begin(), module_.fifo.end());
  const uint64_t before = sensor_.counters().transactions;
  ASSERT_EQ(Drain(sensor_), Status::kOk);
  EXPECT_THAT(sequences_, ElementsAre(2, 3, 4, 5, 6, 7));
  EXPECT_TRUE(module_.fifo.empty());
  EXPECT_EQ(sensor_.counters().transactions - before, 3u) << "header, acknowledgement, header";
}

TEST_F(NotifiedTest, AreReadFromTheFifoWhereTheyHaveGaps) {
  AddDetections(6);
  for (const int slot : {0, 0, 1, 3, 5}) edges_->come.push_back(module_.fifo[static_cast<size_t>(slot)]);
  ASSERT_EQ(Drain(sensor_), Status::kOk);
  EXPECT_THAT(sequences_, ElementsAre(2, 3, 4, 5, 6, 7));
  EXPECT_EQ(lost_, 0u);
}

TEST_F(NotifiedTest, AreNoLossEvenWhenTheFifoOverflowed) {
  AddDetections(6);
  edges_->come.assign(module_.fifo.begin(), module_.fifo.end());
  AddDetections(8);
  edges_->come.insert(edges_->come.end(), module_.fifo.begin(), module_.fifo.end());
  ASSERT_EQ(Drain(sensor_), Status::kOk);
  EXPECT_EQ(sequences_.size(), 14u);
  EXPECT_EQ(lost_, 0u);
}

TEST_F(NotifiedTest, AreForgottenWhenTheModuleHasRestarted) {
  AddDetections(3);
  edges_->come.assign(module_.fifo.begin(), module_.fifo.end());
  module_.Restart();  // Event 1: reset.
  ASSERT_EQ(Drain(sensor_), Status::kOk);
  EXPECT_EQ(restarts_, 1);
  EXPECT_THAT(sequences_, ElementsAre(1));
}

TEST_F(EventsTest, AnEventCarriesItsLabelItsScoreAndTheHostsTime) {
  module_.AddEvent({.time_ms = 900, .type = EventType::kDetection, .label = 2, .value = 873});
  Sensor sensor = Open();
  const auto before = std::chrono::system_clock::now();
  ASSERT_EQ(sensor.DrainEvents([&](const EventBatch& batch) {
    const Event& event = batch.events.at(0);
    EXPECT_EQ(event.label, "no");
    EXPECT_DOUBLE_EQ(event.score(), 0.873);
    // The module's clock says 1000 now.
    EXPECT_GE(event.host_time + event.uncertainty, before - 100ms);
    EXPECT_LE(event.host_time - event.uncertainty, std::chrono::system_clock::now() - 100ms);
    EXPECT_GT(event.uncertainty, 0us);
    return true;
  }),
            Status::kOk);
}

TEST_F(EventsTest, AnEventIsAcknowledgedOnlyAfterItWasDelivered) {
  Sensor sensor = Open();
  AddDetections(1);
  size_t waiting = 0;
  ASSERT_EQ(sensor.DrainEvents([&](const EventBatch&) {
    waiting = module_.fifo.size();
    return true;
  }),
            Status::kOk);
  EXPECT_EQ(waiting, 1u);
}

TEST_F(EventsTest, AHandlerThatStopsLeavesTheRestInTheModule) {
  Sensor sensor = Open();
  AddDetections(5);
  ASSERT_EQ(sensor.DrainEvents([](const EventBatch&) { return false; }), Status::kOk);
  EXPECT_EQ(module_.fifo.size(), 3u);
  ASSERT_EQ(Drain(sensor), Status::kOk);
  EXPECT_THAT(sequences_, ElementsAre(3, 4, 5));
}

TEST_F(EventsTest, AnOverflowIsReportedAsExactlyThatManyLost) {
  Sensor sensor = Open();
  AddDetections(1);
  ASSERT_EQ(Drain(sensor), Status::kOk);
  AddDetections(20);  // The FIFO holds 8.
  ASSERT_EQ(Drain(sensor), Status::kOk);
  EXPECT_EQ(sequences_.size(), 1u + 8u);
  EXPECT_EQ(lost_, 12u);
  EXPECT_EQ(lost_, module_.lost);
}

TEST_F(EventsTest, EventsThatOverflowDuringADrainAreCountedOnce) {
  Sensor sensor = Open();
  AddDetections(8);
  bool done = false;
  module_.before_read = [&](uint8_t address) {
    if (address != kWindows[kEventDataWindow].address || std::exchange(done, true)) return;
    AddDetections(3);  // Drops 1, 2 and 3 between header and records.
  };
  ASSERT_EQ(Drain(sensor), Status::kOk);
  ASSERT_EQ(Drain(sensor), Status::kOk);
  EXPECT_THAT(sequences_, ElementsAre(4, 5, 6, 7, 8, 9, 10, 11));
  EXPECT_EQ(lost_, 3u);
}

TEST_F(EventsTest, EventsDroppedAfterTheyWereDeliveredAreNotLost) {
  Sensor sensor = Open();
  AddDetections(8);
  bool done = false;
  ASSERT_EQ(sensor.DrainEvents([&](const EventBatch& batch) {
    if (!std::exchange(done, true)) AddDetections(2);  // Drops the two that are being delivered.
    lost_ += batch.lost;
    for (const Event& event : batch.events) sequences_.push_back(event.record.sequence);
    return true;
  }),
            Status::kOk);
  ASSERT_EQ(Drain(sensor), Status::kOk);
  EXPECT_EQ(module_.lost, 2u);
  EXPECT_EQ(lost_, 0u);
  EXPECT_EQ(sequences_.size(), 10u);
}

TEST_F(EventsTest, EventsThatAnotherHostTookAreReportedAsLost) {
  Sensor sensor = Open();
  AddDetections(1);
  ASSERT_EQ(Drain(sensor), Status::kOk);
  AddDetections(4);
  module_.fifo.clear();
  ASSERT_EQ(Drain(sensor), Status::kOk);
  EXPECT_EQ(lost_, 4u);
  ASSERT_EQ(Drain(sensor), Status::kOk);
  EXPECT_EQ(lost_, 4u);
}

TEST_F(EventsTest, WhatHappenedBeforeThisHostCameIsNotLost) {
  AddDetections(12);
  Sensor sensor = Open();
  ASSERT_EQ(Drain(sensor), Status::kOk);
  EXPECT_THAT(sequences_, ElementsAre(5, 6, 7, 8, 9, 10, 11, 12));
  EXPECT_EQ(lost_, 0u);
}

TEST_F(EventsTest, SequenceNumbersWrapWithoutALoss) {
  module_.newest = UINT32_MAX - 2;
  Sensor sensor = Open();
  ASSERT_EQ(Drain(sensor), Status::kOk);
  AddDetections(5);
  ASSERT_EQ(Drain(sensor), Status::kOk);
  EXPECT_THAT(sequences_, ElementsAre(UINT32_MAX - 1, UINT32_MAX, 1, 2, 3));
  EXPECT_EQ(lost_, 0u);
  EXPECT_EQ(restarts_, 0);
}

TEST_F(EventsTest, ALossAcrossTheWrapIsCountedRight) {
  module_.newest = UINT32_MAX - 3;
  Sensor sensor = Open();
  ASSERT_EQ(Drain(sensor), Status::kOk);
  AddDetections(20);
  ASSERT_EQ(Drain(sensor), Status::kOk);
  EXPECT_EQ(lost_, 12u);
}

TEST_F(EventsTest, ARestartIsNoticedEvenWhenTheNumbersGoOn) {
  Sensor sensor = Open();
  AddDetections(3);
  ASSERT_EQ(Drain(sensor), Status::kOk);
  sequences_.clear();
  module_.Restart();  // Event 1: reset.
  AddDetections(4);   // Up to number 5: beyond what was delivered.
  ASSERT_EQ(Drain(sensor), Status::kOk);
  EXPECT_EQ(restarts_, 1);
  EXPECT_THAT(sequences_, ElementsAre(1, 2, 3, 4, 5));
  EXPECT_EQ(lost_, 0u);
}

TEST_F(EventsTest, ARestartBetweenHeaderAndRecordsMixesNothing) {
  Sensor sensor = Open();
  AddDetections(2);
  ASSERT_EQ(Drain(sensor), Status::kOk);
  AddDetections(2);
  bool done = false;
  module_.before_read = [&](uint8_t address) {
    if (address != kWindows[kEventDataWindow].address || std::exchange(done, true)) return;
    module_.Restart();
    AddDetections(4);
  };
  sequences_.clear();
  ASSERT_EQ(Drain(sensor), Status::kOk) << sensor.error().message;
  EXPECT_EQ(restarts_, 1);
  EXPECT_THAT(sequences_, ElementsAre(1, 2, 3, 4, 5));
}

TEST_F(EventsTest, ARestartBeforeTheAcknowledgementIsNoticedAndLosesNothing) {
  Sensor sensor = Open();
  AddDetections(2);
  bool done = false;
  ASSERT_EQ(sensor.DrainEvents([&](const EventBatch&) {
    if (!std::exchange(done, true)) module_.Restart();
    return true;
  }),
            Status::kOk);
  // The acknowledgement of event 2 met a module whose only event is number 1; a real one refuses it, this one obeys.
  ASSERT_EQ(Drain(sensor), Status::kOk);
  AddDetections(1);
  ASSERT_EQ(Drain(sensor), Status::kOk);
  EXPECT_EQ(sequences_.size() + lost_, 1u);
}

TEST_F(EventsTest, AnotherHostsLatchIsNoRestart) {
  Sensor sensor = Open();
  AddDetections(2);
  ASSERT_EQ(Drain(sensor), Status::kOk);
  module_.control.time_latch = 77;
  module_.latch_time_ms = 12345;
  AddDetections(2);
  ASSERT_EQ(Drain(sensor), Status::kOk);
  EXPECT_EQ(restarts_, 0);
  EXPECT_THAT(sequences_, ElementsAre(1, 2, 3, 4));
}

TEST_F(EventsTest, AcknowledgementsThatTakeEffectLateDeliverNothingTwice) {
  Sensor sensor = Open();
  module_.reads_until_write_applies = 3;
  AddDetections(6);
  ASSERT_EQ(Drain(sensor), Status::kOk) << sensor.error().message;
  EXPECT_THAT(sequences_, ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(EventsTest, AFailedAcknowledgementIsMadeUpForWithoutDeliveringTwice) {
  Sensor sensor = Open();
  ASSERT_EQ(Drain(sensor), Status::kOk);
  AddDetections(1);
  ASSERT_EQ(sensor.DrainEvents([&](const EventBatch& batch) {
    sequences_.push_back(batch.events.at(0).record.sequence);
    FailNext(Fault::kLinkBreak, 3);  // All attempts.
    return true;
  }),
            Status::kBusError);
  EXPECT_EQ(module_.fifo.size(), 1u);
  ASSERT_EQ(Drain(sensor), Status::kOk);
  EXPECT_TRUE(module_.fifo.empty());
  EXPECT_THAT(sequences_, ElementsAre(1));
}

TEST_F(EventsTest, AnAcknowledgementThatNeverArrivedIsMadeAgain) {
  Sensor sensor = Open();
  ASSERT_EQ(Drain(sensor), Status::kOk);
  AddDetections(3);
  ASSERT_EQ(sensor.DrainEvents([&](const EventBatch& batch) {
    for (const Event& event : batch.events) sequences_.push_back(event.record.sequence);
    if (sequences_.size() == 2) FailNext(Fault::kIgnoredWrite);
    return true;
  }),
            Status::kOk)
      << sensor.error().message;
  EXPECT_TRUE(module_.fifo.empty());
  EXPECT_THAT(sequences_, ElementsAre(1, 2, 3));
}

TEST_F(EventsTest, TheClockMapFollowsTheModulesClock) {
  Sensor sensor = Open();
  module_.clock_ms = 500000;
  const Result<ClockMap> map = sensor.MapClock();
  ASSERT_TRUE(map.ok());
  EXPECT_EQ(map->module_ms, 500000u);
  EXPECT_LT(SteadyClock::now() - map->ToHost(500000), 10s);
  EXPECT_EQ(map->ToHost(500100) - map->ToHost(500000), 100ms);
  EXPECT_GT(map->UncertaintyAt(560000), map->half_span);
}

TEST_F(EventsTest, TheClockMapIsRightAcrossTheWrapOfTheModulesClock) {
  const ClockMap map{.module_ms = UINT32_MAX - 9, .host = SteadyClock::now(), .half_span = 1ms};
  EXPECT_EQ(map.ToHost(10) - map.host, 20ms);
  EXPECT_EQ(map.ToHost(UINT32_MAX - 19) - map.host, -10ms);
}

TEST_F(EventsTest, AWatchWithoutEdgesPolls) {
  Sensor sensor = Open();
  int polls = 0;
  module_.before_read = [&](uint8_t address) {
    if (address == kWindows[kEventsWindow].address && ++polls == 5) AddDetections(1);
  };
  const Status status = sensor.Watch(
      [&](const EventBatch& batch) {
        for (const Event& event : batch.events) sequences_.push_back(event.record.sequence);
        return false;
      },
      SteadyClock::now() + 20s, {.poll_interval = 1ms});
  EXPECT_EQ(status, Status::kOk);
  EXPECT_THAT(sequences_, ElementsAre(1));
}

TEST_F(EventsTest, AWatchEndsAtItsDeadlineAndWhenItIsStopped) {
  Sensor sensor = Open();
  const auto begin = SteadyClock::now();
  EXPECT_EQ(sensor.Watch([](const EventBatch&) { return true; }, begin + 50ms), Status::kOk);
  EXPECT_GE(SteadyClock::now() - begin, 50ms);
  int asked = 0;
  EXPECT_EQ(
      sensor.Watch([](const EventBatch&) { return true; }, Deadline::max(), {.stop = [&] { return ++asked > 5; }}),
      Status::kOk);
}

// Over a real link, with a module that notifies.
class LinkTest : public testing::TestWithParam<FrameTestServer::Link> {
 protected:
  void Detect() {
    {
      const std::lock_guard lock(module_.mutex);
      module_.AddEvent({.type = EventType::kDetection, .label = 1, .value = 900});
      if (module_.control.notify == 0) return;
    }
    server_.Notify();
  }
  FakeModule module_;
  FrameTestServer server_{module_, GetParam()};
};

TEST_P(LinkTest, ANotificationWakesTheWatch) {
  Result<Sensor> sensor = Sensor::Open(server_.uri(), {.timeout = 10s});
  ASSERT_TRUE(sensor.ok());
  std::thread world([&] {
    for (bool on = false; !on; std::this_thread::sleep_for(1ms)) {
      const std::lock_guard lock(module_.mutex);
      on = module_.control.notify == 1;
    }
    std::this_thread::sleep_for(50ms);
    Detect();
  });
  // Without the notification it would take an hour.
  int events = 0;
  const Status status = sensor->Watch(
      [&](const EventBatch& batch) {
        events += static_cast<int>(batch.events.size());
        return false;
      },
      SteadyClock::now() + 60s, {.poll_interval = 1h});
  world.join();
  EXPECT_EQ(status, Status::kOk) << sensor->error().message;
  EXPECT_EQ(events, 1);
  const std::lock_guard lock(module_.mutex);
  EXPECT_EQ(module_.control.notify, 0) << "left as it was found";
}

TEST_P(LinkTest, AWatchSurvivesARestartOfTheModule) {
  Result<Sensor> sensor = Sensor::Open(server_.uri(), {.timeout = 10s});
  ASSERT_TRUE(sensor.ok());
  Detect();
  std::thread world;
  std::vector<std::pair<bool, uint32_t>> seen;
  const Status status = sensor->Watch(
      [&](const EventBatch& batch) {
        for (const Event& event : batch.events) seen.emplace_back(batch.restarted, event.record.sequence);
        if (!world.joinable()) {
          world = std::thread([&] {
            server_.Stop();
            std::this_thread::sleep_for(200ms);
            {
              const std::lock_guard lock(module_.mutex);
              module_.Restart();
            }
            server_.Start();
          });
        }
        return !batch.restarted;
      },
      SteadyClock::now() + 30s, {.poll_interval = 20ms, .patience = 10s});
  world.join();
  EXPECT_EQ(status, Status::kOk) << sensor->error().message;
  EXPECT_THAT(seen, ElementsAre(std::pair(false, 1u), std::pair(true, 1u)));
}

TEST_P(LinkTest, AWatchGivesUpOnAModuleThatStaysAway) {
  Result<Sensor> sensor = Sensor::Open(server_.uri(), {.timeout = 10s});
  ASSERT_TRUE(sensor.ok());
  server_.Stop();
  EXPECT_EQ(sensor->Watch([](const EventBatch&) { return true; }, SteadyClock::now() + 30s, {.patience = 100ms}),
            Status::kNoDevice);
  EXPECT_THAT(sensor->error().message, testing::HasSubstr("no device"));
}

TEST_P(LinkTest, ASilentModuleIsATimeoutWithinTheDeadline) {
  Result<Sensor> sensor = Sensor::Open(server_.uri(), {.timeout = 500ms});
  ASSERT_TRUE(sensor.ok());
  server_.Misbehave(FrameTestServer::Misbehaviour::kSilent);
  const auto begin = SteadyClock::now();
  EXPECT_EQ(sensor->ReadResult().status(), Status::kTimeout);
  EXPECT_GE(SteadyClock::now() - begin, 450ms);
}

TEST_P(LinkTest, MisbehavioursThatPassAreNotSeen) {
  using Misbehaviour = FrameTestServer::Misbehaviour;
  Result<Sensor> sensor = Sensor::Open(server_.uri(), {.timeout = 3s});
  ASSERT_TRUE(sensor.ok());
  std::vector<Misbehaviour> all = {Misbehaviour::kGarbageBefore, Misbehaviour::kGarbageGlued,
                                   Misbehaviour::kStaleBefore,   Misbehaviour::kTwice,
                                   Misbehaviour::kBadFrameCrc,   Misbehaviour::kOneByteAtATime};
  if (GetParam() != FrameTestServer::Link::kPty) all.push_back(Misbehaviour::kHangUpHalfWay);
  for (const Misbehaviour how : all) {
    server_.Misbehave(how);
    const Result<Reading> reading = sensor->ReadResult();
    ASSERT_TRUE(reading.ok()) << static_cast<int>(how) << ": " << sensor->error().message;
    EXPECT_EQ(reading->registers, module_.result);
  }
}

INSTANTIATE_TEST_SUITE_P(Links, LinkTest,
                         testing::Values(FrameTestServer::Link::kUnix, FrameTestServer::Link::kTcp,
                                         FrameTestServer::Link::kPty),
                         [](const auto& link) -> std::string {
                           using Link = FrameTestServer::Link;
                           return link.param == Link::kUnix  ? "Unix"
                                  : link.param == Link::kTcp ? "Tcp"
                                                             : "PseudoTerminal";
                         });

}  // namespace
}  // namespace mls::test
