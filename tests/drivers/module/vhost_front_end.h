// A virtual machine as a vhost-user back end sees it: memory, queues and a driver, made by hand.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mls::test {

// One piece of a request: bytes for the device, or room for its answer.
struct Piece {
  std::vector<uint8_t> bytes;
  bool is_room = false;
};
inline Piece Room(size_t size_bytes) { return {std::vector<uint8_t>(size_bytes, 0xEE), true}; }

struct Descriptor {
  uint64_t address;
  uint32_t size_bytes;
  uint16_t flags, next;
};

class FrontEnd {
 public:
  static constexpr size_t kMemoryBytes = 64 * 1024;
  static constexpr uint64_t kGuestBase = 0x40000000;
  static constexpr uint16_t kQueueSize = 8;
  enum : uint16_t { kNext = 1, kWrite = 2, kIndirect = 4 };

  explicit FrontEnd(const std::string& socket_path);  // Connects.
  ~FrontEnd();

  // The usual greeting: features, memory, queues.
  void SetUp(size_t queue_count);

  // --- Protocol ---
  void Send(uint32_t request, std::span<const uint8_t> payload, std::span<const int> files = {}, bool need_reply = false);
  void SendRaw(std::span<const uint8_t> bytes);
  template <typename T>
  void Send(uint32_t request, const T& payload, std::span<const int> files = {}, bool need_reply = false) {
    Send(request, {reinterpret_cast<const uint8_t*>(&payload), sizeof payload}, files, need_reply);
  }
  std::vector<uint8_t> Receive();  // the payload of a reply; empty if none came
  uint64_t ReceiveNumber();
  void SendMemory(uint64_t size_bytes = kMemoryBytes);
  bool IsHungUp();  // Has the back end cut the line? Waits for it a while.

  // --- Queues ---
  void Put(size_t queue, uint16_t index, const Descriptor& descriptor);
  void Offer(size_t queue, uint16_t head);  // makes it available, and kicks
  void KickOnly(size_t queue);
  uint16_t Request(size_t queue, const std::vector<Piece>& pieces, uint16_t first = 0);
  std::optional<uint16_t> WaitForUsed(size_t queue, int timeout_ms = 5000);  // the head that came back
  std::vector<uint8_t> Room(size_t queue, uint16_t index);  // bytes of that descriptor's buffer
  void WriteMemory(uint64_t offset, std::span<const uint8_t> bytes);
  uint8_t* memory() { return memory_; }
  int memory_file() const { return memory_file_; }
  uint64_t BufferAddress(size_t queue, uint16_t index) const;

  // A whole request: its pieces of room come back filled. Nothing: it never came back.
  std::optional<std::vector<uint8_t>> Call(size_t queue, const std::vector<Piece>& pieces);

  // --- Devices ---
  // One I2C message. Nothing: no answer. Otherwise {status, bytes read}.
  struct I2cAnswer {
    uint8_t status;
    std::vector<uint8_t> bytes;
  };
  std::optional<I2cAnswer> I2cWrite(uint8_t address, std::vector<uint8_t> bytes, bool more = false);
  std::optional<I2cAnswer> I2cRead(uint8_t address, size_t count, bool more = false);
  struct GpioAnswer {
    uint8_t status, value;
  };
  std::optional<GpioAnswer> Gpio(uint16_t type, uint16_t line, uint32_t value = 0);

 private:
  struct Queue {
    int kick = -1, call = -1;
    uint16_t used = 0;
  };
  uint64_t QueueOffset(size_t queue) const { return queue * 8192; }

  int socket_;
  int memory_file_;
  uint8_t* memory_;
  std::vector<Queue> queues_;
};

}  // namespace mls::test
