#include "fault_sweep_session.h"

#include <thread>

#include "fault_sweep_time.h"

namespace mls::test {
namespace {

using std::chrono::milliseconds;

constexpr int kMostAttempts = 60;
constexpr milliseconds kPause{50};
constexpr milliseconds kCapturePeriod{20};
constexpr milliseconds kWatch{2000};

}  // namespace

void Session::Run() {
  for (bool is_over = false; !is_over;) {
    try {
      RunHost();
      is_over = true;
    } catch (const HostKilled&) {
      link_.HostIsGone();
      simulation::ForgetActions();
      newest_.reset();
    }
  }
  CheckTheBooks();
}

void Session::RunHost() {
  Result<Sensor> opened = Status::kNotReady;
  const bool is_open = Repeat("open", 2 * kCallTimeout, [&] {
    const Result<BusConnection> connection = link_.Connect();
    if (!connection.ok()) return connection.status();
    opened = Sensor::Open(connection->bus, connection->edges, "sweep", {.timeout = kCallTimeout});
    return opened.status();
  });
  if (!is_open) return;
  Sensor& sensor = *opened;
  Drain(sensor);
  Identify(sensor);
  Configure(sensor);
  for (int i = 0; i < kResults; ++i) {
    std::this_thread::sleep_for(kCapturePeriod);
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
    status = call();
    const auto took = SteadyClock::now() - std::max(begin, last_delivery_);
    if (took > limit + limit / 10) {
      Fail(std::string(what) + " takes " + std::to_string(took / milliseconds(1)) + " ms, not " + std::to_string(limit.count()));
    }
    if (status == Status::kOk) return true;
    if (status != Status::kNotReady) ++failed_calls_;
    std::this_thread::sleep_for(kPause);
  }
  Fail(std::string(what) + " never succeeds again: " + StatusName(status));
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
  captures_to_come_ = kLiveCaptures;
  for (int i = 0; i < kLiveCaptures; ++i) {
    simulation::After(i * kCapturePeriod, [this] {
      link_.Capture();
      --captures_to_come_;
    });
  }
  Repeat("watch", kWatch, [&] {
    const Status status = sensor.Watch(
        [&](const EventBatch& batch) {
          Take(batch);
          return captures_to_come_ > 0 || !has_all();
        },
        SteadyClock::now() + kWatch, {.poll_interval = milliseconds(100), .patience = milliseconds(1000)});
    return status == Status::kOk && captures_to_come_ > 0 ? Status::kNotReady : status;
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

}  // namespace mls::test
