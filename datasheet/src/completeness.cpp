#include "mls/datasheet/completeness.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace mls::datasheet {
namespace {

struct Section {
  const char* name;
  std::vector<const char*> pointers;
};

const std::vector<Section>& Template() {
  static const std::vector<Section> sections = {
      {"Overview",
       {"/overview/title", "/overview/vendor", "/overview/sku", "/overview/revision", "/overview/date",
        "/overview/description", "/overview/features", "/overview/use_cases", "/overview/compliance",
        "/overview/form_factor/length", "/overview/form_factor/width", "/overview/form_factor/height"}},
      {"Software flow", {"/model/software_flow"}},
      {"Dataset nutrition label",
       {"/model/dataset_label/name", "/model/dataset_label/at_a_glance/about_humans",
        "/model/dataset_label/at_a_glance/upstream_sources", "/model/dataset_label/at_a_glance/technical_review",
        "/model/dataset_label/at_a_glance/ethical_review", "/model/dataset_label/at_a_glance/update_frequency",
        "/model/dataset_label/intended_use", "/model/dataset_label/risks", "/model/dataset_label/sources",
        "/model/dataset_label/consent"}},
      {"Security and privacy label",
       {"/model/privacy_label/security_updates", "/model/privacy_label/access_control",
        "/model/privacy_label/data_types/visual/collects", "/model/privacy_label/data_types/audio/collects",
        "/model/privacy_label/data_types/physiological/collects", "/model/privacy_label/data_types/location/collects"}},
      {"Model specification",
       {"/model/specification/0/name", "/model/specification/0/version", "/model/specification/0/task",
        "/model/specification/0/sha256", "/model/specification/0/architecture", "/model/specification/0/framework",
        "/model/specification/0/quantisation", "/model/specification/0/licence", "/model/specification/0/input",
        "/model/specification/0/output", "/model/specification/0/parameters", "/model/specification/0/macs",
        "/model/specification/0/inference_time", "/model/specification/0/peak_memory", "/model/specification/0/flash",
        "/model/specification/0/training/description", "/model/specification/0/training/data",
        "/model/specification/0/training/splits"}},
      {"Performance",
       {"/model/performance/tests", "/model/performance/tests/0/counts", "/model/performance/tests/0/metrics",
        "/model/performance/tests/0/threshold", "/model/performance/tests/0/plots", "/model/performance/tests/0/slices",
        "/model/performance/latency"}},
      {"Energy",
       {"/model/performance/energy/modes", "/model/performance/energy/per_inference",
        "/model/performance/energy/per_decision", "/model/performance/energy/per_day",
        "/model/performance/energy/battery_life"}},
      {"Electrical",
       {"/hardware/electrical/supply_voltage", "/hardware/electrical/operating_current",
        "/hardware/electrical/operating_temperature", "/hardware/transducers"}},
      {"Communication",
       {"/hardware/communication/i2c/address", "/hardware/communication/i2c/rate",
        "/hardware/communication/i2c/connector", "/hardware/communication/interrupt", "/hardware/communication/pins",
        "/hardware/registers/windows", "/hardware/registers/registers", "/hardware/registers/read_format"}},
      {"Mechanical",
       {"/hardware/mechanical/length", "/hardware/mechanical/width", "/hardware/mechanical/height",
        "/hardware/mechanical/mass", "/hardware/mechanical/drawings"}},
      {"Bill of materials", {"/hardware/bill_of_materials"}},
      {"Environmental impact",
       {"/hardware/footprint/blocks", "/hardware/footprint/total", "/hardware/footprint/sensitivity"}},
      {"Limitations", {"/limitations/out_of_scope", "/limitations/known", "/limitations/not_settled_by_measurement"}},
      {"Lifecycle",
       {"/lifecycle/status", "/lifecycle/security_updates_until", "/lifecycle/end_of_support",
        "/lifecycle/vulnerability_contact", "/lifecycle/update_mechanism", "/lifecycle/end_of_life",
        "/lifecycle/regulation"}},
      {"Provenance", {"/provenance/generator", "/provenance/firmware_sha256", "/provenance/model_sha256"}},
      {"Words", {"/acronyms", "/glossary"}},
  };
  return sections;
}

constexpr const char* kDataTypes[] = {"visual", "audio", "physiological", "location"};
constexpr const char* kDataTypeFields[] = {"sensor",      "purpose", "stored_on_device",     "stored_in_cloud",
                                           "shared_with", "sold_to", "collection_frequency", "retention"};
constexpr const char* kLayer2[] = {"oversight",
                                   "ports_and_protocols",
                                   "hardware_safety",
                                   "software_safety",
                                   "personal_safety",
                                   "vulnerability_disclosure",
                                   "composition_list",
                                   "encryption_and_keys",
                                   "collection_frequency",
                                   "retention",
                                   "linkage",
                                   "inference",
                                   "children",
                                   "compliance",
                                   "offline_functionality",
                                   "actuations"};

bool HasContent(const Json& document, const std::string& pointer) {
  const Json* node = Find(document, pointer);
  if (node == nullptr || node->is_null()) return false;
  if (node->is_string()) return !node->get<std::string>().empty() && *node != "not disclosed";
  if (node->is_array()) return !node->empty();
  if (!node->is_object()) return true;
  const std::string kind = TextAt(*node, "/evidence/kind");
  if (kind.empty()) return !node->empty();
  return kind != "not_disclosed";
}

}  // namespace

size_t Completeness::filled() const {
  return static_cast<size_t>(
      std::count_if(fields.begin(), fields.end(), [](const TemplateField& field) { return field.filled; }));
}

double Completeness::score() const {
  return fields.empty() ? 0 : static_cast<double>(filled()) / static_cast<double>(fields.size());
}

Completeness ScoreOf(const Json& document) {
  const auto excused = [&](const std::string& pointer) {
    const Json& list = ArrayAt(document, "/not_applicable");
    return std::any_of(list.begin(), list.end(), [&](const Json& entry) {
      const std::string prefix = TextAt(entry, "/pointer");
      return !TextAt(entry, "/reason").empty() && !prefix.empty() &&
             (pointer == prefix || pointer.starts_with(prefix + "/"));
    });
  };
  Completeness result;
  const auto add = [&](const std::string& section, const std::string& pointer) {
    result.fields.push_back({section, pointer, HasContent(document, pointer) || excused(pointer)});
  };
  for (const Section& section : Template()) {
    for (const char* pointer : section.pointers) add(section.name, pointer);
    if (std::string_view(section.name) != "Security and privacy label") continue;
    for (const char* type : kDataTypes) {
      const std::string base = std::string("/model/privacy_label/data_types/") + type;
      if (TextAt(document, base + "/collects") != "yes") continue;
      for (const char* field : kDataTypeFields) add(section.name, base + "/" + field);
    }
    for (const char* field : kLayer2) add(section.name, std::string("/model/privacy_label/layer_2/") + field);
  }
  return result;
}

}  // namespace mls::datasheet
