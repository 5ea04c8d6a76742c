// Opening the streams that OpenBus knows. All return a non-blocking file descriptor that closes itself on exec; errors
// as for OpenBus.
#pragma once

#include <string>

#include "mls/interface/register_bus.h"
#include "mls/interface/status.h"

namespace mls {

Result<int> OpenUnix(const std::string& path, Deadline deadline, std::string& error);
Result<int> OpenTcp(const std::string& host, const std::string& port, Deadline deadline, std::string& error);
// Raw, for this program alone.
Result<int> OpenSerial(const std::string& device, unsigned baud, std::string& error);

// What open() and connect() said, as a status and for people.
Status FromErrno(int code, std::string& error);

// Waits until `fd` is ready for `events` (POLLIN, POLLOUT), whatever signals arrive. kTimeout: not before the deadline.
Status WaitForStream(int fd, short events, Deadline deadline);

}  // namespace mls
