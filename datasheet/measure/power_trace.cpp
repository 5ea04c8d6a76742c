#include "power_trace.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <optional>

#include "labelled_set.h"
#include "mls/datasheet/document.h"

namespace mls::datasheet {
namespace {

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

// What a unit in brackets is worth: "uA" is 1e-6.
double ScaleOf(const std::string& name) {
  const size_t open = name.find_first_of("([");
  if (open == std::string::npos) return 1;
  const std::string unit = name.substr(open + 1, name.find_first_of(")]", open) - open - 1);
  if (unit.size() < 2) return 1;
  switch (unit[0]) {
    case 'n': return 1e-9;
    case 'u': return 1e-6;
    case '\xC2': return 1e-6;  // the micro sign in UTF-8
    case 'm': return unit == "min" ? 60 : 1e-3;
    case 'k': return 1e3;
    default: return 1;
  }
}

struct Column {
  size_t index;
  double scale;
};

struct Logic {
  size_t index = SIZE_MAX;  // SIZE_MAX: no such column
  size_t digit = 0;
};

class Columns {
 public:
  explicit Columns(std::vector<std::string> names) : names_(std::move(names)) {
    if (!names_.empty() && names_[0].starts_with('#')) names_[0].erase(0, 1);
    if (!names_.empty() && names_[0].starts_with("\xEF\xBB\xBF")) names_[0].erase(0, 3);
  }

  std::optional<Column> Holding(const char* word) const {
    for (size_t i = 0; i < names_.size(); ++i) {
      if (Lower(names_[i]).find(word) != std::string::npos) return Column{i, ScaleOf(names_[i])};
    }
    return std::nullopt;
  }
  // A logic input: its column, and which digit of it.
  Logic Marker(const std::string& name) const {
    for (size_t i = 0; i < names_.size() && !name.empty(); ++i) {
      if (names_[i] == name) return {i, 0};
      if (names_[i] == "D0-D7" && name.size() == 2 && name[0] == 'D' && name[1] >= '0' && name[1] <= '7')
        return {i, static_cast<size_t>(name[1] - '0')};
    }
    return {};
  }
  size_t size() const { return names_.size(); }

 private:
  std::vector<std::string> names_;
};

std::optional<double> Number(const std::string& field) {
  double value = 0;
  const char* const begin = field.data() + std::min(field.find_first_not_of(' '), field.size());
  const auto [end, error] = std::from_chars(begin, field.data() + field.size(), value);
  if (error != std::errc() || !std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace

Outcome<std::vector<PowerSample>> ReadPowerTrace(const std::filesystem::path& path, const TraceOptions& options) {
  std::ifstream file(path);
  std::string line;
  if (!file || !std::getline(file, line)) return Problem{path.string(), "a table", "none that can be read"};
  if (line.ends_with('\r')) line.pop_back();
  const Columns columns(SplitCsvRow(line));
  const auto time = columns.Holding("time"), current = columns.Holding("current"), voltage = columns.Holding("voltage"),
             power = columns.Holding("power");
  if (!time) return Problem{path.string(), "a column of time", "the columns " + line};
  if (!power && !current) return Problem{path.string(), "a column of power or current", "the columns " + line};
  if (!power && !voltage && options.voltage_v <= 0)
    return Problem{path.string(), "the supply voltage (--voltage), as there is current alone", "none"};
  const Logic marker = columns.Marker(options.marker);
  if (!options.marker.empty() && marker.index == SIZE_MAX)
    return Problem{path.string(), "the column \"" + options.marker + "\"", "the columns " + line};

  std::vector<PowerSample> trace;
  for (size_t number = 2; std::getline(file, line); ++number) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) continue;
    const auto fields = SplitCsvRow(line);
    const std::string where = path.string() + ", line " + std::to_string(number);
    const auto at = [&](const Column& column) -> std::optional<double> {
      if (column.index >= fields.size()) return std::nullopt;
      const auto value = Number(fields[column.index]);
      return value ? std::optional(*value * column.scale) : std::nullopt;
    };
    const auto t = at(*time);
    const auto watts = power ? at(*power) : at(*current);
    const auto volts = power ? std::optional(1.0) : voltage ? at(*voltage) : std::optional(options.voltage_v);
    if (!t || !watts || !volts) return Problem{where, "numbers", line.substr(0, 80)};
    if (!trace.empty() && *t < trace.back().time_s) return Problem{where, "time that goes on", "time that goes back"};
    const bool marked = marker.index < fields.size() && marker.digit < fields[marker.index].size() &&
                        fields[marker.index][marker.digit] != '0';
    trace.push_back({*t, *watts * *volts, marked});
  }
  if (trace.size() < 2) return Problem{path.string(), "two samples or more", std::to_string(trace.size())};
  return trace;
}

Outcome<std::vector<TraceRun>> CutRuns(const std::vector<PowerSample>& trace, double start_s, int runs,
                                       double seconds) {
  const auto from =
      std::find_if(trace.begin(), trace.end(), [&](const PowerSample& sample) { return sample.time_s >= start_s; });
  auto first = std::find_if(from, trace.end(), [](const PowerSample& sample) { return sample.marked; });
  if (first == trace.end()) first = from;
  const double needed = runs * seconds;
  const double there = first == trace.end() ? 0 : trace.back().time_s - first->time_s;
  // The last sample lasts as long as the one before it.
  const double step = (trace.back().time_s - trace.front().time_s) / static_cast<double>(trace.size() - 1);
  if (there + step < needed * (1 - 1e-9))
    return Problem{"the trace", NumberText(needed) + " s from its start on (" + std::to_string(runs) + " runs)",
                   NumberText(there) + " s"};
  std::vector<TraceRun> cut(static_cast<size_t>(runs));
  for (auto& run : cut) run.seconds = seconds;
  bool was_marked = false;
  for (auto at = first; at != trace.end(); ++at) {
    const double since = at->time_s - first->time_s;
    const auto index = static_cast<size_t>(since / seconds);
    if (index >= cut.size()) break;
    const double lasts = at + 1 == trace.end() ? step : (at + 1)->time_s - at->time_s;
    TraceRun& run = cut[index];
    run.joules += at->power_w * lasts;
    (at->marked ? run.marked_joules : run.unmarked_seconds) += at->marked ? at->power_w * lasts : lasts;
    run.marks += at->marked && !was_marked;
    was_marked = at->marked;
  }
  return cut;
}

}  // namespace mls::datasheet
