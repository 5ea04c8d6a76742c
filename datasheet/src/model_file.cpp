#include "mls/datasheet/model_file.h"

#include <cstddef>
#include <vector>

#include "mls/core/engine/operators.h"
#include "mls/datasheet/document.h"
#include "mls/datasheet/signature.h"
#include "model.h"  // the engine's own reader

namespace mls::datasheet {
namespace {

// Operators with trained constants, as numbered in the TensorFlow Lite schema.
bool HasWeights(int32_t code) {
  constexpr int32_t kConv2D = 3, kDepthwiseConv2D = 4, kFullyConnected = 9;
  return code == kConv2D || code == kDepthwiseConv2D || code == kFullyConnected;
}

uint64_t CountParameters(std::span<const uint8_t> bytes) {
  engine::Model model;
  std::vector<bool> counted;
  uint64_t sum = 0;
  if (model.Open(bytes) != nullptr) return 0;
  counted.resize(model.tensor_count());
  for (uint32_t i = 0; i < model.operator_count(); ++i) {
    engine::OperatorRecord record;
    if (model.ReadOperator(i, record) != nullptr || !HasWeights(record.code)) continue;
    for (uint32_t j = 0; j < record.inputs.count; ++j) {
      const auto index = static_cast<uint32_t>(model.Index(record.inputs, j));
      engine::Tensor tensor;
      Status status;
      if (index >= counted.size() || counted[index] || !model.IsConstant(index) ||
          model.ReadTensor(index, tensor, status) != nullptr)
        continue;
      counted[index] = true;
      sum += tensor.elements;
    }
  }
  return sum;
}

}  // namespace

Outcome<ModelFile> ReadModelFile(const std::string& path) {
  constexpr size_t kLargestModel = 64 * 1024 * 1024;
  const auto text = ReadText(path, kLargestModel);
  if (!text.ok()) return text.problem();
  const std::span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(text->data()), text->size());
  InferenceEngine engine;
  Diagnostics why;
  std::vector<std::byte> arena;
  Status status;
  // A module keeps the weights in flash; the kernels of a host would repack them into the arena.
  while ((status = engine.Prepare(bytes, arena, engine::portable::AllOperators(), &why)) == Status::kNoMemory &&
         why.required_bytes > arena.size()) {
    arena.resize(why.required_bytes);
  }
  if (status != Status::kOk) return Problem{path, "a model that the engine runs", why.message};
  return ModelFile{Sha256Hex(*text), CountParameters(bytes), engine.macs(), engine.arena_used_bytes()};
}

}  // namespace mls::datasheet
