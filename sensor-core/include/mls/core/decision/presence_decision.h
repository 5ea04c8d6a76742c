// PresenceDecision: scores of a person model to a state that stays until it ends.
#pragma once

#include <cstdint>

#include "mls/core/decision/decision_config.h"
#include "mls/core/decision/filters.h"
#include "mls/interface/status.h"

namespace mls {

// One evaluation of the model. Not valid: the capture or the inference failed, or the picture was no use.
struct ScoreEvaluation {
  uint32_t time_ms = 0;
  uint16_t score_permille = 0;  // 0..1000; larger counts as 1000.
  bool valid = false;
};

struct PresenceOutput {
  Decision decision = Decision::kUnknown;
  uint16_t score_permille = 0;  // The mean that the decision was made from; 0 when not valid.
  bool valid = false;           // The evaluation was valid. The decision is unknown when it was not.
  bool report = false;          // The decision changed since the last report and may be reported now.
};

// Order: average, hysteresis, consecutive, refractory time, delays, report interval.
class PresenceDecision {
 public:
  explicit PresenceDecision(const DecisionConfig& config = {}) : config_(config), filters_(config), reports_(config) {}

  // Takes a new configuration and forgets all evaluations. kInvalidArgument: Validate names a field, and nothing changes.
  Status Configure(const DecisionConfig& config);

  // To be called once for each evaluation, in the order of time.
  PresenceOutput Update(const ScoreEvaluation& evaluation);

 private:
  // What a gap in the evaluations makes void.
  struct Filters {
    explicit Filters(const DecisionConfig& config)
        : average(config.average_count),
          hysteresis(config.high_threshold_permille, config.low_threshold_permille),
          consecutive(config.consecutive_count),
          refractory(config.refractory_ms),
          delay(config.on_delay_ms, config.off_delay_ms) {}

    MovingAverage average;
    Hysteresis hysteresis;
    ConsecutiveFilter consecutive;
    HoldOff refractory;
    DelayFilter delay;
    bool on = false;
  };

  DecisionConfig config_;
  Filters filters_;
  ReportLimiter reports_{0};
  GapCounter gap_;
};

}  // namespace mls
