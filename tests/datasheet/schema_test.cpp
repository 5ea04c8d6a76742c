#include "mls/datasheet/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_documents.h"

namespace mls::datasheet {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::string Texts(const std::vector<Problem>& problems) {
  std::string text;
  for (const Problem& problem : problems) text += problem.text() + "\n";
  return text;
}

TEST(Validate, AcceptsTheSmallestDatasheet) { EXPECT_EQ(Texts(Validate(LoadTestFile("minimal.json"))), ""); }

TEST(Validate, AllowsFieldsItDoesNotKnow) {
  Json document = LoadTestFile("minimal.json");
  document["overview"]["vendor_extension"] = {1, 2, 3};
  EXPECT_THAT(Validate(document), IsEmpty());
}

struct Change {
  const char* name;
  const char* pointer;
  const char* value;  // nullptr removes the node
  const char* where;
  const char* expected;
};

class ValidateRefuses : public testing::TestWithParam<Change> {};

TEST_P(ValidateRefuses, AndNamesPlaceExpectationAndFinding) {
  const Change& change = GetParam();
  Json document = LoadTestFile("minimal.json");
  const Json::json_pointer pointer(change.pointer);
  if (change.value == nullptr) {
    document.at(pointer.parent_pointer()).erase(pointer.back());
  } else {
    document[pointer] = Json::parse(change.value);
  }
  const auto problems = Validate(document);
  ASSERT_THAT(problems, SizeIs(1)) << Texts(problems);
  EXPECT_EQ(problems[0].where, change.where);
  EXPECT_THAT(problems[0].expected, HasSubstr(change.expected));
}

constexpr const char* kVoltage = "/hardware/electrical/supply_voltage";
INSTANTIATE_TEST_SUITE_P(
    OneMistake, ValidateRefuses,
    testing::Values(
        Change{"MissingSection", "/hardware", nullptr, "", "the field \"hardware\""},
        Change{"MissingTitle", "/overview/title", nullptr, "/overview", "the field \"title\""},
        Change{"EmptyTitle", "/overview/title", "\"\"", "/overview/title", "at least 1 character"},
        Change{"WrongType", "/overview/title", "7", "/overview/title", "type string"},
        Change{"WrongVersion", "/schema_version", "\"2.0\"", "/schema_version", "\"1.0\""},
        Change{"NegativeCount", "/model/performance/tests/0/counts/true_positive", "-1",
               "/model/performance/tests/0/counts/true_positive", "at least 0"},
        Change{"FractionOfACount", "/model/performance/tests/0/counts/true_positive", "0.5",
               "/model/performance/tests/0/counts/true_positive", "type integer"},
        Change{"UnknownKind", "/model/performance/tests/0/kind", "\"lab\"", "/model/performance/tests/0/kind",
               "one of"},
        Change{"NoEvidence", "/hardware/electrical/supply_voltage/evidence", nullptr, kVoltage,
               "the field \"evidence\""},
        Change{"NoNumber", kVoltage, R"({"evidence": {"kind": "declared", "signer": "x", "timestamp": "2026-01-01"}})",
               kVoltage, "one of the fields value"},
        Change{"DeclaredByNobody", "/hardware/electrical/supply_voltage/evidence/signer", nullptr,
               "/hardware/electrical/supply_voltage/evidence", "the field \"signer\""},
        Change{"DerivedFromNothing", "/model/performance/tests/0/metrics/recall/evidence/inputs", "[]",
               "/model/performance/tests/0/metrics/recall/evidence/inputs", "at least 1 entries"},
        Change{"DerivedWithoutFormula", "/model/performance/tests/0/metrics/recall/evidence/formula", nullptr,
               "/model/performance/tests/0/metrics/recall/evidence", "the field \"formula\""},
        Change{
            "MeasuredWithoutRun", "/hardware/electrical/supply_voltage/evidence",
            R"({"kind": "measured", "raw_sha256": "0000000000000000000000000000000000000000000000000000000000000000"})",
            "/hardware/electrical/supply_voltage/evidence", "the field \"run_id\""},
        Change{"BadHash", "/model/specification/0/sha256", "\"ABC\"", "/model/specification/0/sha256", "SHA-256"},
        Change{"BadDate", "/declaration/date", "\"21.11.2026\"", "/declaration/date", "ISO 8601"},
        Change{"ZeroHours", "/model/performance/tests/0/continuous", R"({"hours": 0, "false_accepts": 0})",
               "/model/performance/tests/0/continuous/hours", "more than 0"},
        Change{"ArrayAsDocument", "", "[]", "", "type object"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Validate, AsksForNoNumberWhereAValueIsNotDisclosed) {
  Json document = LoadTestFile("minimal.json");
  document["hardware"]["electrical"]["supply_voltage"] =
      Json::parse(R"({"value": null, "evidence": {"kind": "not_disclosed"}})");
  EXPECT_EQ(Texts(Validate(document)), "");
  document["hardware"]["electrical"]["supply_voltage"] = Json::parse(R"({"evidence": {"kind": "not_applicable"}})");
  EXPECT_EQ(Texts(Validate(document)), "");
}

TEST(ValidateAgainst, RefusesASchemaWithAKeywordThatItDoesNotCheck) {
  const auto problems = ValidateAgainst(Json::parse(R"({"uniqueItems": true})"), Json::array());
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_THAT(problems[0].found, HasSubstr("uniqueItems"));
}

}  // namespace
}  // namespace mls::datasheet
