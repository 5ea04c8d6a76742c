#include "mls/core/module/module.h"

#include "mls/core/module/self_test.h"

namespace mls {
namespace {

// With any of these there is nothing to judge. Blurred pictures are judged and flagged.
constexpr uint16_t kNothingToJudge = kTooDark | kTooBright | kFlat | kFrozen | kTooQuiet | kClipped;

// A source that gives nothing for so long fails the self-test, and a single shot.
constexpr uint32_t kSourceTimeoutMs = 5000;

}  // namespace

Module::Module(const ModuleSetup& setup, const ModulePorts& ports, Pipeline& pipeline, std::span<std::byte> arena)
    : setup_(setup),
      ports_(ports),
      pipeline_(pipeline),
      arena_(arena),
      bank_(setup.registers, ports.clock, ports.lock, ports.interrupt_line) {
  bank_.AddCapabilities(kCanSelfTest | pipeline.capabilities() | (ports.config_store ? uint32_t{kCanStoreConfig} : 0));
  power_.wake_time_ms = setup.wake_time_ms;
  power_.energy_kind = setup.energy_kind;
  power_.requested_mode = setup.registers.default_config.power_mode;
  power_.actual_mode = PowerMode::kSleep;
  bank_.SetPower(power_);
  if (ports_.indicator) ports_.indicator->Set(false);
}

Status Module::Start() {
  assert(!engine_.ready());
  bank_.SetBootStage(BootStage::kLoading);
  Post(EventType::kReset, static_cast<uint8_t>(setup_.registers.reset_cause), 0);
  LoadConfig();
  const Status status = LoadModel();
  if (status != Status::kOk) {
    bank_.SetBootStage(BootStage::kRecovery);
    bank_.SetState(kFault, true);
    ReportFailure(ErrorDomain::kModel, status);
    return status;
  }
  is_running_ = true;
  bank_.SetBootStage(BootStage::kRunning);
  bank_.SetState(kReady, true);
  ApplyConfig();
  return status;
}

Status Module::LoadModel() {
  const BankSetup& registers = setup_.registers;
  if (registers.labels.size() > 255 || bank_.Check(registers.default_config).verdict != Verdict::kDone) {
    return Status::kInvalidArgument;
  }
  model_crc32_ = Crc32(setup_.model);
  if (setup_.model_crc32 != 0 && setup_.model_crc32 != model_crc32_) return Status::kCorrupt;
  const Status status = engine_.Prepare(setup_.model, arena_, setup_.operators, &diagnostics_);
  if (status != Status::kOk) return status;
  return pipeline_.Bind(engine_, registers.labels.size());
}

void Module::LoadConfig() {
  if (!ports_.config_store) return;
  std::array<uint8_t, kConfigRecordBytes> record;
  const Result<size_t> size = ports_.config_store->Load(record);
  if (size.status() == Status::kNotReady) return;
  Status status = size.status();
  if (size.ok()) {
    const Result<Config> config = DecodeConfigRecord(std::span(record).first(std::min(*size, record.size())));
    status = config.status();
    // Sound, and yet not for this module: made by another firmware.
    if (config.ok() && bank_.ActivateConfig(*config, true).verdict != Verdict::kDone) status = Status::kOutOfRange;
  }
  if (status != Status::kOk) ReportFailure(ErrorDomain::kStorage, status);
}

Status Module::Step() {
  bank_.Tick();
  if (const Result<PendingCommand> pending = bank_.TakeCommand(); pending.ok()) RunCommand(*pending);
  if (!is_running_) return Status::kNotReady;
  const uint32_t now_ms = ports_.clock.NowMs();
  if (shot_is_pending_ && (input_has_ended_ || now_ms - woken_ms_ > kSourceTimeoutMs)) {
    FinishSingleShot(Verdict::kFailed);
  }
  SetPowered(IsDue(now_ms));
  if (!is_powered_) return input_has_ended_ ? Status::kEndOfInput : Status::kNotReady;
  const Status status = TakeCapture(now_ms);
  SetPowered(IsDue(now_ms));
  return status;
}

bool Module::IsDue(uint32_t now_ms) {
  if (input_has_ended_) return false;
  const Config& config = bank_.active_config();
  switch (config.power_mode) {
    case PowerMode::kContinuous: return true;
    case PowerMode::kDutyCycled:
      if (!period_is_done_) return true;
      if (now_ms - woken_ms_ < config.period_ms) return false;
      woken_ms_ = now_ms;
      period_is_done_ = false;
      return true;
    case PowerMode::kSingleShot:
    case PowerMode::kStandby: return shot_is_pending_;
    case PowerMode::kSleep: return false;
  }
  return false;
}

Status Module::TakeCapture(uint32_t now_ms) {
  const Result<Capture> capture = pipeline_.Take(engine_.input(), now_ms);
  if (capture.status() == Status::kNotReady) return Status::kNotReady;
  if (capture.status() == Status::kEndOfInput) {
    EndInput();
    return Status::kEndOfInput;
  }
  if (!capture.ok()) {
    ++power_.skipped_count;
    Publish({.captured_ms = now_ms}, ErrorDomain::kCapture, capture.status());
    return capture.status();
  }
  last_capture_ms_ = now_ms;
  if (!capture->is_complete) return Status::kOk;
  const Status status = engine_.Invoke();
  ++power_.inference_count;
  power_.energy_uj += setup_.energy_per_inference_uj;
  Publish(*capture, ErrorDomain::kInference, status);
  return status;
}

void Module::Publish(const Capture& capture, ErrorDomain domain, Status status) {
  const bool is_usable = status == Status::kOk && !(capture.flags & kNothingToJudge) && !self_test_failed_;
  if (!is_usable) ++power_.invalid_count;
  bank_.SetPower(power_);

  const bool is_repeated = std::exchange(last_status_, status) == status;
  if (status != Status::kOk) {
    bank_.ReportError(domain, status);
    // A cable that is off makes one event, not one each step.
    if (!is_repeated) Post(EventType::kFault, static_cast<uint8_t>(domain), static_cast<uint16_t>(status));
  }
  bank_.SetState(kDegraded, !is_usable || (capture.flags & kOutOfEnvelope));

  const Judgement judgement = pipeline_.Judge(engine_.output(), is_usable, capture.captured_ms);
  const LatestResult result{.flags = static_cast<uint16_t>(capture.flags | (is_usable ? kValid : 0)),
                            .captured_ms = capture.captured_ms,
                            .config_generation = bank_.config_generation(),
                            .score_permille = judgement.score_permille,
                            .decision = judgement.decision,
                            .count = judgement.count,
                            .label = judgement.label,
                            .score_kind = judgement.score_kind};
  bank_.PublishResult(result);
  Report(result, judgement.event);
  period_is_done_ = true;
  if (shot_is_pending_) FinishSingleShot(status == Status::kOk ? Verdict::kDone : Verdict::kFailed);
}

void Module::Report(const LatestResult& result, EventType event) {
  const uint8_t report = bank_.active_config().report;
  const uint32_t time_ms = result.captured_ms;
  EventRecord record{.time_ms = time_ms,
                     .flags = static_cast<uint8_t>(result.flags),
                     .label = result.label,
                     .detail = static_cast<uint8_t>(result.decision),
                     .value = result.score_permille};
  if ((report & kReportChanges) && event != EventType::kNone) {
    record.type = event;
    bank_.PostEvent(record);
  }
  if ((report & kReportEveryResult) && !result_hold_off_.Active(time_ms)) {
    result_hold_off_.Start(time_ms);
    record.type = EventType::kResult;
    bank_.PostEvent(record);
  }
  // A failure tells nothing about the envelope.
  const bool was_judged = (result.flags & (kValid | kOutOfEnvelope)) != 0;
  const bool is_outside = (result.flags & kOutOfEnvelope) != 0;
  if ((report & kReportEnvelope) && was_judged && is_outside != was_outside_ && !envelope_hold_off_.Active(time_ms)) {
    envelope_hold_off_.Start(time_ms);
    was_outside_ = is_outside;
    record.type = EventType::kEnvelope;
    record.label = kNoLabel;
    record.detail = 0;
    record.value = result.flags;
    bank_.PostEvent(record);
  }
}

void Module::EndInput() {
  input_has_ended_ = true;
  bank_.SetState(kReady, false);
  bank_.SetState(kInputEnded, true);
  Post(EventType::kInputEnded, 0, 0);
}

void Module::SetPowered(bool powered) {
  if (powered == is_powered_) return;
  is_powered_ = powered;
  // The indicator is lit before anything can be sensed, and until nothing can any more.
  if (powered && ports_.indicator) ports_.indicator->Set(true);
  pipeline_.SetPowered(powered);
  if (!powered && ports_.indicator) ports_.indicator->Set(false);
  bank_.SetTransducersPowered(powered ? setup_.registers.transducers_fitted : 0);
  if (powered) last_capture_ms_ = ports_.clock.NowMs();
}

void Module::RunCommand(const PendingCommand& pending) {
  CommandVerdict verdict;
  switch (pending.command) {
    case Command::kNone:
    case Command::kRevert: break;
    case Command::kCommit:
      verdict = bank_.ActivateConfig(pending.staged, false);
      if (verdict.verdict == Verdict::kDone) ApplyConfig();
      break;
    case Command::kStore: verdict = StoreConfig(); break;
    case Command::kFactoryReset: verdict = FactoryReset(pending.staged); break;
    case Command::kSelfTest: verdict = RunSelfTest(); break;
    case Command::kSingleShot: {
      const PowerMode mode = bank_.active_config().power_mode;
      if (mode != PowerMode::kSingleShot && mode != PowerMode::kStandby) {
        verdict = {Verdict::kContradiction, kReg<"config.power_mode">.kAddress};
      } else if (!is_running_) {
        verdict = {Verdict::kFailed};
      } else {
        shot_is_pending_ = true;
        woken_ms_ = ports_.clock.NowMs();
        return;  // The verdict comes with the result.
      }
      break;
    }
    case Command::kRestart: restart_requested_ = true; break;
  }
  bank_.FinishCommand(verdict);
}

CommandVerdict Module::StoreConfig() {
  if (!ports_.config_store) return {Verdict::kUnsupported};
  const Status status = ports_.config_store->Save(EncodeConfigRecord(bank_.active_config()));
  if (status == Status::kOk) return {};
  ReportFailure(ErrorDomain::kStorage, status);
  return {Verdict::kFailed};
}

CommandVerdict Module::FactoryReset(const Config& default_config) {
  if (ports_.config_store) {
    const Status status = ports_.config_store->Erase();
    if (status != Status::kOk) {
      ReportFailure(ErrorDomain::kStorage, status);
      return {Verdict::kFailed};
    }
  }
  const CommandVerdict verdict = bank_.ActivateConfig(default_config, false);
  if (verdict.verdict == Verdict::kDone) ApplyConfig();
  return verdict;
}

CommandVerdict Module::RunSelfTest() {
  const uint32_t begin_ms = ports_.clock.NowMs();
  uint8_t run = 0;
  uint8_t failed = 0;
  const auto note = [&](uint8_t test, bool has_passed) {
    run |= test;
    if (!has_passed) failed |= test;
  };
  if (is_powered_) {
    note(kTestTransducer, last_status_ == Status::kOk && begin_ms - last_capture_ms_ <= kSourceTimeoutMs);
  }
  if (is_running_) note(kTestMemory, Crc32(setup_.model) == model_crc32_);
  if (is_running_ && setup_.expected_answer != 0) {
    const Result<uint32_t> answer = KnownAnswer(engine_);
    self_test_.expected_answer = setup_.expected_answer;
    self_test_.actual_answer = answer.ok() ? *answer : 0;
    note(kTestKnownAnswer, answer.ok() && *answer == setup_.expected_answer);
  }
  self_test_.tests_run = run;
  self_test_.tests_failed = failed;
  self_test_.duration_ms = static_cast<uint16_t>(std::min<uint32_t>(ports_.clock.NowMs() - begin_ms, 0xFFFF));
  if (self_test_.run_count != 0xFFFF) ++self_test_.run_count;
  bank_.SetSelfTest(self_test_);
  if (is_running_) {
    // With a wrong model no answer is worth anything; a silent transducer shows by itself.
    self_test_failed_ = (failed & (kTestMemory | kTestKnownAnswer)) != 0;
    bank_.SetState(kFault, self_test_failed_);
  }
  if (failed != 0) ReportFailure(ErrorDomain::kSelfTest, Status::kCorrupt);
  return {failed != 0 || run == 0 ? Verdict::kFailed : Verdict::kDone};
}

void Module::FinishSingleShot(Verdict verdict) {
  shot_is_pending_ = false;
  bank_.FinishCommand({verdict});
}

void Module::ApplyConfig() {
  const Config& config = bank_.active_config();
  if (!is_running_) return;
  pipeline_.Configure(config);
  result_hold_off_ = HoldOff(config.min_report_interval_ms);
  envelope_hold_off_ = HoldOff(config.min_report_interval_ms);
  woken_ms_ = ports_.clock.NowMs();
  period_is_done_ = false;
  power_.requested_mode = config.power_mode;
  if (std::exchange(power_.actual_mode, config.power_mode) != config.power_mode) {
    Post(EventType::kPowerMode, static_cast<uint8_t>(config.power_mode), 0);
  }
  bank_.SetPower(power_);
}

void Module::ReportFailure(ErrorDomain domain, Status status) {
  bank_.ReportError(domain, status);
  Post(EventType::kFault, static_cast<uint8_t>(domain), static_cast<uint16_t>(status));
}

void Module::Post(EventType type, uint8_t detail, uint16_t value) {
  bank_.PostEvent({.time_ms = ports_.clock.NowMs(), .type = type, .detail = detail, .value = value});
}

}  // namespace mls
