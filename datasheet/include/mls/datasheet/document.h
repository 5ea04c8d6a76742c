// Reading and writing datasheet documents, and small helpers to look into them.
//
// A document is a nlohmann ordered_json tree: the order of keys and every unknown field survive a round trip. Who looks
// inside one also includes <nlohmann/json.hpp>; this header only names it, because the library is slow to compile.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "mls/datasheet/outcome.h"

namespace mls::datasheet {

using Json = nlohmann::ordered_json;

struct Limits {
  size_t size_bytes = 8 * 1024 * 1024;
  size_t depth = 32;
};

// Parses JSON text. `with_comments` also takes // and /* */ (files of declared facts).
// Problems name line and column of what is no JSON or not UTF-8, and the JSON pointer of what is too deep, of a key
// given twice and of a number out of range. Integers of up to 64 bits and every 64-bit float survive a round trip;
// longer numbers become the nearest float.
Outcome<Json> Parse(std::string_view text, const Limits& limits = {}, bool with_comments = false);

// Reads a whole file. Problems name the file: missing, unreadable, too large.
Outcome<std::string> ReadText(const std::string& path, size_t limit_bytes = Limits{}.size_bytes);
// Writes a whole file, through a temporary one beside it, so that no half file is left behind.
Outcome<bool> WriteText(const std::string& path, std::string_view text);

// ReadText and Parse; problems name the file and the place in it.
Outcome<Json> Load(const std::string& path, const Limits& limits = {}, bool with_comments = false);

// The text of a document as it is written to files: two spaces, a final newline.
std::string ToText(const Json& document);

// A key as one step of a JSON pointer (RFC 6901): "a/b" is "a~1b".
std::string PointerStep(std::string_view key);

// The node at a pointer ("/model/performance"), or nullptr where it, or anything on the way, does not exist.
const Json* Find(const Json& root, std::string_view pointer);
// Text at a pointer; `fallback` where there is no string.
std::string TextAt(const Json& root, std::string_view pointer, std::string_view fallback = "");
// A plain number at a pointer.
std::optional<double> NumberAt(const Json& root, std::string_view pointer);
// A value object at a pointer as one number: its value, else its typical, else the mean of min and max.
std::optional<double> ValueAt(const Json& root, std::string_view pointer);
// An array at a pointer; an empty array where there is none.
const Json& ArrayAt(const Json& root, std::string_view pointer);

// A number as people write it: the shortest text that keeps `digits` significant digits.
std::string NumberText(double value, int digits = 6);

}  // namespace mls::datasheet
