// The vocabulary of the register map: what a window and a register are made of, and how values become bytes.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

namespace mls {

enum class RegisterType : uint8_t { kU8, kU16, kU32, kU64, kBytes, kText };

enum class Access : uint8_t {
  kReadOnly,
  kReadWrite,        // Takes the value that is written.
  kWriteOneToClear,  // Each 1 bit that is written clears that bit; reading shows what is still set.
};

// A name for one value of an enumeration register, or for one bit of a flag register (value = 1 << bit).
struct NamedValue {
  uint32_t value;
  const char* name;
  const char* summary;
};

inline constexpr int kNotPaged = -1;

// A run of registers that is read in one transaction. Its last two bytes are the CRC of the address and all bytes before it.
struct WindowInfo {
  const char* name;
  uint8_t address;
  int page;  // kNotPaged, or the value of `control.page` that makes this window visible at its address.
  uint8_t size_bytes;
  const char* summary;
};

struct RegisterInfo {
  const char* name;  // "window.register", lower case
  uint8_t window;    // index into kWindows
  uint8_t offset;    // bytes from the start of the window
  RegisterType type;
  uint8_t size_bytes;
  Access access;
  const char* unit;  // UCUM code, or "" for a bare number
  uint32_t reset_value;
  const char* summary;
  std::span<const NamedValue> values = {};
  bool values_are_bits = false;
};

// A string literal as a template argument.
template <size_t N>
struct FixedString {
  char text[N]{};
  constexpr FixedString(const char (&literal)[N]) { std::copy_n(literal, N, text); }  // NOLINT: implicit by design
  constexpr std::string_view view() const { return {text, N - 1}; }
};

// Little-endian, byte by byte: alignment and byte order of the machine do not matter.
template <typename T>
constexpr void StoreLittleEndian(T value, std::span<uint8_t> out) {
  for (size_t i = 0; i < sizeof(T); ++i) out[i] = static_cast<uint8_t>(value >> (8 * i));
}

template <typename T>
constexpr T LoadLittleEndian(std::span<const uint8_t> in) {
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) value = static_cast<T>(value | (static_cast<T>(in[i]) << (8 * i)));
  return value;
}

}  // namespace mls
