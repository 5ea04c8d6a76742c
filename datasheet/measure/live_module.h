// What a live module says about itself.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "mls/datasheet/document.h"
#include "mls/host/sensor.h"

namespace mls::datasheet {

// Exit statuses, as those of `mlsensor`.
enum ExitStatus : int {
  kDone = 0,
  kDisagrees = 1,
  kUsage = 2,
  kNoDevice = 3,
  kBadAnswer = 4,
  kTimedOut = 5,
  kRefused = 6,
  kInterrupted = 130
};
ExitStatus ExitStatusOf(Status status);

struct LiveModule {
  Ident ident;
  std::string firmware_sha256, model_sha256;
  std::string datasheet_sha256;  // empty: the module carries none
  std::string firmware_version, interface_version, profile;
  std::string unique_id;
  std::vector<std::string> labels;
  Privacy privacy;
  Config config;
};

// Reads all of it. On failure sensor.error() tells more.
Result<LiveModule> ReadLiveModule(Sensor& sensor);

// The configuration by the names of its registers.
Json ConfigToJson(const Config& config);
std::string HexText(std::span<const uint8_t> bytes);
// Now, as "2026-01-31T12:00:00Z".
std::string UtcNow();

}  // namespace mls::datasheet
