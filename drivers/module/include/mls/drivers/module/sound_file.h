// One sound file, decoded piece by piece.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

#include "mls/drivers/module/input_error.h"

namespace mls {

// WAV, FLAC or OGG of 1 to 384 kHz and up to 64 channels comes out as 16 kHz, mono (the mean of all channels), 16-bit. The format is told
// by content. Memory holds some hundred milliseconds at a time, and that is wiped after use.
class SoundFile {
 public:
  // Throws InputError: not readable, not a sound, cut short, or without samples.
  explicit SoundFile(const std::filesystem::path& path);
  ~SoundFile();

  // Fills `out` from the front; fewer than out.size() only at the end of the file, 0 from then on.
  // Throws InputError if the file turns out to be damaged.
  size_t Read(std::span<int16_t> out);

 private:
  struct Decoder;
  std::unique_ptr<Decoder> decoder_;
};

}  // namespace mls
