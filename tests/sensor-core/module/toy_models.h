// Networks whose answer a test can foresee.
#pragma once

#include "../engine/model_builder.h"

namespace mls::test {

// mean(input) -> class 1 with sigmoid(slope * (mean - middle)), class 0 with the rest; further classes never win.
inline std::vector<uint8_t> MeanModel(std::vector<int32_t> input_shape, float scale, int32_t zero_point, float middle,
                                      float slope, int32_t class_count = 2) {
  const float weight_scale = slope / 2 / 127;
  const float bias_scale = scale * weight_scale;
  const auto bias = static_cast<int32_t>(slope / 2 * middle / bias_scale);
  std::vector<int8_t> weights(static_cast<size_t>(class_count), 0);
  std::vector<int32_t> biases(static_cast<size_t>(class_count), static_cast<int32_t>(-12 / bias_scale));
  weights[0] = -127, weights[1] = 127;
  biases[0] = bias, biases[1] = -bias;

  ModelBuilder m;
  m.Add({.shape = std::move(input_shape), .quantization = {{scale}, {zero_point}, 0}});
  m.Add({.shape = {2}, .type = 2, .quantization = {}, .data = ModelBuilder::Bytes<int32_t>({1, 2})});
  m.Add({.shape = {1, 1}, .quantization = {{scale}, {zero_point}, 0}});
  m.Add({.shape = {class_count, 1}, .quantization = {{weight_scale}, {0}, 0}, .data = ModelBuilder::Bytes(weights)});
  m.Add(
      {.shape = {class_count}, .type = 2, .quantization = {{bias_scale}, {0}, 0}, .data = ModelBuilder::Bytes(biases)});
  m.Add({.shape = {1, class_count}, .quantization = {{0.1f}, {0}, 0}});
  m.Add({.shape = {1, class_count}, .quantization = {{1.0f / 256}, {-128}, 0}});
  m.operators = {
      {40, {0, 1}, {2}, 27, {{0, 1, 0}}},          // MEAN
      {9, {2, 3, 4}, {5}, 8, {{0, 1, 0}}},         // FULLY_CONNECTED
      {25, {5}, {6}, 9, {{0, 4, 0x3f800000}}},     // SOFTMAX
  };
  m.inputs = {0};
  m.outputs = {6};
  return m.Build();
}

// Sees a person in a bright picture of 8x8: 0.5 is the middle between 0 (black) and 1 (white).
inline std::vector<uint8_t> BrightnessModel() { return MeanModel({1, 8, 8, 1}, 1.0f / 255, -128, 0.5f, 20); }

// Hears class 1 of three in loud sound; the features are natural logarithms.
inline std::vector<uint8_t> LoudnessModel() { return MeanModel({1, 49, 40, 1}, 0.1f, 0, -1.0f, 4, 3); }

}  // namespace mls::test
