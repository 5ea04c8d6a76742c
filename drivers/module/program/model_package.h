// A model file, with what its manifest or its shape tells about it.
#pragma once

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "mls/core/engine/engine.h"
#include "mls/core/module/keyword_pipeline.h"
#include "mls/core/module/person_pipeline.h"
#include "mls/interface/windows.h"

namespace mls {

// The text names the file, what is wrong with it and what to do.
class ModelError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct ModelPackage {
  Profile profile = Profile::kUnknown;
  std::string name;                     // "keyword 0.1.0"
  std::vector<uint32_t> storage;        // aligned for the engine
  size_t size_bytes = 0;
  uint32_t arena_bytes = 0;             // what the engine needs
  Sha256 sha256{};
  std::vector<std::string> labels;      // one for each class
  uint64_t never_fires = 0;             // bit n: class n is no word to report
  uint8_t person_class = 0;
  uint8_t evaluate_every_hops = 5;
  std::vector<int16_t> word_offsets_permille;  // for each class, or empty
  Config default_config;
  uint32_t known_answer = 0;            // 0: none

  std::span<const uint8_t> bytes() const { return {reinterpret_cast<const uint8_t*>(storage.data()), size_bytes}; }
};

// Memory for the engine, aligned as it wants it.
class Arena {
 public:
  explicit Arena(size_t size_bytes) : blocks_((size_bytes + sizeof(Block) - 1) / sizeof(Block)), size_bytes_(size_bytes) {}
  std::span<std::byte> bytes() { return {blocks_.data()->bytes, size_bytes_}; }

 private:
  struct alignas(16) Block {
    std::byte bytes[16];
  };
  std::vector<Block> blocks_;
  size_t size_bytes_;
};

// A file of the folder models: beside the installed program, or in the source tree. None: it is in neither.
std::optional<std::filesystem::path> FindModelsFile(const std::filesystem::path& name);
// The model that is shipped for a profile. Throws ModelError if there is none.
std::filesystem::path ShippedModel(Profile profile);

// Reads and checks a model and, if there is one, its manifest (see models/README.md): `manifest`, or FILE.json beside the model. Without a
// manifest the shapes of well-known models are recognised. `profile`: what the user asked for; kUnknown: what the manifest says. Throws
// ModelError.
ModelPackage LoadModelPackage(const std::filesystem::path& model, Profile profile, std::filesystem::path manifest = {});

// How the pipelines run it.
KeywordPipelineSetup KeywordSetupOf(const ModelPackage& model);
PersonPipelineSetup PersonSetupOf(const ModelPackage& model);

}  // namespace mls
