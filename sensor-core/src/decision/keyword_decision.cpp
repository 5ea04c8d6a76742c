#include "mls/core/decision/keyword_decision.h"

#include <algorithm>

namespace mls {

Status KeywordDecision::Configure(const DecisionConfig& config, const KeywordLabels& labels) {
  if (Validate(config) != DecisionField::kNone) return Status::kInvalidArgument;
  if (labels.count < 1 || labels.count > kMaxKeywordLabels) return Status::kOutOfRange;
  config_ = config;
  labels_ = labels;
  hold_off_ = HoldOff(std::max(config.refractory_ms, config.min_report_interval_ms));
  gap_.Valid();
  averages_.fill(MovingAverage(config_.average_count));
  Restart();
  return Status::kOk;
}

void KeywordDecision::Restart() {
  positive_ = false;
  consecutive_ = ConsecutiveFilter(config_.consecutive_count);
  delay_ = DelayFilter(config_.on_delay_ms, config_.off_delay_ms);
}

int KeywordDecision::Margin(size_t label, uint16_t threshold_permille) const {
  const int offset = label < labels_.offsets_permille.size() ? labels_.offsets_permille[label] : 0;
  return averages_[label].mean() - std::clamp(threshold_permille + offset, 1, 1000);
}

size_t KeywordDecision::BestLabel() const {
  const auto margin = [&](size_t label) { return Margin(label, config_.high_threshold_permille); };
  size_t best = 0;
  for (size_t label = 1; label < labels_.count; ++label) {
    if (Fires(label) && (!Fires(best) || margin(label) > margin(best))) best = label;
  }
  return best;
}

KeywordOutput KeywordDecision::Update(uint32_t time_ms, std::span<const uint16_t> posteriors_permille, bool valid) {
  const auto is_permille = [](uint16_t posterior) { return posterior <= 1000; };
  if (!valid || labels_.count == 0 || posteriors_permille.size() != labels_.count ||
      !std::all_of(posteriors_permille.begin(), posteriors_permille.end(), is_permille)) {
    if (gap_.Invalid(time_ms)) {
      averages_.fill(MovingAverage(config_.average_count));
      Restart();
    }
    return {};
  }
  gap_.Valid();
  for (size_t label = 0; label < labels_.count; ++label) averages_[label].Add(posteriors_permille[label]);

  KeywordOutput output;
  output.valid = true;
  output.label = BestLabel();
  output.score_permille = averages_[output.label].mean();
  if (!averages_[0].full() || !Fires(output.label)) return output;

  const bool reaches_high = Margin(output.label, config_.high_threshold_permille) >= 0;
  if (output.label != candidate_ && (!positive_ || reaches_high)) {
    candidate_ = output.label;
    Restart();
  }
  const bool held_off = hold_off_.Active(time_ms);
  const uint16_t threshold = positive_ ? config_.low_threshold_permille : config_.high_threshold_permille;
  const bool heard = Margin(candidate_, threshold) >= 0;
  const bool agreed = consecutive_.Update(heard);
  const bool was_positive = positive_;
  positive_ = delay_.Update(time_ms, agreed && (was_positive || !held_off));
  output.event = positive_ && !was_positive;
  if (output.event) hold_off_.Start(time_ms);
  output.decision = positive_ ? Decision::kPositive : Decision::kNegative;
  if (positive_) {
    output.label = candidate_;
    output.score_permille = averages_[candidate_].mean();
  }
  return output;
}

}  // namespace mls
