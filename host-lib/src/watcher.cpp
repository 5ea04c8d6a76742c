#include "mls/host/watcher.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <mutex>
#include <thread>

#include "sensor_state.h"

namespace mls {
namespace {

using std::chrono::milliseconds;
using Time = SteadyClock::time_point;

constexpr milliseconds kFirstPause(50);
constexpr Time kNever = Time::max();
constexpr Time kLongAgo{};

// One module.
struct Watched {
  Watcher::Id id = 0;
  Watcher::Opener open;
  WatchHandlers handlers;
  ModuleWatch options;
  std::optional<Sensor> sensor;

  bool is_online = false;
  bool is_told_offline = false;
  bool is_removed = false;
  bool is_readable = false;  // Its descriptor is.
  bool is_due = false;       // Events wait, or may wait.
  Time next_poll = kLongAgo;
  Time next_result = kLongAgo;
  std::optional<uint16_t> result_sequence;
  int fd = -1;  // As it is in the epoll set.

  std::optional<Time> away_since;
  milliseconds pause = kFirstPause;
  Time retry_at = kLongAgo;

  Time NextDue() const {
    if (is_removed) return kNever;
    if (!sensor || away_since) return retry_at;
    if (is_readable || is_due) return kLongAgo;
    return options.results_every.count() > 0 ? std::min(next_poll, next_result) : next_poll;
  }
};

}  // namespace

struct Watcher::State {
  State() : epoll_fd(epoll_create1(EPOLL_CLOEXEC)), timer_fd(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {
    epoll_event event{.events = EPOLLIN, .data = {.u64 = 0}};
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, timer_fd, &event);
  }
  ~State() {
    close(timer_fd);
    close(epoll_fd);
  }

  // One thread at a time, in the order in which they came: a busy Dispatch keeps nobody out. Handlers may enter again.
  class Turn {
   public:
    explicit Turn(State& state) : state_(state), is_outer_(state.owner != std::this_thread::get_id()) {
      if (!is_outer_) return;
      const std::lock_guard queue(state_.queue);
      state_.mutex.lock();
      state_.owner = std::this_thread::get_id();
    }
    ~Turn() {
      if (!is_outer_) return;
      state_.Arm();
      state_.owner = std::thread::id();
      state_.mutex.unlock();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    State& state_;
    const bool is_outer_;
  };

  Id Add(std::shared_ptr<Watched> module, WatchHandlers handlers, const ModuleWatch& options);
  std::shared_ptr<Watched> Find(Id id) const;
  void Remove(Watched& module);
  void Step(Watched& module);
  Status LookForEvents(Watched& module);
  Status LookForResult(Watched& module);
  void Succeed(Watched& module);
  void Fail(Watched& module, const SensorError& error);
  Status TakeEdge(Watched& module);
  void Listen(Watched& module, int fd);
  void Arm();
  void FireAt(Time time);

  const int epoll_fd;
  const int timer_fd;
  std::mutex queue;
  std::mutex mutex;  // Of all below.
  std::atomic<std::thread::id> owner{};
  std::vector<std::shared_ptr<Watched>> modules;  // The one that was served last is at the end.
  Id last_id = 0;

  std::mutex thread_mutex;  // Of `thread`.
  std::thread thread;
  std::atomic<std::thread::id> thread_id{};
  std::atomic<bool> stop{false};
};

Watcher::Id Watcher::State::Add(std::shared_ptr<Watched> module, WatchHandlers handlers, const ModuleWatch& options) {
  const Turn turn(*this);
  module->id = ++last_id;
  module->handlers = std::move(handlers);
  module->options = options;
  modules.push_back(std::move(module));
  return last_id;
}

std::shared_ptr<Watched> Watcher::State::Find(Id id) const {
  for (const std::shared_ptr<Watched>& module : modules) {
    if (module->id == id) return module;
  }
  return nullptr;
}

void Watcher::State::Remove(Watched& module) {
  module.is_removed = true;
  Listen(module, -1);
  if (!module.sensor || module.away_since) return;
  SensorState& sensor = *module.sensor->state_;
  sensor.EndTelling(sensor.NextDeadline());
}

// What is due of one module; kept alive by the caller, for handlers may remove it.
void Watcher::State::Step(Watched& module) {
  if (!module.sensor) {
    SensorError error;
    Result<Sensor> opened = module.open(error);
    if (!opened.ok()) return Fail(module, error);
    module.sensor.emplace(std::move(opened.value()));
    return Succeed(module);
  }
  if (std::exchange(module.is_readable, false)) {
    if (TakeEdge(module) == Status::kTimeout) return;
    module.is_due = true;  // Also when the link broke: that shows when events are looked for.
  }
  const bool looks_for_events = module.is_due || module.away_since || module.next_poll <= SteadyClock::now();
  const Status status = looks_for_events ? LookForEvents(module) : LookForResult(module);
  if (module.is_removed) return;
  if (status != Status::kOk) return Fail(module, module.sensor->error());
  Succeed(module);
  // What the transactions above took in makes the descriptor readable no more.
  if (!module.is_removed && TakeEdge(module) == Status::kOk) module.is_due = true;
}

Status Watcher::State::LookForEvents(Watched& module) {
  const bool was_told = std::exchange(module.is_due, false);
  return Call(module.sensor->state_.get(), "watching", [&](SensorState& sensor, Deadline deadline) {
    module.next_poll = SteadyClock::now() + PollInterval(sensor.CanTell(), module.options.poll_interval);
    if (!module.handlers.events) return sensor.CheckStart(deadline);
    const bool was_telling = sensor.telling;
    sensor.BeginTelling(deadline);
    bool more = false, stopped = false;
    // One batch each time, then it is the others' turn.
    const auto deliver = [&](const EventBatch& batch) {
      Succeed(module);
      if (!module.is_removed) module.handlers.events(*module.sensor, batch);
      return false;
    };
    const Status status = sensor.Drain(deliver, deadline, more, stopped);
    module.is_due = more || stopped;
    // Events that nobody told of: another host has switched the telling off.
    if (stopped && was_telling && !was_told) sensor.telling = false;
    return status;
  });
}

Status Watcher::State::LookForResult(Watched& module) {
  module.next_result = SteadyClock::now() + module.options.results_every;
  const Result<Reading> reading = module.sensor->ReadResult();
  if (!reading.ok()) return reading.status();
  Succeed(module);
  if (module.is_removed || module.result_sequence == reading->registers.sequence) return Status::kOk;
  module.result_sequence = reading->registers.sequence;
  if (module.handlers.result) module.handlers.result(*module.sensor, *reading);
  return Status::kOk;
}

void Watcher::State::Succeed(Watched& module) {
  module.away_since.reset();
  module.pause = kFirstPause;
  module.is_told_offline = false;
  if (std::exchange(module.is_online, true)) return;
  if (module.handlers.online) module.handlers.online(*module.sensor);
}

void Watcher::State::Fail(Watched& module, const SensorError& error) {
  const Time now = SteadyClock::now();
  module.is_due = module.is_readable = false;
  Listen(module, -1);
  if (!module.away_since) module.away_since = now;
  module.retry_at = now + module.pause;
  module.pause = std::min(2 * module.pause, std::max(kFirstPause, module.options.longest_pause));
  const bool is_patient =
      module.is_online && IsRetryable(error.status) && now - *module.away_since < module.options.patience;
  if (is_patient || std::exchange(module.is_told_offline, true)) return;
  module.is_online = false;
  if (module.handlers.offline) module.handlers.offline(error);
}

// Looks at what makes the module's descriptor readable. kOk: the module tells of news. kTimeout: it does not. Otherwise
// it is of no use: the module is polled until it is looked at again.
Status Watcher::State::TakeEdge(Watched& module) {
  const SensorState& sensor = *module.sensor->state_;
  if (!sensor.CanTell() || !module.handlers.events) return Status::kTimeout;
  const Status edge = sensor.edges->Wait(kLongAgo);
  if (edge == Status::kOk || edge == Status::kTimeout) {
    Listen(module, sensor.edges->PollFd());
  } else {
    Listen(module, -1);
    module.next_poll = std::min(module.next_poll, SteadyClock::now() + PollInterval(false, {}));
  }
  return edge;
}

// Has the epoll set hold `fd` for the module. A descriptor that was closed has left the set by itself, and its number
// may by now be another module's.
void Watcher::State::Listen(Watched& module, int fd) {
  const int old = std::exchange(module.fd, fd);
  const bool is_others = std::ranges::any_of(modules, [&](const auto& other) {
    return other.get() != &module && other->fd == old;
  });
  if (old >= 0 && old != fd && !is_others) epoll_ctl(epoll_fd, EPOLL_CTL_DEL, old, nullptr);
  if (fd < 0) return;
  epoll_event event{.events = EPOLLIN, .data = {.u64 = module.id}};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_MOD, fd, &event) != 0) epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

void Watcher::State::FireAt(Time time) {
  itimerspec timer{};
  if (time != kNever) {
    const auto since = std::max<SteadyClock::duration>(time.time_since_epoch(), std::chrono::nanoseconds(1));
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
    timer.it_value = {static_cast<time_t>(seconds.count()),
                      static_cast<long>(std::chrono::nanoseconds(since - seconds).count())};
  }
  timerfd_settime(timer_fd, TFD_TIMER_ABSTIME, &timer, nullptr);
}

void Watcher::State::Arm() {
  Time next = kNever;
  for (const std::shared_ptr<Watched>& module : modules) next = std::min(next, module->NextDue());
  FireAt(next);
}

Watcher::Watcher() : state_(std::make_unique<State>()) {}

Watcher::~Watcher() {
  Stop();
  const State::Turn turn(*state_);
  for (const std::shared_ptr<Watched>& module : state_->modules) state_->Remove(*module);
  state_->modules.clear();
}

Watcher::Id Watcher::Add(std::string_view uri, WatchHandlers handlers, const ModuleWatch& options) {
  return Add(
      [uri = std::string(uri), sensor = options.sensor](SensorError& error) {
        return Sensor::Open(uri, sensor, &error);
      },
      std::move(handlers), options);
}

Watcher::Id Watcher::Add(Sensor sensor, WatchHandlers handlers, const ModuleWatch& options) {
  auto module = std::make_shared<Watched>();
  module->sensor.emplace(std::move(sensor));
  return state_->Add(std::move(module), std::move(handlers), options);
}

Watcher::Id Watcher::Add(Opener open, WatchHandlers handlers, const ModuleWatch& options) {
  auto module = std::make_shared<Watched>();
  module->open = std::move(open);
  return state_->Add(std::move(module), std::move(handlers), options);
}

bool Watcher::Remove(Id id) {
  const State::Turn turn(*state_);
  const std::shared_ptr<Watched> module = state_->Find(id);
  if (!module) return false;
  state_->Remove(*module);
  std::erase(state_->modules, module);
  return true;
}

Status Watcher::Use(Id id, const std::function<Status(Sensor&)>& use) {
  const State::Turn turn(*state_);
  const std::shared_ptr<Watched> module = state_->Find(id);
  if (!module || !module->sensor) return Status::kNoDevice;
  const Status status = use(*module->sensor);
  if (!module->is_removed && !module->away_since && state_->TakeEdge(*module) != Status::kTimeout) {
    module->is_due = true;
  }
  return status;
}

int Watcher::fd() const { return state_->epoll_fd; }

void Watcher::Dispatch(milliseconds budget) {
  if (state_->owner == std::this_thread::get_id()) return;  // From a handler.
  const State::Turn turn(*state_);
  const Time end = SteadyClock::now() + budget;
  uint64_t expirations = 0;
  (void)!read(state_->timer_fd, &expirations, sizeof expirations);
  std::array<epoll_event, 32> events;
  const int count = epoll_wait(state_->epoll_fd, events.data(), static_cast<int>(events.size()), 0);
  for (int i = 0; i < count; ++i) {
    if (const auto module = state_->Find(events[static_cast<size_t>(i)].data.u64)) module->is_readable = true;
  }
  auto& modules = state_->modules;
  do {
    const Time now = SteadyClock::now();
    const auto due = std::ranges::find_if(modules, [&](const auto& module) { return module->NextDue() <= now; });
    if (due == modules.end()) return;
    const std::shared_ptr<Watched> module = *due;
    std::rotate(due, due + 1, modules.end());
    state_->Step(*module);
  } while (SteadyClock::now() < end);
}

Status Watcher::Start() {
  if (state_->thread_id.load() == std::this_thread::get_id()) return Status::kBusy;
  const std::lock_guard lock(state_->thread_mutex);
  if (state_->thread.joinable()) {
    if (!state_->stop) return Status::kBusy;
    state_->thread.join();
  }
  state_->stop = false;
  state_->thread = std::thread([this] {
    state_->thread_id = std::this_thread::get_id();
    while (!state_->stop) {
      pollfd ready{state_->epoll_fd, POLLIN, 0};
      if (poll(&ready, 1, -1) > 0) Dispatch();
    }
    state_->thread_id = std::thread::id();
  });
  return Status::kOk;
}

void Watcher::Stop() {
  state_->stop = true;
  state_->FireAt(kLongAgo);
  if (state_->thread_id.load() == std::this_thread::get_id()) return;
  const std::lock_guard lock(state_->thread_mutex);
  if (state_->thread.joinable()) state_->thread.join();
}

}  // namespace mls
