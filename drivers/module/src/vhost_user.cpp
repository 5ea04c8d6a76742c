#include "vhost_user.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace mls {
namespace {

enum Request : uint32_t {
  kGetFeatures = 1,
  kSetFeatures = 2,
  kResetOwner = 4,
  kSetMemTable = 5,
  kSetVringNum = 8,
  kSetVringAddr = 9,
  kSetVringBase = 10,
  kGetVringBase = 11,
  kSetVringKick = 12,
  kSetVringCall = 13,
  kGetProtocolFeatures = 15,
  kSetProtocolFeatures = 16,
  kGetQueueNum = 17,
  kSetVringEnable = 18,
  kSetBackendReqFd = 21,
  kGetConfig = 24,
  kResetDevice = 34,
};
constexpr uint32_t kVersion = 1, kReplyFlag = 4, kNeedReplyFlag = 8;
constexpr uint64_t kFeatureIndirect = uint64_t{1} << 28, kFeatureEventIndex = uint64_t{1} << 29;
constexpr uint64_t kFeatureProtocol = uint64_t{1} << 30, kFeatureVersion1 = uint64_t{1} << 32;
constexpr uint64_t kProtocolMq = 1u << 0, kProtocolReplyAck = 1u << 3, kProtocolBackendReq = 1u << 5, kProtocolConfig = 1u << 9;
constexpr uint64_t kNoFile = 1u << 8;  // in the payload of kSetVringKick and kSetVringCall

constexpr size_t kHeaderBytes = 12;
constexpr size_t kMaxPayloadBytes = 1024;
constexpr size_t kMaxFiles = 8;
constexpr size_t kConfigHeaderBytes = 12;
constexpr size_t kMaxConfigBytes = 256;

struct RingState {
  uint32_t index, value;
};
struct RingAddresses {
  uint32_t index, flags;
  uint64_t descriptors, used, available, log;
};

}  // namespace

// The front end's message, in the byte order of the machine that both run on.
struct VhostUserServer::Message {
  explicit Message(std::vector<uint8_t>& bytes) : bytes_(bytes) {}

  uint32_t request() const { return Word(0); }
  uint32_t flags() const { return Word(4); }
  uint32_t payload_bytes() const { return Word(8); }
  // The payload as a T, with zeros for what is missing.
  template <typename T>
  T Get(size_t offset = 0) const {
    T value{};
    const size_t begin = std::min(kHeaderBytes + offset, bytes_.size());
    std::memcpy(&value, bytes_.data() + begin, std::min(sizeof value, bytes_.size() - begin));
    return value;
  }
  template <typename T>
  void Set(const T& value) {
    bytes_.resize(std::max(bytes_.size(), kHeaderBytes + sizeof value));
    std::memcpy(bytes_.data() + kHeaderBytes, &value, sizeof value);
  }

 private:
  uint32_t Word(size_t offset) const {
    uint32_t word = 0;
    std::memcpy(&word, bytes_.data() + offset, sizeof word);
    return word;
  }
  std::vector<uint8_t>& bytes_;
};

VhostUserServer::VhostUserServer(const std::string& socket_path, VirtioDevice& device)
    : listener_("unix:" + socket_path), device_(device) {}

void VhostUserServer::AddPolled(std::vector<pollfd>& polled) {
  polled.push_back({client_ ? client_.get() : listener_.fd(), POLLIN, 0});
  for (const Queue& queue : queues_) polled.push_back({queue.is_started && queue.is_enabled ? queue.kick.get() : -1, POLLIN, 0});
}

void VhostUserServer::Serve(std::span<const pollfd> polled) {
  has_work_ = has_work_ && client_;
  const bool had_work = std::exchange(has_work_, false);
  for (size_t i = 0; i < kMaxQueues; ++i) {
    uint64_t kicks = 0;
    const bool is_kicked = polled[1 + i].revents != 0 && read(queues_[i].kick.get(), &kicks, sizeof kicks) > 0;
    if (polled[1 + i].revents & (POLLERR | POLLHUP | POLLNVAL) && !is_kicked) queues_[i].is_started = false;
    if (is_kicked || had_work) RunQueue(i);
  }
  if (polled[0].revents == 0) return;
  if (client_) return ServeClient();
  client_.Reset(listener_.Accept());
}

void VhostUserServer::ServeClient() {
  // A handful at a time: a front end that talks without end is not alone here.
  for (int i = 0; i < 32 && client_ && Receive(); ++i) Answer();
}

bool VhostUserServer::Receive() {
  const size_t have = received_.size();
  size_t wanted = kHeaderBytes;
  if (have >= kHeaderBytes) wanted += Message(received_).payload_bytes();
  if (wanted == have) return true;
  if (wanted > kHeaderBytes + kMaxPayloadBytes) {
    Disconnect();
    return false;
  }
  received_.resize(wanted);
  iovec piece{received_.data() + have, wanted - have};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kMaxFiles * sizeof(int))> control;
  msghdr header{};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  const ssize_t got = recvmsg(client_.get(), &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  received_.resize(have + static_cast<size_t>(std::max<ssize_t>(got, 0)));
  if (got <= 0) {
    if (got == 0 || (errno != EAGAIN && errno != EINTR)) Disconnect();
    return false;
  }
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    for (size_t i = 0; i < (part->cmsg_len - CMSG_LEN(0)) / sizeof(int); ++i) {
      int file = -1;
      std::memcpy(&file, CMSG_DATA(part) + i * sizeof file, sizeof file);
      files_.emplace_back(file);
    }
  }
  if (files_.size() > kMaxFiles) {
    Disconnect();
    return false;
  }
  return Receive();  // the payload, or whole
}

void VhostUserServer::Answer() {
  Message message(received_);
  const uint32_t request = message.request();
  const auto index = static_cast<size_t>(message.Get<uint32_t>());
  Queue* const queue = index < device_.queue_count() ? &queues_[index] : nullptr;
  bool is_good = true;
  uint32_t reply_bytes = 0;
  const auto reply_with = [&](uint64_t value) {
    message.Set(value);
    reply_bytes = sizeof value;
  };
  switch (request) {
    case kGetFeatures: reply_with(device_.features() | kFeatureIndirect | kFeatureVersion1 | kFeatureProtocol); break;
    case kSetFeatures:
      for (Queue& each : queues_) each.ring.UseEventIndex((message.Get<uint64_t>() & kFeatureEventIndex) != 0);
      break;
    case kGetProtocolFeatures:
      reply_with(kProtocolMq | kProtocolReplyAck | kProtocolBackendReq | (device_.config().empty() ? 0 : kProtocolConfig));
      break;
    case kSetProtocolFeatures: protocol_features_ = message.Get<uint64_t>(); break;
    case kGetQueueNum: reply_with(device_.queue_count()); break;
    case kSetMemTable: is_good = SetMemory(); break;
    case kSetVringNum: is_good = queue && queue->ring.SetSize(message.Get<RingState>().value); break;
    case kSetVringBase:
      is_good = queue != nullptr;
      if (queue) queue->ring.SetNext(static_cast<uint16_t>(message.Get<RingState>().value));
      break;
    case kSetVringAddr: {
      const auto addresses = message.Get<RingAddresses>();
      is_good = queue != nullptr;
      if (queue) queue->ring.SetAddresses({addresses.descriptors, addresses.available, addresses.used});
      break;
    }
    case kGetVringBase:
      if (queue) StopQueue(*queue);
      message.Set(RingState{static_cast<uint32_t>(index), queue ? queue->ring.next() : 0u});
      reply_bytes = sizeof(RingState);
      break;
    case kSetVringKick:
    case kSetVringCall: is_good = SetQueueFile(); break;
    case kSetVringEnable:
      is_good = queue != nullptr;
      if (queue) queue->is_enabled = message.Get<RingState>().value != 0;
      break;
    case kSetBackendReqFd:
      is_good = !files_.empty();
      if (is_good) backend_request_ = std::move(files_.front());
      break;
    case kGetConfig: {
      const auto offset = message.Get<uint32_t>(), size = message.Get<uint32_t>(4);
      received_.resize(kHeaderBytes);
      if (size > kMaxConfigBytes || offset > kMaxConfigBytes - size) {
        Reply(0);
        break;
      }
      const std::array<uint32_t, 3> header{offset, size, 0};
      message.Set(header);
      received_.resize(kHeaderBytes + kConfigHeaderBytes + size);
      const auto config = device_.config();
      for (size_t i = 0; i < size && offset + i < config.size(); ++i) received_[kHeaderBytes + kConfigHeaderBytes + i] = config[offset + i];
      reply_bytes = static_cast<uint32_t>(kConfigHeaderBytes + size);
      break;
    }
    case kResetOwner:
    case kResetDevice:
      for (Queue& each : queues_) StopQueue(each);
      break;
    default: break;  // Nothing else changes anything here.
  }
  if (reply_bytes == 0 && (message.flags() & kNeedReplyFlag) && (protocol_features_ & kProtocolReplyAck) && request != kGetConfig) {
    reply_with(is_good ? 0 : 1);
  }
  if (reply_bytes != 0) Reply(reply_bytes);
  received_.clear();
  files_.clear();
  // What was asked for before the queue could run.
  if (request == kSetVringKick || request == kSetVringEnable) has_work_ = true;
}

bool VhostUserServer::SetMemory() {
  const Message message(received_);
  const auto count = message.Get<uint32_t>();
  memory_.Clear();
  if (count > kMaxFiles || count != files_.size()) return false;
  for (uint32_t i = 0; i < count; ++i) {
    if (!memory_.Add(message.Get<MemoryRegion>(8 + i * sizeof(MemoryRegion)), files_[i].get())) return false;
  }
  return true;
}

bool VhostUserServer::SetQueueFile() {
  const Message message(received_);
  const auto word = message.Get<uint64_t>();
  const size_t index = word & 0xFF;
  if (index >= device_.queue_count()) return false;
  Queue& queue = queues_[index];
  const bool is_kick = message.request() == kSetVringKick;
  UniqueFd& file = is_kick ? queue.kick : queue.call;
  file.Reset();
  if (is_kick) queue.is_started = true;
  if (word & kNoFile) return true;
  if (files_.empty()) return false;
  file = std::move(files_.front());
  // Nobody shall be able to make this thread wait.
  return fcntl(file.get(), F_SETFL, fcntl(file.get(), F_GETFL) | O_NONBLOCK) == 0;
}

void VhostUserServer::Reply(uint32_t payload_bytes) {
  const std::array<uint32_t, 2> flags_and_size{kVersion | kReplyFlag, payload_bytes};
  std::memcpy(received_.data() + 4, flags_and_size.data(), sizeof flags_and_size);
  const size_t size = kHeaderBytes + payload_bytes;
  if (send(client_.get(), received_.data(), size, MSG_NOSIGNAL | MSG_DONTWAIT) != static_cast<ssize_t>(size)) Disconnect();
}

void VhostUserServer::StopQueue(Queue& queue) {
  queue.is_started = false;
  queue.kick.Reset();
  device_.Reset();
}

void VhostUserServer::RunQueue(size_t index) {
  Queue& queue = queues_[index];
  if (!queue.is_started || !queue.is_enabled) return;
  bool is_empty = false;
  bool has_returned = false;
  for (int i = 0; i < 256 && !is_empty; ++i) {
    switch (queue.ring.Pop(memory_, chain_)) {
      case Virtqueue::Outcome::kBroken: queue.is_started = false; return;
      case Virtqueue::Outcome::kEmpty: is_empty = true; break;
      case Virtqueue::Outcome::kChain: {
        const uint16_t head = chain_.head;
        const uint32_t written = device_.Handle(index, chain_);
        if (written != VirtioDevice::kLater) has_returned |= queue.ring.Push(memory_, head, written);
        queue.ring.AskForKick(memory_);
        break;
      }
    }
  }
  if (!is_empty) has_work_ = true;
  if (has_returned) Notify(queue);
}

void VhostUserServer::Return(size_t index, uint16_t head, std::span<const uint8_t> answer) {
  Queue& queue = queues_[index];
  Chain chain;  // Handle may be at work on chain_.
  if (queue.ring.Walk(memory_, head, chain)) chain.Store(0, answer);
  if (queue.ring.Push(memory_, head, static_cast<uint32_t>(answer.size()))) Notify(queue);
}

void VhostUserServer::Notify(Queue& queue) {
  const uint64_t one = 1;
  // It fails only where the driver has yet to look at an earlier one.
  if (queue.call) [[maybe_unused]] const ssize_t written = write(queue.call.get(), &one, sizeof one);
}

void VhostUserServer::Disconnect() {
  for (Queue& queue : queues_) queue = {};
  device_.Reset();
  memory_.Clear();
  backend_request_.Reset();
  protocol_features_ = 0;
  has_work_ = false;
  received_.clear();
  files_.clear();
  client_.Reset();
}

}  // namespace mls
