// From a URI to a register bus.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "mls/interface/register_bus.h"
#include "mls/interface/status.h"

namespace mls {

// A bus together with what tells that the module has news.
struct BusConnection {
  std::shared_ptr<RegisterBus> bus;
  std::shared_ptr<EdgeWaiter> edges;  // Null: nothing tells, so poll.
  // `edges` is the module's interrupt line, driven as control.interrupt_enable says. Otherwise it is NOTIFY frames on
  // the same link, sent as control.notify says.
  bool is_interrupt_line = false;
};

// What OpenBus understands, one line each, for help texts.
inline constexpr std::string_view kUriForms[] = {
    "i2c:BUS[@ADDRESS]        an I2C adapter by number or path; address 0x6c unless given",
    "serial:DEVICE[@BAUD]     a serial port; 115200 baud unless given, at most 921600",
    "unix:PATH                a Unix socket",
    "tcp:HOST:PORT            a TCP connection; IPv6 as tcp:[::1]:4000",
    "URI,irq=gpio:NAME        any of these, with the module's interrupt on a GPIO line by name",
    "URI,irq=gpiochipN:OFFSET or by chip and offset",
};
inline constexpr unsigned kDefaultBaud = 115200;

// Opens the bus and connects to it. Nothing is sent yet. On failure `error`, where given, gets one sentence for people,
// without the URI. kInvalidArgument: not one of kUriForms; kNoDevice: no such path, adapter, line, host or port, or
// nobody listens; kPermission; kBusy: another program has the serial port or the line, or a kernel driver the I2C
// address; kUnsupported: the adapter or the line cannot do what is needed; kTimeout: no connection before the deadline;
// kBusError: anything else that the operating system said.
Result<BusConnection> OpenBus(std::string_view uri, Deadline deadline, std::string* error = nullptr);

}  // namespace mls
