// What a module needs from its board or operating system. Each port has at least two implementations: a board and a Linux process, or
// a process and a test.
#pragma once

#include <cstdint>
#include <span>

#include "mls/core/image/image_view.h"
#include "mls/interface/status.h"

namespace mls {

// Sound: 16 kHz, mono, 16-bit.
class AudioSource {
 public:
  // Borrows the next samples, at most `max_samples`; they stay valid until Release. kNotReady: none yet. kEndOfInput: no more will come.
  // Anything else: the capture failed, and the module publishes that.
  Result<std::span<const int16_t>> Borrow(size_t max_samples) { return DoBorrow(max_samples); }
  // Gives the samples back: the module keeps nothing of them.
  void Release() { DoRelease(); }

 protected:
  ~AudioSource() = default;

 private:
  virtual Result<std::span<const int16_t>> DoBorrow(size_t max_samples) = 0;
  virtual void DoRelease() = 0;
};

// Pictures.
class FrameSource {
 public:
  // Borrows the next picture; it stays valid until Release. kNotReady: none yet. kEndOfInput: no more will come. Anything else: the
  // capture failed, and the module publishes that.
  Result<ImageView> Borrow() { return DoBorrow(); }
  // Gives the picture back: the module keeps nothing of it.
  void Release() { DoRelease(); }

 protected:
  ~FrameSource() = default;

 private:
  virtual Result<ImageView> DoBorrow() = 0;
  virtual void DoRelease() = 0;
};

// The module's clock.
class ModuleClock {
 public:
  // Milliseconds since start; wraps after 49.7 days.
  uint32_t NowMs() const { return DoNowMs(); }

 protected:
  ~ModuleClock() = default;

 private:
  virtual uint32_t DoNowMs() const = 0;
};

// The interrupt line, or an indicator.
class OutputPin {
 public:
  void Set(bool active) { DoSet(active); }

 protected:
  ~OutputPin() = default;

 private:
  virtual void DoSet(bool active) = 0;
};

// Keeps the bus side (an interrupt, or another thread) and the pipeline side apart for a few microseconds.
class BusLock {
 public:
  void Lock() { DoLock(); }
  void Unlock() { DoUnlock(); }

 protected:
  ~BusLock() = default;

 private:
  virtual void DoLock() = 0;
  virtual void DoUnlock() = 0;
};

}  // namespace mls
