#include "listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

namespace mls {
namespace {

constexpr int kBacklog = 64;
constexpr int kKernelBufferBytes = 16 * 1024;

bool TakePrefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace

Listener::Listener(std::string_view address) : address_(address) {
  std::string_view rest = address;
  if (TakePrefix(rest, "unix:")) {
    ListenUnix(std::string(rest));
  } else if (TakePrefix(rest, "tcp:")) {
    ListenTcp(std::string(rest));
  } else if (rest == "pty" || TakePrefix(rest, "pty:")) {
    OpenPty(rest == "pty" ? std::string() : std::string(rest));
  } else {
    Fail("not an address; use unix:PATH, tcp:127.0.0.1:PORT, pty or pty:LINKPATH");
  }
}

Listener::~Listener() { Close(); }

void Listener::Close() {
  struct stat now {};
  if (!file_.empty() && lstat(file_.c_str(), &now) == 0 && now.st_ino == file_inode_) unlink(file_.c_str());
  for (int* fd : {&fd_, &pty_master_, &pty_slave_}) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
  }
}

void Listener::Fail(const std::string& why) {
  Close();
  throw ListenError(address_ + ": " + why);
}

void Listener::Open(int domain) {
  fd_ = socket(domain, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd_ < 0) Fail(std::strerror(errno));
}

void Listener::ListenUnix(const std::string& path) {
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  if (path.empty()) Fail("no path; use unix:PATH, as in unix:/tmp/sensor.sock");
  if (path.size() >= sizeof where.sun_path) {
    Fail("the path is longer than " + std::to_string(sizeof where.sun_path - 1) + " bytes; use a shorter one, as in /tmp");
  }
  std::memcpy(where.sun_path, path.data(), path.size());
  const auto* const generic = reinterpret_cast<const sockaddr*>(&where);

  struct stat old {};
  if (lstat(path.c_str(), &old) == 0) {
    if (!S_ISSOCK(old.st_mode)) Fail("there is a file of that name that is no socket; remove it or use another path");
    Open(AF_UNIX);
    // A connection that is taken, or has to wait for that, shows that somebody lives there.
    const bool nobody = connect(fd_, generic, sizeof where) != 0 && errno == ECONNREFUSED;
    close(std::exchange(fd_, -1));
    if (!nobody) Fail("another program listens there; stop it or use another path");
    unlink(path.c_str());
  }
  Open(AF_UNIX);
  if (bind(fd_, generic, sizeof where) != 0) Fail(std::string(std::strerror(errno)) + "; check the directory of the socket");
  struct stat ours {};
  if (lstat(path.c_str(), &ours) == 0) file_inode_ = ours.st_ino;
  file_ = path;
  if (listen(fd_, kBacklog) != 0) Fail(std::strerror(errno));
  host_address_ = "unix:" + path;
}

void Listener::ListenTcp(const std::string& host_and_port) {
  const size_t colon = host_and_port.rfind(':');
  const std::string host = host_and_port.substr(0, colon);
  uint16_t port = 0;
  const char* const end = host_and_port.data() + host_and_port.size();
  const char* const digits = colon == std::string::npos ? end : host_and_port.data() + colon + 1;
  const auto [rest, error] = std::from_chars(digits, end, port);
  if (error != std::errc{} || rest != end) Fail("no port from 0 to 65535; use tcp:127.0.0.1:PORT");

  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(port);
  const bool is_address = inet_pton(AF_INET, host == "localhost" ? "127.0.0.1" : host.c_str(), &where.sin_addr) == 1;
  // Whoever can connect can read what the sensor reports: the link has no access control of its own.
  if (!is_address || (ntohl(where.sin_addr.s_addr) >> 24) != 127) {
    Fail("only addresses of this machine can be used, as in tcp:127.0.0.1:7355");
  }
  Open(AF_INET);
  const int on = 1;
  setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd_, reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0 || listen(fd_, kBacklog) != 0) {
    Fail(std::string(std::strerror(errno)) + "; use another port, or 0 for a free one");
  }
  socklen_t size = sizeof where;
  getsockname(fd_, reinterpret_cast<sockaddr*>(&where), &size);
  host_address_ = "tcp:" + host + ":" + std::to_string(ntohs(where.sin_port));
}

void Listener::OpenPty(const std::string& link_path) {
  pty_master_ = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  std::array<char, 64> name{};
  if (pty_master_ < 0 || grantpt(pty_master_) != 0 || unlockpt(pty_master_) != 0 ||
      ptsname_r(pty_master_, name.data(), name.size()) != 0) {
    Fail(std::string("no pseudo-terminal: ") + std::strerror(errno));
  }
  pty_slave_ = open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC);
  termios settings{};
  if (pty_slave_ < 0 || tcgetattr(pty_slave_, &settings) != 0) Fail(std::string("no pseudo-terminal: ") + std::strerror(errno));
  cfmakeraw(&settings);
  tcsetattr(pty_slave_, TCSANOW, &settings);
  if (link_path.empty()) {
    host_address_ = std::string("serial:") + name.data();
    return;
  }
  struct stat old {};
  if (lstat(link_path.c_str(), &old) == 0) {
    // A link that dangles, or leads to a pseudo-terminal, is what a module that died left behind.
    std::array<char, 256> target{};
    const ssize_t length = S_ISLNK(old.st_mode) ? readlink(link_path.c_str(), target.data(), target.size() - 1) : -1;
    if (length < 0 || !std::string_view(target.data()).starts_with("/dev/pts/")) {
      Fail("there is a file of that name that is no link to a pseudo-terminal; remove it or use another path");
    }
    unlink(link_path.c_str());
  }
  if (symlink(name.data(), link_path.c_str()) != 0) Fail(std::string(std::strerror(errno)) + "; check the directory of the link");
  struct stat ours {};
  if (lstat(link_path.c_str(), &ours) == 0) file_inode_ = ours.st_ino;
  file_ = link_path;
  host_address_ = "serial:" + link_path;
}

int Listener::Accept() const {
  const int client = accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (client < 0) return client;
  // Answers leave at once, and little waits in the kernel: what a host reads late would be old. (No TCP on a Unix socket: refused there.)
  const int on = 1;
  setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(client, SOL_SOCKET, SO_SNDBUF, &kKernelBufferBytes, sizeof kKernelBufferBytes);
  return client;
}

int Listener::ReleasePtyMaster() { return std::exchange(pty_master_, -1); }

}  // namespace mls
