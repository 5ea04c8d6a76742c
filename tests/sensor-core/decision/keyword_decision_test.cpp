#include "mls/core/decision/keyword_decision.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace mls {
namespace {

// Labels: 0 silence, 1 unknown word, 2 yes, 3 no.
constexpr KeywordLabels kLabels{.count = 4, .never_fires = 0b0011};

enum Sound { kSilence, kOther, kYes, kNo, kUnsure, kInvalid };

std::vector<uint16_t> Posteriors(Sound sound) {
  switch (sound) {
    case kSilence: return {970, 10, 10, 10};
    case kOther: return {0, 1000, 0, 0};
    case kYes: return {20, 30, 900, 50};
    case kNo: return {20, 30, 50, 900};
    case kUnsure: return {0, 0, 550, 450};
    case kInvalid: break;
  }
  return {0, 0, 900, 0};
}

// 'u' unknown, '.' no keyword, 'y' / 'n' the keyword is heard; a capital letter for its event.
std::string Feed(KeywordDecision& decision, const std::vector<Sound>& sounds, uint32_t start_ms = 0,
                 uint32_t period_ms = 100) {
  std::string text;
  for (Sound sound : sounds) {
    const KeywordOutput output = decision.Update(start_ms, Posteriors(sound), sound != kInvalid);
    start_ms += period_ms;
    EXPECT_TRUE(output.decision == Decision::kPositive || !output.event);
    if (output.decision == Decision::kUnknown) text += 'u';
    if (output.decision == Decision::kNegative) text += '.';
    if (output.decision == Decision::kPositive) text += output.event ? "??YN"[output.label] : "??yn"[output.label];
  }
  return text;
}

KeywordDecision Make(const DecisionConfig& config) {
  KeywordDecision decision;
  EXPECT_EQ(decision.Configure(config, kLabels), Status::kOk);
  return decision;
}

TEST(KeywordDecision, GivesOneEventForEachWord) {
  struct Case {
    const char* name;
    DecisionConfig config;
    std::vector<Sound> sounds;  // Every 100 ms.
    const char* outputs;
  };
  constexpr Sound kS = kSilence;
  const Case cases[] = {
      {"a word that lasts", {}, {kS, kYes, kYes, kYes, kS, kNo, kS, kNo}, ".Yyy.N.N"},
      {"silence and unknown words never fire", {}, {kS, kS, kOther, kOther, kS}, "....."},
      {"hysteresis holds a fading word", {}, {kUnsure, kYes, kUnsure, kUnsure, kS, kUnsure}, ".Yyy.."},
      {"one word straight after another", {}, {kYes, kYes, kNo, kNo, kS}, "YyNn."},
      {"average needs the word for longer", {.average_count = 3}, {kS, kS, kS, kYes, kYes, kYes, kS, kS}, "uu...Yy."},
      {"average swallows a click", {.average_count = 3}, {kS, kS, kS, kYes, kS, kS}, "uu...."},
      {"consecutive", {.consecutive_count = 2}, {kYes, kS, kYes, kNo, kYes, kYes, kS, kS}, ".....Yy."},
      {"on-delay", {.on_delay_ms = 150}, {kS, kYes, kYes, kYes, kS}, "...Y."},
      {"off-delay joins what is broken", {.off_delay_ms = 150}, {kYes, kS, kYes, kS, kS, kS}, "Yyyyy."},
      {"refractory time", {.refractory_ms = 350}, {kYes, kS, kYes, kS, kYes, kS, kNo, kS, kNo}, "Y...Y...N"},
      {"report interval", {.min_report_interval_ms = 350}, {kYes, kS, kYes, kS, kYes, kS}, "Y...Y."},
      {"another word within the refractory time", {.refractory_ms = 250}, {kYes, kNo, kNo, kNo, kS}, "Y..N."},
  };
  for (const Case& c : cases) {
    KeywordDecision decision = Make(c.config);
    EXPECT_EQ(Feed(decision, c.sounds), c.outputs) << c.name;
  }
}

TEST(KeywordDecision, AddsAnOffsetOfTheWordToBothThresholds) {
  struct Case {
    const char* name;
    std::vector<int16_t> offsets_permille;  // of silence, unknown, yes, no; the thresholds are 700 and 500
    std::vector<uint16_t> no_permille;      // every 100 ms; yes has 520 all the time
    const char* outputs;
  };
  const Case cases[] = {
      {"none", {}, {690, 700, 500, 499}, ".Nn."},
      {"harder", {0, 0, 0, 100}, {790, 800, 600, 599}, ".Nn."},
      {"easier", {0, 0, 0, -100}, {590, 600, 400, 399}, ".Nn."},
      {"labels beyond the end have none", {0, 0, 200}, {690, 700, 500, 499}, ".Nn."},
      {"the word that is further above its own threshold", {0, 0, -200}, {0, 710, 730, 499}, "YyNY"},
      {"a threshold above 1000 is 1000", {0, 0, 0, 999}, {999, 1000, 1000, 999}, ".Nn."},
      {"a threshold below 1 is 1", {0, 0, 999, -999}, {0, 1, 1, 0}, ".Nn."},
  };
  for (const Case& c : cases) {
    KeywordDecision decision;
    ASSERT_EQ(decision.Configure({}, {.count = 4, .never_fires = 0b0011, .offsets_permille = c.offsets_permille}), Status::kOk);
    std::string text;
    for (uint32_t i = 0; i < c.no_permille.size(); ++i) {
      const uint16_t posteriors[] = {0, 1000, 520, c.no_permille[i]};
      const KeywordOutput output = decision.Update(100 * i, posteriors, true);
      text += output.decision != Decision::kPositive ? '.' : output.event ? "??YN"[output.label] : "??yn"[output.label];
    }
    EXPECT_EQ(text, c.outputs) << c.name;
  }
}

// The same file is used by decision_test.py, whose Python twin chooses and measures thresholds.
TEST(KeywordDecision, GivesTheEventsOfItsPythonTwin) {
  nlohmann::json golden;
  std::ifstream(MLS_SOURCE_DIR "/tests/sensor-core/decision/golden/keyword_events.json") >> golden;
  size_t events = 0;
  for (const auto& expected : golden.at("cases")) {
    SCOPED_TRACE(expected.at("decision").dump());
    const auto number = [&](const char* name, auto& field) { field = expected.at("decision").value(name, field); };
    DecisionConfig config;
    number("high_threshold_permille", config.high_threshold_permille);
    number("low_threshold_permille", config.low_threshold_permille);
    number("average_count", config.average_count);
    number("consecutive_count", config.consecutive_count);
    number("on_delay_ms", config.on_delay_ms);
    number("off_delay_ms", config.off_delay_ms);
    number("refractory_ms", config.refractory_ms);
    number("min_report_interval_ms", config.min_report_interval_ms);
    const auto offsets = expected.at("offsets_permille").get<std::vector<int16_t>>();
    KeywordDecision decision;
    ASSERT_EQ(decision.Configure(config, {.count = offsets.size(), .never_fires = 0b0011, .offsets_permille = offsets}), Status::kOk);
    auto heard = nlohmann::json::array();
    for (size_t i = 0; i < golden.at("posteriors").size(); ++i) {
      std::vector<uint16_t> posteriors;
      for (const int posterior : golden["posteriors"][i]) posteriors.push_back(PosteriorPermille(static_cast<int8_t>(posterior - 128)));
      const KeywordOutput output = decision.Update(static_cast<uint32_t>(100 * i), posteriors, true);
      if (output.event) heard.push_back({i, output.label});
    }
    EXPECT_EQ(heard, expected.at("events"));
    events += heard.size();
  }
  EXPECT_GT(events, 50u);
}

TEST(KeywordDecision, NeverAnswersAnInvalidEvaluationWithThePreviousKeyword) {
  KeywordDecision decision = Make({});
  EXPECT_EQ(Feed(decision, {kYes, kInvalid, kYes, kInvalid, kInvalid, kYes}), "Yuyuuy")
      << "a short gap gives no second event";
  EXPECT_EQ(Feed(decision, {kInvalid, kInvalid, kInvalid, kYes}), "uuuY") << "a long gap ends the word";
  const KeywordOutput output = decision.Update(0, Posteriors(kYes), false);
  EXPECT_FALSE(output.valid);
  EXPECT_EQ(output.score_permille, 0);
}

TEST(KeywordDecision, TakesPosteriorsThatDoNotFitAsInvalid) {
  KeywordDecision decision = Make({});
  EXPECT_FALSE(decision.Update(0, std::vector<uint16_t>{0, 0, 900}, true).valid);
  EXPECT_FALSE(decision.Update(0, {}, true).valid);
  EXPECT_FALSE(decision.Update(0, std::vector<uint16_t>{0, 0, 1001, 0}, true).valid);
  EXPECT_TRUE(decision.Update(0, std::vector<uint16_t>{0, 0, 1000, 0}, true).valid);
}

TEST(KeywordDecision, TellsTheBestKeywordAndItsMeanEvenWhenNoneIsHeard) {
  KeywordDecision decision = Make({.average_count = 2});
  const KeywordOutput first = decision.Update(0, std::vector<uint16_t>{600, 100, 100, 200}, true);
  EXPECT_EQ(first.decision, Decision::kUnknown);
  const KeywordOutput second = decision.Update(100, std::vector<uint16_t>{600, 100, 0, 300}, true);
  EXPECT_EQ(second.decision, Decision::kNegative);
  EXPECT_EQ(second.label, 3u);
  EXPECT_EQ(second.score_permille, 250);
}

TEST(KeywordDecision, WorksAcrossTheWrapOfTheClock) {
  KeywordDecision decision = Make({.on_delay_ms = 150, .refractory_ms = 500});
  EXPECT_EQ(Feed(decision, {kYes, kYes, kYes, kSilence, kYes, kYes, kYes, kYes, kYes, kYes}, 0xFFFFFF00), "..Y......Y");
}

TEST(KeywordDecision, IsUnknownUntilConfigured) {
  KeywordDecision decision;
  EXPECT_EQ(Feed(decision, {kYes, kYes}), "uu");
  EXPECT_EQ(decision.Update(0, {}, true).decision, Decision::kUnknown);
}

TEST(KeywordDecision, RefusesAConfigurationOutOfRangeAndKeepsItsOwn) {
  KeywordDecision decision = Make({});
  EXPECT_EQ(decision.Configure({.high_threshold_permille = 0}, kLabels), Status::kInvalidArgument);
  EXPECT_EQ(decision.Configure({}, {.count = 0}), Status::kOutOfRange);
  EXPECT_EQ(decision.Configure({}, {.count = kMaxKeywordLabels + 1}), Status::kOutOfRange);
  EXPECT_EQ(Feed(decision, {kYes, kSilence, kNo}), "Y.N");
}

TEST(KeywordDecision, StaysUnknownWhenNoLabelMayFire) {
  KeywordDecision decision;
  ASSERT_EQ(decision.Configure({}, {.count = 4, .never_fires = 0b1111}), Status::kOk);
  EXPECT_EQ(Feed(decision, {kYes, kNo}), "uu");
}

}  // namespace
}  // namespace mls
