// Many modules through one file descriptor or one thread: told in time, each by itself, whatever the others do.
#include "mls/host/watcher.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>

#include "frame_test_server.h"
#include "sensor_fixture.h"

namespace mls::test {
namespace {

using testing::ElementsAre;

// Long enough for any machine; no test waits for it unless it fails.
constexpr auto kAtMost = 30s;

bool IsReadable(const Watcher& watcher, std::chrono::milliseconds wait) {
  pollfd ready{watcher.fd(), POLLIN, 0};
  return poll(&ready, 1, static_cast<int>(wait.count())) > 0;
}

// An event loop, until `is_done`.
template <typename Condition>
bool RunLoop(Watcher& watcher, Condition is_done) {
  const auto end = SteadyClock::now() + kAtMost;
  while (!is_done()) {
    if (SteadyClock::now() >= end) return false;
    if (IsReadable(watcher, 100ms)) watcher.Dispatch();
  }
  return true;
}

// A line that the test pulls.
class TestLine final : public EdgeWaiter {
 public:
  ~TestLine() { close(fd_); }
  void Pull() const { eventfd_write(fd_, 1); }
  Status broken = Status::kOk;  // What Wait says unless it is kOk.
  int waits = 0;

 private:
  Status DoWait(Deadline) override {
    ++waits;
    if (broken != Status::kOk) return broken;
    eventfd_t value = 0;
    return eventfd_read(fd_, &value) == 0 ? Status::kOk : Status::kTimeout;
  }
  int DoPollFd() const override { return fd_; }
  const int fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
};

// What was told of one module.
struct Log {
  std::vector<uint32_t> sequences;
  uint64_t lost = 0;
  int restarts = 0, online = 0, offline = 0;
  Status offline_status = Status::kOk;
  std::vector<uint16_t> results;

  WatchHandlers Handlers() {
    return {.events =
                [this](Sensor&, const EventBatch& batch) {
                  for (const Event& event : batch.events) sequences.push_back(event.record.sequence);
                  lost += batch.lost;
                  restarts += batch.restarted;
                },
            .result = [this](Sensor&, const Reading& reading) { results.push_back(reading.registers.sequence); },
            .online = [this](Sensor&) { ++online; },
            .offline =
                [this](const SensorError& error) {
                  ++offline;
                  offline_status = error.status;
                }};
  }
};

void AddDetection(FakeModule& module) {
  const std::lock_guard lock(module.mutex);
  module.AddEvent({.type = EventType::kDetection, .label = 1, .value = 900});
}

// Modules in the same process.
class WatcherTest : public SensorTest {
 protected:
  Sensor OpenWithLine(const std::shared_ptr<TestLine>& line) {
    module_.ident.capabilities |= kHasInterruptLine;
    SensorOptions options = options_;
    options.has_interrupt_line = true;
    return std::move(Sensor::Open(std::shared_ptr<RegisterBus>(rig_, &rig_->faulty), line, "test", options).value());
  }
  Log log_;
  Watcher watcher_;
};

TEST_F(WatcherTest, WithoutModulesThereIsNothingToDo) {
  EXPECT_FALSE(IsReadable(watcher_, 0ms));
  watcher_.Dispatch();
  EXPECT_FALSE(IsReadable(watcher_, 0ms));
  EXPECT_FALSE(watcher_.Remove(1));
  EXPECT_EQ(watcher_.Use(1, [](Sensor&) { return Status::kOk; }), Status::kNoDevice);
}

TEST_F(WatcherTest, APolledModuleIsToldAboutInOrder) {
  AddDetection(module_);
  watcher_.Add(Open(), log_.Handlers(), {.poll_interval = 5ms});
  ASSERT_TRUE(RunLoop(watcher_, [&] { return log_.sequences.size() == 1; }));
  for (int i = 0; i < 20; ++i) AddDetection(module_);  // The FIFO holds 8.
  ASSERT_TRUE(RunLoop(watcher_, [&] { return log_.sequences.size() + log_.lost == 21; }));
  EXPECT_EQ(log_.lost, 12u);
  EXPECT_EQ(log_.sequences.back(), 21u);
  EXPECT_EQ(log_.online, 1);
  module_.Restart();
  ASSERT_TRUE(RunLoop(watcher_, [&] { return log_.restarts == 1; }));
  EXPECT_EQ(log_.sequences.back(), 1u);
  EXPECT_EQ(log_.offline, 0);
}

TEST_F(WatcherTest, AnEdgeOfTheInterruptLineWakesAndNothingElseDoes) {
  const auto line = std::make_shared<TestLine>();
  watcher_.Add(OpenWithLine(line), log_.Handlers(), {.poll_interval = 1h});
  ASSERT_TRUE(RunLoop(watcher_, [&] { return log_.online == 1; }));
  EXPECT_EQ(module_.control.interrupt_enable, kInterruptEvent);
  EXPECT_FALSE(IsReadable(watcher_, 50ms));
  for (uint32_t i = 1; i <= 3; ++i) {
    AddDetection(module_);
    EXPECT_FALSE(IsReadable(watcher_, 5ms));
    line->Pull();
    ASSERT_TRUE(RunLoop(watcher_, [&] { return log_.sequences.size() == i; }));
  }
  EXPECT_TRUE(RunLoop(watcher_, [&] { return module_.fifo.empty() && !IsReadable(watcher_, 20ms); }));
}

TEST_F(WatcherTest, AnEndedWatchLeavesTheModuleAsItWasFound) {
  module_.control.interrupt_enable = kInterruptFault;
  const auto line = std::make_shared<TestLine>();
  const Watcher::Id id = watcher_.Add(OpenWithLine(line), log_.Handlers());
  ASSERT_TRUE(RunLoop(watcher_, [&] { return log_.online == 1; }));
  EXPECT_EQ(module_.control.interrupt_enable, kInterruptEvent | kInterruptFault);
  EXPECT_TRUE(watcher_.Remove(id));
  EXPECT_EQ(module_.control.interrupt_enable, kInterruptFault);
  EXPECT_FALSE(watcher_.Remove(id));
}

TEST_F(WatcherTest, WhenAnotherHostSwitchesTheLineOffItIsSwitchedOnAgain) {
  const auto line = std::make_shared<TestLine>();
  watcher_.Add(OpenWithLine(line), log_.Handlers(), {.poll_interval = 5ms});
  ASSERT_TRUE(RunLoop(watcher_, [&] { return log_.online == 1; }));
  module_.control.interrupt_enable = 0;
  AddDetection(module_);
  ASSERT_TRUE(RunLoop(watcher_, [&] { return log_.sequences.size() == 1; }));
  EXPECT_TRUE(RunLoop(watcher_, [&] { return module_.control.interrupt_enable == kInterruptEvent; }));
}

TEST_F(WatcherTest, ALineThatFailsIsReplacedByPolling) {
  const auto line = std::make_shared<TestLine>();
  watcher_.Add(OpenWithLine(line), log_.Handlers(), {.poll_interval = 1h});
  ASSERT_TRUE(RunLoop(watcher_, [&] { return log_.online == 1 && !IsReadable(watcher_, 10ms); }));
  line->broken = Status::kBusError;
  line->Pull();
  AddDetection(module_);
  ASSERT_TRUE(RunLoop(watcher_, [&] { return log_.sequences.size() == 1; }));
  AddDetection(module_);
  ASSERT_TRUE(RunLoop(watcher_, [&] { return log_.sequences.size() == 2; }));
  EXPECT_LT(line->waits, 20) << "it is not asked again and again";
  EXPECT_EQ(log_.offline, 0);
  line->broken = Status::kOk;
  ASSERT_TRUE(RunLoop(watcher_, [&] { return !IsReadable(watcher_, 300ms); })) << "and used again once it works";
}

TEST_F(WatcherTest, ResultsComeOnceEachAndEventsStayWhereNobodyWantsThem) {
  AddDetection(module_);
  WatchHandlers handlers = log_.Handlers();
  handlers.events = nullptr;
  watcher_.Add(Open(), std::move(handlers), {.poll_interval = 5ms, .results_every = 1ms});
  ASSERT_TRUE(RunLoop(watcher_, [&] { return log_.results.size() == 1; }));
  const uint64_t reads = module_.reads;
  ASSERT_TRUE(RunLoop(watcher_, [&] { return module_.reads > reads + 5; }));
  ++module_.result.sequence;
  ASSERT_TRUE(RunLoop(watcher_, [&] { return log_.results.size() == 2; }));
  EXPECT_THAT(log_.results, ElementsAre(7, 8));
  EXPECT_EQ(module_.fifo.size(), 1u);
}

TEST_F(WatcherTest, AFaultThatPassesIsNotTold) {
  watcher_.Add(Open(), log_.Handlers(), {.poll_interval = 1ms, .patience = 1h});
  ASSERT_TRUE(RunLoop(watcher_, [&] { return log_.online == 1; }));
  FailNext(Fault::kNoAnswer, 12);
  const uint64_t operations = rig_->faulty.operations();
  AddDetection(module_);
  ASSERT_TRUE(RunLoop(watcher_, [&] { return log_.sequences.size() == 1; }));
  EXPECT_GT(rig_->faulty.operations(), operations + 12);
  EXPECT_EQ(log_.online, 1);
  EXPECT_EQ(log_.offline, 0);
}

TEST_F(WatcherTest, AModuleThatCannotBeOpenedIsToldOnceAndTriedUntilItCan) {
  int attempts = 0;
  watcher_.Add(
      [&](SensorError& error) -> Result<Sensor> {
        if (++attempts < 4) {
          error = {Status::kPermission, "not yours", Verdict::kNone, ""};
          return Status::kPermission;
        }
        return Open();
      },
      log_.Handlers(), {.poll_interval = 5ms, .longest_pause = 1ms});
  AddDetection(module_);
  ASSERT_TRUE(RunLoop(watcher_, [&] { return log_.sequences.size() == 1; }));
  EXPECT_EQ(attempts, 4);
  EXPECT_EQ(log_.offline, 1);
  EXPECT_EQ(log_.offline_status, Status::kPermission);
  EXPECT_EQ(log_.online, 1);
}

TEST_F(WatcherTest, ModulesTakeTurns) {
  Rig other;
  std::vector<char> order;
  const auto note = [&](char name) {
    return WatchHandlers{.events = [&order, name](Sensor&, const EventBatch&) { order.push_back(name); }};
  };
  for (int i = 0; i < 8; ++i) AddDetection(module_);
  AddDetection(other.module);
  watcher_.Add(Open(), note('a'));
  Result<Sensor> second = Sensor::Open(std::shared_ptr<RegisterBus>(rig_, &other.faulty), nullptr, "other");
  watcher_.Add(std::move(second.value()), note('b'));
  ASSERT_TRUE(RunLoop(watcher_, [&] { return order.size() == 5; }));
  EXPECT_THAT(order, ElementsAre('a', 'b', 'a', 'a', 'a'));
}

TEST_F(WatcherTest, AHandlerMayReadConfigureAddAndRemove) {
  AddDetection(module_);
  AddDetection(module_);
  AddDetection(module_);
  Watcher::Id id = 0;
  int calls = 0;
  Log second;
  id = watcher_.Add(Open(), {.events = [&](Sensor& sensor, const EventBatch&) {
                      ++calls;
                      EXPECT_TRUE(sensor.ReadResult().ok());
                      EXPECT_EQ(sensor.ApplyConfig({.on_delay_ms = 70}), Status::kOk);
                      watcher_.Dispatch();  // Does nothing here.
                      watcher_.Add(Open(), second.Handlers(), {.poll_interval = 5ms});
                      EXPECT_TRUE(watcher_.Remove(id));
                    }});
  ASSERT_TRUE(RunLoop(watcher_, [&] { return !second.sequences.empty(); }));
  EXPECT_EQ(calls, 1);
  EXPECT_THAT(second.sequences, ElementsAre(3)) << "the first two were delivered, and acknowledged";
  EXPECT_EQ(module_.active.on_delay_ms, 70);
}

TEST_F(WatcherTest, ARestartThatAHandlerMeetsIsToldNext) {
  AddDetection(module_);
  bool restart = true;
  watcher_.Add(Open(), {.events =
                            [&](Sensor& sensor, const EventBatch& batch) {
                              log_.restarts += batch.restarted;
                              for (const Event& event : batch.events) log_.sequences.push_back(event.record.sequence);
                              if (std::exchange(restart, false)) {
                                module_.Restart();
                                EXPECT_TRUE(sensor.ReadLabels().ok());
                              }
                            }},
               {.poll_interval = 5ms});
  ASSERT_TRUE(RunLoop(watcher_, [&] { return log_.restarts == 1; }));
  EXPECT_THAT(log_.sequences, ElementsAre(1, 1));
}

TEST_F(WatcherTest, ItsThreadTellsUntilItIsStoppedAndOthersMayUseTheSensorMeanwhile) {
  std::atomic<int> events = 0;
  const Watcher::Id id = watcher_.Add(Open(), {.events = [&](Sensor&, const EventBatch&) { ++events; }},
                                      {.poll_interval = 1ms});
  ASSERT_EQ(watcher_.Start(), Status::kOk);
  EXPECT_EQ(watcher_.Start(), Status::kBusy);
  for (int i = 1; i <= 3; ++i) {
    const Status status = watcher_.Use(id, [&](Sensor& sensor) {
      AddDetection(module_);
      return sensor.ReadResult().status();
    });
    EXPECT_EQ(status, Status::kOk);
    while (events < i) std::this_thread::sleep_for(1ms);
  }
  watcher_.Stop();
  AddDetection(module_);
  std::this_thread::sleep_for(10ms);
  EXPECT_EQ(events, 3);
  ASSERT_EQ(watcher_.Start(), Status::kOk);
  while (events < 4) std::this_thread::sleep_for(1ms);
  watcher_.Stop();
}

TEST_F(WatcherTest, AHandlerMayStopItsThread) {
  std::atomic<int> events = 0;
  watcher_.Add(Open(), {.events =
                            [&](Sensor&, const EventBatch&) {
                              watcher_.Stop();
                              ++events;
                            }},
               {.poll_interval = 1ms});
  for (int i = 1; i <= 2; ++i) {
    AddDetection(module_);
    ASSERT_EQ(watcher_.Start(), Status::kOk);
    while (events < i) std::this_thread::sleep_for(1ms);
    watcher_.Stop();
  }
}

// Over real links.
class WatcherOfLinks : public testing::Test {
 protected:
  struct Place {
    explicit Place(FrameTestServer::Link link) : server(module, link) {}
    void Detect() {
      AddDetection(module);
      const std::lock_guard lock(module.mutex);
      if (module.control.notify != 0) server.Notify();
    }
    int notify() {
      const std::lock_guard lock(module.mutex);
      return module.control.notify;
    }
    FakeModule module;
    FrameTestServer server;
    Log log;
  };
  Place unix_{FrameTestServer::Link::kUnix}, tcp_{FrameTestServer::Link::kTcp}, pty_{FrameTestServer::Link::kPty};
  Watcher watcher_;
};

TEST_F(WatcherOfLinks, NotificationsOfAllComeThroughOneDescriptor) {
  const auto all = {&unix_, &tcp_, &pty_};
  const ModuleWatch options{.sensor = {.timeout = 10s}, .poll_interval = 1h};
  for (Place* place : all) watcher_.Add(place->server.uri(), place->log.Handlers(), options);
  for (Place* place : all) ASSERT_TRUE(RunLoop(watcher_, [&] { return place->notify() == 1; }));
  for (size_t round = 1; round <= 3; ++round) {
    for (Place* place : all) {
      place->Detect();
      ASSERT_TRUE(RunLoop(watcher_, [&] { return place->log.sequences.size() == round; }));
    }
  }
}

TEST_F(WatcherOfLinks, OneThatComesGoesAndComesBackIsToldAndLeavesTheOthersAlone) {
  const ModuleWatch options{.sensor = {.timeout = 5s}, .poll_interval = 1h, .patience = 50ms, .longest_pause = 50ms};
  unix_.server.Stop();
  watcher_.Add(unix_.server.uri(), unix_.log.Handlers(), options);
  watcher_.Add(tcp_.server.uri(), tcp_.log.Handlers(), options);
  ASSERT_TRUE(RunLoop(watcher_, [&] { return unix_.log.offline == 1 && tcp_.notify() == 1; }));
  EXPECT_EQ(unix_.log.offline_status, Status::kNoDevice);
  unix_.server.Start();
  ASSERT_TRUE(RunLoop(watcher_, [&] { return unix_.notify() == 1; }));
  unix_.Detect();
  ASSERT_TRUE(RunLoop(watcher_, [&] { return unix_.log.sequences.size() == 1; }));

  // Nobody polls: that it hangs up is enough.
  unix_.server.Stop();
  ASSERT_TRUE(RunLoop(watcher_, [&] { return unix_.log.offline == 2; }));
  tcp_.Detect();
  ASSERT_TRUE(RunLoop(watcher_, [&] { return tcp_.log.sequences.size() == 1; }));
  {
    const std::lock_guard lock(unix_.module.mutex);
    unix_.module.Restart();
  }
  unix_.server.Start();
  ASSERT_TRUE(RunLoop(watcher_, [&] { return unix_.log.restarts == 1; }));
  EXPECT_EQ(unix_.log.online, 2);
  EXPECT_THAT(unix_.log.sequences, ElementsAre(1, 1));
  unix_.Detect();
  ASSERT_TRUE(RunLoop(watcher_, [&] { return unix_.log.sequences.size() == 3; })) << "and it notifies again";
  EXPECT_EQ(tcp_.log.offline, 0);
}

TEST_F(WatcherOfLinks, ASilentModuleStarvesNobody) {
  ModuleWatch options{.sensor = {.timeout = 5s}, .poll_interval = 1h};
  watcher_.Add(tcp_.server.uri(), tcp_.log.Handlers(), options);
  ASSERT_TRUE(RunLoop(watcher_, [&] { return tcp_.notify() == 1; }));
  unix_.server.Misbehave(FrameTestServer::Misbehaviour::kSilent);
  options.sensor.timeout = 20ms;
  watcher_.Add(unix_.server.uri(), unix_.log.Handlers(), options);
  ASSERT_TRUE(RunLoop(watcher_, [&] { return unix_.log.offline == 1; }));
  EXPECT_EQ(unix_.log.offline_status, Status::kTimeout);
  for (size_t i = 1; i <= 10; ++i) {
    tcp_.Detect();
    ASSERT_TRUE(RunLoop(watcher_, [&] { return tcp_.log.sequences.size() == i; }));
  }
  EXPECT_EQ(tcp_.log.offline, 0);
}

TEST_F(WatcherOfLinks, WhenAnotherHostSwitchesNotificationsOffTheyAreSwitchedOnAgain) {
  watcher_.Add(unix_.server.uri(), unix_.log.Handlers(), {.sensor = {.timeout = 10s}, .poll_interval = 20ms});
  ASSERT_TRUE(RunLoop(watcher_, [&] { return unix_.notify() == 1; }));
  {
    const std::lock_guard lock(unix_.module.mutex);
    unix_.module.control.notify = 0;
  }
  unix_.Detect();
  ASSERT_TRUE(RunLoop(watcher_, [&] { return unix_.log.sequences.size() == 1; }));
  EXPECT_TRUE(RunLoop(watcher_, [&] { return unix_.notify() == 1; }));
}

}  // namespace
}  // namespace mls::test
