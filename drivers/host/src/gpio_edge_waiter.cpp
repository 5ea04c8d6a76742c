#include "mls/drivers/gpio_edge_waiter.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <thread>

#include "gpio_line.h"
#include "stream_open.h"

namespace mls {
namespace {

constexpr std::chrono::seconds kErrorPause(1);
constexpr size_t kLargestEvent = 48;  // struct gpio_v2_line_event; the first version has 16 bytes.

Status Explain(int code, const GpioLine& line, const std::string& user, std::string& error) {
  const std::string what = line.name.empty() ? "line " + std::to_string(line.offset) + " of " + line.chip
                                             : "GPIO line " + line.name;
  switch (code) {
    case ENOENT:
    case ENOTTY:
    case EINVAL: error = "there is no " + what + " (`gpioinfo` lists what there is)"; return Status::kNoDevice;
    case EBUSY: error = what + " is in use" + (user.empty() ? "" : " by " + user); return Status::kBusy;
    case ENODEV:  // what gpiolib says of a line without an interrupt, and of a chip that has just gone
    case ENXIO: error = what + " cannot interrupt"; return Status::kUnsupported;
    case ENOSYS:
      error = "interrupt lines are not part of this build (it was made without libgpiod)";
      return Status::kUnsupported;
    case EACCES:
    case EPERM:
      error =
          "permission denied: your user must be in the group of /dev/gpiochip* (often `sudo usermod -aG gpio $USER`, "
          "then log in again), or a udev rule must give access";
      return Status::kPermission;
    default: error = what + ": " + std::strerror(code); return Status::kBusError;
  }
}

}  // namespace

Result<GpioLine> ParseGpioLine(std::string_view text, std::string& error) {
  const size_t colon = text.find(':');
  const std::string_view chip = text.substr(0, colon);
  const std::string_view rest = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  GpioLine line;
  if (chip == "gpio" && !rest.empty()) {
    line.name = rest;
    return line;
  }
  const auto [end, code] = std::from_chars(rest.data(), rest.data() + rest.size(), line.offset);
  if (chip.starts_with("gpiochip") && chip.find('/') == std::string_view::npos && code == std::errc() &&
      end == rest.data() + rest.size()) {
    line.chip = chip;
    return line;
  }
  error = "an interrupt line is written gpio:NAME or gpiochip0:17";
  return Status::kInvalidArgument;
}

GpioEdgeWaiter::GpioEdgeWaiter(GpioLine line) : line_(std::move(line)) {}

GpioEdgeWaiter::~GpioEdgeWaiter() { Close(); }

void GpioEdgeWaiter::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

Status GpioEdgeWaiter::Connect() {
  if (fd_ >= 0) return Status::kOk;
  std::string user;
  const int fd = RequestFallingEdges(line_, user);
  if (fd < 0) return Explain(-fd, line_, user, error_);
  fcntl(fd, F_SETFL, O_RDONLY | O_NONBLOCK);
  fd_ = fd;
  return Status::kOk;
}

Status GpioEdgeWaiter::WaitForEdge(Deadline deadline) {
  if (const Status status = Connect(); status != Status::kOk) return status;
  if (std::exchange(was_lost_, false)) return Status::kOk;
  for (;;) {
    // What the events say does not matter, and more than this many mean the same as one.
    std::array<uint8_t, 16 * kLargestEvent> events;
    const ssize_t size = read(fd_, events.data(), events.size());
    if (size > 0) return Status::kOk;
    if (size == 0 || (errno != EAGAIN && errno != EINTR)) return Status::kNoDevice;
    if (errno == EINTR) continue;
    if (const Status status = WaitForStream(fd_, POLLIN, deadline); status != Status::kOk) return status;
  }
}

Status GpioEdgeWaiter::DoWait(Deadline deadline) {
  const Status status = WaitForEdge(deadline);
  if (status != Status::kOk && status != Status::kTimeout) {
    Close();
    was_lost_ = true;
    std::this_thread::sleep_until(std::min(deadline, SteadyClock::now() + kErrorPause));
  }
  return status;
}

}  // namespace mls
