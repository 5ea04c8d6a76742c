// RegisterBank: all registers of a module, between its buses and its pipeline.
#pragma once

#include "mls/core/module/config_check.h"
#include "mls/core/module/event_fifo.h"
#include "mls/core/module/ports.h"
#include "mls/interface/register_target.h"

namespace mls {

// What the registers show that does not change after start. Everything pointed to is borrowed.
struct BankSetup {
  Ident ident{};  // The bank fills in model_id, label_count, event_capacity and the capabilities that it knows of.
  Identity identity{};
  Sha256 firmware_hash{};
  Sha256 model_hash{};
  Sha256 datasheet_hash{};
  std::span<const std::string_view> labels{};  // One for each class; what goes beyond 24 bytes is cut off.
  std::string_view crash_text{};
  ResetCause reset_cause = ResetCause::kPowerOn;
  bool debug_build = false;
  uint8_t transducers_fitted = 0;  // TransducerBit
  IndicatorPolicy indicator_policy = IndicatorPolicy::kNone;
  uint32_t read_limit_bytes_per_s = 8192;  // 0: no limit, for tests.
  uint32_t read_burst_bytes = 8192;        // What may be read at once after a pause; at least 32.
  Config default_config{};
  uint8_t i2c_address = kDefaultI2cAddress;  // As strapped.
  uint8_t power_modes = 0x1F;  // Bit n: PowerMode n is supported.
};

// A command that a host has given and that the pipeline has yet to carry out.
struct PendingCommand {
  Command command = Command::kNone;
  Config staged{};  // As it was at the moment of the command: what is written later has to wait for the next commit.
};

// What a link that sends NOTIFY frames remembers: see RegisterBank::NextNotification.
struct NotifyCursor {
  uint8_t activation = 0;
  uint32_t sequence = 0;
};

// Bus side (any interrupt or thread): RegisterTarget, Read, NextNotification. Pipeline side (one thread): the rest.
// Each call takes the BusLock for the time it needs to copy one window, so a reader never sees half of a change.
//
// Writes take effect at once: the staged configuration reads back as written, also after the commands that set it back.
// What commands do beyond that waits for the pipeline. There is room for one: a further command is refused with kBusy
// until the verdict of the last is there, so no verdict is ever lost. The same command with the same token again is a
// repetition whose answer got lost: it is answered with kOk and not carried out twice. A command that is written
// without a token is carried out each time.
class RegisterBank final : public RegisterTarget {
 public:
  // `setup` must outlive the bank. `interrupt_line` may be null.
  RegisterBank(const BankSetup& setup, const ModuleClock& clock, BusLock& lock, OutputPin* interrupt_line);

  // --- Bus side ---

  // As BeginRead, but copies into the caller's buffer: for links that need no frozen buffer beyond the call, however
  // many. Returns the bytes copied: `size_bytes`, or with kToEndOfWindow all up to the end of the window.
  Result<size_t> Read(uint8_t address, size_t size_bytes, std::span<uint8_t, kMaxWindowBytes> out);

  // The next event to send by itself: each event that was made since control.notify was set, once per cursor, oldest
  // first. kNotReady: none. What was acknowledged or dropped before it could be sent is left out.
  Result<EventRecord> NextNotification(NotifyCursor& cursor);

  // --- Pipeline side ---

  void AddCapabilities(uint32_t capabilities);  // Capability: what the bank cannot know. Before the first commit.
  void SetBootStage(BootStage stage);
  void SetState(uint16_t state_bits, bool on);  // Ready, fault, degraded, input_ended; the bank knows the others.
  void ReportError(ErrorDomain domain, Status status);  // Error registers and counter; makes no event.
  void PostEvent(const EventRecord& event);             // All but its sequence number.
  void PublishResult(const LatestResult& result);       // All but its sequence number and its age.
  void SetPower(const PowerCounters& power);
  void SetTransducersPowered(uint8_t transducers);  // TransducerBit
  void SetSelfTest(const SelfTestReport& report);

  // The command that waits. It counts as pending until FinishCommand. kNotReady: none.
  Result<PendingCommand> TakeCommand();
  void FinishCommand(CommandVerdict verdict);

  // Makes `config`, if it passes CheckConfig, the active configuration; with `stage` the staged one too.
  CommandVerdict ActivateConfig(const Config& config, bool stage);
  CommandVerdict Check(const Config& config) const { return CheckConfig(config, capabilities_, setup_.power_modes); }
  const Config& active_config() const { return active_; }  // Changes only on the pipeline side.
  uint16_t config_generation() const { return status_.config_generation; }

  // Ends an interrupt pulse whose time is over, and keeps the age of the result right when no new one comes for weeks.
  // Call it at least once a day, and each millisecond where pulses shall be short.
  void Tick();

  const BankSetup& setup() const { return setup_; }

 private:
  class Guard;

  Result<std::span<const uint8_t>> DoBeginRead(uint8_t address, size_t size_bytes) override;
  void DoEndRead() override {}
  Status DoWrite(uint8_t address, std::span<const uint8_t> bytes) override;
  void DoReportProtocolError(uint16_t protocol_errors) override;
  uint8_t DoI2cAddress() const override;

  // All of the following: with the lock held.
  Status Refuse(Status status, uint16_t protocol_error);
  bool SpendReadAllowance(size_t size_bytes);
  void EncodeCurrent(WindowIndex window, std::span<uint8_t> out) const;
  Ident CurrentIdent() const;
  ModuleStatus CurrentStatus() const;
  LatestResult CurrentResult() const;
  uint8_t PendingInterrupts() const;
  void RaiseInterrupts(uint8_t interrupt_bits);
  void BeginPulse();
  void UpdateLine();
  void PushEvent(const EventRecord& event);
  Status WriteConfig(uint8_t offset, std::span<const uint8_t> bytes);
  Status WriteControl(uint8_t offset, std::span<const uint8_t> bytes);
  Status WriteSoftAddress(uint8_t offset, std::span<const uint8_t> bytes);
  uint8_t CurrentI2cAddress() const { return soft_address_ != 0 ? soft_address_ : setup_.i2c_address; }

  const BankSetup& setup_;
  const ModuleClock& clock_;
  BusLock& lock_;
  OutputPin* const line_;
  uint32_t capabilities_;

  std::array<uint8_t, kMaxWindowBytes> frozen_{};
  EventFifo events_;
  Config active_;
  Config staged_;
  ModuleStatus status_;  // Without what CurrentStatus adds.
  LatestResult result_;
  bool has_result_ = false;
  bool result_is_old_ = false;  // 65.5 s or more have passed since its capture.
  PowerCounters power_;
  SelfTestReport self_test_;
  uint8_t transducers_powered_ = 0;
  Control control_;  // Without event_ack and the registers that clear.
  PendingCommand pending_;
  uint8_t soft_address_ = 0;  // 0: as strapped.
  uint32_t latch_time_ms_ = 0;
  uint8_t notify_activation_ = 0;
  uint32_t notify_from_ = 0;
  uint64_t spent_millibytes_ = 0;  // Read, and not earned back yet.
  uint32_t allowance_ms_ = 0;      // When it was last earned back.
  uint32_t pulse_begin_ms_ = 0;
  bool in_pulse_ = false;
  bool line_is_high_ = true;
};

}  // namespace mls
