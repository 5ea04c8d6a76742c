// A module with toy models, steered by a test.
#pragma once

#include <deque>
#include <variant>

#include "fakes.h"
#include "mls/core/engine/operators.h"
#include "mls/core/module/keyword_pipeline.h"
#include "mls/core/module/module.h"
#include "mls/core/module/person_pipeline.h"
#include "mls/core/module/self_test.h"
#include "toy_models.h"

namespace mls {

// Plays pictures of 8x8: a chequered pattern around a brightness, so that it is not flat; or a failure. Then it is not
// ready.
class FakeFrameSource final : public FrameSource {
 public:
  ~FakeFrameSource() { EXPECT_FALSE(borrowed); }

  void Show(int brightness) { script.push_back(static_cast<uint8_t>(brightness)); }
  void Fail(Status status) { script.push_back(status); }

  std::deque<std::variant<uint8_t, Status>> script;
  int32_t width_px = 8;
  bool powered = false;
  bool borrowed = false;

 private:
  Result<ImageView> DoBorrow() override {
    EXPECT_FALSE(borrowed);
    EXPECT_TRUE(powered) << "nothing is captured while the camera is off";
    if (script.empty()) return Status::kNotReady;
    const auto next = script.front();
    script.pop_front();
    if (const Status* status = std::get_if<Status>(&next)) return *status;
    for (int i = 0; i < 64; ++i) {
      const int step = (i + i / 8) % 2 == 0 ? 10 : -10;
      pixels_[static_cast<size_t>(i)] = static_cast<uint8_t>(std::clamp(std::get<uint8_t>(next) + step, 0, 255));
    }
    borrowed = true;
    return ImageView{.data = pixels_, .width_px = width_px, .height_px = 8, .stride_bytes = 8};
  }
  void DoRelease() override {
    EXPECT_TRUE(borrowed);
    borrowed = false;
    pixels_.fill(0xEE);  // Whoever still looks gets this.
  }
  void DoSetPowered(bool on) override { powered = on; }

  std::array<uint8_t, 64> pixels_{};
};

// Plays samples, then is not ready, or ended.
class FakeAudioSource final : public AudioSource {
 public:
  ~FakeAudioSource() { EXPECT_FALSE(borrowed); }

  std::vector<int16_t> samples;
  size_t position = 0;
  Status at_end = Status::kNotReady;
  bool powered = false;
  bool borrowed = false;

 private:
  Result<std::span<const int16_t>> DoBorrow(size_t max_samples) override {
    EXPECT_FALSE(borrowed);
    EXPECT_TRUE(powered) << "nothing is captured while the microphone is off";
    if (position == samples.size()) return at_end;
    size_ = std::min(max_samples, samples.size() - position);
    borrowed = true;
    return std::span<const int16_t>(samples).subspan(position, size_);
  }
  void DoRelease() override {
    EXPECT_TRUE(borrowed);
    borrowed = false;
    position += size_;
  }
  void DoSetPowered(bool on) override { powered = on; }

  size_t size_ = 0;
};

inline constexpr std::string_view kPersonLabels[] = {"empty", "person"};

class PersonModuleTest : public testing::Test {
 public:
  PersonModuleTest() {
    setup.registers.labels = kPersonLabels;
    setup.registers.ident.profile = Profile::kPerson;
    setup.registers.read_limit_bytes_per_s = 0;
    setup.registers.transducers_fitted = kCamera;
    setup.registers.default_config.report = kReportChanges | kReportEnvelope;
    setup.model = model;
    setup.operators = engine::AllOperators();
  }

  // Makes the module, as power-on does. Call it again to start it again.
  Status Start() {
    pipeline.emplace(source, PersonPipelineSetup{});
    module.emplace(setup, ModulePorts{clock, lock, &line, &indicator, store}, *pipeline,
                   std::span(arena).first(arena_bytes));
    return module->Start();
  }
  // One step, 10 ms after the last.
  Status Step() {
    clock.now_ms += 10;
    return module->Step();
  }
  LatestResult ShowAndStep(int brightness) {
    source.Show(brightness);
    EXPECT_EQ(Step(), Status::kOk);
    return Get<LatestResult>(bank());
  }
  RegisterBank& bank() { return module->bank(); }
  ModuleStatus status() { return Get<ModuleStatus>(bank()); }
  PowerCounters power() { return Get<PowerCounters>(bank()); }

  // Gives a command, steps, and returns the verdict.
  CommandVerdict Run(Command command) {
    EXPECT_EQ(Give(bank(), command, ++token_), Status::kOk);
    Step();
    return {status().command_verdict, status().command_field};
  }
  // All events that wait, acknowledged.
  std::vector<EventRecord> TakeEvents() {
    std::vector<EventRecord> events;
    while (Get<EventHeader>(bank()).count > 0) {
      events.push_back(GetEvent(bank()));
      EXPECT_EQ(Set(bank(), kReg<"control.event_ack">, events.back().sequence), Status::kOk);
    }
    return events;
  }
  std::vector<EventType> TakeEventTypes() {
    std::vector<EventType> types;
    for (const EventRecord& event : TakeEvents()) types.push_back(event.type);
    return types;
  }
  template <typename R>
  void Configure(R reg, typename R::Value value) {
    EXPECT_EQ(Set(bank(), reg, value), Status::kOk);
    EXPECT_EQ(Run(Command::kCommit).verdict, Verdict::kDone);
  }
  void UsePowerMode(PowerMode mode) {
    Configure(kReg<"config.power_mode">, static_cast<uint8_t>(mode));
    TakeEvents();
  }

  std::vector<uint8_t> model = test::BrightnessModel();
  alignas(16) std::array<std::byte, 8192> arena{};
  size_t arena_bytes = arena.size();
  ModuleSetup setup;
  FakeClock clock;
  CheckedLock lock;
  FakePin line;
  FakePin indicator;
  FakeConfigStore fake_store;
  ConfigStore* store = nullptr;
  FakeFrameSource source;
  std::optional<PersonPipeline> pipeline;
  std::optional<Module> module;

 private:
  uint8_t token_ = 0;
};

}  // namespace mls
