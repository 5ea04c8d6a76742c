#include <cerrno>

#include "gpio_line.h"

namespace mls {

int RequestFallingEdges(const GpioLine&, std::string&) { return -ENOSYS; }

}  // namespace mls
