#include <cmath>

#include "mls/datasheet/generate.h"

namespace mls::datasheet {
namespace {

double FourDigits(double value) { return value == 0 ? 0 : std::stod(NumberText(value, 4)); }

}  // namespace

std::optional<Levels> ContinuousPowerW(const Json& model) {
  for (const Json& mode : ArrayAt(model, "/performance/energy/modes")) {
    const auto power = ValueAt(mode, "/power");
    if (TextAt(mode, "/mode") != "continuous" || !power) continue;
    const std::string unit = TextAt(mode, "/power/unit");
    const double scale = unit == "mW" ? 1e-3 : unit == "uW" ? 1e-6 : 1;
    const double spread = NumberAt(mode, "/power/uncertainty").value_or(0);
    const auto bound = [&](const char* interval, const char* range, double otherwise) {
      const auto stated = NumberAt(mode, interval);
      return stated ? *stated : NumberAt(mode, range).value_or(otherwise);
    };
    return Levels{bound("/power/ci/lower", "/power/min", *power - spread) * scale, *power * scale,
                  bound("/power/ci/upper", "/power/max", *power + spread) * scale};
  }
  return std::nullopt;
}

std::optional<Problem> AddModelledEnergy(const Json& facts, double macs, Json& model) {
  const char* const kNeeded[] = {"cycles_per_mac",          "nj_per_cycle",   "idle_mw", "sensing_mw", "standby_mw",
                                 "inferences_per_decision", "decisions_per_s"};
  for (const char* key : kNeeded) {
    if (!NumberAt(facts, std::string("/") + key))
      return Problem{"/energy_model", std::string("the number \"") + key + "\"", "none"};
  }
  const auto at = [&](const char* key) { return NumberAt(facts, std::string("/") + key).value_or(0); };
  const std::string source = "energy_model (" + TextAt(facts, "/source", "no source given") + ")";
  const double uncertainty = NumberAt(facts, "/relative_uncertainty").value_or(0.5);
  const auto derived = [&](double value, const char* unit, const std::string& formula) {
    return Json{{"value", FourDigits(value)},
                {"unit", unit},
                {"uncertainty", FourDigits(value * uncertainty)},
                {"conditions", {{"part", TextAt(facts, "/part", "not named")}}},
                {"evidence", {{"kind", "derived"}, {"formula", formula}, {"inputs", {source, "macs"}}}}};
  };
  const double inference_uj = macs * at("cycles_per_mac") * at("nj_per_cycle") / 1000;
  const double decision_uj = inference_uj * at("inferences_per_decision");
  const double baseline_mw = at("idle_mw") + at("sensing_mw");
  const double power_mw = baseline_mw + decision_uj * at("decisions_per_s") / 1000;

  Json energy = {
      {"modes",
       Json::array({{{"mode", "continuous"},
                     {"power", derived(power_mw, "mW", "idle_mw + sensing_mw + per_decision x decisions_per_s")}},
                    {{"mode", "standby"}, {"power", {{"value", at("standby_mw")}, {"unit", "mW"}}}}})}};
  energy["per_inference"] = derived(inference_uj, "uJ", "macs x cycles_per_mac x nj_per_cycle");
  energy["per_decision"] =
      derived(decision_uj + baseline_mw * 1000 / at("decisions_per_s"), "uJ",
              "per_inference x inferences_per_decision + (idle_mw + sensing_mw) / decisions_per_s");
  energy["per_day"] = derived(power_mw * 24 / 1000, "W.h", "continuous power x 24 h");
  if (const auto battery = NumberAt(facts, "/battery_wh")) {
    energy["battery_life"] = derived(*battery * 1000 / power_mw / 24, "d", "battery_wh / continuous power");
    energy["battery_life"]["conditions"]["battery_wh"] = *battery;
  }
  energy["duty_cycle"] = NumberText(at("decisions_per_s")) + " decisions per second, around the clock";
  model["performance"]["energy"] = std::move(energy);
  if (const auto clock = NumberAt(facts, "/clock_mhz");
      clock && *clock > 0 && Find(model, "/specification/0/inference_time") == nullptr) {
    model["specification"][0]["inference_time"] =
        derived(macs * at("cycles_per_mac") / *clock / 1000, "ms", "macs x cycles_per_mac / clock_mhz / 1000");
  }
  return std::nullopt;
}

}  // namespace mls::datasheet
