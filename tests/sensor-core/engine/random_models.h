// Models of many independent operators with random shapes and extreme values.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "small_models.h"

namespace mls::test {

struct Axis {
  int input, kernel, stride, dilation, output;
};
inline Axis RandomAxis(Random& random, bool same, int most) {
  for (;;) {
    Axis a{random.Between(1, most), random.Between(1, 5), random.Between(1, 3), random.Between(0, 5) == 0 ? 2 : 1, 0};
    const int reach = (a.kernel - 1) * a.dilation + 1;
    a.output = same ? (a.input + a.stride - 1) / a.stride : (a.input - reach + a.stride) / a.stride;
    if (same || a.input >= reach) return a;
  }
}

// Scales that give shifts from far to the right to a few to the left, and weights that are all zero now and then.
inline ModelBuilder::Quantization Scales(Random& random, int count, int dimension) {
  ModelBuilder::Quantization q{{}, std::vector<int64_t>(static_cast<size_t>(count), 0), dimension};
  for (int i = 0; i < count; ++i) {
    static constexpr float kFactors[] = {1, 1, 1, 1, 1, 1, 30, 1e-3f, 1e-6f, 1e-9f, 300};
    q.scales.push_back(0.0001f * static_cast<float>(random.Between(1, 1000)) *
                       kFactors[random.Between(0, random.Between(0, 1) == 0 ? 5 : 10)]);
  }
  return q;
}

inline std::vector<uint8_t> Bias(Random& random, int count) {
  std::vector<int32_t> bias;
  for (int i = 0; i < count; ++i) {
    bias.push_back(random.Between(0, 19) == 0 ? (1 << 30) + random.Between(-200, 200) : random.Between(-50000, 50000));
  }
  return ModelBuilder::Bytes(bias);
}

inline void AddConvolution(ModelBuilder& m, Random& random, bool large) {
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

inline void AddFullyConnected(ModelBuilder& m, Random& random, bool large) {
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

inline void AddAddition(ModelBuilder& m, Random& random) {
  const std::vector<int32_t> shape = {1, random.Between(1, 5), random.Between(1, 5), random.Between(1, 9)};
  const auto scale = [&random] { return 0.001f * static_cast<float>(random.Between(1, 500)); };
  const int a = m.Add({.shape = shape, .quantization = {{scale()}, {random.Between(-128, 127)}, 0}});
  const int b = m.Add({.shape = shape, .quantization = {{scale()}, {random.Between(-128, 127)}, 0}});
  const int out = m.Add({.shape = shape, .quantization = {{0.2f}, {random.Between(-128, 127)}, 0}});
  m.operators.push_back({0, {a, b}, {out}, 11, {{0, 1, random.Between(0, 3)}}});
  m.inputs.insert(m.inputs.end(), {a, b});
  m.outputs.push_back(out);
}

inline void AddPool(ModelBuilder& m, Random& random) {
  const bool same = random.Between(0, 1) == 1;
  const Axis y = RandomAxis(random, same, 9), x = RandomAxis(random, same, 9);
  if (y.dilation != 1 || x.dilation != 1) return;
  const int channels = random.Between(1, 70);
  const ModelBuilder::Quantization q = {{0.05f}, {random.Between(-128, 127)}, 0};
  const int in = m.Add({.shape = {1, y.input, x.input, channels}, .quantization = q});
  const int out = m.Add({.shape = {1, y.output, x.output, channels}, .quantization = q});
  m.operators.push_back({random.Between(0, 1) == 0 ? 1 : 17, {in}, {out}, 5,
                         {{0, 1, same ? 0 : 1}, {1, 4, x.stride}, {2, 4, y.stride}, {3, 4, x.kernel}, {4, 4, y.kernel},
                          {5, 1, random.Between(0, 3)}}});
  m.inputs.push_back(in);
  m.outputs.push_back(out);
}

// A large one is too large for a microcontroller.
inline std::vector<uint8_t> BuildModel(Random& random, bool large) {
  ModelBuilder m;
  for (int i = 0; i < 40; ++i) AddConvolution(m, random, large);
  for (int i = 0; i < 10; ++i) AddFullyConnected(m, random, large);
  for (int i = 0; i < 5; ++i) AddAddition(m, random);
  for (int i = 0; i < 10; ++i) AddPool(m, random);
  return m.Build();
}

}  // namespace mls::test
