// A datasheet in the formats that others read.
#pragma once

#include <span>
#include <string_view>

#include "mls/datasheet/document.h"

namespace mls::datasheet {

// Model Card Toolkit v0.0.2: the model, its data, its rates by slice, its limits.
Json ExportModelCard(const Json& document);
// Hugging Face `model-index`; never marked as verified.
Json ExportModelIndex(const Json& document);
// Croissant 1.1 with its responsible-AI part: a card of the training data.
Json ExportCroissant(const Json& document);
// CycloneDX 1.6 with a machine-learning bill of materials: device, parts, firmware, model, data.
Json ExportCycloneDx(const Json& document);
// SPDX 3.0.1, AI and Dataset profiles.
Json ExportSpdx(const Json& document);
// W3C Web of Things Thing Description 1.1: registers as properties, commands as actions, event records as events.
Json ExportThing(const Json& document);
// eDatasheet 1.0: identity, pins, currents, size and temperature of the part.
Json ExportEDatasheet(const Json& document);

struct ExportFormat {
  const char* name;
  const char* summary;
  Json (*make)(const Json& document);
};
std::span<const ExportFormat> ExportFormats();
// nullptr for a name that is not known.
const ExportFormat* FindExportFormat(std::string_view name);

}  // namespace mls::datasheet
