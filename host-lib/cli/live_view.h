// What `mlsensor watch` shows on a terminal, as lines of text; Screen draws them.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "mls/host/sensor.h"

namespace mls::cli {

enum class Style : uint8_t { kPlain, kStrong, kFaint, kPositive, kNegative, kWarning };
struct Piece {
  std::string text;  // UTF-8
  Style style = Style::kPlain;
};
using Line = std::vector<Piece>;

// One module as the view knows it.
struct LiveModule {
  struct Sample {
    uint16_t score_permille = 0;
    Decision decision = Decision::kUnknown;
    bool usable = false;
  };

  explicit LiveModule(std::string a_uri) : uri(std::move(a_uri)) {}
  void AddReading(const Reading& reading);
  void AddBatch(const EventBatch& batch);

  std::string uri;
  std::string problem = "connecting";  // Empty: it answers.
  std::chrono::system_clock::time_point online_since{};
  Ident ident;
  std::vector<std::string> labels;
  std::optional<Reading> reading;
  std::deque<Sample> history;  // The newest at the end.
  uint64_t lost = 0;
  uint64_t restarts = 0;
  BusCounters bus;
  std::chrono::microseconds read_time{};  // Of the last result.
  // From what an event reports to its arrival here, by the mapped clocks.
  std::optional<std::chrono::microseconds> latency, worst_latency;
  std::chrono::microseconds latency_uncertainty{};
  std::optional<PowerCounters> power;
};

struct LiveView {
  // Exactly `rows` lines or less; each has at most `columns` characters, if they are one column wide each.
  std::vector<Line> Draw(size_t rows, size_t columns, std::chrono::system_clock::time_point now) const;
  void AddEvent(const std::string& text);

  std::vector<LiveModule> modules;
  std::deque<std::string> log;  // The newest first.
  bool is_utf8 = true;          // Otherwise the graph is drawn with ASCII characters.
};

}  // namespace mls::cli
