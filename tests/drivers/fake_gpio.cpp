#include "fake_gpio.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace mls::test {

int FakeGpioLine::Request(bool pull_up, const char* by) {
  ++requests;
  errno = !user.empty() ? EBUSY : !can_interrupt ? ENXIO : pull_up && !has_pull_up ? EINVAL : 0;
  if (errno != 0) return -1;
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return -1;
  Hangup();
  kernel_end = ends[1];
  is_falling = true;
  is_pulled_up = pull_up;
  consumer = by;
  return ends[0];
}

void FakeGpioLine::Edge() {
  const std::array<char, 48> event{};  // As long as the kernel's.
  if (kernel_end >= 0) (void)send(kernel_end, event.data(), event.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void FakeGpioLine::Hangup() {
  if (kernel_end >= 0) close(kernel_end);
  kernel_end = -1;
}

std::vector<FakeGpioLine>& FakeGpioLines() {
  static std::vector<FakeGpioLine> lines;
  return lines;
}

FakeGpioLine* FindFakeLine(const std::string& chip_path, unsigned offset) {
  for (FakeGpioLine& line : FakeGpioLines()) {
    if ("/dev/" + line.chip == chip_path && line.offset == offset) return &line;
  }
  errno = EINVAL;
  return nullptr;
}

FakeGpioLine* FindFakeLine(const std::string& name) {
  for (FakeGpioLine& line : FakeGpioLines()) {
    if (line.name == name) return &line;
  }
  errno = ENOENT;
  return nullptr;
}

bool CanOpenFakeChip(const std::string& path) {
  errno = ENOENT;
  bool is_there = false;
  for (const FakeGpioLine& line : FakeGpioLines()) {
    if ("/dev/" + line.chip != path) continue;
    is_there = true;
    if (!line.may_open) errno = EACCES;
  }
  return is_there && errno != EACCES;
}

}  // namespace mls::test
