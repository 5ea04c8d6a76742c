// What the host's drivers use of libgpiod 2: declarations only, so that gpio_line_v2.cpp is compiled and tested where
// version 1 is installed. Source: the library's reference of 2.0.
#pragma once

#include <cstddef>

extern "C" {

struct gpiod_chip;
struct gpiod_line_info;
struct gpiod_line_settings;
struct gpiod_line_config;
struct gpiod_request_config;
struct gpiod_line_request;

enum gpiod_line_direction { GPIOD_LINE_DIRECTION_AS_IS = 1, GPIOD_LINE_DIRECTION_INPUT };
enum gpiod_line_edge { GPIOD_LINE_EDGE_NONE = 1, GPIOD_LINE_EDGE_RISING, GPIOD_LINE_EDGE_FALLING };
enum gpiod_line_bias {
  GPIOD_LINE_BIAS_AS_IS = 1,
  GPIOD_LINE_BIAS_UNKNOWN,
  GPIOD_LINE_BIAS_DISABLED,
  GPIOD_LINE_BIAS_PULL_UP
};

bool gpiod_is_gpiochip_device(const char* path);
gpiod_chip* gpiod_chip_open(const char* path);
void gpiod_chip_close(gpiod_chip* chip);
int gpiod_chip_get_line_offset_from_name(gpiod_chip* chip, const char* name);
gpiod_line_info* gpiod_chip_get_line_info(gpiod_chip* chip, unsigned int offset);
const char* gpiod_line_info_get_consumer(gpiod_line_info* info);
void gpiod_line_info_free(gpiod_line_info* info);
gpiod_line_settings* gpiod_line_settings_new(void);
void gpiod_line_settings_free(gpiod_line_settings* settings);
int gpiod_line_settings_set_direction(gpiod_line_settings* settings, gpiod_line_direction direction);
int gpiod_line_settings_set_edge_detection(gpiod_line_settings* settings, gpiod_line_edge edge);
int gpiod_line_settings_set_bias(gpiod_line_settings* settings, gpiod_line_bias bias);
gpiod_line_config* gpiod_line_config_new(void);
void gpiod_line_config_free(gpiod_line_config* config);
int gpiod_line_config_add_line_settings(gpiod_line_config* config, const unsigned int* offsets, size_t count,
                                        gpiod_line_settings* settings);
gpiod_request_config* gpiod_request_config_new(void);
void gpiod_request_config_free(gpiod_request_config* config);
void gpiod_request_config_set_consumer(gpiod_request_config* config, const char* consumer);
gpiod_line_request* gpiod_chip_request_lines(gpiod_chip* chip, gpiod_request_config* request, gpiod_line_config* lines);
int gpiod_line_request_get_fd(gpiod_line_request* request);
void gpiod_line_request_release(gpiod_line_request* request);

}  // extern "C"
