#include "mls/drivers/module/file_config_store.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>

namespace mls {
namespace {

Status FromErrno() {
  if (errno == EACCES || errno == EPERM || errno == EROFS) return Status::kPermission;
  return errno == ENOENT || errno == ENOTDIR ? Status::kNoDevice : Status::kBusError;
}

struct File {
  int fd;
  ~File() {
    if (fd >= 0) close(fd);
  }
};

}  // namespace

Result<size_t> FileConfigStore::DoLoad(std::span<uint8_t> record) {
  const File file{open(path_.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.fd < 0) return errno == ENOENT ? Status::kNotReady : FromErrno();
  const ssize_t size = read(file.fd, record.data(), record.size());
  if (size < 0) return FromErrno();
  uint8_t beyond = 0;
  if (read(file.fd, &beyond, 1) != 0) return Status::kCorrupt;
  return static_cast<size_t>(size);
}

Status FileConfigStore::DoSave(std::span<const uint8_t> record) {
  const std::string next = path_.string() + ".new";
  {
    const File file{open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
    if (file.fd < 0) return FromErrno();
    if (write(file.fd, record.data(), record.size()) != static_cast<ssize_t>(record.size()) || fsync(file.fd) != 0) {
      const Status status = FromErrno();
      unlink(next.c_str());
      return status;
    }
  }
  if (rename(next.c_str(), path_.c_str()) != 0) return FromErrno();
  const std::filesystem::path parent = path_.has_parent_path() ? path_.parent_path() : ".";
  const File directory{open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (directory.fd >= 0) fsync(directory.fd);
  return Status::kOk;
}

Status FileConfigStore::DoErase() { return unlink(path_.c_str()) == 0 || errno == ENOENT ? Status::kOk : FromErrno(); }

}  // namespace mls
