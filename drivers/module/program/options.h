// The command line of mlsensor-module.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "mls/drivers/module/input_clock.h"
#include "mls/interface/register_map.h"

namespace mls {

enum ExitCode : int { kExitOk = 0, kExitFailure = 1, kExitUsage = 2, kExitBadModel = 3, kExitBadInput = 4 };

using UniqueId = std::array<uint8_t, 16>;

struct Options {
  Profile profile = Profile::kUnknown;  // unknown: what the model's manifest says
  std::filesystem::path model;          // empty: the shipped one
  std::string input;                    // file, directory, or "-"
  std::vector<std::string> listen;      // serial links
  std::string i2c_bus;                  // "vhost-user:..."; empty: none
  uint8_t i2c_address = kDefaultI2cAddress;
  bool person_sensor = false;  // also answers as that part
  bool loop = false;
  Speed speed = Speed::kReal;
  double frames_per_second = 5;
  std::optional<UniqueId> unique_id;
  std::filesystem::path datasheet;
  std::filesystem::path config_store;
  bool print_known_answer = false;
};

// Fills `modules`, one for the command line and one for each --also in it, or prints help or an error and returns the exit code to end with.
std::optional<int> ParseOptions(int argc, char** argv, std::vector<Options>& modules);

}  // namespace mls
