#include "mls/drivers/module/bus_server.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>

#include "listener.h"

namespace mls {
namespace {

constexpr int kTickMs = 10;  // how often sessions are asked for stalled frames while there are clients

uint32_t SteadyMs() {
  return static_cast<uint32_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count());
}

}  // namespace

struct BusServer::Client {
  Client(int fd_in, bool is_pty_in) : fd(fd_in), is_pty(is_pty_in) {}
  ~Client() { close(fd); }

  Status Send(std::span<const uint8_t> frame) {
    if (pending.size() + frame.size() > kMaxPendingBytes) return Status::kBusy;
    if (pending.empty()) pending_since_ms = SteadyMs();
    pending.insert(pending.end(), frame.begin(), frame.end());
    return Status::kOk;
  }

  void Flush() {
    while (!pending.empty()) {
      const ssize_t sent = is_pty ? write(fd, pending.data(), pending.size())
                                  : send(fd, pending.data(), pending.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK) gone = true;
      if (sent <= 0) return;
      pending.erase(pending.begin(), pending.begin() + sent);
      pending_since_ms = SteadyMs();
    }
  }

  const int fd;
  const bool is_pty;
  std::unique_ptr<LinkSession> session;
  std::vector<uint8_t> pending;
  uint32_t pending_since_ms = 0;  // last time that some of it could be sent
  bool gone = false;
};

BusServer::BusServer(OpenSession open_session) : open_session_(std::move(open_session)) {}

BusServer::~BusServer() = default;

std::string BusServer::Listen(std::string_view address) {
  listeners_.push_back(std::make_unique<Listener>(address));
  Listener& listener = *listeners_.back();
  if (listener.is_pty()) AddClient(listener.ReleasePtyMaster(), true);
  return listener.host_address();
}

void BusServer::AddClient(int fd, bool is_pty) {
  clients_.push_back(std::make_unique<Client>(fd, is_pty));
  OpenSessionOf(*clients_.back());
}

void BusServer::OpenSessionOf(Client& client) {
  client.session = open_session_([this, &client](std::span<const uint8_t> frame) {
    const Status status = client.Send(frame);
    if (status != Status::kOk) ++dropped_frames_;
    return status;
  });
}

void BusServer::ReopenSessions() {
  for (const auto& client : clients_) OpenSessionOf(*client);
}

void BusServer::Accept(const Listener& listener) {
  const int fd = listener.Accept();
  if (fd < 0) return;
  if (clients_.size() >= kMaxClients) {
    ++refused_clients_;
    close(fd);
    return;
  }
  AddClient(fd, false);
}

void BusServer::ServeClient(Client& client, short events, uint32_t now_ms) {
  if (events & (POLLIN | POLLHUP | POLLERR)) {
    std::array<uint8_t, 512> bytes;
    const ssize_t got = read(client.fd, bytes.data(), bytes.size());
    if (got > 0) {
      client.session->Feed(std::span(bytes).first(static_cast<size_t>(got)), now_ms);
    } else if (!client.is_pty && (got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))) {
      client.gone = true;
    }
  }
  client.session->Poll(now_ms);
  client.Flush();  // Answers and events of one round leave together.
  if (client.pending.empty() || now_ms - client.pending_since_ms < kStuckMs || client.pending_since_ms - now_ms < kStuckMs) return;
  // Nobody may be at the other end of a pseudo-terminal: what a host finds there later would be old.
  client.pending.clear();
  ++dropped_frames_;
  if (!client.is_pty) {
    ++cut_off_clients_;
    client.gone = true;
  }
}

void BusServer::Run() {
  std::vector<pollfd> polled;
  while (!stop_) {
    polled.assign(1, {wake_.fd(), POLLIN, 0});
    for (const auto& listener : listeners_) polled.push_back({listener->fd(), POLLIN, 0});  // -1 for a pty: poll passes it over
    for (const auto& client : clients_) {
      // A client that does not read its answers is not asked for more questions.
      const short want = client->pending.size() < kMaxPendingBytes / 2 ? POLLIN : 0;
      polled.push_back({client->fd, static_cast<short>(want | (client->pending.empty() ? 0 : POLLOUT)), 0});
    }
    const int count = poll(polled.data(), polled.size(), clients_.empty() ? -1 : kTickMs);
    if (count < 0 && errno != EINTR) break;
    if (polled[0].revents != 0) wake_.Clear();
    const uint32_t now_ms = SteadyMs();
    for (size_t i = 0; i < clients_.size(); ++i) {
      ServeClient(*clients_[i], count < 0 ? short{0} : polled[1 + listeners_.size() + i].revents, now_ms);
    }
    std::erase_if(clients_, [](const auto& client) { return client->gone; });
    for (size_t i = 0; i < listeners_.size(); ++i) {
      if (count > 0 && polled[1 + i].revents != 0) Accept(*listeners_[i]);
    }
  }
  stop_ = false;
}

void BusServer::Stop() {
  stop_ = true;
  wake_.Set();
}

void BusServer::PollNow() { wake_.Set(); }

}  // namespace mls
