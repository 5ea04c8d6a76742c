#include "mls/core/engine/operators.h"

namespace mls::engine {
namespace {

// RESHAPE, SQUEEZE, EXPAND_DIMS. The converter wrote the new shape into the output tensor; other inputs and the options
// only repeat it.
Status Plan(PlanContext& context) {
  Tensor input, output;
  if (!context.Input(0, input) || !context.Output(0, output)) return context.status();
  if (!context.Require(input.type == output.type && input.bytes == output.bytes, Status::kCorrupt,
                       "does not have the size of the input", &output) ||
      !context.Require(input.constant == nullptr, Status::kUnsupported, "input is constant", &input)) {
    return context.status();
  }
  context.Alias(input, output);
  return Status::kOk;
}

}  // namespace

constinit const OperatorRegistration kReshape = {22, "RESHAPE", Plan};
constinit const OperatorRegistration kSqueeze = {43, "SQUEEZE", Plan};
constinit const OperatorRegistration kExpandDims = {70, "EXPAND_DIMS", Plan};

}  // namespace mls::engine
