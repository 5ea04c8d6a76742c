#include "fault_sweep_session.h"

#include <cstdio>
#include <thread>

namespace mls::test {
namespace {

using std::chrono::milliseconds;

constexpr int kMostAttempts = 60;
constexpr milliseconds kPause{50};
constexpr milliseconds kWatch{2000};

}  // namespace

void Session::Run() {
  for (bool is_over = false; !is_over;) {
    try {
      RunHost();
      is_over = true;
    } catch (const HostKilled&) {
      link_.HostIsGone();
      newest_.reset();
    }
  }
  CheckTheBooks();
}

void Session::RunHost() {
  sensor_ = nullptr;
  Result<Sensor> opened = Status::kNotReady;
  const bool is_open = Repeat("open", 2 * kCallTimeout, [&] {
    const Result<BusConnection> connection = link_.Connect();
    if (!connection.ok()) return connection.status();
    opened = Sensor::Open(connection->bus, connection->edges, "sweep", {.timeout = kCallTimeout, .has_interrupt_line = link_.has_interrupt_line()});
    return opened.status();
  });
  if (!is_open) return;
  Sensor& sensor = *opened;
  sensor_ = &sensor;
  Drain(sensor);
  Identify(sensor);
  Configure(sensor);
  for (int i = 0; i < kResults; ++i) {
    std::this_thread::sleep_for(link_.capture_period());
    link_.Capture();
    Repeat("read", kCallTimeout, [&] {
      const Result<PersonReading> reading = sensor.ReadPerson();
      if (!reading.ok()) return reading.status();
      const SweepModule::Result result{reading->registers.sequence, reading->registers.decision};
      if (result != link_.result()) {
        Fail("result " + std::to_string(result.sequence) + " instead of " + std::to_string(link_.result().sequence));
      }
      return Status::kOk;
    });
  }
  Drain(sensor);
  Watch(sensor);
  Drain(sensor);
}

// `limit`: how long each attempt may take. kNotReady: it has not failed, and yet has to be made again.
template <typename Call>
bool Session::Repeat(const char* what, milliseconds limit, Call call) {
  Status status = Status::kOk;
  for (int i = 0; i < kMostAttempts; ++i) {
    const SteadyClock::time_point begin = SteadyClock::now();
    const SteadyClock::duration stalled = link_.stalled();
    status = call();
    const auto took = SteadyClock::now() - std::max(begin, last_delivery_) - (link_.stalled() - stalled);
    longest_overrun_ = std::max(longest_overrun_, std::chrono::duration_cast<milliseconds>(took - limit));
    if (took > limit + limit / 10 + link_.allowance()) {
      Fail(std::string(what) + " takes " + std::to_string(took / milliseconds(1)) + " ms, not " + std::to_string(limit.count()));
    }
    if (status == Status::kOk) return true;
    if (status != Status::kNotReady) ++failed_calls_;
    std::this_thread::sleep_for(kPause);
  }
  Fail(std::string(what) + " never succeeds again: " + StatusName(status) + ", " + (sensor_ ? sensor_->error().message : "not open"));
  return false;
}

void Session::Identify(Sensor& sensor) {
  Repeat("identify", kCallTimeout, [&] {
    const Result<Identity> identity = sensor.ReadIdentity();
    if (identity.ok() && identity->boot_id != link_.boot_id()) Fail("the identity of an earlier start");
    return identity.status();
  });
}

void Session::Configure(Sensor& sensor) {
  Config config;
  config.on_delay_ms = 0;
  config.high_threshold_permille = 710;
  config.report = kReportChanges | kReportEveryResult;
  Repeat("configure", 4 * kCallTimeout, [&] {
    const Status status = sensor.ApplyConfig(config);
    if (status == Status::kOk && link_.active_config() != config) Fail("a configuration is reported active and is not");
    return status;
  });
}

bool Session::has_all() { return newest_ && life_ == link_.life() && *newest_ == link_.newest_event(); }

void Session::Drain(Sensor& sensor) {
  Repeat("drain", kCallTimeout, [&] {
    const Status status = sensor.DrainEvents([&](const EventBatch& batch) { return Take(batch); });
    return status == Status::kOk && newest_ && !has_all() ? Status::kNotReady : status;
  });
}

void Session::Watch(Sensor& sensor) {
  link_.CaptureLater(kLiveCaptures, link_.capture_period());
  Repeat("watch", kWatch, [&] {
    const Status status = sensor.Watch(
        [&](const EventBatch& batch) {
          Take(batch);
          return link_.captures_to_come() > 0 || !has_all();
        },
        SteadyClock::now() + kWatch, {.poll_interval = milliseconds(100), .patience = milliseconds(1000)});
    return status == Status::kOk && link_.captures_to_come() > 0 ? Status::kNotReady : status;
  });
}

bool Session::Take(const EventBatch& batch) {
  last_delivery_ = SteadyClock::now();
  if (life_ != link_.life()) {
    if (newest_ && !batch.restarted) Fail("a restart is not told, or events come of a start that is over");
    life_ = link_.life();
    seen_.clear();
    counted_ = told_ = 0;
  } else if (newest_ && batch.restarted) {
    Fail("a restart is told that there was none of");
  }
  if (batch.restarted) newest_ = 0;
  lost_ += batch.lost;
  counted_ += batch.lost;
  uint32_t newest = newest_.value_or(0) + static_cast<uint32_t>(batch.lost);
  for (const Event& event : batch.events) {
    const EventRecord& record = event.record;
    const std::string number = "event " + std::to_string(record.sequence);
    ++delivered_;
    if (newest_ && record.sequence <= *newest_) Fail(number + " is delivered twice");
    seen_.insert(record.sequence);
    newest = std::max(newest, record.sequence);
    newest_ = newest;
    if (record.type == EventType::kOverflow) told_ += record.value;
    if (record.type == EventType::kPresence || record.type == EventType::kResult) {
      if (link_.DecisionAt(record.time_ms) != static_cast<Decision>(record.detail)) Fail(number + " did not happen");
      if (event.label != (record.label == 1 ? "person" : "empty")) Fail(number + " has the label '" + event.label + "'");
    }
  }
  newest_ = newest;
  return true;
}

void Session::CheckTheBooks() {
  if (!has_all()) return Fail("not all events are delivered or counted");
  const uint64_t missing = *newest_ - seen_.size();
  if (missing > std::max(counted_, told_)) {
    Fail(std::to_string(missing) + " events are missing, " + std::to_string(std::max(counted_, told_)) + " are counted as lost");
  }
}

SweepTotals SweepFaults(const char* transport, const std::function<std::unique_ptr<Link>()>& make_link, uint64_t step, uint64_t in_a_row) {
  SweepTotals totals;
  const auto run = [&](const Plan& plan) {
    const std::unique_ptr<Link> link = make_link();
    link->SetPlan(plan);
    Session session(*link);
    session.Run();
    totals.failed_calls += static_cast<uint64_t>(session.failed_calls());
    totals.longest_overrun = std::max(totals.longest_overrun, session.longest_overrun());
    for (const std::string& violation : session.violations()) {
      if (++totals.violations > 20) continue;
      std::printf("VIOLATION  %s: %s, %llu from operation %llu on: %s\n", transport, kKindNames[static_cast<size_t>(plan.kind)],
                  static_cast<unsigned long long>(plan.count), static_cast<unsigned long long>(plan.operation), violation.c_str());
    }
    if (plan.count == 0 && (session.failed_calls() != 0 || session.lost() == 0)) {
      std::printf("VIOLATION  %s: without a fault %d calls fail, %llu events are lost\n", transport, session.failed_calls(),
                  static_cast<unsigned long long>(session.lost()));
      ++totals.violations;
    }
    return link->operations();
  };
  totals.operations = run({});
  for (size_t kind = 0; kind < kKindCount; ++kind) {
    for (uint64_t operation = kind * 11 % step; operation < totals.operations; operation += step) {
      for (const uint64_t count : {uint64_t{1}, in_a_row}) {
        run({operation, count, static_cast<Kind>(kind)});
        ++totals.sessions;
        if (in_a_row == 1) break;
      }
    }
  }
  std::printf("fault sweep over %s: %llu operations x %zu kinds%s: %llu sessions, %llu failed calls overcome, slowest call %lld ms over its deadline, "
              "%llu violations\n",
              transport, static_cast<unsigned long long>(totals.operations), kKindCount,
              step == 1 ? "" : (", one operation in " + std::to_string(step)).c_str(), static_cast<unsigned long long>(totals.sessions),
              static_cast<unsigned long long>(totals.failed_calls), static_cast<long long>(totals.longest_overrun.count()),
              static_cast<unsigned long long>(totals.violations));
  return totals;
}

}  // namespace mls::test
