#include "mls/core/audio/feature_quantizer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace mls {
namespace {

int8_t Quantize(float scale, int zero_point, int32_t feature_q16) {
  return FeatureQuantizer::Make(scale, zero_point).value()(feature_q16);
}

TEST(FeatureQuantizer, RoundsHalfAwayFromZeroAndSaturates) {
  struct Case {
    float scale;
    int zero_point;
    double feature;
    int expected;
  };
  const Case cases[] = {
      {1.0f, 0, 0.0, 0},        {1.0f, 0, 0.5, 1},        {1.0f, 0, -0.5, -1},    {1.0f, 0, 0.49998, 0},
      {1.0f, 0, -2.5, -3},      {0.5f, 3, 1.25, 6},       {0.5f, 3, -1.25, 0},    {0.25f, -128, 63.75, 127},
      {1.0f, 100, 27.4, 127},   {1.0f, 100, 28.0, 127},   {1.0f, -100, -29, -128}, {2.0f, 0, 32767.0, 127},
      {0.584702909f, 83, -60.0, -20}, {0.584702909f, 83, 20.0, 117},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Quantize(c.scale, c.zero_point, static_cast<int32_t>(std::lround(c.feature * 65536))), c.expected)
        << c.feature << " / " << c.scale << " + " << c.zero_point;
  }
}

TEST(FeatureQuantizer, AgreesWithFloatingPointAwayFromTies) {
  for (float scale : {0.0625f, 0.0784313753f, 0.584702909f, 3.7f, 1e-6f, 1000.0f}) {
    const FeatureQuantizer quantizer = *FeatureQuantizer::Make(scale, -7);
    for (int64_t feature = -9000000; feature <= 9000000; feature += 65537 / 3) {
      const double steps = static_cast<double>(feature) / 65536 / static_cast<double>(scale);
      if (std::abs(std::abs(steps - std::trunc(steps)) - 0.5) < 1e-4) continue;
      const double expected = std::min(127.0, std::max(-128.0, std::round(steps) - 7));
      ASSERT_EQ(quantizer(static_cast<int32_t>(feature)), expected) << feature << " / " << scale;
    }
  }
}

TEST(FeatureQuantizer, TakesTheWholeRangeOfFeatures) {
  EXPECT_EQ(Quantize(1e-6f, 0, std::numeric_limits<int32_t>::max()), 127);
  EXPECT_EQ(Quantize(1e-6f, 0, std::numeric_limits<int32_t>::min()), -128);
  EXPECT_EQ(Quantize(2000.0f, 5, std::numeric_limits<int32_t>::min()), 5 - 16);
}

TEST(FeatureQuantizer, RefusesScalesAndZeroPointsThatNoTensorHas) {
  for (float scale : {0.0f, -0.5f, 1e-9f, 3000.0f, std::numeric_limits<float>::infinity(), std::nanf("")}) {
    EXPECT_EQ(FeatureQuantizer::Make(scale, 0).status(), Status::kOutOfRange) << scale;
  }
  EXPECT_EQ(FeatureQuantizer::Make(1.0f, 128).status(), Status::kOutOfRange);
  EXPECT_EQ(FeatureQuantizer::Make(1.0f, -129).status(), Status::kOutOfRange);
}

}  // namespace
}  // namespace mls
