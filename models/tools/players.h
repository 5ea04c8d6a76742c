// One file through the real module, in this process: the same pipelines, decision and configuration as in mlsensor-module.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "model_package.h"

namespace mls::models {

// What a module that has just been started made of one recording or photograph.
struct Heard {
  // A label of the model; "none": it reported nothing; "invalid": it found nothing to judge.
  std::string decided{};
  uint16_t score_permille = 0;  // of the report, else the highest of a word, or of the person
  uint16_t flags = 0;           // ResultFlag: out of the envelope in these ways at some time
  bool is_readable = true;
  std::string why{};  // where it is not
};

// Whether the limits of the envelope hold. Without them everything is judged: that is how they are chosen.
enum class Envelope { kOn, kOff };

// Plays the recording, with kQuietMs of a quiet room before it and after it.
inline constexpr uint32_t kQuietMs = 1000;
Heard PlaySound(const ModelPackage& model, const std::filesystem::path& file, Envelope envelope);

// Shows the photograph as often as the decision needs, five times a second. The same picture over and over is what a frozen camera gives, so
// that flag alone is off.
Heard ShowPicture(const ModelPackage& model, const std::filesystem::path& file, Envelope envelope);

}  // namespace mls::models
