// One address that hosts can connect to.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "mls/drivers/module/input_error.h"

namespace mls {

class Listener {
 public:
  explicit Listener(std::string_view address);  // See BusServer::Listen. Throws ListenError.
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // A new client's socket, non-blocking; -1: none.
  int Accept() const;
  int fd() const { return fd_; }
  bool is_pty() const { return pty_slave_ >= 0; }
  int ReleasePtyMaster();
  const std::string& host_address() const { return host_address_; }

 private:
  void ListenUnix(const std::string& path);
  void ListenTcp(const std::string& host_and_port);
  void OpenPty(const std::string& link_path);
  void Open(int domain);
  [[noreturn]] void Fail(const std::string& why);
  void Close();

  const std::string address_;
  std::string host_address_;
  int fd_ = -1;         // listening socket
  int pty_master_ = -1;
  int pty_slave_ = -1;  // held open, so that a host may come and go
  std::string file_;    // socket file or link that is ours to remove
  ino_t file_inode_ = 0;
};

}  // namespace mls
