// Every operator and type against vectors that TensorFlow Lite's reference kernels made: see make_vectors.py.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "files.h"
#include "mls/core/engine/engine.h"
#include "mls/core/engine/float32.h"
#include "mls/core/engine/operators.h"

namespace mls {
namespace {

class EngineVectors : public testing::TestWithParam<const char*> {};

TEST_P(EngineVectors, EveryValueIsReproducedToTheBit) {
  const std::string path = MLS_SOURCE_DIR "/tests/sensor-core/engine/vectors/" + std::string(GetParam());
  const auto model = test::ReadFile(path + ".tflite");
  const auto inputs = test::ReadFile(path + ".in");
  const auto expected = test::ReadFile(path + ".out");
  ASSERT_FALSE(model.empty() || inputs.empty() || expected.empty()) << path;
  for (const OperatorSet operators : {engine::portable::AllOperators(), engine::AllOperators()}) {
    std::vector<std::byte> arena(256 * 1024);
    InferenceEngine engine;
    Diagnostics why;
    ASSERT_EQ(engine.Prepare(model, arena, operators, &why), Status::kOk) << why.message;
    // Twice: the second time from the start again.
    for (int repeat = 0; repeat < 2; ++repeat) {
      size_t in = 0, out = 0;
      for (int run = 0; in < inputs.size(); ++run) {
        for (int i = 0; i < engine.input_count(); ++i) {
          const auto tensor = engine.input(i);
          ASSERT_LE(in + tensor.size(), inputs.size());
          std::copy_n(inputs.begin() + static_cast<ptrdiff_t>(in), tensor.size(), tensor.begin());
          in += tensor.size();
        }
        ASSERT_EQ(engine.Invoke(), Status::kOk);
        for (int i = 0; i < engine.output_count(); ++i) {
          const auto tensor = engine.output(i);
          ASSERT_LE(out + tensor.size(), expected.size());
          const auto* values = reinterpret_cast<const int8_t*>(expected.data()) + out;
          const auto [got, want] = std::mismatch(tensor.begin(), tensor.end(), values);
          EXPECT_EQ(got, tensor.end()) << "run " << run << " output " << i << " byte " << got - tensor.begin() << " of " << tensor.size()
                                       << ": " << int{*got} << ", not " << int{*want};
          out += tensor.size();
        }
      }
      EXPECT_EQ(out, expected.size());
      engine.Reset();
    }
  }
}

TEST(EngineFloatVectors, EveryValueIsCloseToTheReference) {
  const std::string path = MLS_SOURCE_DIR "/tests/sensor-core/engine/vectors/float32";
  const auto model = test::ReadFile(path + ".tflite");
  const auto inputs = test::ReadFile(path + ".in");
  const auto expected = test::ReadFile(path + ".out");
  std::vector<std::byte> arena(64 * 1024);
  InferenceEngine engine;
  Diagnostics why;
  ASSERT_EQ(engine.Prepare(model, arena, engine::AllOperatorsWithFloat(), &why), Status::kOk) << why.message;
  size_t in = 0, out = 0;
  for (int i = 0; i < engine.input_count(); ++i) {
    const auto tensor = engine.input(i);
    ASSERT_LE(in + tensor.size(), inputs.size());
    std::copy_n(inputs.begin() + static_cast<ptrdiff_t>(in), tensor.size(), tensor.begin());
    in += tensor.size();
  }
  ASSERT_EQ(engine.Invoke(), Status::kOk);
  for (int i = 0; i < engine.output_count(); ++i) {
    const auto tensor = engine.output(i);
    ASSERT_LE(out + tensor.size(), expected.size());
    for (size_t at = 0; at < tensor.size(); at += sizeof(float), out += sizeof(float)) {
      float got, want;
      std::memcpy(&got, tensor.data() + at, sizeof got);
      std::memcpy(&want, expected.data() + out, sizeof want);
      EXPECT_NEAR(got, want, 1e-5f * std::max(1.0f, std::abs(want))) << "output " << i << " value " << at / sizeof(float);
    }
  }
  EXPECT_EQ(out, expected.size());
}

INSTANTIATE_TEST_SUITE_P(Families, EngineVectors,
                         testing::Values("activations_int8", "arithmetic_int16", "arithmetic_int8", "convolutions_int16", "convolutions_int4",
                                         "convolutions_int8", "functions_int16", "moving_float32", "moving_int16", "moving_int32",
                                         "moving_int8", "pools_and_means_int16", "pools_and_means_int8", "quantizations", "softmaxes_int8",
                                         "streaming", "transpose_convolutions_int16", "transpose_convolutions_int8"),
                         [](const auto& test_case) { return std::string(test_case.param); });

}  // namespace
}  // namespace mls
