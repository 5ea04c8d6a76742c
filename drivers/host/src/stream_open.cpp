#include "stream_open.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <future>
#include <memory>
#include <thread>

namespace mls {
namespace {

using std::chrono::milliseconds;

// Closes a file descriptor unless it is released.
class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() {
    if (fd_ >= 0) close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

Status FromErrno(int code, std::string& error) {
  error = std::strerror(code);
  switch (code) {
    case ENOENT: error = "no such path; has the module been started?"; return Status::kNoDevice;
    case ECONNREFUSED: error = "refused: nobody listens there; has the module been started?"; return Status::kNoDevice;
    case ENXIO:
    case ENODEV:
    case ENOTDIR:
    case EIO:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ECONNRESET: return Status::kNoDevice;
    case EACCES:
    case EPERM: return Status::kPermission;
    case EBUSY:
    case EWOULDBLOCK: error = "another program has it open"; return Status::kBusy;
    case ETIMEDOUT: return Status::kTimeout;
    default: return Status::kBusError;
  }
}

// Connects a non-blocking socket.
Status ConnectSocket(int fd, const sockaddr* address, socklen_t size_bytes, Deadline deadline, std::string& error) {
  while (connect(fd, address, size_bytes) != 0) {
    if (errno == EISCONN) return Status::kOk;
    if (errno == EINTR || errno == EALREADY || errno == EINPROGRESS) {
      if (WaitForStream(fd, POLLOUT, deadline) != Status::kOk) {
        error = "no answer to the attempt to connect";
        return Status::kTimeout;
      }
      int code = 0;
      socklen_t length = sizeof code;
      if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &length) != 0) code = errno;
      return code == 0 ? Status::kOk : FromErrno(code, error);
    }
    if (errno != EAGAIN) return FromErrno(errno, error);
    // A Unix socket whose queue of connections is full: there is nothing to wait on.
    if (SteadyClock::now() >= deadline) {
      error = "the module is busy with other connections";
      return Status::kTimeout;
    }
    std::this_thread::sleep_for(milliseconds(2));
  }
  return Status::kOk;
}

using AddressList = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

struct Lookup {
  int code = 0;
  AddressList list{nullptr, &freeaddrinfo};
};

Lookup LookUp(const std::string& host, const std::string& port, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* list = nullptr;
  Lookup lookup;
  lookup.code = getaddrinfo(host.c_str(), port.c_str(), &hints, &list);
  if (lookup.code == 0) lookup.list.reset(list);
  return lookup;
}

// A name is looked up in a thread of its own, because getaddrinfo knows no deadline.
Lookup LookUpBefore(Deadline deadline, const std::string& host, const std::string& port) {
  Lookup numeric = LookUp(host, port, AI_NUMERICHOST | AI_NUMERICSERV);
  if (numeric.code == 0) return numeric;
  auto promise = std::make_shared<std::promise<Lookup>>();
  std::future<Lookup> future = promise->get_future();
  std::thread([promise, host, port] {
    promise->set_value(LookUp(host, port, AI_NUMERICSERV | AI_ADDRCONFIG));
  }).detach();
  if (future.wait_until(deadline) != std::future_status::ready) return {EAI_AGAIN, {nullptr, &freeaddrinfo}};
  return future.get();
}

struct BaudRate {
  unsigned baud;
  speed_t speed;
};
constexpr BaudRate kBaudRates[] = {
    {1200, B1200},     {2400, B2400},     {4800, B4800},     {9600, B9600},     {19200, B19200},
    {38400, B38400},   {57600, B57600},   {115200, B115200}, {230400, B230400}, {460800, B460800},
    {500000, B500000}, {576000, B576000}, {921600, B921600},
};

const BaudRate* FindBaudRate(unsigned baud) {
  for (const BaudRate& rate : kBaudRates) {
    if (rate.baud == baud) return &rate;
  }
  return nullptr;
}

}  // namespace

bool IsStandardBaud(unsigned baud) { return FindBaudRate(baud) != nullptr; }

Status WaitForStream(int fd, short events, Deadline deadline) {
  for (;;) {
    const auto left = std::clamp<SteadyClock::duration>(deadline - SteadyClock::now(), SteadyClock::duration::zero(),
                                                        std::chrono::hours(1));
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    const timespec time{static_cast<time_t>(seconds.count()),
                        static_cast<long>(std::chrono::nanoseconds(left - seconds).count())};
    pollfd poll_fd{fd, events, 0};
    const int ready = ppoll(&poll_fd, 1, &time, nullptr);
    if (ready > 0) return Status::kOk;
    if (ready < 0 && errno != EINTR) return Status::kBusError;
    if (ready == 0 && SteadyClock::now() >= deadline) return Status::kTimeout;
  }
}

Result<int> OpenUnix(const std::string& path, Deadline deadline, std::string& error) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    error = "the path of a Unix socket has at most " + std::to_string(sizeof address.sun_path - 1) + " bytes";
    return Status::kInvalidArgument;
  }
  std::copy(path.begin(), path.end(), address.sun_path);
  FileDescriptor fd(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return FromErrno(errno, error);
  const Status status =
      ConnectSocket(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address, deadline, error);
  if (status == Status::kPermission) error = "permission denied: you need write access to the socket";
  if (status != Status::kOk) return status;
  return fd.Release();
}

Result<int> OpenTcp(const std::string& host, const std::string& port, Deadline deadline, std::string& error) {
  const Lookup lookup = LookUpBefore(deadline, host, port);
  if (lookup.code != 0) {
    error = std::string("cannot look up the host: ") + gai_strerror(lookup.code);
    return lookup.code == EAI_AGAIN && SteadyClock::now() >= deadline ? Status::kTimeout : Status::kNoDevice;
  }
  Status status = Status::kNoDevice;
  for (const addrinfo* at = lookup.list.get(); at != nullptr; at = at->ai_next) {
    FileDescriptor fd(socket(at->ai_family, at->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, at->ai_protocol));
    if (fd.get() < 0) {
      status = FromErrno(errno, error);
      continue;
    }
    status = ConnectSocket(fd.get(), at->ai_addr, at->ai_addrlen, deadline, error);
    if (status != Status::kOk) continue;
    // One frame is one message: send it now. A peer that is gone without a word shows after a few seconds, not after
    // minutes.
    const int no_delay = 1;
    const unsigned give_up_ms = 5000;
    setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &no_delay, sizeof no_delay);
    setsockopt(fd.get(), IPPROTO_TCP, TCP_USER_TIMEOUT, &give_up_ms, sizeof give_up_ms);
    return fd.Release();
  }
  return status;
}

Result<int> OpenSerial(const std::string& device, unsigned baud, std::string& error) {
  const BaudRate* rate = FindBaudRate(baud);
  assert(rate != nullptr);
  FileDescriptor fd(open(device.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  if (fd.get() < 0) {
    const Status status = FromErrno(errno, error);
    if (status == Status::kNoDevice && error.starts_with("no such path")) error = "no such port; is it plugged in?";
    if (status == Status::kPermission) {
      error = "permission denied: your user must be in the port's group (ls -l " + device +
              "; often `sudo usermod -aG dialout $USER`, then log in again)";
    }
    return status;
  }
  termios settings{};
  if (tcgetattr(fd.get(), &settings) != 0) {
    if (errno != ENOTTY) return FromErrno(errno, error);
    error = "that is not a serial port";
    return Status::kInvalidArgument;
  }
  // TIOCEXCL keeps other users out, but not root: flock also keeps out other programs that ask.
  if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return FromErrno(errno, error);
  if (ioctl(fd.get(), TIOCEXCL) != 0) return FromErrno(errno, error);
  cfmakeraw(&settings);
  settings.c_cflag |= CLOCAL | CREAD;  // No modem lines: pseudo terminals and three-wire cables have none.
  settings.c_cflag &= ~static_cast<tcflag_t>(CRTSCTS | CSTOPB);
  settings.c_cc[VMIN] = 1;
  settings.c_cc[VTIME] = 0;
  cfsetispeed(&settings, rate->speed);
  cfsetospeed(&settings, rate->speed);
  if (tcsetattr(fd.get(), TCSANOW, &settings) != 0) return FromErrno(errno, error);
  termios actual{};
  if (tcgetattr(fd.get(), &actual) != 0 || cfgetospeed(&actual) != rate->speed) {
    error = "the port does not do " + std::to_string(baud) + " baud";
    return Status::kInvalidArgument;
  }
  tcflush(fd.get(), TCIOFLUSH);
  return fd.Release();
}

}  // namespace mls
