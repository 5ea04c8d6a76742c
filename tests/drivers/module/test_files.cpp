#include "test_files.h"

#include <png.h>
#include <sndfile.h>
#include <stdlib.h>
#include <turbojpeg.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <numbers>
#include <stdexcept>

namespace mls::testing {
namespace {

void Require(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(std::string("cannot make a test file: ") + what);
}

SNDFILE* Create(const std::filesystem::path& path, int rate_hz, int channels, int format) {
  SF_INFO info{};
  info.samplerate = rate_hz;
  info.channels = channels;
  info.format = format;
  SNDFILE* const file = sf_open(path.c_str(), SFM_WRITE, &info);
  Require(file != nullptr, sf_strerror(nullptr));
  return file;
}

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "mls-XXXXXX").string();
  Require(mkdtemp(name.data()) != nullptr, "mkdtemp");
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void WriteBytes(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

std::string ReadBytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void Truncate(const std::filesystem::path& path, uintmax_t size_bytes) { std::filesystem::resize_file(path, size_bytes); }

void WriteTone(const std::filesystem::path& path, int rate_hz, int channels, int format, double tone_hz, double seconds) {
  SNDFILE* const file = Create(path, rate_hz, channels, format);
  for (int i = 0; i < static_cast<int>(rate_hz * seconds); ++i) {
    const double sample = 0.5 * std::sin(2 * std::numbers::pi * tone_hz * i / rate_hz);
    const std::vector<double> frame(static_cast<size_t>(channels), sample);
    Require(sf_writef_double(file, frame.data(), 1) == 1, "sf_writef_double");
  }
  sf_close(file);
}

void WriteSamples(const std::filesystem::path& path, const std::vector<int16_t>& samples) {
  SNDFILE* const file = Create(path, 16000, 1, SF_FORMAT_WAV | SF_FORMAT_PCM_16);
  const auto count = static_cast<sf_count_t>(samples.size());
  Require(sf_write_short(file, samples.data(), count) == count, "sf_write_short");
  sf_close(file);
}

void WritePng(const std::filesystem::path& path, uint32_t width_px, uint32_t height_px, uint8_t red, uint8_t green, uint8_t blue) {
  std::vector<uint8_t> pixels;
  for (uint32_t i = 0; i < width_px * height_px; ++i) pixels.insert(pixels.end(), {red, green, blue});
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = width_px;
  image.height = height_px;
  image.format = PNG_FORMAT_RGB;
  Require(png_image_write_to_file(&image, path.c_str(), 0, pixels.data(), 0, nullptr) != 0, image.message);
}

void WriteJpeg(const std::filesystem::path& path, int width_px, int height_px, bool grey, uint8_t level) {
  const std::vector<uint8_t> pixels(static_cast<size_t>(width_px * height_px * (grey ? 1 : 3)), level);
  unsigned char* bytes = nullptr;
  unsigned long size_bytes = 0;
  const tjhandle encoder = tjInitCompress();
  Require(tjCompress2(encoder, pixels.data(), width_px, 0, height_px, grey ? TJPF_GRAY : TJPF_RGB, &bytes, &size_bytes,
                      grey ? TJSAMP_GRAY : TJSAMP_420, 95, 0) == 0,
          "tjCompress2");
  WriteBytes(path, {reinterpret_cast<const char*>(bytes), size_bytes});
  tjFree(bytes);
  tjDestroy(encoder);
}

}  // namespace mls::testing
