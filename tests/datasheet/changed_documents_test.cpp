// What reads documents must survive whatever the loader lets through, and say why it refuses.
#include <gtest/gtest.h>

#include "change_document.h"
#include "mls/datasheet/compare.h"
#include "mls/datasheet/completeness.h"
#include "mls/datasheet/export.h"
#include "mls/datasheet/facts.h"
#include "mls/datasheet/generate.h"
#include "mls/datasheet/import.h"
#include "mls/datasheet/lint.h"
#include "mls/datasheet/render.h"
#include "mls/datasheet/signature.h"
#include "test_documents.h"

namespace mls::datasheet {
namespace {

class ChangedDocument : public testing::TestWithParam<const char*> {};

TEST_P(ChangedDocument, GoesThroughEveryViewOrIsRefused) {
  const Json original = LoadTestFile(GetParam());
  std::minstd_rand random(1);
  size_t valid = 0;
  for (int i = 0; i < 300; ++i) {
    Json document = original;
    for (auto changes = random() % 3 + 1; changes > 0; --changes) ChangeDocument(document, random);
    (void)ImportCard(ToText(document), "card");
    GenerateInputs inputs;
    inputs.facts = document;
    const auto made = Generate(inputs);
    EXPECT_TRUE(!made.ok() || Validate(*made).empty()) << document;
    if (document.is_object()) document = WithEvidence(document);
    Lint(document);
    ScoreOf(document);
    if (!Validate(document).empty()) continue;
    ++valid;
    RenderHtml(document);
    RenderMarkdown(document);
    CompareMarkdown(document, original);
    for (const ExportFormat& format : ExportFormats()) format.make(document);
  }
  EXPECT_GT(valid, 0u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, ChangedDocument, testing::Values("minimal.json", "published_a.json"), [](const auto& test) {
  return std::string(test.param).substr(0, std::string(test.param).find('.'));
});

}  // namespace
}  // namespace mls::datasheet
