#include "mls/interface/crc16.h"

#include <gtest/gtest.h>

#include <string_view>

namespace mls {
namespace {

constexpr uint16_t CrcOf(std::string_view text) {
  Crc16 crc;
  for (char c : text) crc.Add(static_cast<uint8_t>(c));
  return crc.value();
}

static_assert(CrcOf("123456789") == 0x29B1, "the published check value, at compile time");

TEST(Crc16, GivesThePublishedCheckValue) { EXPECT_EQ(CrcOf("123456789"), 0x29B1); }

TEST(Crc16, OfNothingIsTheInitialValue) { EXPECT_EQ(Crc16().value(), 0xFFFF); }

// Bit by bit, straight from the definition.
uint16_t SlowCrc(std::span<const uint8_t> bytes) {
  unsigned crc = 0xFFFF;
  for (uint8_t byte : bytes) {
    for (int bit = 7; bit >= 0; --bit) {
      const unsigned top = (crc >> 15) ^ ((byte >> bit) & 1u);
      crc = (crc << 1) & 0xFFFF;
      if (top != 0) crc ^= 0x1021;
    }
  }
  return static_cast<uint16_t>(crc);
}

TEST(Crc16, AgreesWithTheDefinitionForEveryPairOfBytes) {
  for (unsigned a = 0; a < 256; ++a) {
    for (unsigned b = 0; b < 256; ++b) {
      const std::array<uint8_t, 2> bytes = {static_cast<uint8_t>(a), static_cast<uint8_t>(b)};
      ASSERT_EQ(Crc16().Add(bytes).value(), SlowCrc(bytes)) << a << " " << b;
    }
  }
}

TEST(WindowCrc, DependsOnTheAddress) {
  const std::array<uint8_t, 3> payload = {1, 2, 3};
  for (unsigned address = 1; address < 256; ++address) {
    EXPECT_NE(WindowCrc(0, payload), WindowCrc(static_cast<uint8_t>(address), payload)) << address;
  }
}

}  // namespace
}  // namespace mls
