#include "check.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "mls/core/engine/operators.h"
#include "mls/core/module/config_check.h"
#include "model_package.h"
#include "sha256.h"
#include "zoo.h"

namespace mls::models {
namespace {

namespace fs = std::filesystem;

// A model file and the engine that has planned it.
struct Planned {
  std::vector<uint32_t> storage;
  size_t size_bytes = 0;
  Arena arena{1u << 16};
  InferenceEngine engine;

  std::span<const uint8_t> bytes() const { return {reinterpret_cast<const uint8_t*>(storage.data()), size_bytes}; }
};

// What is wrong, or empty.
std::string Plan(const fs::path& path, Planned& planned) {
  std::error_code error;
  planned.size_bytes = fs::file_size(path, error);
  if (error) return path.string() + ": " + error.message() + "; check the path of the model";
  if (planned.size_bytes > (64u << 20)) return path.string() + ": more than 64 MiB, too large for a module";
  planned.storage.resize((planned.size_bytes + 3) / 4);
  std::ifstream file(path, std::ios::binary);
  if (!file.read(reinterpret_cast<char*>(planned.storage.data()), static_cast<std::streamsize>(planned.size_bytes))) {
    return path.string() + ": cannot be read";
  }
  Diagnostics why;
  Status status;
  const OperatorSet operators = engine::portable::AllOperators();  // those of a host would repack the weights into the arena
  while ((status = planned.engine.Prepare(planned.bytes(), planned.arena.bytes(), operators, &why)) == Status::kNoMemory &&
         why.required_bytes > planned.arena.bytes().size() && why.required_bytes <= (256u << 20)) {
    planned.arena = Arena(why.required_bytes);
  }
  switch (status) {
    case Status::kOk: return "";
    case Status::kUnsupported:
      return std::string("operator: ") + why.message + ". The engine runs int8 models of the operators ADD, AVERAGE_POOL_2D, CONV_2D, DEPTHWISE_CONV_2D, " +
             "DEQUANTIZE, FULLY_CONNECTED, LOGISTIC, MAX_POOL_2D, MEAN, PAD, PADV2, QUANTIZE, RELU, RELU6, RESHAPE and SOFTMAX; build the network of " +
             "these, and convert it with full integer quantisation";
    case Status::kNoMemory: return "arena: the model needs " + std::to_string(why.required_bytes) + " bytes of working memory, more than any module has";
    default: return path.string() + ": not an undamaged .tflite file: " + why.message;
  }
}

std::string ShapeText(const TensorInfo& info) {
  std::string text;
  for (const int32_t side : info.shape()) text.append(text.empty() ? "" : " x ").append(std::to_string(side));
  return text;
}

std::string TypeText(const TensorInfo& info) {
  static const std::map<TensorType, const char*> kNames = {{TensorType::kFloat32, "float32"}, {TensorType::kInt32, "int32"},
                                                           {TensorType::kUint8, "uint8"},     {TensorType::kInt64, "int64"},
                                                           {TensorType::kInt16, "int16"},     {TensorType::kInt8, "int8"}};
  return kNames.at(info.type);
}

std::string QuantisationText(const TensorInfo& info) {
  return "scale " + datasheet::NumberText(info.scale) + ", zero point " + std::to_string(info.zero_point);
}

struct FrontEnd {
  const char* kind;
  const char* profile;
  const char* input;
};
constexpr FrontEnd kFrontEnds[] = {{"log_mel_40", "keyword", "49 x 40 values (1 x 49 x 40 x 1)"},
                                   {"mfcc_10", "keyword", "49 x 10 values (1 x 49 x 10 x 1)"},
                                   {"image_grey", "person", "1 x height x width x 1"},
                                   {"image_rgb", "person", "1 x height x width x 3"}};

// The front end that makes such an input, or empty.
std::string FrontEndFor(const TensorInfo& input, const std::string& profile) {
  if (profile == "keyword") return input.bytes == 49 * 40 ? "log_mel_40" : input.bytes == 49 * 10 ? "mfcc_10" : "";
  if (input.rank != 4 || input.dims[0] != 1 || input.dims[1] > 1024 || input.dims[2] > 1024) return "";
  return input.dims[3] == 1 ? "image_grey" : input.dims[3] == 3 ? "image_rgb" : "";
}

class Checker {
 public:
  CheckReport report;

  void Fault(const std::string& text) { report.faults.push_back(text); }

  void CheckTensors(const InferenceEngine& engine, const std::string& profile) {
    if (engine.input_count() != 1) Fault("shape: the model has " + std::to_string(engine.input_count()) + " inputs; a module fills one");
    if (engine.output_count() != 1) Fault("shape: the model has " + std::to_string(engine.output_count()) + " outputs; a module reads one, the classes");
    const TensorInfo input = engine.input_info(), output = engine.output_info();
    for (const auto& [name, info] : {std::pair("input", input), std::pair("output", output)}) {
      if (info.type != TensorType::kInt8) {
        Fault(std::string("type: the ") + name + " is " + TypeText(info) + "; it must be int8: convert with inference_" + name + "_type = tf.int8");
      }
    }
    if (output.type == TensorType::kInt8 && (output.scale != 1.0f / 256 || output.zero_point != -128)) {
      Fault("type: the output has " + QuantisationText(output) + "; a module reads probabilities, scale 0.00390625 and zero point -128: end the network in a softmax");
    }
    const bool takes_pixels = input.zero_point == -128 || ((input.zero_point == -1 || input.zero_point == 0) && input.scale > 0.0077f && input.scale < 0.0079f);
    if (profile == "person" && input.type == TensorType::kInt8 && !takes_pixels) {
      Fault("type: the input has " + QuantisationText(input) + "; pixels come as value minus 128: train on 0 to 1, 0 to 255 or -1 to 1");
    }
  }

  void CheckFrontEnd(const Json& manifest, const TensorInfo& input, const std::string& profile) {
    const std::string kind = datasheet::TextAt(manifest, "/front_end/kind");
    const auto known = std::ranges::find_if(kFrontEnds, [&](const FrontEnd& end) { return end.kind == kind && end.profile == profile; });
    const std::string fitting = FrontEndFor(input, profile);
    const std::string advice = fitting.empty() ? "" : "; the input fits " + fitting;
    if (known == std::end(kFrontEnds)) {
      Fault("front end: \"" + kind + "\" is none for a " + profile + " model; front_end.kind is " +
            (profile == "keyword" ? "log_mel_40 or mfcc_10" : "image_grey or image_rgb") + advice);
    } else if (fitting != kind) {
      Fault("shape: the input is " + ShapeText(input) + ", and " + kind + " makes " + known->input + (fitting.empty() ? "; train the network on such an input" : advice));
    }
  }

  void CheckLabels(const Json& manifest, size_t classes, const std::string& profile) {
    const Json& labels = datasheet::ArrayAt(manifest, "/labels");
    if (labels.size() != classes) {
      Fault("labels: " + std::to_string(labels.size()) + " names for the model's " + std::to_string(classes) + " outputs; name each of them, in their order");
    }
    if (profile == "keyword" && classes > kMaxKeywordLabels) Fault("shape: " + std::to_string(classes) + " classes; a module has room for " + std::to_string(kMaxKeywordLabels));
    std::set<std::string> seen;
    bool has_person = false, has_word = false;
    for (const Json& label : labels) {
      if (!label.is_string()) {
        Fault("labels: " + label.dump() + " is no text");
        continue;
      }
      const auto name = label.get<std::string>();
      if (name.empty() || name.size() > 24) Fault("labels: \"" + name + "\" must have 1 to 24 bytes");
      if (!seen.insert(name).second) Fault("labels: \"" + name + "\" is there twice");
      has_person |= name == "person";
      has_word |= !name.starts_with('_') && name != "silence" && name != "unknown" && name != "noise" && name != "background" && name != "other";
    }
    if (profile == "person" && !has_person) Fault("labels: no class is called \"person\"");
    if (profile == "keyword" && !has_word) Fault("labels: no word to report; silence, unknown, noise, background, other and names that begin with _ never are");
  }

  void CheckOffsets(const Json& manifest, const Json& offsets) {
    if (!offsets.is_object()) return Fault("decision: word_offsets_permille must be an object of words and numbers, as in {\"yes\": 40}");
    const Json& labels = datasheet::ArrayAt(manifest, "/labels");
    for (const auto& [label, offset] : offsets.items()) {
      if (std::ranges::find(labels, Json(label)) == labels.end()) Fault("decision: word_offsets_permille has \"" + label + "\", which is none of the labels");
      if (!offset.is_number_integer() || offset < -999 || offset > 999) {
        Fault("decision: word_offsets_permille of \"" + label + "\" is " + offset.dump() + "; it must be a whole number from -999 to 999");
      }
    }
  }

  void CheckDecision(const Json& manifest, const std::string& profile) {
    static const std::map<std::string, uint64_t> kLargest = {
        {"high_threshold_permille", 1000}, {"low_threshold_permille", 1000}, {"average_count", 16},   {"consecutive_count", 255},        {"on_delay_ms", 65535},
        {"off_delay_ms", 65535},           {"refractory_ms", 65535},         {"min_report_interval_ms", 65535}, {"evaluate_every_hops", 255}};
    const Json* const decision = datasheet::Find(manifest, "/decision");
    if (decision == nullptr) return;
    if (!decision->is_object()) return Fault("decision: must be an object");
    for (const auto& [key, value] : decision->items()) {
      const auto known = kLargest.find(key);
      const uint64_t smallest = key.ends_with("_ms") ? 0 : 1;
      if (key == "word_offsets_permille" && profile == "keyword") {
        CheckOffsets(manifest, value);
      } else if (known == kLargest.end()) {
        Fault("decision: there is no setting \"" + key + "\"");
      } else if (!value.is_number_unsigned() || value.get<uint64_t>() < smallest || value.get<uint64_t>() > known->second) {
        Fault("decision: " + key + " is " + value.dump() + "; it must be a whole number from " + std::to_string(smallest) + " to " + std::to_string(known->second));
      }
    }
    const Config standard;
    const double high = datasheet::NumberAt(*decision, "/high_threshold_permille").value_or(standard.high_threshold_permille);
    const double low = datasheet::NumberAt(*decision, "/low_threshold_permille").value_or(standard.low_threshold_permille);
    if (low > high) Fault("decision: the low threshold " + datasheet::NumberText(low) + " is above the high one " + datasheet::NumberText(high));
  }

  void CheckManifest(const Json& manifest, const Planned& planned) {
    if (const std::string why = datasheet::TextAt(manifest, "/unsupported"); !why.empty()) return Fault("profile: this model cannot run in a module: " + why);
    const std::string profile = datasheet::TextAt(manifest, "/profile");
    if (profile != "keyword" && profile != "person") return Fault("profile: \"" + profile + "\" is none; it is \"keyword\" or \"person\"");
    const std::string hash = ToHex(Sha256Of(planned.bytes()));
    if (const std::string expected = datasheet::TextAt(manifest, "/sha256"); !expected.empty() && expected != hash) {
      Fault("sha256: the manifest is of another model: it says " + expected + ", and the file has " + hash);
    }
    CheckTensors(planned.engine, profile);
    CheckFrontEnd(manifest, planned.engine.input_info(), profile);
    CheckLabels(manifest, planned.engine.output_info().bytes, profile);
    CheckDecision(manifest, profile);
  }
};

}  // namespace

CheckReport Check(const fs::path& model, fs::path manifest, uint64_t arena_bytes) {
  Checker checker;
  Planned planned;
  if (const std::string wrong = Plan(model, planned); !wrong.empty()) {
    checker.Fault(wrong);
    return checker.report;
  }
  const InferenceEngine& engine = planned.engine;
  const TensorInfo input = engine.input_info(), output = engine.output_info();
  checker.report.facts = {"input " + ShapeText(input) + " " + TypeText(input) + ", " + QuantisationText(input),
                          "output " + ShapeText(output) + " " + TypeText(output) + ", " + QuantisationText(output),
                          std::to_string(planned.size_bytes) + " bytes, " + std::to_string(engine.macs()) + " multiply-accumulates, " +
                              std::to_string(engine.arena_used_bytes()) + " bytes of arena here"};
  if (arena_bytes > 0 && engine.arena_used_bytes() > arena_bytes) {
    checker.Fault("arena: the model needs " + std::to_string(engine.arena_used_bytes()) + " bytes of working memory here, and there are " +
                  std::to_string(arena_bytes) + "; make the first layers smaller");
  }
  if (manifest.empty()) manifest = fs::path(model).replace_extension(".json");
  const auto document = datasheet::Load(manifest.string());
  if (!document.ok()) {
    checker.Fault("manifest: " + document.problem().text() + "; `mlsensor models template` makes one");
    return checker.report;
  }
  checker.CheckManifest(*document, planned);
  if (!checker.report.faults.empty()) return checker.report;
  try {  // The last word is the module's own.
    LoadModelPackage(model, Profile::kUnknown, manifest);
  } catch (const ModelError& error) {
    checker.Fault(error.what());
  }
  return checker.report;
}

Json Template(const std::string& profile, const fs::path& model) {
  const auto file = FindModelsFile(fs::path("templates") / (profile + ".json"));
  if (!file) throw ZooError("models/templates/" + profile + ".json is not installed");
  auto document = datasheet::Load(file->string());
  if (!document.ok()) throw ZooError(document.problem().text());
  if (model.empty()) return *document;
  Planned planned;
  if (const std::string wrong = Plan(model, planned); !wrong.empty()) throw ZooError(wrong);
  const TensorInfo input = planned.engine.input_info();
  (*document)["name"] = model.stem().string();
  (*document)["file"] = model.filename().string();
  (*document)["sha256"] = ToHex(Sha256Of(planned.bytes()));
  if (const std::string kind = FrontEndFor(input, profile); !kind.empty()) (*document)["front_end"]["kind"] = kind;
  Json& labels = (*document)["labels"];
  const uint32_t classes = planned.engine.output_info().bytes;
  if (labels.size() != classes) {
    labels = Json::array();
    for (uint32_t i = 0; i < classes; ++i) labels.push_back("class_" + std::to_string(i));
  }
  return *document;
}

}  // namespace mls::models
