// `mlsensor-datasheet verify`: a datasheet against the module that it is said to describe.
#pragma once

#include <string>
#include <vector>

#include "live_module.h"

namespace mls::datasheet {

enum class Comparison {
  kAgrees,
  kContradicts,
  kNotStated,      // the datasheet says nothing about it
  kNotObservable,  // the module cannot show it over this link
};
const char* ComparisonName(Comparison comparison);

struct Match {
  std::string what;
  std::string paper;
  std::string module;
  Comparison comparison;
  std::string note;
};
using Findings = std::vector<Match>;

struct VerifyOptions {
  bool allow_simulated = false;  // file input instead of a transducer, and a debug build, are no contradictions
  bool keep_modes = false;       // leave the power mode alone: what it can do is not observed then
};

// Compares identity, hashes, register map, address, rates, transducers, labels, threshold and power modes, and runs the
// self-test with its known answer. Switches through the power modes that the datasheet names and back. `file_sha256`:
// of the datasheet's file. Errors: those of Sensor.
Result<Findings> Verify(const Json& document, const std::string& file_sha256, Sensor& sensor, const std::string& uri,
                        const VerifyOptions& options);

bool Agrees(const Findings& findings);  // no contradiction
std::string FindingsToText(const Findings& findings);
Json FindingsToJson(const Findings& findings);

}  // namespace mls::datasheet
