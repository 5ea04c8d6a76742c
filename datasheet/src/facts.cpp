#include "mls/datasheet/facts.h"

#include <nlohmann/json.hpp>

#include "mls/datasheet/schema.h"

namespace mls::datasheet {
namespace {

// {"min": null, "unit": "V"}: a field that was left open in the template.
bool IsOpen(const Json& value) {
  bool has_null = false;
  for (const char* key : {"value", "min", "typ", "max"}) {
    const Json* field = Find(value, std::string("/") + key);
    if (field != nullptr && !field->is_null()) return false;
    has_null |= field != nullptr;
  }
  return has_null;
}

}  // namespace

Json WithEvidence(Json facts) {
  const Json declared = {{"kind", "declared"},
                         {"signer", TextAt(facts, "/declaration/signer")},
                         {"timestamp", TextAt(facts, "/declaration/date")}};
  EditValues(facts, [&](const std::string&, Json& node) {
    if (node.is_object() && node.contains("evidence")) return;
    if (node.is_null() || IsOpen(node)) {
      node = {{"value", nullptr}, {"evidence", {{"kind", "not_disclosed"}}}};
    } else if (node == "not applicable") {
      node = {{"evidence", {{"kind", "not_applicable"}}}};
    } else {
      if (!node.is_object()) node = {{"value", node}};
      node["evidence"] = declared;
    }
  });
  return facts;
}

}  // namespace mls::datasheet
