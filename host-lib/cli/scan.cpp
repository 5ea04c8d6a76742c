#include "mls/host/scan.h"

#include <iostream>
#include <set>

#include "commands.h"
#include "mls/host/names.h"
#include "output.h"

namespace mls::cli {
namespace {

// 7-bit addresses that the I2C specification does not reserve.
constexpr uint8_t kFirstAddress = 0x08, kLastAddress = 0x77;

std::string Describe(const ScanResult& found) {
  const Ident& ident = found.ident;
  if (found.status != Status::kOk) return found.message;
  char text[128];
  std::snprintf(text, sizeof text, "%-10s  firmware %d.%d.%d  model %08x  vendor %d  product %d  revision %d",
                NameOf<"ident.profile">(ident.profile).c_str(), ident.firmware_major, ident.firmware_minor,
                ident.firmware_patch, ident.model_id, ident.vendor_id, ident.product_id, ident.hardware_revision);
  return text;
}

bool Print(const Request& request, const ScanResult& found) {
  if (!request.json) return PrintLine(PadRight(found.uri, 16) + "  " + Describe(found));
  Json json = {{"uri", found.uri}, {"supported", found.status == Status::kOk}};
  std::array<uint8_t, kMaxWindowBytes> window{};
  EncodeWindow(found.ident, window);
  json.update(WindowToJson(kIdentWindow, window));
  char text[32];
  std::snprintf(text, sizeof text, "%d.%d.%d", found.ident.firmware_major, found.ident.firmware_minor,
                found.ident.firmware_patch);
  json["firmware"] = text;
  std::snprintf(text, sizeof text, "%08x", found.ident.model_id);
  json["model"] = text;
  return PrintJson(json);
}

bool IsNobody(Status status) { return status == Status::kNoDevice || status == Status::kTimeout; }

}  // namespace

Exit Scan(const Request& request) {
  std::vector<uint8_t> addresses(std::begin(kModuleI2cAddresses), std::end(kModuleI2cAddresses));
  if (request.all_addresses) {
    addresses.clear();
    for (uint8_t address = kFirstAddress; address <= kLastAddress; ++address) addresses.push_back(address);
    std::cerr << "Reading from every I2C address. Some devices take even that for an order: use it on buses that you "
                 "know.\n";
  }
  // A whole bus stands for its addresses; whatever else was named was meant, and its failure is told.
  std::vector<std::string> places;
  std::set<std::string> named;
  for (const std::string& uri : request.uris) {
    const bool is_bus = uri.starts_with("i2c:") && uri.find_first_of("@,") == std::string::npos;
    if (is_bus) {
      const std::vector<std::string> on_bus = I2cPlacesOn(uri.substr(4), addresses);
      places.insert(places.end(), on_bus.begin(), on_bus.end());
    } else {
      places.push_back(uri);
      named.insert(uri);
    }
  }
  if (request.uris.empty()) {
    places = I2cPlaces(addresses);
    if (places.empty()) {
      std::cerr << "mlsensor: this machine offers no I2C bus; is the kernel module i2c-dev loaded (sudo modprobe "
                   "i2c-dev)? Serial ports and sockets must be named.\n";
      return kExitNoDevice;
    }
  }
  size_t found = 0;
  std::set<std::string> told;
  Exit first_problem = kExitNoDevice;
  for (const std::string& place : places) {
    const ScanResult result = LookForModule(place, request.timeout);
    if (result.status == Status::kOk || result.status == Status::kUnsupported) {
      ++found;
      if (!Print(request, result)) return kExitOk;
      continue;
    }
    // On a bus, empty addresses and other people's devices are normal; what keeps from looking is told once a bus.
    const bool is_named = named.contains(place);
    if (!is_named && (IsNobody(result.status) || result.status == Status::kProtocol)) continue;
    const bool is_of_address = is_named || result.status == Status::kBusy;
    const std::string subject = is_of_address ? place : place.substr(0, place.find('@'));
    if (is_named && told.empty()) first_problem = ExitFor(result.status);
    if (told.insert(subject + result.message).second) {
      std::cerr << "mlsensor: " << subject << ": " << result.message << '\n';
    }
  }
  if (found == 0 && told.empty()) std::cerr << "mlsensor: no module found\n";
  return found > 0 ? kExitOk : first_problem;
}

}  // namespace mls::cli
