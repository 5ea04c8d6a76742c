/* Logs what many sensors report, until SIGINT or SIGTERM. Usage: sensor_daemon URI...
 * Sensors may come and go; between their events it sleeps. Under systemd the lines go to the journal. */
#define _POSIX_C_SOURCE 200809L
#include <poll.h>
#include <signal.h>
#include <stdio.h>

#include "mls/mlsensor.h"

static volatile sig_atomic_t is_over;
static void on_signal(int number) { (void)number, is_over = 1; }

static void on_event(void *uri, mls_sensor *sensor, const mls_event *event) {
  (void)sensor;
  if (event->restarted) printf("%s: restarted\n", (const char *)uri);
  if (event->lost > 0) printf("%s: %llu events lost\n", (const char *)uri, (unsigned long long)event->lost);
  if (event->sequence == 0) return;
  const char *type = mls_value_name("event_data.type", event->type);
  printf("%s: %s %s %d\n", (const char *)uri, type ? type : "?", event->word, event->value);
}
static void on_online(void *uri, mls_sensor *sensor) { (void)sensor, printf("%s: online\n", (const char *)uri); }
static void on_offline(void *uri, mls_status status, const char *message) {
  (void)uri, printf("offline (%s): %s\n", mls_status_name(status), message);
}

int main(int argc, char **argv) {
  if (argc < 2) return fprintf(stderr, "Usage: sensor_daemon URI...\n"), 2;
  setvbuf(stdout, NULL, _IOLBF, 0);
  mls_watcher *watcher;
  if (mls_watcher_new(&watcher)) return 1;
  for (int i = 1; i < argc; ++i) {
    const mls_handlers handlers = {
        .size = sizeof handlers, .user = argv[i], .event = on_event, .online = on_online, .offline = on_offline};
    uint64_t id;
    if (mls_watcher_add(watcher, argv[i], &handlers, NULL, &id)) return 1;
  }
  const struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  struct pollfd news = {.fd = mls_watcher_fd(watcher), .events = POLLIN};
  while (!is_over) {
    if (poll(&news, 1, 1000) > 0) mls_watcher_dispatch(watcher, 20);
  }
  mls_watcher_free(watcher);
  return 0;
}
