// AudioFrontEnd: a stream of sound to the input tensor of a keyword model, in integer arithmetic that gives the same
// bits on every target and in Python (models/training/mls_training/frontend.py documents the scale of every
// intermediate value).
//
// Each frame of 480 samples (30 ms, Hann window, a new one every 20 ms) gives the energies of 40 mel bands. Only these
// are kept, for the last 49 frames: the sound itself is gone as soon as the next frame no longer needs it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "mls/core/audio/feature_quantizer.h"
#include "mls/interface/status.h"

namespace mls {

enum class AudioPreset : uint8_t {
  // Natural logarithm of 40 mel bands, 20 to 7600 Hz; full scale is 1.0, 1e-6 is added before the logarithm.
  // Tensor [1,49,40,1].
  kLogMel40,
  // 10 cepstral coefficients of 40 mel bands, 20 to 4000 Hz, of a window scaled so that its largest sample is 1.0: the
  // front end of keyword spotting in MLPerf Tiny (github.com/mlcommons/tiny). Tensor [1,49,10,1].
  kMfcc10,
};

// Where the limits of the envelope come from: docs/robustness.md.
struct AudioFrontEndConfig {
  AudioPreset preset = AudioPreset::kLogMel40;
  uint16_t quiet_peak_to_peak = 8;  // A window that spans less, in int16 sample units, is too quiet.
  uint16_t clipped_permille = 50;   // A window with this share of full-scale samples, or more, is clipped.
};

// Whether the last window is sound that the model can judge. All false before the first window is complete.
struct AudioEnvelope {
  bool too_quiet = false;
  bool clipped = false;
  bool stuck = false;  // Every sample has the same value: no working microphone does that.

  bool ok() const { return !too_quiet && !clipped && !stuck; }
};

class AudioFrontEnd {
 public:
  static constexpr int kSampleRateHz = 16000;
  static constexpr int kFrameSamples = 480;
  static constexpr int kHopSamples = 320;
  static constexpr int kWindowFrames = 49;
  static constexpr int kMelBands = 40;
  static constexpr int kMfccCount = 10;

  explicit AudioFrontEnd(const AudioFrontEndConfig& config) : config_(config) {}

  // Takes any number of samples, 16 kHz mono, and returns how many frames they completed. A window is lost to the
  // caller when more than one frame is completed in a call: push up to kHopSamples at a time to look at every window.
  int Push(std::span<const int16_t> samples);

  // Forgets all sound, as after a gap in the stream.
  void Reset();

  bool window_ready() const { return frames_ == kWindowFrames; }
  int bins_per_frame() const { return config_.preset == AudioPreset::kMfcc10 ? kMfccCount : kMelBands; }
  size_t tensor_size() const { return static_cast<size_t>(kWindowFrames) * static_cast<size_t>(bins_per_frame()); }

  // Writes the features of the last 49 frames, oldest frame first, straight into the model's input tensor.
  // kInvalidArgument: the tensor does not have tensor_size() elements. kNotReady: fewer than 49 frames so far.
  Status WriteTensor(const FeatureQuantizer& quantizer, std::span<int8_t> tensor) const;

  // The same before quantisation: value times 65536.
  Status WriteFeatures(std::span<int32_t> features_q16) const;

  AudioEnvelope envelope() const;

 private:
  struct FrameRange {
    int16_t smallest;
    int16_t largest;
    uint16_t clipped_count;
  };

  void FinishFrame();
  FrameRange WindowRange() const;
  template <typename Sink>
  Status ForEachFeature(size_t size, Sink sink) const;

  AudioFrontEndConfig config_;
  int buffered_samples_ = 0;
  int frames_ = 0;      // Frames in the ring.
  int next_frame_ = 0;  // Where the ring takes the next one; the oldest, once the ring is full.
  std::array<int16_t, kFrameSamples> samples_{};
  std::array<int32_t, 512> spectrum_{};
  std::array<FrameRange, kWindowFrames> ranges_{};
  std::array<std::array<uint16_t, kMelBands>, kWindowFrames> energies_{};  // 16-bit floats.
};

}  // namespace mls
