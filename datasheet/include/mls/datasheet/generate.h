// Makes a datasheet out of what is known: declared facts, the model's manifest, measured results, and the register map
// of this build.
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "mls/datasheet/document.h"
#include "mls/datasheet/footprint.h"
#include "mls/datasheet/model_file.h"

namespace mls::datasheet {

// Facts have the sections of a datasheet in short form (see facts.h and `mlsensor-datasheet init`) and may add:
//   "results": {"headline": "KEY", "skip": ["KEY", ...], "threshold_permille": 500, "threshold_because": ".."}   how to
//   read the results "energy_model": {...}                                  see AddModelledEnergy "hardware":
//   {"footprint": {...}}                       see MakeFootprint
struct GenerateInputs {
  Json facts;
  std::optional<Json> manifest;  // models/<name>/<name>.json, schema mlsensor-model/1
  std::optional<Json> results;   // models/<name>/results.json, schema mlsensor-results/1
  std::string results_text;      // the file that `results` was read from, for its hash
  std::optional<ModelFile> model_file;  // what the model file itself says
  std::string firmware_sha256;   // may be empty
  std::string firmware_version;
};

// Results may hold, besides tests, what `measure` and `energy` add: latency, energy, and the hashes of the splits.
// Problems: a fact that the manifest knows already, a model file or results that are not of the manifest's model,
// results of other firmware, or a document that is no valid datasheet.
Outcome<Json> Generate(const GenerateInputs& inputs);

// The register map of this build as the schema's `registers`.
Json RegisterSection();

// One test per entry of `results` that has counts or counts events; entries that continue another one's name become its
// slices ("stream_test_20_db" of "stream_test"), and so do the parts of an entry without counts of its own
// ("held_out_by_source"). `positives`: the labels that are detections.
// A test that was counted at the shipped threshold has kShippedThreshold for its threshold, which the manifest knows.
inline constexpr const char* kShippedThreshold = "shipped";
Outcome<Json> TestsFromResults(const Json& results, const Json& reading, const std::vector<std::string>& positives,
                               const std::string& raw_sha256);

// Energy from a model, until a meter has been connected: multiply-accumulates x cycles each x energy per cycle, plus
// the power that flows anyway.
//   {"part": .., "source": .., "cycles_per_mac": .., "nj_per_cycle": .., "relative_uncertainty": 0.5, "idle_mw": ..,
//   "sensing_mw": .., "standby_mw": ..,
//    "inferences_per_decision": .., "decisions_per_s": .., "clock_mhz": .., "battery_wh": ..}
// Adds performance.energy to `model`, and with a clock the time of an inference where there is none.
std::optional<Problem> AddModelledEnergy(const Json& energy_model, double macs, Json& model);

// Power around the clock in W, from the mode "continuous" of performance.energy: with its interval, range or
// uncertainty as low and high.
std::optional<Levels> ContinuousPowerW(const Json& model);

}  // namespace mls::datasheet
