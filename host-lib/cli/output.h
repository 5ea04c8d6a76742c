// Lines on standard output.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "register_text.h"

namespace mls::cli {

using Rows = std::vector<std::pair<std::string, std::string>>;

// Writes one line and flushes it. False: the reader of a pipe has gone.
bool PrintLine(const std::string& line);
// Invalid UTF-8, which a module may send as text, is replaced.
bool PrintJson(const Json& json);
// Two columns.
bool PrintRows(const Rows& rows);
// The reader of standard output has gone, even though nothing was written since.
bool OutputIsClosed();

std::string PadRight(std::string text, size_t width);
std::string IsoTime(std::chrono::system_clock::time_point time);    // UTC, with milliseconds
std::string LocalTime(std::chrono::system_clock::time_point time);  // of the day, with milliseconds
std::string FormatScore(double score);

}  // namespace mls::cli
