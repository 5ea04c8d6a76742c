// Calls a function when the module pulls its interrupt line; the program itself sleeps, or does something else.
// Usage: wait_on_gpio URI,irq=LINE   for example wait_on_gpio i2c:1,irq=gpio:GPIO17
#include <cstdio>

#include "mls/host/watcher.h"

// In the watcher's thread.
void OnEvents(mls::Sensor& sensor, const mls::EventBatch& batch) {
  for (const mls::Event& event : batch.events) {
    if (event.record.type != mls::EventType::kPresence) continue;
    const mls::Result<mls::GenericReading> now = sensor.ReadGeneric();
    if (now.ok() && now->usable()) std::printf("%s, score %.3f\n", now->label.c_str(), now->score());
  }
}

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  if (argc != 2) return std::fprintf(stderr, "Usage: wait_on_gpio URI,irq=LINE\n"), 2;
  mls::Watcher watcher;
  watcher.Add(argv[1], {.events = OnEvents, .offline = [](const mls::SensorError& error) {
                          std::fprintf(stderr, "%s\n", error.message.c_str());
                        }});
  if (watcher.Start() != mls::Status::kOk) return 1;
  std::puts("Enter ends.");
  std::getchar();
  watcher.Stop();
}
