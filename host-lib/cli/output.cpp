#include "output.h"

#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <iostream>

namespace mls::cli {
namespace {

int MillisecondsOf(std::chrono::system_clock::time_point time) {
  const auto since_epoch = std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch();
  return static_cast<int>((since_epoch - std::chrono::floor<std::chrono::seconds>(since_epoch)).count());
}

std::string Format(const tm& parts, const char* format, int milliseconds, const char* end) {
  char text[64];
  const size_t size = std::strftime(text, sizeof text, format, &parts);
  std::snprintf(text + size, sizeof text - size, ".%03d%s", milliseconds, end);
  return text;
}

}  // namespace

bool PrintLine(const std::string& line) {
  std::cout << line << '\n' << std::flush;
  return std::cout.good();
}

bool PrintJson(const Json& json) { return PrintLine(json.dump(-1, ' ', false, Json::error_handler_t::replace)); }

bool PrintRows(const Rows& rows) {
  size_t width = 0;
  for (const auto& [name, value] : rows) width = std::max(width, name.size());
  for (const auto& [name, value] : rows) {
    if (!PrintLine(PadRight(name, width + 2) + value)) return false;
  }
  return true;
}

bool OutputIsClosed() {
  pollfd output{STDOUT_FILENO, 0, 0};
  return poll(&output, 1, 0) > 0 && (output.revents & POLLERR) != 0;
}

std::string PadRight(std::string text, size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string IsoTime(std::chrono::system_clock::time_point time) {
  const time_t seconds = std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time));
  tm parts{};
  gmtime_r(&seconds, &parts);
  return Format(parts, "%Y-%m-%dT%H:%M:%S", MillisecondsOf(time), "Z");
}

std::string LocalTime(std::chrono::system_clock::time_point time) {
  const time_t seconds = std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time));
  tm parts{};
  localtime_r(&seconds, &parts);
  return Format(parts, "%H:%M:%S", MillisecondsOf(time), "");
}

std::string FormatScore(double score) {
  char text[16];
  std::snprintf(text, sizeof text, "%.3f", score);
  return text;
}

}  // namespace mls::cli
