#include "mls/core/engine/operators.h"

namespace mls::engine {

OperatorSet AllOperators() {
  static constexpr const OperatorRegistration* kAll[] = {
      &kAdd,  &kAveragePool2D, &kConv2D, &kDepthwiseConv2D, &kDequantize, &kFullyConnected, &kLogistic, &kMaxPool2D,
      &kMean, &kPad,           &kPadV2,  &kQuantize,        &kRelu,       &kRelu6,          &kReshape,  &kSoftmax,
  };
  return kAll;
}

OperatorSet portable::AllOperators() {
  static constexpr const OperatorRegistration* kAll[] = {
      &kAdd,  &kAveragePool2D, &portable::kConv2D, &portable::kDepthwiseConv2D, &kDequantize, &portable::kFullyConnected,
      &kLogistic, &kMaxPool2D, &kMean, &kPad, &kPadV2, &kQuantize, &kRelu, &kRelu6, &kReshape, &kSoftmax,
  };
  return kAll;
}

}  // namespace mls::engine
