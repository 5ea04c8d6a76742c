#include "mls/interface/windows.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "all_windows.h"

namespace mls {
namespace {

template <typename W>
std::vector<uint8_t> Encoded(const W& window, uint8_t index = 0) {
  std::vector<uint8_t> bytes(kWindowOf<W>.size_bytes);
  EXPECT_EQ(EncodeWindow(window, bytes, index), bytes.size());
  return bytes;
}

// A structure in which every byte of every field is different from its neighbours.
template <typename W>
W Numbered() {
  W window;
  uint8_t next = 1;
  W::Fields(window, [&](auto reg, auto& value) {
    std::array<uint8_t, reg.kInfo.size_bytes> bytes;
    for (uint8_t& byte : bytes) byte = next++;
    if constexpr (std::is_integral_v<typename decltype(reg)::Value>) {
      value =
          static_cast<std::remove_reference_t<decltype(value)>>(LoadLittleEndian<typename decltype(reg)::Value>(bytes));
    } else {
      value = bytes;
    }
  });
  return window;
}

TEST(Window, ComesBackAsItWasSent) {
  ForEachWindow([]<typename W>(std::type_identity<W>) {
    const W window = Numbered<W>();
    const Result<W> back = DecodeWindow<W>(Encoded(window));
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(*back, window);
  });
}

TEST(Window, EveryByteButReservedOnesBelongsToAField) {
  ForEachWindow([]<typename W>(std::type_identity<W>) {
    const std::vector<uint8_t> bytes = Encoded(Numbered<W>(), 200);
    for (const RegisterInfo& info : kRegisters) {
      if (info.window != W::kWindow) continue;
      const bool reserved = std::string_view(info.name).find(".reserved") != std::string_view::npos;
      if (std::string_view(info.name).ends_with(".crc") || info.offset < 2) continue;
      for (size_t i = 0; i < info.size_bytes; ++i) EXPECT_EQ(bytes[info.offset + i] == 0, reserved) << info.name;
    }
  });
}

TEST(Window, EveryFlippedBitIsFound) {
  ForEachWindow([]<typename W>(std::type_identity<W>) {
    std::vector<uint8_t> bytes = Encoded(Numbered<W>());
    for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      bytes[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
      EXPECT_EQ(DecodeWindow<W>(bytes).status(), Status::kBadCrc) << bit;
      bytes[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
    }
  });
}

TEST(Window, EveryTwoFlippedBitsAreFound) {
  ForEachWindow([]<typename W>(std::type_identity<W>) {
    std::vector<uint8_t> bytes = Encoded(Numbered<W>());
    const auto flip = [&](size_t bit) { bytes[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8)); };
    for (size_t first = 0; first < bytes.size() * 8; ++first) {
      flip(first);
      for (size_t second = first + 1; second < bytes.size() * 8; ++second) {
        flip(second);
        ASSERT_EQ(DecodeWindow<W>(bytes).status(), Status::kBadCrc) << first << " " << second;
        flip(second);
      }
      flip(first);
    }
  });
}

TEST(Window, EveryTruncatedAnswerIsFound) {
  ForEachWindow([]<typename W>(std::type_identity<W>) {
    const std::vector<uint8_t> bytes = Encoded(Numbered<W>());
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_EQ(DecodeWindow<W>(std::span(bytes).first(size)).status(), Status::kShortTransfer) << size;
    }
  });
}

// A host resets in mid-read, or a target lets go of the bus: the rest reads as ones (or zeros).
TEST(Window, AnAnswerThatBreaksOffIsFound) {
  ForEachWindow([]<typename W>(std::type_identity<W>) {
    const std::vector<uint8_t> bytes = Encoded(Numbered<W>());
    for (uint8_t rest : {0x00, 0xFF}) {
      for (size_t size = 0; size < bytes.size(); ++size) {
        std::vector<uint8_t> broken = bytes;
        std::fill(broken.begin() + static_cast<std::ptrdiff_t>(size), broken.end(), rest);
        EXPECT_EQ(DecodeWindow<W>(broken).status(), broken == bytes ? Status::kOk : Status::kBadCrc) << size;
      }
    }
  });
}

TEST(Window, AnAnswerFromAnotherAddressIsFound) {
  ForEachWindow([]<typename W>(std::type_identity<W>) {
    std::vector<uint8_t> bytes = Encoded(Numbered<W>());
    const size_t payload = bytes.size() - 2;
    for (unsigned address = 0; address < 256; ++address) {
      if (address == kWindowOf<W>.address) continue;
      StoreLittleEndian(WindowCrc(static_cast<uint8_t>(address), std::span(bytes).first(payload)),
                        std::span(bytes).subspan(payload));
      EXPECT_EQ(DecodeWindow<W>(bytes).status(), Status::kBadCrc) << address;
    }
  });
}

TEST(Window, MoreBytesThanTheWindowHasDoNoHarm) {
  ForEachWindow([]<typename W>(std::type_identity<W>) {
    std::vector<uint8_t> bytes = Encoded(Numbered<W>());
    bytes.resize(40, 0xFF);
    EXPECT_TRUE(DecodeWindow<W>(bytes).ok());
  });
}

TEST(PagedWindow, AnotherPageIsNotReady) {
  EXPECT_EQ(DecodeWindow<FirmwareHashHalf>(Encoded(ModelHashHalf{})).status(), Status::kNotReady);
  EXPECT_EQ(DecodeWindow<LabelText>(Encoded(CrashText{})).status(), Status::kNotReady);
}

TEST(PagedWindow, AnotherEntryIsNotReady) {
  const auto bytes = Encoded(LabelText{}, 3);
  EXPECT_TRUE(DecodeWindow<LabelText>(bytes, 3).ok());
  EXPECT_EQ(DecodeWindow<LabelText>(bytes, 2).status(), Status::kNotReady);
}

TEST(EventRecord, ComesBackFromItsSlotOnly) {
  const EventRecord event{7, 1234, EventType::kDetection, kValid, 2, 0, 901};
  for (size_t slot : {0, 1}) {
    std::array<uint8_t, kEventRecordBytes> bytes{};
    EncodeEvent(event, bytes, slot);
    const Result<EventRecord> back = DecodeEvent(bytes, slot);
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(*back, event);
    EXPECT_EQ(DecodeEvent(bytes, 1 - slot).status(), Status::kBadCrc);
  }
}

TEST(EventRecord, EveryFlippedBitIsFound) {
  std::array<uint8_t, kEventRecordBytes> bytes{};
  EncodeEvent({7, 1234, EventType::kPresence, kValid, 1, 2, 901}, bytes);
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
    EXPECT_EQ(DecodeEvent(bytes).status(), Status::kBadCrc) << bit;
    bytes[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
  }
}

TEST(EventRecord, TwoOfThemFillTheEventDataWindow) {
  EXPECT_EQ(kEventRecordsPerRead * kEventRecordBytes, kWindows[kEventDataWindow].size_bytes);
  EXPECT_EQ(EventRecordAddress(0), kReg<"event_data.sequence">.kAddress);
  EXPECT_EQ(EventRecordAddress(1), kReg<"event_data.second">.kAddress);
}

constexpr Result<Config> RoundTrip(const Config& config) {
  std::array<uint8_t, kMaxWindowBytes> bytes{};
  EncodeWindow(config, bytes);
  return DecodeWindow<Config>(bytes);
}
static_assert(RoundTrip({.period_ms = 250}).value().period_ms == 250, "usable at compile time");

}  // namespace
}  // namespace mls
