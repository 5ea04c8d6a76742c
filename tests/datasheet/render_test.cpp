#include "mls/datasheet/render.h"

#include <regex>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mls/datasheet/facts.h"
#include "mls/datasheet/generate.h"
#include "test_documents.h"

namespace mls::datasheet {
namespace {

using testing::HasSubstr;
using testing::Not;

size_t CountOf(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

Json Person() {
  GenerateInputs inputs;
  inputs.facts = *Load(std::string(MLS_SOURCE_DIR) + "/datasheet/products/person.facts.json", {}, true);
  inputs.manifest = LoadTestFile("person.manifest.json");
  inputs.results = LoadTestFile("person.results.json");
  return *Generate(inputs);
}

TEST(RenderHtml, NeedsNoNetworkAndNoScripts) {
  const std::string html = RenderHtml(Person());
  for (const char* forbidden : {"<script", "src=", "@import", "url(", "http://", "https://", "onload", "<link"})
    EXPECT_THAT(html, Not(HasSubstr(forbidden)));
}

TEST(RenderHtml, HasOneTitleAndHeadingsWithoutGaps) {
  const std::string html = RenderHtml(Person());
  EXPECT_EQ(CountOf(html, "<h1>"), 1u);
  EXPECT_THAT(html, HasSubstr("<html lang=\"en\">"));
  int level = 1;
  const std::regex heading("<h([1-6])");
  for (std::sregex_iterator it(html.begin(), html.end(), heading), end; it != end; ++it) {
    const int next = std::stoi((*it)[1]);
    EXPECT_LE(next, level + 1);
    level = next;
  }
}

TEST(RenderHtml, PutsTheNumbersBesideEveryChart) {
  const std::string html = RenderHtml(Person());
  EXPECT_GT(CountOf(html, "<svg "), 5u);
  EXPECT_EQ(CountOf(html, "<svg "), CountOf(html, "role=\"img\" class"));
  // The outline's are in the table of dimensions.
  EXPECT_EQ(CountOf(html, "<svg "),
            CountOf(html, "<summary>Numbers</summary>") + CountOf(html, "Outline, schematic</figcaption>"));
  EXPECT_EQ(CountOf(html, "<figure"), CountOf(html, "<figcaption>"));
}

TEST(RenderHtml, ClosesEveryElementThatItOpens) {
  const std::string html = RenderHtml(Person());
  for (const char* tag :
       {"div", "table", "tr", "td", "th", "figure", "details", "svg", "ul", "li", "main", "header", "span", "text"}) {
    const std::regex open(std::string("<") + tag + "[ >]");
    EXPECT_EQ(static_cast<size_t>(
                  std::distance(std::sregex_iterator(html.begin(), html.end(), open), std::sregex_iterator())),
              CountOf(html, std::string("</") + tag + ">"))
        << tag;
  }
}

TEST(RenderHtml, LinksOnlyToItsOwnSections) {
  const std::string html = RenderHtml(Person());
  std::set<std::string> ids;
  const std::regex id(" id=\"([^\"]+)\""), link("href=\"#([^\"]+)\"");
  for (std::sregex_iterator it(html.begin(), html.end(), id), end; it != end; ++it)
    EXPECT_TRUE(ids.insert((*it)[1]).second) << (*it)[1];
  for (std::sregex_iterator it(html.begin(), html.end(), link), end; it != end; ++it)
    EXPECT_TRUE(ids.count((*it)[1])) << (*it)[1];
}

TEST(RenderHtml, ShowsTextOfTheDocumentAsTextOnly) {
  Json document = LoadTestFile("minimal.json");
  document["overview"]["title"] = "<script>alert(1)</script> & \"co\"";
  document["model"]["performance"]["tests"][0]["title"] = "<img src=x>";
  document["hardware"]["electrical"]["supply_voltage"]["unit"] = "\"><b>";
  const std::string html = RenderHtml(document);
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("<img")));
  EXPECT_THAT(html, Not(HasSubstr("<b>")));
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;co&quot;"));
}

TEST(Render, ShowsTheSameValuesInBothViews) {
  const Json document = Person();
  for (const std::string& page : {RenderHtml(document), RenderMarkdown(document)}) {
    for (const char* text : {"mlsensor person module", "0x6C, by strap 0x6D, 0x6E, 0x6F", "HM01B0", "not applicable",
                             "Receiver operating characteristic"})
      EXPECT_THAT(page, HasSubstr(text));
  }
}

TEST(Render, TakesEveryValidDocument) {
  for (const char* name : {"minimal.json", "published_a.json", "published_b.json"}) {
    const Json document = WithEvidence(LoadTestFile(name));
    EXPECT_THAT(RenderHtml(document), HasSubstr("</html>"));
    EXPECT_THAT(RenderMarkdown(document), HasSubstr("# "));
  }
}

TEST(RenderMarkdown, KeepsRowsInTheirTable) {
  Json document = LoadTestFile("minimal.json");
  document["hardware"]["bill_of_materials"][0]["part"] = "a|b\nc";
  EXPECT_THAT(RenderMarkdown(document), HasSubstr("| a\\|b c |"));
}

}  // namespace
}  // namespace mls::datasheet
