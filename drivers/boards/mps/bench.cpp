// Plans the model, runs it over all inputs, and prints: plan and run in instructions, memory, and every output as hex.
#include <algorithm>
#include <cstdint>
#include <span>

#include "board.h"
#include "mls/core/engine/engine.h"
#include "mls/core/engine/operators.h"

extern "C" const uint8_t mls_model[], mls_model_end[], mls_inputs[], mls_inputs_end[];

namespace {

constexpr const mls::engine::OperatorRegistration* kOperators[] = {
#include MLS_BENCH_OPERATORS
};

alignas(16) std::byte arena[256 * 1024];
mls::InferenceEngine engine;
mls::Diagnostics why;

void PrintLine(const char* name, uint32_t value) {
  mls::board::Print(name);
  mls::board::Print(" ");
  mls::board::PrintNumber(value);
  mls::board::Print("\n");
}

void PrintHex(std::span<const int8_t> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  for (const int8_t byte : bytes) {
    const char text[3] = {kDigits[static_cast<uint8_t>(byte) >> 4], kDigits[byte & 15], 0};
    mls::board::Print(text);
  }
}

}  // namespace

int main() {
  using namespace mls::board;
  StartCounter();
  const uint32_t empty_start = TicksLeft();
  const uint32_t overhead = TicksBetween(empty_start, TicksLeft());

  const uint32_t start = TicksLeft();
  const mls::Status status =
      engine.Prepare({mls_model, static_cast<size_t>(mls_model_end - mls_model)}, arena, kOperators, &why);
  const uint32_t plan_ticks = TicksBetween(start, TicksLeft()) - overhead;
  if (status != mls::Status::kOk) {
    Print(why.message);
    Print("\n");
    return 1;
  }
  PrintLine("plan_instructions", Instructions(plan_ticks));
  PrintLine("arena_bytes", engine.arena_used_bytes());
  PrintLine("plan_bytes", engine.plan_bytes());
  PrintLine("engine_bytes", sizeof engine);
  PrintLine("macs", static_cast<uint32_t>(engine.macs()));

  for (int32_t step = 0; step < engine.step_count(); ++step) {
    const uint32_t before = TicksLeft();
    if (engine.InvokeStep(step) != mls::Status::kOk) return 1;
    const uint32_t ticks = TicksBetween(before, TicksLeft()) - overhead;
    Print("layer ");
    PrintNumber(static_cast<uint32_t>(engine.step_operator(step)));
    PrintLine("", Instructions(ticks));
  }

  engine.Reset();  // Those steps changed the state of a streaming model.

  // Zeros, or whole sets of inputs as long as there are any.
  ptrdiff_t set_bytes = 0;
  for (int i = 0; i < engine.input_count(); ++i) set_bytes += static_cast<ptrdiff_t>(engine.input(i).size());
  const auto* next = reinterpret_cast<const int8_t*>(mls_inputs);
  const auto* end = reinterpret_cast<const int8_t*>(mls_inputs_end);
  do {
    const bool given = end - next >= set_bytes;
    for (int i = 0; i < engine.input_count(); ++i) {
      const std::span<int8_t> input = engine.input(i);
      if (given) {
        std::copy_n(next, input.size(), input.begin());
        next += input.size();
      } else {
        std::ranges::fill(input, 0);
      }
    }
    const uint32_t before = TicksLeft();
    if (engine.Invoke() != mls::Status::kOk) return 1;
    const uint32_t ticks = TicksBetween(before, TicksLeft()) - overhead;
    PrintLine("run_instructions", Instructions(ticks));
    Print("output ");
    for (int i = 0; i < engine.output_count(); ++i) PrintHex(engine.output(i));
    Print("\n");
  } while (end - next >= set_bytes);
  return 0;
}
