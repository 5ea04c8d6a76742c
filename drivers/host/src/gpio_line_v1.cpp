// libgpiod 1.x, as in Debian 12.
#include <fcntl.h>
#include <gpiod.h>

#include <cerrno>
#include <memory>

#include "gpio_line.h"

namespace mls {

int RequestFallingEdges(const GpioLine& wanted, std::string& user) {
  gpiod_line* line = nullptr;
  std::unique_ptr<gpiod_chip, decltype(&gpiod_chip_close)> chip(nullptr, &gpiod_chip_close);
  errno = 0;
  if (wanted.name.empty()) {
    chip.reset(gpiod_chip_open(("/dev/" + wanted.chip).c_str()));
    if (chip != nullptr) line = gpiod_chip_get_line(chip.get(), wanted.offset);
  } else {
    line = gpiod_line_find(wanted.name.c_str());
    if (line != nullptr) chip.reset(gpiod_line_get_chip(line));
  }
  if (line == nullptr) return errno != 0 ? -errno : -ENOENT;
  // Kernels before 5.5 know no pull-up.
  if (gpiod_line_request_falling_edge_events_flags(line, "mlsensor", GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_UP) != 0 &&
      (errno == EBUSY || gpiod_line_request_falling_edge_events(line, "mlsensor") != 0)) {
    const int code = errno;
    if (const char* consumer = gpiod_line_consumer(line); consumer != nullptr) user = consumer;
    return -code;
  }
  // Closing the chip releases the line, but the copy keeps the request alive.
  const int fd = fcntl(gpiod_line_event_get_fd(line), F_DUPFD_CLOEXEC, 0);
  return fd >= 0 ? fd : -errno;
}

}  // namespace mls
