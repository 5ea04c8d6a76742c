#include "stream_open.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <future>
#include <memory>
#include <thread>

#include "file_descriptor.h"

namespace mls {
namespace {

using std::chrono::milliseconds;

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

}  // namespace

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

}  // namespace mls
