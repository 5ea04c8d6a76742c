#include <algorithm>

#include "mls/datasheet/export.h"
#include "view.h"

namespace mls::datasheet {
namespace {

constexpr ExportFormat kFormats[] = {
    {"model-card", "Model Card Toolkit v0.0.2", ExportModelCard},
    {"model-index", "Hugging Face model-index", ExportModelIndex},
    {"croissant", "Croissant 1.1 with responsible AI", ExportCroissant},
    {"cyclonedx", "CycloneDX 1.6 ML-BOM", ExportCycloneDx},
    {"spdx", "SPDX 3.0.1 AI and Dataset", ExportSpdx},
    {"edatasheet", "eDatasheet 1.0", ExportEDatasheet},
    {"thing", "W3C Thing Description 1.1", ExportThing},
};

std::string Joined(const Json& list, const char* field = "") {
  std::string text;
  for (const Json& entry : list) {
    const std::string part = entry.is_string() ? entry.get<std::string>() : TextAt(entry, field);
    if (!part.empty()) text += (text.empty() ? "" : "; ") + part;
  }
  return text;
}

Json Described(const Json& texts, const char* field = "") {
  Json list = Json::array();
  for (const Json& text : texts) {
    const std::string part = text.is_string() ? text.get<std::string>() : TextAt(text, field);
    if (!part.empty()) list.push_back({{"description", part}});
  }
  return list;
}

// Each rate of each test and slice; `add(name, slice, metric, test)`.
template <typename Add>
void ForEachRate(const Json& document, Add add) {
  for (const Json& test : ArrayAt(document, "/model/performance/tests")) {
    const auto rates = [&](const Json& owner, const std::string& slice) {
      const Json* metrics = Find(owner, "/metrics");
      if (metrics == nullptr) return;
      for (const auto& [name, metric] : metrics->items()) {
        if (ValueAt(metric, "")) add(name, slice, metric, test);
      }
    };
    rates(test, TextAt(test, "/id"));
    for (const Json& slice : ArrayAt(test, "/slices"))
      rates(slice, TextAt(test, "/id") + ", " + TextAt(slice, "/factor") + ": " + TextAt(slice, "/level"));
  }
}

// As in the Croissant Format Specification 1.1, appendix "JSON-LD context": a term that is missing here is read as one
// of schema.org.
Json CroissantContext() {
  Json context = {{"@language", "en"},
                  {"@vocab", "https://schema.org/"},
                  {"sc", "https://schema.org/"},
                  {"cr", "http://mlcommons.org/croissant/"},
                  {"rai", "http://mlcommons.org/croissant/RAI/"},
                  {"dct", "http://purl.org/dc/terms/"},
                  {"conformsTo", "dct:conformsTo"},
                  {"data", {{"@id", "cr:data"}, {"@type", "@json"}}},
                  {"examples", {{"@id", "cr:examples"}, {"@type", "@json"}}},
                  {"dataType", {{"@id", "cr:dataType"}, {"@type", "@vocab"}}}};
  for (const char* term : {"citeAs",       "column",        "equivalentProperty",
                           "extract",      "field",         "fileObject",
                           "fileProperty", "fileSet",       "format",
                           "includes",     "isLiveDataset", "jsonPath",
                           "key",          "md5",           "parentField",
                           "path",         "recordSet",     "references",
                           "regex",        "repeated",      "replace",
                           "samplingRate", "separator",     "source",
                           "subField",     "transform"}) {
    context[term] = std::string("cr:") + term;
  }
  return context;
}

}  // namespace

std::span<const ExportFormat> ExportFormats() { return kFormats; }

const ExportFormat* FindExportFormat(std::string_view name) {
  const auto it = std::find_if(std::begin(kFormats), std::end(kFormats),
                               [&](const ExportFormat& format) { return format.name == name; });
  return it == std::end(kFormats) ? nullptr : it;
}

Json ExportModelCard(const Json& document) {
  const auto spec = [&](const char* key) { return TextAt(document, std::string("/model/specification/0/") + key); };
  Json card = {
      {"schema_version", "0.0.2"},
      {"model_details",
       {{"name", spec("name")},
        {"overview", TextAt(document, "/overview/description")},
        {"documentation", "Datasheet of " + TextAt(document, "/overview/title") + ", revision " +
                              TextAt(document, "/overview/revision")},
        {"owners",
         {{{"name", TextAt(document, "/overview/vendor")},
           {"contact", TextAt(document, "/lifecycle/vulnerability_contact", "not disclosed")}}}},
        {"version", {{"name", spec("version")}, {"date", TextAt(document, "/declaration/date").substr(0, 10)}}}}}};
  if (!spec("licence").empty()) card["model_details"]["licenses"] = {{{"identifier", spec("licence")}}};
  Json data = {{"name", TextAt(document, "/model/dataset_label/name", "not disclosed")},
               {"description", TextAt(document, "/model/specification/0/training/data", "not disclosed")}};
  if (TextAt(document, "/model/dataset_label/at_a_glance/about_humans") == "yes")
    data["sensitive"] = {{"sensitive_data", {"about humans"}}};
  card["model_parameters"] = {{"model_architecture", spec("architecture")},
                              {"data", {data}},
                              {"input_format", spec("input")},
                              {"output_format", spec("output")}};
  Json metrics = Json::array();
  ForEachRate(document, [&](const std::string& name, const std::string& slice, const Json& metric, const Json&) {
    Json entry = {{"type", name}, {"value", NumberText(*ValueAt(metric, ""))}, {"slice", slice}};
    const auto lower = NumberAt(metric, "/ci/lower"), upper = NumberAt(metric, "/ci/upper");
    if (lower && upper)
      entry["confidence_interval"] = {{"lower_bound", NumberText(*lower)}, {"upper_bound", NumberText(*upper)}};
    metrics.push_back(std::move(entry));
  });
  card["quantitative_analysis"] = {{"performance_metrics", metrics}};
  Json risks = Json::array();
  for (const Json& risk : ArrayAt(document, "/model/dataset_label/risks"))
    risks.push_back({{"name", TextAt(risk, "/risk") + ", " + TextAt(risk, "/section")},
                     {"mitigation_strategy", TextAt(risk, "/text")}});
  card["considerations"] = {{"use_cases", Described(ArrayAt(document, "/overview/use_cases"), "/text")},
                            {"limitations", Described(ArrayAt(document, "/limitations/known"))},
                            {"ethical_considerations", risks}};
  return card;
}

Json ExportModelIndex(const Json& document) {
  const bool sound = TextAt(document, "/overview/profile") == "keyword";
  const std::string data = TextAt(document, "/model/dataset_label/name", "not disclosed");
  Json results = Json::array();
  ForEachRate(document, [&](const std::string& name, const std::string& slice, const Json& metric, const Json& test) {
    if (slice != TextAt(test, "/id")) return;
    if (results.empty() || results.back()["dataset"]["config"] != slice) {
      results.push_back({{"task",
                          {{"type", sound ? "audio-classification" : "image-classification"},
                           {"name", TextAt(document, "/model/specification/0/task", "classification")}}},
                         {"dataset", {{"name", data}, {"type", "custom"}, {"config", slice}, {"split", "test"}}},
                         {"metrics", Json::array()}});
    }
    results.back()["metrics"].push_back({{"type", name},
                                         {"value", *ValueAt(metric, "")},
                                         {"name", Pretty(NumberAt(metric, "/n").value_or(0)) + " samples"}});
  });
  return {{"model-index", {{{"name", TextAt(document, "/model/specification/0/name")}, {"results", results}}}}};
}

Json ExportCroissant(const Json& document) {
  const Json& sources = ArrayAt(document, "/model/dataset_label/sources");
  Json distribution = Json::array();
  Json licences = Json::array();
  for (size_t i = 0; i < sources.size(); ++i) {
    const std::string uri = TextAt(sources[i], "/uri");
    Json file = {{"@type", "cr:FileSet"},
                 {"@id", "source-" + std::to_string(i + 1)},
                 {"name", TextAt(sources[i], "/name")},
                 {"description", TextAt(sources[i], "/attribution")},
                 {"encodingFormat", "application/octet-stream"},
                 {"includes", "*"}};
    if (!uri.empty()) file["url"] = uri;
    distribution.push_back(std::move(file));
    if (const std::string licence = TextAt(sources[i], "/licence");
        !licence.empty() && std::find(licences.begin(), licences.end(), licence) == licences.end())
      licences.push_back(licence);
  }
  Json biases = Json::array(), limits = Json::array(), uses = Json::array();
  for (const Json& risk : ArrayAt(document, "/model/dataset_label/risks"))
    (TextAt(risk, "/section") == "representation" ? biases : limits).push_back(TextAt(risk, "/text"));
  for (const Json& use : ArrayAt(document, "/model/dataset_label/intended_use"))
    uses.push_back(Plain(TextAt(use, "/verdict")) + ": " + TextAt(use, "/use"));
  return {{"@context", CroissantContext()},
          {"@type", "sc:Dataset"},
          {"conformsTo", {"http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"}},
          {"name", TextAt(document, "/model/dataset_label/name", "not disclosed")},
          {"description", TextAt(document, "/model/specification/0/training/data", "not disclosed")},
          {"license", licences},
          {"url", "urn:mlsensor:dataset:" + TextAt(document, "/overview/sku", "unknown")},
          {"creator", {{"@type", "sc:Organization"}, {"name", TextAt(document, "/overview/vendor")}}},
          {"datePublished", TextAt(document, "/declaration/date").substr(0, 10)},
          {"version", TextAt(document, "/overview/revision")},
          {"citeAs", Joined(sources, "/name")},
          {"distribution", distribution},
          {"rai:dataCollection", Joined(sources, "/name")},
          {"rai:personalSensitiveInformation",
           {TextAt(document, "/model/dataset_label/at_a_glance/about_humans") == "yes"
                ? "about humans; consent: " + TextAt(document, "/model/dataset_label/consent", "not disclosed")
                : "none"}},
          {"rai:dataBiases", biases},
          {"rai:dataLimitations", limits},
          {"rai:dataUseCases", uses},
          {"rai:dataReleaseMaintenancePlan",
           TextAt(document, "/model/dataset_label/at_a_glance/update_frequency", "not disclosed")}};
}

}  // namespace mls::datasheet
