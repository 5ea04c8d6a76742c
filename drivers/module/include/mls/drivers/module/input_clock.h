// The clock of a module that runs as a process, and the pace at which its input comes.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>

#include "mls/core/module/ports.h"

namespace mls {

enum class Speed { kReal, kMax };

// kReal: the clock is the time since start, and input comes as fast as it was recorded.
// kMax: the clock stands still but for the input: it moves by the time that the input takes, so a file is worked off as fast as the
// processor can, and every decision falls at the same module time in every run. While the input pauses, and after its end, it goes on in
// real time.
//
// Any thread may call any function.
class InputClock final : public ModuleClock {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit InputClock(Speed speed) : speed_(speed) {}

  Speed speed() const { return speed_; }
  // May input that was recorded `input_time` after its beginning be handed out now? In kMax it may, and the clock moves there.
  bool Reach(std::chrono::microseconds input_time);
  // When Reach becomes true.
  Time DueAt(std::chrono::microseconds input_time) const;
  // The source is off, or at its end: input time stands still from Pause to Resume. Twice is as good as once.
  void Pause();
  void Resume();

 private:
  uint32_t DoNowMs() const override;

  const Speed speed_;
  const Time start_ = std::chrono::steady_clock::now();
  mutable std::mutex mutex_;
  std::optional<Time> first_input_;
  std::optional<Time> paused_since_;
  std::chrono::steady_clock::duration paused_{};  // in all, without the pause that goes on
  std::chrono::microseconds input_time_{};
};

// When a source that had nothing is worth asking again: at a time (max: never), or as soon as a file descriptor can be read (-1: none).
struct SourceWait {
  InputClock::Time until = InputClock::Time::max();
  int fd = -1;
};

// What the pipeline's thread asks between two steps.
class PacedSource {
 public:
  SourceWait NextInput() const { return DoNextInput(); }
  // Captures that could not be used, so far.
  uint32_t failed_count() const { return failed_count_; }

 protected:
  ~PacedSource() = default;
  uint32_t failed_count_ = 0;

 private:
  virtual SourceWait DoNextInput() const = 0;
};

}  // namespace mls
