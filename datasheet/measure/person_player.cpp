#include <fcntl.h>
#include <unistd.h>

#include <cmath>

#include "mls/datasheet/document.h"
#include "player.h"

namespace mls::datasheet {
namespace {

// A black picture of 8 x 8: too dark to judge. After kGapFrames of them in a row the module's filters have forgotten
// what they saw (kMaxInvalidEvaluations in mls/core/decision/decision_config.h), so each sample meets a rested module.
constexpr unsigned char kBlackPng[] = {
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00,
    0x00, 0x08, 0x00, 0x00, 0x00, 0x08, 0x08, 0x02, 0x00, 0x00, 0x00, 0x4b, 0x6d, 0x29, 0xdc, 0x00, 0x00, 0x00,
    0x0c, 0x49, 0x44, 0x41, 0x54, 0x78, 0xda, 0x63, 0x60, 0x18, 0x1e, 0x00, 0x00, 0x00, 0xc8, 0x00, 0x01, 0x93,
    0xbd, 0xa5, 0x8e, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82};
constexpr size_t kGapFrames = 3;

// A folder of links: for each sample kGapFrames black pictures, then the sample `dwell` times.
class Slides {
 public:
  Slides(const LabelledSet& set, std::span<const size_t> order, size_t dwell) : order_(order), dwell_(dwell) {
    const std::filesystem::path black = folder_.path() / "black.png";
    std::filesystem::create_directory(frames());
    written_ =
        WriteText(black.string(), std::string_view(reinterpret_cast<const char*>(kBlackPng), sizeof kBlackPng)).ok();
    const int folder = open(frames().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    size_t frame = 0;
    const auto add = [&](const std::filesystem::path& target, size_t count) {
      for (size_t i = 0; i < count; ++i) {
        char name[32];
        std::snprintf(name, sizeof name, "%09zu.png", frame++);
        written_ &= symlinkat(target.c_str(), folder, name) == 0;
      }
    };
    for (const size_t index : order_) {
      add(black, kGapFrames);
      add(set.folder / set.samples[index].file, dwell_);
    }
    add(black, kGapFrames);
    close(folder);
  }

  bool ok() const { return written_; }
  std::filesystem::path frames() const { return folder_.path() / "frames"; }
  std::filesystem::path black() const { return folder_.path() / "black.png"; }
  std::filesystem::path store() const { return folder_.path() / "config"; }
  // Which sample, counted in `order`, the frame shows; the gap belongs to the one that follows.
  size_t PositionOf(size_t frame) const { return frame / (kGapFrames + dwell_); }
  bool IsGap(size_t frame) const { return frame % (kGapFrames + dwell_) < kGapFrames; }

 private:
  const std::span<const size_t> order_;
  const size_t dwell_;
  TemporaryFolder folder_;
  bool written_ = false;
};

size_t DwellFrames(const Config& config, double frames_per_second) {
  return size_t{config.average_count} + config.consecutive_count - 1 +
         static_cast<size_t>(std::ceil(config.on_delay_ms * frames_per_second / 1000));
}

// A module that waits in standby, so that no picture is shown before the host listens: it is started twice, the first
// time to store that.
Outcome<std::unique_ptr<Stage>> SetWaitingStage(const PlaySetup& setup, const Slides& slides, const char* speed) {
  if (!slides.ok()) return Problem{slides.frames().string(), "a folder that takes links to the pictures", "no such"};
  const std::string rate = NumberText(setup.frames_per_second);
  auto stage = SetStage(setup, {"--input", slides.black().string(), "--config-store", slides.store().string()}, false,
                        kReportChanges);
  if (!stage.ok()) return stage.problem();
  auto config = (*stage)->sensor.ReadConfig();
  if (!config.ok()) return Lost(**stage);
  config->power_mode = PowerMode::kStandby;
  if ((*stage)->sensor.ApplyConfig(*config, true) != Status::kOk) return Lost(**stage);
  stage->reset();
  return SetStage(
      setup,
      {"--input", slides.frames().string(), "--config-store", slides.store().string(), "--speed", speed, "--fps", rate},
      false, kReportChanges);
}

bool StartToLook(Sensor& sensor) {
  auto config = sensor.ReadConfig();
  if (!config.ok()) return false;
  config->power_mode = PowerMode::kContinuous;
  return sensor.ApplyConfig(*config) == Status::kOk;
}

std::string NegativeLabel(const std::vector<std::string>& labels, const std::string& positive) {
  for (const std::string& label : labels) {
    if (labels.size() == 2 && label != positive) return label;
  }
  return "no_" + positive;
}

}  // namespace

Outcome<LiveModule> Probe(const PlaySetup& setup) {
  const bool hears = setup.profile == "keyword";
  const Slides slides({}, {}, 1);
  auto module =
      ChildModule::Start(setup.program, ArgumentsOf(setup, {"--input", hears ? "-" : slides.black().string()}), hears);
  if (!module.ok()) return module.problem();
  SensorError error;
  auto sensor = Sensor::Open((*module)->uri(), {.timeout = std::chrono::seconds(10)}, &error);
  if (!sensor.ok()) return Problem{"", "a module that answers", error.message};
  auto live = ReadLiveModule(*sensor);
  if (!live.ok()) return Problem{"", "a module that answers", sensor->error().message};
  return *live;
}

Outcome<PlayReport> PlayPerson(const PlaySetup& setup, const LabelledSet& set, std::span<const size_t> order,
                               const OnAnswer& on_answer) {
  const Config& config = setup.live.config;
  const Slides slides(set, order, DwellFrames(config, setup.frames_per_second));
  auto stage = SetWaitingStage(setup, slides, "max");
  if (!stage.ok()) return stage.problem();
  Sensor& sensor = (*stage)->sensor;

  PlayReport report;
  size_t next = 0;         // position whose answer is being collected
  size_t last_frame = 0;   // of the event before
  bool missing = false, ended = false;
  Answer answer;
  const auto finish_before = [&](size_t position) {
    for (; next < std::min(position, order.size()); ++next) {
      Answer done = std::exchange(answer, Answer{});
      done.sample = order[next];
      if (done.decided.empty()) done.decided = "invalid";
      if (missing) {
        report.unanswered.push_back(order[next]);
      } else {
        on_answer(done);
      }
    }
  };
  const auto deliver = [&](const EventBatch& batch) {
    missing |= batch.lost > 0;
    for (const Event& event : batch.events) {
      if (event.record.type == EventType::kInputEnded) {
        ended = true;
        finish_before(order.size());
        break;
      }
      // At full speed the module's clock is that of the pictures; a capture carries the time of the picture before.
      const size_t frame =
          event.record.time_ms == 0
              ? 0
              : static_cast<size_t>(std::lround(event.record.time_ms * setup.frames_per_second / 1000)) + 1;
      if (frame < last_frame) continue;
      last_frame = frame;
      const size_t position = slides.PositionOf(frame);
      finish_before(position);
      if (slides.IsGap(frame)) continue;
      if (event.record.type == EventType::kFault) answer.decided = "failed";
      if (event.record.type != EventType::kPresence) continue;
      // The last word counts, should it change its mind.
      const auto decision = static_cast<Decision>(event.record.detail);
      if (decision == Decision::kUnknown) continue;
      answer.decided = decision == Decision::kPositive ? event.label : NegativeLabel(setup.live.labels, event.label);
      answer.score_permille = event.record.value;
    }
    // Events were lost between the last batch and this: what was collected before is not whole, nor is the sample that
    // comes next.
    if (batch.lost > 0) {
      report.unanswered.insert(report.unanswered.end(),
                               order.begin() + static_cast<ptrdiff_t>(std::min(next, order.size())),
                               order.begin() + static_cast<ptrdiff_t>(std::min(next + 1, order.size())));
      next = std::min(next + 1, order.size());
      answer = {};
    }
    missing = false;
    report.stopped = setup.stop && setup.stop();
    return !ended && !report.stopped;
  };
  const auto begin = SteadyClock::now();
  if (!StartToLook(sensor)) return Lost(**stage);
  if (sensor.Watch(deliver, SteadyClock::now() + kForever, {.stop = setup.stop}) != Status::kOk) return Lost(**stage);
  report.stopped = !ended;
  report.wall_s = std::chrono::duration<double>(SteadyClock::now() - begin).count();
  for (; next < order.size(); ++next) report.unanswered.push_back(order[next]);
  return WithCounters(report, **stage);
}

Outcome<bool> TimePerson(const PlaySetup& setup, const LabelledSet& set, std::span<const size_t> order,
                         const OnDelay& on_delay) {
  const Config& config = setup.live.config;
  const size_t dwell = DwellFrames(config, setup.frames_per_second);
  const Slides slides(set, order, dwell);
  auto stage = SetWaitingStage(setup, slides, "real");
  if (!stage.ok()) return stage.problem();
  size_t position = 0;
  bool ended = false;
  const auto deliver = [&](const EventBatch& batch) {
    for (const Event& event : batch.events) {
      ended |= event.record.type == EventType::kInputEnded;
      if (event.record.type != EventType::kPresence) continue;
      const auto decision = static_cast<Decision>(event.record.detail);
      if (decision == Decision::kUnknown) {
        ++position;  // a gap
        continue;
      }
      // The first picture of the sample came so many pictures before the one that decided.
      const size_t before = decision == Decision::kPositive ? dwell - 1 : size_t{config.average_count} - 1;
      const auto since =
          std::chrono::microseconds(std::llround(static_cast<double>(before) * 1e6 / setup.frames_per_second));
      if (position < order.size()) on_delay(DelayOf(**stage, order[position], event, event.host_time - since));
    }
    (*stage)->told.reset();
    return !ended && !(setup.stop && setup.stop());
  };
  if (!StartToLook((*stage)->sensor)) return Lost(**stage);
  if ((*stage)->sensor.Watch(deliver, SteadyClock::now() + kForever, {.stop = setup.stop}) != Status::kOk)
    return Lost(**stage);
  return true;
}

}  // namespace mls::datasheet
