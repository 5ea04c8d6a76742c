// A labelled set as one stream of sound: each recording between quiet parts, so that a module hears one after the other
// from a rested state.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "labelled_set.h"

namespace mls::datasheet {

inline constexpr uint32_t kSamplesPerMs = 16;

struct SoundStreamOptions {
  uint32_t quiet_ms = 1000;  // before each recording, and after it
  std::filesystem::path noise;  // a recording that goes under all of it; empty: none
  double noise_from =
      0;  // share of the noise that is left out at its beginning, as a model may have been trained with it
  double snr_db = 0;            // mean power of the recording over that of the noise
  std::filesystem::path decoded;  // folder for decoded recordings, which the next run takes from there; empty: none
};

// Where a recording lies in the stream, in milliseconds from its beginning.
struct Placed {
  size_t sample = 0;        // index into the set
  uint32_t begin_ms = 0;    // of the quiet before it
  uint32_t clip_ms = 0;     // where the recording begins ...
  uint32_t end_ms = 0;      // ... and where it ends
  uint32_t loud_end_ms = 0; // end of the last 10 ms above a hundredth of its loudest: the end of a word
  bool failed = false;      // could not be decoded
};

class SoundStream {
 public:
  // Plays the samples of `set` with the indices `order`. Both are borrowed.
  SoundStream(const LabelledSet& set, std::span<const size_t> order, const SoundStreamOptions& options);

  // Adds the next recording with its quiet parts; false when there is none.
  bool Next(std::vector<int16_t>& out);
  // What has been added so far.
  const std::vector<Placed>& placed() const { return placed_; }
  uint32_t length_ms() const { return static_cast<uint32_t>(length_ / kSamplesPerMs); }

 private:
  std::vector<int16_t> Clip(const Sample& sample) const;

  const LabelledSet& set_;
  const std::span<const size_t> order_;
  const SoundStreamOptions options_;
  const std::vector<int16_t> quiet_;
  std::vector<int16_t> noise_;
  std::vector<Placed> placed_;
  uint64_t length_ = 0;  // in samples
};

// All of a recording: 16 kHz, mono. Throws InputError.
std::vector<int16_t> ReadSound(const std::filesystem::path& path);

}  // namespace mls::datasheet
