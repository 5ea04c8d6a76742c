// GPIO lines without a kernel, behind a libgpiod of the test's own: fake_gpiod_v1.cpp or fake_gpiod_v2.cpp.
#pragma once

#include <string>
#include <vector>

namespace mls::test {

struct FakeGpioLine {
  std::string chip;
  unsigned offset = 0;
  std::string name = {};
  std::string user = {};    // Whoever else has it.
  bool can_interrupt = true;
  bool has_pull_up = true;  // The kernel takes that wish.
  bool may_open = true;     // The chip.

  // What was asked for.
  bool is_falling = false;
  bool is_pulled_up = false;
  std::string consumer = {};
  int requests = 0;

  int kernel_end = -1;  // Of the pair of sockets that stands for a request.

  // What the library does: a file descriptor, or -1 and errno.
  int Request(bool pull_up, const char* by);
  // An edge, as the kernel tells it. Nothing happens when nobody has the line.
  void Edge();
  // The request ends, as when the chip goes.
  void Hangup();
};

// All lines there are; a test fills it.
std::vector<FakeGpioLine>& FakeGpioLines();

// By chip path and offset; or by name. Null and errno: none.
FakeGpioLine* FindFakeLine(const std::string& chip_path, unsigned offset);
FakeGpioLine* FindFakeLine(const std::string& name);
// Whether there is such a chip that may be opened; errno if not.
bool CanOpenFakeChip(const std::string& path);

}  // namespace mls::test
