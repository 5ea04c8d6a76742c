#pragma once

#include <filesystem>
#include <span>

#include "mls/interface/windows.h"

namespace mls {

Sha256 Sha256Of(std::span<const uint8_t> bytes);
// Throws std::runtime_error if the file cannot be read.
Sha256 Sha256OfFile(const std::filesystem::path& path);
std::string ToHex(std::span<const uint8_t> bytes);

}  // namespace mls
