#include "mls/datasheet/schema.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <regex>

#include "embedded.h"

namespace mls::datasheet {
namespace {

constexpr size_t kMaxProblems = 200;

std::string Shown(const Json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "an array of " + std::to_string(value.size());
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return text;
}

bool HasType(const Json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "null") return value.is_null();
  if (type == "number") return value.is_number();
  if (type == "integer") return value.is_number_integer() || (value.is_number_float() && value == Json(std::trunc(value.get<double>())));
  return false;
}

size_t CodePoints(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

const std::regex& Pattern(const std::string& text) {
  static thread_local std::map<std::string, std::regex> patterns;
  return patterns.try_emplace(text, text, std::regex::ECMAScript).first->second;
}

class Validator {
 public:
  explicit Validator(const Json& root) : root_(root) {}

  void Check(const Json& schema, const Json& value, const std::string& where) {
    if (problems.size() >= kMaxProblems) return;
    if (const auto ref = schema.find("$ref"); ref != schema.end()) {
      const Json* target = Find(root_, ref->get<std::string>().substr(1));
      if (target == nullptr) return Add(where, "a schema that is defined", Shown(*ref));
      return Check(*target, value, where);
    }
    for (const auto& [keyword, rule] : schema.items()) {
      // A wrong type makes every other finding about this value noise.
      if (!CheckKeyword(schema, keyword, rule, value, where)) return;
    }
  }

  std::vector<Problem> problems;

 private:
  void Add(const std::string& where, std::string expected, std::string found) {
    problems.push_back({where, std::move(expected), std::move(found)});
  }

  bool Accepts(const Json& schema, const Json& value) const {
    Validator inner(root_);
    inner.Check(schema, value, "");
    return inner.problems.empty();
  }

  bool CheckKeyword(const Json& schema, const std::string& keyword, const Json& rule, const Json& value, const std::string& where) {
    if (keyword == "type") return CheckType(rule, value, where);
    if (keyword == "enum") {
      if (std::find(rule.begin(), rule.end(), value) == rule.end()) Add(where, "one of " + rule.dump(), Shown(value));
    } else if (keyword == "const") {
      if (value != rule) Add(where, rule.dump(), Shown(value));
    } else if (keyword == "pattern") {
      if (value.is_string() && !std::regex_search(value.get<std::string>(), Pattern(rule.get<std::string>()))) {
        Add(where, schema.value("description", "text like " + rule.get<std::string>()), Shown(value));
      }
    } else if (keyword == "minLength") {
      if (value.is_string() && CodePoints(value.get<std::string>()) < rule.get<size_t>()) {
        Add(where, "at least " + rule.dump() + " character", Shown(value));
      }
    } else if (keyword == "minimum" || keyword == "maximum" || keyword == "exclusiveMinimum") {
      CheckBound(keyword, rule.get<double>(), value, where);
    } else if (keyword == "required") {
      for (const Json& key : rule) {
        if (value.is_object() && !value.contains(key.get<std::string>())) Add(where, "the field " + key.dump(), "none");
      }
    } else if (keyword == "properties" || keyword == "additionalProperties") {
      CheckProperties(schema, keyword == "properties" ? rule : Json::object(), value, where);
    } else if (keyword == "items") {
      if (!value.is_array()) return true;
      for (size_t i = 0; i < value.size(); ++i) Check(rule, value[i], where + "/" + std::to_string(i));
    } else if (keyword == "minItems") {
      if (value.is_array() && value.size() < rule.get<size_t>()) Add(where, "at least " + rule.dump() + " entries", Shown(value));
    } else if (keyword == "allOf") {
      for (const Json& part : rule) Check(part, value, where);
    } else if (keyword == "anyOf") {
      if (std::none_of(rule.begin(), rule.end(), [&](const Json& part) { return Accepts(part, value); })) {
        Add(where, schema.value("description", "any of " + rule.dump()), Shown(value));
      }
    } else if (keyword == "if") {
      if (schema.contains("then") && Accepts(rule, value)) Check(schema["then"], value, where);
    } else if (!IsAnnotation(keyword)) {
      Add(where, "a schema of known keywords", "\"" + keyword + "\"");
    }
    return true;
  }

  static bool IsAnnotation(const std::string& keyword) {
    static const char* const kKnown[] = {"$schema", "$id", "title", "description", "definitions", "then"};
    return std::find(std::begin(kKnown), std::end(kKnown), keyword) != std::end(kKnown);
  }

  bool CheckType(const Json& rule, const Json& value, const std::string& where) {
    const auto fits = [&](const Json& type) { return HasType(value, type.get<std::string>()); };
    if (rule.is_string() ? fits(rule) : std::any_of(rule.begin(), rule.end(), fits)) return true;
    Add(where, rule.is_string() ? "type " + rule.get<std::string>() : "one of the types " + rule.dump(), Shown(value));
    return false;
  }

  void CheckBound(const std::string& keyword, double bound, const Json& value, const std::string& where) {
    if (!value.is_number()) return;
    const double number = value.get<double>();
    if (keyword == "minimum" && number < bound) Add(where, "at least " + NumberText(bound), Shown(value));
    if (keyword == "maximum" && number > bound) Add(where, "at most " + NumberText(bound), Shown(value));
    if (keyword == "exclusiveMinimum" && number <= bound) Add(where, "more than " + NumberText(bound), Shown(value));
  }

  // Called once per keyword: `properties` checks the named fields, `additionalProperties` the others.
  void CheckProperties(const Json& schema, const Json& named, const Json& value, const std::string& where) {
    if (!value.is_object()) return;
    const auto others = schema.find("additionalProperties");
    for (const auto& [key, field] : value.items()) {
      const std::string place = where + "/" + PointerStep(key);
      if (const auto it = named.find(key); it != named.end()) {
        Check(*it, field, place);
      } else if (named.empty() && others != schema.end() && !schema.value("properties", Json::object()).contains(key)) {
        Check(*others, field, place);
      }
    }
  }

  const Json& root_;
};

template <typename Node, typename Visit>
void Walk(const Json& root, const Json& schema, Node& node, const std::string& where, const Visit& visit) {
  if (const auto ref = schema.find("$ref"); ref != schema.end()) {
    if (*ref == "#/definitions/value") return visit(where, node);
    return Walk(root, *Find(root, ref->get<std::string>().substr(1)), node, where, visit);
  }
  if (node.is_array() && schema.contains("items")) {
    for (size_t i = 0; i < node.size(); ++i) Walk(root, schema["items"], node[i], where + "/" + std::to_string(i), visit);
  } else if (node.is_object()) {
    for (auto it = node.begin(); it != node.end(); ++it) {
      const std::string place = where + "/" + PointerStep(it.key());
      if (const Json* named = Find(schema, "/properties/" + PointerStep(it.key()))) {
        Walk(root, *named, it.value(), place, visit);
      } else if (schema.contains("additionalProperties")) {
        Walk(root, schema["additionalProperties"], it.value(), place, visit);
      }
    }
  }
}

}  // namespace

const Json& DatasheetSchema() {
  static const Json schema = Json::parse(kSchemaText);
  return schema;
}

std::vector<Problem> ValidateAgainst(const Json& schema, const Json& document) {
  Validator validator(schema);
  validator.Check(schema, document, "");
  return std::move(validator.problems);
}

std::vector<Problem> Validate(const Json& document) { return ValidateAgainst(DatasheetSchema(), document); }

void VisitValues(const Json& document, const std::function<void(const std::string&, const Json&)>& visit) {
  Walk(DatasheetSchema(), DatasheetSchema(), document, "", visit);
}

void EditValues(Json& document, const std::function<void(const std::string&, Json&)>& visit) {
  Walk(DatasheetSchema(), DatasheetSchema(), document, "", visit);
}

}  // namespace mls::datasheet
