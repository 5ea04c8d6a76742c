#include "mls/drivers/open_bus.h"

#include <charconv>

#include "mls/drivers/gpio_edge_waiter.h"
#include "mls/drivers/i2c_bus.h"
#include "mls/drivers/stream_bus.h"
#include "stream_open.h"

namespace mls {
namespace {

constexpr unsigned kLowestBaud = 1200;
constexpr unsigned kHighestBaud = 921600;

bool ParseNumber(std::string_view text, unsigned& value, int base = 10) {
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value, base);
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
  if (at != std::string_view::npos &&
      (!ParseNumber(rest.substr(at + 1), baud) || baud < kLowestBaud || baud > kHighestBaud)) {
    error = "the rate must be from 1200 to 921600 baud";
    return Status::kInvalidArgument;
  }
  if (device.empty()) {
    error = "the port is missing: serial:/dev/ttyUSB0@115200";
    return Status::kInvalidArgument;
  }
  return StreamOpener(
      [device = std::string(device), baud](Deadline, std::string& why) { return OpenSerial(device, baud, why); });
}

Result<std::shared_ptr<I2cBus>> ParseI2c(std::string_view rest, std::string& error) {
  const size_t at = rest.rfind('@');
  const std::string_view adapter = rest.substr(0, at);
  unsigned number = 0;
  if (!adapter.starts_with('/') && !ParseNumber(adapter, number)) {
    error = "the adapter must be a number or a path: i2c:1 or i2c:/dev/i2c-1";
    return Status::kInvalidArgument;
  }
  unsigned address = kDefaultI2cAddress;
  if (at != std::string_view::npos) {
    const std::string_view digits = rest.substr(at + 1);
    // 0x00 to 0x07 and 0x78 to 0x7f are reserved by the I2C specification.
    if (!digits.starts_with("0x") || !ParseNumber(digits.substr(2), address, 16) || address < 0x08 || address > 0x77) {
      error = "the address must be from 0x08 to 0x77: i2c:1@0x6c";
      return Status::kInvalidArgument;
    }
  }
  const std::string device = adapter.starts_with('/') ? std::string(adapter) : "/dev/i2c-" + std::to_string(number);
  return std::make_shared<I2cBus>(device, static_cast<uint8_t>(address));
}

Result<std::shared_ptr<StreamBus>> ParseStream(std::string_view scheme, std::string_view rest, std::string& error) {
  Result<StreamOpener> opener = Status::kInvalidArgument;
  if (scheme == "unix") {
    opener = ParseUnix(rest, error);
  } else if (scheme == "tcp") {
    opener = ParseTcp(rest, error);
  } else if (scheme == "serial") {
    opener = ParseSerial(rest, error);
  } else {
    error = "it must begin with i2c:, serial:, unix: or tcp:";
  }
  if (!opener.ok()) return opener.status();
  return std::make_shared<StreamBus>(std::move(*opener));
}

// Connects `device`, or says why not.
template <typename Connected>
Status ConnectOr(Status status, const Connected& device, std::string& error) {
  if (status != Status::kOk) error = device.error();
  return status;
}

}  // namespace

Result<BusConnection> OpenBus(std::string_view uri, Deadline deadline, std::string* error) {
  std::string unused;
  std::string& why = error != nullptr ? *error : unused;
  BusConnection connection;
  const size_t colon = uri.find(':');
  const std::string_view scheme = uri.substr(0, colon);
  std::string_view rest = colon == std::string_view::npos ? "" : uri.substr(colon + 1);

  std::shared_ptr<GpioEdgeWaiter> line;
  constexpr std::string_view kLineOption = ",irq=";
  if (const size_t option = rest.rfind(kLineOption); option != std::string_view::npos) {
    const Result<GpioLine> parsed = ParseGpioLine(rest.substr(option + kLineOption.size()), why);
    if (!parsed.ok()) return parsed.status();
    line = std::make_shared<GpioEdgeWaiter>(*parsed);
    rest = rest.substr(0, option);
  }

  Status status = Status::kOk;
  if (scheme == "i2c") {
    const Result<std::shared_ptr<I2cBus>> bus = ParseI2c(rest, why);
    if (!bus.ok()) return bus.status();
    connection = {*bus, nullptr};
    status = ConnectOr((*bus)->Connect(deadline), **bus, why);
  } else {
    const Result<std::shared_ptr<StreamBus>> bus = ParseStream(scheme, rest, why);
    if (!bus.ok()) return bus.status();
    connection = {*bus, *bus};
    status = ConnectOr((*bus)->Connect(deadline), **bus, why);
  }
  if (status == Status::kOk && line != nullptr) {
    connection.edges = line;
    connection.is_interrupt_line = true;
    status = ConnectOr(line->Connect(), *line, why);
  }
  if (status != Status::kOk) return status;
  return connection;
}

}  // namespace mls
