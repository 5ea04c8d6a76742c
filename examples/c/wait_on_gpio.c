/* Waits for one detection with the module's interrupt line on a GPIO, and uses no processor time until then.
 * Usage: wait_on_gpio URI SECONDS, for example wait_on_gpio i2c:1@0x6C,irq=GPIO17 60
 * The line is named in the URI. On serial links and sockets, where there is none, the module tells in its own way. */
#include <stdio.h>
#include <stdlib.h>

#include "mls/mlsensor.h"

static int on_event(void *heard, const mls_event *event) {
  const int is_presence = event->type == MLS_EVENT_TYPE_PRESENCE && event->detail == MLS_DECISION_POSITIVE;
  if (event->type != MLS_EVENT_TYPE_DETECTION && !is_presence) return 1;
  printf("%s, score %.3f\n", event->word, event->value / 1000.0);
  *(int *)heard = 1;
  return 0;
}

int main(int argc, char **argv) {
  if (argc != 3) return fprintf(stderr, "Usage: wait_on_gpio URI SECONDS\n"), 2;
  int heard = 0;
  mls_sensor *sensor;
  const uint32_t timeout_ms = (uint32_t)atoi(argv[2]) * 1000u;
  const int failed = mls_open(argv[1], NULL, &sensor) || mls_watch(sensor, on_event, &heard, timeout_ms);
  if (failed) fprintf(stderr, "%s\n", mls_error_message(sensor));
  mls_close(sensor);
  return failed || !heard;
}
