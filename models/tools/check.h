// Whether a model and its manifest would run in a module, and in plain words what is wrong.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "mls/datasheet/document.h"

namespace mls::models {

struct CheckReport {
  std::vector<std::string> faults;  // each says what is wrong and what to do; none: it runs
  std::vector<std::string> facts;   // input, output, front end, memory
};

// `manifest` empty: FILE.json beside the model. `arena_bytes`: what the board has for the engine; 0: as much as is needed.
CheckReport Check(const std::filesystem::path& model, std::filesystem::path manifest, uint64_t arena_bytes);

// A manifest to fill in: for any model of that profile, or, where `model` is given, with what that model says of itself.
datasheet::Json Template(const std::string& profile, const std::filesystem::path& model);

}  // namespace mls::models
