// KeywordDecision: the posteriors of a keyword model to one event for each word that was spoken.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "mls/core/decision/decision_config.h"
#include "mls/core/decision/filters.h"
#include "mls/interface/status.h"

namespace mls {

inline constexpr size_t kMaxKeywordLabels = 40;

struct KeywordLabels {
  size_t count = 0;           // Labels of the model, 1..kMaxKeywordLabels.
  uint64_t never_fires = 0;   // Bit n is set for label n when it is no keyword: silence, unknown words.
  // Entry n is added to both thresholds for label n; labels beyond the end have 0. A sum counts as 1 at least and as
  // 1000 at most. The caller keeps the numbers.
  std::span<const int16_t> offsets_permille{};
};

struct KeywordOutput {
  Decision decision = Decision::kUnknown;  // Positive while a keyword is heard.
  size_t label = 0;             // The keyword that is heard, else the nearest to its threshold; 0 when not valid.
  uint16_t score_permille = 0;  // Its mean posterior; 0 when not valid.
  bool valid = false;           // The evaluation was valid. When it was not, the decision is unknown.
  bool event = false;           // The keyword was just recognised. Once for each time the decision turns positive.
};

// The posteriors are averaged label by label. A keyword is recognised when its mean is at its high threshold or above,
// and by more than that of any other keyword, consecutive_count times and for on_delay_ms. It ends when its mean is
// below its low threshold, consecutive_count times and for off_delay_ms, or at once when another keyword is ahead of it
// and reaches its high threshold.
// For the longer of refractory_ms and min_report_interval_ms after an event there is no other.
class KeywordDecision {
 public:
  // Takes a new configuration and forgets all evaluations; until the first call every output is unknown.
  // kInvalidArgument: Validate names a field of `config`. kOutOfRange: the number of labels. Nothing changes then.
  Status Configure(const DecisionConfig& config, const KeywordLabels& labels);

  // To be called once for each evaluation, in the order of time. One posterior 0..1000 for each label; an evaluation
  // with another number of them, or a larger one, is not valid.
  KeywordOutput Update(uint32_t time_ms, std::span<const uint16_t> posteriors_permille, bool valid);

 private:
  bool Fires(size_t label) const { return (labels_.never_fires >> label & 1) == 0; }
  // The mean of a label less the threshold that it needs.
  int Margin(size_t label, uint16_t threshold_permille) const;
  size_t BestLabel() const;
  void Restart();

  DecisionConfig config_;
  KeywordLabels labels_;
  std::array<MovingAverage, kMaxKeywordLabels> averages_;
  size_t candidate_ = 0;   // The keyword that consecutive_ and delay_ look at.
  bool positive_ = false;  // It was recognised and has not ended.
  ConsecutiveFilter consecutive_;
  DelayFilter delay_{0, 0};
  HoldOff hold_off_{0};
  GapCounter gap_;
};

}  // namespace mls
