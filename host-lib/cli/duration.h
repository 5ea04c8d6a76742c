// Durations as people write them.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace mls::cli {

// "2s", "500ms", "1.5m", "1h"; a unit is needed unless it is 0. None for anything else, for negative values and for
// more than a year.
std::optional<std::chrono::milliseconds> ParseDuration(std::string_view text);

}  // namespace mls::cli
