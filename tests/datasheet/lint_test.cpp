#include "mls/datasheet/lint.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mls/datasheet/facts.h"
#include "mls/datasheet/schema.h"
#include "test_documents.h"
#include "ucum.h"

namespace mls::datasheet {
namespace {

using testing::HasSubstr;

std::string Texts(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings)
    text += std::string(SeverityName(finding.severity)) + " " + finding.rule + " " + finding.where + ": " +
            finding.message + "\n";
  return text;
}

Json LoadFacts(const std::string& name) {
  Json document = WithEvidence(LoadTestFile(name));
  for (const Problem& problem : Validate(document)) ADD_FAILURE() << problem.text();
  return document;
}

// The 14 errors that the two published datasheets really contain.
struct PublishedError {
  int number;
  const char* sheet;
  const char* rule;
  const char* where;
  const char* says;
};

class PublishedSheets : public testing::TestWithParam<PublishedError> {};

TEST_P(PublishedSheets, HaveTheirErrorFound) {
  const PublishedError& error = GetParam();
  const auto findings = Lint(LoadFacts(error.sheet));
  for (const Finding& finding : findings) {
    if (std::string(finding.rule) == error.rule && finding.where == error.where) {
      EXPECT_THAT(finding.message, HasSubstr(error.says));
      return;
    }
  }
  ADD_FAILURE() << "no " << error.rule << " at " << error.where << " among\n" << Texts(findings);
}

constexpr const char* kA = "published_a.json";
constexpr const char* kB = "published_b.json";
INSTANTIATE_TEST_SUITE_P(
    Lint, PublishedSheets,
    testing::Values(
        PublishedError{1, kA, "metric-against-counts", "/model/performance/tests/0/metrics/false_positive_rate",
                       "23.9 %, but the confusion matrix gives 25.5 %"},
        PublishedError{1, kA, "metric-against-counts", "/model/performance/tests/0/metrics/false_negative_rate",
                       "25.1 %, but the confusion matrix gives 22.7 %"},
        PublishedError{2, kA, "split-shared", "/model/specification/0/training/splits", "120 %"},
        PublishedError{3, kB, "precision-without-recall", "/model/performance/tests/0/metrics", "without its recall"},
        PublishedError{4, kA, "score-as-accuracy", "/model/performance/tests/1/plots/0",
                       "claims accuracy and shows score"},
        PublishedError{4, kA, "misses-dropped", "/model/performance/tests/1/counts", "no detection"},
        PublishedError{5, kA, "empty-scenes-missing", "/model/performance/tests/1", "no false-accept rate"},
        PublishedError{5, kB, "empty-scenes-missing", "/model/performance/tests/1", "no false-accept rate"},
        PublishedError{6, kA, "group-sizes", "/model/performance/tests/1/subjects",
                       "40 people are stated, but the percentages of the groups fit 38"},
        PublishedError{6, kA, "small-group", "/model/performance/tests/1/slices/7", "5 people"},
        PublishedError{7, kA, "bins-disagree", "/model/performance/tests/1/conditions/skin_tone", "Monk 0-4"},
        PublishedError{7, kB, "bins-disagree", "/model/performance/tests/1/conditions/distance", "1.5 m"},
        PublishedError{8, kA, "dimensions-disagree", "/overview/form_factor/length", "10 mm here, 27.18 mm"},
        PublishedError{8, kA, "unit-mismatch", "/hardware/transducers/0/values/field_of_view", "{pixel}"},
        PublishedError{8, kA, "unit-mismatch", "/model/specification/0/peak_memory", "kbit"},
        PublishedError{8, kA, "interval-below-inference", "/model/specification/0/capture_interval",
                       "every 1 s, but an inference takes 2.2 s"},
        PublishedError{9, kB, "documents-disagree", "/hardware/communication/i2c/address", "0x62"},
        PublishedError{9, kB, "documents-disagree", "/hardware/communication/i2c/rate", "Here 100"},
        PublishedError{9, kB, "read-format-missing", "/hardware/registers", "No readable register"},
        PublishedError{10, kB, "privacy-transducer", "/hardware/bill_of_materials/2", "microphone"},
        PublishedError{10, kB, "privacy-retention", "/hardware/registers/registers/4", "face identities"},
        PublishedError{11, kB, "majority-wrong", "/hardware/footprint/statements/0", "46.5 %"},
        PublishedError{12, kB, "footprint-without-part", "/hardware/footprint/blocks/3", "board"},
        PublishedError{13, kA, "claim-untested", "/overview/features/0", "outdoor"},
        PublishedError{14, kA, "use-phase", "/hardware/footprint/blocks/9", "1.28 to 1.65 kg"},
        PublishedError{14, kB, "use-phase", "/hardware/footprint/blocks/9", "1.28 to 1.65 kg"}),
    [](const auto& test) {
      return "Error" + std::to_string(test.param.number) + (test.param.sheet == kA ? "A" : "B") +
             std::to_string(test.index);
    });

TEST(Lint, FindsNothingInASoundSheetButItsMissingReadFormat) {
  const auto findings = Lint(LoadTestFile("minimal.json"));
  std::set<std::string> rules;
  for (const Finding& finding : findings) rules.insert(finding.rule);
  EXPECT_EQ(rules, (std::set<std::string>{"precision-without-recall", "read-format-missing"})) << Texts(findings);
}

TEST(Lint, EndorsesTheMajorityWhereTheNumbersDo) {
  for (const Finding& finding : Lint(LoadFacts(kA))) EXPECT_STRNE(finding.rule, "majority-wrong");
}

struct Mistake {
  const char* pointer;
  const char* value;
  const char* rule;
};

TEST(Lint, FindsOneMistakeAtATime) {
  const char* const kRecall = "/model/performance/tests/0/metrics/recall";
  const Mistake mistakes[] = {
      {"/model/performance/tests/0/metrics/recall/value", "0.91", "metric-against-counts"},
      {"/model/performance/tests/0/metrics/recall/ci/upper", "0.85", "range-order"},
      {"/hardware/electrical/supply_voltage/min", "3.9", "range-order"},
      {"/hardware/electrical/supply_voltage/unit", "\"volt\"", "unit-unknown"},
      {"/hardware/electrical/supply_voltage/unit", "\"mm\"", "unit-mismatch"},
      {"/hardware/electrical/supply_voltage/evidence/kind", "\"not_disclosed\"", "unknown-as-number"},
      {"/overview/compliance", R"([{"name": "GDPR", "statement": "complies"}])", "legal-wording"},
      {"/overview/features", R"([{"text": "Fast", "tests": ["nowhere"]}])", "claim-untested"},
      {"/hardware/transducers", R"([{"kind": "camera"}])", "transducer-not-listed"},
      {"/hardware/footprint", R"({"blocks": [{"block": "casing", "typ_kg": 1}], "total": {"value": 2}})",
       "footprint-total"},
      {"/model/specification/0/training",
       R"({"splits": [{"name": "a", "fraction": 0.5}, {"name": "b", "fraction": 0.5}]})", "split-shared"},
      {"/model/performance/tests/0/continuous", R"({"hours": 1, "false_accepts": 0})", "interval-missing"},
      {"/model/performance/tests/0/metrics/recall/evidence/kind", "\"declared\"", "metric-typed"},
      {"/model/performance/tests/0/slices", R"([
         {"factor": "f", "level": "a", "counts": {"true_positive": 3, "false_negative": 2, "false_positive": 0, "true_negative": 0}},
         {"factor": "f", "level": "b", "counts": {"true_positive": 9, "false_negative": 1, "false_positive": 0, "true_negative": 0}}])",
       "power-of-evidence"},
      {"/model/performance/tests/0/metrics/recall/n", "99", "metric-against-counts"},
      {"/model/performance/tests/0/metrics/recall/ci",
       R"({"method": "Wilson", "level": 0.95, "lower": 0.89, "upper": 0.91})", "interval-too-narrow"},
      {"/model/performance/tests/0/continuous",
       R"({"hours": 10, "false_accepts": 0, "rate_per_hour": {"value": 0, "ci": {"method": "x", "level": 0.95, "upper": 0.1}}})",
       "interval-too-narrow"},
      {"/model/performance/tests/0/continuous",
       R"({"hours": 10, "false_accepts": 5, "rate_per_hour": {"value": 0.4, "ci": {"method": "x", "level": 0.95, "upper": 2}}})",
       "metric-against-counts"},
      {"/model/performance/tests/1", R"({"id": "bench", "title": "Again", "kind": "model"})", "test-twice"},
      {"/hardware/electrical/supply_voltage", R"({"typ": 3.3, "evidence": {"kind": "declared"}})", "unit-missing"},
      {"/hardware/electrical/operating_temperature",
       R"({"min": -300, "unit": "Cel", "evidence": {"kind": "declared"}})", "value-out-of-range"},
      {"/hardware/mechanical", R"({"length": {"value": -1, "unit": "mm", "evidence": {"kind": "declared"}}})",
       "value-out-of-range"},
      {"/declaration/date", "\"2026-02-30\"", "date-impossible"},
      {"/lifecycle",
       R"({"released": "2026-01-01", "end_of_support": {"value": "2025-01-01", "evidence": {"kind": "declared"}}})",
       "support-before-release"},
      {"/model/specification/0/sha256", "\"0000000000000000000000000000000000000000000000000000000000000000\"",
       "hash-placeholder"},
      {"/hardware/registers",
       R"({"windows": [{"name": "a", "address": "0x00", "size_bytes": 32}, {"name": "b", "address": "0x10", "size_bytes": 32}]})",
       "registers-overlap"},
      {"/hardware/registers",
       R"({"registers": [{"name": "a.b", "access": "read"}, {"name": "a.b", "access": "read"}]})", "registers-overlap"},
      {"/model/privacy_label", R"({"layer_2": {"ports_and_protocols": "USB only"}})", "privacy-ports"},
      {"/model/performance/energy",
       R"({"modes": [{"mode": "continuous", "power": {"value": 10, "unit": "mW"}}], "per_day": {"value": 9, "unit": "W.h"}})",
       "energy-disagrees"},
  };
  for (const Mistake& mistake : mistakes) {
    Json document = LoadTestFile("minimal.json");
    document[Json::json_pointer(mistake.pointer)] = Json::parse(mistake.value);
    std::set<std::string> rules;
    for (const Finding& finding : Lint(document)) rules.insert(finding.rule);
    EXPECT_TRUE(rules.count(mistake.rule)) << mistake.rule << " at " << mistake.pointer;
  }
  Json document = LoadTestFile("minimal.json");
  document[Json::json_pointer(kRecall)].erase("ci");
  EXPECT_THAT(Texts(Lint(document)), HasSubstr("interval-missing"));
}

TEST(Lint, FindsPartsOfTheSheetThatContradictEachOther) {
  Json document = LoadTestFile("minimal.json");
  document.merge_patch(Json::parse(R"({
      "overview": {"profile": "person"},
      "model": {"specification": [{"name": "net", "sha256": "5e1844a0ed59123cae9945999f7936821b01681babdee847d4ae6cc487af60e2"}],
        "dataset_label": {"at_a_glance": {"about_humans": "no"}},
        "privacy_label": {"data_types": {"visual": {"collects": "yes", "shared_with": "nobody"}}, "layer_2": {"ports_and_protocols": "I2C; no radio"}},
        "performance": {"energy": {"modes": [{"mode": "continuous", "power": {"value": 200, "unit": "mW"}}]}}},
      "hardware": {"electrical": {"operating_current": {"typ": 10, "max": 20, "unit": "mA"}, "regulated_voltage": {"value": 3.3, "unit": "V"}},
        "registers": {"registers": [{"name": "frame.picture", "access": "read"}]},
        "bill_of_materials": [{"part": "Wi-Fi module", "category": "other", "quantity": 1}]},
      "provenance": {"model_sha256": "3ee9f6dd932c977171f1482b9cabd0b4d6b6d1cabb5a219b9b781eee256b7575"}})"));
  const std::string found = Texts(Lint(document));
  for (const char* rule : {"hash-disagrees /provenance/model_sha256", "dataset-humans", "privacy-register",
                           "privacy-ports", "power-against-current"})
    EXPECT_THAT(found, HasSubstr(rule));
}

TEST(IsUcum, KnowsPrefixesExponentsAndAnnotations) {
  for (const char* unit : {"V", "mV", "uA", "mm2", "kbit/s", "W.h", "/h", "%", "[in_i]", "{pixel}", "By{flash}", "KiBy",
                           "dB[SPL]", "10*-6", "m/s2", "1", "Cel", "nJ", "mA.h"})
    EXPECT_TRUE(IsUcum(unit)) << unit;
  for (const char* unit : {"", "volt", "Kb", "sec", "°C", "mm^2", "V/", "uu", "{open", "kpixel", "[in", "in"})
    EXPECT_FALSE(IsUcum(unit)) << unit;
}

TEST(Lint, SurvivesDocumentsThatAreNotValid) {
  for (
      const char* text :
      {"null", "[]", "{\"model\": 3}",
       R"({"model": {"performance": {"tests": [1, {"slices": {}, "metrics": [1], "conditions": []}]}}})",
       R"({"hardware": {"footprint": {"blocks": [1, {"block": 2}], "statements": [{"blocks": [1]}]}, "bill_of_materials": [[]]}})",
       R"({"model": {"performance": {"tests": [{"subjects": -3, "slices": [{"percent": 1e300, "subjects": -1}, {"percent": 50}]}]}}})",
       R"({"provenance": {"other_documents": [{"states": [{"pointer": ""}, 7]}, 3]}, "overview": {"features": [{"tests": [1]}]}})"}) {
    Lint(Json::parse(text));
  }
}

TEST(LintRules, ExplainEveryRuleThatIsFound) {
  std::set<std::string> known;
  for (const RuleInfo& info : LintRules()) EXPECT_TRUE(known.insert(info.rule).second) << info.rule;
  for (const char* sheet : {kA, kB}) {
    for (const Finding& finding : Lint(LoadFacts(sheet))) EXPECT_TRUE(known.count(finding.rule)) << finding.rule;
  }
}

}  // namespace
}  // namespace mls::datasheet
