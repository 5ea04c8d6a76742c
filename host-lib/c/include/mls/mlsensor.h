/* mlsensor: read ML sensors from C, and from any language that can call C. Library: libmlsensor.
 *
 *   mls_sensor *sensor;
 *   mls_reading reading = {.size = sizeof reading};
 *   if (mls_open("unix:/tmp/person.sock", NULL, &sensor) || mls_read_person(sensor, &reading))
 *     fprintf(stderr, "%s\n", mls_error_message(sensor));
 *   else
 *     puts(!reading.usable ? "unknown" : reading.detected ? "somebody" : "nobody");
 *   mls_close(sensor);
 *
 * Status: functions that can fail return MLS_STATUS_CODE_OK (0) or another MLS_STATUS_CODE_...; the sensor then has the
 * details. Failures common to all calls: NO_DEVICE (nobody answers; the sensor is closed), BUS_ERROR, TIMEOUT, PERMISSION,
 * SHORT_TRANSFER, BAD_CRC and PROTOCOL (a damaged answer), all after the retries; INVALID_ARGUMENT (a null pointer, a
 * structure without its size); NO_MEMORY.
 * Time: each call ends within mls_options.timeout_ms unless it says otherwise.
 * Structures begin with their size: set it before the call, as above. Later versions of the library only append fields, and
 * fill in those that the caller's structure has room for: programs need not be compiled again.
 * Text is UTF-8 and ends with a zero. What is returned as a pointer belongs to the library.
 * Threads: a sensor is used by one thread at a time, which may change; different sensors are independent of each other, and
 * there is no global state. A watcher may be used by any thread.
 * Handlers must not throw and must not jump out.
 * Values of registers (MLS_DECISION_..., MLS_EVENT_TYPE_..., ...) are in mlsensor_registers.h, written from the register map. */
#ifndef MLSENSOR_H
#define MLSENSOR_H

#include <stddef.h>
#include <stdint.h>

#include "mlsensor_registers.h"

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define MLS_API __attribute__((visibility("default")))
#else
#define MLS_API
#endif

#define MLS_FOREVER 0xFFFFFFFFu /* For timeouts in milliseconds. */
#define MLS_NAME_BYTES 32       /* Room for the name of a class and its zero. */

typedef int mls_status; /* MLS_STATUS_CODE_... */

typedef struct mls_sensor mls_sensor;
typedef struct mls_watcher mls_watcher;

/* --- The library ------------------------------------------------------------------------------------------------- */

/* "0.1.0". */
MLS_API const char *mls_version(void);
/* "time-out", "no device" ...; never null. */
MLS_API const char *mls_status_name(mls_status status);
/* The forms of a URI, for help texts: "unix:PATH                a Unix socket". Null behind the last. */
MLS_API const char *mls_uri_form(unsigned index);
/* The name of a value or of one flag of a register: "positive" for ("result.decision", 2). Null: it has none. */
MLS_API const char *mls_value_name(const char *register_name, uint64_t value);

/* --- One sensor -------------------------------------------------------------------------------------------------- */

typedef struct mls_options {
  size_t size;
  uint32_t timeout_ms; /* Total time of a call, all its transactions and retries together. 0: 1000. */
  uint32_t attempts;   /* How often one transaction is tried before the call fails. 0: 3. */
} mls_options;

/* Opens the bus at `uri` and reads who is there. `options` may be null. Besides the common failures: PROTOCOL when what answers
 * is no ML sensor, UNSUPPORTED when its register map has another major version, INVALID_ARGUMENT for a URI of no known form,
 * BUSY when another program has the serial port.
 * Also after a failure *sensor tells the error, and is closed with mls_close; it is null only where memory is short. */
MLS_API mls_status mls_open(const char *uri, const mls_options *options, mls_sensor **sensor);
/* Null is allowed. */
MLS_API void mls_close(mls_sensor *sensor);

/* About the last call with this sensor; "" after one that went well. The texts live until the next call with it. */
MLS_API const char *mls_error_message(const mls_sensor *sensor); /* For people: which sensor, what was tried, what may help. */
MLS_API int mls_error_verdict(const mls_sensor *sensor);         /* After REJECTED: the module's MLS_VERDICT_... */
MLS_API const char *mls_error_field(const mls_sensor *sensor);   /* After REJECTED: "config.on_delay_ms", or "". */

typedef struct mls_info {
  size_t size;
  uint32_t model_id;
  uint32_t capabilities; /* MLS_CAPABILITY_... */
  uint16_t vendor_id;
  uint16_t product_id;
  uint16_t firmware_patch;
  uint8_t firmware_major;
  uint8_t firmware_minor;
  uint8_t interface_major;
  uint8_t interface_minor;
  uint8_t profile; /* MLS_PROFILE_... */
  uint8_t hardware_revision;
  uint8_t label_count;
  uint8_t event_capacity;
  uint8_t reserved[2];
  uint8_t unique_id[16];
  uint8_t boot_id[8];
  uint8_t firmware_sha256[32];
  uint8_t model_sha256[32];
  uint8_t datasheet_sha256[32];
} mls_info;
MLS_API mls_status mls_read_info(mls_sensor *sensor, mls_info *info);
/* The name of class `number`. OUT_OF_RANGE: there is no such class. */
MLS_API mls_status mls_read_label(mls_sensor *sensor, unsigned number, char name[MLS_NAME_BYTES]);

/* Where something is in the picture; all in 1/255 of the picture's width or height. Width 0: no object. */
typedef struct mls_object {
  uint8_t x, y, width, height, score;
} mls_object;

typedef struct mls_reading {
  size_t size;
  uint32_t captured_ms; /* By the module's clock. */
  uint16_t sequence;
  uint16_t flags; /* MLS_RESULT_FLAG_... */
  uint16_t age_ms;
  uint16_t config_generation;
  uint16_t score_permille;
  uint8_t decision; /* MLS_DECISION_... */
  uint8_t count;
  uint8_t label;      /* Number of the class; MLS_NO_LABEL. */
  uint8_t score_kind; /* MLS_SCORE_KIND_... */
  uint8_t usable;     /* 1: valid, not stale and within the envelope. Act on no other. */
  uint8_t detected;   /* 1: usable, and somebody is there, or a word is being heard. */
  mls_object objects[2];
  uint8_t reserved[2];
  char word[MLS_NAME_BYTES]; /* Set by mls_read_keyword and mls_read_generic; "" otherwise. */
} mls_reading;
/* The latest result of any sensor: one transaction. One that is not usable is no failure. */
MLS_API mls_status mls_read_result(mls_sensor *sensor, mls_reading *reading);
/* The same; UNSUPPORTED: not a person sensor. */
MLS_API mls_status mls_read_person(mls_sensor *sensor, mls_reading *reading);
/* The same, and the word while one is being heard; UNSUPPORTED: not a keyword sensor. */
MLS_API mls_status mls_read_keyword(mls_sensor *sensor, mls_reading *reading);
/* The result of any sensor, and the name of the class that its score belongs to, whatever was decided about it. */
MLS_API mls_status mls_read_generic(mls_sensor *sensor, mls_reading *reading);

/* --- Registers and configuration ----------------------------------------------------------------------------------- */
/* Names are those of the register map: "status.uptime_ms"; of the configuration also "on_delay_ms". INVALID_ARGUMENT: no such
 * register, or one that holds bytes or text. */

/* Reads one register. */
MLS_API mls_status mls_get(mls_sensor *sensor, const char *name, uint64_t *value);
/* Writes one register. One of the configuration is staged and read back; mls_commit makes it active. READ_ONLY; OUT_OF_RANGE: more
 * than the register holds; REJECTED: the module refuses the value. */
MLS_API mls_status mls_set(mls_sensor *sensor, const char *name, uint64_t value);
/* Reads a whole window, CRC checked. `index`: entry of a window that has several, 0 otherwise. `length` may be null; MLS_MAX_WINDOW_BYTES is
 * always enough room. */
MLS_API mls_status mls_read_window(mls_sensor *sensor, const char *window, unsigned index, uint8_t *bytes, size_t room, size_t *length);
/* Makes the staged configuration active, and if `store` is not 0 keeps it without power too. REJECTED: see mls_error_field. */
MLS_API mls_status mls_commit(mls_sensor *sensor, int store);
/* Runs MLS_COMMAND_... and waits for the verdict, at most `timeout_ms`; 0: as the sensor's options say. */
MLS_API mls_status mls_run_command(mls_sensor *sensor, int command, uint32_t timeout_ms);

typedef struct mls_self_test_report {
  size_t size;
  uint32_t expected_answer;
  uint32_t actual_answer;
  uint16_t duration_ms;
  uint16_t run_count;
  uint8_t tests_run;    /* MLS_SELFTEST_... */
  uint8_t tests_failed; /* MLS_SELFTEST_... */
  uint8_t reserved[2];
} mls_self_test_report;
/* Runs the self-test, at most `timeout_ms` long. A test that failed is no failure of this call. */
MLS_API mls_status mls_self_test(mls_sensor *sensor, uint32_t timeout_ms, mls_self_test_report *report);

/* --- Events --------------------------------------------------------------------------------------------------------- */

typedef struct mls_event {
  size_t size;
  uint64_t lost;           /* Events right before this one that will never come: the module's FIFO was full. */
  int64_t host_time_us;    /* When it happened, by the host's wall clock, since 1970 ... */
  uint32_t uncertainty_us; /* ... give or take this. */
  uint32_t sequence;       /* 0: no event, this only tells of `lost` and `restarted`. */
  uint32_t time_ms;        /* By the module's clock. */
  uint16_t value;
  uint8_t type;            /* MLS_EVENT_TYPE_... says what value and detail mean. */
  uint8_t flags;           /* MLS_RESULT_FLAG_... */
  uint8_t label;           /* Number of the class; MLS_NO_LABEL. */
  uint8_t detail;
  uint8_t restarted;       /* 1: the module has started anew since the event before. */
  uint8_t reserved[5];
  char word[MLS_NAME_BYTES]; /* Name of the class, or "". */
} mls_event;

/* The next event. Waits for one at most `timeout_ms`: 0 does not wait for the module to have news, MLS_FOREVER waits on. NOT_READY: none
 * came, or a signal arrived. An event is acknowledged, and thereby gone from the module, when this host has taken it.
 * Bears a module that is away for two seconds; then the failure is returned once, and the next call waits for its return. */
MLS_API mls_status mls_next_event(mls_sensor *sensor, mls_event *event, uint32_t timeout_ms);
/* For event loops (poll, epoll, libuv, asyncio ...): a descriptor that is readable when mls_next_event has something to do. Then call it with
 * a timeout of 0 until it returns NOT_READY. It belongs to the sensor and does not change. -1: the sensor is closed. */
MLS_API int mls_event_fd(mls_sensor *sensor);

/* Returns 0 to end the watch; what it has not seen then comes first next time. */
typedef int (*mls_event_handler)(void *user, const mls_event *event);
/* Calls `handler` for each event, for `timeout_ms`. OK: the time is over, a signal arrived, or the handler ended it. */
MLS_API mls_status mls_watch(mls_sensor *sensor, mls_event_handler handler, void *user, uint32_t timeout_ms);

/* --- Many sensors ---------------------------------------------------------------------------------------------------- */

/* Watches many modules on many buses behind one file descriptor. Modules may come and go. */
MLS_API mls_status mls_watcher_new(mls_watcher **watcher);
/* Closes all its modules. Null is allowed; not to be called from a handler. */
MLS_API void mls_watcher_free(mls_watcher *watcher);

/* Each may be null. They are called from mls_watcher_dispatch, and may do anything with `sensor` while they run, but not close it; they may
 * also add and remove modules. */
typedef struct mls_handlers {
  size_t size;
  void *user; /* Handed to each of them. */
  void (*event)(void *user, mls_sensor *sensor, const mls_event *event);
  void (*result)(void *user, mls_sensor *sensor, const mls_reading *reading); /* Each new one; see results_every_ms. */
  void (*online)(void *user, mls_sensor *sensor);                             /* It answers, for the first time or again. */
  void (*offline)(void *user, mls_status status, const char *message);        /* It does not; told once. */
} mls_handlers;

/* 0 stands for the value in brackets. */
typedef struct mls_watch_options {
  size_t size;
  uint32_t timeout_ms;       /* Total time of a call to the module [200]; the other modules wait that long for one that keeps silent. */
  uint32_t attempts;         /* [3] */
  uint32_t poll_interval_ms; /* How often to look for events without being told [1000, or 100 where the module cannot tell]. */
  uint32_t results_every_ms; /* How often to look for a new result [never]. */
  uint32_t patience_ms;      /* How long it may fail to answer before it counts as offline [500]. */
  uint32_t reserved;
} mls_watch_options;

/* Adds the module at `uri`, which need not be there yet. `options` may be null. `id` names it from then on. */
MLS_API mls_status mls_watcher_add(mls_watcher *watcher, const char *uri, const mls_handlers *handlers, const mls_watch_options *options,
                                   uint64_t *id);
/* Closes one module; none of its handlers is called any more. OUT_OF_RANGE: no such module. */
MLS_API mls_status mls_watcher_remove(mls_watcher *watcher, uint64_t id);
/* Calls `use` with the sensor of one module, between two steps of mls_watcher_dispatch, and returns what it returns. NO_DEVICE: no such
 * module, or it has not been opened yet. */
MLS_API mls_status mls_watcher_use(mls_watcher *watcher, uint64_t id, mls_status (*use)(void *user, mls_sensor *sensor), void *user);
/* Readable when there is something to do. Belongs to the watcher and does not change. */
MLS_API int mls_watcher_fd(const mls_watcher *watcher);
/* Does what is due, for `budget_ms` and one step more; calls the handlers. Returns at once when nothing is due. */
MLS_API mls_status mls_watcher_dispatch(mls_watcher *watcher, uint32_t budget_ms);

#ifdef __cplusplus
}
#endif

#endif
