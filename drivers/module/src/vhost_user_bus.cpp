#include "mls/drivers/module/vhost_user_bus.h"

#include <atomic>
#include <cerrno>
#include <thread>

#include "virtio_devices.h"

namespace mls {
namespace {

constexpr int kTickMs = 10;

std::vector<std::unique_ptr<VirtualLine>> MakeLines(size_t count, const WakeEvent& changed) {
  std::vector<std::unique_ptr<VirtualLine>> lines;
  for (size_t i = 0; i < count; ++i) lines.push_back(std::make_unique<VirtualLine>(changed));
  return lines;
}

std::vector<std::string> LineNames(size_t count) {
  std::vector<std::string> names;
  for (size_t i = 0; i < count; ++i) names.push_back("mls-irq-" + std::to_string(i));
  return names;
}

std::string PathOf(std::string_view address, bool is_gpio) {
  address.remove_prefix(std::min(VhostUserBus::kPrefix.size(), address.size()));
  const size_t comma = address.find(',');
  if (is_gpio) return comma == std::string_view::npos ? std::string() : std::string(address.substr(comma + 1));
  return std::string(address.substr(0, comma));
}

}  // namespace

struct VhostUserBus::Parts {
  Parts(std::string_view address, size_t module_count)
      : lines(MakeLines(module_count, wake)),
        i2c(bus),
        gpio(lines, LineNames(module_count)),
        i2c_server(PathOf(address, false), i2c) {
    const std::string gpio_path = PathOf(address, true);
    if (!gpio_path.empty()) {
      gpio_server.emplace(gpio_path, gpio);
      gpio.SetServer(*gpio_server);
    }
    thread = std::thread([this] { Run(); });
  }
  ~Parts() {
    stop = true;
    wake.Set();
    thread.join();
  }

  void Run() {
    std::vector<pollfd> polled;
    while (!stop) {
      polled.assign(1, {wake.fd(), POLLIN, 0});
      i2c_server.AddPolled(polled);
      const size_t i2c_end = polled.size();
      if (gpio_server) gpio_server->AddPolled(polled);
      const bool has_work = i2c_server.has_work() || (gpio_server && gpio_server->has_work());
      const int timeout_ms = has_work ? 0 : i2c_server.has_client() ? kTickMs : -1;
      if (poll(polled.data(), polled.size(), timeout_ms) < 0) {
        if (errno != EINTR) return;
        continue;
      }
      if (polled[0].revents != 0) {
        wake.Clear();
        gpio.TakeEdges();
      }
      i2c_server.Serve(std::span(polled).subspan(1, i2c_end - 1));
      if (gpio_server) gpio_server->Serve(std::span(polled).subspan(i2c_end));
      bus.Tick();
    }
  }

  WakeEvent wake;  // a line has changed, or all shall end
  std::atomic<bool> stop{false};
  VirtualI2cBus bus;
  const std::vector<std::unique_ptr<VirtualLine>> lines;
  VirtioI2c i2c;
  VirtioGpio gpio;
  VhostUserServer i2c_server;
  std::optional<VhostUserServer> gpio_server;
  std::thread thread;
};

VhostUserBus::VhostUserBus(std::string_view address, size_t module_count)
    : address_(address), parts_(std::make_unique<Parts>(address, module_count)) {}

VhostUserBus::~VhostUserBus() = default;

VirtualI2cBus& VhostUserBus::i2c() { return parts_->bus; }

OutputPin& VhostUserBus::interrupt_line(size_t place) { return *parts_->lines.at(place); }

}  // namespace mls
