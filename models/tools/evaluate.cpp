#include "evaluate.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <map>
#include <mutex>
#include <thread>

#include <nlohmann/json.hpp>

#include "mls/datasheet/statistics.h"
#include "mls/drivers/module/input_files.h"
#include "players.h"
#include "sha256.h"

namespace mls::models {
namespace {

namespace fs = std::filesystem;
using datasheet::Json;

struct Item {
  std::string true_class;
  fs::path file;
  Heard heard;
};

// In the order of classes and names, so that equal folders give equal results.
std::vector<Item> FindItems(const fs::path& data, InputKind kind) {
  std::error_code error;
  std::vector<fs::path> classes;
  for (const auto& entry : fs::directory_iterator(data, error)) {
    if (entry.is_directory() && !entry.path().filename().string().starts_with('.')) classes.push_back(entry.path());
  }
  if (error) throw InputError(data, error.message() + "; check the path");
  if (classes.empty()) throw InputError(data, "has no folders; put the files of each class into a folder with the name of the class");
  std::ranges::sort(classes);
  std::vector<Item> items;
  for (const fs::path& folder : classes) {
    for (const fs::path& file : FindInputFiles(folder, kind)) items.push_back({folder.filename().string(), file, {}});
  }
  return items;
}

void PlayAll(const ModelPackage& model, Envelope envelope, std::vector<Item>& items) {
  std::atomic<size_t> next{0};
  std::exception_ptr error;
  std::mutex error_mutex;
  const auto work = [&] {
    try {
      for (size_t i = next++; i < items.size(); i = next++) {
        items[i].heard = model.profile == Profile::kKeyword ? PlaySound(model, items[i].file, envelope) : ShowPicture(model, items[i].file, envelope);
      }
    } catch (...) {
      const std::lock_guard lock(error_mutex);
      error = std::current_exception();
      next = items.size();
    }
  };
  std::vector<std::thread> others;
  for (unsigned i = 1; i < std::max(1u, std::thread::hardware_concurrency()); ++i) others.emplace_back(work);
  work();
  for (std::thread& other : others) other.join();
  if (error) std::rethrow_exception(error);
}

// What a class of the data ought to be decided as: a label that is reported, or anything else for what is none.
bool IsRight(const ModelPackage& model, const Item& item) {
  const auto reports = [&](const std::string& name) {
    const auto label = std::ranges::find(model.labels, name);
    if (label == model.labels.end()) return false;
    const auto index = static_cast<size_t>(label - model.labels.begin());
    return model.profile == Profile::kPerson ? index == model.person_class : (model.never_fires >> index & 1) == 0;
  };
  return reports(item.true_class) ? item.heard.decided == item.true_class : !reports(item.heard.decided);
}

Json Share(uint64_t count, uint64_t of) {
  const datasheet::Interval interval = datasheet::WilsonInterval(count, of);
  return {{"count", count}, {"of", of}, {"share", of == 0 ? 0 : static_cast<double>(count) / static_cast<double>(of)}, {"interval_95", {interval.lower, interval.upper}}};
}

std::vector<std::string> FlagNames(uint16_t flags) {
  std::vector<std::string> names;
  for (const NamedValue& flag : kResultFlagBits) {
    if (flags & flag.value) names.emplace_back(flag.name);
  }
  return names;
}

Json Report(const ModelPackage& model, const std::vector<Item>& items) {
  std::map<std::string, std::map<std::string, uint64_t>> counts, flags;
  std::map<std::string, uint64_t> files, right;
  Json unreadable = Json::array();
  for (const Item& item : items) {
    if (!item.heard.is_readable) {
      unreadable.push_back(item.file.string());
      continue;
    }
    ++files[item.true_class];
    right[item.true_class] += IsRight(model, item);
    ++counts[item.true_class][item.heard.decided];
    flags[item.true_class];
    for (const std::string& name : FlagNames(item.heard.flags)) ++flags[item.true_class][name];
  }
  Json report{{"counts", counts}};
  for (const auto& [name, of] : files) {
    for (const auto& [decided, count] : counts[name]) report["shares"][name][decided] = Share(count, of);
    report["right"][name] = Share(right[name], of);
  }
  report["out_of_envelope"] = flags;
  report["unreadable"] = unreadable;
  return report;
}

void PrintTable(const Json& report, std::ostream& out) {
  const auto line = [&](const std::string& name, const Json& share) {
    char text[160];
    std::snprintf(text, sizeof text, "%-28s %6llu of %6llu  %5.1f %%  (%.1f to %.1f)\n", name.c_str(), share["count"].get<unsigned long long>(),
                  share["of"].get<unsigned long long>(), 100 * share["share"].get<double>(), 100 * share["interval_95"][0].get<double>(),
                  100 * share["interval_95"][1].get<double>());
    out << text;
  };
  out << report["model"]["name"].get<std::string>() << ", SHA-256 " << report["model"]["sha256"].get<std::string>() << "; with 95 % intervals (Wilson)\n";
  for (const auto& [name, shares] : report["shares"].items()) {
    line(name + ": right", report["right"][name]);
    for (const auto& [decided, share] : shares.items()) line("  decided " + decided, share);
    for (const auto& [flag, count] : report["out_of_envelope"][name].items()) line("  flag " + flag, Share(count, report["right"][name]["of"]));
  }
  out << report["files"] << " files in " << datasheet::NumberText(report["seconds"], 3) << " s: " << datasheet::NumberText(report["files_per_second"], 3)
      << " a second\n";
}

}  // namespace

bool Evaluate(const EvaluateOptions& options, std::ostream& out) {
  const ModelPackage model = LoadModelPackage(options.model.empty() ? ShippedModel(options.profile) : options.model, options.profile, options.manifest);
  std::vector<Item> items = FindItems(options.data, model.profile == Profile::kKeyword ? InputKind::kSound : InputKind::kPictures);
  const auto begin = std::chrono::steady_clock::now();
  PlayAll(model, options.ignore_envelope ? Envelope::kOff : Envelope::kOn, items);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();

  Json report = Report(model, items);
  report["model"] = {{"name", model.name}, {"sha256", ToHex(model.sha256)}};
  report["files"] = items.size() - report["unreadable"].size();
  report["seconds"] = seconds;
  report["files_per_second"] = static_cast<double>(items.size()) / seconds;
  for (const Item& item : items) {
    if (!item.heard.is_readable) std::cerr << "mlsensor-models: not counted: " << item.heard.why << "\n";
  }
  if (!options.scores.empty()) {
    std::ofstream scores(options.scores);
    for (const Item& item : items) {
      if (!item.heard.is_readable) continue;
      const Json row{{"file", item.file.lexically_relative(options.data).string()}, {"class", item.true_class}, {"decided", item.heard.decided},
                     {"score_permille", item.heard.score_permille}, {"flags", FlagNames(item.heard.flags)}};
      scores << row.dump() << "\n";
    }
    if (!scores.flush()) throw InputError(options.scores.string() + ": cannot be written");
  }
  if (options.json) {
    out << report.dump() << "\n";
  } else {
    PrintTable(report, out);
  }
  return report["unreadable"].empty();
}

}  // namespace mls::models
