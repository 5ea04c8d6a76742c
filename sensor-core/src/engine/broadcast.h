// Element by element operators on two inputs, of which either may be broadcast.
#pragma once

#include "mls/core/engine/operator.h"

namespace mls::engine {

// Lines the inputs up with the output's last dimension: the output's dimensions with leading ones, and the elements to
// move in each input per step of each, 0 where it is broadcast. False, with the error recorded, if the shapes do not
// fit.
bool Broadcast(PlanContext& context, const Tensor (&inputs)[2], const Tensor& output,
               int32_t (&dims)[TensorInfo::kMaxRank], int32_t (&strides_a)[TensorInfo::kMaxRank],
               int32_t (&strides_b)[TensorInfo::kMaxRank]);

}  // namespace mls::engine
