#include "zoo.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "model_package.h"
#include "sha256.h"

namespace mls::models {
namespace {

namespace fs = std::filesystem;

std::string Hash(const fs::path& file) {
  try {
    return ToHex(Sha256OfFile(file));
  } catch (const std::runtime_error& error) {
    throw ZooError(error.what());
  }
}

void WriteManifest(const ZooModel& model, const fs::path& path) {
  Json manifest{{"schema", "mlsensor-model/1"}, {"name", model.name}};
  manifest["file"] = model.file;
  manifest["sha256"] = model.sha256;
  if (model.module.is_object()) {
    manifest.update(model.module);
  } else {
    manifest["unsupported"] = model.unsupported;
  }
  manifest["licence"] = model.licence;
  manifest["credits"] = Json::array({Json{{"name", model.credit}, {"licence", model.licence}, {"what", "the model"}}});
  if (const auto written = datasheet::WriteText(path.string(), datasheet::ToText(manifest)); !written.ok()) throw ZooError(written.problem().text());
}

}  // namespace

std::vector<ZooModel> ReadZoo(const fs::path& file) {
  const auto document = datasheet::Load(file.string());
  if (!document.ok()) throw ZooError(document.problem().text());
  std::vector<ZooModel> zoo;
  for (const Json& entry : datasheet::ArrayAt(*document, "/models")) {
    const auto text = [&](const char* pointer) { return datasheet::TextAt(entry, pointer); };
    ZooModel model{.name = text("/name"), .what = text("/what"), .file = text("/file"), .url = text("/url"), .sha256 = text("/sha256"),
                   .bytes = static_cast<uint64_t>(datasheet::NumberAt(entry, "/bytes").value_or(0)), .licence = text("/licence"),
                   .credit = text("/credit"), .front_end = text("/front_end"), .module = entry.value("module", Json()), .unsupported = text("/unsupported")};
    if (model.name.empty() || model.sha256.size() != 64 || fs::path(model.file).filename() != model.file || model.file.empty()) {
      throw ZooError(file.string() + ": the entry \"" + model.name + "\" needs name, file (without a folder), url and sha256");
    }
    zoo.push_back(std::move(model));
  }
  if (zoo.empty()) throw ZooError(file.string() + ": names no models");
  return zoo;
}

fs::path DefaultFolder() {
  const char* const data = std::getenv("XDG_DATA_HOME");
  if (data != nullptr && data[0] == '/') return fs::path(data) / "mlsensor/models";
  const char* const home = std::getenv("HOME");
  if (home == nullptr || home[0] != '/') throw ZooError("no home folder is known; say where models go with --to FOLDER");
  return fs::path(home) / ".local/share/mlsensor/models";
}

fs::path Install(const ZooModel& model, const InstallOptions& options) {
  std::error_code error;
  fs::create_directories(options.to, error);
  if (error) throw ZooError(options.to.string() + ": cannot be made: " + error.message());
  const fs::path target = fs::absolute(options.to) / model.file;
  if (!fs::exists(target) || Hash(target) != model.sha256) {
    Download download{.url = model.url, .target = target, .sha256 = model.sha256, .bytes = model.bytes, .time_limit = options.time_limit};
    if (options.from.find("://") != std::string::npos) {
      download.url = options.from + (options.from.ends_with('/') ? "" : "/") + model.file;
    } else if (!options.from.empty()) {
      if (!fs::exists(fs::path(options.from) / model.file)) throw ZooError(options.from + ": has no file " + model.file);
      download.url = FileUrl(fs::path(options.from) / model.file);
    }
    download.show_progress = isatty(STDERR_FILENO) != 0;
    Fetch(download);
  }
  fs::path manifest = target;
  manifest.replace_extension(".json");
  if (!fs::exists(manifest)) WriteManifest(model, manifest);
  return target;
}

std::string Verify(const fs::path& file, const std::vector<ZooModel>& zoo) {
  const std::string hash = Hash(file);
  for (const ZooModel& model : zoo) {
    if (model.sha256 == hash) return model.name + ", " + model.what + "; " + model.credit + ", " + model.licence;
  }
  const auto named = std::ranges::find(zoo, file.filename().string(), &ZooModel::file);
  if (named != zoo.end()) {
    throw ZooError(file.string() + ": not the published " + named->name + ": SHA-256 " + hash + " and not " + named->sha256 +
                   "; get it again with `mlsensor models install " + named->name + "`");
  }
  fs::path manifest = file;
  manifest.replace_extension(".json");
  if (!fs::exists(manifest)) throw ZooError(file.string() + ": no model of the zoo (SHA-256 " + hash + "), and no manifest beside it");
  const auto document = datasheet::Load(manifest.string());
  if (!document.ok()) throw ZooError(document.problem().text());
  const std::string expected = datasheet::TextAt(*document, "/sha256");
  if (expected.empty()) throw ZooError(manifest.string() + ": has no sha256 to compare with; the file's is " + hash);
  if (expected != hash) throw ZooError(file.string() + ": SHA-256 " + hash + " and not " + expected + ", as its manifest says");
  return datasheet::TextAt(*document, "/name", "a model") + ", as its manifest says; no model of the zoo";
}

}  // namespace mls::models
