// The published models reproduce their golden vectors to the byte, and stay within their arena budgets.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "files.h"
#include "mls/core/engine/engine.h"
#include "mls/core/engine/operators.h"

namespace mls {
namespace {

const std::string kModels = MLS_SHARED_DIR "/models/";

struct ModelCase {
  const char* file;
  uint64_t macs;               // As counted by others (see peers below).
  uint32_t tflm_arena_bytes;   // TensorFlow Lite Micro, reference kernels, 32-bit.
};

class GoldenTest : public testing::TestWithParam<ModelCase> {
 protected:
  void SetUp() override {
    model_ = test::ReadFile(kModels + GetParam().file);
    if (model_.empty()) GTEST_SKIP() << "NOT TESTED: " << kModels << GetParam().file << " is missing";
  }

  std::vector<uint8_t> model_;
  std::vector<std::byte> arena_ = std::vector<std::byte>(512 * 1024);
};

TEST_P(GoldenTest, EveryVectorIsReproducedToTheByte) {
  const auto manifest_bytes = test::ReadFile(kModels + "golden/manifest.json");
  if (manifest_bytes.empty()) GTEST_SKIP() << "NOT TESTED: the golden manifest is missing";
  const auto manifest = nlohmann::json::parse(manifest_bytes);
  const auto& models = manifest["models"];
  const auto entry = std::find_if(models.begin(), models.end(), [](const auto& m) { return m["model"] == GetParam().file; });
  ASSERT_NE(entry, models.end());
  const auto inputs = test::ReadFile(kModels + "golden/" + std::string((*entry)["input_file"]));
  const auto outputs = test::ReadFile(kModels + "golden/" + std::string((*entry)["output_file"]));
  const size_t count = (*entry)["count"];

  for (const OperatorSet operators : {engine::portable::AllOperators(), engine::AllOperators()}) {
  InferenceEngine engine;
  Diagnostics why;
  ASSERT_EQ(engine.Prepare(model_, arena_, operators, &why), Status::kOk) << why.message;
  ASSERT_EQ(why.full_speed_bytes, 0u);
  ASSERT_EQ(inputs.size(), count * engine.input().size());
  ASSERT_EQ(outputs.size(), count * engine.output().size());
  const std::vector<int32_t> input_shape = (*entry)["input_shape"];
  const std::vector<int32_t> output_shape = (*entry)["output_shape"];
  EXPECT_TRUE(std::ranges::equal(engine.input_info().shape(), input_shape));
  EXPECT_TRUE(std::ranges::equal(engine.output_info().shape(), output_shape));
  EXPECT_EQ(engine.input_info().zero_point, (*entry)["quant"]["in_zero_point"]);
  EXPECT_FLOAT_EQ(engine.output_info().scale, (*entry)["quant"]["out_scale"]);

  for (size_t i = 0; i < count; ++i) {
    const auto* input = reinterpret_cast<const int8_t*>(inputs.data()) + i * engine.input().size();
    const auto* expected = reinterpret_cast<const int8_t*>(outputs.data()) + i * engine.output().size();
    std::copy_n(input, engine.input().size(), engine.input().begin());
    ASSERT_EQ(engine.Invoke(), Status::kOk);
    EXPECT_TRUE(std::equal(engine.output().begin(), engine.output().end(), expected)) << "vector " << i;
  }
  }
}

// With the portable kernels: those for this machine trade memory for speed.
TEST_P(GoldenTest, ArenaIsSmallerThanTheBudget) {
  InferenceEngine engine;
  Diagnostics why;
  ASSERT_EQ(engine.Prepare(model_, arena_, engine::portable::AllOperators(), &why), Status::kOk) << why.message;
  std::cout << "arena " << GetParam().file << ": " << engine.arena_used_bytes() << " bytes, plan " << engine.plan_bytes()
            << ", TFLM " << GetParam().tflm_arena_bytes << "\n";
  EXPECT_LE(engine.arena_used_bytes(), GetParam().tflm_arena_bytes * 85 / 100);
  EXPECT_NEAR(static_cast<double>(engine.macs()), static_cast<double>(GetParam().macs), 0.03 * GetParam().macs);

  // What it says it needs is enough, and one byte less is not.
  const uint32_t used = engine.arena_used_bytes();
  EXPECT_EQ(engine.Prepare(model_, std::span(arena_).first(used), engine::portable::AllOperators(), &why), Status::kOk) << why.message;
  EXPECT_EQ(engine.Prepare(model_, std::span(arena_).first(used - 1), engine::portable::AllOperators(), &why), Status::kNoMemory);
  EXPECT_FALSE(engine.ready());
  EXPECT_EQ(engine.Invoke(), Status::kNotReady);
}

INSTANTIATE_TEST_SUITE_P(PublishedModels, GoldenTest,
                         testing::Values(ModelCase{"kws_ref_model.tflite", 2656768, 22772},
                                         ModelCase{"vww_96_int8.tflite", 7489664, 100660},
                                         ModelCase{"pretrainedResnet_quant.tflite", 12501632, 54340},
                                         ModelCase{"ad01_int8.tflite", 264192, 2260},
                                         ModelCase{"person_detect.tflite", 7157888, 82292}),
                         [](const auto& test_case) {
                           const std::string file = test_case.param.file;
                           return file.substr(0, file.find('.'));
                         });

}  // namespace
}  // namespace mls
