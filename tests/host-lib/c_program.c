/* The header in a C99 program: compiled with -pedantic-errors, run by c_api_test. */
#include "mls/mlsensor.h"

static int count_events(void *count, const mls_event *event) {
  if (event->sequence != 0) ++*(int *)count;
  return *(int *)count < 2;
}

/* The number of events that were seen, or minus the status. */
int mls_test_c_program(const char *uri) {
  mls_sensor *sensor;
  mls_reading reading = {.size = sizeof reading};
  const mls_options options = {.size = sizeof options, .timeout_ms = 5000};
  int events = 0;
  mls_status status = mls_open(uri, &options, &sensor);
  if (status == MLS_STATUS_CODE_OK) status = mls_read_keyword(sensor, &reading);
  if (status == MLS_STATUS_CODE_OK) status = mls_watch(sensor, count_events, &events, 10000);
  mls_close(sensor);
  return status == MLS_STATUS_CODE_OK ? events : -status;
}
