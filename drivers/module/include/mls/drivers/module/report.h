#pragma once

#include <functional>
#include <string>

namespace mls {

// Tells a person what went wrong with an input while the module runs.
using ReportFunction = std::function<void(const std::string&)>;

}  // namespace mls
