// The raw results of a measurement: JSON lines that are only ever added to.
#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <vector>

#include <nlohmann/json.hpp>

#include "mls/datasheet/document.h"

namespace mls::datasheet {

// The first line is the header: what is measured, on which module, with which settings. Each further line is one
// observation.
class RawLog {
 public:
  // Begins a new file. Problems: it is there already, or cannot be written.
  static Outcome<RawLog> Begin(const std::filesystem::path& path, const Json& header);
  // Goes on with a file that was interrupted. A last line that was not written to its end is cut off. Problems: no such
  // file, a line that is no JSON object, or a header that differs from `header` in anything but its field "started":
  // other model, firmware, set or settings.
  static Outcome<RawLog> Resume(const std::filesystem::path& path, const Json& header);

  const Json& header() const { return header_; }
  const std::vector<Json>& lines() const { return lines_; }  // without the header
  // Writes one line and flushes it.
  Outcome<bool> Append(Json line);

 private:
  RawLog(const std::filesystem::path& path, const char* mode)
      : path_(path.string()), file_(std::fopen(path_.c_str(), mode), std::fclose) {}
  Outcome<bool> Write(const Json& line);

  std::string path_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
  Json header_;
  std::vector<Json> lines_;
};

}  // namespace mls::datasheet
