// Finds the input files that a path names.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "mls/drivers/module/input_error.h"

namespace mls {

enum class InputKind { kSound, kPictures };

// A file gives itself. A directory gives, in the order of their names, its files that are of that kind by their first bytes or by
// the end of their name (so that a damaged picture is reported and not passed over); what is hidden and what is deeper is left out.
// Throws InputError: no such path, not readable, or nothing of that kind in the directory.
std::vector<std::filesystem::path> FindInputFiles(const std::filesystem::path& path, InputKind kind);

// Throws the InputError of the first file if none can be opened: `open(file)` throws InputError for one that cannot.
template <typename Open>
void RequireOneUsable(const std::vector<std::filesystem::path>& files, Open open) {
  std::string first_error;
  const bool one_is_usable = std::any_of(files.begin(), files.end(), [&](const std::filesystem::path& file) {
    try {
      open(file);
      return true;
    } catch (const InputError& error) {
      if (first_error.empty()) first_error = error.what();
      return false;
    }
  });
  if (!one_is_usable) throw InputError(first_error);
}

}  // namespace mls
