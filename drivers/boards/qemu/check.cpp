// Runs the model over all inputs and compares each set of outputs with the expected one.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "board.h"
#include "mls/core/engine/engine.h"
#include "mls/core/engine/operator.h"
#include "mls/core/engine/operators.h"

namespace {

#ifdef __ARM_FEATURE_MVE
constexpr const char* kFastKernels = "Helium";
#else
constexpr const char* kFastKernels = "DSP";
#endif

alignas(16) std::byte arena[256 * 1024];
mls::InferenceEngine engine;
mls::Diagnostics why;

}  // namespace

int main() {
  using namespace mls::board;
  if (engine.Prepare(Model(), arena, mls::engine::AllOperators(), &why) != mls::Status::kOk) {
    Print(why.message);
    Print("\n");
    return 1;
  }
  std::span<const uint8_t> inputs = Inputs(), expected = Expected();
  uint32_t sets = 0, exact = 0;
  while (!inputs.empty()) {
    for (int i = 0; i < engine.input_count(); ++i) {
      const std::span<int8_t> input = engine.input(i);
      if (inputs.size() < input.size()) return 2;
      std::copy_n(inputs.begin(), input.size(), input.begin());
      inputs = inputs.subspan(input.size());
    }
    if (engine.Invoke() != mls::Status::kOk) return 3;
    bool equal = true;
    for (int i = 0; i < engine.output_count(); ++i) {
      const std::span<const int8_t> output = engine.output(i);
      if (expected.size() < output.size()) return 4;
      equal = equal && std::equal(output.begin(), output.end(), expected.begin(), [](int8_t a, uint8_t b) { return static_cast<uint8_t>(a) == b; });
      expected = expected.subspan(output.size());
    }
    ++sets;
    exact += equal;
  }
  const bool portable = mls::engine::kConv2D.plan == mls::engine::portable::kConv2D.plan;
  Print("kernels ");
  Print(portable ? "portable" : kFastKernels);
  Print("\nsets ");
  PrintNumber(sets);
  Print("\nexact ");
  PrintNumber(exact);
  Print("\n");
  return sets == exact && expected.empty() ? 0 : 5;
}
