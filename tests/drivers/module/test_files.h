// Sounds, pictures and directories for tests, made on the fly.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace mls::testing {

// A directory that is removed with all its files.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

void WriteBytes(const std::filesystem::path& path, std::string_view bytes);
std::string ReadBytes(const std::filesystem::path& path);
// Leaves the first `size_bytes` of a file.
void Truncate(const std::filesystem::path& path, uintmax_t size_bytes);

// `format` as in libsndfile (SF_FORMAT_WAV | SF_FORMAT_PCM_16 ...). A sine of `tone_hz` on every channel.
void WriteTone(const std::filesystem::path& path, int rate_hz, int channels, int format, double tone_hz, double seconds);
// 16 kHz mono WAV with just these samples.
void WriteSamples(const std::filesystem::path& path, const std::vector<int16_t>& samples);

// One colour all over.
void WritePng(const std::filesystem::path& path, uint32_t width_px, uint32_t height_px, uint8_t red, uint8_t green, uint8_t blue);
void WriteJpeg(const std::filesystem::path& path, int width_px, int height_px, bool grey, uint8_t level);

}  // namespace mls::testing
