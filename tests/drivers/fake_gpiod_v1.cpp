// The functions of libgpiod 1 that the host's drivers use, on fake lines. They take the place of the library's.
#include <gpiod.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "fake_gpio.h"

using mls::test::FakeGpioLine;

struct gpiod_line {
  gpiod_chip* chip;
  FakeGpioLine* fake;
  int fd = -1;
};
struct gpiod_chip {
  std::string path;
  std::unique_ptr<gpiod_line> line;
};

namespace {
int Request(gpiod_line* line, const char* consumer, bool pull_up) {
  line->fd = line->fake->Request(pull_up, consumer);
  return line->fd < 0 ? -1 : 0;
}
}  // namespace

extern "C" {

gpiod_chip* gpiod_chip_open(const char* path) {
  return mls::test::CanOpenFakeChip(path) ? new gpiod_chip{path, nullptr} : nullptr;
}

void gpiod_chip_close(gpiod_chip* chip) {
  if (chip->line != nullptr && chip->line->fd >= 0) close(chip->line->fd);
  delete chip;
}

gpiod_line* gpiod_chip_get_line(gpiod_chip* chip, unsigned offset) {
  FakeGpioLine* const fake = mls::test::FindFakeLine(chip->path, offset);
  if (fake == nullptr) return nullptr;
  chip->line = std::make_unique<gpiod_line>(gpiod_line{chip, fake});
  return chip->line.get();
}

gpiod_line* gpiod_line_find(const char* name) {
  const FakeGpioLine* const fake = mls::test::FindFakeLine(name);
  if (fake == nullptr) return nullptr;
  gpiod_chip* const chip = gpiod_chip_open(("/dev/" + fake->chip).c_str());
  return chip != nullptr ? gpiod_chip_get_line(chip, fake->offset) : nullptr;
}

gpiod_chip* gpiod_line_get_chip(gpiod_line* line) { return line->chip; }

const char* gpiod_line_consumer(gpiod_line* line) {
  return line->fake->user.empty() ? nullptr : line->fake->user.c_str();
}

int gpiod_line_request_falling_edge_events(gpiod_line* line, const char* consumer) {
  return Request(line, consumer, false);
}

int gpiod_line_request_falling_edge_events_flags(gpiod_line* line, const char* consumer, int flags) {
  return Request(line, consumer, flags == GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_UP);
}

int gpiod_line_event_get_fd(gpiod_line* line) { return line->fd; }

}  // extern "C"
