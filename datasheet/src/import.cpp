#include "mls/datasheet/import.h"

#include <algorithm>
#include <cmath>

#include "yaml.h"

namespace mls::datasheet {
namespace {

// Texts out of a field that may be a text, a list, or a list of objects with a `field`.
std::vector<std::string> TextsOf(const Json* node, const std::string& field = "") {
  std::vector<std::string> texts;
  if (node == nullptr) return texts;
  const Json list = node->is_array() ? *node : Json::array({*node});
  for (const Json& entry : list) {
    const std::string text = entry.is_string() ? entry.get<std::string>()
                             : field.empty()   ? ""
                                               : TextAt(entry, "/" + field);
    if (!text.empty()) texts.push_back(text);
  }
  return texts;
}

std::string JoinedTexts(const std::vector<std::string>& texts, const char* between = ", ") {
  std::string joined;
  for (const std::string& text : texts) joined += (joined.empty() ? "" : between) + text;
  return joined;
}

class Importer {
 public:
  Importer(std::string format, const std::string& card) : card_(card) { result_.format = std::move(format); }

  // Sets a text of the facts; empty texts and a section left open in a template are not taken.
  void Set(const std::string& pointer, const std::string& text) {
    if (!text.empty() && text.find("More Information Needed") == std::string::npos)
      result_.facts[Json::json_pointer(pointer)] = text;
  }
  void Push(const std::string& pointer, Json entry) {
    Json& list = result_.facts[Json::json_pointer(pointer)];
    if (!list.is_array()) list = Json::array();
    list.push_back(std::move(entry));
  }
  void Risk(const char* section, const char* risk, const std::string& text) {
    Push("/model/dataset_label/risks", {{"section", section}, {"risk", risk}, {"text", text}});
  }
  void Use(const std::string& use, const char* verdict) {
    Push("/model/dataset_label/intended_use", {{"use", use}, {"verdict", verdict}});
  }

  // A rate that somebody else states, in a test of that name. Percentages become shares.
  void Rate(const std::string& test, const std::string& dataset, std::string metric, double value,
            const Json& interval) {
    std::replace(metric.begin(), metric.end(), ' ', '_');
    Json& tests = result_.facts["model"]["performance"]["tests"];
    if (!tests.is_array()) tests = Json::array();
    auto it = std::find_if(tests.begin(), tests.end(), [&](const Json& known) { return TextAt(known, "/id") == test; });
    if (it == tests.end()) {
      tests.push_back({{"id", test}, {"title", test}, {"kind", "model"}});
      if (!dataset.empty()) tests.back()["dataset"] = dataset;
      it = tests.end() - 1;
    }
    const bool percent = value > 1 && value <= 100;
    Json entry = {{"value", percent ? value / 100 : value},
                  {"unit", "1"},
                  {"evidence", {{"kind", "third_party"}, {"source", card_}}}};
    if (!interval.is_null()) entry["ci"] = interval;
    if (percent) entry["note"] = "given in percent";
    (*it)["metrics"][metric] = std::move(entry);
  }

  void IgnoreOthers(const Json& object, std::initializer_list<const char*> known) {
    for (const auto& [key, value] : object.items()) {
      if (std::find_if(known.begin(), known.end(), [k = key](const char* name) { return k == name; }) == known.end())
        result_.ignored.push_back(key);
    }
  }

  ImportedCard Take() { return std::move(result_); }

 private:
  std::string card_;
  ImportedCard result_{"", Json::object(), {}};
};

constexpr const char* kSpec = "/model/specification/0";

void TakeModelIndex(const Json& index, Importer& importer) {
  importer.Set(std::string(kSpec) + "/name", TextAt(index, "/0/name"));
  for (const Json& result : ArrayAt(index, "/0/results")) {
    const std::string dataset = TextAt(result, "/dataset/name");
    const std::string config = TextAt(result, "/dataset/config");
    importer.Set(std::string(kSpec) + "/task", TextAt(result, "/task/name", TextAt(result, "/task/type")));
    for (const Json& metric : ArrayAt(result, "/metrics")) {
      if (const auto value = NumberAt(metric, "/value"))
        importer.Rate(config.empty() ? dataset.empty() ? "card" : dataset : config, dataset,
                      TextAt(metric, "/type", "metric"), *value, nullptr);
    }
  }
}

// The text below each heading of a Markdown page, by the heading's words in lower case.
std::vector<std::pair<std::string, std::string>> SectionsOf(std::string_view page) {
  std::vector<std::pair<std::string, std::string>> sections;
  while (!page.empty()) {
    const size_t end = std::min(page.find('\n'), page.size());
    std::string line(page.substr(0, end));
    page.remove_prefix(std::min(end + 1, page.size()));
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.starts_with("#")) {
      line.erase(0, line.find_first_not_of("# "));
      sections.emplace_back(line, "");
    } else if (!sections.empty() && !line.starts_with("<!--")) {
      sections.back().second += line + "\n";
    }
  }
  return sections;
}

// Paragraphs and list entries, each on one line.
std::vector<std::string> EntriesOf(const std::string& text) {
  std::vector<std::string> entries;
  bool open = false;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    line.erase(0, std::min(line.find_first_not_of(' '), line.size()));
    const bool bullet = line.starts_with("- ") || line.starts_with("* ");
    if (bullet) line.erase(0, 2);
    if (line.empty()) {
      open = false;
    } else if (open && !bullet) {
      entries.back() += " " + line;
    } else {
      entries.push_back(line);
      open = true;
    }
  }
  return entries;
}

void TakeMarkdown(std::string_view page, Importer& importer) {
  const auto sections = SectionsOf(page);
  for (const auto& [heading, text] : sections) {
    std::string title = heading;
    std::transform(title.begin(), title.end(), title.begin(), [](unsigned char c) { return std::tolower(c); });
    const auto is = [&](const char* words) { return title.find(words) != std::string::npos; };
    for (const std::string& entry : EntriesOf(text)) {
      if (entry.find("More Information Needed") != std::string::npos || entry.starts_with("```") ||
          entry.starts_with("|"))
        continue;
      if (is("out-of-scope")) importer.Push("/limitations/out_of_scope", entry);
      else if (is("limitations") || is("bias")) importer.Push("/limitations/known", entry);
      else if (is("direct use") || is("intended use")) importer.Push("/overview/use_cases", {{"text", entry}});
      else if (is("training data")) importer.Set(std::string(kSpec) + "/training/data", entry);
      else if (is("training procedure")) importer.Set(std::string(kSpec) + "/training/description", entry);
      else if (is("description")) importer.Set("/overview/description", entry);
    }
  }
}

ImportedCard FromHuggingFace(const Json& matter, std::string_view page, const std::string& name) {
  Importer importer("Hugging Face model card", name);
  const auto sections = SectionsOf(page);
  importer.Set(std::string(kSpec) + "/name", TextAt(matter, "/model_name", sections.empty() ? "" : sections[0].first));
  importer.Set(std::string(kSpec) + "/task", TextAt(matter, "/pipeline_tag"));
  importer.Set(std::string(kSpec) + "/framework", TextAt(matter, "/library_name"));
  importer.Set(std::string(kSpec) + "/licence",
               TextAt(matter, "/license_name", JoinedTexts(TextsOf(Find(matter, "/license")))));
  const auto bases = TextsOf(Find(matter, "/base_model"));
  if (!bases.empty()) importer.Set(std::string(kSpec) + "/training/description", "derived from " + JoinedTexts(bases));
  for (const std::string& source : TextsOf(Find(matter, "/datasets"))) {
    importer.Push("/model/dataset_label/sources", {{"name", source}});
    importer.Set("/model/dataset_label/at_a_glance/upstream_sources", "yes");
  }
  TakeModelIndex(matter.value("model-index", Json()), importer);
  TakeMarkdown(page, importer);
  importer.IgnoreOthers(matter, {"model_name", "pipeline_tag", "library_name", "license", "license_name", "base_model",
                                 "datasets", "model-index"});
  return importer.Take();
}

ImportedCard FromToolkit(const Json& card, const std::string& name) {
  Importer importer("Model Card Toolkit", name);
  importer.Set(std::string(kSpec) + "/name", TextAt(card, "/model_details/name"));
  importer.Set(std::string(kSpec) + "/version", TextAt(card, "/model_details/version/name"));
  importer.Set("/overview/description", TextAt(card, "/model_details/overview"));
  importer.Set("/overview/vendor", JoinedTexts(TextsOf(Find(card, "/model_details/owners"), "name")));
  const auto licences = TextsOf(Find(card, "/model_details/licenses"), "identifier");
  importer.Set(
      std::string(kSpec) + "/licence",
      JoinedTexts(licences.empty() ? TextsOf(Find(card, "/model_details/licenses"), "custom_text") : licences));
  importer.Set(std::string(kSpec) + "/architecture", TextAt(card, "/model_parameters/model_architecture"));
  importer.Set(std::string(kSpec) + "/input", TextAt(card, "/model_parameters/input_format"));
  importer.Set(std::string(kSpec) + "/output", TextAt(card, "/model_parameters/output_format"));
  for (const Json& data : ArrayAt(card, "/model_parameters/data")) {
    importer.Set("/model/dataset_label/name", TextAt(data, "/name"));
    importer.Set(std::string(kSpec) + "/training/data", TextAt(data, "/description"));
    Json source = {{"name", TextAt(data, "/name", "not named")}};
    if (const std::string link = TextAt(data, "/link"); !link.empty()) source["uri"] = link;
    importer.Push("/model/dataset_label/sources", source);
    if (Find(data, "/sensitive") != nullptr) importer.Set("/model/dataset_label/at_a_glance/about_humans", "yes");
  }
  for (const Json& metric : ArrayAt(card, "/quantitative_analysis/performance_metrics")) {
    const std::string text = TextAt(metric, "/value");
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    if (end == text.c_str() || !std::isfinite(value)) continue;
    importer.Rate(TextAt(metric, "/slice", "card"), "", TextAt(metric, "/type", "metric"), value, nullptr);
  }
  for (const std::string& use : TextsOf(Find(card, "/considerations/use_cases"), "description"))
    importer.Push("/overview/use_cases", {{"text", use}});
  for (const std::string& limit : TextsOf(Find(card, "/considerations/limitations"), "description"))
    importer.Push("/limitations/known", limit);
  for (const Json& risk : ArrayAt(card, "/considerations/ethical_considerations")) {
    importer.Risk("general", "risky",
                  JoinedTexts({TextAt(risk, "/name", "not named"),
                               TextAt(risk, "/mitigation_strategy", "no mitigation is stated")},
                              ": "));
  }
  importer.IgnoreOthers(
      card, {"schema_version", "model_details", "model_parameters", "quantitative_analysis", "considerations"});
  return importer.Take();
}

ImportedCard FromCroissant(const Json& card, const std::string& name) {
  Importer importer("Croissant", name);
  const auto field = [&](const std::string& key) {
    const Json* node = Find(card, "/rai:" + key);
    return node != nullptr ? node : Find(card, "/" + key);
  };
  importer.Set("/model/dataset_label/name", TextAt(card, "/name"));
  importer.Set(std::string(kSpec) + "/training/data", TextAt(card, "/description"));
  const std::string licence = JoinedTexts(TextsOf(Find(card, "/license")));
  for (const Json& file : ArrayAt(card, "/distribution")) {
    Json source = {{"name", TextAt(file, "/name", TextAt(file, "/@id", "not named"))}};
    if (const std::string uri = TextAt(file, "/contentUrl", TextAt(file, "/url")); !uri.empty()) source["uri"] = uri;
    if (const std::string what = TextAt(file, "/description"); !what.empty()) source["attribution"] = what;
    if (!licence.empty()) source["licence"] = licence;
    importer.Push("/model/dataset_label/sources", source);
  }
  importer.Set("/model/dataset_label/at_a_glance/upstream_sources",
               ArrayAt(card, "/distribution").empty() ? "" : "yes");
  const std::string personal = JoinedTexts(TextsOf(field("personalSensitiveInformation")), "; ");
  if (!personal.empty()) {
    importer.Set("/model/dataset_label/at_a_glance/about_humans", personal.starts_with("none") ? "no" : "yes");
    importer.Risk("general", personal.starts_with("none") ? "safe" : "risky",
                  "Personal or sensitive information: " + personal);
  }
  importer.Set("/model/dataset_label/at_a_glance/update_frequency",
               JoinedTexts(TextsOf(field("dataReleaseMaintenancePlan")), "; "));
  for (const std::string& bias : TextsOf(field("dataBiases"))) importer.Risk("representation", "risky", bias);
  for (const std::string& limit : TextsOf(field("dataLimitations"))) importer.Risk("data_values", "risky", limit);
  for (const std::string& text : TextsOf(field("dataSocialImpact"))) importer.Risk("general", "unknown", text);
  for (const std::string& use : TextsOf(field("dataUseCases"))) {
    const bool bad = use.starts_with("prohibited: ") || use.starts_with("not intended: ");
    importer.Use(bad || use.starts_with("intended: ") ? use.substr(use.find(": ") + 2) : use,
                 use.starts_with("prohibited: ") ? "prohibited"
                 : bad                           ? "not_intended"
                                                 : "intended");
  }
  importer.IgnoreOthers(card, {"@context", "@type", "conformsTo", "name", "description", "license", "url",
                               "distribution", "rai:personalSensitiveInformation", "rai:dataReleaseMaintenancePlan",
                               "rai:dataBiases", "rai:dataLimitations", "rai:dataSocialImpact", "rai:dataUseCases"});
  return importer.Take();
}

}  // namespace

Outcome<ImportedCard> ImportCard(std::string_view text, const std::string& name) {
  if (text.size() > Limits{}.size_bytes)
    return Problem{"", "at most " + std::to_string(Limits{}.size_bytes) + " bytes",
                   std::to_string(text.size()) + " bytes"};
  if (text.starts_with("---\n") || text.starts_with("---\r\n")) {
    const size_t begin = text.find('\n') + 1;
    const size_t end = text.find("\n---", begin - 1);
    if (end == std::string_view::npos) return Problem{"line 1", "front matter that ends with ---", "no end"};
    auto matter = ParseYaml(end < begin ? "" : text.substr(begin, end - begin));
    if (!matter.ok())
      return Problem{"front matter, " + matter.problem().where, matter.problem().expected, matter.problem().found};
    if (!matter->is_object()) return Problem{"front matter", "keys and values", matter->type_name()};
    const size_t page = std::min(text.find('\n', end + 1), text.size());
    return FromHuggingFace(*matter, text.substr(page), name);
  }
  auto card = Parse(text);
  if (!card.ok()) return card.problem();
  if (Find(*card, "/model_details") != nullptr) return FromToolkit(*card, name);
  if (Find(*card, "/model-index") != nullptr) {
    Importer importer("model-index", name);
    TakeModelIndex((*card)["model-index"], importer);
    return importer.Take();
  }
  if (Find(*card, "/@context") != nullptr &&
      (Find(*card, "/distribution") != nullptr || card->dump().find("croissant") != std::string::npos))
    return FromCroissant(*card, name);
  return Problem{"", "a Hugging Face model card, a model-index, a Model Card Toolkit card or a Croissant description",
                 "none of these"};
}

Json MergeFacts(Json facts, const Json& imported) {
  if (facts.is_null()) return imported;
  const auto merge = [](const auto& self, Json& ours, const Json& theirs) -> void {
    for (const auto& [key, value] : theirs.items()) {
      if (!ours.contains(key) || ours[key].is_null()) ours[key] = value;
      else if (ours[key].is_object() && value.is_object()) self(self, ours[key], value);
    }
  };
  if (facts.is_object() && imported.is_object()) merge(merge, facts, imported);
  // The one model of a card belongs to the first of the facts.
  const Json* spec = Find(imported, kSpec);
  if (Json* ours = const_cast<Json*>(Find(facts, kSpec));
      ours != nullptr && ours->is_object() && spec != nullptr && spec->is_object())
    merge(merge, *ours, *spec);
  return facts;
}

}  // namespace mls::datasheet
