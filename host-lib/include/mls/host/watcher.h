// mls::Watcher: many modules on many buses, one file descriptor to wait on.
//
//   mls::Watcher watcher;
//   watcher.Add("i2c:1@0x6c,irq=gpio:GPIO17", {.events = [](mls::Sensor& sensor, const mls::EventBatch& batch) { ... }});
//   watcher.Add("serial:/dev/ttyACM0", {.events = ...});
//
// In an event loop (epoll, libuv, asyncio ...): wait until watcher.fd() is readable, then call watcher.Dispatch().
// Without one: watcher.Start(), and the handlers run in a thread of its own.
#pragma once

#include <memory>
#include <string_view>

#include "mls/host/sensor.h"

namespace mls {

// What is told about one module; each may be empty. They are called from Dispatch, one at a time, and may do anything
// with the sensor, add and remove modules (their own too) and stop the watcher, but not destroy it. What they take
// is taken from the other modules. They must not throw.
struct WatchHandlers {
  // As the handler of Sensor::Watch: events, losses and restarts. Acknowledged afterwards.
  std::function<void(Sensor& sensor, const EventBatch& batch)> events{};
  // Each new result, usable or not, where ModuleWatch::results_every asks for them.
  std::function<void(Sensor& sensor, const Reading& reading)> result{};
  // It answers: for the first time, or again after `offline`.
  std::function<void(Sensor& sensor)> online{};
  // It has not answered for ModuleWatch::patience, or cannot be opened. Told once; the watcher goes on trying.
  std::function<void(const SensorError& error)> offline{};
};

// How one module is watched.
struct ModuleWatch {
  // Shorter than for a single sensor: while a module keeps silent, the others wait. See Dispatch.
  SensorOptions sensor{.timeout = std::chrono::milliseconds(200), .attempts = 3};
  // How often to look for events without being told. Zero: once a second where the module can tell, 100 ms where it
  // cannot.
  std::chrono::milliseconds poll_interval{0};
  // How often to look for a new result. Zero: never.
  std::chrono::milliseconds results_every{0};
  // How long it may fail to answer before it counts as offline.
  std::chrono::milliseconds patience{500};
  // An offline module is tried again after 50 ms, then after twice as long each time, up to this.
  std::chrono::milliseconds longest_pause{5000};
};

// Watches modules, each by itself: one that is away, restarts or answers nonsense changes nothing for the others but
// the time that its calls take.
//
// Thread-safe: any function may be called from any thread; one that meets a running Dispatch waits for the step that is
// under way. So do not hold a lock meanwhile that a handler takes. All handlers run in the thread that calls Dispatch,
// or in the one that Start made.
class Watcher {
 public:
  using Id = uint64_t;  // Of one module; never 0, never used twice.
  using Opener = std::function<Result<Sensor>(SensorError& error)>;

  Watcher();
  // Ends the thread and removes all modules. Not to be called from a handler.
  ~Watcher();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  // Adds the module at `uri` (see OpenBus). Nothing is opened yet: that is the first thing that Dispatch does, again
  // and again until it succeeds, so the module need not be there.
  Id Add(std::string_view uri, WatchHandlers handlers, const ModuleWatch& options = {});
  // Adds a sensor that is open. `options.sensor` is not used: the sensor has its own.
  Id Add(Sensor sensor, WatchHandlers handlers, const ModuleWatch& options = {});
  // Adds what `open` opens; called by Dispatch until it succeeds.
  Id Add(Opener open, WatchHandlers handlers, const ModuleWatch& options = {});

  // Ends the watch of one module and closes it; no handler of it is called any more. What had been switched on in the
  // module to be told of events is switched off, which takes one call. False: no such module.
  bool Remove(Id id);

  // Calls `use` with the sensor of one module, from this thread, between two steps of Dispatch: for reads and
  // configuration from elsewhere. kNoDevice: no such module, or it has not been opened yet.
  Status Use(Id id, const std::function<Status(Sensor&)>& use);

  // Readable while there is something to do: a module tells of news, or it is time to look, to try again, to open. An
  // epoll descriptor, so it may be put into any poll, select, epoll, or loop of another language; only reading
  // readiness matters. Belongs to the watcher; the same from begin to end.
  int fd() const;

  // Does what is due: at most one step (open, read two events and deliver them, read a result) at a time for each
  // module in turn, until nothing is due or `budget` has passed; then fd() is readable again. Returns at once when
  // nothing is due.
  //
  // Bus calls are synchronous. Dispatch thus takes at most `budget` and one step more: on a healthy bus some
  // milliseconds; on one that keeps silent twice SensorOptions::timeout of that module. That is also the longest that
  // the other modules wait for a silent one, and after `patience` only as often as it is tried. A module that must not
  // wait for others belongs into a watcher of its own.
  void Dispatch(std::chrono::milliseconds budget = std::chrono::milliseconds(20));

  // Calls Dispatch in a thread of its own until Stop. kBusy: it runs already.
  Status Start();
  // Ends that thread; when it returns no handler runs any more, except that from within a handler it only asks for the
  // end. Modules stay: Start, or Dispatch, goes on with them.
  void Stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mls
