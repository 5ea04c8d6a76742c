#include "mls/datasheet/document.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace mls::datasheet {
namespace {

using testing::HasSubstr;

TEST(Parse, KeepsTheOrderOfKeysUnknownFieldsAndEveryDigit) {
  const std::string text = R"({
  "z": 0.1,
  "a": [
    1e-9,
    123456789012345678,
    null
  ],
  "unknown_field": {
    "π": "μ"
  }
}
)";
  const auto document = Parse(text);
  ASSERT_TRUE(document.ok());
  EXPECT_EQ(ToText(*document),
            "{\n  \"z\": 0.1,\n  \"a\": [\n    1e-09,\n    123456789012345678,\n    null\n  ],\n  \"unknown_field\": "
            "{\n    \"π\": \"μ\"\n  }\n}\n");
  EXPECT_EQ(*Parse(ToText(*document)), *document);
}

struct BadText {
  const char* name;
  std::string text;
  const char* message;
};

class ParseRefuses : public testing::TestWithParam<BadText> {};

TEST_P(ParseRefuses, WithAPlaceOrAReason) {
  const auto document = Parse(GetParam().text, {.size_bytes = 1000, .depth = 8});
  ASSERT_FALSE(document.ok());
  EXPECT_THAT(document.problem().text(), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    BadInput, ParseRefuses,
    testing::Values(BadText{"Empty", "", "line 1, column 1"},
                    BadText{"Truncated", "{\"a\": [1,\n  2", "line 2, column 4"},
                    BadText{"NotANumber", "{\"a\": NaN}", "line 1, column 7"},
                    BadText{"TooLargeANumber", "{\"a\": [0, 1e999]}", "/a/1: expected a number"},
                    BadText{"TooLong", std::string(1001, ' '), "at most 1000 bytes, found 1001 bytes"},
                    BadText{"TooDeep", "{\"a\": [0, " + std::string(9, '[') + std::string(9, ']') + "]}",
                            "/a/1/0/0/0/0/0/0: expected at most 8 levels of nesting"},
                    BadText{"KeyTwice", "{\"a/b\": [{}, {\"c\": 1, \"c\": 2}]}", "/a~1b/1/c: expected each key once"},
                    BadText{"NotUtf8", "[\"\xFF\"]", "UTF-8"}, BadText{"Comment", "[1] // no", "line 1, column 5"},
                    BadText{"TwoDocuments", "{} {}", "line 1, column 4"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Parse, TakesCommentsInFilesOfFacts) { EXPECT_TRUE(Parse("// facts\n[1 /* one */]", {}, true).ok()); }

TEST(Parse, EndsAMillionOpenBracketsEarly) { EXPECT_FALSE(Parse(std::string(1'000'000, '[')).ok()); }

TEST(Load, NamesTheFileThatIsMissingTooLargeOrADirectory) {
  EXPECT_THAT(Load("/no/such/file.json").problem().text(), HasSubstr("/no/such/file.json: expected a file"));
  EXPECT_FALSE(Load("/tmp").ok());
  const std::string path = testing::TempDir() + "datasheet_large.json";
  std::filesystem::remove(path);
  ASSERT_TRUE(WriteText(path, "").ok());
  std::filesystem::resize_file(path, 100'000'000);
  EXPECT_THAT(Load(path).problem().text(), HasSubstr("found 100000000 bytes"));
  std::filesystem::remove(path);
}

TEST(Find, FollowsJsonPointersAndStopsWhereTheyEnd) {
  const Json document = Json::parse(R"({"a": [{"b/c": 1}], "v": {"typ": 2}, "w": {"min": 1, "max": 3}})");
  ASSERT_NE(Find(document, "/a/0/b~1c"), nullptr);
  for (const char* pointer : {"/x", "/a/1", "/a/x", "/a/0/b", "/a/0/b~1c/d", "/a/99999999999"})
    EXPECT_EQ(Find(document, pointer), nullptr) << pointer;
  EXPECT_EQ(Find(document, ""), &document);
  EXPECT_EQ(ValueAt(document, "/v"), 2);
  EXPECT_EQ(ValueAt(document, "/w"), 2);
  EXPECT_EQ(ValueAt(document, "/a"), std::nullopt);
}

}  // namespace
}  // namespace mls::datasheet
