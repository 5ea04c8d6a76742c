#include "mls/drivers/module/input_clock.h"

namespace mls {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

bool InputClock::Reach(microseconds input_time) {
  const std::scoped_lock lock(mutex_);
  if (speed_ == Speed::kMax) {
    input_time_ = input_time;
    return true;
  }
  const Time now = steady_clock::now();
  if (!first_input_) first_input_ = now - paused_;
  return now >= *first_input_ + paused_ + input_time;
}

InputClock::Time InputClock::DueAt(microseconds input_time) const {
  const std::scoped_lock lock(mutex_);
  if (speed_ == Speed::kMax || !first_input_) return steady_clock::now();
  return *first_input_ + paused_ + input_time;
}

void InputClock::Pause() {
  const std::scoped_lock lock(mutex_);
  if (!paused_since_) paused_since_ = steady_clock::now();
}

void InputClock::Resume() {
  const std::scoped_lock lock(mutex_);
  if (paused_since_) paused_ += steady_clock::now() - *paused_since_;
  paused_since_.reset();
}

uint32_t InputClock::DoNowMs() const {
  const std::scoped_lock lock(mutex_);
  const Time now = steady_clock::now();
  steady_clock::duration since_start = now - start_;
  if (speed_ == Speed::kMax) {
    since_start = input_time_ + paused_;
    if (paused_since_) since_start += now - *paused_since_;
  }
  return static_cast<uint32_t>(duration_cast<milliseconds>(since_start).count());
}

}  // namespace mls
