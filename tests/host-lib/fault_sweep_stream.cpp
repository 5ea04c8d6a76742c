// Serial frames over a Unix socket, TCP, or a pseudo-terminal. What goes wrong, goes wrong with the bytes, between the host's system calls
// and the module's frame server; all in one thread.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

#include "fault_sweep_link.h"
#include "fault_sweep_time.h"
#include "mls/core/module/frame_server.h"
#include "mls/drivers/stream_bus.h"

extern "C" int __real_ppoll(pollfd* fds, nfds_t count, const timespec* timeout, const sigset_t* mask);

namespace mls::test {
namespace {

using Bytes = std::vector<uint8_t>;

constexpr uint8_t kNoise[] = {0x55, 0xAA, 0x13, 0x37, 0x42, 0x00};
// How long the kernel may take to move bytes from one end to the other; what takes longer went down with a connection.
constexpr timespec kKernelTakes{0, 20'000'000};

void Require(bool condition, const char* what) {
  if (condition) return;
  std::perror(what);
  std::abort();
}

bool IsReadable(int fd, const timespec& within) {
  pollfd polled{fd, POLLIN, 0};
  return __real_ppoll(&polled, 1, &within, nullptr) > 0;
}

class StreamLink final : public LocalLink {
 public:
  explicit StreamLink(Stream stream) : stream_(stream) {
    path_ = "/tmp/mls-sweep-" + std::to_string(getpid());
    Plug();
    simulation::SetPump([this] { Pump(); });
  }
  ~StreamLink() override {
    simulation::SetPump({});
    Unplug();
  }

  Result<BusConnection> Connect() override {
    Result<BusConnection> connection = OpenBus(uri_, SteadyClock::now() + kCallTimeout);
    if (connection.ok()) {
      host_ = std::dynamic_pointer_cast<StreamBus>(connection->bus);
      received_ = sent_ = lost_ = accepted_ = 0;
    }
    return connection;
  }
  void HostIsGone() override {
    LocalLink::HostIsGone();
    on_answer_.reset();
  }

 private:
  class Writer final : public FrameWriter {
   public:
    explicit Writer(StreamLink& link) : link_(link) {}

   private:
    Status DoWrite(std::span<const uint8_t> frame) override {
      link_.FromModule({frame.begin(), frame.end()});
      return Status::kOk;
    }
    StreamLink& link_;
  };

  void Plug();
  void Unplug();
  void HangUp();
  void Pump();
  void Accept();
  bool Receive();
  void FromHost(Bytes request);
  void Feed(const Bytes& bytes);
  void FromModule(Bytes frame);
  void Send(std::span<const uint8_t> bytes);
  void AnswerBusy(const Bytes& request);
  void Restart();

  const Stream stream_;
  std::string path_;
  std::string uri_;
  int port_ = 0;
  int listener_ = -1;
  int fd_ = -1;  // To the host.
  std::weak_ptr<StreamBus> host_;
  // Since the host's bus was made: bytes that this end has seen; bytes of the host that went down with a connection.
  uint64_t received_ = 0, sent_ = 0, lost_ = 0;
  uint64_t accepted_ = 0;  // Connections.

  Writer writer_{*this};
  std::optional<FrameServer> server_;
  Bytes request_;
  std::optional<Kind> on_answer_;  // What happens to the answers of the request that is being carried out.
  int notifications_to_lose_ = 0;
  simulation::Nanoseconds stuck_until_{};
};

void StreamLink::Plug() {
  switch (stream_) {
    case Stream::kUnix: {
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      std::copy(path_.begin(), path_.end(), address.sun_path);
      unlink(path_.c_str());
      listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      Require(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "bind");
      uri_ = "unix:" + path_;
      break;
    }
    case Stream::kTcp: {
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      address.sin_port = htons(static_cast<uint16_t>(port_));
      listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      const int on = 1;
      setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
      Require(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "bind");
      socklen_t size = sizeof address;
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
      port_ = ntohs(address.sin_port);
      uri_ = "tcp:127.0.0.1:" + std::to_string(port_);
      break;
    }
    case Stream::kPseudoTerminal: {
      fd_ = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
      Require(fd_ >= 0 && grantpt(fd_) == 0 && unlockpt(fd_) == 0, "posix_openpt");
      char name[64];
      Require(ptsname_r(fd_, name, sizeof name) == 0, "ptsname");
      unlink(path_.c_str());
      Require(symlink(name, path_.c_str()) == 0, "symlink");
      uri_ = "serial:" + path_ + "@921600";
      break;
    }
  }
  if (listener_ >= 0) Require(listen(listener_, 8) == 0, "listen");
  server_.emplace(module_.bank(), writer_);
  request_.clear();
}

void StreamLink::HangUp() {
  if (fd_ >= 0 && stream_ == Stream::kTcp) {
    const linger at_once{1, 0};  // Thousands of closed connections would wait for their time otherwise.
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  if (fd_ >= 0) close(std::exchange(fd_, -1));
  request_.clear();
}

void StreamLink::Unplug() {
  HangUp();
  if (listener_ >= 0) close(std::exchange(listener_, -1));
  if (stream_ != Stream::kTcp) unlink(path_.c_str());
}

void StreamLink::Restart() {
  // The process behind a socket takes its connections with it; the line to a board stays.
  if (stream_ != Stream::kPseudoTerminal) HangUp();
  server_.reset();
  module_.Restart();
  server_.emplace(module_.bank(), writer_);
}

bool StreamLink::Receive() {
  uint8_t bytes[512];
  const ssize_t size = read(fd_, bytes, sizeof bytes);
  if (size <= 0) return false;  // A terminal that nobody has open gives EIO.
  received_ += static_cast<uint64_t>(size);
  for (ssize_t i = 0; i < size && fd_ >= 0; ++i) {
    request_.push_back(bytes[i]);
    if (bytes[i] == 0) FromHost(std::exchange(request_, {}));
  }
  return true;
}

void StreamLink::Pump() {
  const std::shared_ptr<StreamBus> host = host_.lock();
  if (!host) return;
  if (listener_ >= 0 && accepted_ != host->counters().connects) Accept();
  if (fd_ >= 0) server_->Poll(simulation::NowMs());
  // A kernel may take a moment from one end of a terminal to the other: time stands still meanwhile.
  const auto is_under_way = [&] { return host->counters().bytes_sent > received_ + lost_; };
  while (fd_ >= 0 && (Receive() || (is_under_way() && IsReadable(fd_, kKernelTakes) && Receive()))) {
  }
  lost_ = host->counters().bytes_sent - received_;
  const uint64_t taken = host->counters().bytes_received;
  if (sent_ > taken) {
    const int host_fd = static_cast<EdgeWaiter&>(*host).PollFd();
    if (host_fd < 0 || !IsReadable(host_fd, kKernelTakes)) sent_ = taken;
  }
}

void StreamLink::Accept() {
  for (int fd; (fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0;) {
    HangUp();
    fd_ = fd;
    ++accepted_;
    const int on = 1;
    if (stream_ == Stream::kTcp) setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    server_.emplace(module_.bank(), writer_);
  }
}

void StreamLink::Feed(const Bytes& bytes) {
  server_->Feed(bytes, simulation::NowMs());
  module_.Step();
}

void StreamLink::AnswerBusy(const Bytes& request) {
  FrameDecoder decoder;
  for (const uint8_t byte : request) {
    if (decoder.Push(byte) != Status::kOk) continue;
    const FrameHeader& header = decoder.header();
    const uint8_t busy = static_cast<uint8_t>(WireStatus::kBusy);
    Send(EncodeFrame({FrameOperation::kResponse, header.tag, header.address, 1}, {&busy, 1}).span());
  }
}

void StreamLink::FromHost(Bytes request) {
  if (request.size() == 1) return Feed(request);  // The end of a frame that there was none of.
  const std::optional<Kind> kind = NextOperation();
  if (simulation::Now() < stuck_until_) return AnswerBusy(request);
  if (!kind) return Feed(request);
  const size_t half = request.size() / 2;
  on_answer_ = kind;
  switch (*kind) {
    case Kind::kNackOnAddress: break;
    case Kind::kNackOnData: Feed({request.begin(), request.begin() + static_cast<std::ptrdiff_t>(half)}); break;
    case Kind::kBitFlipInRequest:
      request[operations() % request.size()] ^= static_cast<uint8_t>(1u << (operations() / request.size() % 8));
      Feed(request);
      break;
    case Kind::kStuckBusy:
      stuck_until_ = simulation::Now() + kStuckFor;
      AnswerBusy(request);
      break;
    case Kind::kModuleReset: Restart(); break;
    case Kind::kResetAfterRequest:
      Feed(request);  // Its answer is dropped in FromModule.
      Restart();
      break;
    case Kind::kHostKilled: Feed(request); throw HostKilled();
    case Kind::kLostInterrupt:
      ++notifications_to_lose_;
      Feed(request);
      break;
    case Kind::kSpuriousInterrupt: {
      std::array<uint8_t, kEventRecordBytes> record{};
      EncodeEvent({.sequence = 1, .type = EventType::kPresence, .label = 1}, record);
      Send(EncodeFrame({FrameOperation::kNotify, 0, EventRecordAddress(0), kEventRecordBytes}, record).span());
      Feed(request);
      break;
    }
    case Kind::kDuplicatedFrame:
      Feed(request);
      Feed(request);
      break;
    case Kind::kGarbageBetweenFrames:
      Send(kNoise);
      Feed({std::begin(kNoise), std::end(kNoise)});
      Feed(request);
      break;
    case Kind::kAdapterUnplugged:
      Unplug();
      simulation::After(kUnpluggedFor, [this] { Plug(); });
      break;
    case Kind::kBitFlipInAnswer:
    case Kind::kTruncatedRead:
    case Kind::kDelayBeyondDeadline: Feed(request); break;
  }
  on_answer_.reset();
}

void StreamLink::FromModule(Bytes frame) {
  FrameDecoder decoder;
  for (const uint8_t byte : frame) (void)decoder.Push(byte);
  if (decoder.header().operation == FrameOperation::kNotify) {
    if (notifications_to_lose_ > 0) {
      --notifications_to_lose_;
    } else {
      Send(frame);
    }
    return;
  }
  if (on_answer_ == Kind::kResetAfterRequest) return;
  if (on_answer_ == Kind::kTruncatedRead) frame.resize(frame.size() / 2);
  if (on_answer_ == Kind::kBitFlipInAnswer) {
    frame[operations() % frame.size()] ^= static_cast<uint8_t>(1u << (operations() / frame.size() % 8));
  }
  if (on_answer_ == Kind::kDelayBeyondDeadline) {
    simulation::After(kLateBy, [this, frame] { Send(frame); });
    return;
  }
  Send(frame);
}

void StreamLink::Send(std::span<const uint8_t> bytes) {
  if (fd_ < 0) return;
  const ssize_t size = stream_ == Stream::kPseudoTerminal ? write(fd_, bytes.data(), bytes.size())
                                                          : send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (size > 0) sent_ += static_cast<uint64_t>(size);
}

}  // namespace

std::unique_ptr<Link> MakeStreamLink(Stream stream) { return std::make_unique<StreamLink>(stream); }

}  // namespace mls::test
