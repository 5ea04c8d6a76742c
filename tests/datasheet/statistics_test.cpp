#include "mls/datasheet/statistics.h"

#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace mls::datasheet {
namespace {

TEST(NormalQuantile, MatchesTables) {
  EXPECT_NEAR(NormalQuantile(0.975), 1.959964, 1e-6);
  EXPECT_NEAR(NormalQuantile(0.5), 0, 1e-9);
  EXPECT_NEAR(NormalQuantile(0.05), -1.644854, 1e-6);
}

// Reference values: scipy.stats.binomtest(k, n).proportion_ci(method="wilson").
TEST(WilsonInterval, MatchesReferenceValues) {
  struct Case { uint64_t k, n; double lower, upper; };
  for (const Case& c : {Case{0, 10, 0, 0.277533}, Case{5, 10, 0.236593, 0.763407}, Case{90, 100, 0.825634, 0.944771},
                        Case{10, 10, 0.722467, 1}, Case{0, 0, 0, 1}}) {
    const Interval interval = WilsonInterval(c.k, c.n);
    EXPECT_NEAR(interval.lower, c.lower, 1e-6) << c.k << " of " << c.n;
    EXPECT_NEAR(interval.upper, c.upper, 1e-6) << c.k << " of " << c.n;
  }
}

// Reference values: chi2.ppf(0.025, 2k) / 2 and chi2.ppf(0.975, 2k + 2) / 2.
TEST(PoissonInterval, IsGarwoods) {
  struct Case { uint64_t k; double lower, upper; };
  for (const Case& c : {Case{1, 0.025318, 5.571643}, Case{4, 1.089865, 10.241589}, Case{100, 81.363971, 121.627008},
                        Case{10000, 9804.961, 10197.940}}) {
    const Interval interval = PoissonInterval(c.k);
    EXPECT_NEAR(interval.lower, c.lower, 1e-4 * c.lower) << c.k;
    EXPECT_NEAR(interval.upper, c.upper, 1e-4 * c.upper) << c.k;
  }
}

TEST(PoissonInterval, BoundsNoEventsByTheRuleOfThree) {
  EXPECT_EQ(PoissonInterval(0).lower, 0);
  EXPECT_NEAR(PoissonInterval(0).upper, 3.0, 0.005);
}

TEST(BootstrapBySubject, IsWiderThanWilsonWhereReadingsOfOneSubjectAgree) {
  std::vector<SubjectCount> subjects;
  for (int i = 0; i < 20; ++i) subjects.push_back({i < 15 ? 10u : 0u, 10u});
  const Interval by_subject = BootstrapBySubject(subjects);
  const Interval by_reading = WilsonInterval(150, 200);
  EXPECT_LT(by_subject.lower, by_reading.lower);
  EXPECT_GT(by_subject.upper, by_reading.upper);
  EXPECT_LT(by_subject.lower, 0.75);
  EXPECT_GT(by_subject.upper, 0.75);
}

TEST(BootstrapBySubject, GivesTheSameForTheSameSeed) {
  const std::vector<SubjectCount> subjects = {{1, 2}, {3, 4}, {0, 5}, {2, 2}};
  const Interval a = BootstrapBySubject(subjects);
  const Interval b = BootstrapBySubject(subjects);
  EXPECT_EQ(a.lower, b.lower);
  EXPECT_EQ(a.upper, b.upper);
  EXPECT_EQ(BootstrapBySubject({}).upper, 1);
}

TEST(MetricsFrom, DerivesEveryRateFromOneTable) {
  const Json metrics =
      MetricsFrom({.true_positive = 90, .false_negative = 10, .false_positive = 5, .true_negative = 95});
  EXPECT_EQ(metrics["accuracy"]["value"], 0.925);
  EXPECT_EQ(metrics["recall"]["value"], 0.9);
  EXPECT_EQ(metrics["recall"]["n"], 100);
  EXPECT_EQ(metrics["precision"]["value"], 0.947368);
  EXPECT_EQ(metrics["false_positive_rate"]["value"], 0.05);
  EXPECT_EQ(metrics["false_negative_rate"]["value"], 0.1);
  EXPECT_EQ(metrics["recall"]["evidence"]["kind"], "derived");
}

TEST(MetricsFrom, StatesNoFalsePositiveRateWithoutNegatives) {
  const Json metrics = MetricsFrom({.true_positive = 3, .false_negative = 1, .false_positive = 0, .true_negative = 0});
  EXPECT_FALSE(metrics.contains("false_positive_rate"));
  EXPECT_TRUE(metrics.contains("recall"));
}

TEST(CountsFrom, TakesNothingThatIsNoTableOfCounts) {
  EXPECT_FALSE(CountsFrom(nullptr));
  const Json negative =
      Json::parse(R"({"true_positive": -1, "false_negative": 0, "false_positive": 0, "true_negative": 0})");
  EXPECT_FALSE(CountsFrom(&negative));
}

TEST(PowerOfEvidence, TellsWhatSmallGroupsCannotShow) {
  EXPECT_NEAR(DetectableDifference(5, 18, 0.8), 0.5665, 1e-3);
  EXPECT_NEAR(DetectableDifference(1000, 1000, 0.9), 0.0376, 1e-3);
  EXPECT_EQ(TrialsToShow(0.99), 299u);
}

}  // namespace
}  // namespace mls::datasheet
