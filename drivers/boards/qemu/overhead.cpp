// What the engine itself costs: the model's plan with kernels that do nothing, run many times.
#include <array>
#include <cstdint>
#include <utility>

#include "board.h"
#include "mls/core/engine/engine.h"
#include "mls/core/engine/operators.h"

namespace {

using mls::engine::OperatorRegistration;

constexpr const OperatorRegistration* kOperators[] = {
#include "operators.inc"
};

mls::Status DoNothing(const void*) { return mls::Status::kOk; }

template <size_t kIndex>
mls::Status PlanNothing(mls::engine::PlanContext& context) {
  const mls::Status status = kOperators[kIndex]->plan(context);
  if (status == mls::Status::kOk) context.SetKernel(DoNothing, nullptr);
  return status;
}

template <size_t... kIndices>
std::array<OperatorRegistration, sizeof...(kIndices)> WithoutKernels(std::index_sequence<kIndices...>) {
  return {OperatorRegistration{kOperators[kIndices]->code, kOperators[kIndices]->name, PlanNothing<kIndices>}...};
}

alignas(16) std::byte arena[256 * 1024];
mls::InferenceEngine engine;

}  // namespace

int main() {
  using namespace mls::board;
  constexpr uint32_t kRuns = 1000;
  const auto registrations = WithoutKernels(std::make_index_sequence<std::size(kOperators)>());
  std::array<const OperatorRegistration*, std::size(kOperators)> list;
  for (size_t i = 0; i < list.size(); ++i) list[i] = &registrations[i];
  if (engine.Prepare(Model(), arena, list) != mls::Status::kOk) return 1;
  StartCounter();
  const uint32_t start = Counter();
  for (uint32_t i = 0; i < kRuns; ++i) {
    if (engine.Invoke() != mls::Status::kOk) return 1;
  }
  Print("overhead_instructions ");
  PrintNumber(InstructionsSince(start) / kRuns);
  Print("\n");
  return 0;
}
