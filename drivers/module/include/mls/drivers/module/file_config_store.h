// Non-volatile memory of a module that runs as a process: a small file.
#pragma once

#include <filesystem>

#include "mls/core/module/ports.h"

namespace mls {

// The file is replaced as a whole: after a crash it has the old content or the new one. Errors: kPermission; kNoDevice (no such
// directory); kCorrupt (the file is longer than any record); kBusError for the rest.
class FileConfigStore final : public ConfigStore {
 public:
  explicit FileConfigStore(std::filesystem::path path) : path_(std::move(path)) {}

 private:
  Result<size_t> DoLoad(std::span<uint8_t> record) override;
  Status DoSave(std::span<const uint8_t> record) override;
  Status DoErase() override;

  const std::filesystem::path path_;
};

}  // namespace mls
