// Reading FlatBuffers that nobody vouches for. Every access is checked; the first bad one marks the buffer corrupt and
// reads as zero, so callers check once per stage. Nothing is followed backwards except vtables: no loops are possible.
// Format: https://flatbuffers.dev/internals/
#pragma once

#include <bit>
#include <cstdint>
#include <span>

namespace mls::engine {

[[gnu::always_inline]] inline uint32_t LoadU32(const uint8_t* p) {
  return static_cast<uint32_t>(p[0]) | static_cast<uint32_t>(p[1]) << 8 | static_cast<uint32_t>(p[2]) << 16 |
         static_cast<uint32_t>(p[3]) << 24;
}
[[gnu::always_inline]] inline uint32_t LoadU16(const uint8_t* p) { return static_cast<uint32_t>(p[0]) | static_cast<uint32_t>(p[1]) << 8; }
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

  Position Root() { return CheckTable(0); }

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
    return at == 0 ? 0 : CheckTable(at);
  }
  [[gnu::noinline]] Vector VectorField(Position table, int field, uint32_t element_bytes) {
    const Position at = Field(table, field, 4);
    if (at == 0) return {};
    const Position vector = Follow(at, 4);
    if (vector == 0) return {};
    const uint32_t count = LoadU32(At(vector));
    if (uint64_t{count} * element_bytes > size() - vector - 4) {
      corrupt_ = true;
      return {};
    }
    return {vector + 4, count};
  }
  // Elements of vectors; `index` is the caller's to check.
  int32_t IntAt(const Vector& vector, uint32_t index) const {
    return static_cast<int32_t>(LoadU32(At(vector.start + 4 * index)));
  }
  Position TableAt(const Vector& vector, uint32_t index) {
    return CheckTable(vector.start + 4 * index);
  }

  // Position of a field of `bytes` bytes, 0 if it has its default.
  [[gnu::noinline]] Position Field(Position table, int field, uint32_t bytes) {
    if (table == 0) return 0;
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
  // Where the offset at `at`, inside the file, leads to, if at least `bytes` bytes follow there, or 0. Files are smaller than
  // 2^30 bytes.
  Position Follow(Position at, uint32_t bytes) {
    const uint32_t offset = LoadU32(At(at));
    const uint32_t room = size() - at;
    if (offset == 0 || offset > room || room - offset < bytes) {
      corrupt_ = true;
      return 0;
    }
    return at + offset;
  }

  // The table that the offset at `at` leads to, if its vtable and inline data lie inside the file, or 0.
  [[gnu::noinline]] Position CheckTable(Position at) {
    const Position table = Follow(at, 4);
    if (table == 0) return 0;
    const uint32_t vtable = table - LoadU32(At(table));  // Before the start of the file it wraps to far behind its end.
    if (vtable <= size() && size() - vtable >= 4) {
      const uint32_t vtable_bytes = LoadU16(At(vtable));
      const uint32_t table_bytes = LoadU16(At(vtable) + 2);
      if (vtable_bytes >= 4 && vtable_bytes % 2 == 0 && table_bytes >= 4 && vtable_bytes <= size() - vtable &&
          table_bytes <= size() - table) {
        return table;
      }
    }
    corrupt_ = true;
    return 0;
  }

  std::span<const uint8_t> bytes_;
  bool corrupt_ = false;
};

}  // namespace mls::engine
