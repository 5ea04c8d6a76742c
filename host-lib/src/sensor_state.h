// What is inside a Sensor. Not installed.
#pragma once

#include <optional>

#include "mls/drivers/retrying_bus.h"
#include "mls/host/sensor.h"

namespace mls {

struct SensorState {
  SensorState(std::shared_ptr<RegisterBus> a_bus, std::shared_ptr<EdgeWaiter> some_edges, std::string a_name,
              const SensorOptions& some_options)
      : options(some_options),
        name(std::move(a_name)),
        edges(std::move(some_edges)),
        owned_bus(std::move(a_bus)),
        bus(*owned_bus, options.attempts) {}

  Deadline NextDeadline() const { return SteadyClock::now() + options.timeout; }

  // Remembers details of a failure; the caller passes the status on.
  Status Fail(Status status, std::string detail, Verdict verdict = Verdict::kNone, std::string field = "");
  // Completes error() after a call: `what` was tried.
  void Note(Status status, std::string_view what);

  // A whole window into `out`, from the right page and with the right CRC.
  Status ReadBytes(WindowIndex window, uint8_t index, std::span<uint8_t> out, Deadline deadline);
  Status Write(uint8_t address, std::span<const uint8_t> bytes, Deadline deadline);

  template <WindowStruct W>
  Result<W> Read(Deadline deadline, uint8_t index = 0) {
    std::array<uint8_t, kMaxWindowBytes> bytes{};
    const Status status = ReadBytes(W::kWindow, index, bytes, deadline);
    if (status != Status::kOk) return status;
    return DecodeWindow<W>(bytes, index);
  }
  template <WritableRegister R>
  Status Write(R reg, typename R::Value value, Deadline deadline) {
    return Write(R::kAddress, EncodeWrite(reg, value), deadline);
  }

  Status ReadIdent(Deadline deadline);
  Status ReadLabels(Deadline deadline);  // Into `labels`, unless they are there.
  Status RunCommand(Command command, Deadline deadline);

  // The latch marks one start of the module: the header of the FIFO shows it until the module restarts or another host
  // latches. So each header tells at no cost whether the module is still the one whose labels and event numbers are
  // known.
  Status Synchronise(Deadline deadline);
  Result<EventHeader> ReadHeader(Deadline deadline);
  // Makes sure that nothing known before is of an earlier start. kOk also after a restart: compare `starts`.
  Status CheckStart(Deadline deadline) { return ReadHeader(deadline).status(); }
  Status Acknowledge(Deadline deadline);
  // Delivers all events up to the newest at its begin; of a module that tells, only those that came with notifications
  // if there are such: it tells of the others too. `deadline` is for the first batch, each further one has as much
  // again. `more`: others have come since. `stopped`: the handler said so.
  Status Drain(const EventHandler& deliver, Deadline deadline, bool& more, bool& stopped);
  Event Describe(const EventRecord& record) const;

  // Whether the module can say by itself that events wait: through NOTIFY frames or its interrupt line.
  bool CanTell() const {
    return edges != nullptr && (ident.capabilities & (options.has_interrupt_line ? kHasInterruptLine : kCanNotify)) != 0;
  }
  // Has the module tell of events, unless it does; without success it stays quiet, and polling does it.
  void BeginTelling(Deadline deadline);
  // Puts back what BeginTelling found. Another host that relies on it notices at its next event.
  void EndTelling(Deadline deadline);
  Status WriteTelling(const Control& found, bool on, Deadline deadline);

  const SensorOptions options;
  const std::string name;
  SensorError error;
  const std::shared_ptr<EdgeWaiter> edges;  // May be null.
  const std::shared_ptr<RegisterBus> owned_bus;
  RetryingBus bus;
  uint64_t calls = 0;
  uint64_t damaged_windows = 0;
  int shown_page = kNotPaged;  // What this host selected last.
  uint8_t shown_index = 0;

  Ident ident;
  std::optional<std::array<uint8_t, 8>> boot_id;
  std::optional<std::vector<std::string>> labels;
  unsigned starts = 0;  // Restarts of the module that were noticed.
  bool synchronised = false;
  uint8_t latch_token = 0;
  ClockMap clock;

  bool has_cursor = false;
  uint32_t delivered = 0;         // The last event that was delivered.
  uint32_t acknowledged = 0;      // The last one that was acknowledged.
  unsigned delivered_starts = 0;  // `starts` as the last batch told it.
  bool telling = false;           // The module tells of events ...
  bool switched_on = false;       // ... and did not before this host came.
};

// How a call ends that sleeps between attempts: a pause that doubles up to `longest`. False: the deadline has come.
class Backoff {
 public:
  explicit Backoff(std::chrono::milliseconds longest) : longest_(longest) {}
  bool Sleep(Deadline deadline);

 private:
  std::chrono::milliseconds pause_{1};
  const std::chrono::milliseconds longest_;
};

// How often to look for events: what the user `wants`, or without a wish what suits the module.
inline std::chrono::milliseconds PollInterval(bool can_tell, std::chrono::milliseconds wants) {
  if (wants.count() > 0) return wants;
  return can_tell ? std::chrono::milliseconds(1000) : std::chrono::milliseconds(100);
}

inline Status StatusOf(Status status) { return status; }
template <typename T>
Status StatusOf(const Result<T>& result) {
  return result.status();
}

// Frames each public call: the deadline before, error() after.
template <typename Operation>
auto Call(SensorState* state, std::string_view what, Operation operation)
    -> decltype(operation(*state, std::declval<Deadline>())) {
  if (state == nullptr) return Status::kNoDevice;
  state->error = {};
  auto result = operation(*state, state->NextDeadline());
  state->Note(StatusOf(result), what);
  return result;
}

}  // namespace mls
