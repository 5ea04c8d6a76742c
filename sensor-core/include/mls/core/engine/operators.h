// The operators there are. A program names those that its models use; the rest is not linked.
#pragma once

#include "mls/core/engine/operator.h"

namespace mls::engine {

extern const OperatorRegistration kAdd;
extern const OperatorRegistration kAveragePool2D;
extern const OperatorRegistration kConv2D;
extern const OperatorRegistration kDepthwiseConv2D;
extern const OperatorRegistration kDequantize;  // int8 to float32
extern const OperatorRegistration kFullyConnected;
extern const OperatorRegistration kLogistic;
extern const OperatorRegistration kMaxPool2D;
extern const OperatorRegistration kMean;
extern const OperatorRegistration kPad;
extern const OperatorRegistration kPadV2;
extern const OperatorRegistration kQuantize;  // float32 or int8 to int8
extern const OperatorRegistration kRelu;
extern const OperatorRegistration kRelu6;
extern const OperatorRegistration kReshape;
extern const OperatorRegistration kSoftmax;

// All of the above: for hosts and tools.
OperatorSet AllOperators();

// The operators above use the fastest kernels there are for the target. These use the portable ones: the reference that the
// others are compared with, and the smallest code.
namespace portable {
extern const OperatorRegistration kConv2D;
extern const OperatorRegistration kDepthwiseConv2D;
extern const OperatorRegistration kFullyConnected;
OperatorSet AllOperators();
}  // namespace portable

}  // namespace mls::engine
