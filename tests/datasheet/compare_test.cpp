#include "mls/datasheet/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mls/datasheet/facts.h"
#include "test_documents.h"

namespace mls::datasheet {
namespace {

using testing::HasSubstr;
using testing::Not;

const Comparison::Row* RowOf(const Comparison& comparison, const std::string& what) {
  for (const auto& group : comparison.groups) {
    for (const auto& row : group.rows) {
      if (row.what == what) return &row;
    }
  }
  ADD_FAILURE() << "no row \"" << what << "\"";
  return nullptr;
}

constexpr const char* kTest = "/model/performance/tests/0";

Json WithData(const char* sha256) {
  Json document = LoadTestFile("minimal.json");
  document["overview"]["profile"] = "person";
  document[Json::json_pointer(kTest)]["dataset_sha256"] = std::string(64, sha256[0]);
  return document;
}

TEST(Compare, GivesADifferenceWithItsIntervalOnTheSameData) {
  Json better = WithData("a");
  better[Json::json_pointer(kTest)]["counts"] =
      Json::parse(R"({"true_positive": 99, "false_negative": 1, "false_positive": 5, "true_negative": 95})");
  const Comparison comparison = Compare(better, WithData("a"));
  // Newcombe's interval for 99 of 100 against 90 of 100.
  EXPECT_EQ(RowOf(comparison, "Recall")->finding, "A − B: 2.7 to 16.5 points");
  EXPECT_EQ(RowOf(comparison, "Recall")->not_comparable, "");
  EXPECT_THAT(RowOf(Compare(WithData("a"), WithData("a")), "Recall")->finding, HasSubstr("no difference is shown"));
}

struct Obstacle {
  const char* pointer;  // in B; nullptr as value removes it
  const char* value;
  const char* row;
  const char* why;
};

TEST(Compare, SaysWhyTwoRatesCannotBeCompared) {
  const Obstacle obstacles[] = {
      {"/model/performance/tests/0/dataset_sha256", "\"bbbb\"", "Recall", "other test data"},
      {"/model/performance/tests/0/dataset_sha256", nullptr, "Recall",
       "it is not said that the test data are the same"},
      {"/model/performance/tests/0/kind", "\"end_to_end\"", "Recall", "other kind of test: model and end to end"},
      {"/model/performance/tests", "[]", "Recall", "not measured in B"},
      {"/overview/profile", "\"keyword\"", "Recall", "they sense different things"},
      {"/model/performance/tests/0/counts", nullptr, "Recall", "no counts stand behind it in B"},
      {"/hardware/electrical/supply_voltage", nullptr, "Supply voltage", "not stated in B"},
      {"/hardware/electrical/supply_voltage/unit", "\"mV\"", "Supply voltage", "other units"},
      {"/hardware/electrical/supply_voltage/evidence", R"({"kind": "measured", "run_id": "r"})", "Supply voltage",
       "measured in B, declared in A"},
  };
  for (const Obstacle& obstacle : obstacles) {
    Json b = WithData("a");
    const Json::json_pointer pointer(obstacle.pointer);
    if (obstacle.value == nullptr) b.at(pointer.parent_pointer()).erase(pointer.back());
    else b[pointer] = Json::parse(obstacle.value);
    const Comparison comparison = Compare(WithData("a"), b);
    EXPECT_THAT(RowOf(comparison, obstacle.row)->not_comparable, HasSubstr(obstacle.why)) << obstacle.pointer;
    EXPECT_EQ(RowOf(comparison, obstacle.row)->finding, "") << obstacle.pointer;
  }
}

TEST(Compare, ComparesFootprintsOnlyOverTheSameYearsAndGrid) {
  Json a = WithData("a");
  a["hardware"]["footprint"] = Json::parse(
      R"({"years": 3, "grid": "world", "total": {"value": 2, "unit": "kg", "evidence": {"kind": "derived"}}})");
  Json b = a;
  b["hardware"]["footprint"]["total"]["value"] = 4;
  EXPECT_EQ(RowOf(Compare(a, b), "Carbon footprint, total")->finding, "B is higher, 2 times");
  b["hardware"]["footprint"]["years"] = 5;
  EXPECT_EQ(RowOf(Compare(a, b), "Carbon footprint, total")->not_comparable, "other periods: 3 and 5 years");
}

TEST(Compare, PutsThePublishedSensorsSideBySide) {
  const Json a = WithEvidence(LoadTestFile("published_a.json")), b = WithEvidence(LoadTestFile("published_b.json"));
  const std::string page = CompareHtml(a, b), text = CompareMarkdown(a, b);
  for (const std::string& view : {page, text}) {
    EXPECT_THAT(view, HasSubstr("PA1 Person Detection Module"));
    EXPECT_THAT(view, HasSubstr("cannot be compared: "));
  }
  EXPECT_THAT(page, Not(HasSubstr("<script")));
}

TEST(DiffLines, NameEveryChangeWithItsPlace) {
  const Json before = Json::parse(R"({"a": 1, "b": [1, 2], "c": 3})"),
             after = Json::parse(R"({"a": 2, "b": [1], "d": 4})");
  EXPECT_THAT(DiffLines(before, after),
              testing::UnorderedElementsAre("/a: 1 -> 2", "/b/1: 2 -> none", "/c: 3 -> none", "/d: none -> 4"));
  EXPECT_TRUE(DiffLines(before, before).empty());
}

}  // namespace
}  // namespace mls::datasheet
