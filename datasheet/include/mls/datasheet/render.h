// Views of a datasheet for people.
#pragma once

#include <string>

#include "mls/datasheet/document.h"

namespace mls::datasheet {

// One self-contained HTML page: no scripts, nothing from the network, light and dark, prints without cut charts. Every
// chart is inline SVG with its numbers in a table beside it. `document` must be valid against the schema.
std::string RenderHtml(const Json& document);

// The same content as Markdown: charts become tables.
std::string RenderMarkdown(const Json& document);

}  // namespace mls::datasheet
