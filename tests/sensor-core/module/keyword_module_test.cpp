// The whole module, with sound: from the source to the registers.
#include <gmock/gmock.h>

#include "module_fixture.h"

namespace mls {
namespace {

constexpr std::string_view kLabels[] = {"quiet", "loud", "other"};
constexpr size_t kHop = AudioFrontEnd::kHopSamples;
constexpr size_t kWindowHops = AudioFrontEnd::kWindowFrames;  // Until the first evaluation, give or take one.

class KeywordModuleTest : public testing::Test {
 protected:
  KeywordModuleTest() {
    setup.registers.labels = kLabels;
    setup.registers.ident.profile = Profile::kKeyword;
    setup.registers.read_limit_bytes_per_s = 0;
    setup.registers.transducers_fitted = kMicrophone;
    setup.model = model;
    setup.operators = engine::AllOperators();
  }

  Status Start() {
    pipeline.emplace(source, pipeline_setup);
    module.emplace(setup, ModulePorts{clock, lock}, *pipeline, arena);
    return module->Start();
  }
  // Noise with a peak of `amplitude`; 0: silence.
  void Play(size_t hops, int amplitude) {
    for (size_t i = 0; i < hops * kHop; ++i) {
      noise_ = noise_ * 1664525 + 1013904223;
      source.samples.push_back(static_cast<int16_t>(int64_t{static_cast<int32_t>(noise_)} * amplitude >> 31));
    }
  }
  // Steps until all sound is used up, in real time, and returns all results.
  std::vector<LatestResult> Listen() {
    std::vector<LatestResult> results;
    for (Status status = Status::kOk; status == Status::kOk;) {
      clock.now_ms += 20;
      status = module->Step();
      const LatestResult result = Get<LatestResult>(module->bank());
      if (result.sequence != (results.empty() ? last_sequence_ : results.back().sequence)) results.push_back(result);
    }
    if (!results.empty()) last_sequence_ = results.back().sequence;
    return results;
  }
  std::vector<EventRecord> TakeEvents(EventType type) {
    std::vector<EventRecord> events;
    while (Get<EventHeader>(module->bank()).count > 0) {
      const EventRecord event = GetEvent(module->bank());
      if (event.type == type) events.push_back(event);
      EXPECT_EQ(Set(module->bank(), kReg<"control.event_ack">, event.sequence), Status::kOk);
    }
    return events;
  }

  std::vector<uint8_t> model = test::LoudnessModel();
  alignas(16) std::array<std::byte, 8192> arena{};
  KeywordPipelineSetup pipeline_setup{.never_fires = 0b101};
  ModuleSetup setup;
  FakeClock clock;
  CheckedLock lock;
  FakeAudioSource source;
  std::optional<KeywordPipeline> pipeline;
  std::optional<Module> module;

 private:
  uint32_t noise_ = 1;
  uint16_t last_sequence_ = 0;
};

TEST_F(KeywordModuleTest, HearsAWordOnceAndTellsWhen) {
  ASSERT_EQ(Start(), Status::kOk);
  Play(80, 30);
  Play(40, 20000);
  Play(80, 30);
  const auto results = Listen();
  ASSERT_FALSE(results.empty());
  EXPECT_EQ(results.front().flags, kValid);
  EXPECT_EQ(results.front().decision, Decision::kNegative);
  const auto heard = TakeEvents(EventType::kDetection);
  ASSERT_EQ(heard.size(), 1u);
  EXPECT_EQ(heard[0].label, 1);
  EXPECT_GE(heard[0].value, 700);
  EXPECT_GE(heard[0].time_ms, 1000u + 80 * 20);
  EXPECT_LE(heard[0].time_ms, 1000u + 120 * 20);
  EXPECT_EQ(results.back().decision, Decision::kNegative);
}

TEST_F(KeywordModuleTest, EvaluatesOnceInSoManyHopsAsSoonAsTheWindowIsFull) {
  pipeline_setup.evaluate_every_hops = 10;
  Start();
  Play(kWindowHops + 1 + 30, 30);
  EXPECT_EQ(Listen().size(), 4u);
}

TEST_F(KeywordModuleTest, DigitalSilenceIsFlaggedAndNotJudged) {
  Start();
  Play(60, 0);
  const auto results = Listen();
  ASSERT_FALSE(results.empty());
  EXPECT_TRUE(results.front().flags & (kTooQuiet | kFrozen));
  EXPECT_FALSE(results.front().flags & kValid);
  EXPECT_EQ(results.front().decision, Decision::kUnknown);
}

TEST_F(KeywordModuleTest, ClippedSoundIsFlaggedAndNotJudged) {
  Start();
  Play(60, 20000);
  for (size_t i = 0; i < source.samples.size(); i += 10) source.samples[i] = 32767;
  const auto results = Listen();
  ASSERT_FALSE(results.empty());
  EXPECT_EQ(results.front().flags, kClipped);
  EXPECT_EQ(results.front().decision, Decision::kUnknown);
}

TEST_F(KeywordModuleTest, SoundFromBeforeAGapIsNotMixedWithSoundFromAfterIt) {
  Start();
  Play(40, 30);
  source.at_end = Status::kBusError;
  Listen();
  EXPECT_EQ(Get<LatestResult>(module->bank()).flags & kValid, 0);
  source.at_end = Status::kNotReady;
  Play(40, 30);
  EXPECT_THAT(Listen(), testing::IsEmpty()) << "80 hops were heard, but no 49 in a row";
}

TEST_F(KeywordModuleTest, AfterSleepItListensAfresh) {
  Start();
  const auto use = [&](PowerMode mode) {
    Set(module->bank(), kReg<"config.power_mode">, static_cast<uint8_t>(mode));
    static uint8_t token = 0;
    Give(module->bank(), Command::kCommit, ++token);
    module->Step();
  };
  Play(40, 30);
  Listen();
  use(PowerMode::kSleep);
  EXPECT_FALSE(source.powered);
  use(PowerMode::kContinuous);
  Play(40, 30);
  EXPECT_THAT(Listen(), testing::IsEmpty());
  Play(12, 30);
  EXPECT_FALSE(Listen().empty());
}

TEST_F(KeywordModuleTest, ASingleShotGathersAWindowAndEvaluatesItOnce) {
  setup.registers.default_config.power_mode = PowerMode::kStandby;
  Start();
  Give(module->bank(), Command::kSingleShot, 1);
  Play(200, 30);
  EXPECT_EQ(Listen().size(), 1u);
  EXPECT_EQ(Get<ModuleStatus>(module->bank()).command_verdict, Verdict::kDone);
  EXPECT_LT(source.position, 60 * kHop);
}

TEST_F(KeywordModuleTest, CannotTurnItsSoundUpsideDown) {
  Start();
  EXPECT_FALSE(Get<Ident>(module->bank()).capabilities & kCanRotate);
  Set(module->bank(), kReg<"config.orientation">, kMirror);
  Give(module->bank(), Command::kCommit, 1);
  module->Step();
  EXPECT_EQ(Get<ModuleStatus>(module->bank()).command_verdict, Verdict::kUnsupported);
  EXPECT_EQ(Get<ModuleStatus>(module->bank()).command_field, kReg<"config.orientation">.kAddress);
}

TEST_F(KeywordModuleTest, RefusesModelsThatAreNoKeywordModels) {
  const std::vector<std::vector<uint8_t>> kModels = {
      test::BrightnessModel(),
      test::MeanModel({1, 49, 39, 1}, 0.1f, 0, -8, 4, 3),
      test::MeanModel({1, 49, 40, 1}, 0.1f, 0, -8, 4, 4),
  };
  for (const auto& other : kModels) {
    setup.model = other;
    EXPECT_EQ(Start(), Status::kUnsupported);
  }
}

}  // namespace
}  // namespace mls
