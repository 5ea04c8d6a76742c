// Documents with faults, for the fuzzer and the tests: a node becomes something else, moves, changes its name, or goes.
#pragma once

#include <iterator>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "mls/datasheet/schema.h"

namespace mls::datasheet {

inline void CollectNodes(Json& node, std::vector<Json*>& nodes) {
  nodes.push_back(&node);
  if (!node.is_structured()) return;
  for (Json& child : node) CollectNodes(child, nodes);
}

// Every key and every listed value of the schema: words that get further than random ones.
inline const std::vector<std::string>& SchemaWords() {
  static const std::vector<std::string> words = [] {
    Json schema = DatasheetSchema();
    std::vector<Json*> nodes;
    CollectNodes(schema, nodes);
    std::set<std::string> found;
    for (const Json* node : nodes) {
      if (node->is_string() && node->get<std::string>().size() < 32) found.insert(node->get<std::string>());
      if (!node->is_object()) continue;
      for (const auto& [key, value] : node->items()) found.insert(key);
    }
    return std::vector<std::string>(found.begin(), found.end());
  }();
  return words;
}

inline void ChangeDocument(Json& document, std::minstd_rand& random) {
  static const Json values =
      Json::parse(R"([null, -1, 0, 1, 0.5, 1e300, -1e300, 18446744073709551615, "", "text", "0x62",
      "mm", "not applicable", "2026-02-30", "2026-01-01T00:00:00Z", [], {}, true, [1, 2], {"value": 1, "unit": "mW"},
      {"min": 3, "max": 1}, {"true_positive": 1, "false_negative": 0, "false_positive": 2, "true_negative": 3},
      {"from": "mcu"}, {"kind": "declared", "signer": "x", "timestamp": "2026-01-01"},
      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"])");
  const auto word = [&] { return SchemaWords()[random() % SchemaWords().size()]; };
  std::vector<Json*> nodes;
  CollectNodes(document, nodes);
  Json& node = *nodes[random() % nodes.size()];
  switch (random() % 6) {
    case 0:
      if (node.is_structured() && !node.empty()) {
        node.erase(std::next(node.begin(), static_cast<std::ptrdiff_t>(random() % node.size())));
        break;
      }
      [[fallthrough]];
    case 1:
      node = Json(*nodes[random() % nodes.size()]);
      break;
    case 2:
      node = word();
      break;
    case 3:
      if (node.is_object()) {
        node[word()] = Json(*nodes[random() % nodes.size()]);
        break;
      }
      [[fallthrough]];
    default:
      node = values[random() % values.size()];
  }
}

}  // namespace mls::datasheet
