#include "raw_log.h"

#include <cerrno>
#include <cstring>

namespace mls::datasheet {
namespace {

constexpr size_t kLargestLog = size_t{1} << 30;

}  // namespace

Outcome<RawLog> RawLog::Begin(const std::filesystem::path& path, const Json& header) {
  if (std::filesystem::exists(path)) return Problem{path.string(), "a new file, or --resume", "one that exists"};
  RawLog log(path, "wb");
  if (log.file_ == nullptr) return Problem{path.string(), "a file that can be written", std::strerror(errno)};
  log.header_ = header;
  if (const auto written = log.Write(header); !written.ok()) return written.problem();
  return log;
}

Outcome<RawLog> RawLog::Resume(const std::filesystem::path& path, const Json& header) {
  const auto text = ReadText(path.string(), kLargestLog);
  if (!text.ok()) return text.problem();
  const size_t whole = text->rfind('\n') == std::string::npos ? 0 : text->rfind('\n') + 1;
  std::vector<Json> lines;
  for (size_t begin = 0; begin < whole;) {
    const size_t end = text->find('\n', begin);
    auto line = Parse(std::string_view(*text).substr(begin, end - begin));
    const std::string where = path.string() + ", line " + std::to_string(lines.size() + 1);
    if (!line.ok()) return Problem{where, line.problem().expected, line.problem().found};
    if (!line->is_object()) return Problem{where, "an object", line->type_name()};
    lines.push_back(std::move(*line));
    begin = end + 1;
  }
  if (lines.empty()) return Problem{path.string(), "a header", "none"};
  Json found = lines.front();
  for (const auto& [key, value] : header.items()) {
    if (key == "started") continue;
    const Json theirs = found.contains(key) ? found[key] : Json();
    if (theirs != value)
      return Problem{path.string() + ", /" + key, value.dump() + ", as it is now",
                     theirs.dump() + ": the same run cannot go on"};
  }
  if (whole < text->size()) std::filesystem::resize_file(path, whole);
  RawLog log(path, "ab");
  if (log.file_ == nullptr) return Problem{path.string(), "a file that can be written", std::strerror(errno)};
  log.header_ = std::move(found);
  log.lines_.assign(lines.begin() + 1, lines.end());
  return log;
}

Outcome<bool> RawLog::Write(const Json& line) {
  const std::string text = line.dump() + "\n";
  if (std::fwrite(text.data(), 1, text.size(), file_.get()) == text.size() && std::fflush(file_.get()) == 0)
    return true;
  return Problem{path_, "a file that can be written", std::strerror(errno)};
}

Outcome<bool> RawLog::Append(Json line) {
  auto written = Write(line);
  lines_.push_back(std::move(line));
  return written;
}

}  // namespace mls::datasheet
