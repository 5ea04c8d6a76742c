#include "mls/drivers/module/audio_sources.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sndfile.h>
#include <unistd.h>

#include <cmath>
#include <numeric>

#include "test_files.h"

namespace mls {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

struct Heard {
  std::vector<int16_t> samples;
  std::vector<Status> failures;
};

// Everything up to the end of the input, or to `max_samples`.
Heard Drain(AudioSource& source, size_t max_samples = 1u << 24) {
  Heard heard;
  while (heard.samples.size() < max_samples) {
    const Result<std::span<const int16_t>> borrowed = source.Borrow(320);
    if (borrowed.status() == Status::kEndOfInput) break;
    if (!borrowed.ok()) {
      heard.failures.push_back(borrowed.status());
      if (heard.failures.size() > 10) break;
      continue;
    }
    heard.samples.insert(heard.samples.end(), borrowed->begin(), borrowed->end());
    source.Release();
  }
  return heard;
}

class AudioFiles : public ::testing::Test {
 protected:
  AudioFileSource Open(std::vector<std::filesystem::path> files, bool loop = false) {
    return AudioFileSource(std::move(files), loop, clock_, [this](const std::string& text) { reports_.push_back(text); });
  }
  Heard DrainFile(const std::filesystem::path& file) {
    AudioFileSource source = Open({file});
    return Drain(source);
  }
  // What the constructor says.
  auto Opening(const std::filesystem::path& file) {
    return [this, file] { Open({file}); };
  }

  testing::TemporaryDirectory directory_;
  InputClock clock_{Speed::kMax};
  std::vector<std::string> reports_;
};

TEST_F(AudioFiles, GivesA16KilohertzMonoFileBitForBit) {
  std::vector<int16_t> samples(5000);
  for (size_t i = 0; i < samples.size(); ++i) samples[i] = static_cast<int16_t>(i * 13 - 32768);
  testing::WriteSamples(directory_ / "a.wav", samples);
  EXPECT_EQ(DrainFile(directory_ / "a.wav").samples, samples);
}

struct SoundFormat {
  const char* name;
  int rate_hz;
  int channels;
  int format;
};

class AudioFormats : public AudioFiles, public ::testing::WithParamInterface<SoundFormat> {};

TEST_P(AudioFormats, BecomeTheSameToneAt16KilohertzMono) {
  constexpr double kToneHz = 440;
  const auto [name, rate_hz, channels, format] = GetParam();
  testing::WriteTone(directory_ / "tone", rate_hz, channels, format, kToneHz, 1.0);
  const Heard heard = DrainFile(directory_ / "tone");
  EXPECT_THAT(heard.failures, IsEmpty());
  EXPECT_NEAR(static_cast<double>(heard.samples.size()), 16000, 16);
  // A sine of half the full scale: its power and its upward zero crossings tell that it is still the same one.
  double power = 0;
  int crossings = 0;
  for (size_t i = 1; i < heard.samples.size(); ++i) {
    power += std::pow(heard.samples[i] / 32768.0, 2) / static_cast<double>(heard.samples.size());
    crossings += heard.samples[i - 1] < 0 && heard.samples[i] >= 0;
  }
  EXPECT_NEAR(power, 0.125, 0.01);
  EXPECT_NEAR(crossings, kToneHz, 2);
}

INSTANTIATE_TEST_SUITE_P(
    All, AudioFormats,
    ::testing::Values(SoundFormat{"wav_16k_mono", 16000, 1, SF_FORMAT_WAV | SF_FORMAT_PCM_16},
                      SoundFormat{"wav_44k_stereo", 44100, 2, SF_FORMAT_WAV | SF_FORMAT_PCM_16},
                      SoundFormat{"wav_48k_six_channels_float", 48000, 6, SF_FORMAT_WAV | SF_FORMAT_FLOAT},
                      SoundFormat{"wav_8k_24_bit", 8000, 1, SF_FORMAT_WAV | SF_FORMAT_PCM_24},
                      SoundFormat{"wav_4k_8_bit", 4000, 1, SF_FORMAT_WAV | SF_FORMAT_PCM_U8},
                      SoundFormat{"wav_192k", 192000, 1, SF_FORMAT_WAV | SF_FORMAT_PCM_16},
                      SoundFormat{"flac_22k", 22050, 1, SF_FORMAT_FLAC | SF_FORMAT_PCM_16},
                      SoundFormat{"ogg_48k_stereo", 48000, 2, SF_FORMAT_OGG | SF_FORMAT_VORBIS}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(AudioFiles, FollowEachOtherWithoutAGap) {
  testing::WriteSamples(directory_ / "a", std::vector<int16_t>(500, 1));
  testing::WriteSamples(directory_ / "b", std::vector<int16_t>(100, 2));
  AudioFileSource source = Open({directory_ / "a", directory_ / "b"});
  std::vector<int16_t> expected(500, 1);
  expected.resize(600, 2);
  EXPECT_EQ(Drain(source).samples, expected);
  EXPECT_EQ(source.Borrow(320).status(), Status::kEndOfInput) << "and the end stays the end";
}

TEST_F(AudioFiles, LoopFromTheLastToTheFirst) {
  testing::WriteSamples(directory_ / "a", {1, 2});
  testing::WriteSamples(directory_ / "b", {3});
  AudioFileSource source = Open({directory_ / "a", directory_ / "b"}, true);
  EXPECT_THAT(Drain(source, 6).samples, ElementsAre(1, 2, 3, 1, 2, 3));
}

TEST_F(AudioFiles, MoveTheClockByTheirSamples) {
  testing::WriteSamples(directory_ / "a", std::vector<int16_t>(16000));
  AudioFileSource source = Open({directory_ / "a"});
  EXPECT_EQ(source.Borrow(160)->size(), 160u);
  EXPECT_EQ(clock_.NowMs(), 10u);
  source.Release();
  EXPECT_EQ(source.Borrow(1u << 20)->size(), kMaxBorrowedSamples);
  EXPECT_EQ(clock_.NowMs(), 30u);
}

TEST_F(AudioFiles, ComeNoFasterThanRecordedInRealTime) {
  testing::WriteSamples(directory_ / "a", std::vector<int16_t>(16000, 7));
  InputClock clock(Speed::kReal);
  AudioFileSource source({directory_ / "a"}, false, clock, [](const std::string&) {});
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(source.Borrow(320).status(), Status::kNotReady);
  while (source.Borrow(320).status() == Status::kNotReady) {
  }
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(20));
  EXPECT_GE(source.NextInput().until - start, std::chrono::milliseconds(20));
}

TEST_F(AudioFiles, LeaveNothingInMemoryAfterRelease) {
  testing::WriteSamples(directory_ / "a", std::vector<int16_t>(1000, 0x5AA5));
  AudioFileSource source = Open({directory_ / "a"});
  const std::span<const int16_t> borrowed = *source.Borrow(320);
  EXPECT_THAT(borrowed, Each(0x5AA5));
  source.Release();
  EXPECT_THAT(borrowed, Each(0));
}

TEST_F(AudioFiles, ADamagedOneInBetweenIsOneFailedCaptureAndTheNextGoesOn) {
  testing::WriteSamples(directory_ / "a", {1});
  testing::WriteBytes(directory_ / "b.wav", "not a sound");
  testing::WriteSamples(directory_ / "c", {3});
  AudioFileSource source = Open({directory_ / "a", directory_ / "b.wav", directory_ / "c"});
  const Heard heard = Drain(source);
  EXPECT_THAT(heard.samples, ElementsAre(1, 3));
  EXPECT_THAT(heard.failures, ElementsAre(Status::kCorrupt));
  EXPECT_THAT(reports_, ElementsAre(HasSubstr("b.wav: not a sound")));
  EXPECT_EQ(source.failed_count(), 1u);
}

TEST_F(AudioFiles, EndTheInputInsteadOfLoopingWhenAllOfThemHaveGone) {
  testing::WriteSamples(directory_ / "a", {1});
  AudioFileSource source = Open({directory_ / "a"}, true);
  std::filesystem::remove(directory_ / "a");
  EXPECT_THAT(Drain(source).failures, ElementsAre(Status::kCorrupt));
}

TEST_F(AudioFiles, AFlacThatWasCutShortIsReportedWhereItBreaksOff) {
  testing::WriteTone(directory_ / "a.flac", 16000, 1, SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 440, 2);
  testing::Truncate(directory_ / "a.flac", std::filesystem::file_size(directory_ / "a.flac") / 2);
  EXPECT_THAT(DrainFile(directory_ / "a.flac").failures, ElementsAre(Status::kCorrupt));
  EXPECT_THAT(reports_, ElementsAre(HasSubstr("a.flac: ")));
}

TEST_F(AudioFiles, ThatCannotBeUsedSayWhyAtOnce) {
  testing::WriteSamples(directory_ / "empty.wav", {});
  testing::WriteSamples(directory_ / "cut.wav", std::vector<int16_t>(1000));
  testing::Truncate(directory_ / "cut.wav", 500);
  testing::WriteBytes(directory_ / "random.wav", "\x13\x37 random bytes of no format at all");
  testing::WriteBytes(directory_ / "nothing.wav", "");
  testing::WriteTone(directory_ / "slow.wav", 500, 1, SF_FORMAT_WAV | SF_FORMAT_PCM_16, 20, 1);
  EXPECT_THAT(Opening(directory_ / "empty.wav"), ThrowsMessage<InputError>(HasSubstr("empty.wav: a sound without samples")));
  EXPECT_THAT(Opening(directory_ / "cut.wav"), ThrowsMessage<InputError>(HasSubstr("cut.wav: cut short")));
  EXPECT_THAT(Opening(directory_ / "random.wav"), ThrowsMessage<InputError>(HasSubstr("random.wav: not a sound")));
  EXPECT_THAT(Opening(directory_ / "nothing.wav"), ThrowsMessage<InputError>(HasSubstr("nothing.wav: not a sound")));
  EXPECT_THAT(Opening(directory_ / "slow.wav"), ThrowsMessage<InputError>(AllOf(HasSubstr("500 Hz"), HasSubstr("1000 to"))));
  EXPECT_THAT(Opening(directory_ / "missing.wav"), ThrowsMessage<InputError>(HasSubstr("missing.wav: ")));
}

class PcmStream : public ::testing::Test {
 protected:
  PcmStream() { EXPECT_EQ(pipe(ends_.data()), 0); }
  ~PcmStream() override {
    close(ends_[0]);
    CloseWriter();
  }
  void Put(std::string_view bytes) { EXPECT_EQ(write(ends_[1], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size())); }
  void CloseWriter() {
    if (ends_[1] >= 0) close(ends_[1]);
    ends_[1] = -1;
  }
  PcmStreamSource Open() {
    return PcmStreamSource(ends_[0], clock_, [this](const std::string& text) { reports_.push_back(text); });
  }

  std::array<int, 2> ends_{};
  InputClock clock_{Speed::kMax};
  std::vector<std::string> reports_;
};

TEST_F(PcmStream, GivesWhatWasWrittenHoweverItWasCutIntoPieces) {
  PcmStreamSource source = Open();
  EXPECT_EQ(source.Borrow(2).status(), Status::kNotReady);
  EXPECT_EQ(source.NextInput().fd, ends_[0]);
  Put("\x01");
  EXPECT_EQ(source.Borrow(2).status(), Status::kNotReady);
  Put(std::string_view("\x02\xFF", 2));
  EXPECT_EQ(source.Borrow(2).status(), Status::kNotReady);
  Put("\x7F\x05");
  EXPECT_THAT(*source.Borrow(2), ElementsAre(0x0201, 0x7FFF));
  source.Release();
  CloseWriter();
  EXPECT_EQ(source.Borrow(2).status(), Status::kEndOfInput) << "half a sample at the end is none";
}

TEST_F(PcmStream, GivesTheRestBeforeTheEnd) {
  PcmStreamSource source = Open();
  Put("abcdef");
  CloseWriter();
  EXPECT_EQ(source.Borrow(320)->size(), 3u);
  EXPECT_EQ(source.Borrow(320).status(), Status::kEndOfInput);
  EXPECT_THAT(reports_, IsEmpty());
}

TEST_F(PcmStream, WithoutAnySampleIsAFailedCapture) {
  PcmStreamSource source = Open();
  CloseWriter();
  EXPECT_EQ(source.Borrow(320).status(), Status::kCorrupt);
  EXPECT_EQ(source.Borrow(320).status(), Status::kEndOfInput);
  EXPECT_THAT(reports_, ElementsAre(HasSubstr("standard input: no samples")));
}

TEST_F(PcmStream, ForgetsWhatCameWhileTheMicrophoneWasOff) {
  PcmStreamSource source = Open();
  source.SetPowered(true);
  Put("aa");
  EXPECT_THAT(*source.Borrow(1), ElementsAre(0x6161)) << "to turn on what is on loses nothing";
  source.Release();
  source.SetPowered(false);
  Put("bbb");
  source.SetPowered(true);
  Put("bcc");
  EXPECT_THAT(*source.Borrow(2), ElementsAre(0x6200, 0x6363)) << "samples stay in step though one was cut in two";
}

}  // namespace
}  // namespace mls
