// Text files that CMake turned into string literals (see CMakeLists.txt).
#pragma once

#include <string_view>

namespace mls::datasheet {

extern const std::string_view kSchemaText;
extern const std::string_view kPageCss;
extern const std::string_view kFactsTemplate;

}  // namespace mls::datasheet
