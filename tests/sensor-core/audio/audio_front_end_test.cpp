#include "mls/core/audio/audio_front_end.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace mls {
namespace {

using testing::Each;

constexpr int kWindowSamples =
    (AudioFrontEnd::kWindowFrames - 1) * AudioFrontEnd::kHopSamples + AudioFrontEnd::kFrameSamples;

struct Golden {
  Golden() {
    const std::string folder = MLS_SOURCE_DIR "/tests/sensor-core/audio/golden/";
    std::ifstream(folder + "front_end.json") >> manifest;
    std::ifstream file(folder + "front_end.bin", std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(file), {});
    pcm = Read<int16_t>(0, manifest.at("pcm_samples"));
  }

  template <typename T>
  std::vector<T> Read(size_t offset, size_t count) const {
    std::vector<T> values(count);
    const size_t size = count * sizeof(T);
    if (offset + size <= bytes.size()) std::memcpy(values.data(), bytes.data() + offset, size);
    return values;
  }

  nlohmann::json manifest;
  std::vector<char> bytes;
  std::vector<int16_t> pcm;
};

AudioFrontEnd MakeFrontEnd(AudioPreset preset) { return AudioFrontEnd({.preset = preset}); }

std::vector<int32_t> FeaturesOf(const AudioFrontEnd& front_end) {
  std::vector<int32_t> features(front_end.tensor_size());
  EXPECT_EQ(front_end.WriteFeatures(features), Status::kOk);
  return features;
}

TEST(AudioFrontEnd, EqualsThePythonTwinOnEveryGoldenWindow) {
  const Golden golden;
  ASSERT_EQ(golden.manifest.at("cases").size(), 8u);
  for (const nlohmann::json& expected : golden.manifest.at("cases")) {
    SCOPED_TRACE(expected.dump());
    AudioFrontEnd front_end =
        MakeFrontEnd(expected.at("preset") == "kMfcc10" ? AudioPreset::kMfcc10 : AudioPreset::kLogMel40);
    front_end.Push(std::span(golden.pcm).subspan(expected.at("first_sample"), kWindowSamples));
    const size_t values = expected.at("values");
    ASSERT_EQ(front_end.tensor_size(), values);
    EXPECT_EQ(FeaturesOf(front_end), golden.Read<int32_t>(expected.at("features_offset"), values));
    std::vector<int8_t> tensor(values);
    const auto quantizer = FeatureQuantizer::Make(expected.at("scale"), expected.at("zero_point"));
    ASSERT_EQ(front_end.WriteTensor(*quantizer, tensor), Status::kOk);
    EXPECT_EQ(tensor, golden.Read<int8_t>(expected.at("tensor_offset"), values));
  }
}

TEST(AudioFrontEnd, GivesTheSameFeaturesForAnySizeOfChunk) {
  const Golden golden;
  const std::span<const int16_t> sound = std::span(golden.pcm).first(20000);
  AudioFrontEnd whole = MakeFrontEnd(AudioPreset::kLogMel40);
  const int frames = whole.Push(sound);
  EXPECT_EQ(frames, (20000 - 480) / 320 + 1);
  for (size_t chunk : {1, 7, 160, 319, 320, 321, 480, 1000}) {
    AudioFrontEnd pieces = MakeFrontEnd(AudioPreset::kLogMel40);
    int frames_of_pieces = 0;
    for (size_t at = 0; at < sound.size(); at += chunk) {
      frames_of_pieces += pieces.Push(sound.subspan(at, std::min(chunk, sound.size() - at)));
    }
    EXPECT_EQ(frames_of_pieces, frames);
    EXPECT_EQ(FeaturesOf(pieces), FeaturesOf(whole)) << "chunks of " << chunk;
  }
}

TEST(AudioFrontEnd, KeepsTheLatestWindowOldestFrameFirst) {
  const Golden golden;
  AudioFrontEnd stream = MakeFrontEnd(AudioPreset::kMfcc10);
  stream.Push(std::span(golden.pcm).first(16000 + kWindowSamples));
  AudioFrontEnd window = MakeFrontEnd(AudioPreset::kMfcc10);
  window.Push(std::span(golden.pcm).subspan(16000, kWindowSamples));
  EXPECT_EQ(FeaturesOf(stream), FeaturesOf(window));
}

TEST(AudioFrontEnd, SilenceIsTheLogarithmOfEpsilon) {
  AudioFrontEnd front_end = MakeFrontEnd(AudioPreset::kLogMel40);
  front_end.Push(std::vector<int16_t>(kWindowSamples));
  EXPECT_THAT(FeaturesOf(front_end), Each(testing::AllOf(testing::Ge(std::lround(std::log(1e-6) * 65536) - 3),
                                                         testing::Le(std::lround(std::log(1e-6) * 65536) + 3))));
}

TEST(AudioFrontEnd, CepstralFeaturesDoNotDependOnLoudness) {
  std::vector<int16_t> sound(kWindowSamples);
  uint32_t state = 5;
  for (int16_t& sample : sound) {
    state = state * 69069 + 1;
    sample = static_cast<int16_t>(static_cast<int16_t>(state >> 16) / 10);
  }
  AudioFrontEnd quiet = MakeFrontEnd(AudioPreset::kMfcc10);
  quiet.Push(sound);
  for (int16_t& sample : sound) sample = static_cast<int16_t>(sample * 8);
  AudioFrontEnd loud = MakeFrontEnd(AudioPreset::kMfcc10);
  loud.Push(sound);
  EXPECT_THAT(FeaturesOf(quiet), testing::Pointwise(testing::Truly([](const std::tuple<int32_t, int32_t>& pair) {
                return std::abs(std::get<0>(pair) - std::get<1>(pair)) < 65536 / 100;
              }), FeaturesOf(loud)));
}

TEST(AudioFrontEnd, IsReadyAfterFortyNineFramesAndAgainAfterReset) {
  AudioFrontEnd front_end = MakeFrontEnd(AudioPreset::kLogMel40);
  std::vector<int8_t> tensor(front_end.tensor_size());
  const std::vector<int16_t> sound(kWindowSamples, 100);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(front_end.Push(std::span(sound).first(kWindowSamples - 1)), 48);
    EXPECT_FALSE(front_end.window_ready());
    EXPECT_EQ(front_end.WriteTensor({}, tensor), Status::kNotReady);
    EXPECT_TRUE(front_end.envelope().ok());
    EXPECT_EQ(front_end.Push(std::span(sound).first(1)), 1);
    EXPECT_TRUE(front_end.window_ready());
    EXPECT_EQ(front_end.WriteTensor({}, tensor), Status::kOk);
    front_end.Reset();
  }
}

TEST(AudioFrontEnd, RefusesATensorOfAnotherSize) {
  AudioFrontEnd front_end = MakeFrontEnd(AudioPreset::kMfcc10);
  front_end.Push(std::vector<int16_t>(kWindowSamples, 100));
  std::vector<int8_t> tensor(491);
  EXPECT_EQ(front_end.WriteTensor({}, tensor), Status::kInvalidArgument);
  EXPECT_EQ(front_end.WriteTensor({}, {}), Status::kInvalidArgument);
  EXPECT_EQ(front_end.WriteTensor({}, std::span(tensor).first(490)), Status::kOk);
}

TEST(AudioFrontEnd, EnvelopeTellsSilenceClippingAndAStuckMicrophone) {
  struct Case {
    const char* name;
    int16_t (*sample)(int n);
    bool too_quiet, clipped, stuck;
  };
  const Case cases[] = {
      {"speech level", [](int n) { return static_cast<int16_t>(n % 2000); }, false, false, false},
      {"zeros", [](int) { return int16_t{0}; }, true, false, true},
      {"one bit of noise", [](int n) { return static_cast<int16_t>(n % 3 == 0); }, true, false, false},
      {"offset with little noise", [](int n) { return static_cast<int16_t>(900 + n % 7); }, true, false, false},
      {"stuck at full scale", [](int) { return int16_t{32767}; }, true, true, true},
      {"6 % clipped", [](int n) { return static_cast<int16_t>(n % 16 == 0 ? -32768 : n % 100); }, false, true, false},
      {"4 % clipped", [](int n) { return int16_t(n % 25 == 0 ? 32767 : n % 100); }, false, false, false},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    AudioFrontEnd front_end = MakeFrontEnd(AudioPreset::kLogMel40);
    std::vector<int16_t> sound(kWindowSamples);
    for (int n = 0; n < kWindowSamples; ++n) sound[static_cast<size_t>(n)] = c.sample(n);
    front_end.Push(sound);
    const AudioEnvelope envelope = front_end.envelope();
    EXPECT_EQ(envelope.too_quiet, c.too_quiet);
    EXPECT_EQ(envelope.clipped, c.clipped);
    EXPECT_EQ(envelope.stuck, c.stuck);
    EXPECT_EQ(envelope.ok(), !(c.too_quiet || c.clipped || c.stuck));
  }
}

TEST(AudioFrontEnd, NeedsLessThanEightKilobytesOfMemory) { EXPECT_LE(sizeof(AudioFrontEnd), 7800u); }

}  // namespace
}  // namespace mls
