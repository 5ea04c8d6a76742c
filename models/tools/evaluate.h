// `mlsensor models evaluate`: a folder of labelled recordings or photographs through the real pipeline and decision.
#pragma once

#include <filesystem>
#include <ostream>

#include "mls/interface/register_map.h"

namespace mls::models {

struct EvaluateOptions {
  Profile profile = Profile::kUnknown;
  std::filesystem::path data;      // one folder of files for each class
  std::filesystem::path model;     // empty: the shipped one
  std::filesystem::path manifest;  // empty: beside the model
  std::filesystem::path scores;    // one JSON line for each file; empty: none
  bool ignore_envelope = false;    // judge what the module would not
  bool json = false;
};

// Writes what came out; false: some files could not be read, and are not counted. Throws std::runtime_error: no model, no classes, an empty class.
bool Evaluate(const EvaluateOptions& options, std::ostream& out);

}  // namespace mls::models
