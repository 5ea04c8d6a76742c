#include "mls/core/engine/operators.h"

namespace mls::engine {

OperatorSet AllOperators() {
  static constexpr const OperatorRegistration* kAll[] = {
      &kAdd, &kAssignVariable, &kAveragePool2D, &kCallOnce, &kConcatenation, &kConv2D, &kDepthwiseConv2D,
      &kDequantize, &kExpandDims, &kFullyConnected, &kHardSwish, &kLeakyRelu, &kLogistic, &kMaxPool2D, &kMean, &kMul,
      &kPad, &kPadV2, &kPrelu, &kQuantize, &kReadVariable, &kRelu, &kRelu6, &kReluN1To1, &kReshape, &kResizeBilinear,
      &kResizeNearestNeighbor, &kSoftmax, &kSplit, &kSplitV, &kSqueeze, &kStridedSlice, &kSub, &kTanh, &kTranspose,
      &kTransposeConv, &kVarHandle, &int4::kConv2D, &int4::kDepthwiseConv2D, &int4::kFullyConnected, &int16::kAdd,
      &int16::kAveragePool2D, &int16::kConv2D, &int16::kDepthwiseConv2D, &int16::kDequantize,
      &int16::kFullyConnected, &int16::kLeakyRelu, &int16::kLogistic, &int16::kMaxPool2D, &int16::kMean,
      &int16::kMul, &int16::kQuantize, &int16::kRelu, &int16::kRelu6, &int16::kReluN1To1, &int16::kSoftmax,
      &int16::kSub, &int16::kTanh, &int16::kTransposeConv,
  };
  return kAll;
}

OperatorSet portable::AllOperators() {
  static constexpr const OperatorRegistration* kAll[] = {
      &kAdd, &kAssignVariable, &kAveragePool2D, &kCallOnce, &kConcatenation, &portable::kConv2D,
      &portable::kDepthwiseConv2D, &kDequantize, &kExpandDims, &portable::kFullyConnected, &kHardSwish, &kLeakyRelu,
      &kLogistic, &kMaxPool2D, &kMean, &kMul, &kPad, &kPadV2, &kPrelu, &kQuantize, &kReadVariable, &kRelu, &kRelu6,
      &kReluN1To1, &kReshape, &kResizeBilinear, &kResizeNearestNeighbor, &kSoftmax, &kSplit, &kSplitV, &kSqueeze,
      &kStridedSlice, &kSub, &kTanh, &kTranspose, &kTransposeConv, &kVarHandle, &int4::kConv2D,
      &int4::kDepthwiseConv2D, &int4::kFullyConnected, &int16::kAdd, &int16::kAveragePool2D, &int16::kConv2D,
      &int16::kDepthwiseConv2D, &int16::kDequantize, &int16::kFullyConnected, &int16::kLeakyRelu, &int16::kLogistic,
      &int16::kMaxPool2D, &int16::kMean, &int16::kMul, &int16::kQuantize, &int16::kRelu, &int16::kRelu6,
      &int16::kReluN1To1, &int16::kSoftmax, &int16::kSub, &int16::kTanh, &int16::kTransposeConv,
  };
  return kAll;
}

}  // namespace mls::engine
