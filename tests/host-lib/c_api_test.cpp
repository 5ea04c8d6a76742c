// The C interface, through the shared library, against a module that this test serves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include "frame_test_server.h"
#include "mls/mlsensor.h"

extern "C" int mls_test_c_program(const char* uri);

namespace mls::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr mls_status kOk = MLS_STATUS_CODE_OK;
constexpr uint32_t kPlenty_ms = 20000;

template <typename T>
T Sized() {
  T sized{};
  sized.size = sizeof sized;
  return sized;
}

class CInterface : public testing::Test {
 protected:
  ~CInterface() override { mls_close(sensor_); }
  mls_sensor* Open(uint32_t timeout_ms = kPlenty_ms) {
    auto options = Sized<mls_options>();
    options.timeout_ms = timeout_ms;
    EXPECT_EQ(mls_open(server_.uri().c_str(), &options, &sensor_), kOk) << mls_error_message(sensor_);
    return sensor_;
  }
  void AddDetection(uint8_t label, uint16_t score) {
    const std::lock_guard lock(module_.mutex);
    module_.AddEvent({.type = EventType::kDetection, .flags = kValid, .label = label, .value = score});
  }
  mls_event Next(uint32_t timeout_ms = kPlenty_ms) {
    auto event = Sized<mls_event>();
    EXPECT_EQ(mls_next_event(sensor_, &event, timeout_ms), kOk) << mls_error_message(sensor_);
    return event;
  }
  FakeModule module_;
  FrameTestServer server_{module_, FrameTestServer::Link::kUnix};
  mls_sensor* sensor_ = nullptr;
};

TEST_F(CInterface, ReadsWhatTheModuleSays) {
  module_.result.objects[0] = {1, 2, 3, 4, 5};
  Open();
  auto reading = Sized<mls_reading>();
  ASSERT_EQ(mls_read_result(sensor_, &reading), kOk);
  const LatestResult& result = module_.result;
  EXPECT_EQ(reading.sequence, result.sequence);
  EXPECT_EQ(reading.flags, result.flags);
  EXPECT_EQ(reading.captured_ms, result.captured_ms);
  EXPECT_EQ(reading.age_ms, result.age_ms);
  EXPECT_EQ(reading.config_generation, result.config_generation);
  EXPECT_EQ(reading.score_permille, result.score_permille);
  EXPECT_EQ(reading.decision, MLS_DECISION_POSITIVE);
  EXPECT_EQ(reading.count, result.count);
  EXPECT_EQ(reading.label, result.label);
  EXPECT_EQ(reading.score_kind, MLS_SCORE_KIND_POSTERIOR);
  EXPECT_EQ(reading.usable, 1);
  EXPECT_EQ(reading.detected, 1);
  EXPECT_EQ(reading.objects[0].height, 4);
  EXPECT_STREQ(reading.word, "");
  EXPECT_EQ(mls_read_keyword(sensor_, &reading), kOk);
  EXPECT_STREQ(reading.word, "yes");
  EXPECT_EQ(mls_read_generic(sensor_, &reading), kOk);
  EXPECT_STREQ(reading.word, "yes");
  EXPECT_EQ(mls_read_person(sensor_, &reading), MLS_STATUS_CODE_UNSUPPORTED);
  EXPECT_THAT(mls_error_message(sensor_), HasSubstr("keyword, not person"));
}

TEST_F(CInterface, AResultThatIsNotUsableDetectsNothing) {
  module_.result.flags = kValid | kStale;
  Open();
  auto reading = Sized<mls_reading>();
  ASSERT_EQ(mls_read_result(sensor_, &reading), kOk);
  EXPECT_EQ(reading.usable, 0);
  EXPECT_EQ(reading.detected, 0);
}

TEST_F(CInterface, TellsWhoTheModuleIs) {
  Open();
  auto info = Sized<mls_info>();
  ASSERT_EQ(mls_read_info(sensor_, &info), kOk);
  EXPECT_EQ(info.profile, MLS_PROFILE_KEYWORD);
  EXPECT_EQ(info.model_id, module_.ident.model_id);
  EXPECT_EQ(info.capabilities, module_.ident.capabilities);
  EXPECT_EQ(info.label_count, 3);
  EXPECT_EQ(info.unique_id[0], module_.identity.unique_id[0]);
  EXPECT_EQ(info.boot_id[7], module_.identity.boot_id[7]);
  EXPECT_EQ(info.model_sha256[31], module_.hashes[1][31]);
  EXPECT_EQ(info.datasheet_sha256[0], module_.hashes[2][0]);
  char name[MLS_NAME_BYTES];
  EXPECT_EQ(mls_read_label(sensor_, 2, name), kOk);
  EXPECT_STREQ(name, "no");
  EXPECT_EQ(mls_read_label(sensor_, 3, name), MLS_STATUS_CODE_OUT_OF_RANGE);
}

TEST_F(CInterface, AFailedOpenLeavesItsErrorInTheHandle) {
  EXPECT_EQ(mls_open("unix:/there/is/no/module", nullptr, &sensor_), MLS_STATUS_CODE_NO_DEVICE);
  EXPECT_THAT(mls_error_message(sensor_), HasSubstr("unix:/there/is/no/module: no such path"));
  auto reading = Sized<mls_reading>();
  auto event = Sized<mls_event>();
  EXPECT_EQ(mls_read_result(sensor_, &reading), MLS_STATUS_CODE_NO_DEVICE);
  EXPECT_EQ(mls_next_event(sensor_, &event, 0), MLS_STATUS_CODE_NO_DEVICE);
  EXPECT_EQ(mls_event_fd(sensor_), -1);
}

TEST_F(CInterface, NullPointersAndMissingSizesAreRefused) {
  Open();
  mls_reading without_size{};
  mls_event event_without_size{};
  uint64_t value = 0;
  EXPECT_EQ(mls_read_result(nullptr, &without_size), MLS_STATUS_CODE_INVALID_ARGUMENT);
  EXPECT_EQ(mls_read_result(sensor_, nullptr), MLS_STATUS_CODE_INVALID_ARGUMENT);
  EXPECT_EQ(mls_read_result(sensor_, &without_size), MLS_STATUS_CODE_INVALID_ARGUMENT);
  EXPECT_THAT(mls_error_message(sensor_), HasSubstr("size"));
  EXPECT_EQ(mls_next_event(sensor_, &event_without_size, 0), MLS_STATUS_CODE_INVALID_ARGUMENT);
  EXPECT_EQ(mls_get(sensor_, nullptr, &value), MLS_STATUS_CODE_INVALID_ARGUMENT);
  EXPECT_EQ(mls_open(nullptr, nullptr, nullptr), MLS_STATUS_CODE_INVALID_ARGUMENT);
  EXPECT_EQ(mls_watch(sensor_, nullptr, nullptr, 0), MLS_STATUS_CODE_INVALID_ARGUMENT);
  EXPECT_EQ(mls_watcher_add(nullptr, "", nullptr, nullptr, nullptr), MLS_STATUS_CODE_INVALID_ARGUMENT);
  mls_close(nullptr);
  mls_watcher_free(nullptr);
  EXPECT_NE(mls_error_message(nullptr), nullptr);
}

TEST_F(CInterface, FillsTheStructuresOfNewerProgramsAsFarAsItKnowsThem) {
  struct {
    mls_reading known;
    uint64_t unknown;
  } newer{{}, 42};
  newer.known.size = sizeof newer;
  Open();
  ASSERT_EQ(mls_read_result(sensor_, &newer.known), kOk);
  EXPECT_EQ(newer.known.size, sizeof newer);
  EXPECT_EQ(newer.known.sequence, module_.result.sequence);
  EXPECT_EQ(newer.unknown, 0u);
}

// Programs that were compiled with version 0.1 have these.
TEST(CStructures, KeepTheirFirstLayout) {
  EXPECT_EQ(sizeof(mls_object), 5u);
  if (sizeof(size_t) != 8) GTEST_SKIP() << "written down for 64-bit machines";
  EXPECT_THAT((std::array{sizeof(mls_options), sizeof(mls_info), sizeof(mls_reading), sizeof(mls_self_test_report), sizeof(mls_event),
                          sizeof(mls_handlers), sizeof(mls_watch_options)}),
              ElementsAre(16u, 152u, 72u, 24u, 80u, 48u, 32u));
  EXPECT_THAT((std::array{offsetof(mls_reading, objects), offsetof(mls_reading, word), offsetof(mls_event, sequence),
                          offsetof(mls_event, word), offsetof(mls_info, unique_id)}),
              ElementsAre(28u, 40u, 28u, 48u, 32u));
}

TEST_F(CInterface, ConfigurationIsStagedByNameAndCommitted) {
  Open();
  uint64_t value = 0;
  EXPECT_EQ(mls_set(sensor_, "on_delay_ms", 500), kOk) << mls_error_message(sensor_);
  EXPECT_EQ(mls_get(sensor_, "config.on_delay_ms", &value), kOk);
  EXPECT_EQ(value, 500u);
  EXPECT_EQ(module_.active.on_delay_ms, 0);
  EXPECT_EQ(mls_commit(sensor_, 0), kOk);
  EXPECT_EQ(module_.active.on_delay_ms, 500);
  EXPECT_EQ(mls_run_command(sensor_, MLS_COMMAND_FACTORY_RESET, 0), kOk);

  EXPECT_EQ(mls_set(sensor_, "nonsense", 0), MLS_STATUS_CODE_INVALID_ARGUMENT);
  EXPECT_EQ(mls_set(sensor_, "label.text", 0), MLS_STATUS_CODE_INVALID_ARGUMENT);
  EXPECT_EQ(mls_set(sensor_, "result.sequence", 0), MLS_STATUS_CODE_READ_ONLY);
  EXPECT_EQ(mls_set(sensor_, "on_delay_ms", 65536), MLS_STATUS_CODE_OUT_OF_RANGE);
  EXPECT_EQ(mls_set(sensor_, "control.interrupt_enable", MLS_INTERRUPT_EVENT), kOk);
  EXPECT_EQ(module_.control.interrupt_enable, MLS_INTERRUPT_EVENT);
}

TEST_F(CInterface, ARefusalNamesVerdictAndField) {
  module_.commit_verdict = Verdict::kContradiction;
  module_.commit_field = kReg<"config.low_threshold_permille">.kAddress;
  Open();
  EXPECT_EQ(mls_commit(sensor_, 1), MLS_STATUS_CODE_REJECTED);
  EXPECT_EQ(mls_error_verdict(sensor_), MLS_VERDICT_CONTRADICTION);
  EXPECT_STREQ(mls_error_field(sensor_), "config.low_threshold_permille");
  auto reading = Sized<mls_reading>();
  EXPECT_EQ(mls_read_result(sensor_, &reading), kOk);
  EXPECT_STREQ(mls_error_message(sensor_), "");
  EXPECT_STREQ(mls_error_field(sensor_), "");
}

TEST_F(CInterface, ReadsAWholeWindowAsItCame) {
  Open();
  uint8_t bytes[MLS_MAX_WINDOW_BYTES];
  size_t length = 0;
  ASSERT_EQ(mls_read_window(sensor_, "label", 1, bytes, sizeof bytes, &length), kOk);
  EXPECT_EQ(length, static_cast<size_t>(MLS_WINDOW_LABEL_BYTES));
  EXPECT_EQ(bytes[2], 'y');
  EXPECT_EQ(mls_read_window(sensor_, "label", 1, bytes, 4, &length), MLS_STATUS_CODE_NO_MEMORY);
  EXPECT_EQ(mls_read_window(sensor_, "nonsense", 0, bytes, sizeof bytes, &length), MLS_STATUS_CODE_INVALID_ARGUMENT);
}

TEST_F(CInterface, RunsTheSelfTest) {
  module_.selftest.tests_failed = kTestMemory;
  Open();
  auto report = Sized<mls_self_test_report>();
  EXPECT_EQ(mls_self_test(sensor_, kPlenty_ms, &report), kOk);
  EXPECT_EQ(report.tests_failed, MLS_SELFTEST_MEMORY);
}

TEST_F(CInterface, EventsComeInOrderAndReadsMayComeBetween) {
  Open();
  AddDetection(1, 931);
  AddDetection(2, 800);
  const mls_event first = Next();
  auto reading = Sized<mls_reading>();
  EXPECT_EQ(mls_read_result(sensor_, &reading), kOk) << mls_error_message(sensor_);
  const mls_event second = Next();
  EXPECT_EQ(first.sequence, 1u);
  EXPECT_EQ(first.type, MLS_EVENT_TYPE_DETECTION);
  EXPECT_EQ(first.value, 931);
  EXPECT_STREQ(first.word, "yes");
  EXPECT_GT(first.host_time_us, 0);
  EXPECT_STREQ(second.word, "no");
  auto event = Sized<mls_event>();
  EXPECT_EQ(mls_next_event(sensor_, &event, 0), MLS_STATUS_CODE_NOT_READY);
  const std::lock_guard lock(module_.mutex);
  EXPECT_TRUE(module_.fifo.empty());
}

TEST_F(CInterface, ALossAndARestartAreToldWithTheNextEvent) {
  Open();
  AddDetection(1, 931);
  Next();
  {
    const std::lock_guard lock(module_.mutex);
    module_.Restart();
    for (int i = 0; i < 10; ++i) module_.AddEvent({.type = EventType::kDetection});
  }
  uint64_t lost = 0;
  int restarts = 0, events = 0;
  while (events < 8) {
    const mls_event event = Next();
    lost += event.lost;
    restarts += event.restarted;
    events += event.sequence != 0;
  }
  EXPECT_EQ(restarts, 1);
  EXPECT_GT(lost, 0u);
}

TEST_F(CInterface, TheDescriptorTellsOfEvents) {
  Open();
  auto event = Sized<mls_event>();
  pollfd news{mls_event_fd(sensor_), POLLIN, 0};
  AddDetection(1, 931);
  mls_status status = MLS_STATUS_CODE_NOT_READY;
  while (status == MLS_STATUS_CODE_NOT_READY && poll(&news, 1, kPlenty_ms) > 0) status = mls_next_event(sensor_, &event, 0);
  EXPECT_EQ(status, kOk);
  EXPECT_EQ(event.sequence, 1u);
}

TEST_F(CInterface, AWatchThatEndsEarlyLosesNothing) {
  Open();
  for (uint16_t score = 1; score <= 4; ++score) AddDetection(1, score);
  std::vector<int> seen;
  const auto take_one = [](void* user, const mls_event* event) {
    static_cast<std::vector<int>*>(user)->push_back(event->value);
    return 0;
  };
  for (int i = 0; i < 4; ++i) EXPECT_EQ(mls_watch(sensor_, take_one, &seen, kPlenty_ms), kOk);
  EXPECT_EQ(mls_watch(sensor_, take_one, &seen, 1), kOk);
  EXPECT_THAT(seen, ElementsAre(1, 2, 3, 4));
}

TEST_F(CInterface, AModuleThatKeepsSilentIsATimeout) {
  Open(200);
  server_.Misbehave(FrameTestServer::Misbehaviour::kSilent);
  auto reading = Sized<mls_reading>();
  EXPECT_EQ(mls_read_result(sensor_, &reading), MLS_STATUS_CODE_TIMEOUT);
}

TEST_F(CInterface, AModuleThatIsGoneIsToldOnceAndAwaited) {
  Open(200);
  AddDetection(1, 931);
  Next();
  server_.Stop();
  auto event = Sized<mls_event>();
  EXPECT_EQ(mls_next_event(sensor_, &event, kPlenty_ms), MLS_STATUS_CODE_NO_DEVICE);
  EXPECT_THAT(mls_error_message(sensor_), HasSubstr(server_.uri()));
  server_.Start();
  AddDetection(2, 800);
  EXPECT_STREQ(Next().word, "no");
}

TEST_F(CInterface, WorksFromC99) {
  AddDetection(1, 931);
  AddDetection(2, 800);
  EXPECT_EQ(mls_test_c_program(server_.uri().c_str()), 2);
}

class CWatcher : public CInterface {
 protected:
  struct Log {
    mls_watcher* watcher = nullptr;
    uint64_t id = 0;
    bool removes_itself = false;
    std::vector<std::string> lines;
  };
  CWatcher() { EXPECT_EQ(mls_watcher_new(&log_.watcher), kOk); }
  ~CWatcher() override { mls_watcher_free(log_.watcher); }

  void Add(const std::string& uri) {
    auto handlers = Sized<mls_handlers>();
    handlers.user = &log_;
    handlers.event = [](void* user, mls_sensor* sensor, const mls_event* event) {
      Log& log = *static_cast<Log*>(user);
      auto reading = Sized<mls_reading>();
      EXPECT_EQ(mls_read_result(sensor, &reading), kOk) << mls_error_message(sensor);
      log.lines.push_back("event " + std::to_string(event->sequence));
      if (log.removes_itself) {
        EXPECT_EQ(mls_watcher_remove(log.watcher, log.id), kOk);
      }
    };
    handlers.result = [](void* user, mls_sensor*, const mls_reading* reading) {
      static_cast<Log*>(user)->lines.push_back("result " + std::to_string(reading->sequence));
    };
    handlers.online = [](void* user, mls_sensor*) { static_cast<Log*>(user)->lines.push_back("online"); };
    handlers.offline = [](void* user, mls_status status, const char*) {
      static_cast<Log*>(user)->lines.push_back(std::string("offline: ") + mls_status_name(status));
    };
    auto options = Sized<mls_watch_options>();
    options.timeout_ms = kPlenty_ms;
    options.results_every_ms = 100000;
    options.patience_ms = 1;
    ASSERT_EQ(mls_watcher_add(log_.watcher, uri.c_str(), &handlers, &options, &log_.id), kOk);
  }
  void DispatchUntil(const std::string& line) {
    pollfd news{mls_watcher_fd(log_.watcher), POLLIN, 0};
    while (!std::ranges::count(log_.lines, line) && poll(&news, 1, kPlenty_ms) > 0) mls_watcher_dispatch(log_.watcher, 20);
  }
  Log log_;
};

TEST_F(CWatcher, TellsWhatEachModuleDoes) {
  AddDetection(1, 931);
  AddDetection(2, 800);
  Add(server_.uri());
  DispatchUntil("event 2");
  DispatchUntil("result 7");
  EXPECT_EQ(log_.lines.front(), "online");
  EXPECT_EQ(std::ranges::count(log_.lines, "event 1"), 1);
  uint64_t value = 0;
  const auto use = [](void* user, mls_sensor* sensor) { return mls_get(sensor, "status.boot_stage", static_cast<uint64_t*>(user)); };
  EXPECT_EQ(mls_watcher_use(log_.watcher, log_.id, use, &value), kOk);
  EXPECT_EQ(value, static_cast<uint64_t>(module_.status.boot_stage));
  EXPECT_EQ(mls_watcher_remove(log_.watcher, log_.id), kOk);
  EXPECT_EQ(mls_watcher_remove(log_.watcher, log_.id), MLS_STATUS_CODE_OUT_OF_RANGE);
  EXPECT_EQ(mls_watcher_use(log_.watcher, log_.id, use, &value), MLS_STATUS_CODE_NO_DEVICE);
}

TEST_F(CWatcher, ToldOfAModuleThatIsNotThere) {
  Add("unix:/there/is/no/module");
  DispatchUntil("offline: no device");
  EXPECT_THAT(log_.lines, ElementsAre("offline: no device"));
}

TEST_F(CWatcher, AModuleThatItsHandlerRemovesIsToldOfNoMore) {
  log_.removes_itself = true;
  AddDetection(1, 931);
  AddDetection(2, 800);
  Add(server_.uri());
  DispatchUntil("event 1");
  mls_watcher_dispatch(log_.watcher, 20);
  EXPECT_EQ(std::ranges::count(log_.lines, "event 2"), 0);
}

TEST(CNames, AreThoseOfTheRegisterMap) {
  EXPECT_STREQ(mls_status_name(MLS_STATUS_CODE_NO_DEVICE), "no device");
  EXPECT_STREQ(mls_status_name(-1), "unknown status");
  EXPECT_STREQ(mls_status_name(1000), "unknown status");
  EXPECT_STREQ(mls_value_name("result.decision", MLS_DECISION_POSITIVE), "positive");
  EXPECT_EQ(mls_value_name("result.decision", 99), nullptr);
  EXPECT_EQ(mls_value_name("nonsense", 0), nullptr);
  unsigned forms = 0;
  while (mls_uri_form(forms) != nullptr) ++forms;
  EXPECT_GE(forms, 3u);
  EXPECT_THAT(mls_uri_form(0), HasSubstr("unix:"));
}

}  // namespace
}  // namespace mls::test
