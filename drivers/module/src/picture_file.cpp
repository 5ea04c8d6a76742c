#include "mls/drivers/module/picture_file.h"

#include <png.h>
#include <turbojpeg.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>

#include "wipe.h"

namespace mls {
namespace {

using std::string_view_literals::operator""sv;

constexpr uintmax_t kMaxFileBytes = 64u << 20;

// The bytes of a picture file; wiped when they go.
struct FileBytes {
  std::vector<uint8_t> bytes;
  ~FileBytes() { Wipe(bytes); }
};

void ReadFile(const std::filesystem::path& path, std::vector<uint8_t>& bytes) {
  std::error_code error;
  const uintmax_t size_bytes = std::filesystem::file_size(path, error);
  if (error) throw InputError(path, error.message() + "; check the path");
  if (size_bytes == 0) throw InputError(path, "an empty file; save the picture again");
  if (size_bytes > kMaxFileBytes) throw InputError(path, "a file of more than 64 MiB; make the picture smaller");
  bytes.resize(size_bytes);
  std::ifstream file(path, std::ios::binary);
  if (!file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size_bytes))) {
    throw InputError(path, std::string("cannot be read: ") + std::strerror(errno));
  }
}

void CheckSize(const std::filesystem::path& path, uint64_t width_px, uint64_t height_px) {
  const std::string size = std::to_string(width_px) + "x" + std::to_string(height_px) + " pixels";
  if (width_px == 0 || height_px == 0) throw InputError(path, "a picture of " + size + "; save it again");
  if (width_px > kMaxPictureSidePx || height_px > kMaxPictureSidePx || width_px * height_px > kMaxPicturePixels) {
    throw InputError(path, "a picture of " + size + "; at most 8192 on a side and 32 million in all: make it smaller");
  }
}

Picture ReadJpeg(const std::filesystem::path& path, const std::vector<uint8_t>& bytes) {
  const std::unique_ptr<void, int (*)(tjhandle)> decoder(tjInitDecompress(), tjDestroy);
  const auto damaged = [&] {
    throw InputError(path, std::string("cut short or damaged (") + tjGetErrorStr2(decoder.get()) + "); save or copy it again");
  };
  int width_px = 0, height_px = 0, subsampling = 0, colours = 0;
  if (tjDecompressHeader3(decoder.get(), bytes.data(), bytes.size(), &width_px, &height_px, &subsampling, &colours) != 0 ||
      width_px <= 0 || height_px <= 0) {
    damaged();
  }
  CheckSize(path, static_cast<uint64_t>(width_px), static_cast<uint64_t>(height_px));
  const bool grey = colours == TJCS_GRAY;
  Picture picture(static_cast<uint32_t>(width_px), static_cast<uint32_t>(height_px), grey ? PixelFormat::kGrey8 : PixelFormat::kRgb888);
  const int status = tjDecompress2(decoder.get(), bytes.data(), bytes.size(), picture.data(), width_px, 0, height_px,
                                   grey ? TJPF_GRAY : TJPF_RGB, TJFLAG_ACCURATEDCT);
  // Cameras leave stray bytes before a marker; every other warning means that pixels were guessed.
  if (status != 0 && std::string_view(tjGetErrorStr2(decoder.get())).find("extraneous bytes") == std::string_view::npos) damaged();
  return picture;
}

Picture ReadPng(const std::filesystem::path& path, const std::vector<uint8_t>& bytes) {
  // Signature, length and name of the IHDR chunk, width, height (PNG specification, section 11.2.2).
  const auto big_endian = [&bytes](size_t at) {
    return uint32_t{bytes[at]} << 24 | uint32_t{bytes[at + 1]} << 16 | uint32_t{bytes[at + 2]} << 8 | bytes[at + 3];
  };
  if (bytes.size() < 24) throw InputError(path, "cut short; save or copy it again");
  CheckSize(path, big_endian(16), big_endian(20));

  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  const auto check = [&](int ok) {
    if (ok == 0 || PNG_IMAGE_FAILED(image)) {
      const std::string why = image.message;
      png_image_free(&image);
      throw InputError(path, "cut short or damaged (" + why + "); save or copy it again");
    }
  };
  check(png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()));
  image.format = PNG_FORMAT_RGB;
  Picture picture(image.width, image.height, PixelFormat::kRgb888);
  const png_color white{255, 255, 255};
  check(png_image_finish_read(&image, &white, picture.data(), 0, nullptr));
  return picture;
}

}  // namespace

Picture::Picture(uint32_t width_px, uint32_t height_px, PixelFormat format)
    : pixels_(size_t{width_px} * height_px * (format == PixelFormat::kRgb888 ? 3 : 1)),
      width_px_(width_px),
      height_px_(height_px),
      format_(format) {}

Picture::~Picture() { Wipe(pixels_); }

Picture& Picture::operator=(Picture&& other) {
  std::swap(pixels_, other.pixels_);
  width_px_ = other.width_px_;
  height_px_ = other.height_px_;
  format_ = other.format_;
  return *this;
}

ImageView Picture::view() const {
  const uint32_t pixel_bytes = format_ == PixelFormat::kRgb888 ? 3 : 1;
  return {pixels_, static_cast<int32_t>(width_px_), static_cast<int32_t>(height_px_), static_cast<int32_t>(width_px_ * pixel_bytes), format_};
}

Picture ReadPicture(const std::filesystem::path& path) {
  FileBytes file;
  ReadFile(path, file.bytes);
  const std::string_view head(reinterpret_cast<const char*>(file.bytes.data()), std::min<size_t>(file.bytes.size(), 8));
  if (head.starts_with("\xFF\xD8\xFF"sv)) return ReadJpeg(path, file.bytes);
  if (head == "\x89PNG\r\n\x1A\n"sv) return ReadPng(path, file.bytes);
  throw InputError(path, "neither a JPEG nor a PNG; convert it to one of these");
}

}  // namespace mls
