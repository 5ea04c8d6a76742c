#include "duration.h"

#include <charconv>

namespace mls::cli {

std::optional<std::chrono::milliseconds> ParseDuration(std::string_view text) {
  double number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (code != std::errc()) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<size_t>(end - text.data()));
  double factor = 0;
  if (unit == "ms") {
    factor = 1;
  } else if (unit == "s") {
    factor = 1e3;
  } else if (unit == "m" || unit == "min") {
    factor = 60e3;
  } else if (unit == "h") {
    factor = 3600e3;
  } else if (!unit.empty() || number != 0) {
    return std::nullopt;
  }
  constexpr double kYearMs = 366.0 * 24 * 3600e3;
  const double duration_ms = number * factor;
  if (!(duration_ms >= 0 && duration_ms <= kYearMs)) return std::nullopt;
  return std::chrono::milliseconds(static_cast<int64_t>(duration_ms + 0.5));
}

}  // namespace mls::cli
