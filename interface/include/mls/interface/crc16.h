// CRC-16/CCITT-FALSE: the checksum of every window, event record and serial frame.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace mls {

// Incremental CRC-16/CCITT-FALSE: polynomial 0x1021, initial value 0xFFFF, no reflection, no final exclusive-or.
// The check value for "123456789" is 0x29B1 (catalogue of parametrised CRC algorithms, "CRC-16/IBM-3740").
class Crc16 {
 public:
  constexpr Crc16& Add(uint8_t byte) {
    value_ = static_cast<uint16_t>((value_ << 4) ^ kTable[(value_ >> 12) ^ (byte >> 4)]);
    value_ = static_cast<uint16_t>((value_ << 4) ^ kTable[(value_ >> 12) ^ (byte & 0x0F)]);
    return *this;
  }
  constexpr Crc16& Add(std::span<const uint8_t> bytes) {
    for (uint8_t byte : bytes) Add(byte);
    return *this;
  }
  constexpr uint16_t value() const { return value_; }

 private:
  // One entry for each half byte: 32 bytes of flash instead of 512.
  static constexpr std::array<uint16_t, 16> kTable = [] {
    std::array<uint16_t, 16> table{};
    for (unsigned i = 0; i < 16; ++i) {
      unsigned crc = i << 12;
      for (int bit = 0; bit < 4; ++bit) crc = (crc & 0x8000) ? (crc << 1) ^ 0x1021 : crc << 1;
      table[i] = static_cast<uint16_t>(crc);
    }
    return table;
  }();

  uint16_t value_ = 0xFFFF;
};

// The CRC of a window or an event record: over the register address it is read from, then its bytes without the CRC itself.
// A read that was answered from another address therefore fails as well.
constexpr uint16_t WindowCrc(uint8_t address, std::span<const uint8_t> payload) {
  return Crc16().Add(address).Add(payload).value();
}

}  // namespace mls
