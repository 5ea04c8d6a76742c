// Watches any number of modules from one event loop and writes a line for whatever happens; SIGTERM or Ctrl-C ends it.
// Usage: sensor_daemon URI...   As a service: sensor-daemon.service.
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "mls/host/names.h"
#include "mls/host/watcher.h"

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "Usage: sensor_daemon URI...\n"), 2;
  std::setvbuf(stdout, nullptr, _IOLBF, 0);

  mls::Watcher watcher;
  for (int i = 1; i < argc; ++i) {
    const char* uri = argv[i];
    mls::WatchHandlers handlers;
    handlers.online = [uri](mls::Sensor& sensor) {
      std::printf("%s: online: %s\n", uri, mls::NameOf<"ident.profile">(sensor.ident().profile).c_str());
    };
    handlers.offline = [](const mls::SensorError& error) { std::printf("%s\n", error.message.c_str()); };
    handlers.events = [uri](mls::Sensor&, const mls::EventBatch& batch) {
      if (batch.restarted) std::printf("%s: has started anew\n", uri);
      if (batch.lost > 0) std::printf("%s: %llu events were lost\n", uri, static_cast<unsigned long long>(batch.lost));
      for (const mls::Event& event : batch.events) {
        std::printf("%s: %s %s %.3f\n", uri, mls::NameOf<"event_data.type">(event.record.type).c_str(),
                    event.label.c_str(), event.score());
      }
    };
    watcher.Add(uri, handlers);
  }

  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  const int end = signalfd(-1, &signals, SFD_CLOEXEC);

  // Any other event loop does it the same way: it waits for watcher.fd().
  pollfd fds[] = {{watcher.fd(), POLLIN, 0}, {end, POLLIN, 0}};
  while (fds[1].revents == 0 && poll(fds, 2, -1) > 0) {
    if (fds[0].revents != 0) watcher.Dispatch();
  }
  close(end);
}
