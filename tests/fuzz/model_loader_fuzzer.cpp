// Any byte string given to the loader results in a plan or in an error; small plans are run as well.
// Mutations work on bytes; a custom mutator starts from a valid small network now and then, since blind bytes rarely become one.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <vector>

#include "files.h"
#include "mls/core/engine/engine.h"
#include "mls/core/engine/operators.h"
#include "small_models.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace {

constexpr size_t kArenaBytes = 64 * 1024;
constexpr uint64_t kMaxMacs = 200'000;
constexpr size_t kMaxSeedBytes = 4096;

void Check(bool condition) {
  if (!condition) std::abort();
}

// The small networks, and the smaller ones among the models of the operators' vectors: large ones would only slow it down.
std::vector<std::vector<uint8_t>> Seeds() {
  auto seeds = mls::test::AllSmallNetworks();
  std::error_code none;
  for (const auto& file : std::filesystem::directory_iterator(MLS_SOURCE_DIR "/tests/sensor-core/engine/vectors", none)) {
    if (file.path().extension() == ".tflite" && file.file_size() <= kMaxSeedBytes) seeds.push_back(mls::test::ReadFile(file.path()));
  }
  return seeds;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // An exact, aligned copy, so that any over-read is seen.
  const std::vector<uint8_t> model(data, data + size);
  alignas(16) static std::byte arena[kArenaBytes];
  mls::InferenceEngine engine;
  mls::Diagnostics why;
  const mls::Status status = engine.Prepare(model, arena, mls::engine::AllOperators(), &why);
  Check(engine.ready() == (status == mls::Status::kOk));
  Check((why.message[0] == 0) == engine.ready());
  Check(std::memchr(why.message, 0, sizeof why.message) != nullptr);
  if (!engine.ready()) return 0;

  Check(engine.arena_used_bytes() <= sizeof arena);
  for (int i = 0; i < engine.input_count(); ++i) {
    Check(engine.input_info(i).bytes == engine.input(i).size());
    std::memset(engine.input(i).data(), static_cast<int>(size) + i, engine.input(i).size());
  }
  if (engine.macs() <= kMaxMacs) Check(engine.Invoke() == mls::Status::kOk);
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned int seed) {
  static const std::vector<std::vector<uint8_t>> kSeeds = Seeds();
  if (seed % 16 == 0) {
    const auto& model = kSeeds[seed / 16 % kSeeds.size()];
    if (model.size() <= max_size) {
      std::memcpy(data, model.data(), model.size());
      size = model.size();
    }
  }
  if (seed % 2 != 0 && size >= 8) {
    // Change one aligned word to a value that matters to offsets and dimensions.
    static constexpr uint32_t kWords[] = {0, 1, 2, 3, 4, 8, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x10000,
                                          0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffe, 0x40000000, 0x7f800000};
    const size_t at = seed / 32 % (size / 4) * 4;
    const uint32_t word = kWords[seed / 64 % std::size(kWords)];
    std::memcpy(data + at, &word, 4);
    return size;
  }
  return LLVMFuzzerMutate(data, size, max_size);
}
