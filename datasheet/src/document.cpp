#include "mls/datasheet/document.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <vector>

#include <nlohmann/json.hpp>

namespace mls::datasheet {
namespace {

// Thrown out of the parser's callback; never leaves this file.
struct Refused {
  std::string expected;
  std::string found;
};

std::string PlaceOf(std::string_view text, size_t byte) {
  byte = std::min(byte, text.size());
  const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(byte), '\n');
  const size_t start = text.substr(0, byte).rfind('\n');
  const size_t column = start == std::string_view::npos ? byte + 1 : byte - start;
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

// nlohmann's message without its own numbering and place: "[json.exception.KIND.NUMBER] parse error at line 1, column
// 2: WHAT".
std::string Reason(const std::string& what) {
  const size_t place = what.find("column ");
  const size_t end = place != std::string::npos ? what.find(": ", place) : what.find("] ");
  return end == std::string::npos ? what : what.substr(end + 2);
}

// Refuses nesting that is too deep and keys that are given twice, while the tree is being built, and knows where the
// parser is.
class Guard {
 public:
  explicit Guard(size_t depth) : depth_(depth) {}

  bool operator()(int depth, Json::parse_event_t event, Json& parsed) {
    using Event = Json::parse_event_t;
    if (event == Event::object_start || event == Event::array_start) {
      if (static_cast<size_t>(depth) >= depth_) {
        throw Refused{"at most " + std::to_string(depth_) + " levels of nesting", "more"};
      }
      open_.push_back({event == Event::array_start, 0, {}, {}});
    } else if (event == Event::key) {
      open_.back().key = parsed.get<std::string>();
      if (!open_.back().keys.insert(open_.back().key).second) throw Refused{"each key once in an object", "it twice"};
    } else {
      if (event != Event::value) open_.pop_back();
      if (!open_.empty()) ++open_.back().index;
    }
    return true;
  }

  // Of the node that is being read.
  std::string pointer() const {
    std::string text;
    for (const Container& container : open_)
      text += "/" + (container.is_array ? std::to_string(container.index) : PointerStep(container.key));
    return text;
  }

 private:
  struct Container {
    bool is_array;
    size_t index;
    std::string key;
    std::set<std::string> keys;
  };
  size_t depth_;
  std::vector<Container> open_;
};

// A step of a JSON pointer (RFC 6901) as a key.
std::string Unescaped(std::string_view step) {
  std::string key;
  for (size_t i = 0; i < step.size(); ++i) {
    const bool escape = step[i] == '~' && i + 1 < step.size();
    key += escape ? (step[++i] == '1' ? '/' : '~') : step[i];
  }
  return key;
}

}  // namespace

std::string PointerStep(std::string_view key) {
  std::string text;
  for (const char c : key) text += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return text;
}

Outcome<Json> Parse(std::string_view text, const Limits& limits, bool with_comments) {
  if (text.size() > limits.size_bytes) {
    return Problem{"", "at most " + std::to_string(limits.size_bytes) + " bytes",
                   std::to_string(text.size()) + " bytes"};
  }
  Guard guard(limits.depth);
  try {
    return Json::parse(
        text, [&](int depth, Json::parse_event_t event, Json& parsed) { return guard(depth, event, parsed); }, true,
        with_comments);
  } catch (const Json::parse_error& error) {
    return Problem{PlaceOf(text, error.byte > 0 ? error.byte - 1 : 0), "JSON (RFC 8259)", Reason(error.what())};
  } catch (const Json::out_of_range& error) {
    return Problem{guard.pointer(), "a number that a 64-bit float can hold", Reason(error.what())};
  } catch (const Refused& refused) {
    return Problem{guard.pointer(), refused.expected, refused.found};
  }
}

Outcome<std::string> ReadText(const std::string& path, size_t limit_bytes) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return Problem{path, "a file", error ? error.message() : "none"};
  const auto size = std::filesystem::file_size(path, error);
  if (error) return Problem{path, "a readable file", error.message()};
  if (size > limit_bytes) {
    return Problem{path, "at most " + std::to_string(limit_bytes) + " bytes", std::to_string(size) + " bytes"};
  }
  std::string text(size, '\0');
  std::ifstream file(path, std::ios::binary);
  if (!file.read(text.data(), static_cast<std::streamsize>(size)))
    return Problem{path, "a readable file", "a read error"};
  return text;
}

Outcome<bool> WriteText(const std::string& path, std::string_view text) {
  const std::string temporary = path + ".part";
  {
    std::ofstream file(temporary, std::ios::binary | std::ios::trunc);
    file.write(text.data(), static_cast<std::streamsize>(text.size()));
    file.flush();
    if (!file) return Problem{path, "a file that can be written", "a write error"};
  }
  std::error_code error;
  std::filesystem::rename(temporary, path, error);
  if (error) return Problem{path, "a file that can be written", error.message()};
  return true;
}

Outcome<Json> Load(const std::string& path, const Limits& limits, bool with_comments) {
  auto text = ReadText(path, limits.size_bytes);
  if (!text.ok()) return text.problem();
  auto document = Parse(*text, limits, with_comments);
  if (document.ok()) return document;
  Problem problem = document.problem();
  problem.where = problem.where.empty() ? path : path + ", " + problem.where;
  return problem;
}

std::string ToText(const Json& document) { return document.dump(2) + "\n"; }

const Json* Find(const Json& root, std::string_view pointer) {
  const Json* node = &root;
  while (!pointer.empty()) {
    const size_t end = std::min(pointer.find('/', 1), pointer.size());
    const std::string key = Unescaped(pointer.substr(1, end - 1));
    pointer.remove_prefix(end);
    if (node->is_object()) {
      const auto it = node->find(key);
      if (it == node->end()) return nullptr;
      node = &*it;
    } else if (node->is_array() && !key.empty() && key.size() < 8 &&
               key.find_first_not_of("0123456789") == std::string::npos) {
      const size_t index = std::stoul(key);
      if (index >= node->size()) return nullptr;
      node = &(*node)[index];
    } else {
      return nullptr;
    }
  }
  return node;
}

std::string TextAt(const Json& root, std::string_view pointer, std::string_view fallback) {
  const Json* node = Find(root, pointer);
  return node != nullptr && node->is_string() ? node->get<std::string>() : std::string(fallback);
}

std::optional<double> NumberAt(const Json& root, std::string_view pointer) {
  const Json* node = Find(root, pointer);
  if (node == nullptr || !node->is_number()) return std::nullopt;
  return node->get<double>();
}

std::optional<double> ValueAt(const Json& root, std::string_view pointer) {
  const Json* node = Find(root, pointer);
  if (node == nullptr) return std::nullopt;
  for (const char* key : {"/value", "/typ"}) {
    if (const auto number = NumberAt(*node, key)) return number;
  }
  const auto min = NumberAt(*node, "/min");
  const auto max = NumberAt(*node, "/max");
  if (min && max) return (*min + *max) / 2;
  return max ? max : min;
}

const Json& ArrayAt(const Json& root, std::string_view pointer) {
  static const Json empty = Json::array();
  const Json* node = Find(root, pointer);
  return node != nullptr && node->is_array() ? *node : empty;
}

std::string NumberText(double value, int digits) {
  char text[40];
  std::snprintf(text, sizeof(text), "%.*g", digits, value);
  return text;
}

}  // namespace mls::datasheet
