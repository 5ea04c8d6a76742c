#include "fake_i2c_adapter.h"

#include <fcntl.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <thread>
#include <vector>

namespace mls::test {
namespace {

std::mutex adapters_mutex;
std::vector<FakeI2cAdapter*> adapters;
std::atomic<int> numbers = 0;

// A transfer that hangs must not keep the others from the list.
std::vector<FakeI2cAdapter*> Adapters() {
  const std::lock_guard lock(adapters_mutex);
  return adapters;
}

uint16_t ProtocolErrorOf(Status status) {
  switch (status) {
    case Status::kOutOfRange: return kBadAddress;
    case Status::kInvalidArgument: return kBadLength;
    case Status::kReadOnly: return kWriteToReadOnly;
    case Status::kRejected: return kBadValue;
    default: return kOverrun;
  }
}

}  // namespace

FakeI2cAdapter::FakeI2cAdapter(RegisterTarget& target, std::mutex& mutex, Kind kind)
    : target_(target), mutex_(mutex), kind_(kind) {
  device_ = "/tmp/mls-test-" + std::to_string(getpid()) + "-i2c-" + std::to_string(numbers++);
  PlugIn();
  const std::lock_guard lock(adapters_mutex);
  adapters.push_back(this);
}

FakeI2cAdapter::~FakeI2cAdapter() {
  hangs = false;
  while (in_transfer_ > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  unlink(device_.c_str());
  const std::lock_guard lock(adapters_mutex);
  std::erase(adapters, this);
}

void FakeI2cAdapter::Unplug() {
  unlink(device_.c_str());
  inode_ = 1;  // Files that are still open belong to no adapter.
}

void FakeI2cAdapter::PlugIn() {
  const int fd = open(device_.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  struct stat status {};
  fstat(fd, &status);
  inode_ = status.st_ino;
  close(fd);
}

bool FakeI2cAdapter::Owns(int fd) const {
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  char path[128];
  const ssize_t size = readlink(link.c_str(), path, sizeof path);
  if (size < 0) return false;
  const std::string_view target(path, static_cast<size_t>(size));
  return target == device_ || target == device_ + " (deleted)";
}

bool FakeI2cAdapter::Ioctl(int fd, unsigned long request, void* argument, int& result) {
  if (!Owns(fd)) return false;
  struct stat status {};
  fstat(fd, &status);
  result = 0;
  int code = 0;
  if (status.st_ino != inode_) {
    code = ENODEV;
  } else if (request == I2C_FUNCS) {
    *static_cast<unsigned long*>(argument) = kind_ == Kind::kPlain   ? I2C_FUNC_I2C | I2C_FUNC_SMBUS_EMUL
                                             : kind_ == Kind::kSmbus ? I2C_FUNC_SMBUS_I2C_BLOCK
                                                                     : I2C_FUNC_SMBUS_BYTE_DATA;
  } else if (request == I2C_SLAVE) {
    if (is_held) code = EBUSY;
    slave_ = reinterpret_cast<uintptr_t>(argument);
  } else if (request == I2C_RDWR || request == I2C_SMBUS) {
    ++in_transfer_;
    result = Transact(request, argument);
    --in_transfer_;
    if (result < 0) code = -result;
  } else {
    code = ENOTTY;
  }
  if (code != 0) {
    errno = code;
    result = -1;
  }
  return true;
}

int FakeI2cAdapter::Transact(unsigned long request, void* argument) {
  ++transfers;
  while (hangs) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  if (const int code = fail_next_.exchange(0); code != 0) return -code;
  const int count = count_next_.exchange(-1);
  const std::lock_guard lock(mutex_);
  if ((request == I2C_SMBUS) != (kind_ == Kind::kSmbus)) return -EOPNOTSUPP;
  if (request == I2C_SMBUS) return Smbus(argument, count);
  const int result = ReadWrite(argument);
  return count >= 0 ? count : result;
}

int FakeI2cAdapter::ReadWrite(void* argument) {
  const auto& transaction = *static_cast<const i2c_rdwr_ioctl_data*>(argument);
  messages += static_cast<int>(transaction.nmsgs);
  for (unsigned i = 0; i < transaction.nmsgs; ++i) {
    most_bytes = std::max<int>(most_bytes, transaction.msgs[i].len);
  }
  const i2c_msg& first = transaction.msgs[0];
  if (first.addr != kAddress) return -ENXIO;
  if (transaction.nmsgs == 2) {
    if (Read(first.buf[0], transaction.msgs[1].buf, transaction.msgs[1].len)) return 2;
  } else {
    Write(first.buf[0], first.buf + 1, first.len - 1u);
  }
  return static_cast<int>(transaction.nmsgs);
}

int FakeI2cAdapter::Smbus(void* argument, int count) {
  if (slave_ != kAddress) return -ENXIO;
  const auto& call = *static_cast<const i2c_smbus_ioctl_data*>(argument);
  ++messages;
  uint8_t* const block = call.data->block;
  most_bytes = std::max<int>(most_bytes, block[0]);
  if (call.read_write == I2C_SMBUS_READ) {
    if (count >= 0) block[0] = static_cast<uint8_t>(count);
    Read(call.command, block + 1, block[0]);
  } else {
    Write(call.command, block + 1, block[0]);
  }
  return 0;
}

// As the wire has it: refused reads give 0xFF.
bool FakeI2cAdapter::Read(uint8_t address, uint8_t* out, size_t size) {
  std::fill_n(out, size, uint8_t{0xFF});
  const Result<std::span<const uint8_t>> answer = target_.BeginRead(address, size);
  if (!answer.ok()) {
    target_.ReportProtocolError(ProtocolErrorOf(answer.status()));
    return false;
  }
  std::copy(answer->begin(), answer->end(), out);
  target_.EndRead();
  return true;
}

void FakeI2cAdapter::Write(uint8_t address, const uint8_t* bytes, size_t size) {
  const Status status = target_.Write(address, {bytes, size});
  if (status != Status::kOk) target_.ReportProtocolError(ProtocolErrorOf(status));
}

}  // namespace mls::test

// Takes the place of the C library's, for libi2c too.
extern "C" int ioctl(int fd, unsigned long request, ...) noexcept {
  va_list arguments;
  va_start(arguments, request);
  void* const argument = va_arg(arguments, void*);
  va_end(arguments);
  if (request >= 0x0700 && request < 0x0800) {
    int result = 0;
    for (mls::test::FakeI2cAdapter* const adapter : mls::test::Adapters()) {
      if (adapter->Ioctl(fd, request, argument, result)) return result;
    }
  }
  return static_cast<int>(syscall(SYS_ioctl, fd, request, argument));
}
