// The functions of libgpiod 2 that the host's drivers use, on fake lines.
#include <gpiod.h>
#include <unistd.h>

#include <cerrno>

#include "fake_gpio.h"

using mls::test::FakeGpioLine;

struct gpiod_chip {
  std::string path;
};
struct gpiod_line_info {
  FakeGpioLine* fake;
};
struct gpiod_line_settings {
  gpiod_line_direction direction = GPIOD_LINE_DIRECTION_AS_IS;
  gpiod_line_edge edge = GPIOD_LINE_EDGE_NONE;
  gpiod_line_bias bias = GPIOD_LINE_BIAS_AS_IS;
};
struct gpiod_line_config {
  unsigned offset = 0;
  gpiod_line_settings settings;
};
struct gpiod_request_config {
  std::string consumer;
};
struct gpiod_line_request {
  int fd;
};

extern "C" {

bool gpiod_is_gpiochip_device(const char* path) {
  return mls::test::CanOpenFakeChip(path) || errno != ENOENT;
}

gpiod_chip* gpiod_chip_open(const char* path) {
  return mls::test::CanOpenFakeChip(path) ? new gpiod_chip{path} : nullptr;
}

void gpiod_chip_close(gpiod_chip* chip) { delete chip; }

int gpiod_chip_get_line_offset_from_name(gpiod_chip* chip, const char* name) {
  const FakeGpioLine* const fake = mls::test::FindFakeLine(name);
  if (fake != nullptr && "/dev/" + fake->chip == chip->path) return static_cast<int>(fake->offset);
  errno = ENOENT;
  return -1;
}

gpiod_line_info* gpiod_chip_get_line_info(gpiod_chip* chip, unsigned offset) {
  FakeGpioLine* const fake = mls::test::FindFakeLine(chip->path, offset);
  return fake != nullptr ? new gpiod_line_info{fake} : nullptr;
}

const char* gpiod_line_info_get_consumer(gpiod_line_info* info) {
  return info->fake->user.empty() ? nullptr : info->fake->user.c_str();
}

void gpiod_line_info_free(gpiod_line_info* info) { delete info; }

gpiod_line_settings* gpiod_line_settings_new(void) { return new gpiod_line_settings; }
void gpiod_line_settings_free(gpiod_line_settings* settings) { delete settings; }
int gpiod_line_settings_set_direction(gpiod_line_settings* settings, gpiod_line_direction direction) {
  settings->direction = direction;
  return 0;
}
int gpiod_line_settings_set_edge_detection(gpiod_line_settings* settings, gpiod_line_edge edge) {
  settings->edge = edge;
  return 0;
}
int gpiod_line_settings_set_bias(gpiod_line_settings* settings, gpiod_line_bias bias) {
  settings->bias = bias;
  return 0;
}

gpiod_line_config* gpiod_line_config_new(void) { return new gpiod_line_config; }
void gpiod_line_config_free(gpiod_line_config* config) { delete config; }
int gpiod_line_config_add_line_settings(gpiod_line_config* config, const unsigned* offsets, size_t count,
                                        gpiod_line_settings* settings) {
  if (count != 1) return -1;
  config->offset = *offsets;
  config->settings = *settings;
  return 0;
}

gpiod_request_config* gpiod_request_config_new(void) { return new gpiod_request_config; }
void gpiod_request_config_free(gpiod_request_config* config) { delete config; }
void gpiod_request_config_set_consumer(gpiod_request_config* config, const char* consumer) {
  config->consumer = consumer;
}

gpiod_line_request* gpiod_chip_request_lines(gpiod_chip* chip, gpiod_request_config* request,
                                             gpiod_line_config* lines) {
  FakeGpioLine* const fake = mls::test::FindFakeLine(chip->path, lines->offset);
  if (fake == nullptr) return nullptr;
  const gpiod_line_settings& settings = lines->settings;
  if (settings.direction != GPIOD_LINE_DIRECTION_INPUT || settings.edge != GPIOD_LINE_EDGE_FALLING) {
    errno = EPROTO;
    return nullptr;
  }
  const int fd = fake->Request(settings.bias == GPIOD_LINE_BIAS_PULL_UP, request->consumer.c_str());
  return fd >= 0 ? new gpiod_line_request{fd} : nullptr;
}

int gpiod_line_request_get_fd(gpiod_line_request* request) { return request->fd; }

void gpiod_line_request_release(gpiod_line_request* request) {
  close(request->fd);
  delete request;
}

}  // extern "C"
