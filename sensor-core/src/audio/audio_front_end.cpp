#include "mls/core/audio/audio_front_end.h"

#include <algorithm>

#include "fixed_point.h"
#include "spectrum.h"
#include "tables.h"

namespace mls {
namespace {

constexpr int kMelWeightBits = 16;
constexpr int kDctBits = 17;
constexpr uint32_t kEpsilon = 8590;          // 1e-6 for the sample value 1, in units of 2^-48.
constexpr int64_t kLn2Q30 = 744261118;
constexpr int32_t kFullScale = 32768;

using Bands = std::array<int32_t, AudioFrontEnd::kMelBands>;

// Each bin lies on the falling side of one triangle and on the rising side of the next; its two weights sum to 1.
void SumMelBands(std::span<const int32_t, 512> spectrum, AudioPreset preset,
                 std::span<uint16_t, AudioFrontEnd::kMelBands> bands) {
  const bool mfcc = preset == AudioPreset::kMfcc10;
  const uint8_t* const first_bin = mfcc ? audio_tables::kMfcc10FirstBin : audio_tables::kLogMel40FirstBin;
  const uint16_t* const weight = mfcc ? audio_tables::kMfcc10WeightQ16 : audio_tables::kLogMel40WeightQ16;
  uint64_t rising_before = 0;
  for (int edge = 0; edge <= AudioFrontEnd::kMelBands; ++edge) {
    uint64_t rising = 0;
    uint64_t total = 0;
    for (int bin = first_bin[edge]; bin < first_bin[edge + 1]; ++bin) {
      const uint64_t magnitude = BinMagnitude(spectrum, bin);
      rising += magnitude * weight[bin - first_bin[0]];
      total += magnitude << kMelWeightBits;
    }
    if (edge > 0) bands[static_cast<size_t>(edge - 1)] = PackEnergy((rising_before + total - rising + 128) >> 8);
    rising_before = rising;
  }
}

// ln(energy / gain + 1e-6), Q16, where `gain` is the sample value that stands for 1.0.
Bands LogBands(const std::array<uint16_t, AudioFrontEnd::kMelBands>& energies, int32_t gain) {
  const uint64_t epsilon = static_cast<uint64_t>(gain) * kEpsilon;
  const int32_t offset = Log2Q16(static_cast<uint64_t>(gain)) + (33 << 16);
  Bands logs;
  for (size_t band = 0; band < logs.size(); ++band) {
    const int32_t log2 = Log2Q16((UnpackEnergy(energies[band]) << 16) + epsilon) - offset;
    logs[band] = static_cast<int32_t>(RoundShift(log2 * kLn2Q30, 30));
  }
  return logs;
}

// Coefficient `k` of the DCT-II: even rows are symmetric, odd rows antisymmetric.
int32_t CepstralCoefficient(const Bands& logs, int k) {
  constexpr int kHalf = AudioFrontEnd::kMelBands / 2;
  int64_t sum = 0;
  for (int n = 0; n < kHalf; ++n) {
    const int32_t left = logs[static_cast<size_t>(n)];
    const int32_t right = logs[static_cast<size_t>(2 * kHalf - 1 - n)];
    sum += int64_t{audio_tables::kDctQ17[k * kHalf + n]} * (k % 2 == 0 ? left + right : left - right);
  }
  return static_cast<int32_t>(RoundShift(sum, kDctBits));
}

}  // namespace

int AudioFrontEnd::Push(std::span<const int16_t> samples) {
  int completed = 0;
  while (!samples.empty()) {
    const size_t taken = std::min(samples.size(), samples_.size() - static_cast<size_t>(buffered_samples_));
    std::copy_n(samples.begin(), taken, samples_.begin() + buffered_samples_);
    samples = samples.subspan(taken);
    buffered_samples_ += static_cast<int>(taken);
    if (buffered_samples_ < kFrameSamples) break;
    FinishFrame();
    std::copy(samples_.begin() + kHopSamples, samples_.end(), samples_.begin());
    buffered_samples_ = kFrameSamples - kHopSamples;
    ++completed;
  }
  return completed;
}

void AudioFrontEnd::Reset() {
  buffered_samples_ = frames_ = next_frame_ = 0;
  samples_.fill(0);
  spectrum_.fill(0);
}

void AudioFrontEnd::FinishFrame() {
  const auto slot = static_cast<size_t>(next_frame_);
  const auto [smallest, largest] = std::minmax_element(samples_.begin(), samples_.end());
  const auto clipped = std::count_if(samples_.begin(), samples_.end(),
                                     [](int16_t sample) { return sample == INT16_MAX || sample == INT16_MIN; });
  ranges_[slot] = {*smallest, *largest, static_cast<uint16_t>(clipped)};
  ComputeSpectrum(samples_, spectrum_);
  SumMelBands(spectrum_, config_.preset, energies_[slot]);
  next_frame_ = (next_frame_ + 1) % kWindowFrames;
  frames_ = std::min(frames_ + 1, kWindowFrames);
}

AudioFrontEnd::FrameRange AudioFrontEnd::WindowRange() const {
  FrameRange all = ranges_[0];
  for (size_t frame = 1; frame < ranges_.size(); ++frame) {
    all.smallest = std::min(all.smallest, ranges_[frame].smallest);
    all.largest = std::max(all.largest, ranges_[frame].largest);
    all.clipped_count = static_cast<uint16_t>(all.clipped_count + ranges_[frame].clipped_count);
  }
  return all;
}

template <typename Sink>
Status AudioFrontEnd::ForEachFeature(size_t size, Sink sink) const {
  if (size != tensor_size()) return Status::kInvalidArgument;
  if (!window_ready()) return Status::kNotReady;
  const bool mfcc = config_.preset == AudioPreset::kMfcc10;
  const int32_t gain = mfcc ? std::max<int32_t>(WindowRange().largest, 1) : kFullScale;
  for (int frame = 0; frame < kWindowFrames; ++frame) {
    const Bands logs = LogBands(energies_[static_cast<size_t>((next_frame_ + frame) % kWindowFrames)], gain);
    for (int bin = 0; bin < bins_per_frame(); ++bin) {
      sink(mfcc ? CepstralCoefficient(logs, bin) : logs[static_cast<size_t>(bin)]);
    }
  }
  return Status::kOk;
}

Status AudioFrontEnd::WriteTensor(const FeatureQuantizer& quantizer, std::span<int8_t> tensor) const {
  return ForEachFeature(tensor.size(),
                        [&, out = tensor.begin()](int32_t feature) mutable { *out++ = quantizer(feature); });
}

Status AudioFrontEnd::WriteFeatures(std::span<int32_t> features_q16) const {
  return ForEachFeature(features_q16.size(),
                        [out = features_q16.begin()](int32_t feature) mutable { *out++ = feature; });
}

AudioEnvelope AudioFrontEnd::envelope() const {
  if (!window_ready()) return {};
  const FrameRange range = WindowRange();
  const int32_t span = range.largest - range.smallest;
  return {.too_quiet = span < config_.quiet_peak_to_peak,
          .clipped = range.clipped_count * 1000 >= config_.clipped_permille * kWindowFrames * kFrameSamples,
          .stuck = span == 0};
}

}  // namespace mls
