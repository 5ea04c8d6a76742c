#include "mls/datasheet/footprint.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

namespace mls::datasheet {
namespace {

// Blocks as the calculator prints them (two decimals). Areas and masses are those of Pirson and Bol's levels: MCU
// 5/10/17 mm2 at about 17 g per mm2, imager 8/30/58 mm2 at about 25 g per mm2, four-layer board 8/10/15 cm2 at 16 g per
// cm2, Li-ion cell 10/50/100 g at about 27 g per g. The typical microphone is what the two published sensors differ by
// (sensing 0.79 with one, 0.77 without); the calculator offers the upper figure. The fused sensors are what remains of
// the published anomaly total.
constexpr FootprintOption kOptions[] = {
    {"mcu", "processing", "microcontroller, 5/10/17 mm2 of silicon", {0.08, 0.17, 0.29}},
    {"imager", "sensing", "CMOS imager, 8/30/58 mm2", {0.20, 0.77, 1.47}},
    {"microphone", "sensing", "microphone", {0.02, 0.02, 0.04}},
    {"fused_sensors", "sensing", "several small sensors", {0.03, 0.03, 0.03}},
    {"board", "board", "four-layer circuit board, 8/10/15 cm2", {0.13, 0.16, 0.24}},
    {"li_ion", "power_supply", "Li-ion battery, 10/50/100 g", {0.27, 1.36, 2.71}},
    {"mains", "power_supply", "mains adapter", {0.52, 0.52, 0.52}},
    {"casing", "casing", "casing, from plastic clip to metal box", {0.04, 0.27, 0.63}},
    {"leds", "user_interface", "0/2/4 light-emitting diodes at 0.03 kg", {0.00, 0.06, 0.12}},
    {"led", "user_interface", "one light-emitting diode", {0.03, 0.03, 0.03}},
    {"others", "others", "resistors, capacitors, connectors", {0.06, 0.11, 0.14}},
    {"transport", "transport", "transport to the customer", {0.18, 0.40, 1.35}},
    {"training", "training", "training of one small network (upper bound: DenseNet)", {0.10, 0.10, 0.10}},
};

// Grams of CO2 per kWh, 2023.
constexpr GridFactor kGrids[] = {{"US", 369}, {"CN", 582}, {"DE", 381}, {"FR", 56},
                                 {"GB", 238}, {"IN", 713}, {"TW", 642}, {"world", 475}};

double Rounded(double kg) { return std::round(kg * 1e4) / 1e4; }

Json Derived(double kg, const std::string& formula, Json inputs) {
  return {{"value", Rounded(kg)},
          {"unit", "kg"},
          {"evidence", {{"kind", "derived"}, {"formula", formula}, {"inputs", std::move(inputs)}}}};
}

std::string Percent(double share) { return NumberText(std::round(share * 1000) / 10, 4) + " %"; }

// Sentences about shares are made from the numbers, never typed.
Json Statement(const std::vector<FootprintBlock>& blocks) {
  std::vector<FootprintBlock> sorted = blocks;
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.kg.typ > b.kg.typ; });
  Json names = Json::array();
  double share = 0;
  std::string text;
  const double total = TotalOf(blocks).typ;
  for (size_t i = 0; i < std::min<size_t>(2, sorted.size()); ++i) {
    names.push_back(sorted[i].block);
    share += sorted[i].kg.typ / total;
    text += (i > 0 ? " and " : "") + sorted[i].block;
  }
  std::replace(text.begin(), text.end(), '_', ' ');
  text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  text += " make up " + Percent(share) + " of the total.";
  return {{"text", text}, {"kind", share > 0.5 ? "majority" : "other"}, {"blocks", names}};
}

}  // namespace

std::span<const FootprintOption> FootprintOptions() { return kOptions; }

const FootprintOption* FindFootprintOption(std::string_view name) {
  const auto it =
      std::find_if(std::begin(kOptions), std::end(kOptions), [&](const auto& option) { return option.name == name; });
  return it == std::end(kOptions) ? nullptr : it;
}

std::span<const GridFactor> GridFactors() { return kGrids; }

std::optional<double> FindGridFactor(std::string_view name) {
  for (const GridFactor& grid : kGrids) {
    if (grid.name == name) return grid.g_per_kwh;
  }
  return std::nullopt;
}

double UsePhaseKg(double power_w, double years, double g_per_kwh, double supply_efficiency) {
  return power_w / supply_efficiency * 8760 * years / 1000 * g_per_kwh / 1000;
}

Levels TotalOf(std::span<const FootprintBlock> blocks) {
  Levels total;
  for (const FootprintBlock& block : blocks) {
    total.low += block.kg.low;
    total.typ += block.kg.typ;
    total.high += block.kg.high;
  }
  return total;
}

double ShareOf(std::span<const FootprintBlock> blocks, std::span<const std::string> names) {
  double sum = 0;
  for (const FootprintBlock& block : blocks) {
    if (std::find(names.begin(), names.end(), block.block) != names.end()) sum += block.kg.typ;
  }
  const double total = TotalOf(blocks).typ;
  return total > 0 ? sum / total : 0;
}

Levels TruncationCase(std::span<const FootprintBlock> blocks) {
  Levels total = TotalOf(blocks);
  for (const FootprintBlock& block : blocks) {
    if (block.block == "use") continue;
    total.low += block.kg.low;
    total.typ += block.kg.typ;
    total.high += block.kg.high;
  }
  return total;
}

std::vector<FootprintBlock> BlocksFrom(const Json& footprint) {
  std::vector<FootprintBlock> blocks;
  for (const Json& block : ArrayAt(footprint, "/blocks")) {
    const auto typ = NumberAt(block, "/typ_kg");
    if (!typ) continue;
    blocks.push_back({TextAt(block, "/block"), TextAt(block, "/detail"),
                      {NumberAt(block, "/low_kg").value_or(*typ), *typ, NumberAt(block, "/high_kg").value_or(*typ)}});
  }
  return blocks;
}

Outcome<Json> MakeFootprint(const Json& facts, const std::optional<Levels>& power_w, const std::string& power_inputs) {
  const std::string place = "/hardware/footprint";
  const double years = NumberAt(facts, "/years").value_or(3);
  const std::string grid = TextAt(facts, "/grid", "world");
  const double efficiency = NumberAt(facts, "/supply_efficiency").value_or(1);
  const auto factor = FindGridFactor(grid);
  if (!factor) return Problem{place + "/grid", "US, CN, DE, FR, GB, IN, TW or world", "\"" + grid + "\""};
  if (!(years > 0)) return Problem{place + "/years", "more than 0", NumberText(years)};
  if (!(efficiency > 0 && efficiency <= 1))
    return Problem{place + "/supply_efficiency", "more than 0, at most 1", NumberText(efficiency)};

  std::vector<FootprintBlock> blocks;
  const Json& given = ArrayAt(facts, "/blocks");
  for (size_t i = 0; i < given.size(); ++i) {
    const std::string from = TextAt(given[i], "/from");
    const double times = NumberAt(given[i], "/times").value_or(1);
    FootprintBlock block{TextAt(given[i], "/block"), TextAt(given[i], "/detail"), {}};
    if (const FootprintOption* option = FindFootprintOption(from)) {
      block.block = option->block;
      if (block.detail.empty()) block.detail = option->detail;
      block.kg = {option->kg.low * times, option->kg.typ * times, option->kg.high * times};
    } else {
      const auto typ = NumberAt(given[i], "/typ_kg");
      if (!from.empty() || !typ) {
        return Problem{place + "/blocks/" + std::to_string(i), "\"from\" with the name of a known block, or \"typ_kg\"",
                       given[i].dump()};
      }
      block.kg = {NumberAt(given[i], "/low_kg").value_or(*typ), *typ, NumberAt(given[i], "/high_kg").value_or(*typ)};
    }
    blocks.push_back(std::move(block));
  }
  Json inputs = {"hardware.footprint.blocks"};
  std::string formula = "sum of the blocks";
  if (power_w) {
    const auto use = [&](double watts) { return UsePhaseKg(watts, years, *factor, efficiency); };
    blocks.push_back({"use",
                      NumberText(power_w->typ * 1000, 3) + " mW for " + NumberText(years) + " years, grid of " + grid,
                      {use(power_w->low), use(power_w->typ), use(power_w->high)}});
    inputs.push_back(power_inputs);
  } else {
    formula += ", without the use phase (no power is known)";
  }

  Json section = {{"method", "TinyML Footprint (arXiv 2301.11899) with the blocks of Pirson and Bol (2021)"},
                  {"years", years}, {"grid", grid}, {"grid_g_per_kwh", *factor}, {"supply_efficiency", efficiency}};
  for (const FootprintBlock& block : blocks) {
    section["blocks"].push_back({{"block", block.block}, {"detail", block.detail}, {"low_kg", Rounded(block.kg.low)},
                                 {"typ_kg", Rounded(block.kg.typ)}, {"high_kg", Rounded(block.kg.high)}});
  }
  const Levels total = TotalOf(blocks);
  section["total_low"] = Derived(total.low, formula, inputs);
  section["total"] = Derived(total.typ, formula, inputs);
  section["total_high"] = Derived(total.high, formula, inputs);
  section["sensitivity"] =
      Derived(TruncationCase(blocks).typ, "everything but the use phase doubled: bottom-up counting truncates", inputs);
  if (total.typ > 0) section["statements"] = Json::array({Statement(blocks)});
  return section;
}

}  // namespace mls::datasheet
