// The part of interrupt lines that differs between versions of libgpiod: gpio_line_v1.cpp, gpio_line_v2.cpp, or
// gpio_line_none.cpp.
#pragma once

#include "mls/drivers/gpio_edge_waiter.h"

namespace mls {

// Requests falling edges of `line`, with a pull-up if there is one. Returns a file descriptor that owns the request: it
// becomes readable when edges have come, and reading takes them. Or an errno, negative; with -EBUSY, `user` says who
// has the line, if the kernel tells. -ENOSYS: this build has no libgpiod.
int RequestFallingEdges(const GpioLine& line, std::string& user);

}  // namespace mls
