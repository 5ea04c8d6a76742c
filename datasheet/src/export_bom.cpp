#include <nlohmann/json.hpp>

#include "mls/datasheet/export.h"
#include "mls/datasheet/footprint.h"
#include "mls/datasheet/signature.h"

namespace mls::datasheet {
namespace {

// Energy of continuous use over the years of the footprint, in kWh.
std::optional<double> UseEnergyKwh(const Json& document) {
  const auto power = ValueAt(document, "/model/performance/energy/modes/0/power");
  if (!power || TextAt(document, "/model/performance/energy/modes/0/power/unit") != "mW") return std::nullopt;
  return *power / 1e6 * 8760 * NumberAt(document, "/hardware/footprint/years").value_or(3);
}

std::optional<double> UseKg(const Json& document) {
  for (const FootprintBlock& block :
       BlocksFrom(document.value(Json::json_pointer("/hardware/footprint"), Json::object()))) {
    if (block.block == "use") return block.kg.typ;
  }
  return std::nullopt;
}

Json Texts(const Json& entries, const char* field) {
  Json list = Json::array();
  for (const Json& entry : entries) list.push_back(entry.is_string() ? entry.get<std::string>() : TextAt(entry, field));
  return list;
}

// A version 5-like UUID made from the document, so that equal datasheets have equal serial numbers.
std::string SerialNumber(const Json& document) {
  std::string h = Sha256Hex(document.dump());
  h[12] = '5';
  h[16] = '8';
  return "urn:uuid:" + h.substr(0, 8) + "-" + h.substr(8, 4) + "-" + h.substr(12, 4) + "-" + h.substr(16, 4) + "-" +
         h.substr(20, 12);
}

Json CycloneModel(const Json& document) {
  const auto spec = [&](const char* key) { return TextAt(document, std::string("/model/specification/0/") + key); };
  Json metrics = Json::array();
  for (const Json& test : ArrayAt(document, "/model/performance/tests")) {
    const Json* rates = Find(test, "/metrics");
    if (rates == nullptr) continue;
    for (const auto& [name, metric] : rates->items()) {
      if (!ValueAt(metric, "")) continue;
      Json entry = {{"type", name}, {"value", NumberText(*ValueAt(metric, ""))}, {"slice", TextAt(test, "/id")}};
      const auto lower = NumberAt(metric, "/ci/lower"), upper = NumberAt(metric, "/ci/upper");
      if (lower && upper)
        entry["confidenceInterval"] = {{"lowerBound", NumberText(*lower)}, {"upperBound", NumberText(*upper)}};
      metrics.push_back(std::move(entry));
    }
  }
  Json risks = Json::array();
  for (const Json& risk : ArrayAt(document, "/model/dataset_label/risks"))
    risks.push_back({{"name", TextAt(risk, "/section") + ": " + TextAt(risk, "/risk")},
                     {"mitigationStrategy", TextAt(risk, "/text")}});
  Json considerations = {{"useCases", Texts(ArrayAt(document, "/overview/use_cases"), "/text")},
                         {"technicalLimitations", Texts(ArrayAt(document, "/limitations/known"), "")},
                         {"ethicalConsiderations", risks}};
  if (const auto kwh = UseEnergyKwh(document)) {
    const Json energy = {{"value", *kwh}, {"unit", "kWh"}};
    Json consumption = {{"activity", "inference"},
                        {"activityEnergyCost", energy},
                        {"energyProviders",
                         {{{"description", "whatever supplies the user"},
                           {"organization", {{"name", "unknown"}}},
                           {"energySource", "unknown"},
                           {"energyProvided", energy}}}}};
    if (const auto kg = UseKg(document)) consumption["co2CostEquivalent"] = {{"value", *kg / 1000}, {"unit", "tCO2eq"}};
    considerations["environmentalConsiderations"] = {{"energyConsumptions", {consumption}}};
  }
  Json model = {{"type", "machine-learning-model"},
                {"bom-ref", "model"},
                {"name", spec("name")},
                {"modelCard",
                 {{"modelParameters",
                   {{"approach", {{"type", "supervised"}}},
                    {"task", spec("task")},
                    {"modelArchitecture", spec("architecture")},
                    {"datasets", {{{"ref", "data"}}}},
                    {"inputs", {{{"format", spec("input")}}}},
                    {"outputs", {{{"format", spec("output")}}}}}},
                  {"quantitativeAnalysis", {{"performanceMetrics", metrics}}},
                  {"considerations", considerations}}}};
  if (!spec("version").empty()) model["version"] = spec("version");
  if (!spec("sha256").empty()) model["hashes"] = {{{"alg", "SHA-256"}, {"content", spec("sha256")}}};
  if (!spec("licence").empty()) model["licenses"] = {{{"license", {{"name", spec("licence")}}}}};
  return model;
}

}  // namespace

Json ExportCycloneDx(const Json& document) {
  Json device = {{"type", "device"},
                 {"bom-ref", "device"},
                 {"name", TextAt(document, "/overview/title")},
                 {"version", TextAt(document, "/overview/revision")},
                 {"description", TextAt(document, "/overview/description")},
                 {"manufacturer", {{"name", TextAt(document, "/overview/vendor")}}}};
  Json components = Json::array({CycloneModel(document)});
  components.push_back(
      {{"type", "data"},
       {"bom-ref", "data"},
       {"name", TextAt(document, "/model/dataset_label/name", "not disclosed")},
       {"data",
        {{{"type", "dataset"},
          {"name", TextAt(document, "/model/dataset_label/name", "not disclosed")},
          {"description", TextAt(document, "/model/specification/0/training/data", "not disclosed")}}}}});
  Json needs = Json::array({"model"});
  if (const std::string hash = TextAt(document, "/provenance/firmware_sha256"); !hash.empty()) {
    components.push_back({{"type", "firmware"},
                          {"bom-ref", "firmware"},
                          {"name", "firmware"},
                          {"version", TextAt(document, "/provenance/firmware_version", "not disclosed")},
                          {"hashes", {{{"alg", "SHA-256"}, {"content", hash}}}}});
    needs.push_back("firmware");
  }
  const Json& parts = ArrayAt(document, "/hardware/bill_of_materials");
  for (size_t i = 0; i < parts.size(); ++i) {
    const std::string reference = "part-" + std::to_string(i + 1);
    Json part = {{"type", "device"},
                 {"bom-ref", reference},
                 {"name", TextAt(parts[i], "/part")},
                 {"properties",
                  {{{"name", "mlsensor:category"}, {"value", TextAt(parts[i], "/category")}},
                   {{"name", "mlsensor:quantity"}, {"value", parts[i].value("quantity", Json(1)).dump()}}}}};
    if (const std::string text = TextAt(parts[i], "/description"); !text.empty()) part["description"] = text;
    if (const std::string maker = TextAt(parts[i], "/manufacturer"); !maker.empty())
      part["manufacturer"] = {{"name", maker}};
    components.push_back(std::move(part));
    needs.push_back(reference);
  }
  Json metadata = {{"component", device}};
  if (const std::string date = TextAt(document, "/declaration/date"); !date.empty())
    metadata["timestamp"] = date.substr(0, 10) + "T00:00:00Z";
  return {{"bomFormat", "CycloneDX"},
          {"specVersion", "1.6"},
          {"serialNumber", SerialNumber(document)},
          {"version", 1},
          {"metadata", metadata},
          {"components", components},
          {"dependencies", {{{"ref", "device"}, {"dependsOn", needs}}, {{"ref", "model"}, {"dependsOn", {"data"}}}}}};
}

Json ExportSpdx(const Json& document) {
  const std::string base = SerialNumber(document) + "#";
  const auto spec = [&](const char* key) { return TextAt(document, std::string("/model/specification/0/") + key); };
  const auto element = [&](const char* type, const std::string& id) {
    return Json{{"type", type}, {"spdxId", base + id}, {"creationInfo", "_:creation"}};
  };
  const std::string date = TextAt(document, "/declaration/date").substr(0, 10) + "T00:00:00Z";

  Json creation = {{"type", "CreationInfo"},
                   {"@id", "_:creation"},
                   {"specVersion", "3.0.1"},
                   {"created", date},
                   {"createdBy", {base + "vendor"}}};
  Json vendor = element("Organization", "vendor");
  vendor["name"] = TextAt(document, "/overview/vendor");

  Json model = element("ai_AIPackage", "model");
  model["name"] = spec("name");
  model["suppliedBy"] = base + "vendor";
  model["releaseTime"] = date;
  model["software_primaryPurpose"] = "model";
  model["software_downloadLocation"] = "urn:mlsensor:model:" + spec("sha256");
  if (!spec("version").empty()) model["software_packageVersion"] = spec("version");
  if (!spec("sha256").empty())
    model["verifiedUsing"] = {{{"type", "Hash"}, {"algorithm", "sha256"}, {"hashValue", spec("sha256")}}};
  model["ai_typeOfModel"] = {spec("architecture")};
  model["ai_informationAboutTraining"] =
      TextAt(document, "/model/specification/0/training/description", "not disclosed");
  model["ai_informationAboutApplication"] = TextAt(document, "/overview/description");
  std::string limits;
  for (const Json& limit : ArrayAt(document, "/limitations/known"))
    limits += (limits.empty() ? "" : " ") + limit.get<std::string>();
  if (!limits.empty()) model["ai_limitation"] = limits;
  for (const Json& test : ArrayAt(document, "/model/performance/tests")) {
    if (const Json* rates = Find(test, "/metrics")) {
      for (const auto& [name, metric] : rates->items()) {
        if (const auto value = ValueAt(metric, ""))
          model["ai_metric"].push_back(
              {{"type", "DictionaryEntry"}, {"key", TextAt(test, "/id") + "." + name}, {"value", NumberText(*value)}});
      }
    }
  }
  if (const auto kwh = UseEnergyKwh(document)) {
    model["ai_energyConsumption"] = {{"type", "ai_EnergyConsumption"},
                                     {"ai_inferenceEnergyConsumption",
                                      {{{"type", "ai_EnergyConsumptionDescription"},
                                        {"ai_energyQuantity", *kwh},
                                        {"ai_energyUnit", "kilowattHour"}}}}};
  }

  Json data = element("dataset_DatasetPackage", "data");
  data["name"] = TextAt(document, "/model/dataset_label/name", "not disclosed");
  data["originatedBy"] = {base + "vendor"};
  data["builtTime"] = date;
  data["releaseTime"] = date;
  data["software_primaryPurpose"] = "data";
  data["software_downloadLocation"] = "urn:mlsensor:dataset:" + TextAt(document, "/overview/sku", "unknown");
  data["dataset_datasetType"] = {TextAt(document, "/overview/profile") == "keyword"  ? "audio"
                                 : TextAt(document, "/overview/profile") == "person" ? "image"
                                                                                     : "sensor"};
  data["dataset_dataCollectionProcess"] = TextAt(document, "/model/specification/0/training/data", "not disclosed");
  for (const Json& risk : ArrayAt(document, "/model/dataset_label/risks")) {
    if (TextAt(risk, "/section") == "representation") data["dataset_knownBias"].push_back(TextAt(risk, "/text"));
  }
  if (TextAt(document, "/model/dataset_label/at_a_glance/about_humans") == "yes")
    data["dataset_hasSensitivePersonalInformation"] = "yes";

  Json trained = element("Relationship", "trained-on");
  trained.update({{"from", base + "model"}, {"relationshipType", "trainedOn"}, {"to", {base + "data"}}});
  Json bom = element("SpdxDocument", "document");
  bom.update({{"name", TextAt(document, "/overview/title")},
              {"profileConformance", {"core", "software", "ai", "dataset"}},
              {"rootElement", {base + "model"}},
              {"element", {base + "vendor", base + "model", base + "data", base + "trained-on"}}});
  return {{"@context", "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"},
          {"@graph", {creation, vendor, model, data, trained, bom}}};
}

}  // namespace mls::datasheet
