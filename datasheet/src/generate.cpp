#include "mls/datasheet/generate.h"

#include <cstdio>

#include "mls/datasheet/facts.h"
#include "mls/datasheet/footprint.h"
#include "mls/datasheet/schema.h"
#include "mls/datasheet/signature.h"
#include "mls/interface/register_map.h"

namespace mls::datasheet {
namespace {

std::string Hex(unsigned value) {
  char text[8];
  std::snprintf(text, sizeof(text), "0x%02X", value);
  return text;
}

const char* TypeName(RegisterType type) {
  switch (type) {
    case RegisterType::kU8: return "u8";
    case RegisterType::kU16: return "u16";
    case RegisterType::kU32: return "u32";
    case RegisterType::kU64: return "u64";
    case RegisterType::kBytes: return "bytes";
    case RegisterType::kText: return "text";
  }
  return "";
}

const char* AccessName(Access access) {
  return access == Access::kReadOnly ? "read" : access == Access::kReadWrite ? "read_write" : "write_one_to_clear";
}

std::string ShapeText(const Json& tensor) {
  std::string text = TextAt(tensor, "/type", "tensor") + " [";
  for (const Json& size : ArrayAt(tensor, "/shape")) text += (text.back() == '[' ? "" : " x ") + size.dump();
  return text + "]";
}

Json FromModel(const Json& value, const char* formula, const char* unit, const char* input) {
  return {{"value", value},
          {"unit", unit},
          {"evidence", {{"kind", "derived"}, {"formula", formula}, {"inputs", Json::array({input})}}}};
}

// What the manifest knows must not be typed as well.
std::optional<Problem> AddManifest(const Json& manifest, const std::optional<ModelFile>& file, Json& model) {
  Json& spec = model["specification"].is_array() && !model["specification"].empty()
                   ? model["specification"][0]
                   : model["specification"].emplace_back(Json::object());
  Json known = Json::object();
  for (const char* key : {"name", "version", "sha256", "licence", "labels", "known_answer"}) {
    if (manifest.contains(key)) known[key] = manifest[key];
  }
  known["input"] = ShapeText(manifest.value("input", Json::object()));
  known["output"] = ShapeText(manifest.value("output", Json::object()));
  if (manifest.contains("macs"))
    known["macs"] = FromModel(manifest["macs"], "multiply-accumulates counted layer by layer", "1", "model manifest");
  if (manifest.contains("bytes"))
    known["flash"] = FromModel(manifest["bytes"], "size of the model file", "By", "model manifest");
  if (file) {
    known["parameters"] =
        FromModel(file->parameters, "weights and biases counted in the model file", "1", "model file");
    known["peak_memory"] = FromModel(
        file->arena_bytes, "working memory that the engine plans on a 64-bit host; a 32-bit processor needs less", "By",
        "model file");
  }
  Json credits = Json::array(), sources = Json::array();
  for (const Json& credit : ArrayAt(manifest, "/credits")) {
    if (TextAt(credit, "/name").empty()) continue;
    credits.push_back(TextAt(credit, "/name") + " (" + TextAt(credit, "/licence", "licence not stated") + ")");
    sources.push_back({{"name", TextAt(credit, "/name")},
                       {"licence", TextAt(credit, "/licence", "not stated")},
                       {"attribution", TextAt(credit, "/what", TextAt(credit, "/name"))}});
  }
  if (!credits.empty()) known["credits"] = credits;
  for (const auto& [key, value] : known.items()) {
    if (spec.contains(key))
      return Problem{"/model/specification/0/" + key, "nothing (the model knows it)", spec[key].dump()};
    spec[key] = value;
  }
  if (!sources.empty() && !model["dataset_label"].contains("sources")) model["dataset_label"]["sources"] = sources;
  return std::nullopt;
}

std::vector<std::string> PositiveLabels(const Json& facts, const Json& manifest) {
  if (TextAt(facts, "/overview/profile") == "person") return {"person"};
  std::vector<std::string> labels;
  for (const Json& label : ArrayAt(manifest, "/labels")) {
    if (label.is_string() && label != "silence" && label != "unknown" && label != "normal")
      labels.push_back(label.get<std::string>());
  }
  return labels;
}

// What has been measured by now needs no reason for being left out.
void DropFilledExcuses(Json& document) {
  Json kept = Json::array();
  for (const Json& entry : ArrayAt(document, "/not_applicable")) {
    const Json* node = Find(document, TextAt(entry, "/pointer"));
    if (node == nullptr || node->is_null() || node->empty() || *node == "not applicable") kept.push_back(entry);
  }
  document["not_applicable"] = std::move(kept);
}

Json InOrder(Json document) {
  Json ordered = Json::object();
  for (const char* key : {"$schema", "schema_version", "declaration", "overview", "model", "hardware", "limitations",
                          "lifecycle", "provenance", "not_applicable", "acronyms", "glossary"}) {
    if (!document.contains(key)) continue;
    ordered[key] = document[key];
    document.erase(key);
  }
  ordered.update(document);
  return ordered;
}

std::optional<Problem> AddResults(const GenerateInputs& inputs, const std::string& raw_sha256, Json& document) {
  const std::string ours = TextAt(*inputs.manifest, "/sha256");
  const std::string theirs = TextAt(*inputs.results, "/model_sha256");
  if (ours.empty() || ours != theirs) {
    return Problem{"results, /model_sha256", "\"" + ours + "\", the model of the manifest",
                   "\"" + theirs + "\": measured on another model"};
  }
  const std::string firmware = TextAt(*inputs.results, "/firmware_sha256");
  if (!firmware.empty() && !inputs.firmware_sha256.empty() && firmware != inputs.firmware_sha256) {
    return Problem{"results, /firmware_sha256", "\"" + inputs.firmware_sha256 + "\", the firmware",
                   "\"" + firmware + "\": measured on other firmware"};
  }
  auto tests = TestsFromResults(*inputs.results, inputs.facts.value("results", Json::object()),
                                PositiveLabels(document, *inputs.manifest), raw_sha256);
  if (!tests.ok()) return tests.problem();
  // The threshold of the run, which need not be the one of the manifest. Results without one may be read with the
  // threshold that the facts explain; otherwise the sheet states none, and lint says so.
  const auto own_threshold = NumberAt(*inputs.results, "/decision/high_threshold_permille");
  const auto threshold = own_threshold ? own_threshold : NumberAt(inputs.facts, "/results/threshold_permille");
  const std::string formula = own_threshold
                                  ? "high_threshold_permille / 1000"
                                  : TextAt(inputs.facts, "/results/threshold_because", "threshold_permille / 1000");
  const auto shipped = NumberAt(*inputs.manifest, "/decision/high_threshold_permille");
  for (Json& test : *tests) {
    test["model_sha256"] = ours;
    if (test.value("threshold", "") == kShippedThreshold) {
      if (!shipped) return Problem{"manifest, /decision/high_threshold_permille", "the threshold of the results", "none"};
      test["threshold"] = FromModel(*shipped / 1000, "high_threshold_permille / 1000", "1", "manifest");
    } else if (threshold && test["kind"] != "continuous") {
      test["threshold"] = FromModel(*threshold / 1000, formula.c_str(), "1", "measured results");
    }
    if (const Json* environments = Find(inputs.facts, "/results/environments/" + TextAt(test, "/id")))
      test["environments"] = *environments;
    document["model"]["performance"]["tests"].push_back(std::move(test));
  }
  Json& model = document["model"];
  if (const Json* latency = Find(*inputs.results, "/latency/values")) model["performance"]["latency"] = *latency;
  if (const Json* plots = Find(*inputs.results, "/latency/plots")) model["performance"]["latency_plots"] = *plots;
  if (const Json* energy = Find(*inputs.results, "/energy")) model["performance"]["energy"] = *energy;
  const Json* hashes = Find(*inputs.results, "/splits");
  Json* splits = const_cast<Json*>(Find(model, "/specification/0/training/splits"));
  if (hashes != nullptr && hashes->is_object() && splits != nullptr) {
    for (Json& split : *splits) {
      const Json* known = Find(*hashes, "/" + PointerStep(TextAt(split, "/name")));
      if (known != nullptr && known->is_object() && split.is_object()) split.update(*known);
    }
  }
  return std::nullopt;
}

Outcome<Json> Make(const GenerateInputs& inputs);

}  // namespace

Json RegisterSection() {
  Json section = {{"interface_version", std::to_string(kInterfaceMajor) + "." + std::to_string(kInterfaceMinor)},
                  {"address_space", "8-bit addresses; 0xC0 to 0xDF shows the page chosen by control.page"},
                  {"read_format",
                   "Write the address of a window, then read it whole (at most 32 bytes, little-endian). Its last two "
                   "bytes are CRC-16/CCITT-FALSE "
                   "over the address and all bytes before them. Reads have no side effects."}};
  for (const WindowInfo& window : kWindows) {
    section["windows"].push_back({{"name", window.name},
                                  {"address", Hex(window.address)},
                                  {"page", window.page == kNotPaged ? Json() : Json(window.page)},
                                  {"size_bytes", window.size_bytes},
                                  {"summary", window.summary}});
  }
  for (const RegisterInfo& info : kRegisters) {
    Json entry = {{"name", info.name},
                  {"address", Hex(kWindows[info.window].address + info.offset)},
                  {"type", TypeName(info.type)},
                  {"access", AccessName(info.access)},
                  {"unit", info.unit},
                  {"reset_value", info.access == Access::kReadOnly ? Json() : Json(info.reset_value)},
                  {"summary", info.summary}};
    for (const NamedValue& value : info.values)
      entry["values"].push_back({{"value", value.value}, {"name", value.name}, {"summary", value.summary}});
    section["registers"].push_back(std::move(entry));
  }
  return section;
}

Outcome<Json> Generate(const GenerateInputs& inputs) {
  try {
    return Make(inputs);
  } catch (const Json::exception& error) {  // facts are read before they have a schema
    return Problem{"facts", "fields of the types that the schema asks for", error.what()};
  }
}

namespace {

Outcome<Json> Make(const GenerateInputs& inputs) {
  if (!inputs.facts.is_object()) return Problem{"facts", "an object", inputs.facts.type_name()};
  if (inputs.manifest && !inputs.manifest->is_object())
    return Problem{"manifest", "an object", inputs.manifest->type_name()};
  if (inputs.results && !inputs.results->is_object())
    return Problem{"results", "an object", inputs.results->type_name()};
  for (const char* section : {"overview", "model", "hardware"}) {
    if (Json node = inputs.facts.value(section, Json()); !node.is_object())
      return Problem{std::string("facts, /") + section, "an object", node.type_name()};
  }
  Json document = inputs.facts;
  document.erase("results");
  document.erase("energy_model");
  document["schema_version"] = "1.0";
  Json& model = document["model"];
  Json& hardware = document["hardware"];
  if (!model["performance"].is_object()) model["performance"] = Json::object();
  if (!model["performance"].contains("tests")) model["performance"]["tests"] = Json::array();

  const std::string raw_sha256 = Sha256Hex(inputs.results_text);
  if (inputs.manifest) {
    const std::string stated = TextAt(*inputs.manifest, "/sha256");
    if (inputs.model_file && inputs.model_file->sha256 != stated) {
      return Problem{"manifest, /sha256", "\"" + inputs.model_file->sha256 + "\", the model file's own",
                     "\"" + stated + "\""};
    }
    if (const auto problem = AddManifest(*inputs.manifest, inputs.model_file, model)) return *problem;
  }
  if (inputs.results) {
    if (!inputs.manifest) return Problem{"manifest", "the manifest of the model that was measured", "none"};
    if (const auto problem = AddResults(inputs, raw_sha256, document)) return *problem;
  }
  if (const Json* energy = Find(inputs.facts, "/energy_model");
      energy != nullptr && !model["performance"].contains("energy")) {
    const auto macs = ValueAt(model, "/specification/0/macs");
    if (!macs) return Problem{"/model/specification/0/macs", "a number, for the energy model", "none"};
    if (const auto problem = AddModelledEnergy(*energy, *macs, model)) return *problem;
  }
  if (hardware.contains("footprint")) {
    auto footprint = MakeFootprint(hardware["footprint"], ContinuousPowerW(model), "model.performance.energy.modes");
    if (!footprint.ok()) return footprint.problem();
    hardware["footprint"] = *footprint;
  }
  hardware["registers"] = RegisterSection();
  Json& i2c = hardware["communication"]["i2c"];
  i2c["address"] = Hex(kDefaultI2cAddress);
  i2c["alternative_addresses"] = {Hex(kDefaultI2cAddress + 1), Hex(kDefaultI2cAddress + 2),
                                  Hex(kDefaultI2cAddress + 3)};

  Json provenance = {{"generator", "mlsensor-datasheet, schema 1.0"}};
  if (!inputs.firmware_version.empty()) provenance["firmware_version"] = inputs.firmware_version;
  const std::string measured_firmware = inputs.results ? TextAt(*inputs.results, "/firmware_sha256") : "";
  const std::string& firmware = inputs.firmware_sha256.empty() ? measured_firmware : inputs.firmware_sha256;
  if (!firmware.empty()) provenance["firmware_sha256"] = firmware;
  if (inputs.manifest) provenance["model_sha256"] = TextAt(*inputs.manifest, "/sha256");
  if (const auto facts_sha256 = DatasheetSha256(inputs.facts); facts_sha256.ok())
    provenance["facts_sha256"] = *facts_sha256;
  if (inputs.results) provenance["sources"].push_back({{"title", "measured results"}, {"sha256", raw_sha256}});
  if (const Json* given = Find(document, "/provenance")) provenance.update(*given);
  document["provenance"] = provenance;

  if (const Json* mechanical = Find(document, "/hardware/mechanical");
      mechanical != nullptr && !document["overview"].contains("form_factor")) {
    for (const char* side : {"length", "width", "height"}) {
      if (mechanical->contains(side)) document["overview"]["form_factor"][side] = (*mechanical)[side];
    }
  }
  DropFilledExcuses(document);
  document = WithEvidence(InOrder(std::move(document)));
  if (const auto problems = Validate(document); !problems.empty()) return problems.front();
  return document;
}

}  // namespace
}  // namespace mls::datasheet
