// Identity, results, configuration and commands.
#include "mls/host/names.h"
#include "sensor_fixture.h"

namespace mls::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(SensorTest, OpenReadsWhoIsThereInOneTransaction) {
  const Sensor sensor = Open();
  EXPECT_EQ(sensor.ident(), module_.ident);
  EXPECT_EQ(sensor.counters().transactions, 1u);
}

TEST_F(SensorTest, OpenRefusesWhatIsNoSensorAndSaysSo) {
  module_.ident.magic = 0x12345678;
  SensorError error;
  EXPECT_EQ(TryOpen(&error).status(), Status::kProtocol);
  EXPECT_THAT(error.message, HasSubstr("test: identifying: something answers, but it is no ML sensor"));
}

TEST_F(SensorTest, OpenRefusesAnotherMajorVersionAndTakesAnyMinor) {
  module_.ident.interface_minor = 99;
  EXPECT_TRUE(TryOpen().ok());
  module_.ident.interface_major = 2;
  SensorError error;
  EXPECT_EQ(TryOpen(&error).status(), Status::kUnsupported);
  EXPECT_THAT(error.message, HasSubstr("major version 2"));
}

TEST_F(SensorTest, AClosedSensorIsNoDevice) {
  Sensor sensor;
  EXPECT_EQ(sensor.ReadResult().status(), Status::kNoDevice);
  EXPECT_EQ(sensor.Commit(), Status::kNoDevice);
  EXPECT_EQ(sensor.DrainEvents([](const EventBatch&) { return true; }), Status::kNoDevice);
  EXPECT_EQ(sensor.error().status, Status::kNoDevice);
  EXPECT_EQ(sensor.name(), "");
}

TEST_F(SensorTest, ASensorCanBeMoved) {
  Sensor first = Open();
  Sensor second = std::move(first);
  EXPECT_TRUE(second.ReadResult().ok());
}

TEST_F(SensorTest, TheLatestResultIsOneTransaction) {
  Sensor sensor = Open();
  const uint64_t before = sensor.counters().transactions;
  const Result<Reading> reading = sensor.ReadResult();
  ASSERT_TRUE(reading.ok());
  EXPECT_EQ(reading->registers, module_.result);
  EXPECT_EQ(sensor.counters().transactions - before, 1u);
  EXPECT_DOUBLE_EQ(reading->score(), 0.931);
}

TEST_F(SensorTest, OnlyAValidFreshResultWithinTheEnvelopeIsUsable) {
  Sensor sensor = Open();
  const struct {
    uint16_t flags;
    bool usable;
  } cases[] = {
      {kValid, true}, {0, false}, {kValid | kStale, false}, {kValid | kTooDark, false}, {kValid | kBlurred, false},
      {kStale, false}};
  for (const auto& a_case : cases) {
    module_.result.flags = a_case.flags;
    const Result<Reading> reading = sensor.ReadResult();
    ASSERT_TRUE(reading.ok());
    EXPECT_EQ(reading->usable(), a_case.usable) << a_case.flags;
  }
}

TEST_F(SensorTest, AnUnusablePersonResultIsUnknownNotAbsent) {
  module_.ident.profile = Profile::kPerson;
  Sensor sensor = Open();
  module_.result.count = 2;
  Result<PersonReading> person = sensor.ReadPerson();
  ASSERT_TRUE(person.ok());
  EXPECT_TRUE(person->present());
  EXPECT_EQ(person->count(), 2);
  module_.result.flags = kValid | kStale;
  person = sensor.ReadPerson();
  ASSERT_TRUE(person.ok());
  EXPECT_FALSE(person->present());
  EXPECT_TRUE(person->unknown());
  EXPECT_EQ(person->count(), 0);
}

TEST_F(SensorTest, TypedReadingsNeedTheirProfile) {
  Sensor sensor = Open();
  EXPECT_EQ(sensor.ReadPerson().status(), Status::kUnsupported);
  EXPECT_THAT(sensor.error().message, HasSubstr("its profile is keyword, not person"));
  EXPECT_TRUE(sensor.ReadKeyword().ok());
}

TEST_F(SensorTest, AKeywordComesWithItsName) {
  Sensor sensor = Open();
  Result<KeywordReading> keyword = sensor.ReadKeyword();
  ASSERT_TRUE(keyword.ok());
  EXPECT_EQ(keyword->word, "yes");
  const uint64_t before = sensor.counters().transactions;
  ASSERT_TRUE(sensor.ReadKeyword().ok());
  EXPECT_EQ(sensor.counters().transactions - before, 2u);
  module_.result.decision = Decision::kNegative;
  keyword = sensor.ReadKeyword();
  ASSERT_TRUE(keyword.ok());
  EXPECT_EQ(keyword->word, "");
}

TEST_F(SensorTest, AfterARestartWithAnotherModelTheNamesAreNew) {
  Sensor sensor = Open();
  ASSERT_EQ(sensor.ReadKeyword()->word, "yes");
  module_.Restart();
  module_.labels = {"nothing", "stop"};
  module_.ident.label_count = 2;
  module_.ident.model_id = 0x0A0B0C0D;
  const Result<KeywordReading> keyword = sensor.ReadKeyword();
  ASSERT_TRUE(keyword.ok());
  EXPECT_EQ(keyword->word, "stop");
  EXPECT_EQ(sensor.ident().model_id, 0x0A0B0C0Du);
}

TEST_F(SensorTest, ARestartWhileTheLabelsAreReadDoesNotMixThem) {
  Sensor sensor = Open();
  int label_reads = 0;
  module_.before_read = [&](uint8_t address) {
    if (address != kPagedAddress || module_.control.page != kWindows[kLabelWindow].page || ++label_reads != 2) return;
    module_.Restart();
    module_.labels = {"null", "eins", "zwei"};
  };
  const auto labels = sensor.ReadLabels();
  ASSERT_TRUE(labels.ok()) << sensor.error().message;
  EXPECT_THAT(*labels, ElementsAre("null", "eins", "zwei"));
}

TEST_F(SensorTest, LabelsAreReadOncePerStart) {
  Sensor sensor = Open();
  const auto labels = sensor.ReadLabels();
  ASSERT_TRUE(labels.ok());
  EXPECT_THAT(*labels, ElementsAre("silence", "yes", "no"));
  const uint64_t before = sensor.counters().transactions;
  ASSERT_TRUE(sensor.ReadLabels().ok());
  EXPECT_EQ(sensor.counters().transactions - before, 1u);
}

TEST_F(SensorTest, IdentityHashesAndCountersArriveWhole) {
  module_.power.inference_count = 17;
  module_.power.energy_uj = 0x123456789ABC;
  module_.privacy.transducers_fitted = kMicrophone;
  Sensor sensor = Open();
  const Result<Hashes> hashes = sensor.ReadHashes();
  ASSERT_TRUE(hashes.ok());
  EXPECT_EQ(hashes->firmware, module_.hashes[0]);
  EXPECT_EQ(hashes->model, module_.hashes[1]);
  EXPECT_EQ(hashes->datasheet, module_.hashes[2]);
  ASSERT_TRUE(sensor.ReadIdentity().ok());
  EXPECT_EQ(*sensor.ReadIdentity(), module_.identity);
  EXPECT_EQ(*sensor.ReadPower(), module_.power);
  EXPECT_EQ(*sensor.ReadPrivacy(), module_.privacy);
  EXPECT_EQ(*sensor.ReadCrashText(), "");
}

TEST_F(SensorTest, APageThatAnotherHostTurnedIsTurnedBack) {
  Sensor sensor = Open();
  int turns = 3;
  module_.after_write = [&](uint8_t address) {
    if (address == kReg<"control.page">.kAddress && turns-- > 0) module_.control.page = 1;  // privacy: shorter
  };
  Result<Identity> identity = sensor.ReadIdentity();
  ASSERT_TRUE(identity.ok()) << sensor.error().message;
  EXPECT_EQ(*identity, module_.identity);
  module_.control.page = 7;  // Between two calls, to a longer page.
  EXPECT_EQ(*sensor.ReadIdentity(), module_.identity);
  module_.control.page = 5;  // Same page, another entry.
  EXPECT_EQ(sensor.ReadHashes()->model, module_.hashes[1]);
}

TEST_F(SensorTest, APageThatNeverComesIsAnErrorWithinTheDeadline) {
  options_.timeout = 100ms;
  Sensor sensor = Open();
  module_.after_write = [&](uint8_t) { module_.control.page = 1; };
  EXPECT_EQ(sensor.ReadIdentity().status(), Status::kBusy);
  EXPECT_THAT(sensor.error().message, HasSubstr("another host"));
}

TEST_F(SensorTest, APageThatComesLateIsWaitedFor) {
  Sensor sensor = Open();
  module_.reads_until_write_applies = 2;
  EXPECT_EQ(*sensor.ReadIdentity(), module_.identity);
}

TEST_F(SensorTest, ConfigurationIsStagedReadBackAndCommitted) {
  Sensor sensor = Open();
  Result<Config> config = sensor.ReadConfig();
  ASSERT_TRUE(config.ok());
  config->on_delay_ms = 250;
  config->average_count = 4;
  ASSERT_EQ(sensor.StageConfig(*config), Status::kOk) << sensor.error().message;
  EXPECT_EQ(module_.staged, *config);
  EXPECT_NE(module_.active, *config);
  ASSERT_EQ(sensor.Commit(), Status::kOk) << sensor.error().message;
  EXPECT_EQ(module_.active, *config);
  EXPECT_EQ(module_.status.config_generation, 1);
}

TEST_F(SensorTest, AModuleThatAppliesWritesLateIsWaitedFor) {
  Sensor sensor = Open();
  module_.reads_until_write_applies = 3;
  Config config;
  config.off_delay_ms = 1234;
  ASSERT_EQ(sensor.ApplyConfig(config, true), Status::kOk) << sensor.error().message;
  EXPECT_EQ(module_.active, config);
}

TEST_F(SensorTest, ARefusedCommitNamesTheField) {
  Sensor sensor = Open();
  module_.commit_verdict = Verdict::kOutOfRange;
  module_.commit_field = kReg<"config.average_count">.kAddress;
  EXPECT_EQ(sensor.ApplyConfig(Config{}), Status::kRejected);
  EXPECT_EQ(sensor.error().verdict, Verdict::kOutOfRange);
  EXPECT_EQ(sensor.error().field, "config.average_count");
  EXPECT_THAT(sensor.error().message,
              HasSubstr("test: commit: refused by the module: out_of_range: config.average_count"));
}

TEST_F(SensorTest, AWriteThatIsRefusedAtOnceNamesTheFieldToo) {
  Sensor sensor = Open();
  module_.refuse_write = [](uint8_t address, std::span<const uint8_t> bytes) {
    const uint8_t report = kReg<"config.report">.kAddress;
    return address <= report && report < address + bytes.size() ? Status::kRejected : Status::kOk;
  };
  Config config;
  config.report = 0x80;
  EXPECT_EQ(sensor.StageConfig(config), Status::kRejected);
  EXPECT_EQ(sensor.error().field, "config.report");
}

TEST_F(SensorTest, AFieldThatDoesNotTakeItsValueIsNamed) {
  options_.timeout = 100ms;
  Sensor sensor = Open();
  module_.after_write = [&](uint8_t) { module_.staged.period_ms = 0; };
  Config config;
  config.period_ms = 500;
  EXPECT_EQ(sensor.StageConfig(config), Status::kProtocol);
  EXPECT_EQ(sensor.error().field, "config.period_ms");
}

TEST_F(SensorTest, ACommandThatIsNeverDoneTimesOut) {
  options_.timeout = 100ms;
  Sensor sensor = Open();
  module_.after_write = [&](uint8_t) { module_.status.command_verdict = Verdict::kPending; };
  EXPECT_EQ(sensor.Commit(), Status::kTimeout);
  EXPECT_THAT(sensor.error().message, HasSubstr("has not carried out `commit` in time"));
}

TEST_F(SensorTest, ACommandOfAnotherHostIsNotTakenForOurs) {
  Sensor sensor = Open();
  module_.after_write = [&](uint8_t) {
    module_.status.command = Command::kRevert;
    module_.status.command_token += 100;
    module_.status.command_verdict = Verdict::kDone;
  };
  EXPECT_EQ(sensor.Commit(), Status::kBusy);
  EXPECT_THAT(sensor.error().message, HasSubstr("another host"));
}

TEST_F(SensorTest, TheSelfTestReportsWhatFailed) {
  Sensor sensor = Open();
  module_.selftest.tests_failed = kTestKnownAnswer;
  const Result<SelfTestReport> report = sensor.RunSelfTest();
  ASSERT_TRUE(report.ok()) << sensor.error().message;
  EXPECT_EQ(report->run_count, 1);
  EXPECT_EQ(report->tests_failed, kTestKnownAnswer);
}

TEST_F(SensorTest, RevertAndFactoryResetAreCarriedOut) {
  Sensor sensor = Open();
  Config config;
  config.on_delay_ms = 9;
  ASSERT_EQ(sensor.StageConfig(config), Status::kOk);
  ASSERT_EQ(sensor.Revert(), Status::kOk);
  EXPECT_EQ(module_.staged, Config{});
  ASSERT_EQ(sensor.ApplyConfig(config), Status::kOk);
  ASSERT_EQ(sensor.FactoryReset(), Status::kOk);
  EXPECT_EQ(module_.active, Config{});
}

TEST(Names, RegistersAreFoundByNameAndAddress) {
  ASSERT_NE(FindRegister("config.on_delay_ms"), nullptr);
  EXPECT_EQ(FindRegister("on_delay_ms"), FindRegister("config.on_delay_ms"));
  EXPECT_EQ(FindRegister("captured_ms"), nullptr) << "short names are for the configuration only";
  EXPECT_EQ(FindRegister("nonsense"), nullptr);
  EXPECT_EQ(RegisterAt(kReg<"config.average_count">.kAddress), FindRegister("config.average_count"));
  EXPECT_EQ(RegisterAt(0xFF), nullptr);
  EXPECT_EQ(FindWindow("label"), kLabelWindow);
  EXPECT_FALSE(FindWindow("lable").has_value());
}

TEST(Names, ValuesAndFlagsHaveNamesOrNumbers) {
  EXPECT_EQ(NameOf<"status.reset_cause">(ResetCause::kWatchdog), "watchdog");
  EXPECT_EQ(ValueName(*FindRegister("status.reset_cause"), 200), "200");
  EXPECT_THAT(FlagNames(*FindRegister("result.flags"), kValid | kTooDark | 0x8000),
              ElementsAre("valid", "too_dark", "bit_15"));
  EXPECT_THAT(FlagNames(*FindRegister("result.flags"), 0), testing::IsEmpty());
}

}  // namespace
}  // namespace mls::test
