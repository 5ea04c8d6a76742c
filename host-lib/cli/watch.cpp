#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <iostream>

#include "commands.h"
#include "event_text.h"
#include "live_view.h"
#include "mls/host/names.h"
#include "mls/host/watcher.h"
#include "output.h"
#include "screen.h"

namespace mls::cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPatience(2000);
constexpr milliseconds kLongestPause(1000);
constexpr milliseconds kResultsEvery(100);
constexpr milliseconds kCountersEvery(1000);
constexpr milliseconds kRedraw(250);

volatile std::sig_atomic_t interrupted = 0;

// Signals end a wait and are never missed before one: they come only while `Wait` lets them.
class Signals {
 public:
  Signals() {
    struct sigaction action {};
    action.sa_handler = [](int) { interrupted = 1; };
    sigset_t blocked;
    sigemptyset(&blocked);
    for (const int signal : {SIGINT, SIGTERM}) {
      sigaction(signal, &action, nullptr);
      sigaddset(&blocked, signal);
    }
    sigaddset(&blocked, SIGWINCH);
    sigprocmask(SIG_BLOCK, &blocked, &before_);
  }
  ~Signals() { sigprocmask(SIG_SETMASK, &before_, nullptr); }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // True: standard output has lost its reader.
  bool Wait(const Watcher& watcher, bool with_keys, Deadline until) const {
    const auto left = std::clamp<SteadyClock::duration>(until - SteadyClock::now(), SteadyClock::duration::zero(),
                                                        std::chrono::hours(1));
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    const timespec time{static_cast<time_t>(seconds.count()),
                        static_cast<long>(std::chrono::nanoseconds(left - seconds).count())};
    pollfd fds[] = {{watcher.fd(), POLLIN, 0}, {STDOUT_FILENO, 0, 0}, {with_keys ? STDIN_FILENO : -1, POLLIN, 0}};
    return ppoll(fds, std::size(fds), &time, &before_) > 0 && fds[1].revents != 0;
  }

 private:
  sigset_t before_{};
};

// What both views share: when to end, and with what status.
class WatchCommand {
 public:
  explicit WatchCommand(const Request& request)
      : request_(request),
        options_{.sensor = {.timeout = request.timeout}, .patience = kPatience, .longest_pause = kLongestPause},
        deadline_(request.watch_for.count() > 0 ? SteadyClock::now() + request.watch_for : Deadline::max()) {}

  Exit RunPlain() {
    const bool many = request_.uris.size() > 1;
    size_t gone = 0;
    std::optional<SensorError> end;
    bool output_is_open = true;
    for (const std::string& uri : request_.uris) {
      const auto notice = [&, many](const char* key, const std::string& text) {
        Json json = {{"notice", key}};
        if (!text.empty()) json["error"] = text;
        Print(json, std::string("-- ") + key + (text.empty() ? "" : ": " + text), many ? uri : "", output_is_open);
      };
      WatchHandlers handlers;
      handlers.events = [&, many](Sensor&, const EventBatch& batch) {
        Show(batch, many ? uri : "", output_is_open);
      };
      handlers.online = [&, many, notice, was_gone = false](Sensor& sensor) mutable {
        if (std::exchange(was_gone, true)) {
          --gone;
          if (many) notice("back", "");
        } else if (!request_.json && isatty(STDOUT_FILENO)) {
          std::cerr << "Events of " << sensor.name() << " (" << NameOf<"ident.profile">(sensor.ident().profile)
                    << "); Ctrl-C ends.\n";
        }
      };
      handlers.offline = [&, many, notice](const SensorError& error) {
        if (++gone == request_.uris.size()) {
          end = error;
        } else {
          notice("gone", error.message);
        }
      };
      watcher_.Add(uri, std::move(handlers), options_);
    }
    while (!IsOver() && !end && output_is_open) {
      if (signals_.Wait(watcher_, false, deadline_)) break;
      watcher_.Dispatch();
    }
    return end ? Report(*end) : kExitOk;
  }

  Exit RunLive(Screen& screen) {
    LiveView view;
    view.is_utf8 = screen.is_utf8();
    for (const std::string& uri : request_.uris) view.modules.emplace_back(uri);
    const bool many = view.modules.size() > 1;
    options_.results_every = kResultsEvery;
    for (LiveModule& module : view.modules) {
      const auto log = [&view, &module, many](const std::string& text) {
        view.AddEvent(many ? module.uri + "  " + text : text);
      };
      WatchHandlers handlers;
      handlers.online = [&module](Sensor& sensor) {
        module.problem.clear();
        module.online_since = std::chrono::system_clock::now();
        LearnModule(sensor, module);
      };
      handlers.offline = [&module, log](const SensorError& error) {
        module.problem = std::string("offline: ") + StatusName(error.status);
        log("-- gone: " + error.message);
      };
      handlers.events = [&module, log](Sensor& sensor, const EventBatch& batch) {
        module.AddBatch(batch);
        if (batch.restarted) {
          log("-- the module has started anew");
          LearnModule(sensor, module);
        }
        if (batch.lost > 0) log("-- " + LostText(batch.lost));
        for (const Event& event : batch.events) log(EventToText(event));
      };
      handlers.result = [&module, next_counters = SteadyClock::time_point()](Sensor& sensor,
                                                                            const Reading& reading) mutable {
        module.AddReading(reading);
        const auto now = SteadyClock::now();
        if (now >= next_counters) {
          next_counters = now + kCountersEvery;
          if (const Result<PowerCounters> power = sensor.ReadPower(); power.ok()) module.power = *power;
          // A read of its own, without what the watcher does around it.
          const auto begin = SteadyClock::now();
          if (sensor.ReadResult().ok()) {
            module.read_time = std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now() - begin);
          }
        }
        module.bus = sensor.counters();
      };
      watcher_.Add(module.uri, std::move(handlers), options_);
    }
    const bool with_keys = isatty(STDIN_FILENO);
    while (!IsOver()) {
      for (int key = screen.ReadKey(); key >= 0; key = screen.ReadKey()) {
        if (key == 'q' || key == 'Q') return kExitOk;
      }
      screen.Show(view.Draw(screen.rows(), screen.columns(), std::chrono::system_clock::now()));
      const Deadline redraw = std::min(deadline_, SteadyClock::now() + kRedraw);
      if (signals_.Wait(watcher_, with_keys, redraw)) return kExitOk;
      watcher_.Dispatch();
    }
    return kExitOk;
  }

 private:
  bool IsOver() const { return interrupted != 0 || SteadyClock::now() >= deadline_; }

  static std::string LostText(uint64_t lost) {
    return std::to_string(lost) + (lost == 1 ? " event was lost" : " events were lost");
  }

  static void LearnModule(Sensor& sensor, LiveModule& module) {
    module.ident = sensor.ident();
    if (Result<std::vector<std::string>> labels = sensor.ReadLabels(); labels.ok()) module.labels = *labels;
  }

  // With several modules each line tells whose it is.
  void Print(Json json, const std::string& text, const std::string& uri, bool& output_is_open) const {
    if (!output_is_open) return;
    if (!uri.empty()) json["uri"] = uri;
    output_is_open = request_.json ? PrintJson(json) : PrintLine(uri.empty() ? text : uri + "  " + text);
  }

  void Show(const EventBatch& batch, const std::string& uri, bool& output_is_open) const {
    if (batch.restarted) Print({{"notice", "restarted"}}, "-- the module has started anew", uri, output_is_open);
    if (batch.lost > 0) {
      Print({{"notice", "lost"}, {"lost", batch.lost}}, "-- " + LostText(batch.lost), uri, output_is_open);
    }
    for (const Event& event : batch.events) Print(EventToJson(event), EventToText(event), uri, output_is_open);
  }

  const Request& request_;
  ModuleWatch options_;
  const Deadline deadline_;
  const Signals signals_;
  Watcher watcher_;
};

}  // namespace

Exit Watch(const Request& request) {
  WatchCommand command(request);
  if (!request.json && !request.plain) {
    if (const std::unique_ptr<Screen> screen = Screen::Open()) return command.RunLive(*screen);
  }
  return command.RunPlain();
}

}  // namespace mls::cli
