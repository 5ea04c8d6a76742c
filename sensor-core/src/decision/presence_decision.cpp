#include "mls/core/decision/presence_decision.h"

namespace mls {

Status PresenceDecision::Configure(const DecisionConfig& config) {
  if (Validate(config) != DecisionField::kNone) return Status::kInvalidArgument;
  config_ = config;
  filters_ = Filters(config);
  reports_.SetInterval(config.min_report_interval_ms);
  gap_.Valid();
  return Status::kOk;
}

PresenceOutput PresenceDecision::Update(const ScoreEvaluation& evaluation) {
  const uint32_t time_ms = evaluation.time_ms;
  PresenceOutput output;
  if (!evaluation.valid || evaluation.score_permille > 1000) {
    if (gap_.Invalid(time_ms)) {
      filters_ = Filters(config_);
      output.report = reports_.Update(time_ms, Decision::kUnknown);
    }
    return output;
  }
  gap_.Valid();
  filters_.average.Add(evaluation.score_permille);
  output.valid = true;
  output.score_permille = filters_.average.mean();
  if (filters_.average.full()) {
    const bool refractory = filters_.refractory.Active(time_ms);
    const bool above = filters_.hysteresis.Update(output.score_permille);
    const bool agreed = filters_.consecutive.Update(above);
    const bool was_positive = filters_.positive;
    filters_.positive = filters_.delay.Update(time_ms, agreed && !refractory);
    if (was_positive && !filters_.positive) filters_.refractory.Start(time_ms);
    filters_.settled |= filters_.positive || !above;
    if (filters_.settled) output.decision = filters_.positive ? Decision::kPositive : Decision::kNegative;
  }
  output.report = reports_.Update(time_ms, output.decision);
  return output;
}

}  // namespace mls
