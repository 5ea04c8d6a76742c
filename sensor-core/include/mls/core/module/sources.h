// What a module senses with. Raw sound and pictures go no further than the front ends: the register bank and the serial
// link know nothing of this header.
#pragma once

#include <cstdint>
#include <span>

#include "mls/core/image/image_view.h"
#include "mls/interface/status.h"

namespace mls {

// Sound: 16 kHz, mono, 16-bit.
class AudioSource {
 public:
  // Borrows the next samples, at most `max_samples`; they stay valid until Release. kNotReady: none yet. kEndOfInput:
  // no more will come. Anything else: the capture failed, and the module publishes that. Only a successful Borrow needs
  // a Release.
  Result<std::span<const int16_t>> Borrow(size_t max_samples) { return DoBorrow(max_samples); }
  // Gives the samples back: the module keeps nothing of them.
  void Release() { DoRelease(); }
  // Turns the microphone on or off. Nothing is borrowed while it is off; what was heard before it came on again is
  // never given out.
  void SetPowered(bool powered) { DoSetPowered(powered); }

 protected:
  ~AudioSource() = default;

 private:
  virtual Result<std::span<const int16_t>> DoBorrow(size_t max_samples) = 0;
  virtual void DoRelease() = 0;
  virtual void DoSetPowered(bool powered) = 0;
};

// Pictures.
class FrameSource {
 public:
  // Borrows the next picture; it stays valid until Release. kNotReady: none yet. kEndOfInput: no more will come.
  // Anything else: the capture failed, and the module publishes that. Only a successful Borrow needs a Release.
  Result<ImageView> Borrow() { return DoBorrow(); }
  // Gives the picture back: the module keeps nothing of it.
  void Release() { DoRelease(); }
  // Turns the camera on or off. Nothing is borrowed while it is off; what was seen before it came on again is never
  // given out.
  void SetPowered(bool powered) { DoSetPowered(powered); }

 protected:
  ~FrameSource() = default;

 private:
  virtual Result<ImageView> DoBorrow() = 0;
  virtual void DoRelease() = 0;
  virtual void DoSetPowered(bool powered) = 0;
};

}  // namespace mls
