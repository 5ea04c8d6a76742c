#include "mls/datasheet/schema.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <optional>
#include <regex>

#include <nlohmann/json.hpp>

#include "embedded.h"

namespace mls::datasheet {
namespace {

constexpr size_t kMaxProblems = 200;
constexpr const char* kTypes[] = {"object", "array", "string", "boolean", "null", "number", "integer"};

std::string Shown(const Json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "an array of " + std::to_string(value.size());
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return text;
}

bool IsInteger(const Json& value) {
  return value.is_number_integer() ||
         (value.is_number_float() && std::trunc(value.get<double>()) == value.get<double>());
}

// The places in kTypes that `value` belongs to, as bits.
unsigned TypesOf(const Json& value) {
  const bool belongs[] = {value.is_object(), value.is_array(),  value.is_string(), value.is_boolean(),
                          value.is_null(),   value.is_number(), IsInteger(value)};
  unsigned types = 0;
  for (size_t i = 0; i < std::size(belongs); ++i) types |= unsigned{belongs[i]} << i;
  return types;
}

size_t CodePoints(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

// One schema with its keywords looked up once instead of for every value.
struct Rule {
  const Rule* target = nullptr;  // of $ref; then nothing else counts
  std::string dangling;          // a $ref without one
  std::string unknown;           // a keyword that is not checked
  std::optional<std::string> description;
  unsigned types = 0;  // as of TypesOf; 0: any
  std::string type_names;
  const Json* allowed = nullptr;  // enum
  const Json* fixed = nullptr;    // const
  std::string pattern_text;
  std::optional<std::regex> pattern;
  std::optional<double> minimum, maximum, above;
  size_t min_length = 0, min_items = 0;
  std::vector<std::string> required;
  std::map<std::string, const Rule*, std::less<>> properties;
  const Rule* others = nullptr;  // additionalProperties
  const Rule* items = nullptr;
  std::vector<const Rule*> all, any;
  std::string any_text;
  const Rule* condition = nullptr;  // if
  const Rule* then = nullptr;
};

// All rules that a schema consists of. The schema is borrowed.
class Rules {
 public:
  explicit Rules(const Json& root) : root_(root), first_(Compile(root)) {}
  const Rule& first() const { return *first_; }
  // nullptr where the schema does not have it.
  const Rule* At(const std::string& pointer) const {
    const auto it = known_.find(Find(root_, pointer));
    return it == known_.end() ? nullptr : it->second;
  }

 private:
  const Rule* Compile(const Json& schema) {
    if (const auto it = known_.find(&schema); it != known_.end()) return it->second;
    Rule& rule = rules_.emplace_back();
    known_[&schema] = &rule;
    for (const auto& [keyword, value] : schema.items()) Add(rule, keyword, value);
    return &rule;
  }

  void Add(Rule& rule, const std::string& keyword, const Json& value) {
    if (keyword == "$ref") {
      const Json* target = Find(root_, value.get<std::string>().substr(1));
      if (target != nullptr) rule.target = Compile(*target);
      else rule.dangling = Shown(value);
    } else if (keyword == "description") {
      rule.description = value.get<std::string>();
    } else if (keyword == "type") {
      for (const Json& type : value.is_array() ? value : Json::array({value})) {
        const auto at = std::find(std::begin(kTypes), std::end(kTypes), type.get<std::string>());
        rule.types |= 1u << (at - std::begin(kTypes));
      }
      rule.type_names = value.is_array() ? "one of the types " + value.dump() : "type " + value.get<std::string>();
    } else if (keyword == "enum") {
      rule.allowed = &value;
    } else if (keyword == "const") {
      rule.fixed = &value;
    } else if (keyword == "pattern") {
      rule.pattern_text = value.get<std::string>();
      rule.pattern.emplace(rule.pattern_text, std::regex::ECMAScript);
    } else if (keyword == "minLength") {
      rule.min_length = value.get<size_t>();
    } else if (keyword == "minItems") {
      rule.min_items = value.get<size_t>();
    } else if (keyword == "minimum") {
      rule.minimum = value.get<double>();
    } else if (keyword == "maximum") {
      rule.maximum = value.get<double>();
    } else if (keyword == "exclusiveMinimum") {
      rule.above = value.get<double>();
    } else if (keyword == "required") {
      rule.required = value.get<std::vector<std::string>>();
    } else if (keyword == "properties") {
      for (const auto& [key, field] : value.items()) rule.properties[key] = Compile(field);
    } else if (keyword == "additionalProperties") {
      rule.others = Compile(value);
    } else if (keyword == "items") {
      rule.items = Compile(value);
    } else if (keyword == "allOf") {
      for (const Json& part : value) rule.all.push_back(Compile(part));
    } else if (keyword == "anyOf") {
      for (const Json& part : value) rule.any.push_back(Compile(part));
      rule.any_text = "any of " + value.dump();
    } else if (keyword == "if") {
      rule.condition = Compile(value);
    } else if (keyword == "then") {
      rule.then = Compile(value);
    } else if (keyword != "$schema" && keyword != "$id" && keyword != "title" && keyword != "definitions") {
      rule.unknown = keyword;
    }
  }

  const Json& root_;
  std::deque<Rule> rules_;  // which stay where they are
  std::map<const Json*, const Rule*> known_;
  const Rule* first_;
};

// Where a value is; becomes text only when something is wrong there.
struct Place {
  const Place* parent = nullptr;
  std::string_view key = {};
  size_t index = 0;  // where `key` has no text of its own

  std::string text() const {
    if (parent == nullptr) return "";
    return parent->text() + "/" + (key.data() != nullptr ? PointerStep(key) : std::to_string(index));
  }
};

class Validator {
 public:
  // `quiet`: only whether there is a problem is of interest.
  explicit Validator(bool quiet = false) : quiet_(quiet) {}

  void Check(const Rule& rule, const Json& value, const Place& place) {
    if (problems_.size() >= (quiet_ ? 1 : kMaxProblems)) return;
    if (rule.target != nullptr) return Check(*rule.target, value, place);
    if (!rule.dangling.empty()) return Add(place, [&] { return "a schema that is defined"; }, rule.dangling);
    if (!rule.unknown.empty()) Add(place, [&] { return "a schema of known keywords"; }, "\"" + rule.unknown + "\"");
    // A wrong type makes every other finding about this value noise.
    if (rule.types != 0 && (rule.types & TypesOf(value)) == 0)
      return Add(
          place, [&] { return rule.type_names; }, value);
    if (rule.allowed != nullptr &&
        std::find(rule.allowed->begin(), rule.allowed->end(), value) == rule.allowed->end()) {
      Add(place, [&] { return "one of " + rule.allowed->dump(); }, value);
    }
    if (rule.fixed != nullptr && value != *rule.fixed) Add(place, [&] { return rule.fixed->dump(); }, value);
    if (value.is_string()) CheckText(rule, value, place);
    if (value.is_number()) CheckNumber(rule, value, place);
    if (value.is_object()) CheckFields(rule, value, place);
    if (value.is_array()) CheckItems(rule, value, place);
    for (const Rule* part : rule.all) Check(*part, value, place);
    if (!rule.any.empty() &&
        std::none_of(rule.any.begin(), rule.any.end(), [&](const Rule* part) { return Accepts(*part, value); })) {
      Add(place, [&] { return rule.description.value_or(rule.any_text); }, value);
    }
    if (rule.condition != nullptr && rule.then != nullptr && Accepts(*rule.condition, value))
      Check(*rule.then, value, place);
  }

  std::vector<Problem> Take() { return std::move(problems_); }

 private:
  static bool Accepts(const Rule& rule, const Json& value) {
    Validator inner(true);
    inner.Check(rule, value, {});
    return inner.problems_.empty();
  }

  template <typename Expected>
  void Add(const Place& place, const Expected& expected, const Json& found) {
    AddText(place, expected, [&] { return Shown(found); });
  }
  template <typename Expected>
  void Add(const Place& place, const Expected& expected, const std::string& found) {
    AddText(place, expected, [&] { return found; });
  }
  template <typename Expected, typename Found>
  void AddText(const Place& place, const Expected& expected, const Found& found) {
    if (quiet_) problems_.emplace_back();
    else problems_.push_back({place.text(), expected(), found()});
  }

  void CheckText(const Rule& rule, const Json& value, const Place& place) {
    const auto& text = value.get_ref<const std::string&>();
    if (rule.pattern && !std::regex_search(text, *rule.pattern)) {
      Add(place, [&] { return rule.description.value_or("text like " + rule.pattern_text); }, value);
    }
    if (rule.min_length > 0 && CodePoints(text) < rule.min_length) {
      Add(place, [&] { return "at least " + std::to_string(rule.min_length) + " character"; }, value);
    }
  }

  void CheckNumber(const Rule& rule, const Json& value, const Place& place) {
    const double number = value.get<double>();
    if (rule.minimum && number < *rule.minimum)
      Add(
          place, [&] { return "at least " + NumberText(*rule.minimum); }, value);
    if (rule.maximum && number > *rule.maximum)
      Add(
          place, [&] { return "at most " + NumberText(*rule.maximum); }, value);
    if (rule.above && number <= *rule.above) Add(place, [&] { return "more than " + NumberText(*rule.above); }, value);
  }

  void CheckFields(const Rule& rule, const Json& value, const Place& place) {
    for (const std::string& key : rule.required) {
      if (value.find(key) == value.end()) Add(place, [&] { return "the field \"" + key + "\""; }, std::string("none"));
    }
    if (rule.properties.empty() && rule.others == nullptr) return;
    for (auto it = value.begin(); it != value.end(); ++it) {
      const auto named = rule.properties.find(it.key());
      const Rule* field = named != rule.properties.end() ? named->second : rule.others;
      if (field != nullptr) Check(*field, *it, {&place, it.key()});
    }
  }

  void CheckItems(const Rule& rule, const Json& value, const Place& place) {
    if (value.size() < rule.min_items)
      Add(
          place, [&] { return "at least " + std::to_string(rule.min_items) + " entries"; }, value);
    if (rule.items == nullptr) return;
    for (size_t i = 0; i < value.size(); ++i) Check(*rule.items, value[i], {&place, {}, i});
  }

  const bool quiet_;
  std::vector<Problem> problems_;
};

const Rules& DatasheetRules() {
  static const Rules rules(DatasheetSchema());
  return rules;
}

template <typename Node, typename Visit>
void Walk(const Rule& rule, Node& node, const Place& place, const Visit& visit) {
  static const Rule* const kValue = DatasheetRules().At("/definitions/value");
  if (&rule == kValue) return visit(place.text(), node);
  if (rule.target != nullptr) return Walk(*rule.target, node, place, visit);
  if (node.is_array() && rule.items != nullptr) {
    for (size_t i = 0; i < node.size(); ++i) Walk(*rule.items, node[i], {&place, {}, i}, visit);
  } else if (node.is_object()) {
    for (auto it = node.begin(); it != node.end(); ++it) {
      const auto named = rule.properties.find(it.key());
      const Rule* field = named != rule.properties.end() ? named->second : rule.others;
      if (field != nullptr) Walk(*field, it.value(), {&place, it.key()}, visit);
    }
  }
}

}  // namespace

const Json& DatasheetSchema() {
  static const Json schema = Json::parse(kSchemaText);
  return schema;
}

std::vector<Problem> ValidateAgainst(const Json& schema, const Json& document) {
  Validator validator;
  validator.Check(Rules(schema).first(), document, {});
  return validator.Take();
}

std::vector<Problem> Validate(const Json& document) {
  Validator validator;
  validator.Check(DatasheetRules().first(), document, {});
  return validator.Take();
}

void VisitValues(const Json& document, const std::function<void(const std::string&, const Json&)>& visit) {
  Walk(DatasheetRules().first(), document, {}, visit);
}

void EditValues(Json& document, const std::function<void(const std::string&, Json&)>& visit) {
  Walk(DatasheetRules().first(), document, {}, visit);
}

}  // namespace mls::datasheet
