// Whatever claims to be a datasheet, a file of facts or results: the loader refuses it with a reason, or it survives
// writing and reading.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "change_document.h"
#include "mls/datasheet/signature.h"

namespace {

using namespace mls::datasheet;

// Small documents break the same things as large ones, and sooner.
constexpr size_t kLongest = 1536;

const std::vector<Json>& Seeds() {
  static const std::vector<Json> seeds = [] {
    std::vector<Json> list;
    for (const char* name :
         {"minimal.json", "published_a.json", "published_b.json", "keyword.results.json", "person.manifest.json"}) {
      auto document = Load(std::string(MLS_SOURCE_DIR) + "/tests/datasheet/data/" + name, {}, true);
      if (!document.ok()) std::abort();
      list.push_back(std::move(*document));
    }
    return list;
  }();
  return seeds;
}

std::string Text(const Json& document) { return document.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace

// Most of a run would go into the history of allocations.
extern "C" const char* __asan_default_options() { return "malloc_context_size=2:quarantine_size_mb=8"; }

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

// Three of four changes are to the document, the others to its bytes.
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned int seed) {
  std::minstd_rand random(seed);
  max_size = std::min(max_size, kLongest);
  size = std::min(size, max_size);
  if (random() % 4 == 0) return LLVMFuzzerMutate(data, size, max_size);
  Json document = Json::parse(data, data + size, nullptr, false, true);
  if (!document.is_object()) document = Seeds()[random() % Seeds().size()];
  for (auto changes = random() % 3 + 1; changes > 0; --changes) ChangeDocument(document, random);
  std::string text = Text(document);
  while (text.size() > max_size && document.is_object() && !document.empty()) {
    document.erase(std::next(document.begin(), static_cast<std::ptrdiff_t>(random() % document.size())));
    text = Text(document);
  }
  if (text.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::memcpy(data, text.data(), text.size());
  return text.size();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = Parse(text, {}, true);
  if (!parsed.ok()) {
    if (parsed.problem().expected.empty() || parsed.problem().found.empty()) std::abort();
    return 0;
  }
  const auto problems = Validate(*parsed);
  for (const Problem& problem : problems) {
    if (problem.expected.empty() || problem.found.empty() || (problem.where != "" && problem.where[0] != '/'))
      std::abort();
  }
  if (problems.empty() || size % 8 == 0) {
    if (const auto again = Parse(Text(*parsed)); !again.ok() || *again != *parsed) std::abort();
    if (const auto canonical = Canonical(*parsed); canonical.ok() && !Parse(*canonical).ok()) std::abort();
    VisitValues(*parsed, [&](const std::string& where, const Json& value) {
      if (Find(*parsed, where) != &value) std::abort();
    });
  }
  return 0;
}
