// Wakes a thread that waits in poll().
#pragma once

namespace mls {

class WakeEvent {
 public:
  WakeEvent();  // Throws std::system_error when the process is out of file descriptors.
  ~WakeEvent();
  WakeEvent(const WakeEvent&) = delete;
  WakeEvent& operator=(const WakeEvent&) = delete;

  // Any thread, and a signal handler. fd() can be read from now on until Clear.
  void Set() const;
  void Clear() const;
  int fd() const { return fd_; }

 private:
  int fd_;
};

}  // namespace mls
