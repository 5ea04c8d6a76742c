// The two devices by which a virtual machine sees modules: an I2C adapter and GPIO lines (Virtual I/O Device 1.2, sections 5.18 and 5.15).
#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "mls/core/module/ports.h"
#include "mls/drivers/module/virtual_i2c_bus.h"
#include "vhost_user.h"

namespace mls {

// Each request is one I2C message. One that nobody acknowledges is answered with an error, and so are those that belong to the same transfer.
class VirtioI2c final : public VirtioDevice {
 public:
  explicit VirtioI2c(VirtualI2cBus& bus);

 private:
  uint32_t Handle(size_t queue, const Chain& chain) override;
  void Reset() override { has_failed_ = false; }

  VirtualI2cBus& bus_;
  bool has_failed_ = false;  // an earlier message of the same transfer
  std::vector<uint8_t> read_;
};

// A module's interrupt line. The module sets it from any thread; the thread of the bus takes what has happened to it.
class VirtualLine final : public OutputPin {
 public:
  explicit VirtualLine(const WakeEvent& changed) : changed_(changed) {}

  enum : uint8_t { kHigh = 1, kRose = 2, kFell = 4 };
  bool is_high() const { return (state_ & kHigh) != 0; }
  // Level, and the edges since the last call.
  uint8_t Take() { return state_.fetch_and(kHigh); }

 private:
  void DoSet(bool high) override;

  const WakeEvent& changed_;
  std::atomic<uint8_t> state_{kHigh};
};

// One input line for each module, with interrupts.
class VirtioGpio final : public VirtioDevice {
 public:
  // `lines` and `names` belong together.
  VirtioGpio(std::span<const std::unique_ptr<VirtualLine>> lines, const std::vector<std::string>& names);

  // The way back for requests that wait for an interrupt.
  void SetServer(VhostUserServer& server) { server_ = &server; }
  void TakeEdges();  // Something has changed on the lines.

 private:
  static constexpr size_t kRequests = 0, kEvents = 1;  // queues

  struct State {
    uint8_t direction = 0;
    uint32_t interrupt_type = 0;
    bool is_pending = false;
    std::optional<uint16_t> waiting;  // the driver's request for the next interrupt
  };

  uint32_t Handle(size_t queue, const Chain& chain) override;
  void Reset() override;
  uint32_t HandleRequest(const Chain& chain);
  uint32_t HandleEventRequest(const Chain& chain);
  bool IsDue(size_t line) const;
  void Raise(size_t line);

  const std::span<const std::unique_ptr<VirtualLine>> lines_;
  std::vector<uint8_t> names_;
  std::vector<State> states_;
  VhostUserServer* server_ = nullptr;
};

}  // namespace mls
