// The module with models that people run: those of this project, and the published ones where they are at hand.
#include <gmock/gmock.h>
#include <sndfile.h>

#include <cmath>
#include <filesystem>

#include "../engine/files.h"
#include "module_fixture.h"

namespace mls {
namespace {

const std::string kModels = std::string(MLS_SOURCE_DIR) + "/models/";
const std::string kPublished = std::string(MLS_SHARED_DIR) + "/models/";
const std::string kSpeech = std::string(MLS_SHARED_DIR) + "/data/speech/";

constexpr std::string_view kOurWords[] = {"silence", "unknown", "yes", "no", "up", "down"};
constexpr std::string_view kTwelveWords[] = {"down", "go",   "left", "no",  "off",     "on",
                                             "right", "stop", "up",   "yes", "silence", "unknown"};

struct Model {
  const char* name;
  std::string path;
  std::span<const std::string_view> labels;
  uint64_t never_fires = 0;
};

void PrintTo(const Model& model, std::ostream* out) { *out << model.name; }

#define MLS_SKIP_WITHOUT(bytes, path) \
  if ((bytes).empty()) GTEST_SKIP() << "NOT TESTED: cannot read " << (path)

class RealModelTest : public testing::TestWithParam<Model> {
 protected:
  // Prepares the setup, with the answer that the model must give.
  void Prepare() {
    setup.model = model;
    setup.operators = engine::AllOperators();
    setup.registers.labels = GetParam().labels;
    setup.registers.read_limit_bytes_per_s = 0;
    setup.registers.transducers_fitted = kFileInput;
    InferenceEngine tool;
    Diagnostics why;
    ASSERT_EQ(tool.Prepare(model, arena, engine::AllOperators(), &why), Status::kOk) << why.message;
    setup.expected_answer = *KnownAnswer(tool);
  }
  CommandVerdict SelfTest(Module& module) {
    Give(module.bank(), Command::kSelfTest, 1);
    module.Step();
    const auto status = Get<ModuleStatus>(module.bank());
    return {status.command_verdict, status.command_field};
  }

  std::vector<uint8_t> model = test::ReadFile(GetParam().path);
  std::vector<std::byte> arena = std::vector<std::byte>(512 * 1024);
  ModuleSetup setup;
  FakeClock clock;
  CheckedLock lock;
};

class RealPersonModelTest : public RealModelTest {};

TEST_P(RealPersonModelTest, StartsJudgesAPictureAndPassesItsSelfTest) {
  MLS_SKIP_WITHOUT(model, GetParam().path);
  Prepare();
  FakeFrameSource source;
  PersonPipeline pipeline(source, {});
  Module module(setup, {.clock = clock, .lock = lock}, pipeline, arena);
  ASSERT_EQ(module.Start(), Status::kOk) << module.diagnostics().message;
  source.Show(120);
  EXPECT_EQ(module.Step(), Status::kOk);
  const LatestResult result = Get<LatestResult>(module.bank());
  EXPECT_EQ(result.flags, kValid);
  EXPECT_EQ(result.decision, Decision::kNegative) << "a chessboard is nobody; score " << result.score_permille;
  EXPECT_EQ(SelfTest(module).verdict, Verdict::kDone);
  EXPECT_TRUE(Get<SelfTestReport>(module.bank()).tests_run & kTestKnownAnswer);
}

INSTANTIATE_TEST_SUITE_P(
    Models, RealPersonModelTest,
    testing::Values(Model{"ours", kModels + "person/person.tflite", kPersonLabels},
                    Model{"mlperf_tiny_vww", kPublished + "vww_96_int8.tflite", kPersonLabels},
                    Model{"tflm_person_detect", kPublished + "person_detect.tflite", kPersonLabels}),
    [](const auto& tested) { return tested.param.name; });

// What a sound file of 16 kHz holds.
std::vector<int16_t> ReadSound(const std::string& path) {
  SF_INFO info{};
  SNDFILE* file = sf_open(path.c_str(), SFM_READ, &info);
  if (file == nullptr || info.samplerate != AudioFrontEnd::kSampleRateHz || info.channels != 1) return {};
  std::vector<int16_t> samples(static_cast<size_t>(info.frames));
  sf_read_short(file, samples.data(), info.frames);
  sf_close(file);
  return samples;
}

class RealKeywordModelTest : public RealModelTest {
 protected:
  // The labels of what is heard when the sounds are played one after the other, with a pause of faint noise around
  // each.
  std::vector<std::vector<std::string_view>> Listen(const std::vector<std::vector<int16_t>>& sounds) {
    setup.registers.default_config.average_count = 3;
    setup.registers.default_config.refractory_ms = 800;
    FakeAudioSource source;
    KeywordPipeline pipeline(source, {.never_fires = GetParam().never_fires});
    Module module(setup, {.clock = clock, .lock = lock}, pipeline, arena);
    EXPECT_EQ(module.Start(), Status::kOk) << module.diagnostics().message;
    uint32_t noise = 1;
    const auto pause = [&](size_t samples) {
      for (size_t i = 0; i < samples; ++i) {
        noise = noise * 1664525 + 1013904223;
        source.samples.push_back(static_cast<int16_t>(static_cast<int>(noise >> 27) - 16));
      }
    };
    std::vector<std::vector<std::string_view>> heard;
    for (const auto& sound : sounds) {
      heard.emplace_back();
      pause(16000);
      source.samples.insert(source.samples.end(), sound.begin(), sound.end());
      pause(16000);
      for (Status status = Status::kOk; status == Status::kOk; clock.now_ms += 20) status = module.Step();
      for (; Get<EventHeader>(module.bank()).count > 0;) {
        const EventRecord event = GetEvent(module.bank());
        if (event.type == EventType::kDetection) heard.back().push_back(GetParam().labels[event.label]);
        Set(module.bank(), kReg<"control.event_ack">, event.sequence);
      }
    }
    EXPECT_EQ(SelfTest(module).verdict, Verdict::kDone);
    return heard;
  }
};

TEST_P(RealKeywordModelTest, HearsNothingInAQuietRoomAndPassesItsSelfTest) {
  MLS_SKIP_WITHOUT(model, GetParam().path);
  Prepare();
  EXPECT_THAT(Listen({{}, {}}), testing::Each(testing::IsEmpty()));
}

TEST_P(RealKeywordModelTest, HearsMostWordsOfStrangersOnceEach) {
  MLS_SKIP_WITHOUT(model, GetParam().path);
  Prepare();
  std::vector<std::vector<int16_t>> sounds;
  std::vector<std::vector<std::string_view>> spoken;
  for (const std::string_view word : {"yes", "no"}) {
    std::vector<std::filesystem::path> files;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(kSpeech + "test/" + std::string(word), error)) {
      files.push_back(entry.path());
    }
    MLS_SKIP_WITHOUT(files, kSpeech);
    std::sort(files.begin(), files.end());
    for (size_t i = 0; i < std::min<size_t>(files.size(), 6); ++i) {
      sounds.push_back(ReadSound(files[i]));
      spoken.push_back({word});
    }
  }
  const auto heard = Listen(sounds);
  size_t right = 0;
  for (size_t i = 0; i < heard.size(); ++i) right += heard[i] == spoken[i];
  EXPECT_GT(right, heard.size() / 2);
  RecordProperty("heard", std::to_string(right) + " of " + std::to_string(heard.size()));
}

INSTANTIATE_TEST_SUITE_P(
    Models, RealKeywordModelTest,
    testing::Values(Model{"ours", kModels + "keyword/keyword.tflite", kOurWords, 0b000011},
                    Model{"mlperf_tiny_kws", kPublished + "kws_ref_model.tflite", kTwelveWords, 0b110000000000}),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace mls
