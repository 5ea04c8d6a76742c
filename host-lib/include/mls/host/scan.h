// Finding modules: places where one may be, and a look that does no harm.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "mls/interface/register_bus.h"
#include "mls/interface/windows.h"

namespace mls {

// The addresses of a module's two strap bits.
inline constexpr uint8_t kModuleI2cAddresses[] = {0x6C, 0x6D, 0x6E, 0x6F};

// What is at one place. status: kOk: a module, see `ident`. kUnsupported: a module whose register map has another major
// version; `ident` is right as far as `interface_minor`. kProtocol: something answers, but is no module. kNoDevice,
// kTimeout: nobody answers. kBusy: a kernel driver, or another program, has it. Others: those of OpenBus.
struct ScanResult {
  std::string uri;
  Status status = Status::kNoDevice;
  std::string message;  // What it is, for people, without the URI; "" for kOk.
  Ident ident;
};

// The URIs of `addresses` on all I2C adapters of this machine, or on adapter `bus` alone. Nothing is opened. `root` is
// put before /sys and /dev, for tests.
std::vector<std::string> I2cPlaces(std::span<const uint8_t> addresses = kModuleI2cAddresses, std::string_view root = "");
std::vector<std::string> I2cPlacesOn(std::string_view bus, std::span<const uint8_t> addresses = kModuleI2cAddresses);

// As OpenBus, for tests and other buses.
using ScanOpener =
    std::function<Result<std::shared_ptr<RegisterBus>>(std::string_view uri, Deadline deadline, std::string& error)>;

// Opens the bus at `uri` and reads the ident window, with its magic number and its CRC: on I2C that writes the register
// pointer and nothing else, and an address that a kernel driver holds is left alone. A serial port or socket is sent
// one read request. Takes at most `timeout`.
ScanResult LookForModule(std::string_view uri, std::chrono::milliseconds timeout = std::chrono::milliseconds(200),
                         const ScanOpener& open = {});

}  // namespace mls
