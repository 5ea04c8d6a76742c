// Cards that people have already, as declared facts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "mls/datasheet/document.h"

namespace mls::datasheet {

struct ImportedCard {
  std::string format;                // "Hugging Face model card", "model-index", "Model Card Toolkit" or "Croissant"
  Json facts;                        // sections of a file of facts, as far as the card fills them
  std::vector<std::string> ignored;  // fields of the card that have no place in a datasheet
};

// Reads a Hugging Face model card (Markdown with YAML front matter, or its model-index as JSON), a card of the Model
// Card Toolkit or a Croissant data set description. Rates in a card become tests without counts, with the card as
// third-party evidence: they are never taken for measured ones. `name` is what the evidence calls the card. Problems:
// none of these formats, or broken text; with the line where it can be told.
Outcome<ImportedCard> ImportCard(std::string_view text, const std::string& name);

// `facts` with what only `imported` has; nothing in `facts` is changed. Lists are taken whole.
Json MergeFacts(Json facts, const Json& imported);

}  // namespace mls::datasheet
