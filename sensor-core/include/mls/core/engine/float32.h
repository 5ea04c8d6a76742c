// Operators on float32, for hosts: to run the model that a quantised one was made from. Target mls::engine_float32.
#pragma once

#include "mls/core/engine/operators.h"

namespace mls::engine {

// AllOperators and those on float32. Floats are not equal on all machines, as they call libm. Not thread-safe at its
// first call.
OperatorSet AllOperatorsWithFloat();

}  // namespace mls::engine
