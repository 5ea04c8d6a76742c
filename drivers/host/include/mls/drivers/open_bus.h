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
    "unix:PATH                a Unix socket",
    "tcp:HOST:PORT            a TCP connection; IPv6 as tcp:[::1]:4000",
    "serial:DEVICE[@BAUD]     a serial port; 115200 baud unless given, at most 921600",
};
inline constexpr unsigned kDefaultBaud = 115200;

// Opens the bus and connects to it. Nothing is sent yet. On failure `error`, where given, gets one sentence for people,
// without the URI. kInvalidArgument: not one of kUriForms; kNoDevice: no such path, host or port, or nobody listens;
// kPermission; kBusy: another program has the serial port; kTimeout: no connection before the deadline; kBusError:
// anything else that the operating system said.
Result<BusConnection> OpenBus(std::string_view uri, Deadline deadline, std::string* error = nullptr);

}  // namespace mls
