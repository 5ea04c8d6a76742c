// The small filters that decisions are built from. Each holds its state and nothing else; times are a counter of
// milliseconds that may wrap. A filter must be updated at least once in 2^32 ms.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "mls/core/decision/decision_config.h"

namespace mls {

// Mean of the last `count` values, 1..kMaxAverageCount.
class MovingAverage {
 public:
  explicit MovingAverage(uint8_t count = 1) : count_(count) {}

  void Add(uint16_t value) {
    if (full()) sum_ -= values_[next_];
    values_[next_] = value;
    sum_ += value;
    next_ = static_cast<uint8_t>((next_ + 1) % count_);
    if (!full()) ++size_;
  }
  bool full() const { return size_ == count_; }

  // Rounded mean; needs at least one value.
  uint16_t mean() const { return static_cast<uint16_t>((sum_ + size_ / 2) / size_); }

 private:
  std::array<uint16_t, kMaxAverageCount> values_{};
  uint32_t sum_ = 0;
  uint8_t count_;
  uint8_t size_ = 0;
  uint8_t next_ = 0;
};

// On at or above the high threshold, off below the low one, unchanged between. Off at first.
class Hysteresis {
 public:
  Hysteresis(uint16_t high, uint16_t low) : high_(high), low_(low) {}

  bool Update(uint16_t value) { return on_ = value >= (on_ ? low_ : high_); }

 private:
  uint16_t high_;
  uint16_t low_;
  bool on_ = false;
};

// Changes after `count` inputs in a row that differ from the output. Off at first.
class ConsecutiveFilter {
 public:
  explicit ConsecutiveFilter(uint8_t count = 1) : count_(count) {}

  bool Update(bool input) {
    differing_ = input == on_ ? uint8_t{0} : static_cast<uint8_t>(differing_ + 1);
    if (differing_ >= count_) {
      on_ = input;
      differing_ = 0;
    }
    return on_;
  }

 private:
  uint8_t count_;
  uint8_t differing_ = 0;
  bool on_ = false;
};

// Changes when the input has differed from the output without a break for the on-delay or the off-delay. Off at first.
class DelayFilter {
 public:
  DelayFilter(uint32_t on_delay_ms, uint32_t off_delay_ms) : on_delay_ms_(on_delay_ms), off_delay_ms_(off_delay_ms) {}

  bool Update(uint32_t time_ms, bool input) {
    if (input == on_) {
      waiting_ = false;
      return on_;
    }
    if (!waiting_) since_ms_ = time_ms;
    waiting_ = time_ms - since_ms_ < (input ? on_delay_ms_ : off_delay_ms_);
    if (!waiting_) on_ = input;
    return on_;
  }

 private:
  uint32_t on_delay_ms_;
  uint32_t off_delay_ms_;
  uint32_t since_ms_ = 0;
  bool waiting_ = false;
  bool on_ = false;
};

// Active for a time after Start. Serves as refractory time and as shortest interval.
class HoldOff {
 public:
  explicit HoldOff(uint32_t duration_ms) : duration_ms_(duration_ms) {}

  void Start(uint32_t time_ms) {
    started_ms_ = time_ms;
    active_ = true;
  }
  bool Active(uint32_t time_ms) { return active_ = active_ && time_ms - started_ms_ < duration_ms_; }

 private:
  uint32_t duration_ms_;
  uint32_t started_ms_ = 0;
  bool active_ = false;
};

// Tells which decisions to report: changes, not closer together than the interval. A change that comes too early is
// reported when the interval is over, unless it has gone by then. At first the decision is unknown, without a report.
class ReportLimiter {
 public:
  explicit ReportLimiter(uint32_t interval_ms) : hold_off_(interval_ms) {}

  // For what comes from now on; what was reported stays known.
  void SetInterval(uint32_t interval_ms) { hold_off_ = HoldOff(interval_ms); }

  bool Update(uint32_t time_ms, Decision decision) {
    if (hold_off_.Active(time_ms) || decision == reported_) return false;
    hold_off_.Start(time_ms);
    reported_ = decision;
    return true;
  }

 private:
  HoldOff hold_off_;
  Decision reported_ = Decision::kUnknown;
};

// Counts invalid evaluations until the filters behind have to forget what they saw.
class GapCounter {
 public:
  // A valid evaluation ends the gap.
  void Valid() { invalid_count_ = 0; }

  // True when this invalid evaluation is the kMaxInvalidEvaluations-th in a row or kMaxInvalidTime_ms after the first.
  bool Invalid(uint32_t time_ms) {
    if (invalid_count_ == 0) first_ms_ = time_ms;
    if (invalid_count_ < kMaxInvalidEvaluations) ++invalid_count_;
    return invalid_count_ >= kMaxInvalidEvaluations || time_ms - first_ms_ >= kMaxInvalidTime_ms;
  }

 private:
  uint32_t first_ms_ = 0;
  uint8_t invalid_count_ = 0;
};

}  // namespace mls
