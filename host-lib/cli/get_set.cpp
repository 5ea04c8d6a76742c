#include <charconv>
#include <map>
#include <optional>

#include "commands.h"
#include "mls/host/names.h"
#include "output.h"

namespace mls::cli {
namespace {

// One register of one entry.
struct Item {
  const RegisterInfo* info;
  uint8_t index;
  bool with_index;  // Several entries exist: the name says which.
  std::string name() const { return info->name + (with_index ? "[" + std::to_string(index) + "]" : ""); }
};

unsigned EntryCount(WindowIndex window, const Ident& ident) {
  switch (window) {
    case kFirmwareHashWindow:
    case kModelHashWindow:
    case kDatasheetHashWindow: return 2;
    case kLabelWindow: return ident.label_count;
    default: return 1;
  }
}

void AddWindow(WindowIndex window, uint8_t index, bool with_index, std::vector<Item>& items) {
  for (const RegisterInfo& info : kRegisters) {
    if (info.window == window && IsShown(info)) items.push_back({&info, index, with_index});
  }
}

// "window", "window.register", each with [index] behind it where it has entries. False, and why, for anything else.
bool AddNamed(std::string_view name, const Ident& ident, std::vector<Item>& items, std::string& error) {
  std::string_view plain = name;
  std::optional<uint8_t> index;
  if (name.ends_with(']') && name.find('[') != std::string_view::npos) {
    const size_t bracket = name.find('[');
    uint8_t number = 0;
    const char* const last = name.data() + name.size() - 1;
    const auto [end, code] = std::from_chars(name.data() + bracket + 1, last, number);
    if (code == std::errc() && end == last) index = number;
    plain = name.substr(0, bracket);
    if (!index) plain = {};
  }
  const RegisterInfo* info = FindRegister(plain);
  const std::optional<WindowIndex> window =
      info != nullptr ? static_cast<WindowIndex>(info->window) : FindWindow(plain);
  if (!window || (index && kWindows[*window].page == kNotPaged)) {
    error = "there is no register or window `" + std::string(name) + "`; `mlsensor get URI` lists all";
    return false;
  }
  const unsigned count = index ? 1 : EntryCount(*window, ident);
  for (unsigned i = 0; i < count; ++i) {
    const uint8_t entry = index ? *index : static_cast<uint8_t>(i);
    const bool with_index = index || count > 1;
    if (info != nullptr) {
      items.push_back({info, entry, with_index});
    } else {
      AddWindow(*window, entry, with_index, items);
    }
  }
  return true;
}

struct Assignment {
  const RegisterInfo* info;
  std::vector<uint8_t> bytes;
};

bool ParseAssignment(std::string_view text, std::vector<Assignment>& assignments, std::string& error) {
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos) {
    error = "`" + std::string(text) + "`: write NAME=VALUE, for example on_delay_ms=500";
    return false;
  }
  const RegisterInfo* info = FindRegister(text.substr(0, equals));
  if (info == nullptr) {
    error = "there is no register `" + std::string(text.substr(0, equals)) +
            "`; `mlsensor get URI config` lists the configuration";
    return false;
  }
  if (info->access == Access::kReadOnly) {
    error = std::string(info->name) + " cannot be written";
    return false;
  }
  assignments.push_back({info, ParseValue(*info, text.substr(equals + 1), error)});
  return !assignments.back().bytes.empty();
}

}  // namespace

Exit Get(const Request& request) {
  // Wrong names are told before the bus is touched.
  std::vector<Item> items;
  std::string error;
  for (const std::string& name : request.names) {
    if (!AddNamed(name, Ident{}, items, error)) return ReportUsage(error);
  }
  return WithSensor(request, [&](Sensor& sensor) {
    items.clear();
    for (const std::string& name : request.names) AddNamed(name, sensor.ident(), items, error);
    if (request.names.empty()) {
      for (const WindowInfo& window : kWindows) AddNamed(window.name, sensor.ident(), items, error);
    }
    std::map<std::pair<WindowIndex, uint8_t>, std::array<uint8_t, kMaxWindowBytes>> windows;
    Json json = Json::object();
    Rows rows;
    for (const Item& item : items) {
      const auto window = static_cast<WindowIndex>(item.info->window);
      const auto [at, is_new] = windows.try_emplace({window, item.index});
      if (is_new && sensor.ReadWindow(window, item.index, at->second) != Status::kOk) return Report(sensor.error());
      if (request.json) {
        json[item.name()] = ToJson(*item.info, at->second);
      } else {
        rows.emplace_back(item.name(), ToText(*item.info, at->second));
      }
    }
    request.json ? PrintJson(json) : PrintRows(rows);
    return kExitOk;
  });
}

Exit Set(const Request& request) {
  std::vector<Assignment> assignments;
  std::string error;
  for (const std::string& text : request.names) {
    if (!ParseAssignment(text, assignments, error)) return ReportUsage(error);
  }
  return WithSensor(request, [&](Sensor& sensor) {
    const Result<Config> before = sensor.ReadConfig();
    if (!before.ok()) return Report(sensor.error());
    std::array<uint8_t, kMaxWindowBytes> old_image{}, new_image{};
    EncodeWindow(*before, old_image);
    new_image = old_image;
    bool changes_config = false;
    for (const Assignment& assignment : assignments) {
      if (assignment.info->window == kConfigWindow) {
        std::copy(assignment.bytes.begin(), assignment.bytes.end(), new_image.begin() + assignment.info->offset);
        changes_config = true;
      } else if (sensor.WriteRegister(*assignment.info, assignment.bytes) != Status::kOk) {
        return Report(sensor.error());
      }
    }
    if (changes_config) {
      // All or nothing, and read back.
      Config config;
      Config::Fields(config, windows_detail::Load(new_image));
      if (sensor.StageConfig(config) != Status::kOk) return Report(sensor.error());
    }
    Json staged = Json::object();
    Rows rows;
    for (const Assignment& assignment : assignments) {
      const RegisterInfo& info = *assignment.info;
      if (info.window != kConfigWindow) {
        std::array<uint8_t, kMaxWindowBytes> image{};
        std::copy(assignment.bytes.begin(), assignment.bytes.end(), image.begin() + info.offset);
        rows.emplace_back(info.name, ToText(info, image) + " (written)");
        continue;
      }
      staged[info.name] = ToJson(info, new_image);
      rows.emplace_back(info.name, ToText(info, new_image) + " (was " + ToText(info, old_image) + ")");
    }
    if (request.json) {
      PrintJson({{"staged", staged}});
    } else {
      PrintRows(rows);
      if (changes_config) PrintLine("Staged, not active yet: mlsensor commit " + request.uri);
    }
    return kExitOk;
  });
}

}  // namespace mls::cli
