#include "mls/interface/register_map.h"

#include <gtest/gtest.h>

#include <bit>
#include <set>
#include <string>

#include "all_windows.h"

namespace mls {
namespace {

static_assert(kReg<"result.score_permille">.kAddress == 0x4C);
static_assert(std::is_same_v<decltype(kReg<"power.energy_uj">)::Value, uint64_t>);
static_assert(std::is_same_v<decltype(kReg<"identity.unique_id">)::Value, std::array<uint8_t, 16>>);
static_assert(EncodeWrite(kReg<"config.high_threshold_permille">, 700) == std::array<uint8_t, 2>{0xBC, 0x02});
static_assert(EncodeWrite(kReg<"soft_address.unique_id">, {1, 2, 3})[1] == 2);

TEST(RegisterMap, AddressesAreThoseOfTheirWindow) {
  EXPECT_EQ(kReg<"ident.magic">.kAddress, 0x00);
  EXPECT_EQ(kReg<"control.page">.kAddress, 0xE0);
  EXPECT_EQ(kReg<"crash.text">.kAddress, kPagedAddress + 2);
}

TEST(RegisterMap, NamesAreUnique) {
  std::set<std::string> names;
  for (const RegisterInfo& info : kRegisters) EXPECT_TRUE(names.insert(info.name).second) << info.name;
  std::set<std::string> windows;
  for (const WindowInfo& info : kWindows) EXPECT_TRUE(windows.insert(info.name).second) << info.name;
}

TEST(RegisterMap, NamedValuesAreUniqueAndFitTheirRegister) {
  for (const RegisterInfo& info : kRegisters) {
    std::set<uint32_t> numbers;
    std::set<std::string> names;
    for (const NamedValue& v : info.values) {
      EXPECT_TRUE(numbers.insert(v.value).second && names.insert(v.name).second) << info.name << " " << v.name;
      EXPECT_EQ(uint64_t{v.value} >> (8 * info.size_bytes), 0u) << info.name << " " << v.name;
      EXPECT_TRUE(!info.values_are_bits || std::has_single_bit(v.value)) << info.name << " " << v.name;
    }
  }
}

TEST(RegisterMap, OnlyConfigControlAndTheSoftAddressTakeWrites) {
  for (const RegisterInfo& info : kRegisters) {
    const bool crc = std::string_view(info.name).ends_with(".crc");
    const bool soft_address = info.name == std::string_view("soft_address.unique_id") || info.name == std::string_view("soft_address.address");
    const bool writable_window = info.window == kConfigWindow || info.window == kControlWindow;
    EXPECT_EQ(info.access != Access::kReadOnly, (writable_window && !crc) || soft_address) << info.name;
  }
}

TEST(RegisterMap, MagicReadsAsText) {
  std::array<uint8_t, 4> bytes{};
  StoreLittleEndian(kMagic, bytes);
  EXPECT_EQ(std::string(bytes.begin(), bytes.end()), "MLS2");
}

TEST(Register, LoadsAndStoresLittleEndianAtItsOffset) {
  std::array<uint8_t, 32> window{};
  kReg<"power.energy_uj">.Store(0x0102030405060708, window);
  EXPECT_EQ(window[20], 0x08);
  EXPECT_EQ(window[27], 0x01);
  EXPECT_EQ(kReg<"power.energy_uj">.Load(window), 0x0102030405060708u);
  EXPECT_EQ(std::count(window.begin(), window.end(), 0), 24);
}

TEST(EncodeWrite, GivesTheBytesOfTheRegister) {
  EXPECT_EQ(EncodeWrite(kReg<"control.event_ack">, 0x01020304), (std::array<uint8_t, 4>{4, 3, 2, 1}));
  EXPECT_EQ(EncodeWrite(kReg<"control.interrupt_clear">, kInterruptEvent), (std::array<uint8_t, 1>{2}));
}

// What a structure holds before anybody fills it is what the map promises after reset.
template <typename S>
void ExpectResetValues() {
  const S fresh;
  S::Fields(fresh, [](auto reg, const auto& value) {
    using Value = typename decltype(reg)::Value;
    if constexpr (std::is_integral_v<Value>) {
      EXPECT_EQ(static_cast<Value>(value), reg.kInfo.reset_value) << reg.kInfo.name;
    } else {
      EXPECT_EQ(value, Value{}) << reg.kInfo.name;
    }
  });
}

TEST(RegisterMap, ResetValuesAreTheDefaultsOfTheStructures) {
  ForEachWindow([]<typename W>(std::type_identity<W>) { ExpectResetValues<W>(); });
  ExpectResetValues<EventRecord>();
}

}  // namespace
}  // namespace mls
