#include "mls/host/sensor.h"

#include "mls/drivers/open_bus.h"
#include "mls/host/names.h"
#include "sensor_state.h"

namespace mls {
namespace {

template <WindowStruct W>
Result<W> ReadWhole(SensorState* state, std::string_view what) {
  return Call(state, what, [](SensorState& s, Deadline deadline) { return s.Read<W>(deadline); });
}

template <WindowStruct Half>
Status ReadHash(SensorState& state, Sha256& hash, Deadline deadline) {
  for (uint8_t index = 0; index < 2; ++index) {
    const Result<Half> half = state.Read<Half>(deadline, index);
    if (!half.ok()) return half.status();
    std::copy(half->half.begin(), half->half.end(), hash.begin() + 16 * index);
  }
  return Status::kOk;
}

Status RequireProfile(SensorState& state, Profile profile) {
  if (state.ident.profile == profile) return Status::kOk;
  return state.Fail(Status::kUnsupported, "its profile is " + NameOf<"ident.profile">(state.ident.profile) + ", not " +
                                              NameOf<"ident.profile">(profile));
}

Result<GenericReading> ReadWithLabel(SensorState& state, Deadline deadline) {
  for (;;) {
    if (const Status status = state.ReadLabels(deadline); status != Status::kOk) return status;
    const Result<LatestResult> result = state.Read<LatestResult>(deadline);
    if (!result.ok()) return result.status();
    // A restart may have brought another model: its numbers need its own labels.
    if (const Status status = state.CheckStart(deadline); status != Status::kOk) return status;
    if (!state.labels) continue;
    return GenericReading{{*result}, result->label < state.labels->size() ? (*state.labels)[result->label] : ""};
  }
}

}  // namespace

Sensor::Sensor() = default;
Sensor::Sensor(std::unique_ptr<SensorState> state) : state_(std::move(state)) {}
Sensor::~Sensor() = default;
Sensor::Sensor(Sensor&&) noexcept = default;
Sensor& Sensor::operator=(Sensor&&) noexcept = default;

Result<Sensor> Sensor::Open(std::string_view uri, const SensorOptions& options, SensorError* error) {
  std::string why;
  Result<BusConnection> connection = OpenBus(uri, SteadyClock::now() + options.timeout, &why);
  if (!connection.ok()) {
    if (error != nullptr) *error = {connection.status(), std::string(uri) + ": " + why, Verdict::kNone, ""};
    return connection.status();
  }
  SensorOptions with_line = options;
  with_line.has_interrupt_line = connection->is_interrupt_line;
  return Open(std::move(connection->bus), std::move(connection->edges), std::string(uri), with_line, error);
}

Result<Sensor> Sensor::Open(std::shared_ptr<RegisterBus> bus, std::shared_ptr<EdgeWaiter> edges, std::string name,
                            const SensorOptions& options, SensorError* error) {
  auto state = std::make_unique<SensorState>(std::move(bus), std::move(edges), std::move(name), options);
  const Status status =
      Call(state.get(), "identifying", [](SensorState& s, Deadline deadline) { return s.ReadIdent(deadline); });
  if (error != nullptr) *error = state->error;
  if (status != Status::kOk) return status;
  return Sensor(std::move(state));
}

const SensorError& Sensor::error() const {
  static const SensorError closed{Status::kNoDevice, "the sensor is closed", Verdict::kNone, ""};
  return state_ ? state_->error : closed;
}

const std::string& Sensor::name() const {
  static const std::string none;
  return state_ ? state_->name : none;
}

const Ident& Sensor::ident() const {
  static const Ident none;
  return state_ ? state_->ident : none;
}

BusCounters Sensor::counters() const {
  if (!state_) return {};
  const uint64_t retries = state_->bus.counters().retries;
  return {state_->calls + retries, retries, state_->damaged_windows};
}

Result<Identity> Sensor::ReadIdentity() { return ReadWhole<Identity>(state_.get(), "reading the identity"); }
Result<ModuleStatus> Sensor::ReadStatus() { return ReadWhole<ModuleStatus>(state_.get(), "reading the status"); }
Result<PowerCounters> Sensor::ReadPower() { return ReadWhole<PowerCounters>(state_.get(), "reading the counters"); }
Result<Privacy> Sensor::ReadPrivacy() { return ReadWhole<Privacy>(state_.get(), "reading the privacy registers"); }
Result<SelfTestReport> Sensor::ReadSelfTest() {
  return ReadWhole<SelfTestReport>(state_.get(), "reading the self-test");
}
Result<Config> Sensor::ReadConfig() { return ReadWhole<Config>(state_.get(), "reading the configuration"); }

Result<Hashes> Sensor::ReadHashes() {
  return Call(state_.get(), "reading the hashes", [](SensorState& state, Deadline deadline) -> Result<Hashes> {
    Hashes hashes;
    Status status = ReadHash<FirmwareHashHalf>(state, hashes.firmware, deadline);
    if (status == Status::kOk) status = ReadHash<ModelHashHalf>(state, hashes.model, deadline);
    if (status == Status::kOk) status = ReadHash<DatasheetHashHalf>(state, hashes.datasheet, deadline);
    if (status != Status::kOk) return status;
    return hashes;
  });
}

Result<std::string> Sensor::ReadCrashText() {
  return Call(state_.get(), "reading the crash text", [](SensorState& state, Deadline deadline) -> Result<std::string> {
    std::string text;
    for (unsigned index = 0; index < 256; ++index) {
      const Result<CrashText> piece = state.Read<CrashText>(deadline, static_cast<uint8_t>(index));
      if (!piece.ok()) return piece.status();
      const std::string more = TextOf(piece->text);
      text += more;
      if (more.size() < piece->text.size()) break;
    }
    return text;
  });
}

Result<std::vector<std::string>> Sensor::ReadLabels() {
  return Call(state_.get(), "reading the labels",
              [](SensorState& state, Deadline deadline) -> Result<std::vector<std::string>> {
                // Labels are of one start of the module: when it restarts meanwhile, they are read again.
                do {
                  if (const Status status = state.ReadLabels(deadline); status != Status::kOk) return status;
                  if (const Status status = state.CheckStart(deadline); status != Status::kOk) return status;
                } while (!state.labels);
                return *state.labels;
              });
}

Result<Reading> Sensor::ReadResult() {
  return Call(state_.get(), "reading the result", [](SensorState& state, Deadline deadline) -> Result<Reading> {
    const Result<LatestResult> result = state.Read<LatestResult>(deadline);
    if (!result.ok()) return result.status();
    return Reading{*result};
  });
}

Result<PersonReading> Sensor::ReadPerson() {
  return Call(state_.get(), "reading the result", [](SensorState& state, Deadline deadline) -> Result<PersonReading> {
    if (const Status status = RequireProfile(state, Profile::kPerson); status != Status::kOk) return status;
    const Result<LatestResult> result = state.Read<LatestResult>(deadline);
    if (!result.ok()) return result.status();
    return PersonReading{{*result}};
  });
}

Result<KeywordReading> Sensor::ReadKeyword() {
  return Call(state_.get(), "reading the result", [](SensorState& state, Deadline deadline) -> Result<KeywordReading> {
    if (const Status status = RequireProfile(state, Profile::kKeyword); status != Status::kOk) return status;
    const Result<GenericReading> reading = ReadWithLabel(state, deadline);
    if (!reading.ok()) return reading.status();
    const bool is_heard = reading->decision() == Decision::kPositive;
    return KeywordReading{{reading->registers}, is_heard ? reading->label : ""};
  });
}

Result<GenericReading> Sensor::ReadGeneric() {
  return Call(state_.get(), "reading the result", ReadWithLabel);
}

Result<SelfTestReport> Sensor::RunSelfTest(std::chrono::milliseconds timeout) {
  return Call(state_.get(), "self-test", [&](SensorState& state, Deadline) -> Result<SelfTestReport> {
    const Deadline deadline = SteadyClock::now() + timeout;
    const Status status = state.RunCommand(Command::kSelfTest, deadline);
    // A self-test that found something has a report too.
    if (status != Status::kOk && state.error.verdict != Verdict::kFailed) return status;
    return state.Read<SelfTestReport>(deadline);
  });
}

Status Sensor::RunCommand(Command command) {
  return RunCommand(command, state_ ? state_->options.timeout : std::chrono::seconds(0));
}

Status Sensor::RunCommand(Command command, std::chrono::milliseconds timeout) {
  return Call(state_.get(), NameOf<"control.command">(command),
              [&](SensorState& state, Deadline) { return state.RunCommand(command, SteadyClock::now() + timeout); });
}

Status Sensor::StageConfig(const Config& config) {
  return Call(state_.get(), "staging the configuration", [&](SensorState& state, Deadline deadline) {
    constexpr const WindowInfo& kWindow = kWindowOf<Config>;
    std::array<uint8_t, kMaxWindowBytes> wanted{}, actual{};
    const size_t payload = EncodeWindow(config, wanted) - 2;
    Status status = state.Write(kWindow.address, std::span(wanted).first(payload), deadline);
    const auto bytes_of = [](const RegisterInfo& info, std::span<const uint8_t> window) {
      return window.subspan(info.offset, info.size_bytes);
    };
    if (status == Status::kRejected) {
      // Which one? A write of its own tells.
      for (const RegisterInfo& info : kRegisters) {
        if (info.window != kConfigWindow || info.access == Access::kReadOnly) continue;
        const uint8_t address = static_cast<uint8_t>(kWindow.address + info.offset);
        if (state.Write(address, bytes_of(info, wanted), deadline) == Status::kRejected) {
          return state.Fail(status, std::string("the module does not take this value of ") + info.name, Verdict::kNone,
                            info.name);
        }
      }
    }
    if (status != Status::kOk) return status;
    Backoff backoff(std::chrono::milliseconds(20));
    do {
      if (status = state.ReadBytes(kConfigWindow, 0, actual, deadline); status != Status::kOk) return status;
      if (std::equal(wanted.begin(), wanted.begin() + static_cast<std::ptrdiff_t>(payload), actual.begin())) {
        return Status::kOk;
      }
    } while (backoff.Sleep(deadline));
    for (const RegisterInfo& info : kRegisters) {
      if (info.window != kConfigWindow || info.access == Access::kReadOnly) continue;
      if (std::ranges::equal(bytes_of(info, wanted), bytes_of(info, actual))) continue;
      return state.Fail(Status::kProtocol, std::string(info.name) + " does not read back as it was written",
                        Verdict::kNone, info.name);
    }
    return Status::kProtocol;
  });
}

Status Sensor::ApplyConfig(const Config& config, bool store) {
  Status status = StageConfig(config);
  if (status == Status::kOk) status = Commit();
  if (status == Status::kOk && store) status = Store();
  if (status != Status::kOk) return status;
  return Call(state_.get(), "checking the configuration", [&](SensorState& state, Deadline deadline) {
    const Result<Config> staged = state.Read<Config>(deadline);
    if (!staged.ok() || *staged == config) return staged.status();
    return state.Fail(Status::kProtocol, "the module has started anew before it took effect: configure it again");
  });
}

Status Sensor::ReadWindow(WindowIndex window, uint8_t index, std::span<uint8_t> out) {
  if (out.size() < kWindows[window].size_bytes) return Status::kNoMemory;
  return Call(state_.get(), std::string("reading ") + kWindows[window].name,
              [&](SensorState& state, Deadline deadline) { return state.ReadBytes(window, index, out, deadline); });
}

Status Sensor::WriteRegister(const RegisterInfo& info, std::span<const uint8_t> bytes) {
  if (bytes.size() != info.size_bytes) return Status::kInvalidArgument;
  const uint8_t address = static_cast<uint8_t>(kWindows[info.window].address + info.offset);
  return Call(state_.get(), std::string("writing ") + info.name, [&](SensorState& state, Deadline deadline) {
    // A host that turns pages by hand must not make this one believe otherwise.
    if (info.window == kControlWindow) state.shown_page = kNotPaged;
    return state.Write(address, bytes, deadline);
  });
}

}  // namespace mls
