#include "power_meter.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <optional>
#include <thread>
#include <vector>

namespace mls::datasheet {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kSampleTime(20);

template <typename T>
std::optional<T> ReadValue(const std::filesystem::path& path) {
  T value;
  std::ifstream file(path);
  if (file >> value) return value;
  return std::nullopt;
}

std::vector<std::filesystem::path> FoldersIn(const std::filesystem::path& root) {
  std::vector<std::filesystem::path> folders;
  std::error_code error;
  for (std::filesystem::directory_iterator at(root, error), end; !error && at != end; at.increment(error)) {
    if (at->is_directory()) folders.push_back(at->path());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

class HwmonMeter final : public PowerMeter {
 public:
  HwmonMeter(std::filesystem::path folder, std::string name) : folder_(std::move(folder)), name_(std::move(name)) {}

  std::string instrument() const override { return name_ + " by hwmon"; }
  std::optional<double> Watts() const {
    if (const auto microwatt = ReadValue<double>(folder_ / "power1_input")) return *microwatt * 1e-6;
    const auto millivolt = ReadValue<double>(folder_ / "in1_input");
    const auto milliampere = ReadValue<double>(folder_ / "curr1_input");
    if (millivolt && milliampere) return *millivolt * *milliampere * 1e-6;
    return std::nullopt;
  }
  Outcome<double> Joules(double seconds) override {
    const auto begin = Clock::now(),
               end = begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    double sum = 0;
    auto before = begin;
    auto power = Watts();
    while (power && before < end) {
      std::this_thread::sleep_until(std::min(end, before + kSampleTime));
      const auto now = Clock::now();
      const auto next = Watts();
      if (!next) break;
      sum += (*power + *next) / 2 * std::chrono::duration<double>(now - before).count();
      before = now;
      power = next;
    }
    if (before < end)
      return Problem{folder_.string(), "power1_input, or in1_input and curr1_input", "none that can be read"};
    return sum;
  }

 private:
  const std::filesystem::path folder_;
  const std::string name_;
};

class RaplMeter final : public PowerMeter {
 public:
  explicit RaplMeter(std::vector<std::filesystem::path> domains) : domains_(std::move(domains)) {}

  std::string instrument() const override {
    return "RAPL, " + std::to_string(domains_.size()) + " processor package" + (domains_.size() == 1 ? "" : "s");
  }
  Outcome<double> Joules(double seconds) override {
    // Read often enough to see each wrap: the smallest range lasts about a minute.
    constexpr double kStep = 1;
    double sum = 0;
    std::vector<double> before;
    for (double left = seconds;;) {
      for (size_t i = 0; i < domains_.size(); ++i) {
        const auto now = ReadValue<double>(domains_[i] / "energy_uj");
        if (!now)
          return Problem{(domains_[i] / "energy_uj").string(), "a counter", "none that can be read; it may need root"};
        if (i == before.size()) {
          before.push_back(*now);
          continue;
        }
        const double range = ReadValue<double>(domains_[i] / "max_energy_range_uj").value_or(0);
        sum += (*now - before[i] + (*now < before[i] ? range : 0)) * 1e-6;
        before[i] = *now;
      }
      if (left <= 0) return sum;
      std::this_thread::sleep_for(std::chrono::duration<double>(std::min(left, kStep)));
      left -= kStep;
    }
  }

 private:
  const std::vector<std::filesystem::path> domains_;
};

}  // namespace

Outcome<std::unique_ptr<PowerMeter>> OpenHwmon(const std::filesystem::path& root) {
  std::vector<std::filesystem::path> folders = FoldersIn(root);
  folders.insert(folders.begin(), root);
  for (const auto& folder : folders) {
    const std::string name = ReadValue<std::string>(folder / "name").value_or("");
    if (!name.starts_with("ina2")) continue;
    auto meter = std::make_unique<HwmonMeter>(folder, name);
    if (meter->Watts()) return std::unique_ptr<PowerMeter>(std::move(meter));
  }
  return Problem{root.string(), "an INA219, INA226 or INA260 (a folder with name and power1_input)", "none"};
}

Outcome<std::unique_ptr<PowerMeter>> OpenRapl(const std::filesystem::path& root) {
  std::vector<std::filesystem::path> domains;
  for (const auto& folder : FoldersIn(root)) {
    if (ReadValue<std::string>(folder / "name").value_or("").starts_with("package") &&
        ReadValue<double>(folder / "energy_uj"))
      domains.push_back(folder);
  }
  if (domains.empty()) return Problem{root.string(), "a processor package with energy_uj that can be read", "none"};
  return std::unique_ptr<PowerMeter>(std::make_unique<RaplMeter>(std::move(domains)));
}

}  // namespace mls::datasheet
