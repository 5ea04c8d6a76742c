#include "mls/interface/frame.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace mls {
namespace {
using Bytes = std::vector<uint8_t>;

Bytes Count(int first, int last) {
  Bytes bytes;
  for (int i = first; i <= last; ++i) bytes.push_back(static_cast<uint8_t>(i));
  return bytes;
}

Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Bytes Frame(FrameOperation operation, uint8_t tag, uint8_t address, uint8_t length, const Bytes& payload = {}) {
  const EncodedFrame frame = EncodeFrame({operation, tag, address, length}, payload);
  return {frame.span().begin(), frame.span().end()};
}

Bytes ReadFrame(uint8_t tag = 1) { return Frame(FrameOperation::kRead, tag, 0x40, 30); }

// What the decoder says about a stream, kNotReady left out.
std::vector<Status> Outcomes(FrameDecoder& decoder, const Bytes& stream) {
  std::vector<Status> outcomes;
  for (uint8_t byte : stream) {
    if (const Status status = decoder.Push(byte); status != Status::kNotReady) outcomes.push_back(status);
  }
  return outcomes;
}
std::vector<Status> Outcomes(const Bytes& stream) {
  FrameDecoder decoder;
  return Outcomes(decoder, stream);
}
using Expected = std::vector<Status>;

// The examples of the encyclopaedia's article "Consistent Overhead Byte Stuffing" (Wikipedia), without the final zero.
TEST(Cobs, GivesThePublishedExamples) {
  const struct {
    Bytes raw, packed;
  } kCases[] = {
      {{0x00}, {0x01, 0x01}},
      {{0x00, 0x00}, {0x01, 0x01, 0x01}},
      {{0x00, 0x11, 0x00}, {0x01, 0x02, 0x11, 0x01}},
      {{0x11, 0x22, 0x00, 0x33}, {0x03, 0x11, 0x22, 0x02, 0x33}},
      {{0x11, 0x22, 0x33, 0x44}, {0x05, 0x11, 0x22, 0x33, 0x44}},
      {{0x11, 0x00, 0x00, 0x00}, {0x02, 0x11, 0x01, 0x01, 0x01}},
      {Count(1, 254), Bytes{0xFF} + Count(1, 254)},
      {Count(0, 254), Bytes{0x01, 0xFF} + Count(1, 254)},
      {Count(1, 255), Bytes{0xFF} + Count(1, 254) + Bytes{0x02, 0xFF}},
      {Count(2, 255) + Bytes{0x00}, Bytes{0xFF} + Count(2, 255) + Bytes{0x01, 0x01}},
      {Count(3, 255) + Bytes{0x00, 0x01}, Bytes{0xFE} + Count(3, 255) + Bytes{0x02, 0x01}},
  };
  for (const auto& c : kCases) {
    Bytes packed(c.raw.size() + 2);
    packed.resize(CobsEncode(c.raw, packed));
    EXPECT_EQ(packed, c.packed);
    Bytes raw(c.packed.size());
    const Result<size_t> size = CobsDecode(c.packed, raw);
    ASSERT_TRUE(size.ok());
    raw.resize(*size);
    EXPECT_EQ(raw, c.raw);
  }
}

TEST(Cobs, RefusesWhatIsNoCobs) {
  const Bytes kCases[] = {{0x00}, {0x02}, {0x05, 1, 2, 3}, {0x03, 1, 0x00}, {0x01, 0x00, 0x01}, {0xFF, 1}};
  for (const Bytes& packed : kCases) {
    Bytes raw(300);
    EXPECT_EQ(CobsDecode(packed, raw).status(), Status::kCorrupt) << ::testing::PrintToString(packed);
  }
}

TEST(Cobs, NeverWritesBeyondTheOutput) {
  const Bytes packed = {0x03, 1, 2, 0x03, 3, 4};
  for (size_t size = 0; size < 5; ++size) {
    Bytes raw(size);
    EXPECT_EQ(CobsDecode(packed, raw).status(), Status::kNoMemory) << size;
  }
}

TEST(Frame, HasTheBytesOfTheSpecification) { EXPECT_EQ(ReadFrame(), (Bytes{0x07, 1, 1, 0x40, 30, 0x77, 0x3B, 0x00})); }

TEST(Frame, CarriesEveryByteValueAtEveryPlace) {
  FrameDecoder decoder;
  for (int value = 0; value < 256; ++value) {
    for (size_t at = 0; at < 8; ++at) {
      Bytes payload(8, 0x33);
      payload[at] = static_cast<uint8_t>(value);
      ASSERT_EQ(Outcomes(decoder, Frame(FrameOperation::kWrite, 9, 0xA0, 8, payload)), Expected{Status::kOk});
      EXPECT_EQ(Bytes(decoder.payload().begin(), decoder.payload().end()), payload);
    }
  }
}

TEST(Frame, CarriesEveryHeader) {
  FrameDecoder decoder;
  for (int value = 0; value < 256; ++value) {
    const auto byte = static_cast<uint8_t>(value);
    ASSERT_EQ(Outcomes(decoder, Frame(FrameOperation::kRead, byte, byte, byte)), Expected{Status::kOk});
    EXPECT_EQ(decoder.header().operation, FrameOperation::kRead);
    EXPECT_EQ(decoder.header().tag, byte);
    EXPECT_EQ(decoder.header().address, byte);
    EXPECT_EQ(decoder.header().length, byte);
    EXPECT_TRUE(decoder.payload().empty());
  }
}

TEST(Frame, CarriesEveryLengthOfPayload) {
  for (uint8_t fill : {0x00, 0xFF}) {
    for (size_t size = 0; size <= kMaxFramePayloadBytes; ++size) {
      FrameDecoder decoder;
      const Bytes payload(size, fill);
      ASSERT_EQ(Outcomes(decoder, Frame(FrameOperation::kWrite, 0, 0, static_cast<uint8_t>(size), payload)),
                Expected{Status::kOk});
      EXPECT_EQ(Bytes(decoder.payload().begin(), decoder.payload().end()), payload);
    }
  }
}

TEST(Frame, HasNoZeroButTheLastByte) {
  for (int value = 0; value < 256; ++value) {
    const Bytes frame = Frame(FrameOperation::kWrite, 0, 0, 3, {0, static_cast<uint8_t>(value), 0});
    EXPECT_EQ(std::count(frame.begin(), frame.end(), 0), 1);
    EXPECT_EQ(frame.back(), 0);
  }
}

TEST(FrameDecoder, EmptyFramesAreNothing) {
  EXPECT_EQ(Outcomes(Bytes(5, 0) + ReadFrame() + Bytes(3, 0) + ReadFrame(2)), (Expected{Status::kOk, Status::kOk}));
}

TEST(FrameDecoder, GarbageBetweenFramesCostsOnlyTheGarbage) {
  const Bytes kGarbage[] = {{0x01},          {0x02, 0x41},    {0xFF, 0xFF, 0xFF},
                            Bytes(71, 0x55), Bytes(72, 0x55), Bytes(1000, 0x55)};
  for (const Bytes& garbage : kGarbage) {
    EXPECT_EQ(Outcomes(ReadFrame() + garbage + Bytes{0} + ReadFrame(2)),
              (Expected{Status::kOk, Status::kProtocol, Status::kOk}));
  }
}

TEST(FrameDecoder, AFlippedBitCostsOneFrameAtMostTwo) {
  const Bytes frame = Frame(FrameOperation::kWrite, 3, 0xA0, 4, {1, 0, 2, 3});
  for (size_t bit = 0; bit < frame.size() * 8; ++bit) {
    Bytes stream = frame + ReadFrame() + ReadFrame(2);
    stream[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
    FrameDecoder decoder;
    std::vector<Status> outcomes = Outcomes(decoder, stream);
    ASSERT_FALSE(outcomes.empty());
    EXPECT_EQ(outcomes.back(), Status::kOk) << bit;
    EXPECT_EQ(decoder.header().tag, 2) << bit;
    const bool delimiter_lost = bit / 8 == frame.size() - 1;
    EXPECT_EQ(std::count(outcomes.begin(), outcomes.end(), Status::kOk), delimiter_lost ? 1 : 2) << bit;
  }
}

TEST(FrameDecoder, EveryTruncatedFrameIsRefused) {
  const Bytes frame = Frame(FrameOperation::kWrite, 3, 0xA0, 4, {1, 0, 2, 3});
  for (size_t size = 1; size + 1 < frame.size(); ++size) {
    const std::vector<Status> outcomes =
        Outcomes(Bytes(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(size)) + Bytes{0});
    ASSERT_EQ(outcomes.size(), 1u);
    EXPECT_NE(outcomes[0], Status::kOk) << size;
  }
}

TEST(FrameDecoder, ABadCrcStillShowsWhoAsked) {
  Bytes frame = Frame(FrameOperation::kWrite, 3, 0xA0, 1, {9});
  frame[5] = 8;
  FrameDecoder decoder;
  EXPECT_EQ(Outcomes(decoder, frame), Expected{Status::kBadCrc});
  EXPECT_EQ(decoder.header().tag, 3);
}

TEST(FrameDecoder, RefusesALengthThatDoesNotMatch) {
  EXPECT_EQ(Outcomes(Frame(FrameOperation::kWrite, 1, 0xA0, 3, {1, 2})), Expected{Status::kProtocol});
  EXPECT_EQ(Outcomes(Frame(FrameOperation::kWrite, 1, 0xA0, 1, {1, 2})), Expected{Status::kProtocol});
  EXPECT_EQ(Outcomes(Frame(FrameOperation::kRead, 1, 0xA0, 2, {1, 2})), Expected{Status::kProtocol});
}

TEST(FrameDecoder, RefusesOneByteMoreThanTheLongestPayload) {
  Bytes raw = {2, 1, 0xA0, kMaxFramePayloadBytes + 1};
  raw.resize(raw.size() + kMaxFramePayloadBytes + 1, 7);
  const uint16_t crc = Crc16().Add(raw).value();
  raw.insert(raw.end(), {static_cast<uint8_t>(crc), static_cast<uint8_t>(crc >> 8)});
  Bytes packed(raw.size() + 2);
  packed.resize(CobsEncode(raw, packed));
  EXPECT_EQ(Outcomes(packed + Bytes{0} + ReadFrame()), (Expected{Status::kProtocol, Status::kOk}));
}

TEST(FrameDecoder, TellsWhetherAFrameHasBegun) {
  FrameDecoder decoder;
  EXPECT_FALSE(decoder.in_frame());
  EXPECT_EQ(decoder.Push(5), Status::kNotReady);
  EXPECT_TRUE(decoder.in_frame());
  decoder.Reset();
  EXPECT_FALSE(decoder.in_frame());
  EXPECT_EQ(Outcomes(decoder, ReadFrame()), Expected{Status::kOk});
  EXPECT_FALSE(decoder.in_frame());
}

constexpr bool RoundTripAtCompileTime() {
  FrameDecoder decoder;
  Status last = Status::kNotReady;
  const std::array<uint8_t, 2> payload = {0, 7};
  const EncodedFrame frame = EncodeFrame({FrameOperation::kWrite, 1, 2, 2}, payload);
  for (uint8_t byte : frame.span()) last = decoder.Push(byte);
  return last == Status::kOk && decoder.payload()[1] == 7;
}
static_assert(RoundTripAtCompileTime());

}  // namespace
}  // namespace mls
