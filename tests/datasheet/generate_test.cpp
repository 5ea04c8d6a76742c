#include "mls/datasheet/generate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mls/datasheet/completeness.h"
#include "mls/datasheet/lint.h"
#include "mls/datasheet/schema.h"
#include "mls/datasheet/signature.h"
#include "mls/interface/register_map.h"
#include "test_documents.h"

namespace mls::datasheet {
namespace {

using testing::HasSubstr;

GenerateInputs InputsOf(const std::string& product) {
  GenerateInputs inputs;
  inputs.facts = *Load(std::string(MLS_SOURCE_DIR) + "/datasheet/products/" + product + ".facts.json", {}, true);
  inputs.manifest = LoadTestFile(product + ".manifest.json");
  inputs.results_text = *ReadText(TestFile(product + ".results.json"));
  inputs.results = LoadTestFile(product + ".results.json");
  inputs.firmware_sha256 = std::string(64, 'f');
  return inputs;
}

class Products : public testing::TestWithParam<const char*> {
 protected:
  Json Make() {
    auto document = Generate(InputsOf(GetParam()));
    EXPECT_TRUE(document.ok()) << (document.ok() ? "" : document.problem().text());
    return document.ok() ? *document : Json();
  }
};
INSTANTIATE_TEST_SUITE_P(Generate, Products, testing::Values("keyword", "person"), [](const auto& test) { return std::string(test.param); });

TEST_P(Products, AreValidAndLintClean) {
  const Json document = Make();
  for (const Problem& problem : Validate(document)) ADD_FAILURE() << problem.text();
  for (const Finding& finding : Lint(document)) {
    if (finding.severity != Severity::kNote) ADD_FAILURE() << finding.rule << " " << finding.where << ": " << finding.message;
  }
}

TEST_P(Products, FillTheTemplateButForWhatIsNotKnownYet) { EXPECT_GT(ScoreOf(Make()).score(), 0.93); }

TEST_P(Products, ComeOutTheSameEachTime) { EXPECT_EQ(*DatasheetSha256(Make()), *DatasheetSha256(Make())); }

TEST_P(Products, CarryTheRegisterMapOfThisBuild) {
  const Json document = Make();
  EXPECT_EQ(ArrayAt(document, "/hardware/registers/windows").size(), static_cast<size_t>(kWindowCount));
  EXPECT_EQ(ArrayAt(document, "/hardware/registers/registers").size(), kRegisters.size());
  EXPECT_EQ(TextAt(document, "/hardware/communication/i2c/address"), "0x6C");
}

TEST_P(Products, TypeNoRate) {
  const Json document = Make();
  VisitValues(document, [](const std::string& where, const Json& value) {
    if (where.find("/metrics/") != std::string::npos) {
      EXPECT_EQ(TextAt(value, "/evidence/kind"), "derived") << where;
    }
  });
}

TEST_P(Products, AreRefusedWithResultsOfAnotherModel) {
  GenerateInputs inputs = InputsOf(GetParam());
  std::string hash = (*inputs.results)["model_sha256"];
  hash[0] = '3';
  (*inputs.results)["model_sha256"] = hash;
  EXPECT_THAT(Generate(inputs).problem().text(), HasSubstr("measured on another model"));
}

TEST_P(Products, AreRefusedWhenTheModelFileIsNotTheOneOfTheManifest) {
  GenerateInputs inputs = InputsOf(GetParam());
  inputs.model_sha256 = std::string(64, '3');
  EXPECT_EQ(Generate(inputs).problem().where, "manifest, /sha256");
  inputs.model_sha256 = (*inputs.manifest)["sha256"];
  EXPECT_TRUE(Generate(inputs).ok());
}

TEST_P(Products, AreRefusedWhenAFactIsTypedThatTheManifestKnows) {
  GenerateInputs inputs = InputsOf(GetParam());
  inputs.facts["model"]["specification"][0]["macs"] = 1;
  EXPECT_EQ(Generate(inputs).problem().where, "/model/specification/0/macs");
}

TEST(TestsFromResults, CountsAnotherWordAsAMissOfTheSpokenOne) {
  const Json results = Json::parse(R"({"t": {"counts": {"yes": {"yes": 5, "no": 2, "none": 3}, "no": {"no": 4}, "_unknown_": {"none": 6, "yes": 1}}}})");
  const auto tests = TestsFromResults(results, Json::object(), {"yes", "no"}, std::string(64, '0'));
  ASSERT_TRUE(tests.ok());
  EXPECT_EQ((*tests)[0]["counts"], Json::parse(R"({"true_positive": 9, "false_negative": 5, "false_positive": 1, "true_negative": 6, "no_detection": 3})"));
}

TEST(TestsFromResults, MakesSlicesOfEntriesThatContinueAnothersName) {
  const auto tests = TestsFromResults(LoadTestFile("keyword.results.json"), Json::parse(R"({"headline": "stream_test", "skip": ["window"]})"), {"yes", "no", "up", "down"}, std::string(64, '0'));
  ASSERT_TRUE(tests.ok());
  ASSERT_EQ(tests->size(), 3u);
  EXPECT_EQ((*tests)[0]["id"], "stream_test");
  EXPECT_EQ((*tests)[0]["slices"].size(), 4u);
  EXPECT_EQ((*tests)[0]["slices"][3]["level"], "0 db");
  EXPECT_EQ((*tests)[1]["continuous"]["rate_per_hour"]["value"], 4);
  EXPECT_EQ((*tests)[2]["continuous"]["rate_per_hour"]["ci"]["upper"], 14.979);
}

TEST(TestsFromResults, SkipsWhatIsNoTableAndRefusesAHeadlineThatIsNotThere) {
  const Json results = Json::parse(R"({"a": {"counts": {"x": 3}}, "b": {"counts": [1]}, "c": {"events": -1, "hours": 1}, "d": {"events": 1, "hours": 0}, "e_by_f": {"g": 1}, "scores_x": 3})");
  EXPECT_EQ(TestsFromResults(results, Json::object(), {"x"}, "")->size(), 0u);
  EXPECT_FALSE(TestsFromResults(results, Json::parse(R"({"headline": "z"})"), {"x"}, "").ok());
  EXPECT_FALSE(TestsFromResults(Json::array(), Json::object(), {"x"}, "").ok());
}

TEST(AddModelledEnergy, FollowsItsFormula) {
  Json model = Json::object();
  const auto power_mw = AddModelledEnergy(Json::parse(R"({"cycles_per_mac": 2, "nj_per_cycle": 0.25, "idle_mw": 1, "sensing_mw": 2, "standby_mw": 0.1, "inferences_per_decision": 2, "decisions_per_s": 5, "battery_wh": 2})"), 1e6, model);
  ASSERT_TRUE(power_mw.ok());
  EXPECT_DOUBLE_EQ(*power_mw, 3 + 500.0 * 2 * 5 / 1000);
  const Json& energy = model["performance"]["energy"];
  EXPECT_EQ(energy["per_inference"]["value"], 500);
  EXPECT_EQ(energy["per_inference"]["uncertainty"], 250);
  EXPECT_EQ(energy["per_decision"]["value"], 1600);
  EXPECT_EQ(energy["battery_life"]["value"], 10.42);
  EXPECT_THAT(AddModelledEnergy(Json::object(), 1, model).problem().expected, HasSubstr("cycles_per_mac"));
}

}  // namespace
}  // namespace mls::datasheet
