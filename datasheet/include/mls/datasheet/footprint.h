// Carbon footprint of a sensor by the TinyML Footprint method.
//
// total = embodied blocks + training + transport + use. Sources: Prakash et al., "Is TinyML Sustainable?" (arXiv
// 2301.11899) and its calculator; Pirson and Bol, "Assessing the embodied carbon footprint of IoT edge devices" (2021).
// All masses in kg CO2 equivalent.
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "mls/datasheet/document.h"

namespace mls::datasheet {

// Low, typical and high; the three are equal where only one figure is known.
struct Levels {
  double low = 0;
  double typ = 0;
  double high = 0;
};

// A building block that facts refer to by name ("from": "mcu").
struct FootprintOption {
  const char* name;
  const char* block;  // as in the schema
  const char* detail;
  Levels kg;
};
std::span<const FootprintOption> FootprintOptions();
const FootprintOption* FindFootprintOption(std::string_view name);

// Grams of CO2 per kWh of electricity in 2023 by country code, or "world".
struct GridFactor {
  const char* name;
  double g_per_kwh;
};
std::span<const GridFactor> GridFactors();
std::optional<double> FindGridFactor(std::string_view name);

// Use phase: power (W) around the clock for `years`, through a supply of that efficiency (0 to 1], on a grid.
double UsePhaseKg(double power_w, double years, double g_per_kwh, double supply_efficiency = 1);

struct FootprintBlock {
  std::string block;
  std::string detail;
  Levels kg;
};
Levels TotalOf(std::span<const FootprintBlock> blocks);
// The typical share of the named blocks in the total, 0 to 1.
double ShareOf(std::span<const FootprintBlock> blocks, std::span<const std::string> names);
// The authors warn that bottom-up counting truncates: the truth may be up to twice as much. Everything but the use
// phase, doubled.
Levels TruncationCase(std::span<const FootprintBlock> blocks);

// Reads the blocks of a document's footprint section; a missing low or high equals the typical figure.
std::vector<FootprintBlock> BlocksFrom(const Json& footprint);

// Makes the footprint section of a datasheet from declared facts:
//   {"years": 3, "grid": "world", "supply_efficiency": 0.8, "blocks": [{"from": "mcu", "times": 1, "detail": "..."},
//    {"block": "memory", "detail": "...", "low_kg": .., "typ_kg": .., "high_kg": ..}]}
// and the mean power of the module. Without power there is no use phase, and the totals say so. `power_inputs` names
// where it comes from.
Outcome<Json> MakeFootprint(const Json& facts, const std::optional<Levels>& power_w, const std::string& power_inputs);

}  // namespace mls::datasheet
