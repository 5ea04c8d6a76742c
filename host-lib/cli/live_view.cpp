#include "live_view.h"

#include <algorithm>
#include <array>

#include "mls/host/names.h"
#include "output.h"
#include "register_text.h"

namespace mls::cli {
namespace {

constexpr size_t kHistory = 1000;
constexpr size_t kLog = 200;
constexpr size_t kTallestGraph = 8;
constexpr std::array<const char*, 9> kBlocks = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array<const char*, 9> kAsciiBlocks = {" ", ".", ":", "-", "=", "+", "*", "#", "@"};

std::string Format(const char* format, auto... values) {
  char text[128];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

std::string Time(std::chrono::microseconds time) {
  if (time < std::chrono::milliseconds(1)) return std::to_string(time.count()) + " us";
  return Format("%.1f ms", static_cast<double>(time.count()) / 1000.0);
}

std::string Energy(uint64_t energy_uj) {
  const double joule = static_cast<double>(energy_uj) / 1e6;
  if (joule >= 3600) return Format("%.2f Wh", joule / 3600);
  return joule >= 1 ? Format("%.2f J", joule) : Format("%.2f mJ", joule * 1000);
}

size_t Length(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

// Cut to `columns`, whole characters only.
Line Cut(const Line& line, size_t columns) {
  Line cut;
  for (Piece piece : line) {
    size_t size = 0, length = 0;
    while (size < piece.text.size() && (length < columns || (piece.text[size] & 0xC0) == 0x80)) {
      length += (piece.text[size++] & 0xC0) != 0x80;
    }
    piece.text.resize(size);
    columns -= length;
    if (size > 0) cut.push_back(std::move(piece));
  }
  return cut;
}

Style StyleOf(Decision decision) {
  switch (decision) {
    case Decision::kPositive: return Style::kPositive;
    case Decision::kNegative: return Style::kNegative;
    default: return Style::kFaint;
  }
}

std::string LabelOf(const LiveModule& module, uint8_t label) {
  return label < module.labels.size() ? module.labels[label] : "";
}

// What it found, in a word.
std::string Finding(const LiveModule& module) {
  const Decision decision = module.reading->decision();
  if (decision == Decision::kUnknown) return "unknown";
  const bool is_positive = decision == Decision::kPositive;
  if (module.ident.profile == Profile::kPerson) return is_positive ? "somebody" : "nobody";
  const std::string label = LabelOf(module, module.reading->registers.label);
  return !is_positive ? "nothing" : label.empty() ? "positive" : label;
}

Line TitleLine(const LiveModule& module) {
  Line line = {{module.uri, Style::kStrong}};
  const Ident& ident = module.ident;
  if (ident.profile != Profile::kUnknown) {
    line.push_back({"  " + NameOf<"ident.profile">(ident.profile) +
                    Format("  firmware %d.%d.%d  model %08x", ident.firmware_major, ident.firmware_minor,
                           ident.firmware_patch, ident.model_id)});
  }
  if (!module.problem.empty()) line.push_back({"  " + module.problem, Style::kWarning});
  return line;
}

Line StateLine(const LiveModule& module) {
  if (!module.reading) return {{"  no result yet", Style::kFaint}};
  const Reading& reading = *module.reading;
  const LatestResult& result = reading.registers;
  const bool is_current = module.problem.empty();
  Line line = {{"  " + PadRight(is_current ? Finding(module) : "unknown", 12),
                is_current ? StyleOf(reading.decision()) : Style::kFaint}};
  std::string text = "score " + FormatScore(reading.score());
  const std::string label = LabelOf(module, result.label);
  if (!label.empty()) text += " for " + label;
  if (result.count > 0) text += "  count " + std::to_string(result.count);
  text += "  age " + std::to_string(result.age_ms) + " ms  result " + std::to_string(result.sequence);
  line.push_back({text, is_current ? Style::kPlain : Style::kFaint});
  if (!reading.usable()) {
    const std::vector<std::string> flags = FlagNames(kReg<"result.flags">.kInfo, result.flags);
    line.push_back({"  not usable: " + (flags.empty() ? "not valid" : Join(flags, ", ")), Style::kWarning});
  }
  return line;
}

Line CounterLine(const LiveModule& module) {
  std::string text = "  latency ";
  if (module.latency) {
    text += Time(*module.latency) + " +/- " + Time(module.latency_uncertainty) + ", worst " + Time(*module.worst_latency);
  } else {
    text += "-";
  }
  Line line = {{text + "  read " + Time(module.read_time)}};
  line.push_back({"  lost " + std::to_string(module.lost), module.lost > 0 ? Style::kWarning : Style::kPlain});
  line.push_back({"  retries " + std::to_string(module.bus.retries + module.bus.damaged_windows)});
  if (module.restarts > 0) line.push_back({"  restarts " + std::to_string(module.restarts), Style::kWarning});
  if (module.power) {
    const PowerCounters& power = *module.power;
    text = "  energy " + (power.energy_kind == EnergyKind::kUnknown
                              ? "unknown"
                              : Energy(power.energy_uj) + " " + NameOf<"power.energy_kind">(power.energy_kind));
    line.push_back({text + "  inferences " + std::to_string(power.inference_count)});
  }
  return line;
}

// The score from right (now) to left, `height` lines high.
void AddGraph(const LiveModule& module, size_t height, size_t columns, bool is_utf8, std::vector<Line>& lines) {
  const auto& blocks = is_utf8 ? kBlocks : kAsciiBlocks;
  constexpr size_t kAxis = 6;
  const size_t width = columns > kAxis ? std::min(columns - kAxis, kHistory) : 0;
  const size_t shown = std::min(width, module.history.size());
  for (size_t row = 0; row < height; ++row) {
    const bool is_bottom = row + 1 == height;
    const char* axis = is_bottom && height > 1 ? "  0.0 " : row == 0 ? "  1.0 " : "      ";
    Line line = {{axis, Style::kFaint}, {std::string(width - shown, ' ')}};
    for (size_t i = module.history.size() - shown; i < module.history.size(); ++i) {
      const LiveModule::Sample& sample = module.history[i];
      const size_t level = std::max<size_t>(1, (sample.score_permille * height * 8 + 500) / 1000);
      const size_t below = 8 * (height - 1 - row);
      const char* glyph = blocks[level > below ? std::min<size_t>(level - below, 8) : 0];
      if (!sample.usable) glyph = is_bottom ? (is_utf8 ? "·" : "!") : " ";
      const Style style = sample.usable ? StyleOf(sample.decision) : Style::kWarning;
      if (line.back().style == style) {
        line.back().text += glyph;
      } else {
        line.push_back({glyph, style});
      }
    }
    lines.push_back(std::move(line));
  }
}

}  // namespace

void LiveModule::AddReading(const Reading& a_reading) {
  reading = a_reading;
  history.push_back({a_reading.registers.score_permille, a_reading.decision(), a_reading.usable()});
  if (history.size() > kHistory) history.pop_front();
}

void LiveModule::AddBatch(const EventBatch& batch) {
  lost += batch.lost;
  restarts += batch.restarted;
  for (const Event& event : batch.events) {
    // What had waited in the module before it could be told says nothing about the way.
    if (batch.restarted || event.host_time < online_since) continue;
    const auto now = std::chrono::system_clock::now();
    latency = std::max(std::chrono::duration_cast<std::chrono::microseconds>(now - event.host_time),
                       std::chrono::microseconds(0));
    worst_latency = std::max(latency, worst_latency);
    latency_uncertainty = event.uncertainty;
  }
}

void LiveView::AddEvent(const std::string& text) {
  log.push_front(text);
  if (log.size() > kLog) log.pop_back();
}

std::vector<Line> LiveView::Draw(size_t rows, size_t columns, std::chrono::system_clock::time_point now) const {
  std::vector<Line> lines;
  const std::string title = "mlsensor watch";
  const std::string hint = LocalTime(now).substr(0, 8) + "  q quits";
  const size_t used = Length(title) + Length(hint);
  lines.push_back({{title, Style::kStrong},
                   {std::string(columns > used ? columns - used : 1, ' ')},
                   {hint, Style::kFaint}});

  // Title, state, graph and counters of each module; a third of the screen is for events.
  const size_t count = std::max<size_t>(modules.size(), 1);
  const size_t for_each = (rows - std::min(rows, 1 + rows / 3)) / count;
  const size_t height = std::clamp<size_t>(for_each > 4 ? for_each - 4 : 1, 1, kTallestGraph);
  const bool is_spaced = for_each > 4;
  size_t hidden = 0;
  for (const LiveModule& module : modules) {
    if (lines.size() + 3 + height > rows) {
      ++hidden;
      continue;
    }
    if (is_spaced) lines.emplace_back();
    lines.push_back(TitleLine(module));
    lines.push_back(StateLine(module));
    AddGraph(module, height, columns, is_utf8, lines);
    lines.push_back(CounterLine(module));
  }
  if (hidden > 0 && lines.size() < rows) {
    lines.push_back({{"and " + std::to_string(hidden) + " more: make the window taller", Style::kWarning}});
  }
  if (lines.size() + 2 < rows) {
    lines.emplace_back();
    lines.push_back({{log.empty() ? "No events yet" : "Events, the latest first", Style::kStrong}});
    for (const std::string& text : log) {
      if (lines.size() >= rows) break;
      lines.push_back({{text}});
    }
  }
  if (lines.size() > rows) lines.resize(rows);
  for (Line& line : lines) line = Cut(line, columns);
  return lines;
}

}  // namespace mls::cli
