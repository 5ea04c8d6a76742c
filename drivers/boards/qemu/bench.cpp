// Plans the model, runs it over all inputs, and prints: plan and run in instructions, memory, and every output as hex.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "board.h"
#include "mls/core/engine/engine.h"
#include "mls/core/engine/operators.h"

namespace {

constexpr const mls::engine::OperatorRegistration* kOperators[] = {
#include "operators.inc"
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
  const uint32_t overhead = InstructionsSince(Counter());

  const uint32_t start = Counter();
  const mls::Status status = engine.Prepare(Model(), arena, kOperators, &why);
  const uint32_t plan_instructions = InstructionsSince(start) - overhead;
  if (status != mls::Status::kOk) {
    Print(why.message);
    Print("\n");
    return 1;
  }
  PrintLine("plan_instructions", plan_instructions);
  PrintLine("arena_bytes", engine.arena_used_bytes());
  PrintLine("plan_bytes", engine.plan_bytes());
  PrintLine("engine_bytes", sizeof engine);
  PrintLine("macs", static_cast<uint32_t>(engine.macs()));

  for (int32_t step = 0; step < engine.step_count(); ++step) {
    const uint32_t before = Counter();
    if (engine.InvokeStep(step) != mls::Status::kOk) return 1;
    const uint32_t instructions = InstructionsSince(before) - overhead;
    Print("layer ");
    PrintNumber(static_cast<uint32_t>(engine.step_operator(step)));
    PrintLine("", instructions);
  }

  engine.Reset();  // Those steps changed the state of a streaming model.

  // Zeros, or whole sets of inputs as long as there are any.
  size_t set_bytes = 0;
  for (int i = 0; i < engine.input_count(); ++i) set_bytes += engine.input(i).size();
  std::span<const uint8_t> inputs = Inputs();
  do {
    const bool given = inputs.size() >= set_bytes;
    for (int i = 0; i < engine.input_count(); ++i) {
      const std::span<int8_t> input = engine.input(i);
      if (given) {
        std::copy_n(inputs.begin(), input.size(), input.begin());
        inputs = inputs.subspan(input.size());
      } else {
        std::ranges::fill(input, 0);
      }
    }
    const uint32_t before = Counter();
    if (engine.Invoke() != mls::Status::kOk) return 1;
    const uint32_t instructions = InstructionsSince(before) - overhead;
    PrintLine("run_instructions", instructions);
    Print("output ");
    for (int i = 0; i < engine.output_count(); ++i) PrintHex(engine.output(i));
    Print("\n");
  } while (inputs.size() >= set_bytes);
  return 0;
}
