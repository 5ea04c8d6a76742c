#include <string>

#include <nlohmann/json.hpp>

#include "mls/datasheet/export.h"

namespace mls::datasheet {
namespace {

// Registers at an address of the bus: mlsensor://i2c/0x6C/0x40?page=1
Json Form(const std::string& base, const Json& entry, const char* operation) {
  return {{"href", base + "/" + TextAt(entry, "/address", "0x00")},
          {"contentType", "application/octet-stream"},
          {"op", operation}};
}

const Json* FindRegister(const Json& document, const std::string& name) {
  for (const Json& entry : ArrayAt(document, "/hardware/registers/registers")) {
    if (TextAt(entry, "/name") == name) return &entry;
  }
  return nullptr;
}

}  // namespace

Json ExportThing(const Json& document) {
  const std::string base = "mlsensor://i2c/" + TextAt(document, "/hardware/communication/i2c/address", "0x6C");
  Json thing = {
      {"@context", {"https://www.w3.org/2022/wot/td/v1.1", {{"mls", "urn:mlsensor:"}}}},
      {"@type", "mls:Sensor"},
      {"id", "urn:mlsensor:product:" + TextAt(document, "/overview/sku", "unknown")},
      {"title", TextAt(document, "/overview/title")},
      {"description", TextAt(document, "/overview/description")},
      {"version", {{"instance", TextAt(document, "/overview/revision")}}},
      {"securityDefinitions", {{"bus", {{"scheme", "nosec"}, {"description", "Whoever is on the bus has access."}}}}},
      {"security", "bus"},
      {"properties", Json::object()},
      {"actions", Json::object()},
      {"events", Json::object()}};
  for (const Json& entry : ArrayAt(document, "/hardware/registers/registers")) {
    const std::string name = TextAt(entry, "/name");
    if (name.ends_with(".crc") || name.find(".reserved") != std::string::npos || name.starts_with("event_data."))
      continue;
    const std::string type = TextAt(entry, "/type");
    const std::string access = TextAt(entry, "/access");
    Json property = {{"title", name},
                     {"description", TextAt(entry, "/summary")},
                     {"type", type == "text" || type == "bytes" ? "string" : "integer"},
                     {"readOnly", access == "read"},
                     {"writeOnly", access == "write"},
                     {"forms", Json::array()}};
    if (const std::string unit = TextAt(entry, "/unit"); !unit.empty()) property["unit"] = unit;
    if (access != "write") property["forms"].push_back(Form(base, entry, "readproperty"));
    if (access != "read") property["forms"].push_back(Form(base, entry, "writeproperty"));
    thing["properties"][name] = std::move(property);
  }
  if (const Json* command = FindRegister(document, "control.command")) {
    for (const Json& value : ArrayAt(*command, "/values")) {
      if (TextAt(value, "/name") == "none") continue;
      thing["actions"][TextAt(value, "/name")] = {{"title", TextAt(value, "/name")},
                                                  {"description", TextAt(value, "/summary")},
                                                  {"safe", false},
                                                  {"mls:command", value["value"]},
                                                  {"forms", {Form(base, *command, "invokeaction")}}};
    }
  }
  if (const Json* type = FindRegister(document, "event_data.type")) {
    for (const Json& value : ArrayAt(*type, "/values")) {
      if (TextAt(value, "/name") == "none") continue;
      thing["events"][TextAt(value, "/name")] = {
          {"title", TextAt(value, "/name")},
          {"description", TextAt(value, "/summary")},
          {"mls:type", value["value"]},
          {"data", {{"type", "object"}, {"description", "A 16-byte event record."}}},
          {"forms", {Form(base, *type, "subscribeevent")}}};
    }
  }
  return thing;
}

}  // namespace mls::datasheet
