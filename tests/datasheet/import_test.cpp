#include "mls/datasheet/import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mls/datasheet/export.h"
#include "mls/datasheet/schema.h"
#include "test_documents.h"
#include "yaml.h"

namespace mls::datasheet {
namespace {

using testing::HasSubstr;

Json Imported(const std::string& name) {
  const auto card = ImportCard(*ReadText(TestFile("cards/" + name)), name);
  EXPECT_TRUE(card.ok()) << (card.ok() ? "" : card.problem().text());
  return card.ok() ? card->facts : Json();
}

TEST(ImportCard, TakesAHuggingFaceCardOver) {
  const Json facts = Imported("model_card.md");
  const Json& spec = facts["model"]["specification"][0];
  EXPECT_EQ(spec["name"], "room-person");
  EXPECT_EQ(spec["task"], "Person detection");
  EXPECT_EQ(spec["licence"], "apache-2.0");
  EXPECT_EQ(spec["training"]["data"], "Pictures of 40 offices.");
  EXPECT_EQ(facts["model"]["dataset_label"]["sources"][1]["name"], "example/offices: seats");
  EXPECT_EQ(facts["overview"]["description"], "Tells whether a person is in a room, from one grey picture.");
  EXPECT_EQ(facts["overview"]["use_cases"], Json::parse(R"([{"text": "Lights that follow presence"}])"));
  EXPECT_EQ(
      facts["limitations"],
      Json::parse(
          R"({"out_of_scope": ["Anything about who it is."], "known": ["Dark rooms are missing from the data."]})"));
}

TEST(ImportCard, NeverTakesARateForMeasured) {
  const Json test = Imported("model_card.md")["model"]["performance"]["tests"][0];
  EXPECT_EQ(test["metrics"]["accuracy"]["value"], 0.915);
  EXPECT_EQ(test["metrics"]["accuracy"]["evidence"],
            Json::parse(R"({"kind": "third_party", "source": "model_card.md"})"));
  EXPECT_FALSE(test.contains("counts"));
}

TEST(ImportCard, TakesAToolkitCardOver) {
  const Json facts = Imported("toolkit.json");
  EXPECT_EQ(facts["model"]["specification"][0]["version"], "2.1");
  EXPECT_EQ(facts["overview"]["vendor"], "Example Sensors");
  EXPECT_EQ(facts["model"]["dataset_label"]["at_a_glance"]["about_humans"], "yes");
  EXPECT_EQ(facts["model"]["performance"]["tests"][0]["metrics"]["recall"]["value"], 0.93);
  EXPECT_EQ(facts["model"]["dataset_label"]["risks"][0]["text"], "Voices: no sound is stored");
}

TEST(ImportCard, TakesACroissantFileOver) {
  const Json label = Imported("croissant.json")["model"]["dataset_label"];
  EXPECT_EQ(label["name"], "Rooms");
  EXPECT_EQ(label["sources"][0],
            Json::parse(R"({"name": "rooms.zip", "uri": "example.org/rooms.zip", "licence": "CC-BY-4.0"})"));
  EXPECT_EQ(label["at_a_glance"]["about_humans"], "yes");
  EXPECT_EQ(label["intended_use"][1], Json::parse(R"({"use": "surveillance", "verdict": "prohibited"})"));
  EXPECT_EQ(label["risks"].size(), 3u);
}

TEST(ImportCard, ReadsBackWhatWeExport) {
  const Json document = LoadTestFile("minimal.json");
  const auto toolkit = ImportCard(ExportModelCard(document).dump(), "card");
  ASSERT_TRUE(toolkit.ok()) << toolkit.problem().text();
  EXPECT_EQ(toolkit->facts["model"]["specification"][0]["name"], "net");
  EXPECT_EQ(toolkit->facts["model"]["performance"]["tests"][0]["metrics"]["recall"]["value"], 0.9);
  const auto index = ImportCard(ExportModelIndex(document).dump(), "card");
  ASSERT_TRUE(index.ok()) << index.problem().text();
  EXPECT_EQ(index->facts["model"]["performance"]["tests"][0]["metrics"]["recall"]["value"], 0.9);
  EXPECT_TRUE(ImportCard(ExportCroissant(document).dump(), "card").ok());
}

TEST(ImportCard, SaysWhatIsWrong) {
  EXPECT_THAT(ImportCard("{}", "x").problem().text(), HasSubstr("found none of these"));
  EXPECT_THAT(ImportCard("# no front matter", "x").problem().text(), HasSubstr("line 1"));
  EXPECT_THAT(ImportCard("---\na: 1\n", "x").problem().text(), HasSubstr("no end"));
  EXPECT_THAT(ImportCard("---\na: 1\nb: &x 2\n---\n", "x").problem().text(), HasSubstr("line 2"));
}

TEST(MergeFacts, ChangesNothingThatIsThere) {
  const Json facts =
      Json::parse(R"({"overview": {"title": "Ours", "vendor": null}, "model": {"specification": [{"name": "ours"}]}})");
  const Json merged = MergeFacts(facts, Imported("toolkit.json"));
  EXPECT_EQ(merged["overview"]["title"], "Ours");
  EXPECT_EQ(merged["overview"]["vendor"], "Example Sensors");
  EXPECT_EQ(merged["model"]["specification"][0]["name"], "ours");
  EXPECT_EQ(merged["model"]["specification"][0]["version"], "2.1");
}

TEST(ParseYaml, ReadsWhatCardsAreWrittenIn) {
  const auto yaml = ParseYaml(
      "a: 1\nb:\n- x\n- y: 'it''s'\n  z: \"t\\n\"\nc: [1.5, \"a, b\", true]\nd: |\n  one\n   two\n\ne:\n  f: ~\n  g: "
      "plain\n    goes on\n'h i': {}\n");
  ASSERT_TRUE(yaml.ok()) << yaml.problem().text();
  EXPECT_EQ(
      *yaml,
      Json::parse(
          R"({"a": 1, "b": ["x", {"y": "it's", "z": "t\n"}], "c": [1.5, "a, b", true], "d": "one\n two", "e": {"f": null, "g": "plain goes on"}, "h i": {}})"));
}

TEST(ParseYaml, NamesTheLineOfWhatItDoesNotKnow) {
  for (const auto& [text, line] : {std::pair{"a: 1\n\tb: 2", "line 2"},
                                   {"a: !tag x", "line 1"},
                                   {"a: 1\na: 2", "line 2"},
                                   {"a: {b: 1}", "line 1"},
                                   {"a: \"x", "line 1"},
                                   {"a:\n    b: 1\n  c: 2", "line 3"},
                                   {"just text", "line 1"}}) {
    const auto yaml = ParseYaml(text);
    ASSERT_FALSE(yaml.ok()) << text;
    EXPECT_EQ(yaml.problem().where, line) << text;
  }
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += std::string(static_cast<size_t>(i), ' ') + "a:\n";
  EXPECT_THAT(ParseYaml(deep).problem().expected, HasSubstr("32 levels"));
}

}  // namespace
}  // namespace mls::datasheet
