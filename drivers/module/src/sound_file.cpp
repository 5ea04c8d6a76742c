#include "mls/drivers/module/sound_file.h"

#include <samplerate.h>
#include <sndfile.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "wipe.h"

namespace mls {
namespace {

constexpr int kRateHz = 16000;
constexpr int kMinRateHz = 1000;
constexpr int kMaxRateHz = 384000;
constexpr int kMaxChannels = 64;
constexpr size_t kBlockFrames = 1024;

// libsndfile plays what there is of a WAV that was cut short; its header tells how long it should be. Programs that write to a pipe
// leave 0 or nearly 2^32 there.
void CheckRiffIsWhole(const std::filesystem::path& path) {
  std::array<unsigned char, 8> head{};
  std::ifstream file(path, std::ios::binary);
  if (!file.read(reinterpret_cast<char*>(head.data()), head.size()) || std::memcmp(head.data(), "RIFF", 4) != 0) return;
  const uint64_t announced = head[4] | head[5] << 8 | head[6] << 16 | uint64_t{head[7]} << 24;
  std::error_code error;
  const uint64_t size_bytes = std::filesystem::file_size(path, error);
  if (error || announced == 0 || announced >= 0xFFFF0000u || announced + 8 <= size_bytes + 1) return;
  throw InputError(path, "cut short: its header announces " + std::to_string(announced + 8) + " bytes and there are " +
                 std::to_string(size_bytes) + "; copy or record it again");
}

}  // namespace

struct SoundFile::Decoder {
  explicit Decoder(const std::filesystem::path& path_in) : path(path_in) {
    CheckRiffIsWhole(path);
    file = sf_open(path.c_str(), SFM_READ, &info);
    if (file == nullptr) {
      throw InputError(path, "not a sound that can be read (" + std::string(sf_strerror(nullptr)) + "); give a WAV, FLAC or OGG file");
    }
  }
  ~Decoder() {
    WipeAll();
    src_delete(resampler);
    sf_close(file);
  }

  void WipeAll() {
    Wipe(interleaved);
    Wipe(mono);
    Wipe(resampled);
  }

  // Decodes one block into resampled[0, ready).
  void NextBlock();

  std::filesystem::path path;
  SF_INFO info{};
  SNDFILE* file = nullptr;
  SRC_STATE* resampler = nullptr;  // null at 16 kHz
  std::vector<float> interleaved, mono, resampled;
  size_t ready = 0;  // samples in `resampled`
  size_t taken = 0;  // of these
  sf_count_t frames_read = 0;
  bool ended = false;
};

void SoundFile::Decoder::NextBlock() {
  const sf_count_t got = sf_readf_float(file, interleaved.data(), kBlockFrames);
  frames_read += got;
  if (const int error = sf_error(file); error != SF_ERR_NO_ERROR) {
    throw InputError(path, "damaged after " + std::to_string(frames_read) + " samples (" + sf_error_number(error) + ")");
  }
  ended = got == 0;
  if (ended && frames_read < info.frames && info.frames != SF_COUNT_MAX) {
    throw InputError(path, "cut short: " + std::to_string(info.frames) + " samples announced, " + std::to_string(frames_read) + " there");
  }
  for (size_t i = 0; i < static_cast<size_t>(got); ++i) {
    const auto begin = interleaved.begin() + static_cast<ptrdiff_t>(i * static_cast<size_t>(info.channels));
    float sum = 0;
    std::for_each(begin, begin + info.channels, [&sum](float sample) { sum += sample; });
    mono[i] = sum / static_cast<float>(info.channels);
  }
  taken = 0;
  if (resampler == nullptr) {
    std::copy_n(mono.begin(), got, resampled.begin());
    ready = static_cast<size_t>(got);
    return;
  }
  SRC_DATA data{};
  data.data_in = mono.data();
  data.input_frames = got;
  data.data_out = resampled.data();
  data.output_frames = static_cast<long>(resampled.size());
  data.src_ratio = double{kRateHz} / info.samplerate;
  data.end_of_input = ended;
  if (const int error = src_process(resampler, &data); error != 0) {
    throw InputError(path, "cannot be resampled (" + std::string(src_strerror(error)) + ")");
  }
  ready = static_cast<size_t>(data.output_frames_gen);
}

SoundFile::SoundFile(const std::filesystem::path& path) : decoder_(std::make_unique<Decoder>(path)) {
  Decoder& d = *decoder_;
  if (d.info.frames <= 0) throw InputError(path, "a sound without samples; record it again");
  if (d.info.channels < 1 || d.info.channels > kMaxChannels) {
    throw InputError(path, std::to_string(d.info.channels) + " channels; 1 to " + std::to_string(kMaxChannels) + " can be read");
  }
  if (d.info.samplerate < kMinRateHz || d.info.samplerate > kMaxRateHz) {
    throw InputError(path, "a sample rate of " + std::to_string(d.info.samplerate) + " Hz; 1000 to 384000 Hz can be read");
  }
  d.interleaved.resize(kBlockFrames * static_cast<size_t>(d.info.channels));
  d.mono.resize(kBlockFrames);
  if (d.info.samplerate == kRateHz) {
    d.resampled.resize(kBlockFrames);
    return;
  }
  int error = 0;
  d.resampler = src_new(SRC_SINC_MEDIUM_QUALITY, 1, &error);
  if (d.resampler == nullptr) throw InputError(path, "cannot be resampled (" + std::string(src_strerror(error)) + ")");
  // What the resampler held back comes with the last block.
  d.resampled.resize(4 * kBlockFrames * static_cast<size_t>(std::max(1, kRateHz / d.info.samplerate)));
}

SoundFile::~SoundFile() = default;

size_t SoundFile::Read(std::span<int16_t> out) {
  Decoder& d = *decoder_;
  size_t count = 0;
  while (count < out.size()) {
    if (d.taken == d.ready) {
      d.WipeAll();
      if (d.ended) break;
      d.NextBlock();
      continue;
    }
    const float sample = d.resampled[d.taken++];
    const float scaled = std::isfinite(sample) ? std::nearbyint(sample * 32768.0f) : 0.0f;
    out[count++] = static_cast<int16_t>(std::clamp(scaled, -32768.0f, 32767.0f));
  }
  return count;
}

}  // namespace mls
