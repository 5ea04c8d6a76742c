// Whatever arena is granted, the answers are the same: a small one only makes kernels slower, one that is too small is told the size that fits.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "files.h"
#include "mls/core/engine/engine.h"
#include "mls/core/engine/operators.h"
#include "random_models.h"

namespace mls {
namespace {

using test::Random;

// Memory of an exact size on the heap, aligned to 16 bytes, so that a sanitizer sees any over-read.
struct Memory {
  explicit Memory(size_t size) : bytes(new std::byte[size], size) {}
  ~Memory() { delete[] bytes.data(); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  std::span<std::byte> bytes;
};

std::vector<int8_t> Run(InferenceEngine& engine) {
  Random random(7);
  for (int i = 0; i < engine.input_count(); ++i) std::ranges::copy(random.Bytes(engine.input(i).size()), engine.input(i).begin());
  EXPECT_EQ(engine.Invoke(), Status::kOk);
  std::vector<int8_t> outputs;
  for (int i = 0; i < engine.output_count(); ++i) outputs.insert(outputs.end(), engine.output(i).begin(), engine.output(i).end());
  return outputs;
}

int CountSteps(const InferenceEngine& engine, Packing packing) {
  int count = 0;
  for (int32_t step = 0; step < engine.step_count(); ++step) count += engine.step_packing(step) == packing;
  return count;
}

// The arenas that are just enough to run the model, and to run it at full speed.
struct Sizes {
  uint32_t least, full;
};
Sizes FindSizes(const std::vector<uint8_t>& model) {
  Sizes sizes{};
  for (const bool full : {false, true}) {
    uint32_t granted = 0;
    for (int tries = 0;; ++tries) {
      const Memory memory(granted);
      InferenceEngine engine;
      Diagnostics why;
      const Status status = engine.Prepare(model, memory.bytes, engine::AllOperators(), &why);
      if (full ? why.full_speed_bytes == 0 : status != Status::kNoMemory) {
        EXPECT_EQ(status, Status::kOk) << why.message;
        (full ? sizes.full : sizes.least) = engine.arena_used_bytes();
        break;
      }
      const uint32_t next = full ? why.full_speed_bytes : why.required_bytes;
      EXPECT_GT(next, granted);
      EXPECT_GE(why.full_speed_bytes, why.required_bytes);
      EXPECT_LE(tries, 3);
      if (tries > 3) break;
      granted = next;
    }
  }
  return sizes;
}

// Tries arenas of many sizes. Returns how many of them gave plans between the slowest and the fastest.
int Sweep(const std::vector<uint8_t>& model, uint32_t seed) {
  std::vector<int8_t> expected;
  {
    const Memory memory(4 << 20);
    InferenceEngine portable;
    EXPECT_EQ(portable.Prepare(model, memory.bytes, engine::portable::AllOperators()), Status::kOk);
    expected = Run(portable);
  }
  const Sizes sizes = FindSizes(model);
  std::set<uint32_t> tried = {0, 1, 100, sizes.least - 1, sizes.least, sizes.least + 1, sizes.full - 1, sizes.full, sizes.full + 1000};
  Random random(seed);
  for (int i = 0; i < 8; ++i) {
    tried.insert(static_cast<uint32_t>(random.Between(0, static_cast<int>(sizes.least))));
    tried.insert(static_cast<uint32_t>(random.Between(static_cast<int>(sizes.least), static_cast<int>(sizes.full))));
  }
  int between = 0;
  for (const uint32_t size : tried) {
    SCOPED_TRACE("arena of " + std::to_string(size) + " bytes");
    const Memory memory(size);
    InferenceEngine engine;
    Diagnostics why;
    const Status status = engine.Prepare(model, memory.bytes, engine::AllOperators(), &why);
    EXPECT_EQ(status, size < sizes.least ? Status::kNoMemory : Status::kOk) << why.message;
    EXPECT_EQ(why.full_speed_bytes != 0, size < sizes.full);
    EXPECT_TRUE(why.full_speed_bytes == 0 || why.full_speed_bytes > size);
    if (status != Status::kOk) {
      EXPECT_FALSE(engine.ready());
      EXPECT_GT(why.required_bytes, size);
      const bool exact = std::string(why.message).find("at least") == std::string::npos;
      EXPECT_TRUE(!exact || why.required_bytes == sizes.least + 8) << why.message;  // Alignment may cost 8.
      continue;
    }
    EXPECT_LE(engine.arena_used_bytes(), size);
    EXPECT_EQ(CountSteps(engine, Packing::kNoRoom) == 0, size >= sizes.full);
    EXPECT_EQ(Run(engine), expected);
    between += size < sizes.full && CountSteps(engine, Packing::kPacked) > 0;
  }
  return between;
}

class PublishedModelArena : public testing::TestWithParam<const char*> {};

TEST_P(PublishedModelArena, GivesTheSameAnswersInAnySizeThatFits) {
  const auto model = test::ReadFile(std::string(MLS_SHARED_DIR "/models/") + GetParam() + ".tflite");
  if (model.empty()) GTEST_SKIP() << "NOT TESTED: " << GetParam() << " is missing";
  const int between = Sweep(model, 1);
#ifdef __x86_64__
  EXPECT_GT(between, 4);
#else
  EXPECT_EQ(between, 0);
#endif
}

INSTANTIATE_TEST_SUITE_P(Models, PublishedModelArena,
                         testing::Values("kws_ref_model", "vww_96_int8", "pretrainedResnet_quant", "ad01_int8", "person_detect"),
                         [](const auto& test_case) { return std::string(test_case.param); });

TEST(Arena, RandomModelsGiveTheSameAnswersInAnySizeThatFits) {
  for (uint32_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    Sweep(test::BuildModel(random, seed % 2 == 0), seed);
  }
  for (const auto& model : test::AllSmallNetworks()) Sweep(model, 1);
}

TEST(Arena, WhereverItStartsTheSizeThatIsAskedForFits) {
  Random random(11);
  const auto model = test::BuildModel(random, false);
  for (size_t start = 0; start < 16; ++start) {
    for (const bool full : {false, true}) {
      uint32_t granted = 0;
      Diagnostics why;
      InferenceEngine engine;
      for (int tries = 0; tries < 5; ++tries) {
        const Memory memory(start + granted);
        const Status status = engine.Prepare(model, memory.bytes.subspan(start), engine::AllOperators(), &why);
        const uint32_t wanted = full ? why.full_speed_bytes : status == Status::kNoMemory ? why.required_bytes : 0;
        if (wanted == 0) break;
        EXPECT_GT(wanted, granted);
        granted = wanted;
      }
      EXPECT_TRUE(engine.ready());
    }
  }
}

}  // namespace
}  // namespace mls
