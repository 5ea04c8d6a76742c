// Waits for a word. Usage: wait_for_keyword URI WORD, for example wait_for_keyword unix:/tmp/keyword.sock yes
#include <iostream>

#include "mls/host/sensor.h"

int main(int argc, char** argv) {
  if (argc != 3) return std::cerr << "Usage: wait_for_keyword URI WORD\n", 2;
  mls::SensorError error;
  auto sensor = mls::Sensor::Open(argv[1], {}, &error);
  if (!sensor.ok()) return std::cerr << error.message << '\n', 1;

  // Sleeps until the module tells of events; ends when the word was heard.
  const mls::Status status = sensor->Watch(
      [&](const mls::EventBatch& batch) {
        if (batch.lost > 0) std::cerr << batch.lost << " events were lost\n";
        for (const mls::Event& event : batch.events) {
          if (event.record.type != mls::EventType::kDetection || event.label != argv[2]) continue;
          std::cout << "heard \"" << event.label << "\" with score " << event.score() << '\n';
          return false;
        }
        return true;
      },
      mls::Deadline::max());
  if (status != mls::Status::kOk) return std::cerr << sensor->error().message << '\n', 1;
}
