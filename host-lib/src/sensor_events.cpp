#include <thread>
#include <utility>

#include "mls/host/sensor.h"
#include "sensor_state.h"

namespace mls {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds kClockMapLasts(60);
constexpr milliseconds kStopIsAskedEach(100);
constexpr milliseconds kPollWhileAway(50);

// How many events after `from` come up to `to`. Numbers wrap, and 0 is none of them.
uint32_t EventsBetween(uint32_t from, uint32_t to) { return to - from - (to < from ? 1 : 0); }

bool IsNewer(uint32_t sequence, uint32_t than) { return static_cast<int32_t>(sequence - than) > 0; }

}  // namespace

Status SensorState::Synchronise(Deadline deadline) {
  synchronised = false;
  ++latch_token;
  const SteadyClock::time_point before = SteadyClock::now();
  Status status = Write(kReg<"control.time_latch">, latch_token, deadline);
  const SteadyClock::time_point after = SteadyClock::now();
  if (status != Status::kOk) return status;
  Backoff backoff(milliseconds(20));
  Result<EventHeader> header = Read<EventHeader>(deadline);
  while (header.ok() && header->latch_token != latch_token) {
    if (!backoff.Sleep(deadline)) return Fail(Status::kTimeout, "the module does not take the time latch");
    header = Read<EventHeader>(deadline);
  }
  if (!header.ok()) return header.status();
  const auto half_span = std::chrono::duration_cast<std::chrono::microseconds>((after - before) / 2);
  clock = {header->latch_time_ms, before + (after - before) / 2, half_span + std::chrono::microseconds(500)};

  const Result<Identity> identity = Read<Identity>(deadline);
  if (!identity.ok()) return identity.status();
  if (boot_id && *boot_id != identity->boot_id) {
    if (status = ReadIdent(deadline); status != Status::kOk) return status;
    ++starts;
    labels.reset();
    while (edges != nullptr && edges->TakeEvent().ok()) continue;  // They may be of the earlier start.
    telling = switched_on = false;
    delivered = acknowledged = 0;
  }
  boot_id = identity->boot_id;
  synchronised = true;
  return Status::kOk;
}

Result<EventHeader> SensorState::ReadHeader(Deadline deadline) {
  for (;;) {
    if (!synchronised || SteadyClock::now() - clock.host > kClockMapLasts) {
      if (const Status status = Synchronise(deadline); status != Status::kOk) return status;
    }
    const Result<EventHeader> header = Read<EventHeader>(deadline);
    if (!header.ok()) return header;
    if (header->latch_token == latch_token && header->latch_time_ms == clock.module_ms) return header;
    synchronised = false;
    if (SteadyClock::now() >= deadline) return Fail(Status::kBusy, "other hosts keep latching the module's time");
  }
}

Status SensorState::Acknowledge(Deadline deadline) {
  const Status status = Write(kReg<"control.event_ack">, delivered, deadline);
  // Refused: no such event. Then the module has restarted, which the next header shows.
  if (status == Status::kOk || status == Status::kRejected) acknowledged = delivered;
  return status == Status::kRejected ? Status::kOk : status;
}

Event SensorState::Describe(const EventRecord& record) const {
  Event event;
  event.record = record;
  if (labels && record.label < labels->size()) event.label = (*labels)[record.label];
  event.host_time = clock.ToWallClock(record.time_ms);
  event.uncertainty = clock.UncertaintyAt(record.time_ms);
  return event;
}

Status SensorState::Drain(const EventHandler& deliver, Deadline deadline, bool& more, bool& stopped) {
  more = stopped = false;
  Backoff backoff(milliseconds(20));
  std::optional<uint32_t> last;  // The newest event at the begin.
  unsigned last_starts = starts;
  for (;;) {
    const Result<EventHeader> header = ReadHeader(deadline);
    if (!header.ok()) return header.status();
    if (!has_cursor) {
      // Whatever was acknowledged before this host came is none of its business.
      delivered = acknowledged = header->count > 0 ? header->oldest - 1 : header->newest;
      delivered_starts = starts;
      has_cursor = true;
    }
    if (!last || last_starts != starts) last = header->newest, last_starts = starts;
    if (acknowledged != delivered) {  // The last attempt failed.
      if (const Status status = Acknowledge(deadline); status != Status::kOk) return status;
      continue;
    }

    EventBatch batch;
    batch.restarted = delivered_starts != starts;
    const bool is_done = !IsNewer(*last, delivered);
    if (is_done && !batch.restarted) {
      more = IsNewer(header->newest, delivered);
      return Status::kOk;
    }
    uint32_t newest = delivered;
    // What came by itself, up to the first gap: the header has shown that it is of this start. Without the labels it
    // would have to be looked at again.
    while (edges != nullptr && labels) {
      const Result<EventRecord> record = edges->TakeEvent();
      if (!record.ok() || (IsNewer(record->sequence, newest) && EventsBetween(newest, record->sequence) > 1)) break;
      if (!IsNewer(record->sequence, newest)) continue;
      newest = record->sequence;
      batch.events.push_back(Describe(*record));
    }
    const bool is_told = !batch.events.empty();
    if (is_told) {
      // Nothing to read.
    } else if (header->count == 0) {
      // Numbers that were given, and nothing there: another host took them.
      batch.lost = EventsBetween(delivered, header->newest);
      newest = header->newest;
    } else {
      if (const Status status = ReadLabels(deadline); status != Status::kOk) return status;
      std::array<uint8_t, kMaxWindowBytes> bytes{};
      Status status = ReadBytes(kEventDataWindow, 0, bytes, deadline);
      if (status != Status::kOk) return status;
      // Are these, and the labels, still of the start that the numbers are counted in?
      const unsigned starts_before = starts;
      if (status = CheckStart(deadline); status != Status::kOk) return status;
      if (starts_before != starts) continue;
      for (size_t slot = 0; slot < kEventRecordsPerRead; ++slot) {
        const auto record_bytes = std::span(bytes).subspan(slot * kEventRecordBytes).first<kEventRecordBytes>();
        const EventRecord record = *DecodeEvent(record_bytes, slot);
        if (record.sequence == 0 || !IsNewer(record.sequence, newest)) continue;
        batch.lost += EventsBetween(newest, record.sequence) - 1;
        newest = record.sequence;
        batch.events.push_back(Describe(record));
      }
      if (newest == delivered && !batch.restarted) {
        // The acknowledgement has not taken effect yet, or never arrived: I2C has no CRC for writes.
        if (!backoff.Sleep(deadline)) return Fail(Status::kTimeout, "acknowledged events do not go away");
        if (const Status again = Acknowledge(deadline); again != Status::kOk) return again;
        continue;
      }
    }
    const unsigned starts_told = starts;
    stopped = !deliver(batch);
    deadline = NextDeadline();
    if (starts != starts_told) {  // A call by the handler found a restart: the numbers are of another start.
      if (stopped) return Status::kOk;
      continue;
    }
    delivered = newest;
    delivered_starts = starts;
    if (batch.events.empty()) {
      acknowledged = delivered;
    } else if (const Status status = Acknowledge(deadline); status != Status::kOk) {
      return status;
    }
    // Whatever else there is will be told of as well.
    if (stopped || (is_told && telling)) return Status::kOk;
  }
}

Status Sensor::DrainEvents(const EventHandler& deliver) {
  return Call(state_.get(), "reading events", [&](SensorState& state, Deadline deadline) {
    bool more = false, stopped = false;
    return state.Drain(deliver, deadline, more, stopped);
  });
}

Status SensorState::WriteTelling(const Control& found, bool on, Deadline deadline) {
  if (!options.has_interrupt_line) return Write(kReg<"control.notify">, on ? 1 : 0, deadline);
  const int others = found.interrupt_enable & ~kInterruptEvent;
  return Write(kReg<"control.interrupt_enable">, static_cast<uint8_t>(on ? others | kInterruptEvent : others), deadline);
}

void SensorState::BeginTelling(Deadline deadline) {
  if (telling || !CanTell()) return;
  const Result<Control> found = Read<Control>(deadline);
  if (!found.ok()) return;
  const int bit = options.has_interrupt_line ? found->interrupt_enable & kInterruptEvent : found->notify;
  telling = bit != 0;
  if (!telling) telling = switched_on = WriteTelling(*found, true, deadline) == Status::kOk;
}

void SensorState::EndTelling(Deadline deadline) {
  telling = false;
  if (!std::exchange(switched_on, false)) return;
  const Result<Control> found = Read<Control>(deadline);
  if (found.ok()) (void)WriteTelling(*found, false, deadline);
}

Status Sensor::Watch(const EventHandler& deliver, Deadline deadline, const WatchOptions& options) {
  return Call(state_.get(), "watching", [&](SensorState& state, Deadline) {
    const bool can_tell = state.CanTell();
    const milliseconds interval = PollInterval(can_tell, options.poll_interval);
    const auto is_over = [&] { return SteadyClock::now() >= deadline || (options.stop && options.stop()); };
    std::optional<SteadyClock::time_point> away_since;
    Status status = Status::kOk;
    Status edge = Status::kOk;
    for (bool more = false, stopped = false;;) {
      state.BeginTelling(state.NextDeadline());
      const uint32_t delivered_before = state.delivered;
      status = state.Drain(deliver, state.NextDeadline(), more, stopped);
      // Events that nobody told of: another host has switched the telling off.
      if (edge == Status::kTimeout && state.delivered != delivered_before) state.telling = false;
      const SteadyClock::time_point now = SteadyClock::now();
      if (status == Status::kOk) {
        away_since.reset();
      } else {
        if (!away_since) away_since = now;
        if (!IsRetryable(status) || now - *away_since >= options.patience) break;
      }
      if (stopped || is_over()) break;
      if (more) continue;

      // A line that fails while the bus works must not keep the processor busy.
      const bool edges_fail = edge != Status::kOk && edge != Status::kTimeout;
      const bool listens = can_tell && !away_since && !edges_fail;
      const milliseconds pause = away_since ? kPollWhileAway : edges_fail ? PollInterval(false, {}) : interval;
      const Deadline wake = deadline - now > pause ? now + pause : deadline;
      edge = Status::kTimeout;
      while (edge == Status::kTimeout && SteadyClock::now() < wake && !(options.stop && options.stop())) {
        const Deadline slice = options.stop ? std::min(wake, SteadyClock::now() + kStopIsAskedEach) : wake;
        if (listens) {
          edge = state.edges->Wait(slice);
        } else {
          std::this_thread::sleep_until(slice);
        }
      }
    }
    if (status == Status::kOk) state.EndTelling(state.NextDeadline());
    return status;
  });
}

Result<ClockMap> Sensor::MapClock() {
  return Call(state_.get(), "mapping the clock", [](SensorState& state, Deadline deadline) -> Result<ClockMap> {
    const Status status = state.CheckStart(deadline);
    if (status != Status::kOk) return status;
    return state.clock;
  });
}

}  // namespace mls
