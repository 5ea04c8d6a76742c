// Reading FlatBuffers that nobody vouches for. Every access is checked; the first bad one marks the buffer corrupt and
// reads as zero, so callers check once per stage. Nothing is followed backwards except vtables: no loops are possible.
// Format: https://flatbuffers.dev/internals/
#pragma once

#include <bit>
#include <cstdint>
#include <span>

namespace mls::engine {

inline uint32_t LoadU32(const uint8_t* p) {
  return static_cast<uint32_t>(p[0]) | static_cast<uint32_t>(p[1]) << 8 | static_cast<uint32_t>(p[2]) << 16 |
         static_cast<uint32_t>(p[3]) << 24;
}
inline uint32_t LoadU16(const uint8_t* p) { return static_cast<uint32_t>(p[0]) | static_cast<uint32_t>(p[1]) << 8; }
inline float LoadFloat(const uint8_t* p) { return std::bit_cast<float>(LoadU32(p)); }

class FlatBuffer {
 public:
  // Positions are offsets from the start of the file; position 0 means "absent".
  using Position = uint32_t;
  struct Vector {
    Position start = 0;
    uint32_t count = 0;
    explicit operator bool() const { return start != 0; }
  };

  FlatBuffer() = default;
  explicit FlatBuffer(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  bool corrupt() const { return corrupt_; }
  const uint8_t* At(Position position) const { return bytes_.data() + position; }
  uint32_t size() const { return static_cast<uint32_t>(bytes_.size()); }

  Position Root() { return CheckTable(U32(0)); }

  uint32_t U32(uint64_t position) { return Fits(position, 4) ? LoadU32(At(static_cast<Position>(position))) : 0; }

  int32_t IntField(Position table, int field, int32_t otherwise) {
    const Position at = Field(table, field, 4);
    return at == 0 ? otherwise : static_cast<int32_t>(LoadU32(At(at)));
  }
  int32_t ByteField(Position table, int field, int32_t otherwise) {
    const Position at = Field(table, field, 1);
    return at == 0 ? otherwise : static_cast<int8_t>(*At(at));
  }
  bool HasField(Position table, int field) { return Field(table, field, 1) != 0; }

  Position TableField(Position table, int field) {
    const Position at = Field(table, field, 4);
    return at == 0 ? 0 : CheckTable(uint64_t{at} + LoadU32(At(at)));
  }
  Vector VectorField(Position table, int field, uint32_t element_bytes) {
    const Position at = Field(table, field, 4);
    if (at == 0) return {};
    const uint64_t vector = uint64_t{at} + LoadU32(At(at));
    const uint32_t count = U32(vector);
    if (!Fits(vector, 4 + uint64_t{count} * element_bytes)) return {};
    return {static_cast<Position>(vector + 4), count};
  }
  // Elements of vectors; `index` is the caller's to check.
  int32_t IntAt(const Vector& vector, uint32_t index) const {
    return static_cast<int32_t>(LoadU32(At(vector.start + 4 * index)));
  }
  Position TableAt(const Vector& vector, uint32_t index) {
    const Position at = vector.start + 4 * index;
    return CheckTable(uint64_t{at} + LoadU32(At(at)));
  }

  // Position of a field of `bytes` bytes, 0 if it has its default.
  Position Field(Position table, int field, uint32_t bytes) {
    if (table == 0 || corrupt_) return 0;
    // CheckTable has seen to it that all of this lies inside the file.
    const uint8_t* const vtable = At(table - LoadU32(At(table)));
    const uint32_t entry = 4 + 2 * static_cast<uint32_t>(field);
    if (entry + 2 > LoadU16(vtable)) return 0;
    const uint32_t offset = LoadU16(vtable + entry);
    if (offset == 0) return 0;
    if (offset < 4 || offset + bytes > LoadU16(vtable + 2)) {
      corrupt_ = true;
      return 0;
    }
    return table + offset;
  }

 private:
  bool Fits(uint64_t position, uint64_t bytes) {
    if (position <= bytes_.size() && bytes <= bytes_.size() - position) return true;
    corrupt_ = true;
    return false;
  }

  // A table whose vtable and inline data lie inside the file, or 0.
  Position CheckTable(uint64_t table) {
    if (table == 0 || !Fits(table, 4)) {
      corrupt_ = true;
      return 0;
    }
    const int64_t vtable = static_cast<int64_t>(table) - static_cast<int32_t>(LoadU32(At(static_cast<Position>(table))));
    if (vtable < 0 || !Fits(static_cast<uint64_t>(vtable), 4)) {
      corrupt_ = true;
      return 0;
    }
    const uint32_t vtable_bytes = LoadU16(At(static_cast<Position>(vtable)));
    const uint32_t table_bytes = LoadU16(At(static_cast<Position>(vtable)) + 2);
    if (vtable_bytes < 4 || vtable_bytes % 2 != 0 || table_bytes < 4 ||
        !Fits(static_cast<uint64_t>(vtable), vtable_bytes) || !Fits(table, table_bytes)) {
      corrupt_ = true;
      return 0;
    }
    return static_cast<Position>(table);
  }

  std::span<const uint8_t> bytes_;
  bool corrupt_ = false;
};

}  // namespace mls::engine
