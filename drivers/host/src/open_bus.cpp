#include "mls/drivers/open_bus.h"

#include <charconv>

#include "mls/drivers/stream_bus.h"
#include "stream_open.h"

namespace mls {
namespace {

bool ParseNumber(std::string_view text, unsigned& value) {
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  return code == std::errc() && end == text.data() + text.size();
}

Result<StreamOpener> ParseUnix(std::string_view path, std::string& error) {
  if (path.empty()) {
    error = "the path is missing: unix:PATH";
    return Status::kInvalidArgument;
  }
  return StreamOpener(
      [path = std::string(path)](Deadline deadline, std::string& why) { return OpenUnix(path, deadline, why); });
}

Result<StreamOpener> ParseTcp(std::string_view rest, std::string& error) {
  const size_t colon = rest.rfind(':');
  std::string_view host = rest.substr(0, colon);
  const std::string_view port = colon == std::string_view::npos ? "" : rest.substr(colon + 1);
  if (host.size() > 2 && host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    host = {};
  }
  unsigned number = 0;
  if (host.empty() || !ParseNumber(port, number) || number == 0 || number > 65535) {
    error = "it must be tcp:HOST:PORT with a port from 1 to 65535; IPv6 as tcp:[::1]:4000";
    return Status::kInvalidArgument;
  }
  return StreamOpener([host = std::string(host), port = std::string(port)](Deadline deadline, std::string& why) {
    return OpenTcp(host, port, deadline, why);
  });
}

Result<StreamOpener> ParseSerial(std::string_view rest, std::string& error) {
  const size_t at = rest.rfind('@');
  const std::string_view device = rest.substr(0, at);
  unsigned baud = kDefaultBaud;
  if (at != std::string_view::npos && (!ParseNumber(rest.substr(at + 1), baud) || !IsStandardBaud(baud))) {
    error = "not a standard rate: 1200 to 115200, 230400, 460800, 500000, 576000 or 921600 baud";
    return Status::kInvalidArgument;
  }
  if (device.empty()) {
    error = "the port is missing: serial:/dev/ttyUSB0@115200";
    return Status::kInvalidArgument;
  }
  return StreamOpener(
      [device = std::string(device), baud](Deadline, std::string& why) { return OpenSerial(device, baud, why); });
}

Result<StreamOpener> ParseUri(std::string_view uri, std::string& error) {
  const size_t colon = uri.find(':');
  const std::string_view scheme = uri.substr(0, colon);
  const std::string_view rest = colon == std::string_view::npos ? "" : uri.substr(colon + 1);
  if (scheme == "unix") return ParseUnix(rest, error);
  if (scheme == "tcp") return ParseTcp(rest, error);
  if (scheme == "serial") return ParseSerial(rest, error);
  error = "it must begin with unix:, tcp: or serial:";
  return Status::kInvalidArgument;
}

}  // namespace

Result<BusConnection> OpenBus(std::string_view uri, Deadline deadline, std::string* error) {
  std::string unused;
  std::string& why = error != nullptr ? *error : unused;
  Result<StreamOpener> opener = ParseUri(uri, why);
  if (!opener.ok()) return opener.status();
  auto bus = std::make_shared<StreamBus>(std::move(*opener));
  if (const Status status = bus->Connect(deadline); status != Status::kOk) {
    why = bus->error();
    return status;
  }
  return BusConnection{bus, bus};
}

}  // namespace mls
