#include "model_package.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "mls/core/audio/audio_front_end.h"
#include "mls/core/decision/keyword_decision.h"
#include "mls/core/engine/operators.h"
#include "sha256.h"

namespace mls {
namespace {

using nlohmann::json;

constexpr uintmax_t kMaxModelBytes = 64u << 20;
constexpr uint32_t kMaxArenaBytes = 256u << 20;

[[noreturn]] void Fail(const std::filesystem::path& path, const std::string& why) { throw ModelError(path.string() + ": " + why); }

std::string_view NameOf(Profile profile) { return kProfileValues[static_cast<size_t>(profile)].name; }

void ReadModel(const std::filesystem::path& path, ModelPackage& package) {
  std::error_code error;
  const uintmax_t size_bytes = std::filesystem::file_size(path, error);
  if (error) Fail(path, error.message() + "; check the path of the model");
  if (size_bytes == 0 || size_bytes > kMaxModelBytes) Fail(path, "not a model: an empty file, or one of more than 64 MiB");
  package.size_bytes = size_bytes;
  package.storage.resize((size_bytes + 3) / 4);
  std::ifstream file(path, std::ios::binary);
  if (!file.read(reinterpret_cast<char*>(package.storage.data()), static_cast<std::streamsize>(size_bytes))) {
    Fail(path, std::string("cannot be read: ") + std::strerror(errno));
  }
  package.sha256 = Sha256Of(package.bytes());
}

// Plans the model with an arena that grows to what it needs.
void Prepare(const std::filesystem::path& path, ModelPackage& package, InferenceEngine& engine, Arena& arena) {
  Diagnostics why;
  Status status = engine.Prepare(package.bytes(), arena.bytes(), engine::AllOperators(), &why);
  for (int attempt = 0; why.full_speed_bytes != 0 && attempt < 3 && why.full_speed_bytes <= kMaxArenaBytes; ++attempt) {
    arena = Arena(why.full_speed_bytes);
    status = engine.Prepare(package.bytes(), arena.bytes(), engine::AllOperators(), &why);
  }
  if (status != Status::kOk) {
    Fail(path, std::string("not a model that can be run (") + StatusName(status) + "): " + why.message +
                   "; it must be an undamaged .tflite with int8 input and output");
  }
  package.arena_bytes = engine.arena_used_bytes();
}

std::string ShapeText(const TensorInfo& info) {
  std::string text;
  for (int32_t side : info.shape()) text.append(text.empty() ? "[" : ",").append(std::to_string(side));
  return text + "]";
}

bool HasShape(const TensorInfo& info, std::initializer_list<int32_t> shape) { return std::ranges::equal(info.shape(), shape); }

bool IsWord(const std::string& label) {
  static constexpr std::string_view kNoWords[] = {"silence", "unknown", "noise", "background", "other"};
  return !label.starts_with('_') && std::ranges::find(kNoWords, label) == std::end(kNoWords);
}

uint64_t NoWordsOf(const std::vector<std::string>& labels) {
  uint64_t no_words = 0;
  for (size_t i = 0; i < labels.size(); ++i) no_words |= uint64_t{!IsWord(labels[i])} << i;
  return no_words;
}

// The published models that every list of examples starts with; where the order of the classes comes from is said at each.
void RecogniseShape(const std::filesystem::path& path, const InferenceEngine& engine, ModelPackage& package) {
  const TensorInfo input = engine.input_info();
  const TensorInfo output = engine.output_info();
  if (HasShape(input, {1, 49, 10, 1}) && HasShape(output, {1, 12})) {
    // Keyword spotting of MLPerf Tiny: github.com/mlcommons/tiny, benchmark/training/keyword_spotting.
    package.profile = Profile::kKeyword;
    package.labels = {"down", "go", "left", "no", "off", "on", "right", "stop", "up", "yes", "_silence_", "_unknown_"};
    package.never_fires = NoWordsOf(package.labels);
    package.default_config.high_threshold_permille = 700;
    package.default_config.low_threshold_permille = 400;
    package.default_config.average_count = 3;
    package.default_config.refractory_ms = 800;
    return;
  }
  if ((HasShape(input, {1, 96, 96, 1}) || HasShape(input, {1, 96, 96, 3})) && HasShape(output, {1, 2})) {
    // Visual wake words of MLPerf Tiny, and person detection of github.com/tensorflow/tflite-micro: class 1 is the person.
    package.profile = Profile::kPerson;
    package.labels = {"no_person", "person"};
    package.person_class = 1;
    return;
  }
  std::filesystem::path manifest = path;
  manifest.replace_extension(".json");
  Fail(path, "a model from " + ShapeText(input) + " to " + ShapeText(output) + " is not known by its shape; describe it in " +
                 manifest.filename().string() + R"( beside it, as in {"profile": "keyword", "front_end": {"kind": "log_mel_40"}, )" +
                 R"("labels": ["silence", "unknown", "yes"]}; see models/README.md)");
}

// Reads manifest fields and tells which of them is wrong.
class Manifest {
 public:
  explicit Manifest(std::filesystem::path path) : path_(std::move(path)) {
    std::ifstream file(path_);
    root_ = json::parse(file, nullptr, false);
    if (!root_.is_object()) Fail(path_, "not a JSON object; see models/README.md for what belongs in it");
  }

  const std::filesystem::path& path() const { return path_; }
  std::optional<std::string> Text(const char* pointer) const {
    const json* const value = Find(pointer);
    if (value == nullptr) return {};
    if (!value->is_string()) Fail(path_, std::string(pointer + 1) + " must be a text");
    return value->get<std::string>();
  }
  std::optional<std::vector<std::string>> Texts(const char* pointer) const {
    const json* const value = Find(pointer);
    if (value == nullptr) return {};
    const bool all_texts = value->is_array() && std::ranges::all_of(*value, [](const json& text) { return text.is_string(); });
    if (!all_texts) Fail(path_, std::string(pointer + 1) + " must be a list of texts");
    return value->get<std::vector<std::string>>();
  }
  // Leaves `number` as it is where the field is missing.
  template <typename T>
  void Number(const char* pointer, T& number, uint64_t smallest = 0) const {
    const json* const value = Find(pointer);
    if (value == nullptr) return;
    const uint64_t largest = std::numeric_limits<T>::max();
    if (!value->is_number_unsigned() || value->get<uint64_t>() > largest || value->get<uint64_t>() < smallest) {
      Fail(path_, std::string(pointer + 1) + " must be a whole number from " + std::to_string(smallest) + " to " +
                      std::to_string(largest));
    }
    number = value->get<T>();
  }
  // {label: -999 to 999} as a number for each label, 0 where it is missing. Empty where the field is missing.
  std::vector<int16_t> OffsetsOf(const char* pointer, const std::vector<std::string>& labels) const {
    const json* const value = Find(pointer);
    if (value == nullptr) return {};
    const std::string name = pointer + 1;
    if (!value->is_object()) Fail(path_, name + R"( must be an object of words and numbers, as in {"yes": 40})");
    std::vector<int16_t> offsets(labels.size());
    for (const auto& [label, offset] : value->items()) {
      const auto at = std::ranges::find(labels, label);
      if (at == labels.end()) Fail(path_, name + " has \"" + label + "\", which is none of the labels");
      if (!offset.is_number_integer() || offset < -999 || offset > 999) {
        Fail(path_, name + "/" + label + " must be a whole number from -999 to 999");
      }
      offsets[static_cast<size_t>(at - labels.begin())] = offset.get<int16_t>();
    }
    return offsets;
  }

 private:
  const json* Find(const char* pointer) const {
    const json::json_pointer at(pointer);
    return root_.contains(at) ? &root_.at(at) : nullptr;
  }

  std::filesystem::path path_;
  json root_;
};

Profile ProfileOf(const Manifest& manifest) {
  const std::string name = manifest.Text("/profile").value_or("");
  for (const Profile profile : {Profile::kKeyword, Profile::kPerson}) {
    if (name == NameOf(profile)) return profile;
  }
  Fail(manifest.path(), "profile must be \"keyword\" or \"person\"");
}

void ReadDecision(const Manifest& manifest, Config& config) {
  manifest.Number("/decision/high_threshold_permille", config.high_threshold_permille);
  manifest.Number("/decision/low_threshold_permille", config.low_threshold_permille);
  manifest.Number("/decision/average_count", config.average_count);
  manifest.Number("/decision/consecutive_count", config.consecutive_count);
  manifest.Number("/decision/on_delay_ms", config.on_delay_ms);
  manifest.Number("/decision/off_delay_ms", config.off_delay_ms);
  manifest.Number("/decision/refractory_ms", config.refractory_ms);
  manifest.Number("/decision/min_report_interval_ms", config.min_report_interval_ms);
}

void ReadManifest(const Manifest& manifest, const InferenceEngine& engine, ModelPackage& package) {
  if (const auto hash = manifest.Text("/sha256"); hash && *hash != ToHex(package.sha256)) {
    Fail(manifest.path(), "describes another model (its sha256 is not that of the .tflite); take both from the same place");
  }
  if (const auto why = manifest.Text("/unsupported")) Fail(manifest.path(), "this model cannot run in a module: " + *why);
  package.name = manifest.Text("/name").value_or(package.name);
  if (const auto version = manifest.Text("/version")) package.name += " " + *version;
  package.profile = ProfileOf(manifest);
  package.labels = manifest.Texts("/labels").value_or(std::vector<std::string>{});
  const uint32_t classes = engine.output_info().bytes;
  if (package.labels.size() != classes || classes > kMaxKeywordLabels) {
    Fail(manifest.path(), "labels must name each of the model's " + std::to_string(classes) + " classes, at most " +
                              std::to_string(kMaxKeywordLabels));
  }
  // The pipelines choose their front end by the shape of the input; the manifest must not promise another one.
  const TensorInfo input = engine.input_info();
  struct FrontEnd {
    Profile profile;
    std::string_view kind;
    bool fits;
  };
  constexpr uint32_t kFrames = AudioFrontEnd::kWindowFrames;
  const FrontEnd front_ends[] = {
      {Profile::kKeyword, "log_mel_40", input.bytes == kFrames * AudioFrontEnd::kMelBands},
      {Profile::kKeyword, "mfcc_10", input.bytes == kFrames * AudioFrontEnd::kMfccCount},
      {Profile::kPerson, "image_grey", input.rank == 4 && input.dims[3] == 1},
      {Profile::kPerson, "image_rgb", input.rank == 4 && input.dims[3] == 3},
  };
  const std::string kind = manifest.Text("/front_end/kind").value_or("");
  const bool fits = std::ranges::any_of(
      front_ends, [&](const FrontEnd& known) { return known.profile == package.profile && known.kind == kind && known.fits; });
  if (!fits) {
    Fail(manifest.path(), "front_end.kind must be log_mel_40 or mfcc_10 for a keyword model, image_grey or image_rgb for a person " +
                              std::string("model, and fit the model's input ") + ShapeText(input));
  }
  if (package.profile == Profile::kKeyword) {
    package.never_fires = NoWordsOf(package.labels);
    if (std::ranges::none_of(package.labels, IsWord)) Fail(manifest.path(), "labels has no word to report");
  } else {
    const auto person = std::ranges::find(package.labels, "person");
    if (person == package.labels.end()) Fail(manifest.path(), "labels must have a class \"person\"");
    package.person_class = static_cast<uint8_t>(person - package.labels.begin());
  }
  ReadDecision(manifest, package.default_config);
  manifest.Number("/decision/evaluate_every_hops", package.evaluate_every_hops, 1);
  package.word_offsets_permille = manifest.OffsetsOf("/decision/word_offsets_permille", package.labels);
  manifest.Number("/known_answer", package.known_answer);
}

}  // namespace

std::optional<std::filesystem::path> FindModelsFile(const std::filesystem::path& name) {
  std::error_code ignored;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", ignored);
  for (const std::filesystem::path& models : {program.parent_path() / MLS_MODELS_FROM_PROGRAM, std::filesystem::path(MLS_MODELS_IN_SOURCE)}) {
    if (std::filesystem::exists(models / name, ignored)) return (models / name).lexically_normal();
  }
  return {};
}

std::filesystem::path ShippedModel(Profile profile) {
  const std::string name(NameOf(profile));
  if (const auto model = FindModelsFile(std::filesystem::path(name) / (name + ".tflite"))) return *model;
  throw ModelError("no " + name + " model is installed; give one with --model FILE.tflite");
}

ModelPackage LoadModelPackage(const std::filesystem::path& model, Profile profile, std::filesystem::path manifest) {
  ModelPackage package;
  package.name = model.stem().string();
  ReadModel(model, package);
  InferenceEngine engine;
  Arena arena(1u << 20);
  Prepare(model, package, engine, arena);

  if (manifest.empty()) {
    manifest = model;
    manifest.replace_extension(".json");
    if (!std::filesystem::exists(manifest)) manifest.clear();
  }
  if (!manifest.empty()) {
    ReadManifest(Manifest(manifest), engine, package);
  } else {
    RecogniseShape(model, engine, package);
  }
  if (profile != Profile::kUnknown && profile != package.profile) {
    Fail(model, "a " + std::string(NameOf(package.profile)) + " model; start it with --profile " + std::string(NameOf(package.profile)));
  }
  return package;
}

KeywordPipelineSetup KeywordSetupOf(const ModelPackage& model) {
  return {.never_fires = model.never_fires,
          .word_offsets_permille = model.word_offsets_permille,
          .evaluate_every_hops = model.evaluate_every_hops};
}

PersonPipelineSetup PersonSetupOf(const ModelPackage& model) { return {.person_class = model.person_class}; }

}  // namespace mls
