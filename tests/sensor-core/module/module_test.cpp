// The whole module, with pictures: from the source to the registers.
#include "module_fixture.h"

#include <gmock/gmock.h>

namespace mls {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ModuleTest : public PersonModuleTest {};

TEST_F(ModuleTest, AnswersBeforeItIsStarted) {
  pipeline.emplace(source, PersonPipelineSetup{});
  module.emplace(setup, ModulePorts{clock, lock}, *pipeline, arena);
  EXPECT_EQ(Get<Ident>(bank()).profile, Profile::kPerson);
  EXPECT_EQ(status().boot_stage, BootStage::kReset);
  EXPECT_EQ(module->Step(), Status::kNotReady);
}

TEST_F(ModuleTest, StartsAndTellsWhy) {
  setup.registers.reset_cause = ResetCause::kWatchdog;
  ASSERT_EQ(Start(), Status::kOk);
  EXPECT_EQ(status().boot_stage, BootStage::kRunning);
  EXPECT_EQ(status().state, kReady);
  EXPECT_EQ(status().reset_cause, ResetCause::kWatchdog);
  const auto events = TakeEvents();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].type, EventType::kReset);
  EXPECT_EQ(events[0].detail, static_cast<uint8_t>(ResetCause::kWatchdog));
  EXPECT_EQ(events[1].type, EventType::kPowerMode);
  EXPECT_EQ(events[1].detail, static_cast<uint8_t>(PowerMode::kContinuous));
}

TEST_F(ModuleTest, NamesWhatItCanDo) {
  store = &fake_store;
  Start();
  EXPECT_EQ(Get<Ident>(bank()).capabilities,
            kCanReportEvents | kCanSelfTest | kCanStoreConfig | kCanRotate | kHasInterruptLine);
}

TEST_F(ModuleTest, OneStepCarriesOnePictureAllTheWay) {
  Start();
  TakeEvents();
  Set(bank(), kReg<"control.interrupt_enable">, kInterruptEvent);
  source.Show(200);
  EXPECT_EQ(Step(), Status::kOk);
  EXPECT_FALSE(line.high);
  const LatestResult result = Get<LatestResult>(bank());
  EXPECT_EQ(result.sequence, 1);
  EXPECT_EQ(result.flags, kValid);
  EXPECT_EQ(result.decision, Decision::kPositive);
  EXPECT_EQ(result.count, 1);
  EXPECT_EQ(result.label, 1);
  EXPECT_EQ(result.score_kind, ScoreKind::kPosterior);
  EXPECT_GT(result.score_permille, 900);
  EXPECT_EQ(result.captured_ms, clock.now_ms);
  EXPECT_EQ(result.config_generation, status().config_generation);
  const auto events = TakeEvents();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].type, EventType::kPresence);
  EXPECT_EQ(events[0].detail, static_cast<uint8_t>(Decision::kPositive));
  EXPECT_EQ(events[0].label, 1);
  EXPECT_EQ(events[0].value, result.score_permille);
  EXPECT_EQ(events[0].time_ms, result.captured_ms);
  EXPECT_TRUE(line.high);
  EXPECT_EQ(Step(), Status::kNotReady);
  EXPECT_EQ(Get<LatestResult>(bank()).sequence, 1);
}

TEST_F(ModuleTest, ReportsOnlyChangesOfTheDecision) {
  Start();
  for (int brightness : {50, 60, 200, 210, 200, 50}) ShowAndStep(brightness);
  std::vector<uint8_t> decisions;
  for (const EventRecord& event : TakeEvents()) {
    if (event.type == EventType::kPresence) decisions.push_back(event.detail);
  }
  EXPECT_THAT(decisions, ElementsAre(1, 2, 1)) << "negative, positive, negative";
}

TEST_F(ModuleTest, AFailedCaptureIsPublishedAsInvalidNotAsTheLastAnswer) {
  Start();
  ShowAndStep(200);
  TakeEvents();
  source.Fail(Status::kBusError);
  EXPECT_EQ(Step(), Status::kBusError);
  const LatestResult result = Get<LatestResult>(bank());
  EXPECT_EQ(result.sequence, 2);
  EXPECT_EQ(result.flags, 0);
  EXPECT_EQ(result.decision, Decision::kUnknown);
  EXPECT_EQ(result.count, 0);
  EXPECT_EQ(result.score_permille, 0);
  EXPECT_EQ(result.score_kind, ScoreKind::kNone);
  EXPECT_EQ(result.label, kNoLabel);
  EXPECT_EQ(status().error_domain, ErrorDomain::kCapture);
  EXPECT_EQ(status().error_code, static_cast<uint8_t>(Status::kBusError));
  EXPECT_TRUE(status().state & kDegraded);
  EXPECT_EQ(power().skipped_count, 1u);
  EXPECT_EQ(power().invalid_count, 1u);
  EXPECT_EQ(power().inference_count, 1u);
  ShowAndStep(200);
  EXPECT_FALSE(status().state & kDegraded);
}

TEST_F(ModuleTest, AFailureThatLastsMakesOneEvent) {
  Start();
  TakeEvents();
  for (int i = 0; i < 50; ++i) source.Fail(Status::kNoDevice);
  for (int i = 0; i < 50; ++i) Step();
  EXPECT_EQ(status().error_count, 50);
  const auto events = TakeEvents();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].type, EventType::kFault);
  EXPECT_EQ(events[0].detail, static_cast<uint8_t>(ErrorDomain::kCapture));
  EXPECT_EQ(events[0].value, static_cast<uint16_t>(Status::kNoDevice));
}

TEST_F(ModuleTest, APictureWithoutPixelsIsAFailedCapture) {
  Start();
  source.width_px = 0;
  source.Show(200);
  EXPECT_EQ(Step(), Status::kInvalidArgument);
  EXPECT_EQ(Get<LatestResult>(bank()).flags, 0);
}

TEST_F(ModuleTest, ADarkPictureIsFlaggedAndNotJudged) {
  Start();
  ShowAndStep(200);
  TakeEvents();
  const LatestResult result = ShowAndStep(0);
  EXPECT_TRUE(result.flags & kTooDark);
  EXPECT_FALSE(result.flags & kValid);
  EXPECT_EQ(result.decision, Decision::kUnknown);
  EXPECT_TRUE(status().state & kDegraded);
  ShowAndStep(0);
  ShowAndStep(0);
  ShowAndStep(200);
  const auto events = TakeEvents();
  std::vector<uint16_t> envelope;
  for (const EventRecord& event : events) {
    if (event.type == EventType::kEnvelope) envelope.push_back(event.value);
  }
  ASSERT_EQ(envelope.size(), 2u);
  EXPECT_TRUE(envelope[0] & kTooDark);
  EXPECT_EQ(envelope[1], kValid);
  EXPECT_EQ(power().invalid_count, 3u);
}

TEST_F(ModuleTest, TheEndOfTheInputKeepsTheLastStateServed) {
  Start();
  ShowAndStep(200);
  TakeEvents();
  source.Fail(Status::kEndOfInput);
  EXPECT_EQ(Step(), Status::kEndOfInput);
  EXPECT_EQ(Step(), Status::kEndOfInput);
  EXPECT_THAT(TakeEventTypes(), ElementsAre(EventType::kInputEnded));
  EXPECT_EQ(status().state, kInputEnded | kResultAvailable);
  EXPECT_EQ(Get<LatestResult>(bank()).decision, Decision::kPositive);
  EXPECT_FALSE(source.powered);
}

// --- Start that fails ---

TEST_F(ModuleTest, EveryTruncationOfTheModelLeadsToRecoveryWithTheRegistersReadable) {
  for (size_t size = 0; size < model.size(); size += 13) {
    setup.model = std::span(model).first(size);
    EXPECT_NE(Start(), Status::kOk);
    EXPECT_EQ(status().boot_stage, BootStage::kRecovery);
    EXPECT_EQ(status().state, kFault);
    EXPECT_TRUE(status().interrupt_pending & kInterruptFault);
    EXPECT_EQ(status().error_domain, ErrorDomain::kModel);
    EXPECT_NE(status().error_code, 0);
    EXPECT_EQ(Get<Ident>(bank()).magic, kMagic);
    EXPECT_THAT(TakeEventTypes(), ElementsAre(EventType::kReset, EventType::kFault));
    EXPECT_EQ(Step(), Status::kNotReady);
    EXPECT_FALSE(source.powered);
  }
}

TEST_F(ModuleTest, RefusesAModelThatDoesNotFit) {
  struct Case {
    const char* what;
    void (*change)(PersonModuleTest&);
    Status expected;
  };
  const Case kCases[] = {
      {"arena too small", [](PersonModuleTest& t) { t.arena_bytes = 64; }, Status::kNoMemory},
      {"operators not linked", [](PersonModuleTest& t) { t.setup.operators = {}; }, Status::kUnsupported},
      {"wrong checksum", [](PersonModuleTest& t) { t.setup.model_crc32 = Crc32(t.model) ^ 1; }, Status::kCorrupt},
      {"one label too few", [](PersonModuleTest& t) { t.setup.registers.labels = std::span(kPersonLabels).first(1); },
       Status::kUnsupported},
      {"a picture quantised in another way",
       [](PersonModuleTest& t) {
         t.model = test::MeanModel({1, 8, 8, 1}, 1, 5, 0.5f, 20);
       },
       Status::kUnsupported},
      {"a default that is no configuration",
       [](PersonModuleTest& t) { t.setup.registers.default_config.average_count = 0; }, Status::kInvalidArgument},
  };
  const ModuleSetup good_setup = setup;
  const std::vector<uint8_t> good_model = model;
  for (const Case& test : kCases) {
    model = good_model;
    setup = good_setup;
    arena_bytes = arena.size();
    test.change(*this);
    setup.model = model;
    EXPECT_EQ(Start(), test.expected) << test.what;
    EXPECT_EQ(status().boot_stage, BootStage::kRecovery) << test.what;
  }
}

TEST_F(ModuleTest, InRecoveryCommandsAreStillAnswered) {
  setup.model = {};
  Start();
  EXPECT_EQ(Run(Command::kSelfTest).verdict, Verdict::kFailed);
  EXPECT_EQ(Run(Command::kCommit).verdict, Verdict::kDone);
  EXPECT_FALSE(module->restart_requested());
  EXPECT_EQ(Run(Command::kRestart).verdict, Verdict::kDone);
  EXPECT_TRUE(module->restart_requested());
}

// --- Configuration ---

TEST_F(ModuleTest, ACommitTakesEffectWithTheNextResult) {
  Start();
  EXPECT_EQ(ShowAndStep(200).decision, Decision::kPositive);
  TakeEvents();
  Set(bank(), kReg<"config.consecutive_count">, 3);
  EXPECT_EQ(Run(Command::kCommit), CommandVerdict{});
  EXPECT_EQ(status().config_generation, 2);
  EXPECT_EQ(Get<LatestResult>(bank()).config_generation, 1) << "an answer of the old configuration";
  const LatestResult result = ShowAndStep(200);
  EXPECT_EQ(result.config_generation, 2);
  EXPECT_EQ(result.decision, Decision::kUnknown) << "one of three";
  const auto events = TakeEvents();
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events[0].type, EventType::kConfigChanged);
  EXPECT_EQ(events[0].value, 2);
}

TEST_F(ModuleTest, ACommitThatIsRefusedChangesNothingAndNamesTheField) {
  Start();
  Set(bank(), kReg<"config.low_threshold_permille">, 900);
  EXPECT_EQ(Run(Command::kCommit), (CommandVerdict{Verdict::kContradiction, 0xA2}));
  EXPECT_EQ(status().config_generation, 1);
  EXPECT_TRUE(status().state & kConfigPending);
  EXPECT_EQ(Run(Command::kRevert), CommandVerdict{});
  EXPECT_FALSE(status().state & kConfigPending);
}

TEST_F(ModuleTest, AStoredConfigurationComesBackAtTheNextStart) {
  store = &fake_store;
  Start();
  Configure(kReg<"config.average_count">, 5);
  EXPECT_EQ(Run(Command::kStore), CommandVerdict{});
  Start();
  EXPECT_EQ(bank().active_config().average_count, 5);
  EXPECT_EQ(Get<Config>(bank()).average_count, 5);
  EXPECT_EQ(Run(Command::kFactoryReset), CommandVerdict{});
  EXPECT_EQ(bank().active_config(), setup.registers.default_config);
  EXPECT_EQ(Get<Config>(bank()), setup.registers.default_config);
  Start();
  EXPECT_EQ(bank().active_config(), setup.registers.default_config);
  EXPECT_EQ(status().error_count, 0);
}

TEST_F(ModuleTest, WhatIsOnlyCommittedIsGoneAfterARestart) {
  store = &fake_store;
  Start();
  Configure(kReg<"config.average_count">, 5);
  Start();
  EXPECT_EQ(bank().active_config().average_count, 1);
}

TEST_F(ModuleTest, ABadStoredConfigurationIsIgnoredAndReported) {
  Config impossible;
  impossible.average_count = 200;
  const auto unusable = EncodeConfigRecord(impossible);
  const auto good = EncodeConfigRecord(Config{});
  const std::vector<std::vector<uint8_t>> kRecords = {
      {1}, {good.begin(), good.end() - 1}, std::vector<uint8_t>(25, 0xFF), {unusable.begin(), unusable.end()},
      std::vector<uint8_t>(100)};
  store = &fake_store;
  for (const auto& record : kRecords) {
    fake_store.record = record;
    EXPECT_EQ(Start(), Status::kOk);
    EXPECT_EQ(bank().active_config(), setup.registers.default_config);
    EXPECT_EQ(status().error_domain, ErrorDomain::kStorage);
    EXPECT_THAT(TakeEventTypes(), ElementsAre(EventType::kReset, EventType::kFault, EventType::kPowerMode));
    EXPECT_EQ(status().state, kReady) << "it can do its job";
  }
}

TEST_F(ModuleTest, StorageThatFailsOrIsMissingHasItsVerdict) {
  Start();
  EXPECT_EQ(Run(Command::kStore).verdict, Verdict::kUnsupported);
  EXPECT_EQ(Run(Command::kFactoryReset).verdict, Verdict::kDone) << "there is nothing to forget";
  store = &fake_store;
  Start();
  fake_store.failure = Status::kBusError;
  EXPECT_EQ(Run(Command::kStore).verdict, Verdict::kFailed);
  EXPECT_EQ(status().error_domain, ErrorDomain::kStorage);
  Configure(kReg<"config.average_count">, 5);
  EXPECT_EQ(Run(Command::kFactoryReset).verdict, Verdict::kFailed);
  EXPECT_EQ(bank().active_config().average_count, 5) << "all of it or nothing";
}

TEST_F(ModuleTest, EveryResultCanBeAnEventAndEventsKeepTheirDistance) {
  Start();
  Configure(kReg<"config.report">, kReportEveryResult);
  TakeEvents();
  for (int i = 0; i < 10; ++i) ShowAndStep(200);
  EXPECT_EQ(TakeEventTypes(), std::vector<EventType>(10, EventType::kResult));
  Configure(kReg<"config.min_report_interval_ms">, 45);
  TakeEvents();
  for (int i = 0; i < 10; ++i) ShowAndStep(200);
  EXPECT_EQ(TakeEventTypes().size(), 2u) << "100 ms, one each 50 ms";
  Configure(kReg<"config.report">, 0);
  TakeEvents();
  ShowAndStep(50);
  EXPECT_THAT(TakeEvents(), IsEmpty());
}

// --- Power ---

TEST_F(ModuleTest, TheTransducerAndItsIndicatorAreOnOnlyWhileCapturing) {
  Start();
  EXPECT_FALSE(indicator.high);
  Step();
  EXPECT_TRUE(source.powered);
  EXPECT_TRUE(indicator.high);
  EXPECT_EQ(Get<Privacy>(bank()).transducers_powered, kCamera);
  for (PowerMode mode : {PowerMode::kStandby, PowerMode::kSleep, PowerMode::kSingleShot}) {
    UsePowerMode(mode);
    source.Show(200);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(Step(), Status::kNotReady);
    EXPECT_EQ(source.script.size(), 1u);
    source.script.clear();
    EXPECT_FALSE(source.powered);
    EXPECT_FALSE(indicator.high);
    EXPECT_EQ(Get<Privacy>(bank()).transducers_powered, 0);
    EXPECT_EQ(power().actual_mode, mode);
  }
  UsePowerMode(PowerMode::kContinuous);
  Step();
  EXPECT_TRUE(source.powered);
}

TEST_F(ModuleTest, DutyCycledItEvaluatesOnceInEachPeriod) {
  Start();
  Set(bank(), kReg<"config.period_ms">, 500);
  UsePowerMode(PowerMode::kDutyCycled);
  for (int i = 0; i < 100; ++i) source.Show(200);
  const uint32_t before = power().inference_count;
  for (int i = 0; i < 200; ++i) Step();
  EXPECT_NEAR(power().inference_count - before, 4, 1) << "2 s";
  EXPECT_FALSE(source.powered);
}

TEST_F(ModuleTest, DutyCycledWithoutAPeriodEvaluatesEveryCapture) {
  Start();
  UsePowerMode(PowerMode::kDutyCycled);
  for (int i = 0; i < 20; ++i) ShowAndStep(200);
  EXPECT_EQ(power().inference_count, 20u);
}

TEST_F(ModuleTest, ASingleShotEvaluatesOneCaptureAndThenHasItsVerdict) {
  Start();
  UsePowerMode(PowerMode::kSingleShot);
  EXPECT_EQ(Run(Command::kSingleShot).verdict, Verdict::kPending);
  EXPECT_TRUE(source.powered);
  EXPECT_EQ(Give(bank(), Command::kCommit, 200), Status::kBusy);
  source.Show(200);
  source.Show(200);
  Step();
  EXPECT_EQ(status().command_verdict, Verdict::kDone);
  EXPECT_EQ(Get<LatestResult>(bank()).sequence, 1);
  for (int i = 0; i < 5; ++i) Step();
  EXPECT_EQ(Get<LatestResult>(bank()).sequence, 1);
  EXPECT_FALSE(source.powered);
}

TEST_F(ModuleTest, ASingleShotThatGetsNoPictureFailsInTime) {
  Start();
  UsePowerMode(PowerMode::kStandby);
  EXPECT_EQ(Run(Command::kSingleShot).verdict, Verdict::kPending);
  clock.now_ms += 6000;
  Step();
  EXPECT_EQ(status().command_verdict, Verdict::kFailed);
  EXPECT_FALSE(source.powered);
  source.Fail(Status::kBusError);
  EXPECT_EQ(Run(Command::kSingleShot).verdict, Verdict::kFailed);
  source.Fail(Status::kEndOfInput);
  Run(Command::kSingleShot);
  Step();
  EXPECT_EQ(status().command_verdict, Verdict::kFailed);
}

TEST_F(ModuleTest, ASingleShotContradictsTheModesThatEvaluateByThemselves) {
  Start();
  const CommandVerdict kContradicted{Verdict::kContradiction, 0xB3};
  EXPECT_EQ(Run(Command::kSingleShot), kContradicted);
  UsePowerMode(PowerMode::kSleep);
  EXPECT_EQ(Run(Command::kSingleShot), kContradicted);
}

TEST_F(ModuleTest, AddsUpEnergy) {
  setup.energy_kind = EnergyKind::kModelled;
  setup.energy_per_inference_uj = 150;
  setup.wake_time_ms = 7;
  Start();
  for (int i = 0; i < 3; ++i) ShowAndStep(200);
  EXPECT_EQ(power().energy_uj, 450u);
  EXPECT_EQ(power().energy_kind, EnergyKind::kModelled);
  EXPECT_EQ(power().wake_time_ms, 7);
}

// --- Self-test ---

class SelfTestTest : public ModuleTest {
 protected:
  SelfTestTest() {
    InferenceEngine tool;
    EXPECT_EQ(tool.Prepare(model, arena, engine::AllOperators()), Status::kOk);
    expected = *KnownAnswer(tool);
    setup.expected_answer = expected;
  }
  SelfTestReport report() { return Get<SelfTestReport>(bank()); }
  uint32_t expected = 0;
};

TEST_F(SelfTestTest, PassesOnASoundModule) {
  Start();
  ShowAndStep(200);
  EXPECT_EQ(Run(Command::kSelfTest), CommandVerdict{});
  EXPECT_EQ(report().tests_run, kTestTransducer | kTestMemory | kTestKnownAnswer);
  EXPECT_EQ(report().tests_failed, 0);
  EXPECT_EQ(report().expected_answer, expected);
  EXPECT_EQ(report().actual_answer, expected);
  EXPECT_EQ(report().run_count, 1);
  EXPECT_EQ(ShowAndStep(200).flags, kValid);
}

TEST_F(SelfTestTest, ATestWithoutAnExpectationIsNotClaimedToHaveRun) {
  setup.expected_answer = 0;
  Start();
  EXPECT_EQ(Run(Command::kSelfTest).verdict, Verdict::kDone);
  EXPECT_EQ(report().tests_run, kTestMemory) << "and the camera was not on yet";
}

TEST_F(SelfTestTest, AWrongAnswerIsAFaultAndNoResultIsValidAnyMore) {
  setup.expected_answer = expected ^ 1;
  Start();
  TakeEvents();
  EXPECT_EQ(Run(Command::kSelfTest).verdict, Verdict::kFailed);
  EXPECT_EQ(report().tests_failed, kTestKnownAnswer);
  EXPECT_TRUE(status().state & kFault);
  EXPECT_EQ(status().error_domain, ErrorDomain::kSelfTest);
  EXPECT_THAT(TakeEventTypes(), ElementsAre(EventType::kFault));
  const LatestResult result = ShowAndStep(200);
  EXPECT_FALSE(result.flags & kValid);
  EXPECT_EQ(result.decision, Decision::kUnknown);
}

TEST_F(SelfTestTest, FindsABitThatFlippedInTheModel) {
  Start();
  model[model.size() / 2] ^= 4;
  EXPECT_EQ(Run(Command::kSelfTest).verdict, Verdict::kFailed);
  EXPECT_TRUE(report().tests_failed & kTestMemory);
  model[model.size() / 2] ^= 4;
  EXPECT_EQ(Run(Command::kSelfTest).verdict, Verdict::kDone);
  EXPECT_FALSE(status().state & kFault);
}

TEST_F(SelfTestTest, ACameraThatGivesNothingFails) {
  Start();
  Step();
  clock.now_ms += 5001;
  EXPECT_EQ(Run(Command::kSelfTest).verdict, Verdict::kFailed);
  EXPECT_EQ(report().tests_failed, kTestTransducer);
  EXPECT_FALSE(status().state & kFault) << "that shows by itself";
}

TEST(Crc32, HasTheCheckValueAndGoesOnWhereItStopped) {
  const std::string_view text = "123456789";
  const std::span bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  EXPECT_EQ(Crc32(bytes), 0xCBF43926u);
  EXPECT_EQ(Crc32(bytes.subspan(4), Crc32(bytes.first(4))), 0xCBF43926u);
}

TEST(KnownAnswer, NeedsAModel) {
  InferenceEngine engine;
  EXPECT_EQ(KnownAnswer(engine).status(), Status::kNotReady);
}

}  // namespace
}  // namespace mls
