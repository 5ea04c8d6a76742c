#include "players.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "mls/core/engine/operators.h"
#include "mls/core/module/module.h"
#include "mls/drivers/module/mutex_bus_lock.h"
#include "mls/drivers/module/picture_file.h"
#include "mls/drivers/module/sound_file.h"

namespace mls::models {
namespace {

constexpr uint32_t kSamplesPerMs = 16;
constexpr uint32_t kFrameMs = 200;
// A window that ends this long after the beginning of a recording has nothing of the quiet before it: 49 frames, 30 ms and 20 ms apart.
constexpr uint32_t kWindowMs = 990;

class InputTime final : public ModuleClock {
 public:
  uint32_t now_ms = 0;

 private:
  uint32_t DoNowMs() const override { return now_ms; }
};

class SoundInMemory final : public AudioSource {
 public:
  SoundInMemory(std::span<const int16_t> samples, InputTime& time) : samples_(samples), time_(time) {}

 private:
  Result<std::span<const int16_t>> DoBorrow(size_t max_samples) override {
    const size_t count = std::min(max_samples, samples_.size() - given_);
    if (count == 0) return Status::kEndOfInput;
    const auto borrowed = samples_.subspan(given_, count);
    given_ += count;
    time_.now_ms = static_cast<uint32_t>(given_ / kSamplesPerMs);
    return borrowed;
  }
  void DoRelease() override {}
  void DoSetPowered(bool) override {}

  const std::span<const int16_t> samples_;
  InputTime& time_;
  size_t given_ = 0;
};

class StillPicture final : public FrameSource {
 public:
  StillPicture(ImageView picture, size_t count, InputTime& time) : picture_(picture), left_(count), time_(time) {}

 private:
  Result<ImageView> DoBorrow() override {
    if (left_ == 0) return Status::kEndOfInput;
    --left_;
    time_.now_ms += kFrameMs;
    return picture_;
  }
  void DoRelease() override {}
  void DoSetPowered(bool) override {}

  const ImageView picture_;
  size_t left_;
  InputTime& time_;
};

template <typename W>
W Read(RegisterBank& bank) {
  constexpr const WindowInfo& kInfo = kWindowOf<W>;
  const auto bytes = bank.BeginRead(kInfo.address, kInfo.size_bytes);
  if (!bytes.ok()) throw std::logic_error("a register window that cannot be read");
  const Result<W> window = DecodeWindow<W>(*bytes, 0);
  bank.EndRead();
  return window.ok() ? *window : throw std::logic_error("a register window that cannot be decoded");
}

// Plays all of the input; tells `on_result` each result, with the time of its capture's end.
template <typename OnResult>
void Play(const ModelPackage& model, Pipeline& pipeline, InputTime& time, const OnResult& on_result) {
  MutexBusLock lock;
  const std::vector<std::string_view> labels(model.labels.begin(), model.labels.end());
  ModuleSetup setup;
  setup.registers.labels = labels;
  setup.registers.read_limit_bytes_per_s = 0;
  setup.registers.default_config = model.default_config;
  setup.model = model.bytes();
  setup.operators = engine::AllOperators();
  Arena arena(model.arena_bytes);
  Module module(setup, {.clock = time, .lock = lock}, pipeline, arena.bytes());
  if (const Status status = module.Start(); status != Status::kOk) {
    throw ModelError(model.name + ": the model does not fit its profile (" + StatusName(status) + "); `mlsensor models check` says why");
  }
  uint16_t sequence = Read<LatestResult>(module.bank()).sequence;
  while (module.Step() != Status::kEndOfInput) {
    const auto result = Read<LatestResult>(module.bank());
    if (std::exchange(sequence, result.sequence) != result.sequence) on_result(result);
  }
}

// The quiet of a room: nearly white noise of 3 units, the same in each run.
class QuietRoom {
 public:
  int16_t Next() {
    int sum = 0;
    for (int i = 0; i < 4; ++i) {
      random_ = random_ * 6364136223846793005u + 1442695040888963407u;
      sum += static_cast<int>(random_ >> 61);
    }
    return static_cast<int16_t>((sum - 14) * 2 / 3);
  }

 private:
  uint64_t random_ = 1;
};

}  // namespace

Heard PlaySound(const ModelPackage& model, const std::filesystem::path& path, Envelope envelope) {
  Heard heard{.decided = "none"};
  QuietRoom quiet;
  std::vector<int16_t> samples(kQuietMs * kSamplesPerMs);
  std::ranges::generate(samples, [&] { return quiet.Next(); });
  try {
    SoundFile file(path);
    std::array<int16_t, 4096> block;
    while (const size_t count = file.Read(block)) samples.insert(samples.end(), block.begin(), block.begin() + count);
  } catch (const InputError& error) {
    return {.decided{}, .is_readable = false, .why = error.what()};
  }
  const auto end_ms = static_cast<uint32_t>(samples.size() / kSamplesPerMs);
  std::generate_n(std::back_inserter(samples), kQuietMs * kSamplesPerMs, [&] { return quiet.Next(); });

  InputTime time;
  SoundInMemory source(samples, time);
  KeywordPipelineSetup setup = KeywordSetupOf(model);
  if (envelope == Envelope::kOff) setup.front_end = {.quiet_peak_to_peak = 0, .clipped_permille = UINT16_MAX};
  KeywordPipeline pipeline(source, setup);
  bool has_usable = false, has_any = false, was_positive = false, has_decided = false;
  Play(model, pipeline, time, [&](const LatestResult& result) {
    const bool is_valid = (result.flags & kValid) != 0;
    if (time.now_ms > kQuietMs && time.now_ms <= end_ms) heard.flags |= result.flags & kOutOfEnvelope;
    if (time.now_ms >= kQuietMs + kWindowMs && time.now_ms <= end_ms) {
      has_any = true;
      has_usable |= is_valid;
    }
    const bool is_positive = result.decision == Decision::kPositive;
    if (is_positive && !was_positive && !has_decided) {
      has_decided = true;
      heard.decided = model.labels[result.label];
      heard.score_permille = result.score_permille;
    }
    was_positive = is_positive;
    const bool is_word = is_valid && (model.never_fires >> result.label & 1) == 0;
    if (is_word && !has_decided) heard.score_permille = std::max(heard.score_permille, result.score_permille);
  });
  if (!has_decided && has_any && !has_usable) heard.decided = "invalid";
  return heard;
}

Heard ShowPicture(const ModelPackage& model, const std::filesystem::path& path, Envelope envelope) {
  Picture picture;
  try {
    picture = ReadPicture(path);
  } catch (const InputError& error) {
    return {.decided{}, .is_readable = false, .why = error.what()};
  }
  const Config& config = model.default_config;
  const size_t count = size_t{config.average_count} + config.consecutive_count - 1 + (config.on_delay_ms + kFrameMs - 1) / kFrameMs;
  InputTime time;
  StillPicture source(picture.view(), count, time);
  PersonPipelineSetup setup = PersonSetupOf(model);
  if (envelope == Envelope::kOff) setup.front_end = {.dark_mean = 0, .bright_mean = 255, .flat_deviation = 0, .blurred_permille = 0};
  setup.front_end.frozen_count = 0;
  PersonPipeline pipeline(source, setup);
  Heard heard{.decided = "invalid"};
  Play(model, pipeline, time, [&](const LatestResult& result) {
    heard.flags |= result.flags & kOutOfEnvelope;
    heard.score_permille = result.score_permille;
    const auto other = std::ranges::find_if(model.labels, [&](const std::string& label) { return label != model.labels[model.person_class]; });
    switch (result.decision) {
      case Decision::kPositive: heard.decided = model.labels[model.person_class]; break;
      case Decision::kNegative: heard.decided = model.labels.size() == 2 ? *other : "none"; break;
      case Decision::kUnknown: heard.decided = (result.flags & kValid) ? "none" : "invalid"; break;
    }
  });
  return heard;
}

}  // namespace mls::models
