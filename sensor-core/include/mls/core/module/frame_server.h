// FrameServer: answers the frames of one serial link from a register bank.
#pragma once

#include "mls/core/module/register_bank.h"
#include "mls/interface/frame.h"

namespace mls {

// Where a link takes its answers: a UART, a socket, a test.
class FrameWriter {
 public:
  // Takes a whole encoded frame, or nothing. kBusy: no room now. A response that finds no room is lost, and the host
  // asks again.
  Status Write(std::span<const uint8_t> frame) { return DoWrite(frame); }

 protected:
  ~FrameWriter() = default;

 private:
  virtual Status DoWrite(std::span<const uint8_t> frame) = 0;
};

// Every READ and WRITE gets one response with a WireStatus, damaged ones too as far as their header can be read. Frames
// that only a module sends (RESPONSE, NOTIFY) are counted as bad and never answered, so that an echo on the line does
// not go round for ever. Several links may serve the same bank, each with its own FrameServer.
class FrameServer {
 public:
  // A frame whose next byte takes longer than this is dropped and counted (rule R3).
  static constexpr uint32_t kStallMs = 35;

  FrameServer(RegisterBank& bank, FrameWriter& writer) : bank_(bank), writer_(writer) {}

  // Takes what arrived, at the module time `now_ms`, and answers each request that is complete.
  void Feed(std::span<const uint8_t> bytes, uint32_t now_ms);

  // Call it every few milliseconds: drops a frame that stalls, and sends at most one event if control.notify is set.
  void Poll(uint32_t now_ms);

 private:
  void DropStalled(uint32_t now_ms);
  void Answer();
  void Respond(WireStatus status, std::span<const uint8_t> data = {});

  RegisterBank& bank_;
  FrameWriter& writer_;
  FrameDecoder decoder_;
  uint32_t last_byte_ms_ = 0;
  NotifyCursor cursor_;
};

}  // namespace mls
