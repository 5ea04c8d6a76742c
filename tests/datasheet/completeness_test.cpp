#include "mls/datasheet/completeness.h"

#include <gtest/gtest.h>

#include "test_documents.h"

namespace mls::datasheet {
namespace {

TEST(ScoreOf, CountsWhatIsFilledOfTheTemplate) {
  Json document = LoadTestFile("minimal.json");
  const Completeness before = ScoreOf(document);
  EXPECT_GT(before.fields.size(), 80u);
  EXPECT_LT(before.score(), 0.3);
  document["overview"]["sku"] = "S-1";
  EXPECT_EQ(ScoreOf(document).filled(), before.filled() + 1);
}

TEST(ScoreOf, TakesNotDisclosedAsMissingAndNotApplicableAsFilled) {
  Json document = LoadTestFile("minimal.json");
  const size_t before = ScoreOf(document).filled();
  document["hardware"]["electrical"]["supply_voltage"]["evidence"]["kind"] = "not_disclosed";
  EXPECT_EQ(ScoreOf(document).filled(), before - 1);
  document["not_applicable"] = {{{"pointer", "/hardware/electrical/supply_voltage"}, {"reason", "It has no supply."}}};
  EXPECT_EQ(ScoreOf(document).filled(), before);
  document["not_applicable"][0].erase("reason");
  EXPECT_EQ(ScoreOf(document).filled(), before - 1);
}

TEST(ScoreOf, AsksMoreAboutDataThatIsCollected) {
  Json document = LoadTestFile("minimal.json");
  document["model"]["privacy_label"]["data_types"]["audio"]["collects"] = "no";
  const Completeness without = ScoreOf(document);
  document["model"]["privacy_label"]["data_types"]["audio"]["collects"] = "yes";
  EXPECT_EQ(ScoreOf(document).fields.size(), without.fields.size() + 8);
  EXPECT_EQ(ScoreOf(document).filled(), without.filled());
}

}  // namespace
}  // namespace mls::datasheet
