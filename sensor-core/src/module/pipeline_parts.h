// What both pipelines need.
#pragma once

#include "mls/core/decision/decision_config.h"
#include "mls/core/engine/engine.h"
#include "mls/interface/windows.h"

namespace mls {

inline DecisionConfig DecisionConfigOf(const Config& config) {
  return {.high_threshold_permille = config.high_threshold_permille,
          .low_threshold_permille = config.low_threshold_permille,
          .average_count = config.average_count,
          .consecutive_count = config.consecutive_count,
          .on_delay_ms = config.on_delay_ms,
          .off_delay_ms = config.off_delay_ms,
          .refractory_ms = config.refractory_ms,
          .min_report_interval_ms = config.min_report_interval_ms};
}

// The quantisation that TensorFlow Lite gives to each int8 softmax and logistic: scale 1/256, zero point -128.
inline bool IsPosterior(const TensorInfo& output) {
  return output.type == TensorType::kInt8 && output.scale == 1.0f / 256 && output.zero_point == -128;
}

constexpr ScoreKind ScoreKindOf(bool is_valid, uint8_t average_count) {
  if (!is_valid) return ScoreKind::kNone;
  return average_count > 1 ? ScoreKind::kAveragedPosterior : ScoreKind::kPosterior;
}

}  // namespace mls
