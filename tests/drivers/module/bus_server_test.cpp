#include "mls/drivers/module/bus_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <thread>

#include "test_files.h"

namespace mls {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;
using std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kPatience = 10s;

// Sends back what it gets, and 64 times '!' for each time that `ring` was raised.
class EchoSession final : public LinkSession {
 public:
  EchoSession(SendFrame send, const std::atomic<int>& ring) : send_(std::move(send)), ring_(ring) {}
  void Feed(std::span<const uint8_t> bytes, uint32_t) override { send_(bytes); }
  void Poll(uint32_t) override {
    for (; rung_ < ring_; ++rung_) {
      send_(std::vector<uint8_t>(64, '!'));
    }
  }

 private:
  SendFrame send_;
  const std::atomic<int>& ring_;
  int rung_ = 0;
};

// A host's end, opened by what Listen returned.
class Host {
 public:
  explicit Host(const std::string& address) {
    if (address.starts_with("serial:")) {
      fd_ = open(address.c_str() + 7, O_RDWR | O_NOCTTY);
      return;
    }
    if (address.starts_with("unix:")) {
      sockaddr_un where{};
      where.sun_family = AF_UNIX;
      std::strncpy(where.sun_path, address.c_str() + 5, sizeof where.sun_path - 1);
      fd_ = socket(AF_UNIX, SOCK_STREAM, 0);
      Connect(reinterpret_cast<sockaddr*>(&where), sizeof where);
    } else {
      sockaddr_in where{};
      where.sin_family = AF_INET;
      where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      where.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
      fd_ = socket(AF_INET, SOCK_STREAM, 0);
      Connect(reinterpret_cast<sockaddr*>(&where), sizeof where);
    }
  }
  ~Host() { Close(); }
  Host(const Host&) = delete;

  bool is_open() const { return fd_ >= 0; }
  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }
  // Bytes that went out before the other side took no more.
  size_t SendUntilFull(size_t at_most) {
    const std::string chunk(256, 'x');
    size_t sent = 0;
    while (sent < at_most && CanWriteWithin(200ms)) {
      const ssize_t n = send(fd_, chunk.data(), chunk.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (n <= 0) break;
      sent += static_cast<size_t>(n);
    }
    return sent;
  }
  void Send(std::string_view text) { EXPECT_EQ(write(fd_, text.data(), text.size()), static_cast<ssize_t>(text.size())); }
  // `size` bytes, or what there is at the deadline or the end.
  std::string Receive(size_t size) {
    std::string got;
    const auto deadline = steady_clock::now() + kPatience;
    while (got.size() < size && steady_clock::now() < deadline) {
      pollfd polled{fd_, POLLIN, 0};
      if (poll(&polled, 1, 100) <= 0) continue;
      std::array<char, 256> bytes;
      const ssize_t n = read(fd_, bytes.data(), std::min(bytes.size(), size - got.size()));
      if (n <= 0) break;
      got.append(bytes.data(), static_cast<size_t>(n));
    }
    return got;
  }
  std::string Ask(std::string_view text) {
    Send(text);
    return Receive(text.size());
  }

 private:
  void Connect(const sockaddr* where, socklen_t size) {
    if (connect(fd_, where, size) != 0) Close();
  }
  bool CanWriteWithin(std::chrono::milliseconds time) const {
    pollfd polled{fd_, POLLOUT, 0};
    return poll(&polled, 1, static_cast<int>(time.count())) > 0;
  }

  int fd_ = -1;
};

class RunningServer {
 public:
  explicit RunningServer(const std::string& address) : address_(server.Listen(address)), thread_([this] { server.Run(); }) {}
  ~RunningServer() {
    server.Stop();
    thread_.join();
  }
  const std::string& address() const { return address_; }
  void Ring() {
    ++ring_;
    server.PollNow();
  }

 private:
  std::atomic<int> ring_{0};

 public:
  BusServer server{[this](SendFrame send) { return std::make_unique<EchoSession>(std::move(send), ring_); }};

 private:
  std::string address_;
  std::thread thread_;
};

class Listeners : public ::testing::TestWithParam<const char*> {
 protected:
  std::string Address() const {
    const std::string kind = GetParam();
    if (kind == "unix") return "unix:" + (directory_ / "socket").string();
    if (kind == "pty_link") return "pty:" + (directory_ / "link").string();
    return kind == "tcp" ? "tcp:127.0.0.1:0" : "pty";
  }
  testing::TemporaryDirectory directory_;
};

TEST_P(Listeners, AnswerHostsThatComeAndGo) {
  RunningServer running(Address());
  for (int i = 0; i < 3; ++i) {
    Host host(running.address());
    ASSERT_TRUE(host.is_open()) << running.address();
    const std::string_view all_kinds("a\0\n\r\x03\x04\x11\x13\x7F\xFFz", 11);
    EXPECT_EQ(host.Ask(all_kinds), all_kinds);
  }
}

TEST_P(Listeners, SendByThemselves) {
  RunningServer running(Address());
  Host host(running.address());
  host.Ask("a");
  running.Ring();
  EXPECT_EQ(host.Receive(64), std::string(64, '!'));
}

TEST_P(Listeners, OutliveAHostThatDiesInMidSentence) {
  RunningServer running(Address());
  {
    Host host(running.address());
    host.Send(std::string(2000, 'x'));
  }
  std::this_thread::sleep_for(50ms);
  Host host(running.address());
  host.Send("after");
  std::string got;
  while (!got.ends_with("after")) {
    const std::string more = host.Receive(1);
    ASSERT_FALSE(more.empty());
    got += more;
  }
}

// Where several hosts can be connected.
class Sockets : public Listeners {};

TEST_P(Sockets, ServeOneHostWhileAnotherDoesNotRead) {
  RunningServer running(Address());
  Host silent(running.address());
  const size_t sent = silent.SendUntilFull(16u << 20);
  EXPECT_LT(sent, 16u << 20) << "the server stopped to take more from it";
  Host other(running.address());
  EXPECT_EQ(other.Ask("hello"), "hello");
  const auto deadline = steady_clock::now() + kPatience;
  while (running.server.cut_off_clients() == 0 && steady_clock::now() < deadline) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(running.server.cut_off_clients(), 1u);
  EXPECT_GE(running.server.dropped_frames(), 1u);
  EXPECT_EQ(other.Ask("again"), "again");
}

TEST_P(Listeners, DropAndCountWhatNobodyReads) {
  RunningServer running(Address());
  Host host(running.address());
  host.Ask("a");
  const auto deadline = steady_clock::now() + kPatience;
  while (running.server.dropped_frames() == 0 && steady_clock::now() < deadline) {
    for (int i = 0; i < 4096; ++i) running.Ring();
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_GE(running.server.dropped_frames(), 1u);
}

INSTANTIATE_TEST_SUITE_P(All, Listeners, ::testing::Values("unix", "tcp", "pty", "pty_link"),
                         [](const auto& test) { return std::string(test.param); });
INSTANTIATE_TEST_SUITE_P(All, Sockets, ::testing::Values("unix", "tcp"), [](const auto& test) { return std::string(test.param); });

class BusServerAddresses : public ::testing::Test {
 protected:
  auto Listening(const std::string& address) {
    return [address] { BusServer([](SendFrame) { return nullptr; }).Listen(address); };
  }
  testing::TemporaryDirectory directory_;
};

TEST_F(BusServerAddresses, ASocketFileThatADeadModuleLeftIsReplaced) {
  const std::string path = directory_ / "socket";
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  std::strncpy(where.sun_path, path.c_str(), sizeof where.sun_path - 1);
  const int dead = socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(bind(dead, reinterpret_cast<sockaddr*>(&where), sizeof where), 0);
  close(dead);
  RunningServer running("unix:" + path);
  EXPECT_EQ(Host(running.address()).Ask("a"), "a");
}

TEST_F(BusServerAddresses, ASocketThatALivingModuleHoldsIsNotReplaced) {
  RunningServer running("unix:" + (directory_ / "socket").string());
  EXPECT_THAT(Listening(running.address()), ThrowsMessage<ListenError>(HasSubstr("another program listens there")));
  EXPECT_EQ(Host(running.address()).Ask("a"), "a");
}

TEST_F(BusServerAddresses, SocketFilesAndLinksAreRemovedAtTheEnd) {
  {
    RunningServer on_socket("unix:" + (directory_ / "socket").string());
    RunningServer on_pty("pty:" + (directory_ / "link").string());
    EXPECT_TRUE(std::filesystem::exists(directory_ / "socket"));
    EXPECT_TRUE(std::filesystem::is_symlink(directory_ / "link"));
    EXPECT_EQ(on_pty.address(), "serial:" + (directory_ / "link").string());
  }
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
}

TEST_F(BusServerAddresses, ALinkThatADeadModuleLeftIsReplaced) {
  std::filesystem::create_symlink("/dev/pts/99999", directory_ / "link");
  RunningServer running("pty:" + (directory_ / "link").string());
  EXPECT_EQ(Host(running.address()).Ask("a"), "a");
}

TEST_F(BusServerAddresses, SeveralAreServedAtATime) {
  RunningServer running("tcp:127.0.0.1:0");
  std::vector<std::unique_ptr<Host>> hosts;
  for (size_t i = 0; i < BusServer::kMaxClients; ++i) hosts.push_back(std::make_unique<Host>(running.address()));
  for (const auto& host : hosts) EXPECT_EQ(host->Ask("a"), "a");
  EXPECT_EQ(Host(running.address()).Receive(1), "") << "one too many is let go at once";
  EXPECT_EQ(running.server.refused_clients(), 1u);
}

TEST_F(BusServerAddresses, ThatCannotBeUsedSayWhy) {
  testing::WriteBytes(directory_ / "file", "not to be lost");
  const std::pair<std::string, const char*> cases[] = {
      {"i2c:1", "use unix:PATH, tcp:127.0.0.1:PORT, pty or pty:LINKPATH"},
      {"", "use unix:PATH"},
      {"unix:", "no path"},
      {"unix:/nowhere/at/all/socket", "check the directory"},
      {"unix:" + std::string(200, 'x'), "longer than 107 bytes"},
      {"unix:" + (directory_ / "file").string(), "no socket"},
      {"pty:" + (directory_ / "file").string(), "no link to a pseudo-terminal"},
      {"tcp:127.0.0.1", "no port"},
      {"tcp:127.0.0.1:65536", "no port"},
      {"tcp:127.0.0.1:-1", "no port"},
      {"tcp:0.0.0.0:1234", "only addresses of this machine"},
      {"tcp:example.org:1234", "only addresses of this machine"},
  };
  for (const auto& [address, text] : cases) {
    EXPECT_THAT(Listening(address), ThrowsMessage<ListenError>(StartsWith(address + ": "))) << address;
    EXPECT_THAT(Listening(address), ThrowsMessage<ListenError>(HasSubstr(text))) << address;
  }
  EXPECT_EQ(testing::ReadBytes(directory_ / "file"), "not to be lost");
}

}  // namespace
}  // namespace mls
