#include "mls/core/decision/presence_decision.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mls {
namespace {

constexpr int kInvalid = -1;

struct Sequence {
  std::string decisions;  // 'u' unknown, 'n' negative, 'p' positive; a capital letter where it is to be reported.
  std::vector<int> scores;
  std::vector<bool> valid;
};

// One evaluation every `period_ms`.
Sequence Feed(PresenceDecision& decision, const std::vector<int>& scores, uint32_t period_ms = 100,
              uint32_t start_ms = 0) {
  Sequence sequence;
  for (int score : scores) {
    const PresenceOutput output =
        decision.Update({.time_ms = start_ms,
                         .score_permille = static_cast<uint16_t>(score == kInvalid ? 900 : score),
                         .valid = score != kInvalid});
    const auto index = static_cast<size_t>(output.decision);
    sequence.decisions += output.report ? "UNP"[index] : "unp"[index];
    sequence.scores.push_back(output.score_permille);
    sequence.valid.push_back(output.valid);
    start_ms += period_ms;
  }
  return sequence;
}

PresenceDecision Make(const DecisionConfig& config) {
  PresenceDecision decision;
  EXPECT_EQ(decision.Configure(config), Status::kOk);
  return decision;
}

TEST(PresenceDecision, FollowsTheConfiguredFilters) {
  struct Case {
    const char* name;
    DecisionConfig config;
    std::vector<int> scores;  // Every 100 ms.
    const char* decisions;
  };
  const Case cases[] = {
      {"hysteresis", {}, {0, 699, 700, 500, 499, 699}, "NnPpNn"},
      {"first score high", {}, {900, 900, 100}, "PpN"},
      {"average", {.average_count = 2}, {0, 900, 900, 700, 200, 200}, "uNPpNn"},
      {"a single outlier is averaged away", {.average_count = 4}, {0, 0, 0, 0, 1000, 0, 0, 0}, "uuuNnnnn"},
      {"consecutive", {.consecutive_count = 3}, {0, 900, 900, 0, 900, 900, 900, 0, 0, 900, 0, 0, 0}, "NnnnnnPpppppN"},
      {"undecided while the first count runs", {.consecutive_count = 3}, {900, 900, 900, 900}, "uuPp"},
      {"on-delay", {.on_delay_ms = 250}, {0, 900, 900, 900, 900, 0, 900, 900, 900, 900}, "NnnnPNnnnP"},
      {"off-delay", {.off_delay_ms = 250}, {900, 0, 0, 900, 0, 0, 0, 0, 900}, "PppppppNP"},
      {"refractory", {.refractory_ms = 300}, {900, 0, 900, 900, 900, 900}, "PNnnPp"},
      {"report interval", {.min_report_interval_ms = 300}, {0, 900, 900, 900, 0, 900, 0, 0, 0, 0}, "NppPnpNnnn"},
  };
  for (const Case& c : cases) {
    PresenceDecision decision = Make(c.config);
    EXPECT_EQ(Feed(decision, c.scores).decisions, c.decisions) << c.name;
  }
}

TEST(PresenceDecision, ScoreIsTheMeanThatTheDecisionWasMadeFrom) {
  PresenceDecision decision = Make({.average_count = 2});
  EXPECT_EQ(Feed(decision, {400, 1000, 1000, kInvalid, 0}).scores, (std::vector<int>{400, 700, 1000, 0, 500}));
}

TEST(PresenceDecision, NeverAnswersAnInvalidEvaluationWithThePreviousDecision) {
  PresenceDecision decision = Make({});
  const Sequence sequence = Feed(decision, {900, kInvalid, 900, 900, kInvalid, kInvalid, 900});
  EXPECT_EQ(sequence.decisions, "Pupp" "uup") << "a short gap is unknown, and is no change to report";
  EXPECT_EQ(sequence.valid, (std::vector<bool>{true, false, true, true, false, false, true}));
}

TEST(PresenceDecision, ForgetsAfterThreeInvalidEvaluations) {
  PresenceDecision decision = Make({.on_delay_ms = 100});
  EXPECT_EQ(Feed(decision, {0, 900, 900, kInvalid, kInvalid, kInvalid, kInvalid, 900, 900}).decisions, "NnPuuUuuP");
}

TEST(PresenceDecision, ForgetsWhenInvalidEvaluationsLastForASecond) {
  PresenceDecision decision = Make({});
  EXPECT_EQ(Feed(decision, {900, kInvalid, kInvalid, 900}, 1000).decisions, "PuUP");
}

TEST(PresenceDecision, TakesAScoreOutOfRangeAsInvalid) {
  PresenceDecision decision;
  EXPECT_EQ(Feed(decision, {900, 1001, 900}).decisions, "Pup");
}

TEST(PresenceDecision, WorksAcrossTheWrapOfTheClock) {
  PresenceDecision decision = Make({.on_delay_ms = 250, .refractory_ms = 300});
  EXPECT_EQ(Feed(decision, {0, 900, 900, 900, 900, 0, 900, 900, 900, 900, 900, 900}, 100, 0xFFFFFF00).decisions,
            "NnnnPNnnnnnP");
}

TEST(PresenceDecision, ReportsAChangeThatANewConfigurationBrings) {
  PresenceDecision decision = Make({});
  EXPECT_EQ(Feed(decision, {0, 800}).decisions, "NP");
  EXPECT_EQ(decision.Configure({.high_threshold_permille = 900}), Status::kOk);
  EXPECT_EQ(Feed(decision, {800, 950}, 100, 300).decisions, "NP");
  EXPECT_EQ(decision.Configure({.high_threshold_permille = 800}), Status::kOk);
  EXPECT_EQ(Feed(decision, {850}, 100, 600).decisions, "p");
}

TEST(PresenceDecision, KeepsItsConfigurationWhenTheNewOneIsRefused) {
  PresenceDecision decision = Make({.high_threshold_permille = 300, .low_threshold_permille = 200});
  EXPECT_EQ(Feed(decision, {350}).decisions, "P");
  EXPECT_EQ(decision.Configure({.average_count = 0}), Status::kInvalidArgument);
  EXPECT_EQ(Feed(decision, {250}).decisions, "p");
}

}  // namespace
}  // namespace mls
