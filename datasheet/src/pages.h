// A view as a page.
#pragma once

#include <string>

#include "view.h"

namespace mls::datasheet {

std::string PageHtml(const View& view);
std::string PageMarkdown(const View& view);

}  // namespace mls::datasheet
