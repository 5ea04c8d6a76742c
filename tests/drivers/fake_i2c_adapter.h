// An I2C adapter without a kernel: a program that links this has an ioctl() of its own, which plays i2c-dev on the
// device files of these adapters, so that I2cBus and libi2c run as they are.
#pragma once

#include <atomic>
#include <mutex>
#include <string>

#include "mls/interface/register_target.h"

namespace mls::test {

class FakeI2cAdapter {
 public:
  static constexpr uint8_t kAddress = 0x6C;
  enum class Kind { kPlain, kSmbus, kNeither };

  // A module at kAddress. `mutex` is held while it is used.
  FakeI2cAdapter(RegisterTarget& target, std::mutex& mutex, Kind kind);
  ~FakeI2cAdapter();
  FakeI2cAdapter(const FakeI2cAdapter&) = delete;
  FakeI2cAdapter& operator=(const FakeI2cAdapter&) = delete;

  const std::string& device() const { return device_; }
  std::string uri() const { return "i2c:" + device_; }

  // The adapter goes, as when it is unplugged, and comes back under the same path.
  void Unplug();
  void PlugIn();

  // What the next transfer does instead: fail with an errno, or be carried out and return `count`.
  void FailNext(int code) { fail_next_ = code; }
  void CountNext(int count) { count_next_ = count; }
  // Transfers wait until this is false.
  std::atomic<bool> hangs = false;
  // A kernel driver holds the address.
  std::atomic<bool> is_held = false;
  std::atomic<int> transfers = 0;
  std::atomic<int> messages = 0;
  std::atomic<int> most_bytes = 0;  // In one message, or in one SMBus block.

  // The fake kernel calls this. False: the file is none of this adapter's.
  bool Ioctl(int fd, unsigned long request, void* argument, int& result);

 private:
  bool Owns(int fd) const;
  int Transact(unsigned long request, void* argument);
  int ReadWrite(void* argument);
  int Smbus(void* argument, int count);
  bool Read(uint8_t address, uint8_t* out, size_t size);
  void Write(uint8_t address, const uint8_t* bytes, size_t size);

  RegisterTarget& target_;
  std::mutex& mutex_;
  const Kind kind_;
  std::string device_;
  std::atomic<unsigned long> inode_ = 0;
  std::atomic<uintptr_t> slave_ = 0;
  std::atomic<int> in_transfer_ = 0;
  std::atomic<int> fail_next_ = 0;
  std::atomic<int> count_next_ = -1;
};

}  // namespace mls::test
