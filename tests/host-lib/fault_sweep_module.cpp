#include "fault_sweep_module.h"

#include <cstdio>
#include <cstdlib>

#include "../sensor-core/module/toy_models.h"

namespace mls::test {
namespace {

constexpr size_t kRemembered = 200;  // Pictures: more than a host can be behind.
constexpr std::string_view kLabels[] = {"empty", "person"};

class Clock final : public ModuleClock {
 public:
  explicit Clock(const std::function<uint32_t()>& now_ms) : now_ms_(now_ms), start_ms_(now_ms()) {}

 private:
  uint32_t DoNowMs() const override { return now_ms_() - start_ms_; }
  const std::function<uint32_t()>& now_ms_;
  const uint32_t start_ms_;
};

class Lock final : public BusLock {
  void DoLock() override { mutex_.lock(); }
  void DoUnlock() override { mutex_.unlock(); }
  std::mutex mutex_;
};

class Pin final : public OutputPin {
 public:
  explicit Pin(const std::function<void(bool)>& set) : set_(set) {}

 private:
  void DoSet(bool high) override { set_(high); }
  const std::function<void(bool)>& set_;
};

class Pictures final : public FrameSource {
 public:
  void Show(uint8_t brightness) { next_ = brightness; }

 private:
  Result<ImageView> DoBorrow() override {
    if (!next_) return Status::kNotReady;
    for (size_t i = 0; i < pixels_.size(); ++i) pixels_[i] = static_cast<uint8_t>(*next_ + ((i + i / 8) % 2 ? 10 : -10));
    next_.reset();
    return ImageView{.data = pixels_, .width_px = 8, .height_px = 8, .stride_bytes = 8};
  }
  void DoRelease() override {}
  void DoSetPowered(bool) override {}

  std::optional<uint8_t> next_;
  std::array<uint8_t, 64> pixels_{};
};

}  // namespace

struct SweepModule::Life {
  Life(const std::function<uint32_t()>& now_ms, const std::function<void(bool)>& line) : clock(now_ms), pin(line) {}

  Clock clock;
  Pin pin;
  Lock lock;
  Pictures pictures;
  PersonPipeline pipeline{pictures, {}};
  ModuleSetup setup;
  alignas(16) std::array<std::byte, 8192> arena{};
  std::optional<Module> module;
};

SweepModule::SweepModule(std::function<uint32_t()> now_ms, std::function<void(bool high)> line, uint8_t first_byte)
    : now_ms_(std::move(now_ms)), line_(std::move(line)), first_byte_(first_byte) {
  Restart();
}

SweepModule::~SweepModule() = default;

void SweepModule::Restart() {
  static const std::vector<uint8_t> model = BrightnessModel();
  running_.reset();
  running_ = std::make_unique<Life>(now_ms_, line_);
  ++life_;
  pictures_.clear();
  result_ = {};
  BankSetup& registers = running_->setup.registers;
  registers.labels = kLabels;
  registers.ident.profile = Profile::kPerson;
  registers.ident.capabilities = kCanNotify;
  registers.identity.unique_id = {first_byte_, 1, 2, 3};
  registers.identity.boot_id = boot_id();
  registers.read_limit_bytes_per_s = 0;
  registers.transducers_fitted = kCamera;
  registers.reset_cause = life_ == 1 ? ResetCause::kPowerOn : ResetCause::kWatchdog;
  registers.default_config.report = kReportChanges;
  running_->setup.model = model;
  running_->setup.operators = engine::AllOperators();
  running_->module.emplace(
      running_->setup,
      ModulePorts{.clock = running_->clock, .lock = running_->lock, .interrupt_line = line_ ? &running_->pin : nullptr},
      running_->pipeline, running_->arena);
  if (running_->module->Start() != Status::kOk) {
    std::fprintf(stderr, "the module does not start\n");
    std::abort();
  }
}

RegisterBank& SweepModule::bank() { return running_->module->bank(); }

void SweepModule::Step() {
  (void)running_->module->Step();
  if (running_->module->restart_requested()) Restart();
}

void SweepModule::Capture() {
  bright_ = !bright_;
  running_->pictures.Show(bright_ ? 200 : 50);
  const Decision decision = bright_ ? Decision::kPositive : Decision::kNegative;
  const uint32_t begin_ms = running_->clock.NowMs();
  if (running_->module->Step() != Status::kOk) {
    std::fprintf(stderr, "the module does not take the picture\n");
    std::abort();
  }
  for (uint32_t time_ms = begin_ms; time_ms <= running_->clock.NowMs(); ++time_ms) pictures_[time_ms] = decision;
  while (pictures_.size() > kRemembered) pictures_.erase(pictures_.begin());
  ++result_.sequence;
  result_.decision = decision;
}

std::array<uint8_t, 8> SweepModule::boot_id() const { return {static_cast<uint8_t>(life_), 0x55, static_cast<uint8_t>(life_ >> 8)}; }

Config SweepModule::active_config() { return bank().active_config(); }

uint32_t SweepModule::newest_event() {
  std::array<uint8_t, kMaxWindowBytes> bytes{};
  if (!bank().Read(kWindowOf<EventHeader>.address, kWindowOf<EventHeader>.size_bytes, bytes).ok()) std::abort();
  return DecodeWindow<EventHeader>(bytes)->newest;
}

std::optional<Decision> SweepModule::DecisionAt(uint32_t time_ms) const {
  const auto found = pictures_.find(time_ms);
  return found == pictures_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace mls::test
