#include "live_module.h"

#include <ctime>

#include "mls/host/names.h"

namespace mls::datasheet {

ExitStatus ExitStatusOf(Status status) {
  switch (status) {
    case Status::kOk: return kDone;
    case Status::kInvalidArgument: return kUsage;
    case Status::kNoDevice:
    case Status::kPermission: return kNoDevice;
    case Status::kTimeout: return kTimedOut;
    case Status::kRejected:
    case Status::kReadOnly:
    case Status::kOutOfRange: return kRefused;
    default: return kBadAnswer;
  }
}

std::string UtcNow() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

std::string HexText(std::span<const uint8_t> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

Result<LiveModule> ReadLiveModule(Sensor& sensor) {
  LiveModule module;
  const Result<Hashes> hashes = sensor.ReadHashes();
  if (!hashes.ok()) return hashes.status();
  const Result<Identity> identity = sensor.ReadIdentity();
  if (!identity.ok()) return identity.status();
  const Result<Privacy> privacy = sensor.ReadPrivacy();
  if (!privacy.ok()) return privacy.status();
  const Result<Config> config = sensor.ReadConfig();
  if (!config.ok()) return config.status();
  const Result<std::vector<std::string>> labels = sensor.ReadLabels();
  if (!labels.ok()) return labels.status();
  const Ident& ident = sensor.ident();
  module.ident = ident;
  module.firmware_sha256 = HexText(hashes->firmware);
  module.model_sha256 = HexText(hashes->model);
  if (hashes->datasheet != Sha256{}) module.datasheet_sha256 = HexText(hashes->datasheet);
  module.firmware_version = std::to_string(ident.firmware_major) + "." + std::to_string(ident.firmware_minor) + "." +
                            std::to_string(ident.firmware_patch);
  module.interface_version = std::to_string(ident.interface_major) + "." + std::to_string(ident.interface_minor);
  module.profile = NameOf<"ident.profile">(ident.profile);
  module.unique_id = HexText(identity->unique_id);
  module.labels = *labels;
  module.privacy = *privacy;
  module.config = *config;
  return module;
}

Json ConfigToJson(const Config& config) {
  Json json = Json::object();
  Config::Fields(config, [&](auto reg, const auto& value) {
    json[std::string(ShortName(reg.kInfo))] = static_cast<uint64_t>(value);
  });
  return json;
}

}  // namespace mls::datasheet
