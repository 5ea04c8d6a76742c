// Puts modules on the I2C bus of a virtual machine, and their interrupt lines on its GPIO lines.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "mls/core/module/ports.h"
#include "mls/drivers/module/input_error.h"
#include "mls/drivers/module/virtual_i2c_bus.h"

namespace mls {

// Listens as the back end of QEMU's vhost-user-i2c and vhost-user-gpio, or of User Mode Linux's virtio_uml, and serves from a thread of its own
// from construction to destruction. A machine may go and another come.
class VhostUserBus {
 public:
  static constexpr std::string_view kPrefix = "vhost-user:";

  // `address` is vhost-user:I2C_SOCKET or vhost-user:I2C_SOCKET,GPIO_SOCKET. Without the second, hosts have to poll. GPIO line n is named
  // "mls-irq-n" and belongs to the module in place n. Throws ListenError.
  VhostUserBus(std::string_view address, size_t module_count);
  ~VhostUserBus();

  VirtualI2cBus& i2c();
  OutputPin& interrupt_line(size_t place);  // high until somebody sets it
  const std::string& address() const { return address_; }

 private:
  struct Parts;
  const std::string address_;
  const std::unique_ptr<Parts> parts_;
};

}  // namespace mls
