// `mlsensor models pack`: puts into a model file what kernels would otherwise work out of its weights at each inference.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace mls::models {

struct PackedModel {
  std::vector<uint8_t> file;
  uint32_t operators = 0;   // Of those that have something packed.
  uint32_t data_bytes = 0;  // What is packed for them.
};

// A model file that any reader runs like `model`, with the packed weights in a metadata buffer. The original lies in it unchanged,
// its SHA-256 is recorded. Throws std::runtime_error with the reason if the engine cannot plan the model or it is packed already.
PackedModel Pack(std::span<const uint8_t> model);

// The original in a packed model. Throws std::runtime_error if the file is not packed, or the original does not have the recorded
// SHA-256.
std::vector<uint8_t> Unpack(std::span<const uint8_t> packed);

}  // namespace mls::models
