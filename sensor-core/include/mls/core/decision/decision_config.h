// What the decision filters are set to.
#pragma once

#include <cstdint>

#include "mls/interface/register_values.h"

namespace mls {

// Field names, units and ranges are those of the registers config.*.
struct DecisionConfig {
  uint16_t high_threshold_permille = 700;  // A score at or above turns the decision positive ...
  uint16_t low_threshold_permille = 500;   // ... and only a score below this turns it negative again.
  uint8_t average_count = 1;               // The score is the mean of so many evaluations, 1..16.
  uint8_t consecutive_count = 1;           // So many evaluations in a row must agree for a change, 1..255.
  uint16_t on_delay_ms = 0;                // How long they must agree before the decision turns positive ...
  uint16_t off_delay_ms = 0;               // ... or negative.
  uint16_t refractory_ms = 0;              // Nothing turns positive so long after a keyword or the end of presence.
  uint16_t min_report_interval_ms = 0;     // Shortest time between two reports.
};

inline constexpr int kMaxAverageCount = 16;

// An invalid evaluation is answered by "unknown" at once. The filters forget what they had seen at the third in a row,
// or at one that comes this long after the first. A shorter gap restarts nothing and is not reported as a change.
inline constexpr int kMaxInvalidEvaluations = 3;
inline constexpr uint32_t kMaxInvalidTime_ms = 1000;

// Rounded. An int8 softmax or logistic of TensorFlow Lite has scale 1/256 and zero point -128.
constexpr uint16_t PosteriorPermille(int8_t output) {
  return static_cast<uint16_t>(((output + 128) * 1000 + 128) / 256);
}

// The fields of DecisionConfig that not every value suits.
enum class DecisionField : uint8_t { kNone, kHighThreshold, kLowThreshold, kAverageCount, kConsecutiveCount };

// The first field that is out of range, or kNone. Thresholds: 1 <= low <= high <= 1000.
constexpr DecisionField Validate(const DecisionConfig& config) {
  if (config.high_threshold_permille < 1 || config.high_threshold_permille > 1000) return DecisionField::kHighThreshold;
  if (config.low_threshold_permille < 1 || config.low_threshold_permille > config.high_threshold_permille) {
    return DecisionField::kLowThreshold;
  }
  if (config.average_count < 1 || config.average_count > kMaxAverageCount) return DecisionField::kAverageCount;
  if (config.consecutive_count < 1) return DecisionField::kConsecutiveCount;
  return DecisionField::kNone;
}

// Name of the field as in DecisionConfig. Never null; storage is static.
constexpr const char* DecisionFieldName(DecisionField field) {
  switch (field) {
    case DecisionField::kNone: return "none";
    case DecisionField::kHighThreshold: return "high_threshold_permille";
    case DecisionField::kLowThreshold: return "low_threshold_permille";
    case DecisionField::kAverageCount: return "average_count";
    case DecisionField::kConsecutiveCount: return "consecutive_count";
  }
  return "unknown field";
}

}  // namespace mls
