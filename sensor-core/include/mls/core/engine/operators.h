// The operators there are. A program names those that its models use; the rest is not linked.
#pragma once

#include "mls/core/engine/operator.h"

namespace mls::engine {

// On int8; those that only move values take any type, and RESIZE_BILINEAR int16 too.
extern const OperatorRegistration kAdd;
extern const OperatorRegistration kAssignVariable;
extern const OperatorRegistration kAveragePool2D;
extern const OperatorRegistration kCallOnce;  // That assigns constants to variables.
extern const OperatorRegistration kConcatenation;
extern const OperatorRegistration kConv2D;
extern const OperatorRegistration kDepthwiseConv2D;
extern const OperatorRegistration kDequantize;  // int8 to float32
extern const OperatorRegistration kExpandDims;
extern const OperatorRegistration kFullyConnected;
extern const OperatorRegistration kHardSwish;
extern const OperatorRegistration kLeakyRelu;
extern const OperatorRegistration kLogistic;
extern const OperatorRegistration kMaxPool2D;
extern const OperatorRegistration kMean;
extern const OperatorRegistration kMul;
extern const OperatorRegistration kPad;
extern const OperatorRegistration kPadV2;
extern const OperatorRegistration kPrelu;
extern const OperatorRegistration kQuantize;  // float32 or int8 to int8
extern const OperatorRegistration kReadVariable;
extern const OperatorRegistration kRelu;
extern const OperatorRegistration kRelu6;
extern const OperatorRegistration kReluN1To1;
extern const OperatorRegistration kReshape;
extern const OperatorRegistration kResizeBilinear;
extern const OperatorRegistration kResizeNearestNeighbor;
extern const OperatorRegistration kSoftmax;
extern const OperatorRegistration kSplit;
extern const OperatorRegistration kSplitV;
extern const OperatorRegistration kSqueeze;
extern const OperatorRegistration kStridedSlice;
extern const OperatorRegistration kSub;
extern const OperatorRegistration kTanh;
extern const OperatorRegistration kTranspose;
extern const OperatorRegistration kTransposeConv;
extern const OperatorRegistration kVarHandle;

// The same with int4 weights, read as they are packed.
namespace int4 {
extern const OperatorRegistration kConv2D;
extern const OperatorRegistration kDepthwiseConv2D;
extern const OperatorRegistration kFullyConnected;
}  // namespace int4

// On int16. A model that mixes types needs the registrations of each.
namespace int16 {
extern const OperatorRegistration kAdd;
extern const OperatorRegistration kAveragePool2D;
extern const OperatorRegistration kConv2D;  // Here and below: int8 weights.
extern const OperatorRegistration kDepthwiseConv2D;
extern const OperatorRegistration kDequantize;  // int8, uint8 or int16 to float32
extern const OperatorRegistration kFullyConnected;
extern const OperatorRegistration kLeakyRelu;
extern const OperatorRegistration kLogistic;
extern const OperatorRegistration kMaxPool2D;
extern const OperatorRegistration kMean;
extern const OperatorRegistration kMul;
extern const OperatorRegistration kQuantize;  // float32, int8, uint8, int16 or int32 to int8, uint8 or int16
extern const OperatorRegistration kRelu;
extern const OperatorRegistration kRelu6;
extern const OperatorRegistration kReluN1To1;
extern const OperatorRegistration kSoftmax;
extern const OperatorRegistration kSub;
extern const OperatorRegistration kTanh;
extern const OperatorRegistration kTransposeConv;
}  // namespace int16

// All of the above: for hosts and tools.
OperatorSet AllOperators();

// The operators above use the fastest kernels there are for the target. These use the portable ones: the reference that
// the others are compared with, and the smallest code.
namespace portable {
extern const OperatorRegistration kConv2D;
extern const OperatorRegistration kDepthwiseConv2D;
extern const OperatorRegistration kFullyConnected;
OperatorSet AllOperators();
}  // namespace portable

}  // namespace mls::engine
