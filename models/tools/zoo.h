// The model zoo: models of others that a module, or mlsensor-infer, can run.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "download.h"
#include "mls/datasheet/document.h"

namespace mls::models {

using datasheet::Json;

struct ZooModel {
  std::string name;
  std::string what;
  std::string file;  // without folder
  std::string url;
  std::string sha256;
  uint64_t bytes = 0;  // 0: not known
  std::string licence;
  std::string credit;
  std::string front_end;
  Json module;              // the manifest for mlsensor-module; null where it cannot run the model
  std::string unsupported;  // why it cannot
};

// Reads models/zoo.json, of the installed project or the source tree, or another one. Throws ZooError.
std::vector<ZooModel> ReadZoo(const std::filesystem::path& file);

// Where models are installed unless told otherwise: $XDG_DATA_HOME/mlsensor/models.
std::filesystem::path DefaultFolder();

struct InstallOptions {
  std::filesystem::path to;
  std::string from;  // a folder, or the URL of one, that has the files; empty: upstream
  std::chrono::milliseconds time_limit{300'000};
};
// Fetches the model unless it is there, writes its manifest beside it unless there is one, and returns where it is. Throws ZooError.
std::filesystem::path Install(const ZooModel& model, const InstallOptions& options);

// What the file is, if its hash is known: "kws_ref_model of ...". Throws ZooError: it is not, or it is damaged.
std::string Verify(const std::filesystem::path& file, const std::vector<ZooModel>& zoo);

}  // namespace mls::models
