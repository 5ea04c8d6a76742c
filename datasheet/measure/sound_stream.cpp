#include "sound_stream.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "mls/datasheet/document.h"
#include "mls/drivers/module/sound_file.h"

namespace mls::datasheet {
namespace {

constexpr size_t kLargestClip = size_t{1} << 30;

double PowerOf(std::span<const int16_t> samples) {
  double sum = 0;
  for (const int16_t sample : samples) sum += static_cast<double>(sample) * sample;
  return samples.empty() ? 0 : sum / static_cast<double>(samples.size());
}

uint32_t LoudEndMs(std::span<const int16_t> clip) {
  constexpr size_t kStretch = 10 * kSamplesPerMs;
  std::vector<double> power;
  for (size_t at = 0; at + kStretch <= clip.size(); at += kStretch)
    power.push_back(PowerOf(clip.subspan(at, kStretch)));
  const double loudest = power.empty() ? 0 : *std::max_element(power.begin(), power.end());
  for (size_t i = power.size(); i-- > 0;) {
    if (power[i] > loudest / 10000) return static_cast<uint32_t>(10 * (i + 1));
  }
  return 0;
}

// Nearly white noise of 3 units: quiet, and yet no dead microphone. The same in each run.
std::vector<int16_t> Quiet(size_t count) {
  std::vector<int16_t> quiet(count);
  uint64_t random = 1;
  for (int16_t& sample : quiet) {
    int sum = 0;
    for (int i = 0; i < 4; ++i) {
      random = random * 6364136223846793005u + 1442695040888963407u;
      sum += static_cast<int>(random >> 61);  // 0 to 7
    }
    sample = static_cast<int16_t>((sum - 14) * 2 / 3);
  }
  return quiet;
}

}  // namespace

std::vector<int16_t> ReadSound(const std::filesystem::path& path) {
  SoundFile file(path);
  std::vector<int16_t> all;
  std::array<int16_t, 4096> block;
  while (const size_t count = file.Read(block))
    all.insert(all.end(), block.begin(), block.begin() + static_cast<ptrdiff_t>(count));
  return all;
}

SoundStream::SoundStream(const LabelledSet& set, std::span<const size_t> order, const SoundStreamOptions& options)
    : set_(set), order_(order), options_(options), quiet_(Quiet(size_t{options.quiet_ms} * kSamplesPerMs)) {
  if (options.noise.empty()) return;
  noise_ = ReadSound(options.noise);
  noise_.erase(noise_.begin(),
               noise_.begin() + static_cast<ptrdiff_t>(options.noise_from * static_cast<double>(noise_.size())));
}

// Decoding a recording of a second costs a tenth of what the module's inferences on it do.
std::vector<int16_t> SoundStream::Clip(const Sample& sample) const {
  const std::filesystem::path kept = options_.decoded / (sample.sha256 + ".s16");
  if (!options_.decoded.empty()) {
    if (const auto bytes = ReadText(kept.string(), kLargestClip); bytes.ok()) {
      std::vector<int16_t> clip(bytes->size() / sizeof(int16_t));
      std::memcpy(clip.data(), bytes->data(), clip.size() * sizeof(int16_t));
      return clip;
    }
  }
  std::vector<int16_t> clip = ReadSound(set_.folder / sample.file);
  if (!options_.decoded.empty()) {
    const auto bytes = std::as_bytes(std::span(clip));
    // Where it cannot be written, the next run decodes again.
    static_cast<void>(WriteText(kept.string(), {reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
  }
  return clip;
}

bool SoundStream::Next(std::vector<int16_t>& out) {
  if (placed_.size() == order_.size()) return false;
  Placed placed{.sample = order_[placed_.size()], .begin_ms = length_ms()};
  std::vector<int16_t> clip;
  try {
    clip = Clip(set_.samples[placed.sample]);
  } catch (const InputError&) {
    placed.failed = true;
  }
  // Whole milliseconds, so that places in the stream and times of the module agree.
  const size_t whole = (clip.size() + kSamplesPerMs - 1) / kSamplesPerMs * kSamplesPerMs;
  const size_t begin = out.size();
  out.insert(out.end(), quiet_.begin(), quiet_.end());
  out.insert(out.end(), clip.begin(), clip.end());
  out.insert(out.end(), whole - clip.size(), int16_t{0});
  out.insert(out.end(), quiet_.begin(), quiet_.end());
  if (!noise_.empty()) {
    const double gain = std::sqrt(PowerOf(clip) / std::max(1.0, PowerOf(noise_)) * std::pow(10, -options_.snr_db / 10));
    size_t at = (placed.sample * 7919) % noise_.size();
    for (size_t i = begin; i < out.size(); ++i, at = (at + 1) % noise_.size()) {
      out[i] = static_cast<int16_t>(std::clamp(std::lround(out[i] + gain * noise_[at]), -32768l, 32767l));
    }
  }
  placed.clip_ms = placed.begin_ms + options_.quiet_ms;
  placed.end_ms = placed.clip_ms + static_cast<uint32_t>(whole / kSamplesPerMs);
  placed.loud_end_ms = placed.clip_ms + LoudEndMs(clip);
  length_ += out.size() - begin;
  placed_.push_back(placed);
  return true;
}

}  // namespace mls::datasheet
