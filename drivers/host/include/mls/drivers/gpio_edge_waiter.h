// A module's interrupt line on a GPIO line of this machine.
#pragma once

#include <string>
#include <string_view>

#include "mls/interface/register_bus.h"

namespace mls {

struct GpioLine {
  std::string name;  // As the kernel knows it, on any chip. Empty: chip and offset count.
  std::string chip;  // "gpiochip0"
  unsigned offset = 0;
};

// Takes gpio:NAME and gpiochipN:OFFSET. kInvalidArgument: neither; `error` says what is wrong.
Result<GpioLine> ParseGpioLine(std::string_view text, std::string& error);

// Waits for falling edges: the line is active low, and stays low until all is served. The kernel keeps edges that come
// between two calls. The pull-up is switched on where the chip has one.
//
// The line is requested by the first call. When it goes (a USB adapter is unplugged), Wait gives kNoDevice and a later
// call requests it again; so that a loop of waiting and draining goes on by polling and does not spin, an error comes
// back at the deadline, or after a second. Once it is back, Wait gives kOk, because an edge may have been missed.
class GpioEdgeWaiter final : public EdgeWaiter {
 public:
  explicit GpioEdgeWaiter(GpioLine line);
  ~GpioEdgeWaiter();
  GpioEdgeWaiter(const GpioEdgeWaiter&) = delete;
  GpioEdgeWaiter& operator=(const GpioEdgeWaiter&) = delete;

  // Requests the line now, unless it is held. kNoDevice: no such chip or line; kBusy: somebody else uses it;
  // kPermission; kUnsupported: the line cannot interrupt, or this build has no libgpiod. See error().
  Status Connect();
  // What the last request said when it failed.
  const std::string& error() const { return error_; }

 private:
  Status DoWait(Deadline deadline) override;
  int DoPollFd() const override { return fd_; }
  Status WaitForEdge(Deadline deadline);
  void Close();

  const GpioLine line_;
  std::string error_;
  int fd_ = -1;
  bool was_lost_ = false;
};

}  // namespace mls
