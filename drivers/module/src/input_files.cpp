#include "mls/drivers/module/input_files.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <string_view>

namespace mls {
namespace {

using std::string_view_literals::operator""sv;

bool StartsLike(std::string_view head, InputKind kind) {
  if (kind == InputKind::kPictures) return head.starts_with("\xFF\xD8\xFF"sv) || head.starts_with("\x89PNG"sv);
  const bool wave = (head.starts_with("RIFF"sv) || head.starts_with("RF64"sv)) && head.substr(8).starts_with("WAVE"sv);
  return wave || head.starts_with("fLaC"sv) || head.starts_with("OggS"sv);
}

bool IsNamedLike(const std::filesystem::path& path, InputKind kind) {
  static constexpr std::array kSound = {".wav"sv, ".flac"sv, ".ogg"sv, ".oga"sv};
  static constexpr std::array kPictures = {".jpg"sv, ".jpeg"sv, ".png"sv};
  std::string end = path.extension().string();
  std::transform(end.begin(), end.end(), end.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return kind == InputKind::kSound ? std::find(kSound.begin(), kSound.end(), end) != kSound.end()
                                   : std::find(kPictures.begin(), kPictures.end(), end) != kPictures.end();
}

bool TakesPart(const std::filesystem::path& path, InputKind kind) {
  if (IsNamedLike(path, kind)) return true;
  std::array<char, 12> head{};
  std::ifstream file(path, std::ios::binary);
  file.read(head.data(), head.size());
  return StartsLike({head.data(), static_cast<size_t>(file.gcount())}, kind);
}

}  // namespace

std::vector<std::filesystem::path> FindInputFiles(const std::filesystem::path& path, InputKind kind) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) {
    throw InputError(path, (error ? error.message() : "No such file or directory") + "; check the path");
  }
  if (std::filesystem::is_regular_file(status)) return {path};
  if (!std::filesystem::is_directory(status)) {
    throw InputError(path, "neither a file nor a directory; give one of these, or - for standard input");
  }

  std::vector<std::filesystem::path> files;
  for (std::filesystem::directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
    std::error_code ignored;
    const bool hidden = at->path().filename().string().starts_with('.');
    if (!hidden && at->is_regular_file(ignored) && TakesPart(at->path(), kind)) files.push_back(at->path());
  }
  if (error) throw InputError(path, "cannot list the directory: " + error.message());
  if (files.empty()) {
    throw InputError(path, std::string("no ") + (kind == InputKind::kSound ? "sound (WAV, FLAC or OGG)" : "picture (JPEG or PNG)") +
                     " in this directory; put some there or name a file");
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace mls
