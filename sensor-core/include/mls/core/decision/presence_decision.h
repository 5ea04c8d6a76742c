// PresenceDecision: the scores of a person model to a state that lasts until it ends.
#pragma once

#include <cstdint>

#include "mls/core/decision/decision_config.h"
#include "mls/core/decision/filters.h"
#include "mls/interface/status.h"

namespace mls {

// One evaluation of the model. Not valid: the capture or the inference failed, or the picture was no use.
struct ScoreEvaluation {
  uint32_t time_ms = 0;
  uint16_t score_permille = 0;  // 0..1000; a larger one is not valid.
  bool valid = false;
};

struct PresenceOutput {
  Decision decision = Decision::kUnknown;
  uint16_t score_permille = 0;  // The mean that the decision was made from; 0 when not valid.
  bool valid = false;           // The evaluation was valid. When it was not, the decision is unknown.
  bool report = false;          // The decision differs from the last one reported, and may be reported now.
};

// The score passes through average, hysteresis, consecutive count, refractory time and delays. The decision is unknown
// until average_count evaluations are in, and while the first score above the threshold waits for its count or delay.
class PresenceDecision {
 public:
  // Takes a new configuration and forgets all evaluations. The decision last reported stays known, so that a change is
  // reported. kInvalidArgument: Validate names a field; nothing changes.
  Status Configure(const DecisionConfig& config);

  // To be called once for each evaluation, in the order of time.
  PresenceOutput Update(const ScoreEvaluation& evaluation);

 private:
  // What a long gap in the evaluations makes void.
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
    bool positive = false;
    bool settled = false;  // There was a basis for a decision.
  };

  DecisionConfig config_;
  Filters filters_{config_};
  ReportLimiter reports_{config_.min_report_interval_ms};
  GapCounter gap_;
};

}  // namespace mls
