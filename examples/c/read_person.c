/* Is somebody there? Usage: read_person URI, for example read_person unix:/tmp/person.sock */
#include <stdio.h>

#include "mls/mlsensor.h"

int main(int argc, char **argv) {
  mls_sensor *sensor;
  mls_reading person = {.size = sizeof person};
  int failed = mls_open(argc > 1 ? argv[1] : "unix:/tmp/person.sock", NULL, &sensor) || mls_read_person(sensor, &person);
  if (failed) fprintf(stderr, "%s\n", mls_error_message(sensor));
  else printf("%s, score %.3f\n", !person.usable ? "unknown" : person.detected ? "somebody" : "nobody", person.score_permille / 1000.0);
  mls_close(sensor);
  return failed != 0;
}
