#include "frame_test_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace mls::test {
namespace {

void Require(bool condition, const char* what) {
  if (condition) return;
  std::perror(what);
  std::abort();
}

WireStatus ToWire(Status status) {
  switch (status) {
    case Status::kOk: return WireStatus::kOk;
    case Status::kOutOfRange: return WireStatus::kBadAddress;
    case Status::kInvalidArgument: return WireStatus::kBadLength;
    case Status::kReadOnly: return WireStatus::kReadOnly;
    case Status::kRejected: return WireStatus::kBadValue;
    case Status::kBusy: return WireStatus::kBusy;
    default: return WireStatus::kBadFrame;
  }
}

// The same frame with one bit of its payload flipped.
EncodedFrame Damaged(EncodedFrame frame) {
  const Result<size_t> size = CobsDecode(frame.span().first(frame.size_bytes - 1), frame.bytes);
  frame.bytes[4] ^= 0x01;
  const std::array<uint8_t, kMaxEncodedFrameBytes> raw = frame.bytes;
  frame.size_bytes = CobsEncode(std::span(raw).first(*size), frame.bytes);
  frame.bytes[frame.size_bytes++] = 0;
  return frame;
}

std::atomic<int> servers = 0;

}  // namespace

FrameTestServer::FrameTestServer(FakeModule& module, Link link) : module_(module), link_(link) {
  path_ = "/tmp/mls-test-" + std::to_string(getpid()) + "-" + std::to_string(servers++);
  Require(pipe2(wake_, O_NONBLOCK | O_CLOEXEC) == 0, "pipe");
  Start();
}

FrameTestServer::~FrameTestServer() {
  if (thread_.joinable()) Stop();
  close(wake_[0]);
  close(wake_[1]);
}

void FrameTestServer::Start() {
  stop_ = false;
  switch (link_) {
    case Link::kUnix: {
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      std::copy(path_.begin(), path_.end(), address.sun_path);
      unlink(path_.c_str());
      listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
      Require(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "bind");
      uri_ = "unix:" + path_;
      break;
    }
    case Link::kTcp: {
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      address.sin_port = htons(static_cast<uint16_t>(port_));
      listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      const int reuse = 1;
      setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
      Require(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "bind");
      socklen_t size = sizeof address;
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
      port_ = ntohs(address.sin_port);
      uri_ = "tcp:127.0.0.1:" + std::to_string(port_);
      break;
    }
    case Link::kPty: {
      listener_ = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
      Require(listener_ >= 0 && grantpt(listener_) == 0 && unlockpt(listener_) == 0, "posix_openpt");
      char name[64];
      Require(ptsname_r(listener_, name, sizeof name) == 0, "ptsname");
      // A name that stays the same when the terminal goes and another one comes, as udev gives a serial adapter.
      unlink(path_.c_str());
      Require(symlink(name, path_.c_str()) == 0, "symlink");
      uri_ = "serial:" + path_ + "@115200";
      break;
    }
  }
  if (link_ != Link::kPty) Require(listen(listener_, 4) == 0, "listen");
  thread_ = std::thread([this] { Serve(); });
}

void FrameTestServer::Stop() {
  stop_ = true;
  Require(write(wake_[1], "x", 1) == 1, "write");
  thread_.join();
  close(listener_);
  if (link_ != Link::kTcp) unlink(path_.c_str());
  char drop[16];
  while (read(wake_[0], drop, sizeof drop) > 0) {
  }
}

void FrameTestServer::Notify() {
  ++notifications_;
  Require(write(wake_[1], "n", 1) == 1, "write");
}

// The fd that is readable; -1: woken for another reason.
int FrameTestServer::WaitReadable(int fd) {
  pollfd fds[] = {{fd, POLLIN, 0}, {wake_[0], POLLIN, 0}};
  poll(fds, 2, 1000);
  if (fds[1].revents != 0 && !stop_) {
    char drop[16];
    (void)!read(wake_[0], drop, sizeof drop);
  }
  return fds[0].revents != 0 && !stop_ ? fd : -1;
}

void FrameTestServer::Serve() {
  while (!stop_) {
    if (link_ == Link::kPty) {
      ServeConnection(listener_);
      usleep(2000);  // Without an open slave end the master end is readable all the time and gives EIO.
      continue;
    }
    if (WaitReadable(listener_) < 0) continue;
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    ServeConnection(fd);
    close(fd);
  }
}

void FrameTestServer::Send(int fd, std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    ssize_t size = link_ == Link::kPty ? write(fd, bytes.data(), bytes.size())
                                       : send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size <= 0) return;
    bytes = bytes.subspan(static_cast<size_t>(size));
  }
}

void FrameTestServer::ServeConnection(int fd) {
  FrameDecoder decoder;
  while (!stop_) {
    const bool readable = WaitReadable(fd) >= 0;
    for (int left = notifications_.exchange(0); left > 0; --left) {
      std::array<uint8_t, kEventRecordBytes> record{};
      {
        const std::lock_guard lock(module_.mutex);
        EncodeEvent(module_.fifo.empty() ? EventRecord{.sequence = 1, .type = EventType::kDetection} : module_.fifo.back(), record);
      }
      Send(fd, EncodeFrame({FrameOperation::kNotify, 0, EventRecordAddress(0), kEventRecordBytes}, record).span());
    }
    if (!readable) continue;
    uint8_t bytes[64];
    const ssize_t size = read(fd, bytes, sizeof bytes);
    if (size <= 0) return;
    for (ssize_t i = 0; i < size; ++i) {
      if (decoder.Push(bytes[i]) != Status::kOk) continue;
      const bool hang_up = misbehaviour_ == Misbehaviour::kHangUpHalfWay;
      Answer(fd, decoder);
      if (hang_up) return;
    }
  }
}

void FrameTestServer::Answer(int fd, const FrameDecoder& request) {
  const FrameHeader& header = request.header();
  std::array<uint8_t, kMaxWindowBytes + 1> payload{};
  size_t size = 1;
  {
    const std::lock_guard lock(module_.mutex);
    Status status = Status::kUnsupported;
    if (header.operation == FrameOperation::kRead) {
      const Result<std::span<const uint8_t>> answer = module_.BeginRead(header.address, header.length);
      status = answer.status();
      if (answer.ok()) {
        std::copy(answer->begin(), answer->end(), payload.begin() + 1);
        size += answer->size();
        module_.EndRead();
      }
    } else if (header.operation == FrameOperation::kWrite) {
      status = module_.Write(header.address, request.payload());
    }
    payload[0] = static_cast<uint8_t>(ToWire(status));
  }
  const Misbehaviour how = misbehaviour_;
  if (how == Misbehaviour::kShort && size > 1) --size;
  if (how == Misbehaviour::kEmptyResponse) size = 0;
  const auto frame_with_tag = [&](uint8_t tag) {
    return EncodeFrame({FrameOperation::kResponse, tag, header.address, static_cast<uint8_t>(size)},
                       std::span(payload).first(size));
  };
  EncodedFrame frame = frame_with_tag(header.tag);
  constexpr uint8_t kNoise[] = {0x55, 0xAA, 0x13, 0x37, 0x00};
  switch (how) {
    case Misbehaviour::kSilent: return;
    case Misbehaviour::kHangUpHalfWay:
      misbehaviour_ = Misbehaviour::kNone;
      Send(fd, frame.span().first(frame.size_bytes / 2));
      return;
    case Misbehaviour::kGarbageBefore: Send(fd, kNoise); break;
    case Misbehaviour::kGarbageGlued:
      misbehaviour_ = Misbehaviour::kNone;
      Send(fd, std::span(kNoise).first(4));
      break;
    case Misbehaviour::kStaleBefore: Send(fd, frame_with_tag(static_cast<uint8_t>(header.tag - 1)).span()); break;
    case Misbehaviour::kTwice: Send(fd, frame.span()); break;
    case Misbehaviour::kBadFrameCrc:
      misbehaviour_ = Misbehaviour::kNone;
      frame = Damaged(frame);
      break;
    case Misbehaviour::kOneByteAtATime:
      for (size_t i = 0; i < frame.size_bytes; ++i) {
        Send(fd, frame.span().subspan(i, 1));
        usleep(200);
      }
      return;
    case Misbehaviour::kNoiseForever:
      for (int i = 0; i < 400 && misbehaviour_ == Misbehaviour::kNoiseForever && !stop_; ++i) {
        Send(fd, kNoise);
        usleep(1000);
      }
      return;
    default: break;
  }
  Send(fd, frame.span());
}

}  // namespace mls::test
