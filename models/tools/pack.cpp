#include "pack.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "convolution.h"
#include "mls/core/engine/engine.h"
#include "mls/core/engine/operators.h"
#include "model.h"
#include "packed.h"
#include "sha256.h"

namespace mls::models {
namespace {

using engine::ConvPlan;
using engine::ConvTensors;
using engine::PlanContext;

struct Sums {
  uint32_t operator_index;
  std::vector<int32_t> values;
};
std::vector<Sums>* found = nullptr;  // Where plans leave what they find; registrations are plain functions.

// See kPackedSums. Weights of one channel lie side by side.
void Note(const PlanContext& context, const ConvTensors& t, uint32_t channels) {
  const auto* weights = reinterpret_cast<const int8_t*>(t.weights.constant);
  const uint32_t depth = t.weights.elements / channels;
  Sums sums{static_cast<uint32_t>(context.operator_index()), {}};
  for (uint32_t c = 0; c < channels; ++c) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < depth; ++i) sum += static_cast<uint32_t>(*weights++);
    uint32_t bias = 0;
    if (t.has_bias) std::memcpy(&bias, t.bias.constant + 4 * size_t{c}, sizeof bias);
    sums.values.push_back(static_cast<int32_t>(bias + sum * static_cast<uint32_t>(-t.input.zero_point)));
  }
  found->push_back(std::move(sums));
}

Status PlanConv(PlanContext& context) {
  ConvPlan plan;
  if (!ReadConv2D(context, plan)) return context.status();
  const Status status = engine::portable::kConv2D.plan(context);
  const bool grouped = plan.params.group_channels != plan.params.input_channels;
  if (status == Status::kOk && !grouped) Note(context, plan.tensors, plan.params.output_channels);
  return status;
}
Status PlanDense(PlanContext& context) {
  ConvTensors t;
  if (!ReadConvTensors(context, t, 2, 0)) return context.status();
  const Status status = engine::portable::kFullyConnected.plan(context);
  if (status == Status::kOk) Note(context, t, static_cast<uint32_t>(t.weights.dims[0]));
  return status;
}

std::vector<Sums> FindSums(std::span<const uint8_t> model) {
  static constexpr engine::OperatorRegistration kConv = {3, "CONV_2D", PlanConv}, kDense = {9, "FULLY_CONNECTED", PlanDense};
  std::vector<const engine::OperatorRegistration*> operators = {&kConv, &kDense};
  const OperatorSet all = engine::portable::AllOperators();  // Others may be planned twice.
  operators.insert(operators.end(), all.begin(), all.end());
  std::vector<Sums> sums;
  InferenceEngine engine;
  Diagnostics why;
  std::vector<std::byte> arena;
  found = &sums;
  Status status;
  while ((status = engine.Prepare(model, arena, operators, &why)) == Status::kNoMemory) {
    arena.resize(why.required_bytes);
    sums.clear();
  }
  found = nullptr;
  if (status != Status::kOk) throw std::runtime_error(why.message);
  return sums;
}

// Grows from the start to the end, as references in FlatBuffers point forwards.
class Writer {
 public:
  std::vector<uint8_t> bytes;

  uint32_t at() const { return static_cast<uint32_t>(bytes.size()); }
  void Align(uint32_t to, uint32_t less = 0) {
    while ((at() + less) % to != 0) bytes.push_back(0);
  }
  uint32_t Word(uint32_t value) {
    const uint32_t where = at();
    for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<uint8_t>(value >> (8 * i)));
    return where;
  }
  void Bytes(std::span<const uint8_t> more) { bytes.insert(bytes.end(), more.begin(), more.end()); }
  void Set(uint32_t where, uint32_t value) {
    for (uint32_t i = 0; i < 4; ++i) bytes[where + i] = static_cast<uint8_t>(value >> (8 * i));
  }
  void PointHere(uint32_t where) { Set(where, at() - where); }
  // A table of `fields` words; returns where the first is.
  uint32_t Table(uint32_t fields) {
    Align(4);
    if (fields % 2 != 0) bytes.insert(bytes.end(), 2, 0);  // So that the table is aligned behind its own description.
    const uint32_t vtable = at();
    for (uint32_t i = 0; i < fields + 2; ++i) {
      const uint32_t value = i == 0 ? 4 + 2 * fields : i == 1 ? 4 + 4 * fields : 4 * (i - 1);
      bytes.push_back(static_cast<uint8_t>(value));
      bytes.push_back(static_cast<uint8_t>(value >> 8));
    }
    Word(at() - vtable);
    const uint32_t first = at();
    for (uint32_t i = 0; i < fields; ++i) Word(0);
    return first;
  }
  // Marks a field of the table as absent.
  void Leave(uint32_t first, uint32_t fields, int field) {
    const uint32_t entry = first - 4 - 2 * fields + 2 * static_cast<uint32_t>(field);
    bytes[entry] = bytes[entry + 1] = 0;
  }
};

}  // namespace

PackedModel Pack(std::span<const uint8_t> model) {
  const std::vector<Sums> sums = FindSums(model);  // From here on the file is known to be sound.
  engine::FlatBuffer file(model);
  const auto root = file.Root();
  const uint32_t vtable = root - engine::LoadU32(file.At(root));
  enum Field : int { kVersion = 0, kBuffers = 4, kMetadata = 6, kFields = 8 };
  if (engine::LoadU16(file.At(vtable)) > 4 + 2 * kFields) throw std::runtime_error("the file has fields that are not known here");
  const auto field = [&](int index) -> uint32_t {
    const uint32_t entry = 4 + 2 * static_cast<uint32_t>(index);
    const uint32_t offset = entry < engine::LoadU16(file.At(vtable)) ? engine::LoadU16(file.At(vtable + entry)) : 0;
    return offset == 0 ? 0 : root + offset;
  };
  const auto buffers = file.VectorField(root, kBuffers, 4), metadata = file.VectorField(root, kMetadata, 4);
  for (uint32_t i = 0; i < metadata.count; ++i) {
    const auto name = file.VectorField(file.TableAt(metadata, i), 0, 1);
    if (name.count == sizeof engine::kPackedName - 1 && std::memcmp(file.At(name.start), engine::kPackedName, name.count) == 0) {
      throw std::runtime_error("the model is packed already");
    }
  }
  if (file.corrupt()) throw std::runtime_error("its metadata are damaged");

  Writer w;
  w.Word(0);
  w.Bytes(model.subspan(4, 4));
  const uint32_t table = w.Table(kFields);
  w.Set(0, table - 4);
  const auto pointers = [&w](uint32_t slot, uint32_t count) {
    w.PointHere(slot);
    w.Word(count);
    const uint32_t first = w.at();
    for (uint32_t i = 0; i < count; ++i) w.Word(0);
    return first;
  };
  const uint32_t new_buffers = pointers(table + 4 * kBuffers, buffers.count + 1);
  const uint32_t new_metadata = pointers(table + 4 * kMetadata, metadata.count + 1);
  const uint32_t entry = w.Table(2), buffer = w.Table(1);
  w.Set(new_metadata + 4 * metadata.count, entry - 4 - (new_metadata + 4 * metadata.count));
  w.Set(new_buffers + 4 * buffers.count, buffer - 4 - (new_buffers + 4 * buffers.count));
  w.PointHere(entry);
  w.Word(sizeof engine::kPackedName - 1);
  w.Bytes({reinterpret_cast<const uint8_t*>(engine::kPackedName), sizeof engine::kPackedName});
  w.Set(entry + 4, buffers.count);

  // The original, whole: what it refers to moves with it.
  w.Align(64);
  const uint32_t moved = w.at();
  w.Bytes(model);
  for (int i = 0; i < kFields; ++i) {
    const uint32_t slot = table + 4 * static_cast<uint32_t>(i), from = field(i);
    if (i == kBuffers || i == kMetadata) continue;
    if (from == 0) {
      w.Leave(table, kFields, i);
      continue;
    }
    const uint32_t value = engine::LoadU32(file.At(from));
    w.Set(slot, i == kVersion ? value : moved + from + value - slot);
  }
  const auto keep = [&](const engine::FlatBuffer::Vector& vector, uint32_t to) {
    for (uint32_t i = 0; i < vector.count; ++i, to += 4) {
      const uint32_t at = vector.start + 4 * i;
      w.Set(to, moved + at + engine::LoadU32(file.At(at)) - to);
    }
  };
  keep(buffers, new_buffers);
  keep(metadata, new_metadata);

  PackedModel packed;
  packed.operators = static_cast<uint32_t>(sums.size());
  w.Align(16, 4);
  w.PointHere(buffer);
  const uint32_t count = w.Word(0), start = w.at();
  for (const uint32_t word : {engine::kPackedMagic, engine::kPackedVersion, packed.operators, 0u, moved, static_cast<uint32_t>(model.size())}) w.Word(word);
  w.Bytes(Sha256Of(model));
  w.Word(0);
  w.Word(0);
  uint32_t data = 4 * (engine::kPackedHeaderWords + engine::kPackedEntryWords * packed.operators);
  for (const Sums& of : sums) {
    const auto bytes = static_cast<uint32_t>(4 * of.values.size());
    for (const uint32_t word : {of.operator_index, engine::kPackedSums, data, bytes}) w.Word(word);
    data += bytes;
    packed.data_bytes += bytes;
  }
  for (const Sums& of : sums) {
    for (const int32_t value : of.values) w.Word(static_cast<uint32_t>(value));
  }
  w.Set(count, w.at() - start);
  w.Set(start + 12, engine::PackedChecksum(std::span<const uint8_t>(w.bytes).subspan(start + 16)));
  packed.file = std::move(w.bytes);
  return packed;
}

std::vector<uint8_t> Unpack(std::span<const uint8_t> packed) {
  engine::FlatBuffer file(packed);
  if (packed.size() < 8) throw std::runtime_error("not a TensorFlow Lite model");
  const auto root = file.Root();
  const auto buffers = file.VectorField(root, 4, 4), metadata = file.VectorField(root, 6, 4);
  for (uint32_t i = 0; i < metadata.count; ++i) {
    const auto entry = file.TableAt(metadata, i);
    const auto name = file.VectorField(entry, 0, 1);
    if (name.count != sizeof engine::kPackedName - 1 || std::memcmp(file.At(name.start), engine::kPackedName, name.count) != 0) continue;
    const auto index = static_cast<uint32_t>(file.IntField(entry, 1, 0));
    const auto data = index < buffers.count ? file.VectorField(file.TableAt(buffers, index), 0, 1) : engine::FlatBuffer::Vector{};
    if (file.corrupt() || data.count < 4 * engine::kPackedHeaderWords) break;
    const uint32_t at = engine::LoadU32(file.At(data.start + 16)), bytes = engine::LoadU32(file.At(data.start + 20));
    if (at > packed.size() || bytes > packed.size() - at) break;
    const auto original = packed.subspan(at, bytes);
    if (!std::ranges::equal(Sha256Of(original), packed.subspan(data.start + 24, 32))) {
      throw std::runtime_error("the original in it does not have the SHA-256 that is recorded");
    }
    return {original.begin(), original.end()};
  }
  throw std::runtime_error(file.corrupt() ? "the file is damaged" : "the model is not packed");
}

}  // namespace mls::models
