#include "mls/core/module/event_fifo.h"

namespace mls {

uint32_t EventFifo::Push(EventRecord event) {
  if (size_ == kCapacity) {
    // Losses that a lost overflow event told of have to be told again.
    if (events_[first_].type == EventType::kOverflow) unreported_ += events_[first_].value;
    first_ = (first_ + 1) % kCapacity;
    --size_;
    ++lost_;
    ++unreported_;
    lost_ms_ = event.time_ms;
  }
  if (++newest_ == 0) newest_ = 1;
  event.sequence = newest_;
  events_[(first_ + size_++) % kCapacity] = event;
  return newest_;
}

Status EventFifo::Acknowledge(uint32_t sequence) {
  if (IsNewer(sequence, newest_)) return Status::kOutOfRange;
  acknowledged_ = sequence;
  while (size_ > 0 && !IsNewer(events_[first_].sequence, sequence)) {
    first_ = (first_ + 1) % kCapacity;
    --size_;
  }
  if (unreported_ > 0 && size_ < kCapacity) {
    // 65535 at a time; what is left comes with the next one.
    const auto count = static_cast<uint16_t>(std::min<uint32_t>(unreported_, 0xFFFF));
    unreported_ -= count;
    Push({.time_ms = lost_ms_, .type = EventType::kOverflow, .value = count});
  }
  return Status::kOk;
}

EventRecord EventFifo::After(uint32_t sequence) const {
  for (size_t i = 0; i < size_; ++i) {
    if (IsNewer(At(i).sequence, sequence)) return At(i);
  }
  return {};
}

}  // namespace mls
