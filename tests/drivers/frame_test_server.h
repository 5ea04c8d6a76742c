// Serves a FakeModule as serial frames over a Unix socket, TCP or a pseudo terminal, in a thread of its own; can
// misbehave.
#pragma once

#include <atomic>
#include <thread>

#include "fake_module.h"
#include "mls/interface/frame.h"

namespace mls::test {

class FrameTestServer {
 public:
  enum class Link { kUnix, kTcp, kPty };
  enum class Misbehaviour {
    kNone,
    kSilent,          // Takes requests, answers nothing.
    kHangUpHalfWay,   // Sends half of the answer, then closes (once; sockets only).
    kGarbageBefore,   // Sends noise, a zero, then the answer.
    kGarbageGlued,    // Sends noise right before the answer, no zero between (once).
    kStaleBefore,     // Sends an answer with another tag first.
    kTwice,           // Sends each answer twice.
    kBadFrameCrc,     // Flips a bit of the answer (once).
    kOneByteAtATime,  // Sends the answer in single bytes.
    kShort,           // Answers reads with one byte less than asked for.
    kEmptyResponse,   // Answers without a status.
    kNoiseForever,    // Answers with noise for 400 ms and nothing else.
  };

  FrameTestServer(FakeModule& module, Link link);
  ~FrameTestServer();

  const std::string& uri() const { return uri_; }
  void Misbehave(Misbehaviour how) { misbehaviour_ = how; }
  // Sends one NOTIFY frame to the connected host: the newest event that waits, or a made-up one.
  void Notify();
  // Goes away as a killed process does, and comes back at the same place. The module is not touched.
  void Stop();
  void Start();

 private:
  void Serve();
  void ServeConnection(int fd);
  void Answer(int fd, const FrameDecoder& request);
  void Send(int fd, std::span<const uint8_t> bytes);
  int WaitReadable(int fd);

  FakeModule& module_;
  const Link link_;
  std::string uri_;
  std::string path_;
  int port_ = 0;
  int listener_ = -1;  // The listening socket, or the pseudo terminal's master end.
  int wake_[2] = {-1, -1};
  std::atomic<Misbehaviour> misbehaviour_ = Misbehaviour::kNone;
  std::atomic<int> notifications_ = 0;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

}  // namespace mls::test
