#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <ctime>
#include <deque>
#include <thread>

#include "mls/drivers/module/input_error.h"
#include "mls/drivers/open_bus.h"
#include "player.h"

namespace mls::datasheet {
namespace {

using std::chrono::system_clock;

// The module may be this far ahead of what the host has read. An evaluation takes 100 ms of sound, and the event FIFO
// holds 32 events.
constexpr uint32_t kAheadMs = 2600;
// What the module hears in one evaluation ends 20 ms after the time that it states, which is that of the hop before.
constexpr uint32_t kHopMs = 20;
// For so long into the quiet before a recording the scores may still be those of the recording before.
constexpr uint32_t kSettleMs = 400;
constexpr uint32_t kEndMs = 500;  // of quiet after the last recording

double ProcessorNow() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

bool WriteAll(int fd, std::span<const int16_t> samples) {
  auto bytes = std::as_bytes(samples);
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return true;
}

// Hands a stream of sound to the module, never more than kAheadMs beyond what was heard.
class Feeder {
 public:
  Feeder(SoundStream& stream, ChildModule& module) : stream_(stream), module_(module) {}

  void Feed(uint32_t heard_ms) {
    const double before = ProcessorNow();
    Write(heard_ms);
    playing_s_ += ProcessorNow() - before;
  }
  // Processor time that went into all this, decoding included.
  double playing_s() const { return playing_s_; }

 private:
  static constexpr size_t kChunk = 400 * kSamplesPerMs;

  void Write(uint32_t heard_ms) {
    while (module_.input_fd() >= 0 && written_ms_ < heard_ms + kAheadMs) {
      if (buffer_.size() - taken_ < kChunk && !ended_) {
        buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<ptrdiff_t>(taken_));
        taken_ = 0;
        if (!stream_.Next(buffer_)) {
          ended_ = true;
          for (size_t i = 0; i < kEndMs * kSamplesPerMs; ++i) buffer_.push_back(i % 2 == 0 ? 6 : -6);
        }
        continue;
      }
      const size_t count = std::min(kChunk, buffer_.size() - taken_);
      if (count == 0 || !WriteAll(module_.input_fd(), std::span(buffer_).subspan(taken_, count))) {
        module_.CloseInput();
        return;
      }
      taken_ += count;
      written_ms_ += static_cast<uint32_t>(count / kSamplesPerMs);
    }
  }

  SoundStream& stream_;
  ChildModule& module_;
  std::vector<int16_t> buffer_;
  size_t taken_ = 0;
  uint32_t written_ms_ = 0;
  double playing_s_ = 0;
  bool ended_ = false;
};

// Collects what is heard of each recording.
class Listener {
 public:
  Listener(const SoundStream& stream, const OnAnswer& on_answer) : stream_(stream), on_answer_(on_answer) {}

  void Hear(const Event& event) {
    const uint32_t at_ms = event.record.time_ms + kHopMs;
    AdvanceTo(at_ms);
    // Seen first when its reports come; a recording that has not begun yet owns nothing.
    if (next_ >= stream_.placed().size()) return;
    const int score = event.record.value;
    if (event.record.type == EventType::kResult) {
      if (event.record.label == kNoLabel) {
        ++unusable_;
        return;
      }
      ++usable_;
      int& highest = answer_.highest.try_emplace(event.label, -1).first->second;
      highest = std::max(highest, score);
    } else if (event.record.type == EventType::kDetection) {
      answer_.reports.push_back(
          {event.label, score, static_cast<int>(at_ms) - static_cast<int>(stream_.placed()[next_].clip_ms)});
    }
    heard_ms_ = at_ms;
  }
  // Events up to `at_ms` are missing.
  void Miss() { missing_ = true; }
  // All recordings that end before `at_ms` have been heard.
  void AdvanceTo(uint32_t at_ms) {
    while (next_ < stream_.placed().size() && at_ms > EndOf(next_)) Finish();
  }
  void End() {
    while (next_ < stream_.placed().size()) Finish();
  }
  uint32_t heard_ms() const { return heard_ms_; }
  size_t finished() const { return next_; }
  const std::vector<size_t>& missed() const { return missed_; }

 private:
  uint32_t EndOf(size_t index) const {
    const auto& placed = stream_.placed();
    return index + 1 < placed.size()
               ? placed[index + 1].begin_ms + kSettleMs
               : placed[index].end_ms + (placed[index].clip_ms - placed[index].begin_ms) + kSettleMs;
  }

  void Finish() {
    const Placed& placed = stream_.placed()[next_++];
    Answer answer = std::exchange(answer_, Answer{});
    answer.sample = placed.sample;
    answer.heard_ms = placed.end_ms - placed.clip_ms;
    for (const auto& [word, score] : answer.highest) answer.score_permille = std::max(answer.score_permille, score);
    answer.decided = placed.failed             ? "failed"
                     : !answer.reports.empty() ? answer.reports.front().label
                     : usable_ == 0            ? "invalid"
                                               : "none";
    if (!answer.reports.empty()) answer.score_permille = answer.reports.front().score_permille;
    usable_ = unusable_ = 0;
    if (std::exchange(missing_, false)) {
      missed_.push_back(placed.sample);
    } else {
      on_answer_(answer);
    }
  }

  const SoundStream& stream_;
  const OnAnswer& on_answer_;
  Answer answer_;
  size_t next_ = 0;
  uint32_t usable_ = 0, unusable_ = 0;
  uint32_t heard_ms_ = 0;
  bool missing_ = false;
  std::vector<size_t> missed_;
};

// Notes when the host was told that there is something.
class TimedEdges final : public EdgeWaiter {
 public:
  TimedEdges(std::shared_ptr<EdgeWaiter> edges, std::optional<system_clock::time_point>& told)
      : edges_(std::move(edges)), told_(told) {}

 private:
  Status DoWait(Deadline deadline) override {
    const Status status = edges_->Wait(deadline);
    if (status == Status::kOk && !told_) told_ = system_clock::now();
    return status;
  }
  int DoPollFd() const override { return edges_->PollFd(); }
  Result<EventRecord> DoTakeEvent() override { return edges_->TakeEvent(); }

  const std::shared_ptr<EdgeWaiter> edges_;
  std::optional<system_clock::time_point>& told_;
};

}  // namespace

std::vector<std::string> ArgumentsOf(const PlaySetup& setup, std::vector<std::string> more) {
  more.insert(more.end(), {"--profile", setup.profile});
  if (!setup.model.empty()) more.insert(more.end(), {"--model", setup.model.string()});
  return more;
}

Outcome<std::unique_ptr<Stage>> SetStage(const PlaySetup& setup, std::vector<std::string> arguments, bool feeds_input,
                                         uint8_t report) {
  auto stage = std::make_unique<Stage>();
  auto module = ChildModule::Start(setup.program, ArgumentsOf(setup, std::move(arguments)), feeds_input);
  if (!module.ok()) return module.problem();
  stage->module = std::move(*module);
  std::string why;
  auto connection = OpenBus(stage->module->uri(), SteadyClock::now() + std::chrono::seconds(5), &why);
  if (!connection.ok()) return Problem{stage->module->uri(), "a connection", why};
  stage->edges = std::make_shared<TimedEdges>(connection->edges, stage->told);
  SensorError error;
  auto sensor =
      Sensor::Open(connection->bus, stage->edges, "the module", {.timeout = std::chrono::seconds(10)}, &error);
  if (!sensor.ok()) return Problem{"", "a module that answers", error.message};
  stage->sensor = std::move(*sensor);
  auto config = stage->sensor.ReadConfig();
  if (config.ok()) {
    config->report = report;
    if (stage->sensor.ApplyConfig(*config) == Status::kOk) return stage;
  }
  return Problem{"", "a module that takes its configuration", stage->sensor.error().message};
}

Problem Lost(const Stage& stage) {
  return {"", "a module that answers to the end",
          stage.sensor.error().message + " (" + stage.module->LastWords() + ")"};
}

Outcome<PlayReport> WithCounters(PlayReport report, Stage& stage) {
  const auto power = stage.sensor.ReadPower();
  if (!power.ok()) return Lost(stage);
  report.inferences = power->inference_count;
  report.invalid = power->invalid_count;
  report.skipped = power->skipped_count;
  report.inferring_s = stage.module->InferringSeconds();
  return report;
}

Delay DelayOf(Stage& stage, size_t sample, const Event& event, system_clock::time_point stimulus) {
  const auto now = system_clock::now();
  const auto told = std::exchange(stage.told, std::nullopt).value_or(now);
  // The time of capture is known to some tenths of a millisecond; it was not after the notification.
  const auto captured = std::min(event.host_time, told);
  const auto ms = [](auto duration) { return std::chrono::duration<double, std::milli>(duration).count(); };
  return {sample, ms(captured - stimulus), ms(told - captured), ms(now - told), ms(event.uncertainty)};
}

Outcome<PlayReport> PlayKeyword(const PlaySetup& setup, const LabelledSet& set, std::span<const size_t> order,
                                const OnAnswer& on_answer) {
  try {
    SoundStream stream(set, order, setup.sound);
    auto stage = SetStage(setup, {"--input", "-", "--speed", "max"}, true, kReportChanges | kReportEveryResult);
    if (!stage.ok()) return stage.problem();
    Sensor& sensor = (*stage)->sensor;
    Feeder feeder(stream, *(*stage)->module);
    Listener listener(stream, on_answer);
    const auto begin = SteadyClock::now();
    feeder.Feed(0);
    PlayReport report;
    bool ended = false;
    const auto deliver = [&](const EventBatch& batch) {
      if (batch.lost > 0) listener.Miss();
      for (const Event& event : batch.events) {
        if (event.record.type == EventType::kInputEnded) {
          ended = true;
        } else {
          listener.Hear(event);
        }
      }
      // What was lost lies before these events, and may reach into the next recording.
      if (batch.lost > 0) listener.Miss();
      feeder.Feed(listener.heard_ms());
      report.stopped = setup.stop && setup.stop();
      return !ended && !report.stopped;
    };
    if (sensor.Watch(deliver, SteadyClock::now() + kForever, {.stop = setup.stop}) != Status::kOk) return Lost(**stage);
    if (ended) listener.End();
    report.stopped = !ended;
    report.wall_s = std::chrono::duration<double>(SteadyClock::now() - begin).count();
    report.playing_s = feeder.playing_s();
    report.unanswered = listener.missed();
    report.unanswered.insert(report.unanswered.end(), order.begin() + static_cast<ptrdiff_t>(listener.finished()),
                             order.end());
    return WithCounters(report, **stage);
  } catch (const InputError& error) {
    return Problem{"", "a sound that can be read", error.what()};
  }
}

Outcome<bool> TimeKeyword(const PlaySetup& setup, const LabelledSet& set, std::span<const size_t> order,
                          const OnDelay& on_delay) {
  SoundStream stream(set, order, setup.sound);
  std::vector<int16_t> sound;
  while (stream.Next(sound)) continue;
  auto stage = SetStage(setup, {"--input", "-"}, true, kReportChanges);
  if (!stage.ok()) return stage.problem();
  Sensor& sensor = (*stage)->sensor;

  // A word counts as spoken when the host has written its last 10 ms; each piece of 10 ms is written when a microphone
  // would have it.
  constexpr uint32_t kPieceMs = 10;
  std::vector<system_clock::time_point> written(sound.size() / (kPieceMs * kSamplesPerMs));
  std::atomic<size_t> written_count{0};
  std::atomic<bool> stop{false};
  std::thread microphone([&] {
    const auto begin = SteadyClock::now();
    for (size_t i = 0; i < written.size() && !stop; ++i) {
      std::this_thread::sleep_until(begin + std::chrono::milliseconds(kPieceMs * (i + 1)));
      written[i] = system_clock::now();
      const auto piece = std::span(sound).subspan(i * kPieceMs * kSamplesPerMs, kPieceMs * kSamplesPerMs);
      written_count = i + 1;
      if (!WriteAll((*stage)->module->input_fd(), piece)) break;
    }
    (*stage)->module->CloseInput();
  });
  size_t at = 0;
  bool ended = false;
  const auto deliver = [&](const EventBatch& batch) {
    for (const Event& event : batch.events) {
      ended |= event.record.type == EventType::kInputEnded;
      if (event.record.type != EventType::kDetection) continue;
      // Which recording was on when it was heard, by the host's own writing.
      const auto& placed = stream.placed();
      while (at + 1 < placed.size() && placed[at + 1].begin_ms / kPieceMs < written_count &&
             written[placed[at + 1].begin_ms / kPieceMs] + std::chrono::milliseconds(kSettleMs) < event.host_time) {
        ++at;
      }
      const size_t piece = std::max(placed[at].loud_end_ms, kPieceMs) / kPieceMs - 1;
      // A word may be decided before it ends: then its end is due, not written.
      const auto end =
          piece < written_count ? written[piece] : written[0] + std::chrono::milliseconds(kPieceMs * piece);
      if (event.label == set.samples[placed[at].sample].label)
        on_delay(DelayOf(**stage, placed[at].sample, event, end));
    }
    (*stage)->told.reset();
    return !ended && !(setup.stop && setup.stop());
  };
  const Status status = sensor.Watch(deliver, SteadyClock::now() + kForever, {.stop = setup.stop});
  stop = true;
  microphone.join();
  if (status != Status::kOk) return Lost(**stage);
  return true;
}

}  // namespace mls::datasheet
