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
#include "small_models.h"

namespace {

using mls::test::ModelBuilder;
using mls::test::Random;

struct Axis {
  int input, kernel, stride, dilation, output;
};
Axis RandomAxis(Random& random, bool same, int most) {
  for (;;) {
    Axis a{random.Between(1, most), random.Between(1, 5), random.Between(1, 3), random.Between(0, 5) == 0 ? 2 : 1, 0};
    const int reach = (a.kernel - 1) * a.dilation + 1;
    a.output = same ? (a.input + a.stride - 1) / a.stride : (a.input - reach + a.stride) / a.stride;
    if (same || a.input >= reach) return a;
  }
}

// Scales that give shifts from far to the right to a few to the left, and weights that are all zero now and then.
ModelBuilder::Quantization Scales(Random& random, int count, int dimension) {
  ModelBuilder::Quantization q{{}, std::vector<int64_t>(static_cast<size_t>(count), 0), dimension};
  for (int i = 0; i < count; ++i) {
    static constexpr float kFactors[] = {1, 1, 1, 1, 1, 1, 30, 1e-3f, 1e-6f, 1e-9f, 300};
    q.scales.push_back(0.0001f * static_cast<float>(random.Between(1, 1000)) *
                       kFactors[random.Between(0, random.Between(0, 1) == 0 ? 5 : 10)]);
  }
  return q;
}

std::vector<uint8_t> Bias(Random& random, int count) {
  std::vector<int32_t> bias;
  for (int i = 0; i < count; ++i) {
    bias.push_back(random.Between(0, 19) == 0 ? (1 << 30) + random.Between(-200, 200) : random.Between(-50000, 50000));
  }
  return ModelBuilder::Bytes(bias);
}

void AddConvolution(ModelBuilder& m, Random& random, bool large) {
  const bool depthwise = random.Between(0, 1) == 1, same = random.Between(0, 1) == 1, tame = random.Between(0, 1) == 1;
  Axis y = RandomAxis(random, same, 9), x = RandomAxis(random, same, large ? 40 : 9);
  if (large && random.Between(0, 1) == 0) y = {y.input, 1, 1, 1, y.input}, x = {x.input, 1, 1, 1, x.input};
  const int inputs = random.Between(0, 1) == 0 ? 4 * random.Between(1, large ? 20 : 6) : random.Between(1, 9);
  const int outputs = depthwise ? inputs * (random.Between(0, 3) == 0 || inputs == 1 ? random.Between(1, 9) : 1) : random.Between(1, large ? 70 : 20);
  const int depth = depthwise ? outputs : inputs;
  const int zero = random.Between(-128, 127);
  auto scales = Scales(random, outputs, depthwise ? 3 : 0);
  if (tame) std::ranges::fill(scales.scales, 0.01f);
  const int in = m.Add({.shape = {1, y.input, x.input, inputs}, .quantization = {{0.05f}, {zero}, 0}});
  auto weights = random.Bytes(static_cast<size_t>((depthwise ? 1 : outputs) * y.kernel * x.kernel * depth));
  if (!depthwise && random.Between(0, 2) == 0) std::fill_n(weights.begin(), y.kernel * x.kernel * depth, uint8_t{0});
  const int w = m.Add({.shape = {depthwise ? 1 : outputs, y.kernel, x.kernel, depth}, .quantization = scales, .data = weights});
  const int b = m.Add({.shape = {outputs}, .type = 2, .data = tame ? std::vector<uint8_t>(static_cast<size_t>(4 * outputs), 1) : Bias(random, outputs)});
  const int out = m.Add({.shape = {1, y.output, x.output, outputs}, .quantization = {{0.3f}, {random.Between(-128, 127)}, 0}});
  const int activation = random.Between(0, 3), padding = same ? 0 : 1;
  m.operators.push_back(depthwise
      ? ModelBuilder::Operator{4, {in, w, b}, {out}, 2, {{0, 1, padding}, {1, 4, x.stride}, {2, 4, y.stride}, {3, 4, outputs / inputs},
                                                         {4, 1, activation}, {5, 4, x.dilation}, {6, 4, y.dilation}}}
      : ModelBuilder::Operator{3, {in, w, b}, {out}, 1, {{0, 1, padding}, {1, 4, x.stride}, {2, 4, y.stride}, {3, 1, activation},
                                                         {4, 4, x.dilation}, {5, 4, y.dilation}}});
  m.inputs.push_back(in);
  m.outputs.push_back(out);
}

void AddFullyConnected(ModelBuilder& m, Random& random, bool large) {
  const int batches = random.Between(1, large ? 9 : 2), outputs = random.Between(1, large ? 99 : 9);
  const int depth = random.Between(0, 3) == 0 ? random.Between(1, 40) : 8 * random.Between(1, 40);
  const bool per_channel = random.Between(0, 1) == 1;
  auto scales = Scales(random, per_channel ? outputs : 1, 0);
  if (random.Between(0, 1) == 0) std::ranges::fill(scales.scales, 0.002f);
  const int in = m.Add({.shape = {batches, depth}, .quantization = {{0.05f}, {random.Between(-128, 127)}, 0}});
  auto weights = random.Bytes(static_cast<size_t>(outputs * depth));
  if (large) {  // Mostly small ones, as in trained models.
    for (uint8_t& w : weights) w = static_cast<uint8_t>(static_cast<int8_t>(w) / (random.Between(0, 200) == 0 ? 1 : 3));
  }
  const int w = m.Add({.shape = {outputs, depth}, .quantization = scales, .data = weights});
  const int b = m.Add({.shape = {outputs}, .type = 2, .data = Bias(random, outputs)});
  const int out = m.Add({.shape = {batches, outputs}, .quantization = {{0.3f}, {random.Between(-128, 127)}, 0}});
  m.operators.push_back({9, {in, w, b}, {out}, 8, {{0, 1, random.Between(0, 3)}}});
  m.inputs.push_back(in);
  m.outputs.push_back(out);
}

void AddAddition(ModelBuilder& m, Random& random) {
  const std::vector<int32_t> shape = {1, random.Between(1, 5), random.Between(1, 5), random.Between(1, 9)};
  const auto scale = [&random] { return 0.001f * static_cast<float>(random.Between(1, 500)); };
  const int a = m.Add({.shape = shape, .quantization = {{scale()}, {random.Between(-128, 127)}, 0}});
  const int b = m.Add({.shape = shape, .quantization = {{scale()}, {random.Between(-128, 127)}, 0}});
  const int out = m.Add({.shape = shape, .quantization = {{0.2f}, {random.Between(-128, 127)}, 0}});
  m.operators.push_back({0, {a, b}, {out}, 11, {{0, 1, random.Between(0, 3)}}});
  m.inputs.insert(m.inputs.end(), {a, b});
  m.outputs.push_back(out);
}

void Write(const std::string& path, const std::vector<uint8_t>& bytes) {
  std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

bool IsLarge(uint32_t seed) { return seed % 2 == 0; }

std::vector<uint8_t> BuildModel(Random& random, bool large) {
  ModelBuilder m;
  for (int i = 0; i < 40; ++i) AddConvolution(m, random, large);
  for (int i = 0; i < 10; ++i) AddFullyConnected(m, random, large);
  for (int i = 0; i < 5; ++i) AddAddition(m, random);
  return m.Build();
}

// The outputs for `inputs`, which is filled from `random` if it is empty; none, with a message, if the model cannot be run.
std::vector<uint8_t> Run(const std::vector<uint8_t>& model, mls::OperatorSet operators, Random& random, std::vector<uint8_t>& inputs) {
  static std::vector<std::byte> arena;
  mls::InferenceEngine engine;
  mls::Diagnostics why;
  mls::Status status;
  while ((status = engine.Prepare(model, arena, operators, &why)) == mls::Status::kNoMemory) arena.resize(why.required_bytes);
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
