// A packed model is the same model: to readers that know nothing of it, to the engine, and in its bytes. Damage gives an error.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <vector>

#include "mls/core/engine/engine.h"
#include "mls/core/engine/operators.h"
#include "pack.h"
#include "packed.h"
#include "small_models.h"

namespace mls {
namespace {

using Sums = std::map<int32_t, std::vector<int32_t>>;
Sums* taken = nullptr;

// What kernels that take packed sums do; works with the portable ones, so that results can be compared.
template <const engine::OperatorRegistration& kPortable, uint32_t kChannels>
Status PlanTaking(engine::PlanContext& context) {
  const void* data;
  if (!context.Packed(engine::kPackedSums, 4 * kChannels, data)) return context.status();
  if (data != nullptr) {
    const auto* sums = static_cast<const int32_t*>(data);
    (*taken)[context.operator_index()] = {sums, sums + kChannels};
  }
  return kPortable.plan(context);
}

class PackedModelTest : public testing::Test {
 protected:
  // Plans and, if that works, runs on `input`.
  Status Run(const std::vector<uint8_t>& model) {
    static constexpr engine::OperatorRegistration kConv = {3, "CONV_2D", PlanTaking<engine::portable::kConv2D, 4>};
    static constexpr engine::OperatorRegistration kDense = {9, "FULLY_CONNECTED", PlanTaking<engine::portable::kFullyConnected, 3>};
    std::vector<const engine::OperatorRegistration*> operators = {&kConv, &kDense};
    const OperatorSet all = engine::AllOperators();
    operators.insert(operators.end(), all.begin(), all.end());
    std::vector<uint8_t> exact(model);  // On the heap, so that a sanitizer sees any over-read.
    exact.shrink_to_fit();
    sums_.clear();
    taken = &sums_;
    InferenceEngine engine;
    const Status status = engine.Prepare(exact, arena_, operators, &why_);
    if (status != Status::kOk || engine.macs() > 1000000) return status;
    for (size_t i = 0; i < engine.input().size(); ++i) engine.input()[i] = static_cast<int8_t>(37 * i);
    EXPECT_EQ(engine.Invoke(), Status::kOk);
    output_.assign(engine.output().begin(), engine.output().end());
    return status;
  }
  // Where the packed data begin.
  static size_t PackedStart(const std::vector<uint8_t>& file) {
    const uint8_t magic[] = {'M', 'L', 'S', 'P'};
    return static_cast<size_t>(std::search(file.begin(), file.end(), magic, magic + 4) - file.begin());
  }

  std::vector<uint8_t> model_ = test::SmallNetwork().Build();
  models::PackedModel packed_ = models::Pack(model_);
  std::vector<std::byte> arena_ = std::vector<std::byte>(64 * 1024);
  Diagnostics why_;
  Sums sums_;
  std::vector<int8_t> output_;
};

TEST_F(PackedModelTest, GivesTheSameResultsAndTheSums) {
  ASSERT_EQ(Run(model_), Status::kOk) << why_.message;
  EXPECT_TRUE(sums_.empty());
  const auto expected = output_;
  ASSERT_EQ(Run(packed_.file), Status::kOk) << why_.message;
  EXPECT_EQ(output_, expected);
  EXPECT_EQ(packed_.operators, 2u);  // CONV_2D and FULLY_CONNECTED.
  EXPECT_EQ(packed_.data_bytes, 4u * (4 + 3));
  ASSERT_EQ(sums_.size(), 2u);

  test::Random random(1);  // As SmallNetwork makes its weights.
  const auto weights = random.Bytes(72);
  const int32_t bias[] = {100, -200, 300, 0};
  for (size_t c = 0; c < 4; ++c) {
    int32_t sum = 0;
    for (size_t i = 0; i < 18; ++i) sum += static_cast<int8_t>(weights[18 * c + i]);
    EXPECT_EQ(sums_[0][c], bias[c] - 3 * sum) << c;
  }
}

TEST_F(PackedModelTest, HasTheOriginalInItWithItsHash) {
  EXPECT_EQ(models::Unpack(packed_.file), model_);
  EXPECT_THROW(models::Unpack(model_), std::runtime_error);
  EXPECT_THROW(models::Pack(packed_.file), std::runtime_error);
  auto damaged = packed_.file;
  damaged[PackedStart(damaged) + 24] ^= 1;  // The hash.
  EXPECT_THROW(models::Unpack(damaged), std::runtime_error);
}

TEST_F(PackedModelTest, IsRefusedWhereAnyByteOfThePackedDataIsWrong) {
  for (size_t at = PackedStart(packed_.file); at < packed_.file.size(); ++at) {
    auto damaged = packed_.file;
    damaged[at] ^= 0x10;
    const bool is_version = at - PackedStart(packed_.file) - 4 < 4;
    EXPECT_EQ(Run(damaged), is_version ? Status::kOk : Status::kCorrupt) << at;
    if (is_version) {
      EXPECT_TRUE(sums_.empty()) << "of another version, and used";
    } else {
      EXPECT_STREQ(why_.message, "CONV_2D (operator 0): its packed weights are damaged");
    }
  }
}

// Whoever makes the file to mislead can make the checksum too.
TEST_F(PackedModelTest, NeverReadsOutsideOfThePackedData) {
  const size_t start = PackedStart(packed_.file), first = start + 4 * engine::kPackedHeaderWords;
  const auto with = [&](size_t at, uint32_t value) {
    auto file = packed_.file;
    for (size_t i = 0; i < 4; ++i) file[at + i] = static_cast<uint8_t>(value >> (8 * i));
    const uint32_t sum = engine::PackedChecksum(std::span<const uint8_t>(file).subspan(start + 16));
    for (size_t i = 0; i < 4; ++i) file[start + 12 + i] = static_cast<uint8_t>(sum >> (8 * i));
    return Run(file);
  };
  const auto bytes = static_cast<uint32_t>(packed_.file.size() - start);
  for (const uint32_t count : {3u, 8u, 0x10000000u, 0xffffffffu}) EXPECT_NE(with(start + 8, count), Status::kNoMemory) << count;
  EXPECT_EQ(with(start + 8, 0xffffffffu), Status::kCorrupt);
  for (const uint32_t offset : {bytes - 12, bytes, 0xfffffff0u, 0x7fffffffu, 98u}) EXPECT_EQ(with(first + 8, offset), Status::kCorrupt) << offset;
  for (const uint32_t size : {0u, 12u, 20u, 0xffffffffu}) EXPECT_EQ(with(first + 12, size), Status::kCorrupt) << size;
  EXPECT_EQ(with(first, 77), Status::kOk);      // Of an operator that is not there.
  EXPECT_EQ(with(first + 4, 77), Status::kOk);  // In a layout that nobody knows.
  EXPECT_EQ(sums_.size(), 1u);
}

TEST_F(PackedModelTest, GivesAPlanOrAnErrorHoweverItIsCutOrBent) {
  for (size_t size = 0; size < packed_.file.size(); size += 3) {
    (void)Run({packed_.file.begin(), packed_.file.begin() + static_cast<ptrdiff_t>(size)});
  }
  for (size_t at = 0; at < 256; ++at) {  // The tables in front.
    auto bent = packed_.file;
    bent[at] ^= 0x40;
    (void)Run(bent);
  }
}

}  // namespace
}  // namespace mls
