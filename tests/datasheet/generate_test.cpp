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
  inputs.firmware_sha256 = Sha256Hex("a firmware");
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
INSTANTIATE_TEST_SUITE_P(Generate, Products, testing::Values("keyword", "person"),
                         [](const auto& test) { return std::string(test.param); });

TEST_P(Products, AreValidAndLintClean) {
  const Json document = Make();
  for (const Problem& problem : Validate(document)) ADD_FAILURE() << problem.text();
  for (const Finding& finding : Lint(document)) {
    if (finding.severity != Severity::kNote)
      ADD_FAILURE() << finding.rule << " " << finding.where << ": " << finding.message;
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
  hash[0] = hash[0] == '3' ? '4' : '3';
  (*inputs.results)["model_sha256"] = hash;
  EXPECT_THAT(Generate(inputs).problem().text(), HasSubstr("measured on another model"));
}

TEST_P(Products, AreRefusedWhenTheModelFileIsNotTheOneOfTheManifest) {
  GenerateInputs inputs = InputsOf(GetParam());
  inputs.model_file = ModelFile{std::string(64, '3'), 1, 1, 1};
  EXPECT_EQ(Generate(inputs).problem().where, "manifest, /sha256");
  inputs.model_file->sha256 = (*inputs.manifest)["sha256"];
  EXPECT_TRUE(Generate(inputs).ok());
}

TEST_P(Products, AreRefusedWhenAFactIsTypedThatTheManifestKnows) {
  GenerateInputs inputs = InputsOf(GetParam());
  inputs.facts["model"]["specification"][0]["macs"] = 1;
  EXPECT_EQ(Generate(inputs).problem().where, "/model/specification/0/macs");
}

TEST_P(Products, AreRefusedWithResultsOfOtherFirmware) {
  GenerateInputs inputs = InputsOf(GetParam());
  (*inputs.results)["firmware_sha256"] = std::string(64, 'e');
  EXPECT_THAT(Generate(inputs).problem().text(), HasSubstr("measured on other firmware"));
  inputs.firmware_sha256.clear();
  EXPECT_EQ(TextAt(*Generate(inputs), "/provenance/firmware_sha256"), std::string(64, 'e'));
}

TEST_P(Products, TakeLatencyEnergyAndSplitsFromTheResults) {
  GenerateInputs inputs = InputsOf(GetParam());
  const Json evidence = {{"kind", "measured"}, {"run_id", "r"}, {"raw_sha256", std::string(64, 'a')}};
  (*inputs.results)["latency"] = {
      {"values", {{"stimulus_to_read_p50", {{"value", 30}, {"unit", "ms"}, {"evidence", evidence}}}}},
      {"plots", Json::array()}};
  (*inputs.results)["energy"] = {
      {"modes", {{{"mode", "continuous"}, {"power", {{"value", 20}, {"unit", "mW"}, {"evidence", evidence}}}}}}};
  (*inputs.results)["splits"]["test"] = {{"sha256", std::string(64, 'b')}, {"n", 7}};
  const auto document = Generate(inputs);
  ASSERT_TRUE(document.ok()) << document.problem().text();
  EXPECT_EQ(ValueAt(*document, "/model/performance/latency/stimulus_to_read_p50"), 30);
  EXPECT_EQ(TextAt(*document, "/model/specification/0/training/splits/2/sha256"), std::string(64, 'b'));
  // The use phase follows from the measured power, and what is filled needs no excuse.
  const Json& blocks = ArrayAt(*document, "/hardware/footprint/blocks");
  EXPECT_NEAR(blocks.back()["typ_kg"].get<double>(), UsePhaseKg(0.020, 3, 475, 0.8), 1e-3);
  for (const Json& excuse : ArrayAt(*document, "/not_applicable"))
    EXPECT_NE(TextAt(excuse, "/pointer"), "/model/performance/latency");
}

TEST(Generate, AnswersFactsOfTheWrongTypesWithAProblem) {
  for (const char* text :
       {R"({"overview": {}, "model": {"specification": [7]}, "hardware": {}})",
        R"({"overview": {}, "model": {}, "hardware": {"communication": "x"}})",
        R"({"overview": {}, "model": {"performance": []}, "hardware": {"footprint": 3}})", "[]", "null"}) {
    GenerateInputs inputs;
    inputs.facts = Json::parse(text);
    inputs.manifest = LoadTestFile("person.manifest.json");
    EXPECT_FALSE(Generate(inputs).ok()) << text;
  }
}

TEST(ReadModelFile, CountsTheWeightsOfTheShippedModels) {
  for (const auto& [name, parameters] : {std::pair{"keyword", 20'000u}, {"person", 150'000u}}) {
    const auto model = ReadModelFile(std::string(MLS_SOURCE_DIR) + "/models/" + name + "/" + name + ".tflite");
    ASSERT_TRUE(model.ok()) << model.problem().text();
    EXPECT_GT(model->parameters, parameters);
    EXPECT_LT(model->parameters, 2 * parameters);
    EXPECT_GT(model->arena_bytes, 10'000u);
  }
  EXPECT_THAT(ReadModelFile(TestFile("minimal.json")).problem().text(), HasSubstr("not a TensorFlow Lite model"));
}

TEST(TestsFromResults, AddsSmallLevelsUp) {
  const Json results = Json::parse(R"({"t": {"counts": {"yes": {"yes": 70}}},
      "t_by_room": {"big": {"counts": {"yes": {"yes": 50, "none": 10}}}, "small": {"counts": {"yes": {"yes": 3}}}, "tiny": {"counts": {"yes": {"none": 2, "yes": 1}}}}})");
  const auto tests = TestsFromResults(results, Json::object(), {"yes"}, std::string(64, '0'));
  const Json& slices = (*tests)[0]["slices"];
  ASSERT_EQ(slices.size(), 2u);
  EXPECT_EQ(slices[1]["level"], "others (small, tiny)");
  EXPECT_EQ(slices[1]["counts"]["true_positive"], 4);
}

TEST(TestsFromResults, CountsAnotherWordAsAMissOfTheSpokenOne) {
  const Json results = Json::parse(
      R"({"t": {"counts": {"yes": {"yes": 5, "no": 2, "none": 3}, "no": {"no": 4}, "_unknown_": {"none": 6, "yes": 1}}}})");
  const auto tests = TestsFromResults(results, Json::object(), {"yes", "no"}, std::string(64, '0'));
  ASSERT_TRUE(tests.ok());
  EXPECT_EQ(
      (*tests)[0]["counts"],
      Json::parse(
          R"({"true_positive": 9, "false_negative": 5, "false_positive": 1, "true_negative": 6, "no_detection": 3})"));
}

TEST(TestsFromResults, MakesSlicesOfEntriesThatContinueAnothersName) {
  const auto tests = TestsFromResults(LoadTestFile("keyword.results.json"),
                                      Json::parse(R"({"headline": "stream_test", "skip": ["window"]})"),
                                      {"yes", "no", "up", "down"}, std::string(64, '0'));
  ASSERT_TRUE(tests.ok());
  ASSERT_EQ(tests->size(), 3u);
  EXPECT_EQ((*tests)[0]["id"], "stream_test");
  EXPECT_EQ((*tests)[0]["slices"].size(), 4u);
  EXPECT_EQ((*tests)[0]["slices"][3]["level"], "0 dB");
  EXPECT_EQ((*tests)[1]["continuous"]["rate_per_hour"]["value"], 4);
  EXPECT_EQ((*tests)[2]["continuous"]["rate_per_hour"]["ci"]["upper"], 14.979);
}

TEST(TestsFromResults, SkipsWhatIsNoTableAndRefusesAHeadlineThatIsNotThere) {
  const Json results = Json::parse(R"({"e_by_f": {"g": 1}, "scores_x": 3, "words": {"n": 1}})");
  EXPECT_EQ(TestsFromResults(results, Json::object(), {"x"}, "")->size(), 0u);
  EXPECT_FALSE(TestsFromResults(results, Json::parse(R"({"headline": "z"})"), {"x"}, "").ok());
  EXPECT_FALSE(TestsFromResults(Json::array(), Json::object(), {"x"}, "").ok());
}

TEST(TestsFromResults, GiveNoPrecisionWhereNothingWasToBeFound) {
  const auto tests = TestsFromResults(Json::parse(R"({"t": {"counts": {"other": {"x": 1, "none": 9}}}})"),
                                      Json::object(), {"x"}, "");
  ASSERT_TRUE(tests.ok());
  EXPECT_FALSE((*tests)[0]["metrics"].contains("precision"));
  EXPECT_EQ((*tests)[0]["metrics"]["false_positive_rate"]["value"], 0.1);
}

TEST(TestsFromResults, RefusesCountsThatAreNoneAndNamesThePlace) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"a": {"counts": {"x": 3}}})", "results, /a/counts/x"},
      {R"({"a": {"counts": [1]}})", "results, /a/counts"},
      {R"({"a": {"counts": {"x": {"y": -1}}}})", "results, /a/counts/x/y"},
      {R"({"a": {"events": -1, "hours": 1}})", "results, /a/events"},
      {R"({"a": {"events": 1, "hours": 0}})", "results, /a/hours"},
      {R"({"a_by_b": {"c": {"counts": {"x": {"y": "1"}}}}})", "results, /a_by_b/c/counts/x/y"}};
  for (const auto& [text, where] : cases) {
    const auto tests = TestsFromResults(Json::parse(text), Json::object(), {"x"}, "");
    ASSERT_FALSE(tests.ok()) << text;
    EXPECT_EQ(tests.problem().where, where);
  }
}

TEST(TestsFromResults, CountsAtTheShippedThresholdAndSaysWhatGroupsCannotShow) {
  const Json results = Json::parse(R"({"a": {"counts": {"x": {"x": 9, "no_x": 1}, "no_x": {"x": 5, "no_x": 5}},
    "at_high_threshold": {"x_found": {"count": 7, "of": 10}, "no_x_kept": {"count": 8, "of": 10}}},
    "a_by_light": {"dark": {"counts": {"x": {"x": 50, "no_x": 10}}}, "bright": {"counts": {"x": {"x": 60, "no_x": 10}}}}})");
  const Json test = (*TestsFromResults(results, Json::object(), {"x"}, ""))[0];
  EXPECT_EQ(test["counts"]["true_positive"], 7);
  EXPECT_EQ(test["counts"]["false_positive"], 2);
  EXPECT_EQ(test["threshold"], kShippedThreshold);
  // 2.8 x sqrt(0.846 x 0.154 x (1 / 60 + 1 / 70)), rounded up to a hundredth.
  EXPECT_NEAR(test["detectable_differences"]["light"]["value"].get<double>(), 0.18, 1e-9);
}

TEST(AddModelledEnergy, FollowsItsFormula) {
  Json model = Json::object();
  const auto problem = AddModelledEnergy(
      Json::parse(
          R"({"cycles_per_mac": 2, "nj_per_cycle": 0.25, "idle_mw": 1, "sensing_mw": 2, "standby_mw": 0.1, "inferences_per_decision": 2, "decisions_per_s": 5, "battery_wh": 2})"),
      1e6, model);
  ASSERT_FALSE(problem) << problem->text();
  const Json& energy = model["performance"]["energy"];
  EXPECT_EQ(energy["modes"][0]["power"]["value"], 3 + 500.0 * 2 * 5 / 1000);
  EXPECT_EQ(energy["per_inference"]["value"], 500);
  EXPECT_EQ(energy["per_inference"]["uncertainty"], 250);
  EXPECT_EQ(energy["per_decision"]["value"], 1600);
  EXPECT_EQ(energy["battery_life"]["value"], 10.42);
  EXPECT_THAT(AddModelledEnergy(Json::object(), 1, model)->expected, HasSubstr("cycles_per_mac"));
}

}  // namespace
}  // namespace mls::datasheet
