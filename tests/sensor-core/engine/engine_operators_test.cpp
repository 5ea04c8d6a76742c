// Every operator against a plain restatement of what it computes, over random shapes and values.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "mls/core/engine/engine.h"
#include "mls/core/engine/operators.h"
#include "small_models.h"

namespace mls {
namespace {

using test::ModelBuilder;
using test::Random;

// --- TensorFlow Lite's arithmetic, written down a second time, with libm and 64-bit integers ---------------------------

struct Scaled {
  int64_t multiplier;
  int shift;
};
Scaled ToMultiplier(double value) {
  if (value == 0) return {0, 0};
  int shift;
  int64_t fixed = std::llround(std::frexp(value, &shift) * static_cast<double>(int64_t{1} << 31));
  if (fixed == int64_t{1} << 31) {
    fixed /= 2;
    ++shift;
  }
  if (shift < -31) return {0, 0};
  return {fixed, shift};
}

int32_t Wrap(int64_t x) { return static_cast<int32_t>(static_cast<uint32_t>(static_cast<uint64_t>(x))); }

int64_t Scale(int64_t x, Scaled s) {
  const int64_t left = Wrap(s.shift > 0 ? x * (int64_t{1} << s.shift) : x);
  const int64_t product = left * s.multiplier;
  const int64_t nudge = product >= 0 ? int64_t{1} << 30 : 1 - (int64_t{1} << 30);
  const int64_t high = (product + nudge) / (int64_t{1} << 31);
  if (s.shift >= 0) return high;
  const double exact = std::ldexp(static_cast<double>(high), s.shift);
  return static_cast<int64_t>(std::round(exact));
}

int8_t Clamp(int64_t x, int low, int high) { return static_cast<int8_t>(std::clamp<int64_t>(Wrap(x), low, high)); }

// Range of a fused activation.
void Range(int activation, float scale, int zero_point, int& low, int& high) {
  const auto quantize = [&](float x) { return zero_point + static_cast<int>(std::round(x / scale)); };
  low = -128;
  high = 127;
  if (activation == 1 || activation == 3) low = std::max(low, quantize(0));
  if (activation == 3) high = std::min(high, quantize(6));
  if (activation == 2) low = std::max(low, quantize(-1)), high = std::min(high, quantize(1));
}

// --- Running one operator ----------------------------------------------------------------------------------------------

std::vector<int8_t> Signed(const std::vector<uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

// Runs a model whose inputs get `inputs`; the first output comes back. All kernels must agree on it.
std::vector<int8_t> RunModel(const ModelBuilder& builder, const std::vector<std::vector<int8_t>>& inputs) {
  const auto model = builder.Build();
  std::vector<std::byte> arena(256 * 1024);
  std::vector<int8_t> results[2];
  for (const bool portable : {false, true}) {
    InferenceEngine engine;
    Diagnostics why;
    const Status prepared =
        engine.Prepare(model, arena, portable ? engine::portable::AllOperators() : engine::AllOperators(), &why);
    EXPECT_EQ(prepared, Status::kOk) << why.message;
    EXPECT_EQ(why.full_speed_bytes, 0u);
    if (prepared != Status::kOk) return {};
    for (size_t i = 0; i < inputs.size(); ++i) {
      EXPECT_EQ(inputs[i].size(), engine.input(static_cast<int>(i)).size());
      std::ranges::copy(inputs[i], engine.input(static_cast<int>(i)).begin());
    }
    EXPECT_EQ(engine.Invoke(), Status::kOk);
    results[portable].assign(engine.output().begin(), engine.output().end());
  }
  EXPECT_EQ(results[false], results[true]) << "fast and portable kernels disagree";
  return results[false];
}

struct Axis {
  int input, kernel, stride, dilation, output, pad;
};
Axis RandomAxis(Random& random, bool same, bool dilate) {
  for (;;) {
    Axis a{};
    a.input = random.Between(1, 9);
    a.kernel = random.Between(1, 5);
    a.stride = random.Between(1, 3);
    a.dilation = dilate ? random.Between(1, 3) : 1;
    const int reach = (a.kernel - 1) * a.dilation + 1;
    a.output = same ? (a.input + a.stride - 1) / a.stride : (a.input - reach + a.stride) / a.stride;
    if (!same && a.input < reach) continue;
    a.pad = same ? std::max((a.output - 1) * a.stride + reach - a.input, 0) / 2 : 0;
    return a;
  }
}

std::vector<float> RandomScales(Random& random, int count, float base) {
  std::vector<float> scales;
  for (int i = 0; i < count; ++i) {
    // Now and then a dead channel, or one that shifts left.
    const int kind = random.Between(0, 15);
    const float factor = kind == 0 ? 1e-9f : kind == 1 ? 300.0f : 1.0f;
    scales.push_back(base * factor * static_cast<float>(random.Between(1, 1000)) / 500.0f);
  }
  return scales;
}

class Operators : public testing::TestWithParam<int> {};

TEST_P(Operators, Conv2DAndDepthwiseConv2D) {
  Random random(static_cast<uint32_t>(GetParam()));
  for (int repeat = 0; repeat < 100; ++repeat) {
    const bool depthwise = random.Between(0, 1) == 1;
    const bool same = random.Between(0, 1) == 1;
    const bool dilate = random.Between(0, 3) == 0;
    const Axis y = RandomAxis(random, same, dilate);
    const Axis x = RandomAxis(random, same, dilate);
    const int batches = random.Between(0, 4) == 0 ? 2 : 1;
    const int groups = depthwise || random.Between(0, 3) > 0 ? 1 : random.Between(2, 3);
    const int inputs = groups * (random.Between(0, 2) == 0 ? 8 * random.Between(1, 6) : random.Between(1, 9));
    const int outputs = depthwise ? inputs * std::max(1, random.Between(-2, 3)) : groups * random.Between(1, 9);
    const int activation = random.Between(0, 3);
    const bool per_channel = random.Between(0, 3) > 0;
    const bool has_bias = random.Between(0, 3) > 0;
    const int input_zero = random.Between(-128, 127);
    const int output_zero = random.Between(-128, 127);
    const float input_scale = 0.05f, output_scale = 0.3f;
    const auto scales = RandomScales(random, per_channel ? outputs : 1, 0.01f);
    const std::vector<int64_t> zeros(scales.size(), 0);
    const int depth = depthwise ? outputs : inputs / groups;
    const int weight_count = (depthwise ? 1 : outputs) * y.kernel * x.kernel * depth;

    ModelBuilder m;
    m.Add({.shape = {batches, y.input, x.input, inputs}, .quantization = {{input_scale}, {input_zero}, 0}});
    m.Add({.shape = {depthwise ? 1 : outputs, y.kernel, x.kernel, depth},
           .quantization = {scales, zeros, depthwise ? 3 : 0},
           .data = random.Bytes(static_cast<size_t>(weight_count))});
    std::vector<int32_t> bias(static_cast<size_t>(outputs), 0);
    if (has_bias) {
      for (auto& b : bias) b = random.Between(0, 9) == 0 ? INT32_MAX - random.Between(0, 9) : random.Between(-20000, 20000);
    }
    m.Add({.shape = {outputs}, .type = 2, .data = ModelBuilder::Bytes(bias)});
    m.Add({.shape = {batches, y.output, x.output, outputs}, .quantization = {{output_scale}, {output_zero}, 0}});
    if (depthwise) {
      m.operators = {{4, {0, 1, has_bias ? 2 : -1}, {3}, 2,
                      {{0, 1, same ? 0 : 1}, {1, 4, x.stride}, {2, 4, y.stride}, {3, 4, outputs / inputs}, {4, 1, activation},
                       {5, 4, x.dilation}, {6, 4, y.dilation}}}};
    } else {
      m.operators = {{3, {0, 1, has_bias ? 2 : -1}, {3}, 1,
                      {{0, 1, same ? 0 : 1}, {1, 4, x.stride}, {2, 4, y.stride}, {3, 1, activation}, {4, 4, x.dilation},
                       {5, 4, y.dilation}}}};
    }
    m.inputs = {0};
    m.outputs = {3};
    const auto input = Signed(random.Bytes(static_cast<size_t>(batches * y.input * x.input * inputs)));
    const auto weights = Signed(m.tensors[1].data);

    std::vector<int8_t> expected;
    int low, high;
    Range(activation, output_scale, output_zero, low, high);
    for (int b = 0; b < batches; ++b) {
      for (int oy = 0; oy < y.output; ++oy) {
        for (int ox = 0; ox < x.output; ++ox) {
          for (int c = 0; c < outputs; ++c) {
            int64_t sum = bias[static_cast<size_t>(c)];
            for (int ky = 0; ky < y.kernel; ++ky) {
              for (int kx = 0; kx < x.kernel; ++kx) {
                const int iy = oy * y.stride - y.pad + ky * y.dilation;
                const int ix = ox * x.stride - x.pad + kx * x.dilation;
                if (iy < 0 || iy >= y.input || ix < 0 || ix >= x.input) continue;
                for (int i = 0; i < (depthwise ? 1 : depth); ++i) {
                  const int ic = depthwise ? c / (outputs / inputs) : c / (outputs / groups) * depth + i;
                  const int wi = depthwise ? (ky * x.kernel + kx) * depth + c : ((c * y.kernel + ky) * x.kernel + kx) * depth + i;
                  sum += (input[static_cast<size_t>(((b * y.input + iy) * x.input + ix) * inputs + ic)] - input_zero) *
                         weights[static_cast<size_t>(wi)];
                }
              }
            }
            const double scale = static_cast<double>(input_scale) *
                                 static_cast<double>(scales[per_channel ? static_cast<size_t>(c) : 0]) /
                                 static_cast<double>(output_scale);
            expected.push_back(Clamp(Scale(Wrap(sum), ToMultiplier(scale)) + output_zero, low, high));
          }
        }
      }
    }
    ASSERT_EQ(RunModel(m, {input}), expected)
        << (depthwise ? "depthwise " : "conv ") << y.input << "x" << x.input << "x" << inputs << " -> " << y.output << "x"
        << x.output << "x" << outputs << " kernel " << y.kernel << "x" << x.kernel << " stride " << y.stride << " "
        << x.stride << " dilation " << y.dilation << " " << x.dilation << " groups " << groups;
  }
}

TEST_P(Operators, FullyConnected) {
  Random random(static_cast<uint32_t>(GetParam()) + 1000);
  for (int repeat = 0; repeat < 20; ++repeat) {
    const int batches = random.Between(1, 3), depth = random.Between(1, 70), outputs = random.Between(1, 20);
    const bool per_channel = random.Between(0, 1) == 1;
    const int input_zero = random.Between(-128, 127), output_zero = random.Between(-128, 127);
    const int activation = random.Between(0, 3);
    const float input_scale = 0.07f, output_scale = 0.4f;
    const auto scales = RandomScales(random, per_channel ? outputs : 1, 0.02f);
    ModelBuilder m;
    m.Add({.shape = {batches, depth}, .quantization = {{input_scale}, {input_zero}, 0}});
    m.Add({.shape = {outputs, depth}, .quantization = {scales, std::vector<int64_t>(scales.size(), 0), 0},
           .data = random.Bytes(static_cast<size_t>(outputs * depth))});
    std::vector<int32_t> bias;
    for (int i = 0; i < outputs; ++i) bias.push_back(random.Between(-30000, 30000));
    m.Add({.shape = {outputs}, .type = 2, .data = ModelBuilder::Bytes(bias)});
    m.Add({.shape = {batches, outputs}, .quantization = {{output_scale}, {output_zero}, 0}});
    m.operators = {{9, {0, 1, 2}, {3}, 8, {{0, 1, activation}}}};
    m.inputs = {0};
    m.outputs = {3};
    const auto input = Signed(random.Bytes(static_cast<size_t>(batches * depth)));
    const auto weights = Signed(m.tensors[1].data);
    std::vector<int8_t> expected;
    int low, high;
    Range(activation, output_scale, output_zero, low, high);
    for (int b = 0; b < batches; ++b) {
      for (int c = 0; c < outputs; ++c) {
        int64_t sum = bias[static_cast<size_t>(c)];
        for (int i = 0; i < depth; ++i) {
          sum += (input[static_cast<size_t>(b * depth + i)] - input_zero) * weights[static_cast<size_t>(c * depth + i)];
        }
        const float w = scales[per_channel ? static_cast<size_t>(c) : 0];
        const double scale = (per_channel ? static_cast<double>(input_scale) * static_cast<double>(w)
                                          : static_cast<double>(input_scale * w)) / static_cast<double>(output_scale);
        expected.push_back(Clamp(Scale(sum, ToMultiplier(scale)) + output_zero, low, high));
      }
    }
    ASSERT_EQ(RunModel(m, {input}), expected) << batches << " x " << depth << " -> " << outputs;
  }
}

TEST_P(Operators, AverageAndMaxPool2D) {
  Random random(static_cast<uint32_t>(GetParam()) + 2000);
  for (int repeat = 0; repeat < 20; ++repeat) {
    const bool same = random.Between(0, 1) == 1, average = random.Between(0, 1) == 1;
    const Axis y = RandomAxis(random, same, false), x = RandomAxis(random, same, false);
    const int channels = random.Between(1, 5), batches = random.Between(1, 2), activation = random.Between(0, 3);
    const int zero = random.Between(-128, 127);
    ModelBuilder m;
    m.Add({.shape = {batches, y.input, x.input, channels}, .quantization = {{0.1f}, {zero}, 0}});
    m.Add({.shape = {batches, y.output, x.output, channels}, .quantization = {{0.1f}, {zero}, 0}});
    m.operators = {{average ? 1 : 17, {0}, {1}, 5,
                    {{0, 1, same ? 0 : 1}, {1, 4, x.stride}, {2, 4, y.stride}, {3, 4, x.kernel}, {4, 4, y.kernel}, {5, 1, activation}}}};
    m.inputs = {0};
    m.outputs = {1};
    const auto input = Signed(random.Bytes(static_cast<size_t>(batches * y.input * x.input * channels)));
    std::vector<int8_t> expected;
    int low, high;
    Range(activation, 0.1f, zero, low, high);
    for (int b = 0; b < batches; ++b) {
      for (int oy = 0; oy < y.output; ++oy) {
        for (int ox = 0; ox < x.output; ++ox) {
          for (int c = 0; c < channels; ++c) {
            int sum = 0, count = 0, most = -128;
            for (int iy = std::max(oy * y.stride - y.pad, 0); iy < std::min(oy * y.stride - y.pad + y.kernel, y.input); ++iy) {
              for (int ix = std::max(ox * x.stride - x.pad, 0); ix < std::min(ox * x.stride - x.pad + x.kernel, x.input); ++ix) {
                const int value = input[static_cast<size_t>(((b * y.input + iy) * x.input + ix) * channels + c)];
                sum += value;
                ++count;
                most = std::max(most, value);
              }
            }
            expected.push_back(Clamp(average ? static_cast<int>(std::round(static_cast<double>(sum) / count)) : most, low, high));
          }
        }
      }
    }
    ASSERT_EQ(RunModel(m, {input}), expected);
  }
}

TEST_P(Operators, AddWithBroadcasting) {
  Random random(static_cast<uint32_t>(GetParam()) + 3000);
  for (int repeat = 0; repeat < 20; ++repeat) {
    const int rank = random.Between(1, 5);
    std::vector<int32_t> shapes[3];
    for (int d = 0; d < rank; ++d) {
      const int size = random.Between(1, 4), kind = random.Between(0, 5);
      shapes[0].push_back(kind == 0 ? 1 : size);
      shapes[1].push_back(kind == 1 ? 1 : size);
      shapes[2].push_back(size);
    }
    // A lower rank broadcasts too.
    if (random.Between(0, 3) == 0 && shapes[1][0] == 1) shapes[1].erase(shapes[1].begin());
    const float scales[3] = {0.01f * static_cast<float>(random.Between(1, 99)), 0.01f * static_cast<float>(random.Between(1, 99)),
                             0.02f * static_cast<float>(random.Between(1, 99))};
    const int zeros[3] = {random.Between(-128, 127), random.Between(-128, 127), random.Between(-128, 127)};
    ModelBuilder m;
    size_t sizes[3];
    for (int i = 0; i < 3; ++i) {
      m.Add({.shape = shapes[i], .quantization = {{scales[i]}, {zeros[i]}, 0}});
      sizes[i] = 1;
      for (int32_t s : shapes[i]) sizes[i] *= static_cast<size_t>(s);
    }
    const int activation = random.Between(0, 3);
    m.operators = {{0, {0, 1}, {2}, 11, {{0, 1, activation}}}};
    m.inputs = {0, 1};
    m.outputs = {2};
    const std::vector<int8_t> inputs[2] = {Signed(random.Bytes(sizes[0])), Signed(random.Bytes(sizes[1]))};
    std::vector<int8_t> expected;
    int low, high;
    Range(activation, scales[2], zeros[2], low, high);
    const double twice = 2 * static_cast<double>(std::max(scales[0], scales[1]));
    const Scaled out = ToMultiplier(twice / (static_cast<double>(1 << 20) * static_cast<double>(scales[2])));
    for (size_t o = 0; o < sizes[2]; ++o) {
      int64_t sum = 0;
      for (int i = 0; i < 2; ++i) {
        size_t rest = o, index = 0, stride = 1;
        for (size_t d = shapes[2].size(); d-- > 0;) {
          const size_t coordinate = rest % static_cast<size_t>(shapes[2][d]);
          rest /= static_cast<size_t>(shapes[2][d]);
          const size_t missing = shapes[2].size() - shapes[i].size();
          if (d < missing) continue;
          const size_t size = static_cast<size_t>(shapes[i][d - missing]);
          index += (size == 1 ? 0 : coordinate) * stride;
          stride *= size;
        }
        sum += Scale((inputs[i][index] - zeros[i]) * (1 << 20), ToMultiplier(static_cast<double>(scales[i]) / twice));
      }
      expected.push_back(Clamp(Scale(sum, out) + zeros[2], low, high));
    }
    ASSERT_EQ(RunModel(m, {inputs[0], inputs[1]}), expected);
  }
}

TEST_P(Operators, MeanOverAdjacentAxes) {
  Random random(static_cast<uint32_t>(GetParam()) + 4000);
  for (int repeat = 0; repeat < 10; ++repeat) {
    const std::vector<int32_t> shape = {random.Between(1, 2), random.Between(1, 6), random.Between(1, 6), random.Between(1, 6)};
    const int first = random.Between(0, 3), last = random.Between(first, 3);
    std::vector<int32_t> axes, output_shape;
    for (int d = last; d >= first; --d) axes.push_back(random.Between(0, 1) == 0 ? d : d - 4);
    size_t outer = 1, reduced = 1, inner = 1;
    for (int d = 0; d < 4; ++d) {
      (d < first ? outer : d <= last ? reduced : inner) *= static_cast<size_t>(shape[static_cast<size_t>(d)]);
      output_shape.push_back(d < first || d > last ? shape[static_cast<size_t>(d)] : 1);
    }
    const float scales[2] = {0.03f, 0.01f * static_cast<float>(random.Between(1, 9))};
    const int zeros[2] = {random.Between(-128, 127), random.Between(-128, 127)};
    ModelBuilder m;
    m.Add({.shape = shape, .quantization = {{scales[0]}, {zeros[0]}, 0}});
    m.Add({.shape = {static_cast<int32_t>(axes.size())}, .type = 2, .quantization = {}, .data = ModelBuilder::Bytes(axes)});
    m.Add({.shape = output_shape, .quantization = {{scales[1]}, {zeros[1]}, 0}});
    m.operators = {{40, {0, 1}, {2}, 27, {{0, 1, 1}}}};
    m.inputs = {0};
    m.outputs = {2};
    const auto input = Signed(random.Bytes(outer * reduced * inner));
    std::vector<int8_t> expected;
    Scaled s = ToMultiplier(static_cast<double>(scales[0]) / static_cast<double>(scales[1]));
    const int bits = static_cast<int>(std::floor(std::log2(static_cast<double>(reduced))));
    s = {(s.multiplier << bits) / static_cast<int64_t>(reduced), s.shift - bits};
    for (size_t o = 0; o < outer; ++o) {
      for (size_t i = 0; i < inner; ++i) {
        int64_t sum = 0;
        for (size_t r = 0; r < reduced; ++r) sum += input[(o * reduced + r) * inner + i] - zeros[0];
        expected.push_back(Clamp(Scale(sum, s) + zeros[1], -128, 127));
        // And near the real mean.
        const double mean = static_cast<double>(sum) / static_cast<double>(reduced) * static_cast<double>(scales[0] / scales[1]);
        EXPECT_NEAR(expected.back(), std::clamp(mean + zeros[1], -128.0, 127.0), 1.0);
      }
    }
    ASSERT_EQ(RunModel(m, {input}), expected);
  }
}

TEST_P(Operators, PadWithTheZeroPointOrAValue) {
  Random random(static_cast<uint32_t>(GetParam()) + 5000);
  for (int repeat = 0; repeat < 10; ++repeat) {
    const int h = random.Between(1, 4), w = random.Between(1, 4), c = random.Between(1, 3), zero = random.Between(-128, 127);
    const int32_t p[8] = {0, 0, random.Between(0, 2), random.Between(0, 2), random.Between(0, 2), random.Between(0, 2), 0, random.Between(0, 1)};
    const bool with_value = random.Between(0, 1) == 1;
    ModelBuilder m;
    m.Add({.shape = {1, h, w, c}, .quantization = {{0.1f}, {zero}, 0}});
    m.Add({.shape = {4, 2}, .type = 2, .quantization = {}, .data = ModelBuilder::Bytes(std::vector<int32_t>(p, p + 8))});
    m.Add({.shape = {1}, .quantization = {{0.1f}, {zero}, 0}, .data = {42}});
    m.Add({.shape = {1, h + p[2] + p[3], w + p[4] + p[5], c + p[7]}, .quantization = {{0.1f}, {zero}, 0}});
    m.operators = {{with_value ? 60 : 34, with_value ? std::vector<int32_t>{0, 1, 2} : std::vector<int32_t>{0, 1}, {3}}};
    m.inputs = {0};
    m.outputs = {3};
    const auto input = Signed(random.Bytes(static_cast<size_t>(h * w * c)));
    std::vector<int8_t> expected;
    for (int y = -p[2]; y < h + p[3]; ++y) {
      for (int x = -p[4]; x < w + p[5]; ++x) {
        for (int i = 0; i < c + p[7]; ++i) {
          const bool inside = y >= 0 && y < h && x >= 0 && x < w && i < c;
          expected.push_back(inside ? input[static_cast<size_t>((y * w + x) * c + i)] : static_cast<int8_t>(with_value ? 42 : zero));
        }
      }
    }
    ASSERT_EQ(RunModel(m, {input}), expected);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Operators, testing::Range(1, 6));

// --- Elementwise operators over all 256 values -------------------------------------------------------------------------

std::vector<int8_t> AllValues() {
  std::vector<int8_t> values;
  for (int i = -128; i < 128; ++i) values.push_back(static_cast<int8_t>(i));
  return values;
}

ModelBuilder Elementwise(int code, float input_scale, int input_zero, float output_scale, int output_zero) {
  ModelBuilder m;
  m.Add({.shape = {1, 256}, .quantization = {{input_scale}, {input_zero}, 0}});
  m.Add({.shape = {1, 256}, .quantization = {{output_scale}, {output_zero}, 0}});
  m.operators = {{code, {0}, {1}}};
  m.inputs = {0};
  m.outputs = {1};
  return m;
}

TEST(Elementwise, LogisticIsWithinOneStepOfTheSigmoid) {
  for (const float scale : {0.001f, 0.02f, 0.05f, 0.1f, 0.7f}) {
    const auto output = RunModel(Elementwise(14, scale, 12, 1.0f / 256, -128), {AllValues()});
    for (int i = 0; i < 256; ++i) {
      const double expected = 256 / (1 + std::exp(-static_cast<double>(scale) * (i - 128 - 12))) - 128;
      EXPECT_NEAR(output[static_cast<size_t>(i)], std::min(expected, 127.0), 1.0) << scale << " " << i;
    }
  }
}

TEST(Elementwise, ReluRescalesAndClamps) {
  const auto output = RunModel(Elementwise(19, 0.1f, -7, 0.03f, -100), {AllValues()});
  const Scaled s = ToMultiplier(static_cast<double>(0.1f) / static_cast<double>(0.03f));
  for (int i = 0; i < 256; ++i) {
    EXPECT_EQ(output[static_cast<size_t>(i)], Clamp(Scale(i - 128 + 7, s) - 100, -100, 127));
  }
}

TEST(Elementwise, Relu6Clamps) {
  const auto output = RunModel(Elementwise(21, 0.1f, -7, 0.1f, -7), {AllValues()});
  for (int i = 0; i < 256; ++i) EXPECT_EQ(output[static_cast<size_t>(i)], std::clamp(i - 128, -7, 53));
}

TEST(Elementwise, QuantizeFromInt8Rescales) {
  const auto output = RunModel(Elementwise(114, 0.1f, 5, 0.07f, -9), {AllValues()});
  const Scaled s = ToMultiplier(static_cast<double>(0.1f) / static_cast<double>(0.07f));
  for (int i = 0; i < 256; ++i) EXPECT_EQ(output[static_cast<size_t>(i)], Clamp(Scale(i - 128 - 5, s) - 9, -128, 127));
}

TEST(Elementwise, QuantizeFromFloatRoundsHalfAwayFromZeroAndSaturates) {
  const std::vector<float> values = {0, 0.25f, 0.75f, -0.25f, -0.75f, 1e30f, -1e30f, INFINITY, -INFINITY, NAN, 31.9f, 32.1f};
  const std::vector<int8_t> expected = {-1, 0, 1, -2, -3, 127, -128, 127, -128, -1, 63, 63};
  ModelBuilder m;
  m.Add({.shape = {12}, .type = 0, .quantization = {}});
  m.Add({.shape = {12}, .quantization = {{0.5f}, {-1}, 0}});
  m.operators = {{114, {0}, {1}}};
  m.inputs = {0};
  m.outputs = {1};
  EXPECT_EQ(RunModel(m, {Signed(ModelBuilder::Bytes(values))}), expected);
}

TEST(Elementwise, DequantizeGivesTheRealValue) {
  auto m = Elementwise(6, 0.1f, 5, 1, 0);
  m.tensors[1].type = 0;
  m.tensors[1].quantization = {};
  const auto output = RunModel(m, {AllValues()});
  for (int i = 0; i < 256; ++i) {
    float value;
    std::memcpy(&value, output.data() + 4 * i, 4);
    EXPECT_EQ(value, static_cast<float>(static_cast<double>(0.1f) * (i - 128 - 5)));
  }
}

TEST(Softmax, IsWithinOneStepOfTheRealOneAndOrdered) {
  Random random(3);
  for (const int depth : {1, 2, 12, 100}) {
    for (const float scale : {0.001f, 0.05f, 0.5f, 5.0f}) {
      ModelBuilder m;
      m.Add({.shape = {2, depth}, .quantization = {{scale}, {4}, 0}});
      m.Add({.shape = {2, depth}, .quantization = {{1.0f / 256}, {-128}, 0}});
      m.operators = {{25, {0}, {1}, 9, {{0, 4, 0x3f800000}}}};
      m.inputs = {0};
      m.outputs = {1};
      const auto input = Signed(random.Bytes(static_cast<size_t>(2 * depth)));
      const auto output = RunModel(m, {input});
      for (int row = 0; row < 2; ++row) {
        double sum = 0;
        const auto real = [&](int i) { return std::exp(static_cast<double>(scale) * input[static_cast<size_t>(row * depth + i)]); };
        for (int i = 0; i < depth; ++i) sum += real(i);
        for (int i = 0; i < depth; ++i) {
          EXPECT_NEAR(output[static_cast<size_t>(row * depth + i)], std::min(256 * real(i) / sum - 128, 127.0), 1.0);
        }
      }
    }
  }
}

}  // namespace
}  // namespace mls
