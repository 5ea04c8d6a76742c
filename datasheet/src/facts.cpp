#include "mls/datasheet/facts.h"

#include "mls/datasheet/schema.h"

namespace mls::datasheet {

Json WithEvidence(Json facts) {
  const Json declared = {{"kind", "declared"}, {"signer", TextAt(facts, "/declaration/signer")}, {"timestamp", TextAt(facts, "/declaration/date")}};
  EditValues(facts, [&](const std::string&, Json& node) {
    if (node.is_object() && node.contains("evidence")) return;
    if (node.is_null()) {
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
