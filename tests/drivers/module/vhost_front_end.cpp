#include "vhost_front_end.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>

namespace mls::test {
namespace {

constexpr size_t kAvailableOffset = 1024, kUsedOffset = 2048, kBuffersOffset = 4096, kBufferBytes = 512;
constexpr int kPatienceMs = 5000;

bool WaitFor(int fd, int timeout_ms) {
  pollfd polled{fd, POLLIN, 0};
  return poll(&polled, 1, timeout_ms) > 0;
}

}  // namespace

FrontEnd::FrontEnd(const std::string& socket_path) {
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  std::strncpy(where.sun_path, socket_path.c_str(), sizeof where.sun_path - 1);
  socket_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(connect(socket_, reinterpret_cast<sockaddr*>(&where), sizeof where), 0) << std::strerror(errno);
  memory_file_ = memfd_create("guest", MFD_CLOEXEC);
  EXPECT_EQ(ftruncate(memory_file_, kMemoryBytes), 0);
  memory_ = static_cast<uint8_t*>(mmap(nullptr, kMemoryBytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory_file_, 0));
}

FrontEnd::~FrontEnd() {
  for (const Queue& queue : queues_) {
    close(queue.kick);
    close(queue.call);
  }
  close(socket_);
  munmap(memory_, kMemoryBytes);
  close(memory_file_);
}

void FrontEnd::SetUp(size_t queue_count) {
  Send(1, std::span<const uint8_t>());
  const uint64_t features = ReceiveNumber();
  EXPECT_TRUE(features >> 32 & 1) << "virtio 1";
  EXPECT_TRUE(features >> 28 & 1) << "indirect descriptors, without which QEMU's I2C queue has no room for a read after a write";
  Send(15, std::span<const uint8_t>());
  const uint64_t protocol_features = ReceiveNumber();
  EXPECT_TRUE(protocol_features >> 5 & 1) << "backend requests, without which User Mode Linux has no interrupts";
  EXPECT_EQ(protocol_features >> 9 & 1, queue_count - 1) << "a configuration: GPIO lines have one, an I2C adapter does not";
  Send(16, protocol_features);
  Send(3, std::span<const uint8_t>());
  Send(2, features);
  SendMemory();
  for (size_t i = 0; i < queue_count; ++i) {
    queues_.push_back({eventfd(0, EFD_NONBLOCK), eventfd(0, EFD_NONBLOCK)});
    const auto index = static_cast<uint32_t>(i);
    const uint64_t base = reinterpret_cast<uint64_t>(memory_) + QueueOffset(i);
    Send(8, std::array<uint32_t, 2>{index, kQueueSize});
    Send(10, std::array<uint32_t, 2>{index, 0});
    Send(9, std::array<uint64_t, 5>{index, base, base + kUsedOffset, base + kAvailableOffset, 0});
    Send(13, uint64_t{i}, std::array{queues_[i].call});
    Send(12, uint64_t{i}, std::array{queues_[i].kick});
    Send(18, std::array<uint32_t, 2>{index, 1});
  }
}

void FrontEnd::SendMemory(uint64_t size_bytes) {
  const std::array<uint64_t, 5> table{1, kGuestBase, size_bytes, reinterpret_cast<uint64_t>(memory_), 0};
  Send(5, table, std::array{memory_file_});
}

void FrontEnd::Send(uint32_t request, std::span<const uint8_t> payload, std::span<const int> files, bool need_reply) {
  std::vector<uint8_t> bytes(12 + payload.size());
  const std::array<uint32_t, 3> header{request, need_reply ? 9u : 1u, static_cast<uint32_t>(payload.size())};
  std::memcpy(bytes.data(), header.data(), sizeof header);
  std::copy(payload.begin(), payload.end(), bytes.begin() + 12);
  iovec piece{bytes.data(), bytes.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(16 * sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  if (!files.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(files.size_bytes());
    cmsghdr* const part = CMSG_FIRSTHDR(&message);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(files.size_bytes());
    std::memcpy(CMSG_DATA(part), files.data(), files.size_bytes());
  }
  sendmsg(socket_, &message, MSG_NOSIGNAL);
}

void FrontEnd::SendRaw(std::span<const uint8_t> bytes) { send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }

std::vector<uint8_t> FrontEnd::Receive() {
  std::array<uint32_t, 3> header{};
  if (!WaitFor(socket_, kPatienceMs)) return {};
  if (recv(socket_, header.data(), sizeof header, MSG_WAITALL) != sizeof header) return {};
  EXPECT_EQ(header[1], 5u) << "version 1, reply";
  std::vector<uint8_t> payload(header[2]);
  if (!payload.empty() && recv(socket_, payload.data(), payload.size(), MSG_WAITALL) != static_cast<ssize_t>(payload.size())) return {};
  return payload;
}

uint64_t FrontEnd::ReceiveNumber() {
  const std::vector<uint8_t> payload = Receive();
  uint64_t number = 0;
  EXPECT_EQ(payload.size(), sizeof number);
  if (payload.size() == sizeof number) std::memcpy(&number, payload.data(), sizeof number);
  return number;
}

bool FrontEnd::IsHungUp() {
  char byte = 0;
  return WaitFor(socket_, kPatienceMs) && recv(socket_, &byte, 1, 0) <= 0;
}

uint64_t FrontEnd::BufferAddress(size_t queue, uint16_t index) const {
  return kGuestBase + QueueOffset(queue) + kBuffersOffset + index * kBufferBytes;
}

void FrontEnd::WriteMemory(uint64_t offset, std::span<const uint8_t> bytes) { std::memcpy(memory_ + offset, bytes.data(), bytes.size()); }

void FrontEnd::Put(size_t queue, uint16_t index, const Descriptor& descriptor) {
  std::memcpy(memory_ + QueueOffset(queue) + index * sizeof descriptor, &descriptor, sizeof descriptor);
}

void FrontEnd::Offer(size_t queue, uint16_t head) {
  auto* const ring = reinterpret_cast<uint16_t*>(memory_ + QueueOffset(queue) + kAvailableOffset);
  ring[2 + ring[1] % kQueueSize] = head;
  __atomic_store_n(&ring[1], static_cast<uint16_t>(ring[1] + 1), __ATOMIC_RELEASE);
  KickOnly(queue);
}

void FrontEnd::KickOnly(size_t queue) {
  const uint64_t one = 1;
  EXPECT_EQ(write(queues_[queue].kick, &one, sizeof one), static_cast<ssize_t>(sizeof one));
}

uint16_t FrontEnd::Request(size_t queue, const std::vector<Piece>& pieces, uint16_t first) {
  for (size_t i = 0; i < pieces.size(); ++i) {
    const auto index = static_cast<uint16_t>(first + i);
    const bool is_last = i + 1 == pieces.size();
    WriteMemory(BufferAddress(queue, index) - kGuestBase, pieces[i].bytes);
    Put(queue, index,
        {BufferAddress(queue, index), static_cast<uint32_t>(pieces[i].bytes.size()),
         static_cast<uint16_t>((pieces[i].is_room ? kWrite : 0) | (is_last ? 0 : kNext)), static_cast<uint16_t>(index + 1)});
  }
  Offer(queue, first);
  return first;
}

std::optional<uint16_t> FrontEnd::WaitForUsed(size_t queue, int timeout_ms) {
  const uint8_t* const ring = memory_ + QueueOffset(queue) + kUsedOffset;
  const auto index = [ring] { return __atomic_load_n(reinterpret_cast<const uint16_t*>(ring + 2), __ATOMIC_ACQUIRE); };
  uint64_t calls = 0;
  while (index() == queues_[queue].used) {
    if (!WaitFor(queues_[queue].call, timeout_ms)) return std::nullopt;
    EXPECT_GT(read(queues_[queue].call, &calls, sizeof calls), 0);
  }
  uint32_t head = 0;
  std::memcpy(&head, ring + 4 + 8 * (queues_[queue].used % kQueueSize), sizeof head);
  ++queues_[queue].used;
  return static_cast<uint16_t>(head);
}

std::vector<uint8_t> FrontEnd::Room(size_t queue, uint16_t index) {
  Descriptor descriptor;
  std::memcpy(&descriptor, memory_ + QueueOffset(queue) + index * sizeof descriptor, sizeof descriptor);
  const uint8_t* const begin = memory_ + descriptor.address - kGuestBase;
  return {begin, begin + descriptor.size_bytes};
}

std::optional<std::vector<uint8_t>> FrontEnd::Call(size_t queue, const std::vector<Piece>& pieces) {
  Request(queue, pieces);
  if (!WaitForUsed(queue)) return std::nullopt;
  std::vector<uint8_t> answer;
  for (size_t i = 0; i < pieces.size(); ++i) {
    if (!pieces[i].is_room) continue;
    const std::vector<uint8_t> room = Room(queue, static_cast<uint16_t>(i));
    answer.insert(answer.end(), room.begin(), room.end());
  }
  return answer;
}

std::optional<FrontEnd::I2cAnswer> FrontEnd::I2cWrite(uint8_t address, std::vector<uint8_t> bytes, bool more) {
  std::vector<Piece> pieces{{{static_cast<uint8_t>(address << 1), 0, 0, 0, static_cast<uint8_t>(more), 0, 0, 0}}};
  if (!bytes.empty()) pieces.push_back({std::move(bytes)});
  pieces.push_back(test::Room(1));
  const auto answer = Call(0, pieces);
  if (!answer) return std::nullopt;
  return I2cAnswer{answer->back(), {}};
}

std::optional<FrontEnd::I2cAnswer> FrontEnd::I2cRead(uint8_t address, size_t count, bool more) {
  const auto answer = Call(0, {{{static_cast<uint8_t>(address << 1), 0, 0, 0, static_cast<uint8_t>(more ? 3 : 2), 0, 0, 0}},
                               test::Room(count), test::Room(1)});
  if (!answer) return std::nullopt;
  return I2cAnswer{answer->back(), {answer->begin(), answer->end() - 1}};
}

std::optional<FrontEnd::GpioAnswer> FrontEnd::Gpio(uint16_t type, uint16_t line, uint32_t value) {
  const auto answer = Call(0, {{{static_cast<uint8_t>(type), 0, static_cast<uint8_t>(line), static_cast<uint8_t>(line >> 8),
                                 static_cast<uint8_t>(value), 0, 0, 0}},
                               test::Room(2)});
  if (!answer) return std::nullopt;
  return GpioAnswer{(*answer)[0], (*answer)[1]};
}

}  // namespace mls::test
