// The memory of a virtual machine, and the queues in it. What lies there can be anything and change at any time: every address is checked, and what is
// looked at twice is copied first.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "unique_fd.h"

namespace mls {

// One run of memory, as a front end describes it (vhost-user protocol, "Memory region description").
struct MemoryRegion {
  uint64_t guest_address;
  uint64_t size_bytes;
  uint64_t user_address;  // where the front end has mapped it
  uint64_t mmap_offset_bytes;
};

class GuestMemory {
 public:
  GuestMemory() = default;
  ~GuestMemory() { Clear(); }
  GuestMemory(const GuestMemory&) = delete;
  GuestMemory& operator=(const GuestMemory&) = delete;

  // Maps a region of a file. False: it cannot be, or there are too many. If the file is cut short later, what is gone reads as zeros.
  bool Add(const MemoryRegion& region, int fd);
  void Clear();

  // Where `size_bytes` bytes at that address lie; null if not all of them exist.
  uint8_t* AtGuestAddress(uint64_t address, uint64_t size_bytes) const;
  uint8_t* AtUserAddress(uint64_t address, uint64_t size_bytes) const;

 private:
  struct Mapping {
    MemoryRegion region;
    uint8_t* base;
    size_t size_bytes;
    uint8_t* at(uint64_t offset) const { return base + region.mmap_offset_bytes + offset; }
  };
  std::vector<Mapping> mappings_;
};

// What the driver has put into a queue as one request: bytes for the device, and room for its answer.
struct Chain {
  uint16_t head = 0;
  std::vector<uint8_t> request;
  std::vector<std::span<uint8_t>> room;  // in the guest's memory, valid until something is mapped anew
  size_t room_bytes = 0;

  void Store(size_t offset, std::span<const uint8_t> bytes) const;  // What goes beyond the room is left out.
};

// A split virtqueue (Virtual I/O Device 1.2, section 2.7), seen by the device.
class Virtqueue {
 public:
  static constexpr size_t kMaxChainBytes = 65536 + 16;  // each way; a longer request is refused

  struct Addresses {
    uint64_t descriptors = 0, available = 0, used = 0;  // the front end's
  };

  bool SetSize(uint32_t size);  // False: none that a queue can have.
  void SetAddresses(const Addresses& addresses) { addresses_ = addresses; }
  void SetNext(uint16_t next) { next_ = next; }
  uint16_t next() const { return next_; }
  void UseEventIndex(bool on) { event_index_ = on; }

  // The next request. kEmpty: none. kBroken: the queue makes no sense; nothing more can be done with it.
  enum class Outcome { kChain, kEmpty, kBroken };
  Outcome Pop(const GuestMemory& memory, Chain& chain);
  // The request at `head` once more. False: it makes no sense; give it back unanswered.
  bool Walk(const GuestMemory& memory, uint16_t head, Chain& chain) const;
  // Gives it back. The driver has to be told if that returns true.
  bool Push(const GuestMemory& memory, uint16_t head, uint32_t written_bytes);
  // Asks to be told of the next request.
  void AskForKick(const GuestMemory& memory) const;

 private:
  struct Rings {
    uint8_t *descriptors, *available, *used;
  };
  std::optional<Rings> Locate(const GuestMemory& memory) const;

  uint32_t size_ = 0;
  uint16_t next_ = 0;
  bool event_index_ = false;
  Addresses addresses_;
};

}  // namespace mls
