#include "virtio_devices.h"

#include <linux/virtio_gpio.h>
#include <linux/virtio_i2c.h>

#include <cstring>

namespace mls {
namespace {

template <typename T>
std::optional<T> RequestOf(const Chain& chain) {
  T request;
  if (chain.request.size() < sizeof request) return std::nullopt;
  std::memcpy(&request, chain.request.data(), sizeof request);
  return request;
}

}  // namespace

// --- I2C ---

VirtioI2c::VirtioI2c(VirtualI2cBus& bus) : VirtioDevice(uint64_t{1} << VIRTIO_I2C_F_ZERO_LENGTH_REQUEST, 1), bus_(bus) {}

uint32_t VirtioI2c::Handle(size_t, const Chain& chain) {
  const auto header = RequestOf<virtio_i2c_out_hdr>(chain);
  if (!header || chain.room_bytes == 0) return 0;
  const size_t read_bytes = chain.room_bytes - sizeof(virtio_i2c_in_hdr);
  const bool is_read = (header->flags & VIRTIO_I2C_FLAGS_M_RD) != 0;
  const bool is_last = (header->flags & VIRTIO_I2C_FLAGS_FAIL_NEXT) == 0;
  const uint32_t address = header->addr >> 1;
  bool is_good = !has_failed_ && address < 0x80 && (header->addr & 1) == 0;
  if (is_good && is_read) {
    read_.resize(read_bytes);
    is_good = bus_.Read(static_cast<uint8_t>(address), read_, is_last);
    if (is_good) chain.Store(0, read_);
  } else if (is_good) {
    is_good = bus_.Write(static_cast<uint8_t>(address), std::span(chain.request).subspan(sizeof *header), is_last);
  }
  has_failed_ = !is_good && !is_last;
  const uint8_t status = is_good ? VIRTIO_I2C_MSG_OK : VIRTIO_I2C_MSG_ERR;
  chain.Store(read_bytes, {&status, 1});
  return static_cast<uint32_t>(chain.room_bytes);
}

// --- GPIO ---

void VirtualLine::DoSet(bool high) {
  // Only one thread at a time sets it: the one that holds the module's BusLock.
  const uint8_t old = high ? state_.fetch_or(kHigh) : state_.fetch_and(static_cast<uint8_t>(~kHigh));
  if (((old & kHigh) != 0) == high) return;
  state_ |= high ? kRose : kFell;
  changed_.Set();
}

VirtioGpio::VirtioGpio(std::span<const std::unique_ptr<VirtualLine>> lines, const std::vector<std::string>& names)
    : VirtioDevice(uint64_t{1} << VIRTIO_GPIO_F_IRQ, 2), lines_(lines), states_(lines.size()) {
  for (const std::string& name : names) names_.insert(names_.end(), name.c_str(), name.c_str() + name.size() + 1);
  virtio_gpio_config config{};
  config.ngpio = static_cast<uint16_t>(lines.size());
  config.gpio_names_size = static_cast<uint32_t>(names_.size());
  config_.resize(sizeof config);
  std::memcpy(config_.data(), &config, sizeof config);
}

void VirtioGpio::Reset() { states_.assign(states_.size(), {}); }

uint32_t VirtioGpio::Handle(size_t queue, const Chain& chain) {
  return queue == kRequests ? HandleRequest(chain) : HandleEventRequest(chain);
}

uint32_t VirtioGpio::HandleRequest(const Chain& chain) {
  const auto request = RequestOf<virtio_gpio_request>(chain);
  if (!request || chain.room_bytes < sizeof(virtio_gpio_response)) return 0;
  virtio_gpio_response response{VIRTIO_GPIO_STATUS_OK, 0};
  const size_t line = request->gpio;
  if (request->type == VIRTIO_GPIO_MSG_GET_NAMES && chain.room_bytes > names_.size()) {
    chain.Store(0, {&response.status, 1});
    chain.Store(1, names_);
    return static_cast<uint32_t>(1 + names_.size());
  }
  if (line >= lines_.size()) {
    response.status = VIRTIO_GPIO_STATUS_ERR;
  } else {
    State& state = states_[line];
    switch (request->type) {
      case VIRTIO_GPIO_MSG_GET_DIRECTION: response.value = state.direction; break;
      case VIRTIO_GPIO_MSG_SET_DIRECTION:
        // The module drives the line; a host must not.
        if (request->value != VIRTIO_GPIO_DIRECTION_NONE && request->value != VIRTIO_GPIO_DIRECTION_IN) {
          response.status = VIRTIO_GPIO_STATUS_ERR;
        } else {
          state.direction = static_cast<uint8_t>(request->value);
        }
        break;
      case VIRTIO_GPIO_MSG_GET_VALUE: response.value = lines_[line]->is_high(); break;
      case VIRTIO_GPIO_MSG_IRQ_TYPE:
        state.interrupt_type = request->value;
        state.is_pending = false;
        // Without interrupts the driver gets its request back.
        if (request->value == VIRTIO_GPIO_IRQ_TYPE_NONE) Raise(line);
        break;
      default: response.status = VIRTIO_GPIO_STATUS_ERR;
    }
  }
  std::array<uint8_t, sizeof response> bytes;
  std::memcpy(bytes.data(), &response, sizeof response);
  chain.Store(0, bytes);
  return sizeof response;
}

uint32_t VirtioGpio::HandleEventRequest(const Chain& chain) {
  const auto request = RequestOf<virtio_gpio_irq_request>(chain);
  if (!request || request->gpio >= lines_.size() || chain.room_bytes == 0 || states_[request->gpio].waiting) return 0;
  State& state = states_[request->gpio];
  const bool is_on = state.interrupt_type != VIRTIO_GPIO_IRQ_TYPE_NONE;
  if (is_on && !IsDue(request->gpio)) {
    state.waiting = chain.head;
    return kLater;
  }
  state.is_pending = false;
  const uint8_t status = is_on ? VIRTIO_GPIO_IRQ_STATUS_VALID : VIRTIO_GPIO_IRQ_STATUS_INVALID;
  chain.Store(0, {&status, 1});
  return sizeof status;
}

void VirtioGpio::TakeEdges() {
  for (size_t line = 0; line < lines_.size(); ++line) {
    const uint8_t taken = lines_[line]->Take();
    State& state = states_[line];
    if ((taken & VirtualLine::kRose) && (state.interrupt_type & VIRTIO_GPIO_IRQ_TYPE_EDGE_RISING)) state.is_pending = true;
    if ((taken & VirtualLine::kFell) && (state.interrupt_type & VIRTIO_GPIO_IRQ_TYPE_EDGE_FALLING)) state.is_pending = true;
    if (state.waiting && IsDue(line)) Raise(line);
  }
}

bool VirtioGpio::IsDue(size_t line) const {
  const State& state = states_[line];
  if (state.interrupt_type == VIRTIO_GPIO_IRQ_TYPE_LEVEL_HIGH) return lines_[line]->is_high();
  if (state.interrupt_type == VIRTIO_GPIO_IRQ_TYPE_LEVEL_LOW) return !lines_[line]->is_high();
  return state.is_pending;
}

void VirtioGpio::Raise(size_t line) {
  State& state = states_[line];
  if (!state.waiting) return;
  const uint16_t head = *state.waiting;
  state.waiting.reset();
  state.is_pending = false;
  const uint8_t status = state.interrupt_type != VIRTIO_GPIO_IRQ_TYPE_NONE ? VIRTIO_GPIO_IRQ_STATUS_VALID : VIRTIO_GPIO_IRQ_STATUS_INVALID;
  server_->Return(kEvents, head, {&status, 1});
}

}  // namespace mls
