#include "yaml.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include <nlohmann/json.hpp>

namespace mls::datasheet {
namespace {

constexpr size_t kDepth = 32;

struct Line {
  size_t number;
  size_t indent;
  std::string text;  // without indent, comment and trailing space
  std::string raw;   // for literal blocks
};

std::string Trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(" \r") - begin + 1));
}

// Where the part of a line that is no comment ends.
size_t EndOfContent(std::string_view text) {
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (quote == '"' && c == '\\') ++i;
      else if (c == quote) quote = 0;
    } else if ((c == '"' || c == '\'') && (i == 0 || text[i - 1] == ' ' || text[i - 1] == '[' || text[i - 1] == ',')) {
      quote = c;
    } else if (c == '#' && (i == 0 || text[i - 1] == ' ')) {
      return i;
    }
  }
  return text.size();
}

struct Bad {
  size_t line;
  std::string expected, found;
};

std::string Unquoted(const std::string& text, size_t line) {
  std::string value;
  const char quote = text[0];
  for (size_t i = 1; i + 1 < text.size(); ++i) {
    if (quote == '\'' && text[i] == '\'') ++i;
    if (quote != '"' || text[i] != '\\' || i + 2 >= text.size()) {
      value += text[i];
      continue;
    }
    const char c = text[++i];
    if (c == 'n') value += '\n';
    else if (c == 't') value += '\t';
    else if (c == '"' || c == '\\' || c == '/' || c == ' ') value += c;
    else throw Bad{line, "one of the escapes \\n \\t \\\" \\\\ \\/", std::string("\\") + c};
  }
  return value;
}

Json Scalar(const std::string& text, size_t line) {
  if (text.empty() || text == "~" || text == "null") return nullptr;
  if (text == "true" || text == "false") return text == "true";
  const char first = text[0];
  if (first == '"' || first == '\'') {
    if (text.size() < 2 || text.back() != first) throw Bad{line, "a closing quote", text};
    return Unquoted(text, line);
  }
  if (first == '[') {
    if (text.back() != ']') throw Bad{line, "a list that closes on its line", text};
    Json list = Json::array();
    const std::string inner = text.substr(1, text.size() - 2);
    char quote = 0;
    for (size_t begin = 0, i = 0; i <= inner.size(); ++i) {
      if (i < inner.size() && quote == 0 && (inner[i] == '[' || inner[i] == '{'))
        throw Bad{line, "a list of plain values", text};
      if (i < inner.size() && (inner[i] == '"' || inner[i] == '\''))
        quote = quote == inner[i] ? 0 : quote == 0 ? inner[i] : quote;
      if (i < inner.size() && (quote != 0 || inner[i] != ',')) continue;
      const std::string part = Trimmed(std::string_view(inner).substr(begin, i - begin));
      if (!part.empty()) list.push_back(Scalar(part, line));
      begin = i + 1;
    }
    return list;
  }
  if (text == "{}") return Json::object();
  if (first == '&' || first == '*' || first == '!' || first == '{' || first == '@' || first == '`')
    throw Bad{line, "a plain value, a quoted one or a list", text};
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool numeric = error == std::errc() && end == text.data() + text.size() &&
                       text.find_first_not_of("0123456789+-.eE") == std::string::npos;
  if (!numeric) return text;
  if (int64_t whole = 0;
      std::from_chars(text.data(), text.data() + text.size(), whole).ptr == text.data() + text.size())
    return whole;
  return number;
}

// Where "key: value" has its colon; npos where the text is no pair.
size_t ColonOf(const std::string& text) {
  if (text.empty()) return std::string::npos;
  size_t from = 0;
  if (text[0] == '"' || text[0] == '\'') from = text.find(text[0], 1);
  if (from == std::string::npos) return from;
  for (size_t at = text.find(':', from); at != std::string::npos; at = text.find(':', at + 1)) {
    if (at + 1 == text.size() || text[at + 1] == ' ') return at;
  }
  return std::string::npos;
}

class Reader {
 public:
  explicit Reader(std::string_view text) {
    size_t number = 0;
    while (!text.empty()) {
      const size_t end = std::min(text.find('\n'), text.size());
      const std::string_view raw = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      ++number;
      const size_t indent = std::min(raw.find_first_not_of(' '), raw.size());
      if (indent < raw.size() && raw[indent] == '\t') throw Bad{number, "spaces before the text", "a tab"};
      lines_.push_back(
          {number, indent, Trimmed(raw.substr(indent, EndOfContent(raw.substr(indent)))), std::string(raw)});
    }
  }

  Json All() {
    SkipEmpty();
    if (Done()) return Json::object();
    Json value = Block(lines_[at_].indent, 0);
    SkipEmpty();
    if (!Done()) throw Bad{lines_[at_].number, "text that lines up with what is above it", lines_[at_].text};
    return value;
  }

 private:
  bool Done() const { return at_ >= lines_.size(); }
  void SkipEmpty() {
    while (!Done() && lines_[at_].text.empty()) ++at_;
  }
  static bool IsEntry(const std::string& text) { return text == "-" || text.starts_with("- "); }

  Json Block(size_t indent, size_t depth) {
    if (depth >= kDepth) throw Bad{lines_[at_].number, "at most " + std::to_string(kDepth) + " levels", "more"};
    return IsEntry(lines_[at_].text) ? Sequence(indent, depth) : Mapping(indent, depth);
  }

  Json Sequence(size_t indent, size_t depth) {
    Json list = Json::array();
    for (SkipEmpty(); !Done() && lines_[at_].indent == indent && IsEntry(lines_[at_].text); SkipEmpty()) {
      Line& line = lines_[at_];
      const size_t skip = std::min(line.text.find_first_not_of(' ', 1), line.text.size());
      const std::string rest = line.text.substr(skip);
      if (rest.empty()) {
        ++at_;
        list.push_back(Nested(indent + 1, depth));
      } else if (IsEntry(rest) || ColonOf(rest) != std::string::npos) {
        line.indent += skip;  // the entry begins a block of its own
        line.text = rest;
        list.push_back(Block(line.indent, depth + 1));
      } else {
        list.push_back(Value(rest, indent));
      }
    }
    return list;
  }

  Json Mapping(size_t indent, size_t depth) {
    Json map = Json::object();
    for (SkipEmpty(); !Done() && lines_[at_].indent == indent && !IsEntry(lines_[at_].text); SkipEmpty()) {
      const Line& line = lines_[at_];
      const size_t colon = ColonOf(line.text);
      if (colon == std::string::npos) throw Bad{line.number, "\"key: value\"", line.text};
      const Json name = Scalar(Trimmed(line.text.substr(0, colon)), line.number);
      const std::string key = name.is_string() ? name.get<std::string>() : name.dump();
      if (map.contains(key)) throw Bad{line.number, "each key once", "\"" + key + "\" twice"};
      const std::string rest = Trimmed(line.text.substr(colon + 1));
      if (!rest.empty()) {
        map[key] = Value(rest, indent);
        continue;
      }
      ++at_;
      SkipEmpty();
      const bool own_list = !Done() && lines_[at_].indent == indent && IsEntry(lines_[at_].text);
      map[key] = own_list ? Sequence(indent, depth + 1) : Nested(indent + 1, depth);
    }
    return map;
  }

  // The block below, if it is indented by at least `indent`; null otherwise.
  Json Nested(size_t indent, size_t depth) {
    SkipEmpty();
    if (Done() || lines_[at_].indent < indent) return nullptr;
    return Block(lines_[at_].indent, depth + 1);
  }

  // A scalar that begins on this line, with the lines that continue it: deeper than `indent`.
  Json Value(const std::string& first, size_t indent) {
    const size_t number = lines_[at_].number;
    ++at_;
    const bool literal = first[0] == '|', folded = first[0] == '>';
    std::string text = literal || folded ? "" : first;
    if ((literal || folded) && first.size() > 2) throw Bad{number, "| or > at the end of the line", first};
    size_t margin = std::string::npos;
    while (!Done() && (lines_[at_].indent > indent || Trimmed(lines_[at_].raw).empty())) {
      const Line& line = lines_[at_++];
      if (!literal) {
        const std::string part = folded ? Trimmed(line.raw) : line.text;
        if (!part.empty()) text += (text.empty() ? "" : " ") + part;
        continue;
      }
      if (margin == std::string::npos && !Trimmed(line.raw).empty()) margin = line.indent;
      text += (line.raw.size() > margin ? line.raw.substr(margin) : "") + "\n";
    }
    if (!literal && !folded) return Scalar(text, number);
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
  }

  std::vector<Line> lines_;
  size_t at_ = 0;
};

}  // namespace

Outcome<Json> ParseYaml(std::string_view text) {
  try {
    return Reader(text).All();
  } catch (const Bad& bad) {
    return Problem{"line " + std::to_string(bad.line), bad.expected, bad.found};
  }
}

}  // namespace mls::datasheet
