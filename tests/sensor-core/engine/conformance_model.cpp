// Makes models of many independent operators with random shapes and extreme values.
//
//   engine_conformance_model PREFIX SEED            writes one, inputs for it, and the outputs that the portable kernels give:
//                                                   PREFIX.tflite, .in, .out. Kernels for other processors must give the same.
//   engine_conformance_model --compare FIRST LAST   runs those of a range of seeds with the portable kernels and with those for this
//                                                   processor, and compares.
// Even seeds make models too large for a microcontroller.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "mls/core/engine/engine.h"
#include "mls/core/engine/operators.h"
#include "random_models.h"

namespace {

using mls::test::BuildModel;
using mls::test::Random;

void Write(const std::string& path, const std::vector<uint8_t>& bytes) {
  std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

bool IsLarge(uint32_t seed) { return seed % 2 == 0; }

// The outputs for `inputs`, which is filled from `random` if it is empty; none, with a message, if the model cannot be run.
std::vector<uint8_t> Run(const std::vector<uint8_t>& model, mls::OperatorSet operators, Random& random, std::vector<uint8_t>& inputs) {
  static std::vector<std::byte> arena;
  mls::InferenceEngine engine;
  mls::Diagnostics why;
  mls::Status status = engine.Prepare(model, arena, operators, &why);
  while (why.full_speed_bytes != 0) {
    arena.resize(why.full_speed_bytes);
    status = engine.Prepare(model, arena, operators, &why);
  }
  if (status != mls::Status::kOk) {
    std::fprintf(stderr, "%s\n", why.message);
    return {};
  }
  if (inputs.empty()) {
    for (int i = 0; i < engine.input_count(); ++i) {
      const auto bytes = random.Bytes(engine.input(i).size());
      inputs.insert(inputs.end(), bytes.begin(), bytes.end());
    }
  }
  const uint8_t* from = inputs.data();
  for (int i = 0; i < engine.input_count(); ++i) {
    std::copy_n(from, engine.input(i).size(), engine.input(i).begin());
    from += engine.input(i).size();
  }
  if (engine.Invoke() != mls::Status::kOk) return {};
  std::vector<uint8_t> outputs;
  for (int i = 0; i < engine.output_count(); ++i) outputs.insert(outputs.end(), engine.output(i).begin(), engine.output(i).end());
  return outputs;
}

int Compare(uint32_t first, uint32_t last) {
#ifdef __x86_64__
  std::printf("AVX2: %s, AVX-512 VNNI: %s\n", __builtin_cpu_supports("avx2") ? "yes" : "no", __builtin_cpu_supports("avx512vnni") ? "yes" : "no");
#endif
  int different = 0;
  for (uint32_t seed = first; seed <= last; ++seed) {
    Random random(seed);
    const auto model = BuildModel(random, IsLarge(seed));
    std::vector<uint8_t> inputs;
    const auto expected = Run(model, mls::engine::portable::AllOperators(), random, inputs);
    const auto outputs = Run(model, mls::engine::AllOperators(), random, inputs);
    if (!expected.empty() && outputs == expected) continue;
    ++different;
    std::printf("seed %u: outputs differ\n", seed);
  }
  std::printf("%u models, %d with different outputs\n", last - first + 1, different);
  return different == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 4 && std::string(argv[1]) == "--compare") {
    return Compare(static_cast<uint32_t>(std::atoi(argv[2])), static_cast<uint32_t>(std::atoi(argv[3])));
  }
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s PREFIX SEED | --compare FIRST LAST\n", argv[0]);
    return 2;
  }
  const std::string prefix = argv[1];
  const auto seed = static_cast<uint32_t>(std::atoi(argv[2]));
  Random random(seed);
  const auto model = BuildModel(random, IsLarge(seed));
  std::vector<uint8_t> inputs;
  const auto outputs = Run(model, mls::engine::portable::AllOperators(), random, inputs);
  if (outputs.empty()) return 1;
  Write(prefix + ".tflite", model);
  Write(prefix + ".in", inputs);
  Write(prefix + ".out", outputs);
  return 0;
}
