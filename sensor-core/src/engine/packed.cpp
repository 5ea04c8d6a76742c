#include "packed.h"

#include <cstring>

#include "model.h"

namespace mls::engine {
namespace {

constexpr const char* kDamaged = "its packed weights are damaged";

}  // namespace

uint32_t PackedChecksum(std::span<const uint8_t> words) {
  uint32_t sum = 0x811c9dc5;
  for (const uint8_t* at = words.data(); at != words.data() + words.size(); at += 4) {
    sum = (sum ^ LoadU32(at)) * 0x01000193;
  }
  return sum;
}

const char* Model::OpenPacked() {
  enum { kMetadata = 6, kName = 0, kBuffer = 1, kData = 0 };
  packed_opened_ = true;
  const auto metadata = file_.VectorField(file_.Root(), kMetadata, 4);
  for (uint32_t i = 0; i < metadata.count; ++i) {
    const auto entry = file_.TableAt(metadata, i);
    const auto name = file_.VectorField(entry, kName, 1);
    const auto buffer = static_cast<uint32_t>(file_.IntField(entry, kBuffer, 0));
    if (file_.corrupt()) return kDamaged;
    if (name.count != sizeof kPackedName - 1 || std::memcmp(file_.At(name.start), kPackedName, name.count) != 0) {
      continue;
    }
    if (buffer >= buffers_.count) return kDamaged;
    const auto data = file_.VectorField(file_.TableAt(buffers_, buffer), kData, 1);
    const uint32_t bytes = data.count, at = data.start;
    if (file_.corrupt() || bytes % 4 != 0 || at % 4 != 0 || bytes < 4 * kPackedHeaderWords) return kDamaged;
    if (LoadU32(file_.At(at)) != kPackedMagic) return kDamaged;
    if (LoadU32(file_.At(at + 4)) != kPackedVersion) return nullptr;
    if (LoadU32(file_.At(at + 8)) > (bytes - 4 * kPackedHeaderWords) / (4 * kPackedEntryWords) ||
        LoadU32(file_.At(at + 12)) != PackedChecksum({file_.At(at + 16), bytes - 16})) {
      return kDamaged;
    }
    packed_ = data;
    return nullptr;
  }
  return nullptr;
}

const char* Model::FindPacked(uint32_t operator_index, uint32_t layout, uint32_t bytes, const uint8_t*& data) {
  data = nullptr;
  if (!packed_opened_) {
    if (const char* what = OpenPacked()) return what;
  }
  if (!packed_) return nullptr;
  const uint8_t* const start = file_.At(packed_.start);
  const uint8_t* entry = start + 4 * kPackedHeaderWords;
  for (uint32_t i = LoadU32(start + 8); i > 0; --i, entry += 4 * kPackedEntryWords) {
    if (LoadU32(entry) != operator_index || LoadU32(entry + 4) != layout) continue;
    const uint32_t offset = LoadU32(entry + 8);
    if (LoadU32(entry + 12) != bytes || bytes > packed_.count || offset > packed_.count - bytes || offset % 4 != 0)
      return kDamaged;
    data = start + offset;
    return nullptr;
  }
  return nullptr;
}

}  // namespace mls::engine
