// libgpiod 2.x.
#include <fcntl.h>
#include <gpiod.h>

#include <cerrno>
#include <memory>

#include "gpio_line.h"

namespace mls {
namespace {

template <auto kFree>
struct Free {
  void operator()(auto* object) const { kFree(object); }
};
using Chip = std::unique_ptr<gpiod_chip, Free<&gpiod_chip_close>>;
using LineInfo = std::unique_ptr<gpiod_line_info, Free<&gpiod_line_info_free>>;
using LineSettings = std::unique_ptr<gpiod_line_settings, Free<&gpiod_line_settings_free>>;
using LineConfig = std::unique_ptr<gpiod_line_config, Free<&gpiod_line_config_free>>;
using RequestConfig = std::unique_ptr<gpiod_request_config, Free<&gpiod_request_config_free>>;
using LineRequest = std::unique_ptr<gpiod_line_request, Free<&gpiod_line_request_release>>;

// The library looks for a name on one chip only. Null: nowhere; errno tells why.
Chip FindByName(const std::string& name, unsigned& offset) {
  constexpr int kMostChips = 256;
  int code = ENOENT;
  for (int number = 0; number < kMostChips; ++number) {
    const std::string path = "/dev/gpiochip" + std::to_string(number);
    if (!gpiod_is_gpiochip_device(path.c_str())) continue;
    Chip chip(gpiod_chip_open(path.c_str()));
    const int found = chip != nullptr ? gpiod_chip_get_line_offset_from_name(chip.get(), name.c_str()) : -1;
    if (found >= 0) {
      offset = static_cast<unsigned>(found);
      return chip;
    }
    if (errno != ENOENT) code = errno;
  }
  errno = code;
  return nullptr;
}

LineRequest Request(gpiod_chip* chip, unsigned offset, gpiod_line_bias bias) {
  const LineSettings settings(gpiod_line_settings_new());
  const LineConfig lines(gpiod_line_config_new());
  const RequestConfig config(gpiod_request_config_new());
  if (settings == nullptr || lines == nullptr || config == nullptr) return nullptr;
  gpiod_line_settings_set_direction(settings.get(), GPIOD_LINE_DIRECTION_INPUT);
  gpiod_line_settings_set_edge_detection(settings.get(), GPIOD_LINE_EDGE_FALLING);
  gpiod_line_settings_set_bias(settings.get(), bias);
  if (gpiod_line_config_add_line_settings(lines.get(), &offset, 1, settings.get()) != 0) return nullptr;
  gpiod_request_config_set_consumer(config.get(), "mlsensor");
  return LineRequest(gpiod_chip_request_lines(chip, config.get(), lines.get()));
}

}  // namespace

int RequestFallingEdges(const GpioLine& wanted, std::string& user) {
  unsigned offset = wanted.offset;
  const Chip chip = wanted.name.empty() ? Chip(gpiod_chip_open(("/dev/" + wanted.chip).c_str()))
                                        : FindByName(wanted.name, offset);
  if (chip == nullptr) return -errno;
  LineRequest request = Request(chip.get(), offset, GPIOD_LINE_BIAS_PULL_UP);
  if (request == nullptr && errno != EBUSY) request = Request(chip.get(), offset, GPIOD_LINE_BIAS_AS_IS);
  if (request == nullptr) {
    const int code = errno;
    const LineInfo info(gpiod_chip_get_line_info(chip.get(), offset));
    const char* const consumer = info != nullptr ? gpiod_line_info_get_consumer(info.get()) : nullptr;
    if (consumer != nullptr) user = consumer;
    return -code;
  }
  // Releasing the request closes its file descriptor, but the copy keeps it alive.
  const int fd = fcntl(gpiod_line_request_get_fd(request.get()), F_DUPFD_CLOEXEC, 0);
  return fd >= 0 ? fd : -errno;
}

}  // namespace mls
