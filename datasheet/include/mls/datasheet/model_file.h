// What a model file itself says, so that nobody has to type it.
#pragma once

#include <cstdint>
#include <string>

#include "mls/datasheet/outcome.h"

namespace mls::datasheet {

struct ModelFile {
  std::string sha256;
  uint64_t parameters = 0;   // weights and biases of convolutions and dense layers
  uint64_t macs = 0;         // multiply-accumulates of one inference
  uint64_t arena_bytes = 0;  // working memory that the engine plans here; a 32-bit processor needs less
};

// Reads a .tflite file with the engine that a module runs. Problems: a file that the engine refuses.
Outcome<ModelFile> ReadModelFile(const std::string& path);

}  // namespace mls::datasheet
