// A board replaces a kernel of the engine by its own, without a change to the engine: FULLY_CONNECTED goes to an accelerator.
//
//   accelerated_kernel MODEL.tflite
//
// Runs the model with the engine's kernels and with the board's, and tells whether the outputs are the same. The engine still
// reads and checks the model, computes the multipliers and lays out the memory; the board gets the finished parameters.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <vector>

#include "mls/core/engine/engine.h"
#include "mls/core/engine/kernels.h"
#include "mls/core/engine/operators.h"

namespace board {

// The accelerator: one dot product at a time. On silicon, registers of a coprocessor or a custom instruction.
struct DotProductUnit {
  uint32_t jobs = 0;
  int32_t Dot(const int8_t* x, const int8_t* weights, uint32_t count, int32_t x_offset) {
    ++jobs;
    int32_t sum = 0;
    for (uint32_t i = 0; i < count; ++i) sum += (x[i] + x_offset) * weights[i];
    return sum;
  }
} unit;

// The kernel that feeds it. What becomes of the sums is part of the contract: gemmlowp's rounding, see kernels.h.
mls::Status RunFullyConnected(const void* params) {
  const auto& p = *static_cast<const mls::engine::FullyConnectedParams*>(params);
  const mls::engine::Requantization& r = p.requantization;
  int8_t* output = p.output;
  for (uint32_t batch = 0; batch < p.batches; ++batch) {
    for (uint32_t c = 0; c < p.outputs; ++c) {
      const int64_t sum = unit.Dot(p.input + batch * p.depth, p.weights + c * p.depth, p.depth, p.input_offset) +
                          (p.bias == nullptr ? 0 : p.bias[c]);
      const int32_t multiplier = r.multipliers[p.per_channel ? c : 0], right = -r.shifts[p.per_channel ? c : 0];
      const int64_t high = (sum * multiplier + (int64_t{1} << 30)) >> 31;
      const int64_t half = right > 0 ? int64_t{1} << (right - 1) : 0;
      const int64_t value = ((high + half - (high < 0 && right > 0)) >> right) + r.offset;
      *output++ = static_cast<int8_t>(std::clamp<int64_t>(value, r.min, r.max));
    }
  }
  return mls::Status::kOk;
}

// A registration with the operator's code, put in front of the engine's own. It may decline (kUnsupported) what the
// accelerator cannot do: then the next one in the list with that code is asked.
mls::Status PlanFullyConnected(mls::engine::PlanContext& context) {
  constexpr int32_t kMostDepth = 4096;
  mls::engine::Tensor weights;
  if (!context.Input(1, weights)) return context.status();
  if (weights.rank != 2 || weights.dims[1] > kMostDepth) return mls::Status::kUnsupported;
  return mls::engine::PlanFullyConnected(context, RunFullyConnected);
}

constexpr mls::engine::OperatorRegistration kFullyConnected = {9, "FULLY_CONNECTED on the accelerator", PlanFullyConnected};

}  // namespace board

namespace {

// The output for a fixed input, or nothing.
std::vector<int8_t> Run(const std::vector<uint8_t>& model, mls::OperatorSet operators) {
  static std::vector<std::byte> arena(1 << 20);
  mls::InferenceEngine engine;
  mls::Diagnostics why;
  if (engine.Prepare(model, arena, operators, &why) != mls::Status::kOk) {
    std::fprintf(stderr, "%s\n", why.message);
    return {};
  }
  for (int i = 0; i < engine.input_count(); ++i) {
    uint8_t next = 1;
    for (int8_t& value : engine.input(i)) value = static_cast<int8_t>(next = static_cast<uint8_t>(next * 5 + 77));
  }
  if (engine.Invoke() != mls::Status::kOk) return {};
  std::vector<int8_t> all;
  for (int i = 0; i < engine.output_count(); ++i) all.insert(all.end(), engine.output(i).begin(), engine.output(i).end());
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s MODEL.tflite\n", argv[0]);
    return 2;
  }
  std::ifstream file(argv[1], std::ios::binary);
  const std::vector<uint8_t> model{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};

  const mls::OperatorSet engine_operators = mls::engine::AllOperators();
  std::vector<const mls::engine::OperatorRegistration*> board_operators = {&board::kFullyConnected};
  board_operators.insert(board_operators.end(), engine_operators.begin(), engine_operators.end());

  const std::vector<int8_t> expected = Run(model, engine_operators);
  const std::vector<int8_t> output = Run(model, board_operators);
  const bool same = !output.empty() && output == expected;
  std::printf("%u dot products on the accelerator; outputs %s\n", board::unit.jobs, same ? "are the same" : "DIFFER");
  return same ? 0 : 1;
}
