// Networks built in memory.
#pragma once

#include <cstdint>
#include <vector>

#include "model_builder.h"

namespace mls::test {

// Deterministic bytes and bounded integers.
class Random {
 public:
  explicit Random(uint32_t seed) : state_(seed) {}
  uint32_t Next() {
    state_ = state_ * 1664525u + 1013904223u;
    return state_ >> 8;
  }
  int Between(int low, int high) { return low + static_cast<int>(Next() % static_cast<uint32_t>(high - low + 1)); }
  std::vector<uint8_t> Bytes(size_t count) {
    std::vector<uint8_t> bytes(count);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(Next() >> 8);
    return bytes;
  }

 private:
  uint32_t state_;
};

// Picture 1x6x5x2 -> CONV_2D 3x3 (per channel) -> DEPTHWISE_CONV_2D 3x3 -> AVERAGE_POOL_2D -> RESHAPE -> FULLY_CONNECTED -> SOFTMAX.
inline ModelBuilder SmallNetwork() {
  Random random(1);
  ModelBuilder m;
  const std::vector<float> scales = {0.01f, 0.02f, 0.005f, 0.03f};
  m.Add({.shape = {1, 6, 5, 2}, .quantization = {{0.05f}, {3}, 0}});
  m.Add({.shape = {4, 3, 3, 2}, .quantization = {scales, {0, 0, 0, 0}, 0}, .data = random.Bytes(72)});
  m.Add({.shape = {4}, .type = 2, .quantization = {scales, {0, 0, 0, 0}, 0}, .data = ModelBuilder::Bytes<int32_t>({100, -200, 300, 0})});
  m.Add({.shape = {1, 3, 3, 4}, .quantization = {{0.1f}, {-128}, 0}});
  m.Add({.shape = {1, 3, 3, 4}, .quantization = {scales, {0, 0, 0, 0}, 3}, .data = random.Bytes(36)});
  m.Add({.shape = {4}, .type = 2, .quantization = {scales, {0, 0, 0, 0}, 0}, .data = ModelBuilder::Bytes<int32_t>({10, 20, -30, 40})});
  m.Add({.shape = {1, 3, 3, 4}, .quantization = {{0.2f}, {-5}, 0}});
  m.Add({.shape = {1, 1, 1, 4}, .quantization = {{0.2f}, {-5}, 0}});
  m.Add({.shape = {1, 4}, .quantization = {{0.2f}, {-5}, 0}});
  m.Add({.shape = {3, 4}, .quantization = {{0.02f}, {0}, 0}, .data = random.Bytes(12)});
  m.Add({.shape = {3}, .type = 2, .quantization = {{0.004f}, {0}, 0}, .data = ModelBuilder::Bytes<int32_t>({1, 2, 3})});
  m.Add({.shape = {1, 3}, .quantization = {{0.1f}, {10}, 0}});
  m.Add({.shape = {1, 3}, .quantization = {{1.0f / 256}, {-128}, 0}});
  m.operators = {
      {3, {0, 1, 2}, {3}, 1, {{0, 1, 0}, {1, 4, 2}, {2, 4, 2}, {3, 1, 1}, {4, 4, 1}, {5, 4, 1}}},
      {4, {3, 4, 5}, {6}, 2, {{0, 1, 0}, {1, 4, 1}, {2, 4, 1}, {3, 4, 1}, {4, 1, 0}}},
      {1, {6}, {7}, 5, {{0, 1, 1}, {1, 4, 1}, {2, 4, 1}, {3, 4, 3}, {4, 4, 3}}},
      {22, {7}, {8}, 0, {}},
      {9, {8, 9, 10}, {11}, 8, {{0, 1, 0}}},
      {25, {11}, {12}, 9, {{0, 4, 0x3f800000}}},
  };
  m.inputs = {0};
  m.outputs = {12};
  return m;
}

// Picture 1x4x4x3 float -> QUANTIZE -> PAD -> CONV_2D 1x1 -> RELU -> ADD with the padded picture -> MAX_POOL_2D -> MEAN ->
// LOGISTIC -> DEQUANTIZE.
inline ModelBuilder SmallResidualNetwork() {
  Random random(2);
  ModelBuilder m;
  m.Add({.shape = {1, 4, 4, 3}, .type = 0, .quantization = {}});
  m.Add({.shape = {1, 4, 4, 3}, .quantization = {{0.02f}, {-1}, 0}});
  m.Add({.shape = {4, 2}, .type = 2, .quantization = {}, .data = ModelBuilder::Bytes<int32_t>({0, 0, 1, 1, 2, 0, 0, 0})});
  m.Add({.shape = {1, 6, 6, 3}, .quantization = {{0.02f}, {-1}, 0}});
  m.Add({.shape = {3, 1, 1, 3}, .quantization = {{0.03f}, {0}, 0}, .data = random.Bytes(9)});
  m.Add({.shape = {1, 6, 6, 3}, .quantization = {{0.05f}, {7}, 0}});
  m.Add({.shape = {1, 6, 6, 3}, .quantization = {{0.03f}, {-128}, 0}});
  m.Add({.shape = {1, 6, 6, 3}, .quantization = {{0.04f}, {-20}, 0}});
  m.Add({.shape = {1, 3, 3, 3}, .quantization = {{0.04f}, {-20}, 0}});
  m.Add({.shape = {2}, .type = 2, .quantization = {}, .data = ModelBuilder::Bytes<int32_t>({1, -2})});
  m.Add({.shape = {1, 3}, .quantization = {{0.03f}, {-30}, 0}});
  m.Add({.shape = {1, 3}, .quantization = {{1.0f / 256}, {-128}, 0}});
  m.Add({.shape = {1, 3}, .type = 0, .quantization = {}});
  m.operators = {
      {114, {0}, {1}},
      {34, {1, 2}, {3}, 22, {}},
      {3, {3, 4, -1}, {5}, 1, {{0, 1, 1}, {1, 4, 1}, {2, 4, 1}}},
      {19, {5}, {6}},
      {0, {6, 3}, {7}, 11, {{0, 1, 3}}},
      {17, {7}, {8}, 5, {{0, 1, 0}, {1, 4, 2}, {2, 4, 2}, {3, 4, 3}, {4, 4, 2}}},
      {40, {8, 9}, {10}, 27, {{0, 1, 0}}},
      {14, {10}, {11}},
      {6, {11}, {12}},
  };
  m.inputs = {0};
  m.outputs = {12, 11};
  return m;
}

// 1x2x2x4 -> VAR_HANDLE, READ_VARIABLE, CONCATENATION, STRIDED_SLICE, ASSIGN_VARIABLE -> SPLIT -> MUL, SUB -> TANH, LEAKY_RELU,
// HARD_SWISH -> PRELU -> TRANSPOSE -> RESIZE_BILINEAR -> TRANSPOSE_CONV; CONV_2D with int4 weights; QUANTIZE to int16 -> LOGISTIC.
inline ModelBuilder SmallStreamingNetwork() {
  const auto ints = [](std::vector<int32_t> values) {
    return ModelBuilder::Tensor{{static_cast<int32_t>(values.size())}, 2, {}, ModelBuilder::Bytes(values)};
  };
  const ModelBuilder::Quantization q = {{0.05f}, {-3}, 0}, tanh = {{1.0f / 128}, {0}, 0}, weights = {{0.02f}, {0}, 0};
  ModelBuilder m;
  m.Add({.shape = {1, 2, 2, 4}, .quantization = q});
  m.Add({.shape = {}, .type = 13, .quantization = {}});
  m.Add({.shape = {1, 2, 2, 4}, .quantization = q});
  m.Add({.shape = {1, 4, 2, 4}, .quantization = q});
  m.Add(ints({0, 2, 0, 0}));
  m.Add(ints({1, 4, 2, 4}));
  m.Add(ints({1, 1, 1, 1}));
  m.Add({.shape = {1, 2, 2, 4}, .quantization = q});
  m.Add(ints({3}));
  m.Add({.shape = {1, 4, 2, 2}, .quantization = q});   // 9: split
  m.Add({.shape = {1, 4, 2, 2}, .quantization = q});
  m.Add({.shape = {1, 4, 2, 2}, .quantization = q});   // 11: product
  m.Add({.shape = {1, 4, 2, 2}, .quantization = q});
  m.Add({.shape = {1, 4, 2, 2}, .quantization = tanh});
  m.Add({.shape = {1, 4, 2, 2}, .quantization = q});
  m.Add({.shape = {1, 4, 2, 2}, .quantization = q});
  m.Add({.shape = {1, 1, 2}, .quantization = weights, .data = {3, 250}});
  m.Add({.shape = {1, 4, 2, 2}, .quantization = q});   // 17: PRELU
  m.Add(ints({0, 2, 1, 3}));
  m.Add({.shape = {1, 2, 4, 2}, .quantization = q});
  m.Add(ints({3, 3}));
  m.Add({.shape = {1, 3, 3, 2}, .quantization = q});
  m.Add(ints({1, 6, 6, 1}));
  m.Add({.shape = {1, 2, 2, 2}, .quantization = weights, .data = {1, 2, 3, 4, 5, 6, 7, 8}});
  m.Add({.shape = {1, 6, 6, 1}, .quantization = q});   // 24: TRANSPOSE_CONV
  m.Add({.shape = {3, 1, 1, 1}, .type = 17, .quantization = weights, .data = {0x71, 0x0f}});
  m.Add({.shape = {1, 6, 6, 3}, .quantization = q});
  m.Add({.shape = {1, 6, 6, 3}, .type = 7, .quantization = {{0.001f}, {0}, 0}});
  m.Add({.shape = {1, 6, 6, 3}, .type = 7, .quantization = {{1.0f / 32768}, {0}, 0}});
  m.operators = {
      {142, {}, {1}},
      {143, {1}, {2}},
      {2, {2, 0}, {3}, 10, {{0, 4, 1}}},
      {45, {3, 4, 5, 6}, {7}, 32, {}},
      {144, {1, 7}, {}},
      {49, {8, 3}, {9, 10}, 35, {{0, 4, 2}}},
      {18, {9, 10}, {11}, 21, {{0, 1, 3}}},
      {41, {11, 9}, {12}, 28, {}},
      {28, {12}, {13}},
      {98, {12}, {14}, 75, {{0, 4, 0x3dcccccd}}},
      {117, {14}, {15}},
      {54, {15, 16}, {17}},
      {39, {17, 18}, {19}},
      {23, {19, 20}, {21}, 15, {{3, 1, 1}}},
      {67, {22, 23, 21}, {24}, 49, {{0, 1, 1}, {1, 4, 2}, {2, 4, 2}}},
      {3, {24, 25}, {26}, 1, {{0, 1, 1}, {1, 4, 1}, {2, 4, 1}}},
      {114, {26}, {27}},
      {14, {27}, {28}},
  };
  m.inputs = {0};
  m.outputs = {28, 13};
  return m;
}

inline std::vector<std::vector<uint8_t>> AllSmallNetworks() {
  return {SmallNetwork().Build(), SmallResidualNetwork().Build(), SmallStreamingNetwork().Build()};
}

}  // namespace mls::test
