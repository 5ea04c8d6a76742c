#include "guest_memory.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstring>
#include <mutex>

namespace mls {
namespace {

static_assert(std::endian::native == std::endian::little, "virtio 1 is little-endian, and so are its structures here");

// Whoever shares a file can cut it short; touching what is gone raises SIGBUS. The handler puts zeros in its place.
constexpr size_t kMaxMappings = 64;
struct Mapped {
  std::atomic<uintptr_t> begin{0};
  std::atomic<size_t> size_bytes{0};
};
std::array<Mapped, kMaxMappings> g_mapped;
struct sigaction g_other_action;

void OnBusError(int signal, siginfo_t* info, void* context) {
  const auto address = reinterpret_cast<uintptr_t>(info->si_addr);
  for (const Mapped& mapped : g_mapped) {
    const uintptr_t begin = mapped.begin;
    const size_t size = mapped.size_bytes;
    if (begin == 0 || address < begin || address - begin >= size) continue;
    void* const where = reinterpret_cast<void*>(begin);
    if (mmap(where, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == where) return;
  }
  if (g_other_action.sa_flags & SA_SIGINFO) return g_other_action.sa_sigaction(signal, info, context);
  sigaction(SIGBUS, &g_other_action, nullptr);  // It comes again.
}

std::mutex g_watch_mutex;  // not for the handler, which takes what it finds

bool Watch(const void* begin, size_t size_bytes) {
  const std::lock_guard lock(g_watch_mutex);
  [[maybe_unused]] static const bool is_installed = [] {
    struct sigaction action {};
    action.sa_sigaction = OnBusError;
    action.sa_flags = SA_SIGINFO;
    return sigaction(SIGBUS, &action, &g_other_action) == 0;
  }();
  const auto free = std::ranges::find(g_mapped, uintptr_t{0}, [](const Mapped& mapped) { return mapped.begin.load(); });
  if (free == g_mapped.end()) return false;
  free->size_bytes = size_bytes;
  free->begin = reinterpret_cast<uintptr_t>(begin);
  return true;
}

void Unwatch(const void* begin) {
  const std::lock_guard lock(g_watch_mutex);
  for (Mapped& mapped : g_mapped) {
    if (mapped.begin == reinterpret_cast<uintptr_t>(begin)) mapped.begin = 0;
  }
}

uint16_t Load16(const uint8_t* at) { return __atomic_load_n(reinterpret_cast<const uint16_t*>(at), __ATOMIC_ACQUIRE); }
void Store16(uint8_t* at, uint16_t value) { __atomic_store_n(reinterpret_cast<uint16_t*>(at), value, __ATOMIC_RELEASE); }

// Byte by byte and just once, whatever the other side does meanwhile.
void CopyIn(const uint8_t* from, uint8_t* to, size_t size_bytes) {
  const volatile uint8_t* const source = from;
  for (size_t i = 0; i < size_bytes; ++i) to[i] = source[i];
}

// <linux/virtio_ring.h> is no C++.
struct Descriptor {
  uint64_t address;
  uint32_t size_bytes;
  uint16_t flags;
  uint16_t next;
};
constexpr uint16_t kHasNext = 1, kIsWritable = 2, kIsIndirect = 4;
constexpr uint16_t kNoInterrupt = 1;
constexpr uint32_t kMaxIndirectDescriptors = 1024;
// Offsets in the rings.
constexpr size_t kFlags = 0, kIndex = 2, kEntries = 4;
constexpr size_t kAvailableEntryBytes = 2, kUsedEntryBytes = 8;

}  // namespace

bool GuestMemory::Add(const MemoryRegion& region, int fd) {
  struct stat file {};
  uint64_t end = 0;
  if (__builtin_add_overflow(region.mmap_offset_bytes, region.size_bytes, &end) || end > SIZE_MAX / 2 || region.size_bytes == 0 ||
      region.guest_address + region.size_bytes < region.guest_address ||
      region.user_address + region.size_bytes < region.user_address || region.mmap_offset_bytes % 8 != 0) {
    return false;
  }
  if (fstat(fd, &file) != 0 || file.st_size < 0 || static_cast<uint64_t>(file.st_size) < end) return false;
  void* const base = mmap(nullptr, end, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (base == MAP_FAILED) return false;
  if (!Watch(base, end)) {
    munmap(base, end);
    return false;
  }
  mappings_.push_back({region, static_cast<uint8_t*>(base), end});
  return true;
}

void GuestMemory::Clear() {
  for (const Mapping& mapping : mappings_) {
    Unwatch(mapping.base);
    munmap(mapping.base, mapping.size_bytes);
  }
  mappings_.clear();
}

uint8_t* GuestMemory::AtGuestAddress(uint64_t address, uint64_t size_bytes) const {
  for (const Mapping& mapping : mappings_) {
    const uint64_t offset = address - mapping.region.guest_address;
    const uint64_t size = mapping.region.size_bytes;
    if (address >= mapping.region.guest_address && size_bytes <= size && offset <= size - size_bytes) return mapping.at(offset);
  }
  return nullptr;
}

uint8_t* GuestMemory::AtUserAddress(uint64_t address, uint64_t size_bytes) const {
  for (const Mapping& mapping : mappings_) {
    const uint64_t offset = address - mapping.region.user_address;
    const uint64_t size = mapping.region.size_bytes;
    if (address >= mapping.region.user_address && size_bytes <= size && offset <= size - size_bytes) return mapping.at(offset);
  }
  return nullptr;
}

void Chain::Store(size_t offset, std::span<const uint8_t> bytes) const {
  for (const std::span<uint8_t> piece : room) {
    if (offset >= piece.size()) {
      offset -= piece.size();
      continue;
    }
    const size_t count = std::min(piece.size() - offset, bytes.size());
    std::memcpy(piece.data() + offset, bytes.data(), count);
    bytes = bytes.subspan(count);
    offset = 0;
    if (bytes.empty()) return;
  }
}

bool Virtqueue::SetSize(uint32_t size) {
  size_ = size <= 32768 && std::has_single_bit(size) ? size : 0;
  return size_ != 0;
}

std::optional<Virtqueue::Rings> Virtqueue::Locate(const GuestMemory& memory) const {
  if (size_ == 0) return std::nullopt;
  const Rings rings{memory.AtUserAddress(addresses_.descriptors, size_ * sizeof(Descriptor)),
                    memory.AtUserAddress(addresses_.available, kEntries + kAvailableEntryBytes * size_ + 2),
                    memory.AtUserAddress(addresses_.used, kEntries + kUsedEntryBytes * size_ + 2)};
  if (!rings.descriptors || !rings.available || !rings.used) return std::nullopt;
  if (reinterpret_cast<uintptr_t>(rings.available) % 2 != 0 || reinterpret_cast<uintptr_t>(rings.used) % 4 != 0) return std::nullopt;
  return rings;
}

Virtqueue::Outcome Virtqueue::Pop(const GuestMemory& memory, Chain& chain) {
  const std::optional<Rings> rings = Locate(memory);
  if (!rings) return Outcome::kBroken;
  const auto waiting = static_cast<uint16_t>(Load16(rings->available + kIndex) - next_);
  if (waiting == 0) return Outcome::kEmpty;
  if (waiting > size_) return Outcome::kBroken;
  const uint16_t head = Load16(rings->available + kEntries + kAvailableEntryBytes * (next_ % size_));
  if (head >= size_) return Outcome::kBroken;
  ++next_;
  if (!Walk(memory, head, chain)) chain = {.head = head, .request = {}, .room = {}};
  return Outcome::kChain;
}

bool Virtqueue::Walk(const GuestMemory& memory, uint16_t head, Chain& chain) const {
  chain.head = head;
  chain.request.clear();
  chain.room.clear();
  chain.room_bytes = 0;
  const std::optional<Rings> rings = Locate(memory);
  if (!rings) return false;
  const uint8_t* table = rings->descriptors;
  uint32_t count = size_;
  bool is_indirect = false;
  uint32_t index = head;
  for (uint32_t hops = 0;; ++hops) {
    if (index >= count || hops >= count) return false;  // it goes round in circles
    Descriptor descriptor;
    CopyIn(table + index * sizeof descriptor, reinterpret_cast<uint8_t*>(&descriptor), sizeof descriptor);
    if (descriptor.flags & kIsIndirect) {
      // QEMU's I2C queue has four descriptors: without these a read after a write, which takes six, would not fit.
      count = descriptor.size_bytes / sizeof descriptor;
      if (is_indirect || hops != 0 || descriptor.size_bytes % sizeof descriptor != 0 || count == 0 || count > kMaxIndirectDescriptors) return false;
      table = memory.AtGuestAddress(descriptor.address, descriptor.size_bytes);
      if (!table) return false;
      is_indirect = true;
      index = 0;
      hops = UINT32_MAX;  // 0 after the step
      continue;
    }
    if (descriptor.size_bytes != 0) {
      uint8_t* const bytes = memory.AtGuestAddress(descriptor.address, descriptor.size_bytes);
      if (!bytes) return false;
      if (descriptor.flags & kIsWritable) {
        chain.room_bytes += descriptor.size_bytes;
        chain.room.emplace_back(bytes, descriptor.size_bytes);
      } else {
        const size_t begin = chain.request.size();
        if (!chain.room.empty() || begin + descriptor.size_bytes > kMaxChainBytes) return false;
        chain.request.resize(begin + descriptor.size_bytes);
        CopyIn(bytes, chain.request.data() + begin, descriptor.size_bytes);
      }
      if (chain.room_bytes > kMaxChainBytes) return false;
    }
    if (!(descriptor.flags & kHasNext)) return true;
    index = descriptor.next;
  }
}

bool Virtqueue::Push(const GuestMemory& memory, uint16_t head, uint32_t written_bytes) {
  const std::optional<Rings> rings = Locate(memory);
  if (!rings) return false;
  // Only the device writes the used ring, but it lies in the guest's memory: the index is whatever that says.
  const uint16_t index = Load16(rings->used + kIndex);
  const std::array<uint32_t, 2> entry{head, written_bytes};
  std::memcpy(rings->used + kEntries + kUsedEntryBytes * (index % size_), entry.data(), sizeof entry);
  Store16(rings->used + kIndex, static_cast<uint16_t>(index + 1));
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return event_index_ || !(Load16(rings->available + kFlags) & kNoInterrupt);
}

void Virtqueue::AskForKick(const GuestMemory& memory) const {
  const std::optional<Rings> rings = Locate(memory);
  if (!rings || !event_index_) return;
  Store16(rings->used + kEntries + kUsedEntryBytes * size_, next_);
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

}  // namespace mls
