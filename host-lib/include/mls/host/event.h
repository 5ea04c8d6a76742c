// Events, and the module's clock seen from the host.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "mls/interface/register_bus.h"
#include "mls/interface/windows.h"

namespace mls {

// Module time to host time, from one latch: the module noted its time while the host's clock went from just before to
// just after.
struct ClockMap {
  uint32_t module_ms = 0;                 // What the module noted.
  SteadyClock::time_point host{};         // The middle of that span.
  std::chrono::microseconds half_span{};  // Half of it, and half of the module's millisecond.

  // Times up to 24 days away from the latch are told apart rightly.
  SteadyClock::time_point ToHost(uint32_t time_ms) const {
    return host + std::chrono::milliseconds(static_cast<int32_t>(time_ms - module_ms));
  }
  // The same by the wall clock as it is set now.
  std::chrono::system_clock::time_point ToWallClock(uint32_t time_ms) const {
    return std::chrono::system_clock::now() +
           std::chrono::duration_cast<std::chrono::system_clock::duration>(ToHost(time_ms) - SteadyClock::now());
  }
  // How far ToHost may be off: half_span, and 100 ppm for the module's oscillator.
  std::chrono::microseconds UncertaintyAt(uint32_t time_ms) const {
    const int64_t away_ms = static_cast<int32_t>(time_ms - module_ms);
    return half_span + std::chrono::microseconds((away_ms < 0 ? -away_ms : away_ms) / 10);
  }
};

struct Event {
  EventRecord record;                                 // As the module sent it.
  std::string label;                                  // Name of record.label; "" for none.
  std::chrono::system_clock::time_point host_time{};  // record.time_ms by the host's wall clock ...
  std::chrono::microseconds uncertainty{};            // ... give or take this.

  // The types that carry a score in `value`.
  bool has_score() const {
    return record.type == EventType::kDetection || record.type == EventType::kPresence ||
           record.type == EventType::kResult;
  }
  double score() const { return has_score() ? record.value / 1000.0 : 0; }
};

struct EventBatch {
  // Oldest first; no number twice. May be empty when only a loss or a restart is reported.
  std::vector<Event> events;
  // Events that happened since the batch before and will never come: the module's FIFO was full, or another host took
  // them.
  uint64_t lost = 0;
  // The module has started anew since the batch before. What it had not delivered by then is gone, and nobody knows how
  // many that were.
  bool restarted = false;
};

// Returns false to stop.
using EventHandler = std::function<bool(const EventBatch&)>;

}  // namespace mls
