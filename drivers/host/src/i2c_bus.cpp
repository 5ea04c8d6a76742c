#include "mls/drivers/i2c_bus.h"

#include <fcntl.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <sys/ioctl.h>
extern "C" {
#include <i2c/smbus.h>
}

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <mutex>

#include "file_descriptor.h"
#include "mls/drivers/i2c_adapters.h"
#include "stream_open.h"

namespace mls {
namespace {

// Meanings from the kernel's Documentation/i2c/fault-codes.rst. EREMOTEIO is not there, but drivers use it for a NACK.
Status FromTransferErrno(int code) {
  switch (code) {
    case ENXIO:
    case EREMOTEIO:
    case ENODEV: return Status::kNoDevice;
    case EAGAIN: return Status::kArbitrationLost;
    case ETIMEDOUT: return Status::kTimeout;
    case EBUSY: return Status::kBusy;
    case EBADMSG: return Status::kBadCrc;
    case EPROTO: return Status::kProtocol;
    case EOPNOTSUPP: return Status::kUnsupported;
    case EACCES:
    case EPERM: return Status::kPermission;
    default: return Status::kBusError;
  }
}

// Messages that the driver did not carry out were not acknowledged; some drivers count instead of failing.
Status FromCount(int count, int wanted) {
  if (count < 0) return FromTransferErrno(errno);
  if (count == wanted) return Status::kOk;
  return count == 0 ? Status::kNoDevice : Status::kShortTransfer;
}

// The number in a path such as /dev/i2c-1, or in what it is a link to. -1: none.
int AdapterNumber(const std::string& device) {
  char* const resolved = realpath(device.c_str(), nullptr);
  const std::string path = resolved != nullptr ? resolved : device;
  std::free(resolved);
  const size_t dash = path.rfind('-');
  int number = -1;
  if (dash != std::string::npos) std::from_chars(path.data() + dash + 1, path.data() + path.size(), number);
  return number;
}

std::string Hex(uint8_t address) {
  char text[8];
  std::snprintf(text, sizeof text, "0x%02x", address);
  return text;
}

}  // namespace

struct I2cBus::Transfer {
  bool is_read;
  uint8_t address;  // Of the register.
  uint8_t size_bytes;
  std::array<uint8_t, kMaxWindowBytes> bytes;

  Status Run(int fd, uint8_t module, bool plain_i2c);
};

Status I2cBus::Transfer::Run(int fd, uint8_t module, bool plain_i2c) {
  if (!plain_i2c) {
    // libi2c copies as many bytes as the kernel says: `bytes` has room for any block.
    const int count = is_read ? i2c_smbus_read_i2c_block_data(fd, address, size_bytes, bytes.data())
                              : i2c_smbus_write_i2c_block_data(fd, address, size_bytes, bytes.data());
    if (count < 0) return FromTransferErrno(-count);
    return is_read && count != size_bytes ? Status::kShortTransfer : Status::kOk;
  }
  std::array<uint8_t, 1 + kMaxWindowBytes> sent{address};
  const uint16_t write_bytes = is_read ? 1 : static_cast<uint16_t>(1 + size_bytes);
  if (!is_read) std::copy_n(bytes.begin(), size_bytes, sent.begin() + 1);
  i2c_msg messages[] = {{module, 0, write_bytes, sent.data()}, {module, I2C_M_RD, size_bytes, bytes.data()}};
  i2c_rdwr_ioctl_data transaction{messages, is_read ? 2u : 1u};
  return FromCount(ioctl(fd, I2C_RDWR, &transaction), static_cast<int>(transaction.nmsgs));
}

struct I2cBus::Worker {
  std::mutex mutex;
  std::condition_variable changed;
  FileDescriptor adapter;
  uint8_t module = 0;
  bool plain_i2c = false;
  bool is_running = false;
  bool quit = false;
  Transfer transfer{};
  Status status = Status::kOk;

  // Carries out one transfer each time that is_running is set.
  void Run() {
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [this] { return is_running || quit; });
      if (!is_running) return;
      Transfer mine = transfer;
      const int fd = adapter.get();
      lock.unlock();
      const Status result = mine.Run(fd, module, plain_i2c);
      lock.lock();
      transfer = mine;
      status = result;
      if (result != Status::kOk) adapter.Close();
      is_running = false;
      changed.notify_all();
    }
  }
};

I2cBus::I2cBus(std::string device, uint8_t address)
    : device_(std::move(device)), address_(address), worker_(std::make_shared<Worker>()) {
  worker_->module = address;
}

I2cBus::~I2cBus() {
  if (!thread_.joinable()) return;
  bool is_stuck = false;
  {
    const std::lock_guard lock(worker_->mutex);
    worker_->quit = true;
    is_stuck = worker_->is_running;
  }
  worker_->changed.notify_all();
  is_stuck ? thread_.detach() : thread_.join();
}

Status I2cBus::Connect(Deadline deadline) {
  std::unique_lock lock(worker_->mutex);
  if (!worker_->changed.wait_until(lock, deadline, [this] { return !worker_->is_running; })) {
    error_ = "an earlier transfer still hangs in the adapter";
    return Status::kTimeout;
  }
  return Open();
}

// Called with the mutex, while no transfer runs.
Status I2cBus::Open() {
  if (worker_->adapter.get() >= 0) return Status::kOk;
  FileDescriptor fd(open(device_.c_str(), O_RDWR | O_CLOEXEC));
  if (fd.get() < 0) {
    const Status status = FromErrno(errno, error_);
    if (status == Status::kNoDevice) {
      error_ = "no such adapter; is I2C switched on, and the kernel's module i2c-dev loaded (`sudo modprobe i2c-dev`)?";
    } else if (status == Status::kPermission) {
      error_ = "permission denied: your user must be in the adapter's group (ls -l " + device_ +
               "; often `sudo usermod -aG i2c $USER`, then log in again), or a udev rule must give access";
    }
    return status;
  }
  unsigned long functions = 0;
  if (ioctl(fd.get(), I2C_FUNCS, &functions) != 0) {
    if (errno != ENOTTY && errno != EINVAL) return FromErrno(errno, error_);
    error_ = "that is not an I2C adapter";
    return Status::kInvalidArgument;
  }
  constexpr unsigned long kBlockCalls = I2C_FUNC_SMBUS_I2C_BLOCK;
  worker_->plain_i2c = (functions & I2C_FUNC_I2C) != 0;
  if (!worker_->plain_i2c && (functions & kBlockCalls) != kBlockCalls) {
    error_ = "this adapter does neither plain I2C nor SMBus transfers of I2C blocks, and the module needs one of them";
    return Status::kUnsupported;
  }
  // SMBus calls need this; plain transfers do not, and would not even notice a kernel driver at that address.
  if (ioctl(fd.get(), I2C_SLAVE, static_cast<unsigned long>(address_)) != 0) {
    if (errno != EBUSY) return FromErrno(errno, error_);
    const std::string driver = KernelDriverAt(AdapterNumber(device_), address_);
    error_ = (driver.empty() ? "a kernel driver" : "the kernel driver " + driver) + " holds address " + Hex(address_) +
             " on this adapter, and it is not taken from it";
    return Status::kBusy;
  }
  if (!thread_.joinable()) {
    // Signals are the business of the program's own threads.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([worker = worker_] { worker->Run(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  worker_->adapter = std::move(fd);
  ++counters_.connects;
  return Status::kOk;
}

Status I2cBus::Transact(Transfer& transfer, Deadline deadline) {
  ++counters_.transactions;
  Worker& worker = *worker_;
  const auto is_idle = [&worker] { return !worker.is_running; };
  std::unique_lock lock(worker.mutex);
  if (!worker.changed.wait_until(lock, deadline, is_idle) || SteadyClock::now() >= deadline) return Status::kTimeout;
  if (const Status status = Open(); status != Status::kOk) return status;
  worker.transfer = transfer;
  worker.is_running = true;
  worker.changed.notify_all();
  if (!worker.changed.wait_until(lock, deadline, is_idle)) return Status::kTimeout;
  transfer = worker.transfer;
  return worker.status;
}

Status I2cBus::DoRead(uint8_t address, std::span<uint8_t> out, Deadline deadline) {
  Transfer transfer{true, address, static_cast<uint8_t>(out.size()), {}};
  const Status status = Transact(transfer, deadline);
  if (status == Status::kOk) std::copy_n(transfer.bytes.begin(), out.size(), out.begin());
  return status;
}

Status I2cBus::DoWrite(uint8_t address, std::span<const uint8_t> bytes, Deadline deadline) {
  Transfer transfer{false, address, static_cast<uint8_t>(bytes.size()), {}};
  std::copy(bytes.begin(), bytes.end(), transfer.bytes.begin());
  return Transact(transfer, deadline);
}

}  // namespace mls
