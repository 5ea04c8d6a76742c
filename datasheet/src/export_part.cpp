// eDatasheet 1.0 (edatasheets.org): the schema for electronic parts that comes closest to a sensor module.
#include <map>
#include <string>

#include <nlohmann/json.hpp>

#include "mls/datasheet/export.h"
#include "mls/datasheet/signature.h"

namespace mls::datasheet {
namespace {

// A value object in the units of eDatasheet; null where it has no number or a unit that eDatasheet does not know.
Json Values(const Json& document, const std::string& pointer) {
  static const std::map<std::string, const char*> units = {
      {"V", "volt"},      {"mV", "millivolt"}, {"A", "amp"},         {"mA", "milliamp"}, {"uA", "microamp"},
      {"nA", "nanoamp"},  {"Cel", "celsius"},  {"mm", "millimeter"}, {"m", "meter"},     {"g", "gram"},
      {"kg", "kilogram"}, {"W", "watt"},       {"mW", "milliwatt"},  {"uW", "microwatt"}};
  const auto unit = units.find(TextAt(document, pointer + "/unit"));
  if (unit == units.end() || !ValueAt(document, pointer)) return nullptr;
  Json value = {{"siUnit", unit->second}};
  for (const auto& [ours, theirs] : {std::pair{"/min", "minValue"}, std::pair{"/typ", "typValue"},
                                     std::pair{"/value", "typValue"}, std::pair{"/max", "maxValue"}}) {
    if (const auto number = NumberAt(document, pointer + ours)) value[theirs] = *number;
  }
  return {{"values", {value}}};
}

}  // namespace

Json ExportEDatasheet(const Json& document) {
  const std::string date = TextAt(document, "/overview/date", TextAt(document, "/declaration/date")).substr(0, 10);
  const std::string sku = TextAt(document, "/overview/sku");
  const std::string status = TextAt(document, "/lifecycle/status");
  Json id = {{"partType", "mlSensorModule"},
             {"manufacturer", TextAt(document, "/overview/vendor")},
             {"componentName", TextAt(document, "/overview/title")},
             {"orderableMPN", sku.empty() ? Json::array() : Json::array({sku})},
             {"sourceDatasheetID", {{"publishedDate", date}, {"version", TextAt(document, "/overview/revision")}}},
             {"digitalDatasheetID", {{"publishedDate", date}, {"eDatasheetSpecRevision", "1.0"}}},
             {"status", status == "production" || status == "end-of-life" ? status : "development"}};
  if (const auto hash = DatasheetSha256(document); hash.ok()) id["digitalDatasheetID"]["guid"] = "sha256:" + *hash;
  // A statement that was only assessed as "designed to support" is no compliance.
  for (const Json& entry : ArrayAt(document, "/overview/compliance")) {
    const std::string how = TextAt(entry, "/status");
    if (how == "self_declared" || how == "assessed" || how == "certified")
      id["complianceList"].push_back(TextAt(entry, "/name"));
  }
  Json part = {{"componentID", id}};
  // No coreProperties: an object must fit exactly one of its kinds of part, none is a sensor of this kind, and some that
  // allow any other property would fit as well.
  const Json supply = Values(document, "/hardware/electrical/supply_voltage");
  for (const Json& entry : ArrayAt(document, "/hardware/communication/pins")) {
    const std::string name = TextAt(entry, "/name"), function = TextAt(entry, "/function");
    Json pin = {
        {"terminalIdentifier", {TextAt(entry, "/pin", "not numbered")}}, {"name", name}, {"description", function}};
    if (function.find("I2C") != std::string::npos) pin["pinProperties"]["interfaceType"] = "i2c";
    if (name == "SDA" || name == "SCL") pin["pinProperties"]["pinUsage"] = "I2C_" + name;
    if (function.find("open drain") != std::string::npos)
      pin["pinProperties"]["electricalConfiguration"] = "open-drain";
    if (function.find("supply") != std::string::npos && !supply.is_null()) {
      pin["standardizedName"] = "vdd";
      pin["pinProperties"]["voltageOperatingRange"] = supply;
    }
    if (function == "ground") pin["standardizedName"] = "vss";
    part["pins"].push_back(std::move(pin));
  }
  for (const char* side : {"length", "width", "height"}) {
    if (Json values = Values(document, std::string("/hardware/mechanical/") + side); !values.is_null())
      part["package"][side] = std::move(values);
  }
  if (Json temperature = Values(document, "/hardware/electrical/operating_temperature"); !temperature.is_null())
    part["thermal"]["ambientTemperature"] = std::move(temperature);
  // The format has room for one register; a map goes into a file of its own: the datasheet itself.
  if (!ArrayAt(document, "/hardware/registers/registers").empty()) {
    part["componentPropertyExternalFiles"]["register"] = {
        {"fileDescription", "register map: /hardware/registers of the mlsensor datasheet that this was made from"},
        {"otherFileType", "JSON"},
        {"fileExtension", "json"}};
  }
  return part;
}

}  // namespace mls::datasheet
