#include "mls/datasheet/footprint.h"

#include <cmath>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "mls/datasheet/schema.h"

namespace mls::datasheet {
namespace {

enum Level { kLow, kTyp, kHigh };

double At(const Levels& kg, Level level) { return level == kLow ? kg.low : level == kTyp ? kg.typ : kg.high; }
double TwoDecimals(double kg) { return std::round(kg * 100) / 100; }

std::vector<FootprintBlock> Blocks(std::initializer_list<const char*> names) {
  std::vector<FootprintBlock> blocks;
  for (const char* name : names) {
    const FootprintOption* option = FindFootprintOption(name);
    EXPECT_NE(option, nullptr) << name;
    if (option != nullptr) blocks.push_back({option->block, option->detail, option->kg});
  }
  return blocks;
}

struct System {
  const char* name;
  const char* sensing;
  Level level;
  double published_kg;
};

class PublishedSystem : public testing::TestWithParam<System> {};

// arXiv 2301.11899: battery powered, 1 mW around the clock for three years.
TEST_P(PublishedSystem, HasItsPublishedTotal) {
  std::vector<FootprintBlock> blocks =
      Blocks({"mcu", GetParam().sensing, "board", "li_ion", "casing", "leds", "others", "transport", "training"});
  const double use = UsePhaseKg(0.001, 3, *FindGridFactor("US"));
  blocks.push_back({"use", "", {use, use, use}});
  EXPECT_EQ(TwoDecimals(At(TotalOf(blocks), GetParam().level)), GetParam().published_kg);
}

INSTANTIATE_TEST_SUITE_P(Footprint, PublishedSystem,
                         testing::Values(System{"KeywordLow", "microphone", kLow, 0.89},
                                         System{"KeywordTypical", "microphone", kTyp, 2.66},
                                         System{"AnomalyTypical", "fused_sensors", kTyp, 2.67},
                                         System{"ImageTypical", "imager", kTyp, 3.41},
                                         System{"ImageWorst", "imager", kHigh, 7.06}),
                         [](const auto& test) { return std::string(test.param.name); });

// The breakdowns that accompany arXiv 2306.08848: each block is a catalogue entry at a level, or a figure of that
// sensor's own.
struct PublishedBlock {
  const char* block;
  double published_kg;
  std::vector<std::pair<const char*, Level>> made_of;
};

void ExpectBreakdown(const std::vector<PublishedBlock>& published, double total_kg) {
  std::vector<FootprintBlock> blocks;
  for (const PublishedBlock& entry : published) {
    double kg = entry.made_of.empty() ? entry.published_kg : 0;
    for (const auto& [name, level] : entry.made_of) kg += At(FindFootprintOption(name)->kg, level);
    EXPECT_EQ(TwoDecimals(kg), entry.published_kg) << entry.block;
    blocks.push_back({entry.block, "", {kg, kg, kg}});
  }
  EXPECT_EQ(TwoDecimals(TotalOf(blocks).typ), total_kg);
}

TEST(PublishedSensor, OpenSourcePersonModuleHasItsBreakdownAndTotal) {
  ExpectBreakdown({{"training", 0.10, {{"training", kTyp}}},
                   {"memory", 0.05, {}},
                   {"others", 0.31, {}},
                   {"board", 0.16, {{"board", kTyp}}},
                   {"power_supply", 0.52, {{"mains", kTyp}}},
                   {"processing", 0.17, {{"mcu", kTyp}}},
                   {"sensing", 0.77, {{"imager", kTyp}}},
                   {"transport", 0.18, {{"transport", kLow}}},
                   {"user_interface", 0.06, {{"leds", kTyp}}},
                   {"use", 0.02, {}}},
                  2.34);
}

TEST(PublishedSensor, CommercialPersonSensorHasItsBreakdownAndTotal) {
  ExpectBreakdown({{"training", 0.10, {{"training", kTyp}}},
                   {"memory", 0.05, {}},
                   {"others", 0.31, {}},
                   {"board", 0.13, {{"board", kLow}}},
                   {"power_supply", 0.52, {{"mains", kTyp}}},
                   {"processing", 0.66, {}},
                   {"sensing", 0.79, {{"imager", kTyp}, {"microphone", kTyp}}},
                   {"transport", 0.18, {{"transport", kLow}}},
                   {"user_interface", 0.06, {{"leds", kTyp}}},
                   {"use", 0.02, {}}},
                  2.82);
}

TEST(UsePhase, OfTheElectricalTableIsFarAboveWhatWasPublished) {
  const double watts = 0.040 * 3.3;
  EXPECT_NEAR(UsePhaseKg(watts, 3, *FindGridFactor("US")), 1.28, 0.01);
  EXPECT_NEAR(UsePhaseKg(watts, 3, *FindGridFactor("world")), 1.65, 0.01);
  EXPECT_NEAR(UsePhaseKg(watts, 3, *FindGridFactor("world"), 0.8), 2.06, 0.01);
}

TEST(TruncationCase, DoublesAllButTheUsePhase) {
  const std::vector<FootprintBlock> blocks = {{"board", "", {1, 2, 3}}, {"use", "", {5, 5, 5}}};
  EXPECT_EQ(TruncationCase(blocks).typ, 9);
}

TEST(MakeFootprint, MakesASectionWithTotalsSensitivityAndASentenceFromItsNumbers) {
  const Json facts = Json::parse(
      R"({"years": 3, "grid": "world", "blocks": [{"from": "mcu"}, {"from": "mains"}, {"from": "led", "times": 2},
      {"block": "memory", "detail": "flash", "typ_kg": 0.05}]})");
  const auto section = MakeFootprint(facts, Levels{0.01, 0.02, 0.04}, "model.performance.energy");
  ASSERT_TRUE(section.ok()) << section.problem().text();
  EXPECT_NEAR((*section)["total"]["value"].get<double>(), 0.17 + 0.52 + 0.06 + 0.05 + UsePhaseKg(0.02, 3, 475), 1e-4);
  EXPECT_EQ((*section)["blocks"].size(), 5u);
  EXPECT_EQ((*section)["statements"][0]["text"], "Power supply and use make up 73.3 % of the total.");
  EXPECT_EQ((*section)["statements"][0]["kind"], "majority");
}

TEST(MakeFootprint, SaysWhatIsWrongWithTheFacts) {
  EXPECT_EQ(MakeFootprint(Json::parse(R"({"grid": "XX"})"), {}, "").problem().where, "/hardware/footprint/grid");
  EXPECT_EQ(MakeFootprint(Json::parse(R"({"years": 0})"), {}, "").problem().where, "/hardware/footprint/years");
  EXPECT_EQ(MakeFootprint(Json::parse(R"({"blocks": [{"from": "mcu"}, {"from": "gpu"}]})"), {}, "").problem().where,
            "/hardware/footprint/blocks/1");
}

}  // namespace
}  // namespace mls::datasheet
