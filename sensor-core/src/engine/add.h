// Parameters of ADD, for its kernels.
#pragma once

#include "convolution.h"

namespace mls::engine {

constexpr int kAddLeftShift = 20;  // Inputs are scaled up by this before they are brought to a common scale.

struct AddInput {
  const int8_t* data;
  int32_t offset, multiplier, shift;
  // Elements to move per step of each output dimension; 0 where this input is broadcast.
  int32_t strides[TensorInfo::kMaxRank];
};

struct AddParams {
  AddInput inputs[2];
  int8_t* output;
  int32_t dims[TensorInfo::kMaxRank];  // Of the output, with leading ones. Flat: all elements in the first.
  int32_t multiplier, shift, offset;
  Int8Range range;
};

// Adds the first values of two tensors of one shape, as many as the processor's kernel takes; returns how many.
uint32_t AddFlatFast(const AddParams& params, uint32_t count);

}  // namespace mls::engine
