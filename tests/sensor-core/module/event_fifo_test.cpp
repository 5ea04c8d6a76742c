#include "mls/core/module/event_fifo.h"

#include <gtest/gtest.h>

namespace mls {
namespace {

EventRecord Detection(uint8_t label, uint32_t time_ms = 0) {
  return {.time_ms = time_ms, .type = EventType::kDetection, .label = label};
}

TEST(EventFifo, NumbersEventsFromOneAndKeepsTheirOrder) {
  EventFifo fifo;
  EXPECT_EQ(fifo.newest(), 0u);
  EXPECT_EQ(fifo.oldest(), 0u);
  EXPECT_EQ(fifo.Push(Detection(7)), 1u);
  EXPECT_EQ(fifo.Push(Detection(8)), 2u);
  EXPECT_EQ(fifo.size(), 2u);
  EXPECT_EQ(fifo.At(0).label, 7);
  EXPECT_EQ(fifo.At(1).label, 8);
  EXPECT_EQ(fifo.At(2).sequence, 0u) << "an empty slot has the number 0";
  EXPECT_EQ(fifo.oldest(), 1u);
  EXPECT_EQ(fifo.newest(), 2u);
}

TEST(EventFifo, AcknowledgesAllEventsUpToANumber) {
  EventFifo fifo;
  for (int i = 0; i < 5; ++i) fifo.Push(Detection(0));
  EXPECT_EQ(fifo.Acknowledge(3), Status::kOk);
  EXPECT_EQ(fifo.oldest(), 4u);
  EXPECT_EQ(fifo.Acknowledge(3), Status::kOk) << "a repetition does no harm";
  EXPECT_EQ(fifo.Acknowledge(0), Status::kOk) << "nor does an old number";
  EXPECT_EQ(fifo.size(), 2u);
  EXPECT_EQ(fifo.Acknowledge(5), Status::kOk);
  EXPECT_TRUE(fifo.empty());
  EXPECT_EQ(fifo.newest(), 5u);
}

TEST(EventFifo, RefusesToAcknowledgeWhatHasNotHappened) {
  EventFifo fifo;
  EXPECT_EQ(fifo.Acknowledge(1), Status::kOutOfRange);
  fifo.Push(Detection(0));
  EXPECT_EQ(fifo.Acknowledge(2), Status::kOutOfRange);
  EXPECT_EQ(fifo.size(), 1u);
}

TEST(EventFifo, DropsTheOldestWhenFullAndCountsIt) {
  EventFifo fifo;
  for (size_t i = 0; i < EventFifo::kCapacity + 3; ++i) fifo.Push(Detection(0));
  EXPECT_EQ(fifo.size(), EventFifo::kCapacity);
  EXPECT_EQ(fifo.lost(), 3u);
  EXPECT_EQ(fifo.oldest(), 4u);
}

TEST(EventFifo, TellsHowManyWereLostAsSoonAsThereIsRoom) {
  EventFifo fifo;
  for (uint32_t i = 0; i < EventFifo::kCapacity + 3; ++i) fifo.Push(Detection(0, i));
  fifo.Acknowledge(5);
  const EventRecord overflow = fifo.At(fifo.size() - 1);
  EXPECT_EQ(overflow.type, EventType::kOverflow);
  EXPECT_EQ(overflow.value, 3);
  EXPECT_EQ(overflow.time_ms, EventFifo::kCapacity + 2) << "the time of the last loss";
  EXPECT_EQ(overflow.sequence, fifo.newest());
  fifo.Acknowledge(fifo.newest());
  EXPECT_TRUE(fifo.empty()) << "told once only";
}

TEST(EventFifo, OverflowEventsAddUpToTheLossesHoweverTheHostDrains) {
  for (int acknowledged_at_once : {1, 2, 7, 31}) {
    EventFifo fifo;
    uint32_t seen = 0;
    uint32_t told = 0;
    const auto take_one = [&] {
      if (fifo.At(0).type == EventType::kOverflow) told += fifo.At(0).value;
      ++seen;
      fifo.Acknowledge(fifo.oldest());
    };
    for (int burst = 0; burst < 20; ++burst) {
      for (int i = 0; i < 45; ++i) fifo.Push(Detection(0));
      for (int i = 0; i < acknowledged_at_once; ++i) take_one();
    }
    while (!fifo.empty()) take_one();
    EXPECT_GT(fifo.lost(), 0u);
    EXPECT_EQ(told, fifo.lost());
    EXPECT_EQ(seen + fifo.lost(), fifo.newest());
  }
}

TEST(EventFifo, ComparesNumbersAcrossTheirWrap) {
  EventFifo fifo(0xFFFFFFFD);
  for (int i = 0; i < 4; ++i) fifo.Push(Detection(static_cast<uint8_t>(i)));
  EXPECT_EQ(fifo.oldest(), 0xFFFFFFFEu);
  EXPECT_EQ(fifo.newest(), 2u) << "0 means an empty slot and is left out";
  EXPECT_EQ(fifo.After(0xFFFFFFFF).label, 2);
  EXPECT_EQ(fifo.Acknowledge(3), Status::kOutOfRange);
  EXPECT_EQ(fifo.Acknowledge(1), Status::kOk);
  EXPECT_EQ(fifo.size(), 1u);
  EXPECT_EQ(fifo.At(0).label, 3);
}

}  // namespace
}  // namespace mls
