// What the commands of `mlsensor` do. Results go to standard output, everything else to standard error.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "mls/host/sensor.h"

namespace mls::cli {

// Exit status of the program.
enum Exit : int {
  kExitOk = 0,
  kExitFailed = 1,
  kExitUsage = 2,
  kExitNoDevice = 3,
  kExitBadAnswer = 4,
  kExitTimeout = 5,
  kExitRefused = 6,
};
Exit ExitFor(Status status);

// What the user asked for, besides the command itself.
struct Request {
  std::string uri;                // Of the commands that take one,
  std::vector<std::string> uris;  // and of those that take several.
  bool json = false;
  std::chrono::milliseconds timeout{1000};
  std::chrono::milliseconds watch_for{0};  // 0: until interrupted.
  std::vector<std::string> names;          // get: registers and windows; set: NAME=VALUE.
  bool store = false;
  bool plain = false;          // watch: a log, on a terminal too.
  bool all_addresses = false;  // scan
};

Exit Info(const Request& request);
Exit Read(const Request& request);
Exit Watch(const Request& request);
Exit Scan(const Request& request);
Exit Get(const Request& request);
Exit Set(const Request& request);
Exit Commit(const Request& request);
Exit Revert(const Request& request);
Exit FactoryReset(const Request& request);
Exit SelfTest(const Request& request);

// For the commands' files.
Exit Report(const SensorError& error);
Exit ReportUsage(const std::string& message);
// Runs `command` on the opened sensor.
template <typename Command>
Exit WithSensor(const Request& request, Command command) {
  SensorError error;
  Result<Sensor> sensor = Sensor::Open(request.uri, {.timeout = request.timeout}, &error);
  return sensor.ok() ? command(*sensor) : Report(error);
}

}  // namespace mls::cli
