// EventFifo: what happened and was not acknowledged yet, oldest first.
#pragma once

#include <array>

#include "mls/interface/windows.h"

namespace mls {

// A full FIFO drops its oldest event and counts it. As soon as an acknowledgement makes room again, an overflow event
// tells how many were lost since the one before it. So a host that drains the FIFO sees every event or learns how many
// it did not see.
class EventFifo {
 public:
  static constexpr size_t kCapacity = 32;

  // `last_sequence` is the number before the first event's.
  explicit EventFifo(uint32_t last_sequence = 0) : newest_(last_sequence) {}

  // Adds an event under the next number and returns that number: 1, 2, ...; 0 is never given.
  uint32_t Push(EventRecord event);

  // Forgets all events up to and including `sequence`. Numbers that were acknowledged before are welcome. kOutOfRange:
  // newer than any event.
  Status Acknowledge(uint32_t sequence);

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // 0 is the oldest. An empty record beyond the end.
  EventRecord At(size_t index) const { return index < size_ ? events_[(first_ + index) % kCapacity] : EventRecord{}; }
  // The oldest event that is newer than `sequence`; an empty record when there is none.
  EventRecord After(uint32_t sequence) const;

  uint32_t lost() const { return lost_; }                             // Since start.
  uint32_t oldest() const { return At(0).sequence; }                  // 0 when empty.
  uint32_t newest() const { return newest_; }                         // Ever made.
  uint32_t acknowledged() const { return acknowledged_; }             // The last number that Acknowledge took.

 private:
  // Wrap-safe: numbers at most 2^31 apart.
  static bool IsNewer(uint32_t a, uint32_t b) { return static_cast<int32_t>(a - b) > 0; }

  std::array<EventRecord, kCapacity> events_{};
  size_t first_ = 0;
  size_t size_ = 0;
  uint32_t newest_;
  uint32_t acknowledged_ = 0;
  uint32_t lost_ = 0;
  uint32_t unreported_ = 0;  // Lost since the last overflow event.
  uint32_t lost_ms_ = 0;     // When the last one was lost.
};

}  // namespace mls
