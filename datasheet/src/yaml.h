// The front matter of model cards.
#pragma once

#include <string_view>

#include "mls/datasheet/document.h"

namespace mls::datasheet {

// Reads the part of YAML 1.2 that cards are written in: block mappings and sequences, plain and quoted scalars, folded
// and literal blocks, flow lists of scalars, comments. Problems name the line of what it does not know: anchors,
// aliases, tags, flow mappings, tabs, more than 32 levels, a key twice.
Outcome<Json> ParseYaml(std::string_view text);

}  // namespace mls::datasheet
