#include "mls/core/module/frame_server.h"

#include <gtest/gtest.h>

#include "fakes.h"

namespace mls {
namespace {

class FakeWriter final : public FrameWriter {
 public:
  struct Frame {
    FrameHeader header;
    std::vector<uint8_t> payload;
  };
  std::vector<Frame> frames;
  bool full = false;

 private:
  Status DoWrite(std::span<const uint8_t> bytes) override {
    if (full) return Status::kBusy;
    FrameDecoder decoder;
    for (uint8_t byte : bytes) {
      if (decoder.Push(byte) != Status::kOk) continue;
      const auto payload = decoder.payload();
      frames.push_back({decoder.header(), {payload.begin(), payload.end()}});
    }
    return Status::kOk;
  }
};

class FrameServerTest : public testing::Test {
 protected:
  BankSetup setup{.read_limit_bytes_per_s = 0};
  FakeClock clock;
  CheckedLock lock;
  RegisterBank bank{setup, clock, lock, nullptr};
  FakeWriter writer;
  FrameServer server{bank, writer};

  void Send(const FrameHeader& header, std::span<const uint8_t> payload = {}) {
    server.Feed(EncodeFrame(header, payload).span(), clock.now_ms);
  }
  // The status byte of the only response, which must carry `tag`.
  WireStatus TakeStatus(uint8_t tag) {
    EXPECT_EQ(writer.frames.size(), 1u);
    if (writer.frames.empty()) return WireStatus{255};
    const FakeWriter::Frame frame = writer.frames.front();
    writer.frames.clear();
    EXPECT_EQ(frame.header.operation, FrameOperation::kResponse);
    EXPECT_EQ(frame.header.tag, tag);
    EXPECT_FALSE(frame.payload.empty());
    return frame.payload.empty() ? WireStatus{255} : static_cast<WireStatus>(frame.payload[0]);
  }
  uint16_t ProtocolErrors() { return Get<ModuleStatus>(bank).protocol_errors; }
};

TEST_F(FrameServerTest, AnswersAReadWithStatusAndBytes) {
  Send({FrameOperation::kRead, 7, 0x00, 32});
  ASSERT_EQ(writer.frames.size(), 1u);
  const auto& frame = writer.frames[0];
  EXPECT_EQ(frame.header.operation, FrameOperation::kResponse);
  EXPECT_EQ(frame.header.tag, 7);
  EXPECT_EQ(frame.header.address, 0x00);
  ASSERT_EQ(frame.payload.size(), 33u);
  EXPECT_EQ(frame.payload[0], 0);
  const auto ident = DecodeWindow<Ident>(std::span(frame.payload).subspan(1));
  ASSERT_TRUE(ident.ok());
  EXPECT_EQ(ident->magic, kMagic);
}

TEST_F(FrameServerTest, AnswersAWriteWithAStatus) {
  const std::array<uint8_t, 2> value{0x20, 0x03};
  Send({FrameOperation::kWrite, 9, 0xA0, 2}, value);
  EXPECT_EQ(TakeStatus(9), WireStatus::kOk);
  EXPECT_EQ(Get<Config>(bank).high_threshold_permille, 800);
}

TEST_F(FrameServerTest, EveryRefusalHasItsWireStatus) {
  struct Case {
    FrameHeader header;
    std::vector<uint8_t> payload;
    WireStatus status;
  };
  using enum FrameOperation;
  const Case kCases[] = {
      {{kRead, 1, 0x5F, 1}, {}, WireStatus::kBadAddress},
      {{kRead, 2, 0x00, 33}, {}, WireStatus::kBadLength},
      {{kRead, 3, 0x00, 0}, {}, WireStatus::kBadLength},
      {{kRead, 4, 0x50, 32}, {}, WireStatus::kBadLength},
      {{kRead, 4, 0x00, 255}, {}, WireStatus::kBadLength},
      {{kWrite, 5, 0x00, 1}, {1}, WireStatus::kReadOnly},
      {{kWrite, 6, 0xE0, 1}, {77}, WireStatus::kBadValue},
      {{kWrite, 7, 0xA0, 1}, {1}, WireStatus::kBadLength},
      {{kWrite, 8, 0xA0, 0}, {}, WireStatus::kBadLength},
      {{kWrite, 9, 0xA0, 64}, std::vector<uint8_t>(64), WireStatus::kBadLength},
      {{FrameOperation{9}, 10, 0x00, 0}, {}, WireStatus::kBadFrame},
      {{FrameOperation{0}, 11, 0x00, 0}, {}, WireStatus::kBadFrame},
  };
  for (const Case& test : kCases) {
    Send(test.header, test.payload);
    EXPECT_EQ(TakeStatus(test.header.tag), test.status) << int{test.header.tag};
    EXPECT_NE(ProtocolErrors(), 0) << int{test.header.tag};
    Set(bank, kReg<"control.protocol_error_clear">, 0xFFFF);
  }
  Give(bank, Command::kCommit, 1);
  Send({kWrite, 1, 0xEA, 2}, std::array<uint8_t, 2>{5, 2});
  EXPECT_EQ(TakeStatus(1), WireStatus::kBusy);
}

TEST_F(FrameServerTest, ADamagedRequestIsAnsweredWithTheTagThatArrived) {
  EncodedFrame frame = EncodeFrame({FrameOperation::kRead, 0x55, 0x40, 30}, {});
  frame.bytes[3] ^= 0x80;  // The address.
  server.Feed(frame.span(), clock.now_ms);
  EXPECT_EQ(TakeStatus(0x55), WireStatus::kBadCrc);
  EXPECT_EQ(ProtocolErrors(), kCrcFailure);
}

TEST_F(FrameServerTest, BytesThatAreNoFrameAreCountedAndNotAnswered) {
  const std::vector<uint8_t> kGarbage[] = {{1, 0}, {0xFF, 1, 2, 0}, std::vector<uint8_t>(300, 0x41)};
  for (const auto& bytes : kGarbage) {
    server.Feed(bytes, clock.now_ms);
    server.Feed(std::array<uint8_t, 1>{0}, clock.now_ms);
    EXPECT_TRUE(writer.frames.empty());
    EXPECT_EQ(ProtocolErrors(), kBadFrame);
    Set(bank, kReg<"control.protocol_error_clear">, 0xFFFF);
    Send({FrameOperation::kRead, 3, 0x00, 4});
    EXPECT_EQ(TakeStatus(3), WireStatus::kOk) << "the next frame is understood";
  }
}

TEST_F(FrameServerTest, AWholeFrameWithAWrongLengthIsAnswered) {
  // A write that announces five bytes and brings two.
  std::array<uint8_t, 8> raw{2, 0x21, 0xA0, 5, 1, 1};
  StoreLittleEndian(Crc16().Add(std::span(raw).first(6)).value(), std::span(raw).subspan(6));
  std::array<uint8_t, 10> encoded{};
  const size_t size = CobsEncode(raw, encoded);
  server.Feed(std::span(encoded).first(size + 1), clock.now_ms);
  EXPECT_EQ(TakeStatus(0x21), WireStatus::kBadFrame);
}

TEST_F(FrameServerTest, AnEchoOfItsOwnAnswersIsNotAnswered) {
  const std::array<uint8_t, 1> ok{0};
  Send({FrameOperation::kResponse, 3, 0x00, 1}, ok);
  Send({FrameOperation::kNotify, 0, 0x80, 1}, ok);
  EncodedFrame damaged = EncodeFrame({FrameOperation::kResponse, 3, 0x00, 1}, ok);
  damaged.bytes[2] ^= 0x40;
  server.Feed(damaged.span(), clock.now_ms);
  EXPECT_TRUE(writer.frames.empty());
  EXPECT_EQ(ProtocolErrors(), kBadFrame | kCrcFailure);
}

TEST_F(FrameServerTest, TakesFramesInAnyPortions) {
  const EncodedFrame frame = EncodeFrame({FrameOperation::kRead, 1, 0x00, 4}, {});
  for (uint8_t byte : frame.span()) server.Feed(std::span(&byte, 1), clock.now_ms += 30);
  EXPECT_EQ(TakeStatus(1), WireStatus::kOk);
  std::vector<uint8_t> three;
  for (int i = 0; i < 3; ++i) three.insert(three.end(), frame.span().begin(), frame.span().end());
  server.Feed(three, clock.now_ms);
  EXPECT_EQ(writer.frames.size(), 3u);
}

TEST_F(FrameServerTest, AFrameThatStallsIsDroppedAndCounted) {
  const EncodedFrame frame = EncodeFrame({FrameOperation::kRead, 1, 0x00, 4}, {});
  server.Feed(frame.span().first(4), clock.now_ms);
  clock.now_ms += FrameServer::kStallMs;
  server.Poll(clock.now_ms);
  EXPECT_EQ(Get<ModuleStatus>(bank).stalled_transfers, 0);
  clock.now_ms += 1;
  server.Poll(clock.now_ms);
  EXPECT_EQ(Get<ModuleStatus>(bank).stalled_transfers, 1);
  EXPECT_EQ(ProtocolErrors(), kStalled);
  server.Poll(clock.now_ms += 1000);
  EXPECT_EQ(Get<ModuleStatus>(bank).stalled_transfers, 1) << "counted once";
  server.Feed(frame.span(), clock.now_ms);
  EXPECT_EQ(TakeStatus(1), WireStatus::kOk);
}

TEST_F(FrameServerTest, BytesAfterAStallBeginANewFrame) {
  const EncodedFrame frame = EncodeFrame({FrameOperation::kRead, 1, 0x00, 4}, {});
  server.Feed(frame.span().first(4), clock.now_ms);
  server.Feed(frame.span(), clock.now_ms += 36);
  EXPECT_EQ(TakeStatus(1), WireStatus::kOk);
  EXPECT_EQ(Get<ModuleStatus>(bank).stalled_transfers, 1);
}

TEST_F(FrameServerTest, NotifiesOfNewEventsInOrderOneForEachCall) {
  Set(bank, kReg<"control.notify">, 1);
  for (uint8_t label : {1, 2}) bank.PostEvent({.type = EventType::kDetection, .label = label});
  server.Poll(clock.now_ms);
  ASSERT_EQ(writer.frames.size(), 1u);
  EXPECT_EQ(writer.frames[0].header.operation, FrameOperation::kNotify);
  writer.full = true;
  server.Poll(clock.now_ms);
  writer.full = false;
  server.Poll(clock.now_ms);
  server.Poll(clock.now_ms);
  ASSERT_EQ(writer.frames.size(), 2u) << "what found no room was sent later, and nothing twice";
  for (size_t i = 0; i < 2; ++i) {
    ASSERT_EQ(writer.frames[i].payload.size(), kEventRecordBytes);
    const auto event = DecodeEvent(std::span(writer.frames[i].payload).first<kEventRecordBytes>());
    ASSERT_TRUE(event.ok());
    EXPECT_EQ(event->label, i + 1);
  }
  EXPECT_EQ(Get<EventHeader>(bank).count, 2) << "the FIFO stays the truth";
}

TEST_F(FrameServerTest, SeveralLinksServeOneBank) {
  FakeWriter other_writer;
  FrameServer other{bank, other_writer};
  const EncodedFrame frame = EncodeFrame({FrameOperation::kRead, 1, 0x00, 4}, {});
  server.Feed(frame.span().first(3), clock.now_ms);
  other.Feed(frame.span(), clock.now_ms);
  server.Feed(frame.span().subspan(3), clock.now_ms);
  EXPECT_EQ(other_writer.frames.size(), 1u);
  EXPECT_EQ(writer.frames.size(), 1u);
}

}  // namespace
}  // namespace mls
