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
[[gnu::always_inline]] inline uint32_t LoadU16(const uint8_t* p) {
  return static_cast<uint32_t>(p[0]) | static_cast<uint32_t>(p[1]) << 8;
}
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

  // A table whose vtable is at hand: for reading several fields.
  struct Table {
    Position at;  // 0: every field has its default.
    const uint8_t* vtable;
    uint32_t vtable_bytes, table_bytes;
  };
  [[gnu::always_inline]] Table Open(Position table) const {
    if (table == 0) return {};
    // CheckTable has seen to it that all of this lies inside the file.
    const uint8_t* const vtable = At(table - LoadU32(At(table)));
    return {table, vtable, LoadU16(vtable), LoadU16(vtable + 2)};
  }

  Position Root() { return CheckTable(0); }

  // Fields of a Table, or of the Position of one.
  template <typename T>
  int32_t IntField(const T& table, int field, int32_t otherwise) {
    const Position at = Field(table, field, 4);
    return at == 0 ? otherwise : static_cast<int32_t>(LoadU32(At(at)));
  }
  template <typename T>
  int32_t ByteField(const T& table, int field, int32_t otherwise) {
    const Position at = Field(table, field, 1);
    return at == 0 ? otherwise : static_cast<int8_t>(*At(at));
  }
  template <typename T>
  bool HasField(const T& table, int field) {
    return Field(table, field, 1) != 0;
  }
  template <typename T>
  Position TableField(const T& table, int field) {
    const Position at = Field(table, field, 4);
    return at == 0 ? 0 : CheckTable(at);
  }
  template <typename T>
  Vector VectorField(const T& table, int field, uint32_t element_bytes) {
    return CheckVector(Field(table, field, 4), static_cast<uint32_t>(std::countr_zero(element_bytes)));
  }
  // Elements of vectors; `index` is the caller's to check.
  [[gnu::always_inline]] int32_t IntAt(const Vector& vector, uint32_t index) const {
    return static_cast<int32_t>(LoadU32(At(vector.start + 4 * index)));
  }
  Position TableAt(const Vector& vector, uint32_t index) {
    return CheckTable(vector.start + 4 * index);
  }

  // The same for code that reads many tables and vectors: longer, and faster.
  [[gnu::always_inline]] Table OpenAt(const Vector& vector, uint32_t index) {
    return Open(FollowTable(vector.start + 4 * index));
  }
  [[gnu::always_inline]] Table OpenField(const Table& table, int field) {
    const Position at = Field(table, field, 4);
    return at == 0 ? Table{} : Open(FollowTable(at));
  }
  [[gnu::always_inline]] Vector QuickVectorField(const Table& table, int field, uint32_t element_bytes) {
    return FollowVector(Field(table, field, 4), static_cast<uint32_t>(std::countr_zero(element_bytes)));
  }

 private:
  // Position of a field of `bytes` bytes, 0 if it has its default.
  [[gnu::noinline]] Position Field(Position table, int field, uint32_t bytes) {
    return Field(Open(table), field, bytes);
  }
  [[gnu::always_inline]] Position Field(const Table& table, int field, uint32_t bytes) {
    const uint32_t entry = 4 + 2 * static_cast<uint32_t>(field);
    if (entry + 2 > table.vtable_bytes) return 0;
    const uint32_t offset = LoadU16(table.vtable + entry);
    if (offset == 0) return 0;
    if (offset + bytes > table.table_bytes) {
      corrupt_ = true;
      return 0;
    }
    return table.at + offset;
  }

  // Whether the offset at `at`, which has four bytes inside the file, leads to where at least four follow.
  bool IsGoodOffset(uint32_t offset, Position at) const { return offset - 1 < size() - 4 - at; }

  // The vector that the offset at `at` leads to, if all of it lies inside the file, or an empty one.
  [[gnu::noinline]] Vector CheckVector(Position at, uint32_t element_bits) { return FollowVector(at, element_bits); }
  [[gnu::always_inline]] Vector FollowVector(Position at, uint32_t element_bits) {
    if (at == 0) return {};
    const uint32_t offset = LoadU32(At(at));
    if (IsGoodOffset(offset, at)) {
      const Position start = at + offset + 4;
      const uint32_t count = LoadU32(At(start - 4));
      if (count <= (size() - start) >> element_bits) return {start, count};
    }
    corrupt_ = true;
    return {};
  }

  // The table that the offset at `at` leads to, if its vtable and inline data lie inside the file, or 0. Files are
  // smaller than 2^30 bytes.
  [[gnu::noinline]] Position CheckTable(Position at) { return FollowTable(at); }
  [[gnu::always_inline]] Position FollowTable(Position at) {
    const uint32_t offset = LoadU32(At(at));
    if (IsGoodOffset(offset, at)) {
      const Position table = at + offset;
      const uint32_t vtable =
          table - LoadU32(At(table));  // Before the start of the file it wraps to far behind its end.
      if (vtable <= size() - 4 && LoadU16(At(vtable)) <= size() - vtable && LoadU16(At(vtable) + 2) <= size() - table) {
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
