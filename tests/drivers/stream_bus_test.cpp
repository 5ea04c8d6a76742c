// StreamBus against a peer that misbehaves, over each kind of stream.
#include "mls/drivers/stream_bus.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

#include "frame_test_server.h"
#include "mls/drivers/open_bus.h"

namespace mls::test {
namespace {

using namespace std::chrono_literals;
using Link = FrameTestServer::Link;
using Misbehaviour = FrameTestServer::Misbehaviour;

class StreamBusTest : public testing::TestWithParam<Link> {
 protected:
  void SetUp() override {
    std::string error;
    Result<BusConnection> opened = OpenBus(server_.uri(), In(5s), &error);
    ASSERT_TRUE(opened.ok()) << error;
    connection_ = *opened;
    bus_ = static_cast<StreamBus*>(connection_.bus.get());
  }

  static Deadline In(std::chrono::milliseconds time) { return SteadyClock::now() + time; }

  Status ReadIdent(std::chrono::milliseconds time = 5s) {
    std::array<uint8_t, 32> bytes{};
    const Status status = bus_->Read(0, bytes, In(time));
    if (status != Status::kOk) return status;
    const Result<Ident> ident = DecodeWindow<Ident>(bytes);
    return ident.ok() && *ident == module_.ident ? Status::kOk : Status::kCorrupt;
  }

  FakeModule module_;
  FrameTestServer server_{module_, GetParam()};
  BusConnection connection_;
  StreamBus* bus_ = nullptr;
};

TEST_P(StreamBusTest, TheLatestResultIs8BytesThereAnd39Back) {
  ASSERT_EQ(ReadIdent(), Status::kOk);
  const StreamBus::Counters before = bus_->counters();
  std::array<uint8_t, kWindowOf<LatestResult>.size_bytes> bytes{};
  ASSERT_EQ(bus_->Read(kWindowOf<LatestResult>.address, bytes, In(5s)), Status::kOk);
  EXPECT_EQ(bus_->counters().transactions - before.transactions, 1u);
  EXPECT_EQ(bus_->counters().bytes_sent - before.bytes_sent, 8u);
  EXPECT_EQ(bus_->counters().bytes_received - before.bytes_received, 39u);
}

TEST_P(StreamBusTest, SilenceEndsAtTheDeadlineAndTheLateAnswerIsNotTakenForTheNext) {
  server_.Misbehave(Misbehaviour::kSilent);
  const auto begin = SteadyClock::now();
  EXPECT_EQ(ReadIdent(50ms), Status::kTimeout);
  EXPECT_GE(SteadyClock::now() - begin, 50ms);
  server_.Misbehave(Misbehaviour::kStaleBefore);
  EXPECT_EQ(ReadIdent(), Status::kOk);
  EXPECT_EQ(bus_->counters().stale_responses, 1u);
}

TEST_P(StreamBusTest, DuplicateAnswersAreDroppedAndCounted) {
  server_.Misbehave(Misbehaviour::kTwice);
  for (int i = 0; i < 10; ++i) ASSERT_EQ(ReadIdent(), Status::kOk);
  server_.Misbehave(Misbehaviour::kNone);
  ASSERT_EQ(ReadIdent(), Status::kOk);
  EXPECT_EQ(bus_->counters().stale_responses, 10u);
}

TEST_P(StreamBusTest, GarbageBetweenFramesCostsNothing) {
  server_.Misbehave(Misbehaviour::kGarbageBefore);
  for (int i = 0; i < 5; ++i) ASSERT_EQ(ReadIdent(), Status::kOk);
  EXPECT_EQ(bus_->counters().damaged_frames, 5u);
}

TEST_P(StreamBusTest, GarbageGluedToAnAnswerCostsThatAnswerOnly) {
  server_.Misbehave(Misbehaviour::kGarbageGlued);
  const Status status = ReadIdent(500ms);
  EXPECT_TRUE(status == Status::kBadCrc || status == Status::kProtocol) << StatusName(status);
  EXPECT_EQ(ReadIdent(), Status::kOk);
}

TEST_P(StreamBusTest, ADamagedAnswerIsABadCrc) {
  server_.Misbehave(Misbehaviour::kBadFrameCrc);
  EXPECT_EQ(ReadIdent(), Status::kBadCrc);
  EXPECT_EQ(ReadIdent(), Status::kOk);
}

TEST_P(StreamBusTest, AnAnswerInSingleBytesIsWhole) {
  server_.Misbehave(Misbehaviour::kOneByteAtATime);
  EXPECT_EQ(ReadIdent(), Status::kOk);
}

TEST_P(StreamBusTest, AnAnswerOfTheWrongLengthIsNotTaken) {
  server_.Misbehave(Misbehaviour::kShort);
  EXPECT_EQ(ReadIdent(), Status::kShortTransfer);
  server_.Misbehave(Misbehaviour::kEmptyResponse);
  EXPECT_EQ(ReadIdent(), Status::kProtocol);
  server_.Misbehave(Misbehaviour::kNone);
  EXPECT_EQ(ReadIdent(), Status::kOk);
}

TEST_P(StreamBusTest, NoiseWithoutEndStillEndsAtTheDeadline) {
  server_.Misbehave(Misbehaviour::kNoiseForever);
  EXPECT_EQ(ReadIdent(300ms), Status::kProtocol);
  server_.Misbehave(Misbehaviour::kNone);
  EXPECT_EQ(ReadIdent(), Status::kOk);
}

// A pseudo terminal goes away as a whole: see the next test.
class SocketBusTest : public StreamBusTest {};

TEST_P(SocketBusTest, APeerThatHangsUpHalfWayBreaksThatCallOnly) {
  server_.Misbehave(Misbehaviour::kHangUpHalfWay);
  EXPECT_EQ(ReadIdent(), Status::kBusError);
  EXPECT_EQ(ReadIdent(), Status::kOk);
  EXPECT_EQ(bus_->counters().connects, 2u);
}

TEST_P(StreamBusTest, APeerThatVanishesIsNoDeviceUntilItIsBack) {
  ASSERT_EQ(ReadIdent(), Status::kOk);
  server_.Stop();
  const Status first = ReadIdent();
  EXPECT_TRUE(first == Status::kNoDevice || first == Status::kBusError) << StatusName(first);
  EXPECT_EQ(ReadIdent(), Status::kNoDevice);
  EXPECT_NE(bus_->error(), "");
  server_.Start();
  EXPECT_EQ(ReadIdent(), Status::kOk);
}

TEST_P(StreamBusTest, APeerThatRestartedBetweenTwoCallsIsNotNoticed) {
  ASSERT_EQ(ReadIdent(), Status::kOk);
  server_.Stop();
  server_.Start();
  EXPECT_EQ(ReadIdent(), Status::kOk);
}

TEST_P(StreamBusTest, ANotificationWakesTheWaitOnce) {
  EXPECT_EQ(connection_.edges->Wait(In(20ms)), Status::kTimeout);
  server_.Notify();
  EXPECT_EQ(connection_.edges->Wait(In(5s)), Status::kOk);
  EXPECT_EQ(connection_.edges->Wait(In(20ms)), Status::kTimeout);
  EXPECT_EQ(bus_->counters().notifications, 1u);
}

TEST_P(StreamBusTest, ANotificationThatCameDuringAReadIsNotForgotten) {
  server_.Notify();
  for (int i = 0; i < 1000 && bus_->counters().notifications == 0; ++i) ASSERT_EQ(ReadIdent(), Status::kOk);
  EXPECT_EQ(connection_.edges->Wait(In(5s)), Status::kOk);
}

TEST_P(StreamBusTest, TheEventOfANotificationIsKeptAndTakingItSettlesTheWait) {
  EXPECT_EQ(connection_.edges->TakeEvent().status(), Status::kNotReady);
  module_.AddEvent({.type = EventType::kDetection, .label = 2, .value = 874});
  server_.Notify();
  for (int i = 0; i < 1000 && bus_->counters().notifications == 0; ++i) ASSERT_EQ(ReadIdent(), Status::kOk);
  const Result<EventRecord> event = connection_.edges->TakeEvent();
  ASSERT_TRUE(event.ok());
  EXPECT_EQ(*event, module_.fifo.back());
  EXPECT_EQ(connection_.edges->TakeEvent().status(), Status::kNotReady);
  EXPECT_EQ(connection_.edges->Wait(In(20ms)), Status::kTimeout);
}

TEST_P(StreamBusTest, AWaitEndsWhenThePeerVanishes) {
  ASSERT_EQ(ReadIdent(), Status::kOk);
  std::thread killer([&] {
    std::this_thread::sleep_for(50ms);
    server_.Stop();
  });
  EXPECT_EQ(connection_.edges->Wait(In(20s)), Status::kBusError);
  killer.join();
  EXPECT_EQ(connection_.edges->Wait(In(1s)), Status::kNoDevice);
}

TEST_P(StreamBusTest, SignalsDoNotShortenAWait) {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  struct sigaction before {};
  sigaction(SIGUSR1, &action, &before);
  const pthread_t self = pthread_self();
  std::atomic<bool> done = false;
  std::thread nuisance([&] {
    while (!done) {
      pthread_kill(self, SIGUSR1);
      std::this_thread::sleep_for(2ms);
    }
  });
  server_.Misbehave(Misbehaviour::kOneByteAtATime);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ReadIdent(), Status::kOk);
  const auto begin = SteadyClock::now();
  EXPECT_EQ(connection_.edges->Wait(In(60ms)), Status::kTimeout);
  EXPECT_GE(SteadyClock::now() - begin, 60ms);
  done = true;
  nuisance.join();
  sigaction(SIGUSR1, &before, nullptr);
}

std::string LinkName(const testing::TestParamInfo<Link>& info) {
  return info.param == Link::kUnix ? "Unix" : info.param == Link::kTcp ? "Tcp" : "PseudoTerminal";
}

INSTANTIATE_TEST_SUITE_P(Sockets, SocketBusTest, testing::Values(Link::kUnix, Link::kTcp), LinkName);
INSTANTIATE_TEST_SUITE_P(Streams, StreamBusTest, testing::Values(Link::kUnix, Link::kTcp, Link::kPty), LinkName);

}  // namespace
}  // namespace mls::test
