// Anything that claims to be a datasheet: it must be refused with a reason or go through every view without a crash.
#include <cstdint>
#include <cstdlib>

#include "mls/datasheet/completeness.h"
#include "mls/datasheet/export.h"
#include "mls/datasheet/facts.h"
#include "mls/datasheet/lint.h"
#include "mls/datasheet/render.h"
#include "mls/datasheet/schema.h"
#include "mls/datasheet/signature.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mls::datasheet;
  const auto parsed = Parse({reinterpret_cast<const char*>(data), size}, {.size_bytes = 1 << 16, .depth = 32}, true);
  if (!parsed.ok()) return 0;
  if (const auto again = Parse(ToText(*parsed)); !again.ok() || !(*again == *parsed)) std::abort();
  const Json document = WithEvidence(*parsed);
  Lint(document);
  ScoreOf(document);
  if (const auto canonical = Canonical(document); canonical.ok() && !Parse(*canonical).ok()) std::abort();
  if (!Validate(document).empty()) return 0;
  RenderHtml(document);
  RenderMarkdown(document);
  for (const ExportFormat& format : ExportFormats()) format.make(document);
  return 0;
}
