// Charts as inline SVG. The numbers behind each stand in a table beside it, so the picture may be skipped by a screen
// reader.
#pragma once

#include <string>

#include "view.h"

namespace mls::datasheet {

// Text with &, <, > and " made safe for HTML.
std::string EscapeHtml(const std::string& text);

// The <svg> of a chart; kMatrix has none.
std::string ChartSvg(const Chart& chart);

// The numbers of a chart as a table.
Table ChartTable(const Chart& chart);

}  // namespace mls::datasheet
