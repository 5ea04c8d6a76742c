#include "mls/host/scan.h"

#include "mls/drivers/i2c_adapters.h"
#include "mls/drivers/open_bus.h"

namespace mls {
namespace {

constexpr int kAttempts = 3;

Result<std::shared_ptr<RegisterBus>> OpenByUri(std::string_view uri, Deadline deadline, std::string& error) {
  Result<BusConnection> connection = OpenBus(uri, deadline, &error);
  if (!connection.ok()) return connection.status();
  return std::move(connection->bus);
}

// kBadCrc where what answers has the magic number of a module, kProtocol where it has not.
Result<Ident> ReadIdent(RegisterBus& bus, Deadline deadline) {
  std::array<uint8_t, kMaxWindowBytes> bytes{};
  Status status = Status::kNoDevice;
  for (int attempt = 0; attempt < kAttempts && SteadyClock::now() < deadline; ++attempt) {
    status = bus.Read(kWindowOf<Ident>.address, bytes, deadline);
    if (status == Status::kNoDevice || status == Status::kTimeout) return status;
    if (status != Status::kOk) continue;
    const Result<Ident> ident = DecodeWindow<Ident>(bytes);
    if (ident.ok() && ident->magic == kMagic) return ident;
    status = kReg<"ident.magic">.Load(bytes) == kMagic ? Status::kBadCrc : Status::kProtocol;
  }
  return status;
}

const char* Meaning(Status status) {
  switch (status) {
    case Status::kNoDevice:
    case Status::kTimeout: return "nobody answers";
    case Status::kProtocol: return "something answers, but it is no ML sensor";
    case Status::kBadCrc: return "an ML sensor, but its answers arrive damaged";
    default: return StatusName(status);
  }
}

}  // namespace

std::vector<std::string> I2cPlacesOn(std::string_view bus, std::span<const uint8_t> addresses) {
  std::vector<std::string> places;
  for (const uint8_t address : addresses) {
    char text[8];
    std::snprintf(text, sizeof text, "@0x%02x", address);
    places.push_back("i2c:" + std::string(bus) + text);
  }
  return places;
}

std::vector<std::string> I2cPlaces(std::span<const uint8_t> addresses, std::string_view root) {
  std::vector<std::string> places;
  for (const I2cAdapter& adapter : ListI2cAdapters(root)) {
    const std::vector<std::string> on_one = I2cPlacesOn(std::to_string(adapter.number), addresses);
    places.insert(places.end(), on_one.begin(), on_one.end());
  }
  return places;
}

ScanResult LookForModule(std::string_view uri, std::chrono::milliseconds timeout, const ScanOpener& open) {
  ScanResult result;
  result.uri = uri;
  const Deadline deadline = SteadyClock::now() + timeout;
  const Result<std::shared_ptr<RegisterBus>> bus = (open ? open : OpenByUri)(uri, deadline, result.message);
  result.status = bus.status();
  if (!bus.ok()) {
    if (result.message.empty()) result.message = Meaning(result.status);
    return result;
  }
  const Result<Ident> ident = ReadIdent(**bus, deadline);
  result.status = ident.status();
  result.message = ident.ok() ? "" : Meaning(result.status);
  if (!ident.ok()) return result;
  result.ident = *ident;
  if (ident->interface_major != kInterfaceMajor) {
    result.status = Status::kUnsupported;
    result.message = "an ML sensor whose register map has major version " + std::to_string(ident->interface_major) +
                     "; this program knows " + std::to_string(kInterfaceMajor);
  }
  return result;
}

}  // namespace mls
