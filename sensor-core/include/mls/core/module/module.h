// Module: an ML sensor. It starts the engine, steps the pipeline, carries out commands, and publishes in its registers.
//
//   mls::KeywordPipeline pipeline(microphone, {.never_fires = 0b1001});
//   mls::Module module(setup, {.clock = clock, .lock = lock}, pipeline, arena);
//   module.Start();                               // An error is published too: the registers stay readable.
//   for (;;) if (module.Step() != mls::Status::kOk) WaitForInputOrCommand();
//   // At the same time, from the bus driver: module.bank().BeginRead(...), module.bank().Write(...)
#pragma once

#include "mls/core/decision/filters.h"
#include "mls/core/module/pipeline.h"
#include "mls/core/module/register_bank.h"

namespace mls {

// What a module is. Borrowed for the life of the module, with everything it points to.
struct ModuleSetup {
  BankSetup registers{};
  std::span<const uint8_t> model{};  // A .tflite file, 4-byte aligned.
  OperatorSet operators{};
  uint32_t model_crc32 = 0;      // Crc32 of `model`, from its build; 0: taken at start.
  uint32_t expected_answer = 0;  // KnownAnswer of the model, from its build; 0: the self-test leaves that test out.
  uint16_t wake_time_ms = 0;     // Worst case from wake-up to the first valid result.
  EnergyKind energy_kind = EnergyKind::kUnknown;
  uint32_t energy_per_inference_uj = 0;
};

struct ModulePorts {
  const ModuleClock& clock;
  BusLock& lock;
  OutputPin* interrupt_line = nullptr;
  OutputPin* indicator = nullptr;  // Lit while the transducer is powered; no host can change that.
  ConfigStore* config_store = nullptr;
};

// Start and Step belong to one thread; the bank may be used from others at any time. Nothing is allocated.
class Module {
 public:
  // `arena` is the engine's: 16-byte aligned, and large enough for the model.
  Module(const ModuleSetup& setup, const ModulePorts& ports, Pipeline& pipeline, std::span<std::byte> arena);

  // Takes over the stored configuration, checks and plans the model, posts the reset event, and runs. Once only. On
  // failure the module stays in boot stage `recovery` with the fault published; it still answers, and takes the command
  // `restart`. Errors: InferenceEngine::Prepare and Pipeline::Bind. kInvalidArgument: the default configuration is
  // none, or there are more than 255 labels.
  Status Start();

  // One step: carries out a command that waits, then takes at most one capture all the way to the result. kOk: call
  // again at once. kNotReady: nothing to do until the source has more, a command comes, or time passes (call at least
  // every 10 ms where commands, pulses and periods matter). kEndOfInput: as kNotReady, and the source will have no
  // more. Other errors: what the capture or the inference failed with; it has been published.
  Status Step();

  RegisterBank& bank() { return bank_; }
  // A host gave the command `restart`: end this module and start a new one with ResetCause::kCommand.
  bool restart_requested() const { return restart_requested_; }
  // Why Start refused the model.
  const Diagnostics& diagnostics() const { return diagnostics_; }
  const InferenceEngine& engine() const { return engine_; }

 private:
  Status LoadModel();
  void LoadConfig();
  void ApplyConfig();
  bool IsDue(uint32_t now_ms);
  void SetPowered(bool powered);
  Status TakeCapture(uint32_t now_ms);
  void EndInput();
  void Publish(const Capture& capture, ErrorDomain domain, Status status);
  void Report(const LatestResult& result, EventType event);
  void RunCommand(const PendingCommand& pending);
  CommandVerdict StoreConfig();
  CommandVerdict FactoryReset(const Config& default_config);
  CommandVerdict RunSelfTest();
  void FinishSingleShot(Verdict verdict);
  void ReportFailure(ErrorDomain domain, Status status);
  void Post(EventType type, uint8_t detail, uint16_t value);

  const ModuleSetup& setup_;
  const ModulePorts ports_;
  Pipeline& pipeline_;
  const std::span<std::byte> arena_;
  RegisterBank bank_;
  InferenceEngine engine_;
  Diagnostics diagnostics_;
  PowerCounters power_;
  SelfTestReport self_test_;
  HoldOff result_hold_off_{0};
  HoldOff envelope_hold_off_{0};
  uint32_t model_crc32_ = 0;
  uint32_t last_capture_ms_ = 0;      // The last one that succeeded, or power-on.
  uint32_t woken_ms_ = 0;             // Begin of the period, or of the single shot.
  Status last_status_ = Status::kOk;  // Of the last result.
  bool is_running_ = false;
  bool is_powered_ = false;
  bool period_is_done_ = false;  // The evaluation of this period has been made.
  bool shot_is_pending_ = false;
  bool input_has_ended_ = false;
  bool was_outside_ = false;  // Of the envelope, when that was last reported.
  bool self_test_failed_ = false;
  bool restart_requested_ = false;
};

}  // namespace mls
