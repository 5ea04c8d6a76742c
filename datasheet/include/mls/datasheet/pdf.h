// A page as PDF.
#pragma once

#include <string>

#include "mls/datasheet/outcome.h"

namespace mls::datasheet {

// Prints a page to the file `path` with a browser of the Chromium family: the one named by MLS_BROWSER, else the first
// in PATH. Problems: no browser, one that fails or takes more than a minute, a file that cannot be written.
Outcome<bool> WritePdf(const std::string& html, const std::string& path);

}  // namespace mls::datasheet
