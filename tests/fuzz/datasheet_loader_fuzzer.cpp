// Anything that claims to be a datasheet, a file of facts or a card: it must be refused with a reason or go through every view without a crash.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <random>

#include "mls/datasheet/compare.h"
#include "mls/datasheet/completeness.h"
#include "mls/datasheet/export.h"
#include "mls/datasheet/facts.h"
#include "mls/datasheet/generate.h"
#include "mls/datasheet/import.h"
#include "mls/datasheet/lint.h"
#include "mls/datasheet/render.h"
#include "mls/datasheet/schema.h"
#include "mls/datasheet/signature.h"

namespace {

using namespace mls::datasheet;

const std::vector<Json>& Seeds() {
  static const std::vector<Json> seeds = [] {
    std::vector<Json> list;
    for (const char* name : {"minimal.json", "published_a.json", "published_b.json"}) {
      const auto document = Load(std::string(MLS_SOURCE_DIR) + "/tests/datasheet/data/" + name, {}, true);
      if (document.ok()) list.push_back(*document);
    }
    return list;
  }();
  return seeds;
}

void Collect(Json& node, std::vector<Json*>& nodes) {
  nodes.push_back(&node);
  if (!node.is_structured()) return;
  for (Json& child : node) Collect(child, nodes);
}

// One node becomes something else, a copy of another one, or goes.
void Change(Json& document, std::minstd_rand& random) {
  static const Json values = Json::parse(R"([null, -1, 0, 1, 0.5, 1e300, -1e300, 18446744073709551615, "", "text", "yes", "0x62", "mm", "not applicable", "2026-02-30", [], {}, true,
      [1, 2], {"value": 1, "unit": "mW"}, {"min": 3, "max": 1}, {"true_positive": 1, "false_negative": 0, "false_positive": 2, "true_negative": 3}, {"from": "mcu"}])");
  std::vector<Json*> nodes;
  Collect(document, nodes);
  Json& node = *nodes[random() % nodes.size()];
  const auto choice = random() % 4;
  if (choice == 0 && node.is_structured() && !node.empty()) {
    node.erase(std::next(node.begin(), static_cast<std::ptrdiff_t>(random() % node.size())));
  } else if (choice == 1) {
    const Json copy = *nodes[random() % nodes.size()];
    node = copy;
  } else {
    node = values[random() % values.size()];
  }
}

}  // namespace

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned int seed) {
  std::minstd_rand random(seed);
  if (random() % 4 == 0 || Seeds().empty()) return LLVMFuzzerMutate(data, size, max_size);
  auto parsed = Parse({reinterpret_cast<const char*>(data), size}, {}, true);
  Json document = parsed.ok() && parsed->is_object() ? *parsed : Seeds()[random() % Seeds().size()];
  for (auto changes = random() % 3 + 1; changes > 0; --changes) Change(document, random);
  std::string text = document.dump(-1, ' ', false, Json::error_handler_t::replace);
  for (int i = 0; i < 8 && text.size() > max_size && document.is_object() && !document.empty(); ++i) {
    document.erase(std::next(document.begin(), static_cast<std::ptrdiff_t>(random() % document.size())));
    text = document.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  if (text.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::memcpy(data, text.data(), text.size());
  return text.size();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = Parse(text, {.size_bytes = 1 << 16, .depth = 32}, true);
  if (!parsed.ok()) return 0;
  if (const auto again = Parse(ToText(*parsed)); !again.ok() || !(*again == *parsed)) std::abort();
  const bool valid = Validate(*parsed).empty();
  // The views take a hundred times as long as the loader: they see every document that is valid, and one in 32 of the others.
  if (!valid && std::hash<std::string_view>{}(text) % 32 != 0) return 0;
  (void)ImportCard(text, "card");
  GenerateInputs inputs;
  inputs.facts = *parsed;
  if (const auto made = Generate(inputs); made.ok() && !Validate(*made).empty()) std::abort();
  const Json document = WithEvidence(*parsed);
  Lint(document);
  ScoreOf(document);
  if (const auto canonical = Canonical(document); canonical.ok() && !Parse(*canonical).ok()) std::abort();
  if (!Validate(document).empty()) return 0;
  RenderHtml(document);
  RenderMarkdown(document);
  CompareMarkdown(document, Seeds().empty() ? document : WithEvidence(Seeds().back()));
  for (const ExportFormat& format : ExportFormats()) format.make(document);
  return 0;
}
