// Serves a module's serial registers to hosts over sockets and pseudo-terminals.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mls/drivers/module/input_error.h"
#include "mls/drivers/module/wake_event.h"
#include "mls/interface/status.h"

namespace mls {

class Listener;

// The module's end of one client's byte stream: what the client sent goes in, frames for it come out through the SendFrame that the session
// was opened with. Times are in milliseconds of a steady clock that wraps.
class LinkSession {
 public:
  virtual ~LinkSession() = default;
  virtual void Feed(std::span<const uint8_t> bytes, uint32_t now_ms) = 0;
  virtual void Poll(uint32_t now_ms) = 0;
};

// Takes a whole frame or nothing. kBusy: the client does not read fast enough; the frame is counted as dropped.
using SendFrame = std::function<Status(std::span<const uint8_t>)>;
using OpenSession = std::function<std::unique_ptr<LinkSession>(SendFrame)>;

// Listens on any number of addresses and serves several clients at a time, all from the one thread that calls Run. No client can hold
// up the module or another client: output that a client does not read is bounded, then dropped and counted, and a client on a
// socket that reads nothing for kStuckMs is cut off.
class BusServer {
 public:
  static constexpr size_t kMaxClients = 16;
  static constexpr size_t kMaxPendingBytes = 4096;  // for one client, beyond what the kernel takes
  static constexpr uint32_t kStuckMs = 2000;

  explicit BusServer(OpenSession open_session);
  ~BusServer();  // Closes all and removes its socket files and links.

  // Starts to listen, before Run. Returns the address that a host connects to.
  //   unix:PATH            a Unix socket. The file of a module that died is replaced, a living one's is not.
  //   tcp:127.0.0.1:PORT   a TCP socket on this machine only; port 0 takes a free one.
  //   pty                  a pseudo-terminal; the host opens it as serial:/dev/pts/N.
  //   pty:LINKPATH         the same, with a symbolic link to it.
  // Throws ListenError.
  std::string Listen(std::string_view address);

  // Serves until Stop, in a thread of its own. May be called again after that.
  void Run();
  // Opens the sessions of all clients anew, between two runs: the clients see a module that has started again.
  void ReopenSessions();
  void Stop();     // Any thread.
  void PollNow();  // Any thread: there may be something new to send.

  uint32_t dropped_frames() const { return dropped_frames_; }
  uint32_t refused_clients() const { return refused_clients_; }
  uint32_t cut_off_clients() const { return cut_off_clients_; }

 private:
  struct Client;

  void AddClient(int fd, bool is_pty);
  void OpenSessionOf(Client& client);
  void Accept(const Listener& listener);
  void ServeClient(Client& client, short events, uint32_t now_ms);

  const OpenSession open_session_;
  WakeEvent wake_;
  std::atomic<bool> stop_{false};
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::atomic<uint32_t> dropped_frames_{0};
  std::atomic<uint32_t> refused_clients_{0};
  std::atomic<uint32_t> cut_off_clients_{0};
};

}  // namespace mls
