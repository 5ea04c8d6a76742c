// Is somebody there? Usage: read_person URI, for example read_person unix:/tmp/person.sock
#include <iostream>

#include "mls/host/sensor.h"

int main(int argc, char** argv) {
  mls::SensorError error;
  auto sensor = mls::Sensor::Open(argc > 1 ? argv[1] : "unix:/tmp/person.sock", {}, &error);
  if (!sensor.ok()) return std::cerr << error.message << '\n', 1;
  auto person = sensor->ReadPerson();
  if (!person.ok()) return std::cerr << sensor->error().message << '\n', 1;
  std::cout << (person->unknown() ? "unknown" : person->present() ? "somebody" : "nobody") << ", score " << person->score() << '\n';
}
