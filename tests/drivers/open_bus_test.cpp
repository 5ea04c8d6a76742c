#include "mls/drivers/open_bus.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "frame_test_server.h"

namespace mls::test {
namespace {

using namespace std::chrono_literals;

struct Case {
  const char* uri;
  Status status;
  const char* says;
};

constexpr Case kCases[] = {
    {"", Status::kInvalidArgument, "begin with i2c:"},
    {"/dev/ttyUSB0", Status::kInvalidArgument, "begin with i2c:"},
    {"i2c:", Status::kInvalidArgument, "number or a path"},
    {"i2c:one", Status::kInvalidArgument, "number or a path"},
    {"i2c:-1", Status::kInvalidArgument, "number or a path"},
    {"i2c:1@", Status::kInvalidArgument, "0x08 to 0x77"},
    {"i2c:1@6c", Status::kInvalidArgument, "0x08 to 0x77"},
    {"i2c:1@0x07", Status::kInvalidArgument, "0x08 to 0x77"},
    {"i2c:1@0x78", Status::kInvalidArgument, "0x08 to 0x77"},
    {"i2c:9999", Status::kNoDevice, "no such adapter"},
    {"i2c:/dev/i2c-9999@0x6d", Status::kNoDevice, "modprobe i2c-dev"},
    {"i2c:/dev/null", Status::kInvalidArgument, "not an I2C adapter"},
    {"i2c:1,irq=17", Status::kInvalidArgument, "gpio:NAME or gpiochip0:17"},
    {"i2c:1,irq=", Status::kInvalidArgument, "gpio:NAME or gpiochip0:17"},
    {"i2c:9999@0x6c,irq=gpiochip0:17", Status::kNoDevice, "no such adapter"},
    {"unix:/there/is/no/such/socket,irq=gpio:ML_INT", Status::kNoDevice, "no such path"},
    {"unix:", Status::kInvalidArgument, "path is missing"},
    {"unix:/there/is/no/such/socket", Status::kNoDevice, "no such path"},
    {"unix:/a-path-that-is-too-long/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/"
     "0123456789",
     Status::kInvalidArgument, "at most 107 bytes"},
    {"tcp:localhost", Status::kInvalidArgument, "tcp:HOST:PORT"},
    {"tcp:localhost:0", Status::kInvalidArgument, "1 to 65535"},
    {"tcp:localhost:65536", Status::kInvalidArgument, "1 to 65535"},
    {"tcp:localhost:12x", Status::kInvalidArgument, "1 to 65535"},
    {"tcp:::1:4000", Status::kInvalidArgument, "[::1]:4000"},
    {"tcp::4000", Status::kInvalidArgument, "tcp:HOST:PORT"},
    {"tcp:127.0.0.1:1", Status::kNoDevice, "refused"},
    {"serial:", Status::kInvalidArgument, "port is missing"},
    {"serial:@9600", Status::kInvalidArgument, "port is missing"},
    {"serial:/dev/ttyNotHere", Status::kNoDevice, "no such port"},
    {"serial:/dev/ttyNotHere@1199", Status::kInvalidArgument, "1200 to 921600"},
    {"serial:/dev/ttyNotHere@921601", Status::kInvalidArgument, "1200 to 921600"},
    {"serial:/dev/ttyNotHere@", Status::kInvalidArgument, "1200 to 921600"},
    {"serial:/dev/null", Status::kInvalidArgument, "not a serial port"},
};

TEST(OpenBus, ErrorsAreToldApartAndSayWhy) {
  for (const Case& a_case : kCases) {
    std::string error;
    const Result<BusConnection> opened = OpenBus(a_case.uri, SteadyClock::now() + 5s, &error);
    EXPECT_EQ(opened.status(), a_case.status) << a_case.uri << ": " << StatusName(opened.status());
    EXPECT_NE(error.find(a_case.says), std::string::npos) << a_case.uri << ": " << error;
  }
}

TEST(OpenBus, ASocketThatNobodyListensToIsRefused) {
  const std::string path = "/tmp/mls-dead-" + std::to_string(getpid());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), address.sun_path);
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  close(fd);
  std::string error;
  EXPECT_EQ(OpenBus("unix:" + path, SteadyClock::now() + 5s, &error).status(), Status::kNoDevice);
  EXPECT_NE(error.find("refused"), std::string::npos) << error;
  unlink(path.c_str());
}

TEST(OpenBus, APathWithoutPermissionGivesAHint) {
  const std::string path = "/tmp/mls-locked-" + std::to_string(getpid());
  close(open(path.c_str(), O_CREAT | O_RDWR, 0600));
  chmod(path.c_str(), 0);
  // Root may open everything: be somebody else for a moment.
  const bool is_root = geteuid() == 0;
  ASSERT_TRUE(!is_root || seteuid(65534) == 0);
  for (const auto& [scheme, group] : {std::pair{"serial:", "dialout"}, {"i2c:", "-aG i2c"}}) {
    std::string error;
    EXPECT_EQ(OpenBus(scheme + path, SteadyClock::now() + 5s, &error).status(), Status::kPermission);
    EXPECT_NE(error.find(group), std::string::npos) << error;
  }
  ASSERT_TRUE(!is_root || seteuid(0) == 0);
  unlink(path.c_str());
}

TEST(OpenBus, ASerialPortIsExclusive) {
  FakeModule module;
  FrameTestServer server(module, FrameTestServer::Link::kPty);
  Result<BusConnection> first = OpenBus(server.uri(), SteadyClock::now() + 5s);
  ASSERT_TRUE(first.ok());
  std::string error;
  EXPECT_EQ(OpenBus(server.uri(), SteadyClock::now() + 5s, &error).status(), Status::kBusy);
  EXPECT_NE(error.find("another program"), std::string::npos) << error;
  *first = {};
  EXPECT_TRUE(OpenBus(server.uri(), SteadyClock::now() + 5s).ok()) << "closing gives the port free";
}

TEST(OpenBus, EveryRateIsTakenStandardOrNot) {
  FakeModule module;
  FrameTestServer server(module, FrameTestServer::Link::kPty);
  const std::string device = server.uri().substr(0, server.uri().rfind('@'));
  for (const char* baud : {"", "@1200", "@1201", "@9600", "@31250", "@74880", "@115200", "@250000", "@921600"}) {
    std::string error;
    Result<BusConnection> opened = OpenBus(device + baud, SteadyClock::now() + 5s, &error);
    ASSERT_TRUE(opened.ok()) << baud << ": " << error;
    std::array<uint8_t, 32> bytes{};
    EXPECT_EQ(opened->bus->Read(0, bytes, SteadyClock::now() + 5s), Status::kOk) << baud;
  }
}

TEST(OpenBus, TheInterruptLineMustBeThereToo) {
  FakeModule module;
  FrameTestServer server(module, FrameTestServer::Link::kUnix);
  std::string error;
  EXPECT_FALSE(OpenBus(server.uri() + ",irq=gpiochip250:3", SteadyClock::now() + 5s, &error).ok());
  EXPECT_NE(error.find("line"), std::string::npos) << error;
  const Result<BusConnection> without = OpenBus(server.uri(), SteadyClock::now() + 5s, &error);
  ASSERT_TRUE(without.ok());
  EXPECT_FALSE(without->is_interrupt_line);
}

TEST(OpenBus, AHostNameIsLookedUp) {
  addrinfo* found = nullptr;
  if (getaddrinfo("localhost", nullptr, nullptr, &found) != 0) GTEST_SKIP() << "this machine does not know localhost";
  freeaddrinfo(found);
  FakeModule module;
  FrameTestServer server(module, FrameTestServer::Link::kTcp);
  const std::string port = server.uri().substr(server.uri().rfind(':'));
  std::string error;
  EXPECT_TRUE(OpenBus("tcp:localhost" + port, SteadyClock::now() + 5s, &error).ok()) << error;
}

}  // namespace
}  // namespace mls::test
