// A register bus over any stream of bytes: serial frames on a Unix socket, a TCP connection or a serial port.
#pragma once

#include <deque>
#include <functional>
#include <string>

#include "mls/interface/frame.h"
#include "mls/interface/register_bus.h"

namespace mls {

// Opens the stream: a non-blocking file descriptor, which the bus then owns. On failure `error` says what and why, for
// people.
using StreamOpener = std::function<Result<int>(Deadline deadline, std::string& error)>;

// One call sends one frame and waits for the response with its tag. Frames that come unasked are dropped and counted,
// except NOTIFY, which wakes Wait; the events in them are kept for TakeEvent, the latest 64 of one connection. Damaged bytes cost themselves only:
// reading goes on at the next zero.
//
// The stream is opened by the first call. When the peer goes away during a call, that call gives kBusError; the next
// one opens the stream again, and gives kNoDevice (or whatever the opener says) as long as that fails. No signal
// interrupts or ends a call: EINTR is handled and SIGPIPE is not raised.
class StreamBus final : public RegisterBus, public EdgeWaiter {
 public:
  struct Counters {
    uint64_t transactions = 0;
    uint64_t bytes_sent = 0;
    uint64_t bytes_received = 0;
    uint64_t connects = 0;         // Times the stream was opened.
    uint64_t notifications = 0;    // NOTIFY frames.
    uint64_t stale_responses = 0;  // Responses with another tag: late or duplicate.
    uint64_t damaged_frames = 0;   // Wrong CRC, or no frame at all.
  };

  explicit StreamBus(StreamOpener opener);
  ~StreamBus();
  StreamBus(const StreamBus&) = delete;
  StreamBus& operator=(const StreamBus&) = delete;

  // Opens the stream now, unless it is open. Errors are the opener's; see error().
  Status Connect(Deadline deadline);
  // What the opener said when it last failed.
  const std::string& error() const { return error_; }
  const Counters& counters() const { return counters_; }

 private:
  Status DoRead(uint8_t address, std::span<uint8_t> out, Deadline deadline) override;
  Status DoWrite(uint8_t address, std::span<const uint8_t> bytes, Deadline deadline) override;
  Status DoWait(Deadline deadline) override;
  int DoPollFd() const override { return fd_; }
  Result<EventRecord> DoTakeEvent() override;

  Status Transact(FrameHeader request, std::span<const uint8_t> payload, std::span<uint8_t> out, Deadline deadline);
  Status Exchange(const FrameHeader& request, std::span<const uint8_t> payload, std::span<uint8_t> out,
                  Deadline deadline);
  Status Send(std::span<const uint8_t> bytes, Deadline deadline);
  Status TakeResponse(std::span<uint8_t> out) const;
  Status NextFrame();
  void TakeUnasked(Status frame_status);
  void Close();

  StreamOpener opener_;
  std::string error_;
  Counters counters_;
  FrameDecoder decoder_;
  std::array<uint8_t, 1024> received_{};  // A FIFO full of notifications is 700 bytes.
  size_t received_begin_ = 0;
  size_t received_end_ = 0;
  int fd_ = -1;
  bool is_socket_ = false;
  bool resynchronise_ = false;  // The peer may hold part of a frame.
  bool edge_ = false;
  std::deque<EventRecord> notified_;
  uint8_t tag_;
};

}  // namespace mls
