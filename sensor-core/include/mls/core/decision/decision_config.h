// What the decision filters are set to, and the tri-state answer that they give.
#pragma once

#include <cstdint>

namespace mls {

// The answer of a decision filter. Unknown: not enough valid evaluations to say.
enum class Decision : uint8_t { kUnknown = 0, kNegative = 1, kPositive = 2 };

struct DecisionConfig {
  uint16_t high_threshold_permille = 700;  // A score at or above turns the decision positive ...
  uint16_t low_threshold_permille = 400;   // ... and only a score below this turns it negative again.
  uint8_t average_count = 1;               // The score is the mean of so many evaluations, 1..16.
  uint8_t consecutive_count = 1;           // So many evaluations in a row must agree before the decision follows, 1..255.
  uint32_t on_delay_ms = 0;                // How long they must agree before the decision turns positive ...
  uint32_t off_delay_ms = 0;               // ... or negative.
  uint32_t refractory_ms = 0;              // Nothing turns positive for so long after a keyword, or after presence ended.
  uint32_t min_report_interval_ms = 0;     // Shortest time between two reports.
};

inline constexpr int kMaxAverageCount = 16;
inline constexpr uint32_t kMaxDecisionDelay_ms = 3'600'000;

// Invalid evaluations are answered by "unknown" at once. The filters forget what they had seen after so many of them in a row,
// or when they last for so long, whichever is first; a shorter gap neither restarts the filters nor is reported as a change.
inline constexpr int kMaxInvalidEvaluations = 3;
inline constexpr uint32_t kMaxInvalidTime_ms = 1000;

// A field of DecisionConfig, in the order in which Validate looks at them.
enum class DecisionField : uint8_t {
  kNone,
  kHighThreshold,
  kLowThreshold,
  kAverageCount,
  kConsecutiveCount,
  kOnDelay,
  kOffDelay,
  kRefractory,
  kMinReportInterval,
};

// The first field that is out of range, or kNone. Thresholds: 1 <= low <= high <= 1000; times: up to kMaxDecisionDelay_ms.
constexpr DecisionField Validate(const DecisionConfig& config) {
  if (config.high_threshold_permille < 1 || config.high_threshold_permille > 1000) return DecisionField::kHighThreshold;
  if (config.low_threshold_permille < 1 || config.low_threshold_permille > config.high_threshold_permille) {
    return DecisionField::kLowThreshold;
  }
  if (config.average_count < 1 || config.average_count > kMaxAverageCount) return DecisionField::kAverageCount;
  if (config.consecutive_count < 1) return DecisionField::kConsecutiveCount;
  if (config.on_delay_ms > kMaxDecisionDelay_ms) return DecisionField::kOnDelay;
  if (config.off_delay_ms > kMaxDecisionDelay_ms) return DecisionField::kOffDelay;
  if (config.refractory_ms > kMaxDecisionDelay_ms) return DecisionField::kRefractory;
  if (config.min_report_interval_ms > kMaxDecisionDelay_ms) return DecisionField::kMinReportInterval;
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
    case DecisionField::kOnDelay: return "on_delay_ms";
    case DecisionField::kOffDelay: return "off_delay_ms";
    case DecisionField::kRefractory: return "refractory_ms";
    case DecisionField::kMinReportInterval: return "min_report_interval_ms";
  }
  return "unknown field";
}

}  // namespace mls
