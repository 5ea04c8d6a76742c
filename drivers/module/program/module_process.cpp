#include "module_process.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <random>
#include <thread>

#include "mls/core/engine/operators.h"
#include "mls/core/module/frame_server.h"
#include "mls/core/module/i2c_target.h"
#include "mls/core/module/keyword_pipeline.h"
#include "mls/core/module/module.h"
#include "mls/core/module/person_pipeline.h"
#include "mls/drivers/module/audio_sources.h"
#include "mls/drivers/module/file_config_store.h"
#include "mls/drivers/module/input_files.h"
#include "mls/drivers/module/mutex_bus_lock.h"
#include "mls/drivers/module/picture_source.h"
#include "sha256.h"

namespace mls {
namespace {

constexpr double kKeywordWakeMs = 1000;  // a window of 49 frames has to fill
// Commands and periods are looked at this often when nothing else happens.
constexpr std::chrono::milliseconds kTick{10};

void Report(const std::string& text) { std::cerr << "mlsensor-module: " << text << std::endl; }

// The same at each start, and unlike that of other machines and addresses. The machine's own id cannot be told from it.
UniqueId MakeUniqueId(const std::string& address) {
  std::string machine;
  std::getline(std::ifstream("/etc/machine-id"), machine);
  if (machine.empty()) machine = std::to_string(gethostid());
  const std::string text = "mlsensor-module\n" + machine + "\n" + address;
  const Sha256 hash = Sha256Of({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  UniqueId id;
  std::copy_n(hash.begin(), id.size(), id.begin());
  return id;
}

// A host's end of a serial link, as FrameServer sees it. At full speed, `tellings` counts when hosts are to be told of
// events; otherwise it is null, and they are told at once.
class FrameSession final : public LinkSession, private FrameWriter {
 public:
  FrameSession(RegisterBank& bank, SendFrame send, const WakeEvent& pipeline, const std::atomic<uint32_t>* tellings)
      : send_(std::move(send)), pipeline_(pipeline), tellings_(tellings), server_(bank, *this) {}

  void Feed(std::span<const uint8_t> bytes, uint32_t now_ms) override {
    server_.Feed(bytes, now_ms);
    pipeline_.Set();  // a command may be among them
  }
  void Poll(uint32_t now_ms) override {
    const uint32_t tellings = tellings_ != nullptr ? tellings_->load() : seen_tellings_ + 1;
    holds_back_ = tellings == seen_tellings_;
    seen_tellings_ = tellings;
    do {  // one event each
      sent_ = false;
      server_.Poll(now_ms);
    } while (sent_);
    holds_back_ = false;
  }

 private:
  Status DoWrite(std::span<const uint8_t> frame) override {
    if (holds_back_) return Status::kBusy;
    const Status status = send_(frame);
    sent_ = status == Status::kOk;
    return status;
  }

  const SendFrame send_;
  const WakeEvent& pipeline_;
  const std::atomic<uint32_t>* const tellings_;
  uint32_t seen_tellings_ = 0;
  FrameServer server_;
  bool sent_ = false;
  bool holds_back_ = false;
};

}  // namespace

// All that begins anew when the module starts again.
struct ModuleProcess::Life {
  explicit Life(Speed speed) : clock(speed) {}

  InputClock clock;
  MutexBusLock lock;
  std::optional<FileConfigStore> store;
  std::shared_ptr<PacedSource> source;
  std::shared_ptr<Pipeline> pipeline;
  ModuleSetup setup;
  std::optional<Module> module;
  std::optional<PersonSensor> person_sensor;
  std::optional<I2cTarget> i2c;
};

ModuleProcess::ModuleProcess(const Options& options, const ModelPackage& model, VhostUserBus* i2c_bus, size_t place)
    : options_(options),
      model_(model),
      i2c_bus_(i2c_bus),
      place_(place),
      labels_(model.labels.begin(), model.labels.end()),
      arena_(model.arena_bytes),
      firmware_hash_(Sha256OfFile("/proc/self/exe")),
      datasheet_hash_(options.datasheet.empty() ? Sha256{} : Sha256OfFile(options.datasheet)),
      server_([this](SendFrame send) {
        return std::make_unique<FrameSession>(life_->module->bank(), std::move(send), wake_,
                                              options_.speed == Speed::kMax ? &tellings_ : nullptr);
      }) {
  unique_id_ = options.unique_id ? *options.unique_id : MakeUniqueId(options.listen.empty() ? options.i2c_bus + " " + std::to_string(place) : options.listen.front());
  Begin(ResetCause::kPowerOn);
  for (const std::string& address : options.listen) addresses_.push_back(server_.Listen(address));
}

ModuleProcess::~ModuleProcess() {
  if (i2c_bus_) i2c_bus_->i2c().Disconnect(place_);
}

void ModuleProcess::OpenInput(Life& life) const {
  if (model_.profile == Profile::kKeyword) {
    const auto listen_to = [&](auto source) {
      life.pipeline = std::make_shared<KeywordPipeline>(*source, KeywordSetupOf(model_));
      life.source = std::move(source);
    };
    if (options_.input == "-") {
      if (isatty(STDIN_FILENO)) throw InputError("standard input is a terminal; pipe raw 16 kHz mono 16-bit samples into it");
      listen_to(std::make_shared<PcmStreamSource>(STDIN_FILENO, life.clock, Report));
    } else {
      listen_to(std::make_shared<AudioFileSource>(FindInputFiles(options_.input, InputKind::kSound), options_.loop, life.clock, Report));
    }
    return;
  }
  if (options_.input == "-") throw InputError("standard input takes sound only; give a picture or a directory of pictures");
  auto source = std::make_shared<PictureFileSource>(FindInputFiles(options_.input, InputKind::kPictures),
                                                    options_.frames_per_second, options_.loop, life.clock, Report);
  life.pipeline = std::make_shared<PersonPipeline>(*source, PersonSetupOf(model_));
  life.source = std::move(source);
}

void ModuleProcess::Begin(ResetCause cause) {
  auto life = std::make_unique<Life>(options_.speed);
  OpenInput(*life);
  if (!options_.config_store.empty()) life->store.emplace(options_.config_store);

  const bool hears = model_.profile == Profile::kKeyword;
  const double picture_ms = 1000 / options_.frames_per_second;
  const auto wake_time_ms = static_cast<uint16_t>(std::min(hears ? kKeywordWakeMs : picture_ms, 65535.0));
  BankSetup& registers = life->setup.registers;
  registers.ident.profile = model_.profile;
  registers.ident.firmware_major = MLS_VERSION_MAJOR;
  registers.ident.firmware_minor = MLS_VERSION_MINOR;
  registers.ident.firmware_patch = MLS_VERSION_PATCH;
  registers.ident.product_id = static_cast<uint16_t>(model_.profile);
  registers.ident.capabilities = kCanNotify;
  registers.ident.settle_time_ms = wake_time_ms;
  registers.identity.unique_id = unique_id_;
  std::random_device random;
  std::ranges::generate(registers.identity.boot_id, [&random] { return static_cast<uint8_t>(random()); });
  registers.firmware_hash = firmware_hash_;
  registers.model_hash = model_.sha256;
  registers.datasheet_hash = datasheet_hash_;
  registers.labels = labels_;
  registers.reset_cause = cause;
#ifndef NDEBUG
  registers.debug_build = true;
#endif
  registers.transducers_fitted = kFileInput;
  registers.i2c_address = options_.i2c_address;
  registers.default_config = model_.default_config;
  if (!hears) {
    // Pictures that come slowly are no older than they have to be.
    const double stale_ms = std::max<double>(registers.default_config.stale_after_ms, 3 * picture_ms);
    registers.default_config.stale_after_ms = static_cast<uint16_t>(std::min(stale_ms, 65535.0));
  }
  life->setup.model = model_.bytes();
  life->setup.operators = engine::AllOperators();
  life->setup.expected_answer = model_.known_answer;
  life->setup.wake_time_ms = wake_time_ms;

  life->module.emplace(life->setup,
                       ModulePorts{.clock = life->clock,
                                   .lock = life->lock,
                                   .interrupt_line = i2c_bus_ ? &i2c_bus_->interrupt_line(place_) : nullptr,
                                   .config_store = life->store ? &*life->store : nullptr},
                       *life->pipeline, arena_.bytes());
  const Status status = life->module->Start();
  if (status == Status::kInvalidArgument) throw ModelError(model_.name + ": the decision defaults of its manifest contradict each other");
  if (status != Status::kOk) {
    throw ModelError(model_.name + ": the model does not fit its profile; input and output must be those of models/README.md (" +
                     StatusName(status) + ")");
  }
  life_ = std::move(life);
  if (!i2c_bus_) return;
  RegisterBank& bank = life_->module->bank();
  if (options_.person_sensor) life_->person_sensor.emplace(bank);
  life_->i2c.emplace(bank, life_->person_sensor ? &*life_->person_sensor : nullptr);
  i2c_bus_->i2c().Connect(place_, *life_->i2c, wake_);
}

void ModuleProcess::Run() {
  while (!stop_) {
    std::thread buses([this] { server_.Run(); });
    RunLife();
    server_.Stop();
    buses.join();
    if (stop_) break;
    if (i2c_bus_) i2c_bus_->i2c().Disconnect(place_);  // Nobody answers while it restarts.
    Begin(ResetCause::kCommand);
    server_.ReopenSessions();
  }
  if (life_->source->failed_count() > 0) {
    Report(std::to_string(life_->source->failed_count()) + " captures failed");
  }
  if (server_.cut_off_clients() > 0) {
    Report(std::to_string(server_.cut_off_clients()) + " hosts were cut off because they read nothing");
  }
}

void ModuleProcess::RunLife() {
  Module& module = *life_->module;
  // At full speed nobody waits for a single event: hosts are told of many at once, or when the module has nothing to do.
  const size_t told_at_once = options_.speed == Speed::kMax ? EventFifo::kCapacity * 5 / 8 : 1;
  NotifyCursor cursor;
  size_t untold = 0;
  bool has_ended = false;
  while (!stop_ && !module.restart_requested()) {
    const Status status = module.Step();
    const bool waits = status == Status::kNotReady || status == Status::kEndOfInput;
    while (module.bank().NextNotification(cursor).ok()) ++untold;
    if (untold >= told_at_once || (waits && untold > 0)) {
      ++tellings_;
      server_.PollNow();
      untold = 0;
    }
    if (status == Status::kEndOfInput && !has_ended) {
      has_ended = true;
      Report("the input has ended; the last state is served until the module is stopped");
    }
    if (waits) WaitForInput();
  }
}

void ModuleProcess::WaitForInput() const {
  const SourceWait next = life_->source->NextInput();
  const auto now = std::chrono::steady_clock::now();
  const std::chrono::nanoseconds wait = std::clamp<std::chrono::nanoseconds>(next.until - now, std::chrono::nanoseconds(0), kTick);
  const timespec timeout{0, static_cast<long>(wait.count())};
  pollfd polled[] = {{wake_.fd(), POLLIN, 0}, {next.fd, POLLIN, 0}};
  if (ppoll(polled, std::size(polled), &timeout, nullptr) > 0 && polled[0].revents != 0) wake_.Clear();
}

void ModuleProcess::Stop() {
  stop_ = true;
  wake_.Set();
}

}  // namespace mls
