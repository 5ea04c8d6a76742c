// mls::Sensor: one ML sensor, as a host program sees it.
//
//   mls::Result<mls::Sensor> sensor = mls::Sensor::Open("unix:/tmp/person.sock");
//   mls::Result<mls::PersonReading> person = sensor->ReadPerson();
//   if (person.ok() && person->usable()) std::cout << (person->present() ? "somebody" : "nobody") << "\n";
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mls/host/event.h"
#include "mls/host/reading.h"
#include "mls/interface/register_bus.h"
#include "mls/interface/windows.h"

namespace mls {

struct SensorOptions {
  // Total time of a call, all its transactions and retries together.
  std::chrono::milliseconds timeout{1000};
  // How often one transaction is tried before the call fails.
  int attempts = 3;
  // For a bus that the caller made: `edges` is the module's interrupt line. Otherwise it is NOTIFY frames on the same
  // link.
  bool has_interrupt_line = false;
};

// What is said about a failure, for people and for programs that want to know more than the Status.
struct SensorError {
  Status status = Status::kOk;
  std::string message;               // Which sensor, what was tried, what went wrong, and what may help.
  Verdict verdict = Verdict::kNone;  // Status::kRejected: the module's verdict on a command ...
  std::string field;                 // ... and the register that it is about ("config.on_delay_ms"), or "".
};

struct Hashes {
  Sha256 firmware{};
  Sha256 model{};
  Sha256 datasheet{};
};

// What the bus was used for; for tests and figures.
struct BusCounters {
  uint64_t transactions = 0;     // Reads and writes, repeated ones included.
  uint64_t retries = 0;          // Those that were repeated because the bus failed.
  uint64_t damaged_windows = 0;  // Windows that were read again because their CRC was wrong.
};

struct WatchOptions {
  // How often to look without being told. Zero: once a second where the module can tell, 100 ms where it cannot.
  std::chrono::milliseconds poll_interval{0};
  // How long the module may be away (unplugged, restarting) before the watch gives up.
  std::chrono::milliseconds patience{2000};
  // Asked at least every 100 ms; true ends the watch. Nothing is sent meanwhile.
  std::function<bool()> stop{};
};

struct SensorState;

// One module on one bus. Move-only; closes the bus when it goes. Not thread-safe: one thread at a time, which may
// change. Different sensors are independent of each other: there is no global state.
//
// Each call ends within SensorOptions::timeout unless it says otherwise, and checks every CRC. Errors common to all
// calls: those of RegisterBus, after all retries; kTimeout also where a module answers but never gets done. error()
// then has the details.
class Sensor {
 public:
  // A closed sensor: every call gives kNoDevice.
  Sensor();
  ~Sensor();
  Sensor(Sensor&&) noexcept;
  Sensor& operator=(Sensor&&) noexcept;

  // Opens the bus at `uri` (see OpenBus) and reads who is there. Besides the errors of OpenBus: kProtocol when what
  // answers is no ML sensor, kUnsupported when its register map has another major version. `error`, where given, says
  // it in full.
  static Result<Sensor> Open(std::string_view uri, const SensorOptions& options = {}, SensorError* error = nullptr);
  // The same over a bus that the caller made. `edges` may be null; `name` stands for the sensor in messages.
  static Result<Sensor> Open(std::shared_ptr<RegisterBus> bus, std::shared_ptr<EdgeWaiter> edges, std::string name,
                             const SensorOptions& options = {}, SensorError* error = nullptr);

  // About the call that failed last.
  const SensorError& error() const;
  const std::string& name() const;
  BusCounters counters() const;

  // --- Who are you? ---
  const Ident& ident() const;  // As read by Open, and again whenever a restart was noticed.
  Result<Identity> ReadIdentity();
  Result<Hashes> ReadHashes();
  Result<std::string> ReadCrashText();
  // The class names, by number. Read once for each start of the module: later calls take one transaction.
  Result<std::vector<std::string>> ReadLabels();

  // --- What do you sense? ---
  // One transaction. An answer that is invalid, stale or out of envelope is returned as such: ask usable().
  Result<Reading> ReadResult();
  // kUnsupported: not a person sensor. One transaction.
  Result<PersonReading> ReadPerson();
  // kUnsupported: not a keyword sensor. Two transactions once the labels are known.
  Result<KeywordReading> ReadKeyword();
  // Of any profile. Two transactions once the labels are known.
  Result<GenericReading> ReadGeneric();

  // --- How are you? ---
  Result<ModuleStatus> ReadStatus();
  Result<PowerCounters> ReadPower();
  Result<Privacy> ReadPrivacy();
  Result<SelfTestReport> ReadSelfTest();
  // Runs the self-test and reads its report; takes at most `timeout`. A test that failed is no error here: see
  // tests_failed.
  Result<SelfTestReport> RunSelfTest(std::chrono::milliseconds timeout = std::chrono::seconds(30));

  // --- Configuration ---
  Result<Config> ReadConfig();  // The staged one.
  // Writes the staged configuration and reads it back. kRejected: the module refused, error().field tells what;
  // kProtocol: it reads back otherwise.
  Status StageConfig(const Config& config);
  // Each waits for the module's verdict. kRejected: see error().verdict and error().field.
  Status Commit() { return RunCommand(Command::kCommit); }
  Status Store() { return RunCommand(Command::kStore); }
  Status Revert() { return RunCommand(Command::kRevert); }
  Status FactoryReset() { return RunCommand(Command::kFactoryReset); }
  // Stage, commit and, if asked, store; then looks whether it is still there. kProtocol: no, the module has started
  // anew in between.
  Status ApplyConfig(const Config& config, bool store = false);
  Status RunCommand(Command command);
  Status RunCommand(Command command, std::chrono::milliseconds timeout);

  // --- Events ---
  // Delivers what waits, then returns; acknowledges each batch after `deliver` returned. `deliver` returns false to
  // stop early. The module keeps what is not acknowledged.
  Status DrainEvents(const EventHandler& deliver);
  // Delivers events until `deadline`, `options.stop` or a `deliver` that returns false: kOk. In between it sleeps on
  // the bus's file descriptor. Survives restarts of the module and breaks of the link of up to `options.patience`;
  // otherwise their error.
  Status Watch(const EventHandler& deliver, Deadline deadline, const WatchOptions& options = {});

  // Relates the module's clock to the host's. Made when first needed, and again after a minute or a restart.
  Result<ClockMap> MapClock();

  // --- Any register ---
  // Reads a whole window, CRC checked, into `out`, which has room for it. `index`: entry of a paged window.
  Status ReadWindow(WindowIndex window, uint8_t index, std::span<uint8_t> out);
  // Writes one register from its bytes.
  Status WriteRegister(const RegisterInfo& info, std::span<const uint8_t> bytes);

 private:
  friend class Watcher;
  explicit Sensor(std::unique_ptr<SensorState> state);

  std::unique_ptr<SensorState> state_;
};

}  // namespace mls
