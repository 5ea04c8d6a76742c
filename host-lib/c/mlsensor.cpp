// The C interface over mls::Sensor and mls::Watcher. Nothing is thrown out of here.
#include "mls/mlsensor.h"

#include <poll.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <optional>

#include "mls/drivers/open_bus.h"
#include "mls/host/names.h"
#include "mls/host/watcher.h"

using mls::Sensor;
using mls::SensorError;
using mls::Status;
using std::chrono::milliseconds;

// An open sensor is in one of three places: here; in a watcher of its own, once events are asked for; or it is lent by somebody's watcher
// while a handler runs.
struct mls_sensor {
  SensorError error;
  Sensor own;
  bool is_view = false;  // Of a sensor in somebody's watcher: not the caller's to close.
  Sensor* lent = nullptr;
  std::atomic<bool> is_removed = false;
  std::deque<mls_event> events;
  std::optional<SensorError> offline;  // Not told yet.
  std::unique_ptr<mls::Watcher> watcher;
  mls::Watcher::Id id = 0;
};

struct mls_watcher {
  std::mutex mutex;  // Of `sensors`.
  std::map<mls::Watcher::Id, std::shared_ptr<mls_sensor>> sensors;
  mls::Watcher watcher;
};

namespace {

// The library's own structures, as large as they were at first, are what a caller has at least.
template <typename T>
constexpr size_t kFirstSize = sizeof(T);

template <typename T>
bool HasRoomFor(const T* out) {
  return out != nullptr && out->size >= kFirstSize<T>;
}

// Fills the part of the caller's structure that both sides know; the rest of it becomes zero.
template <typename T>
void CopyOut(const T& from, T* out) {
  const size_t size = out->size;
  std::memset(out, 0, size);
  std::memcpy(out, &from, std::min(size, sizeof(T)));
  out->size = size;
}

// What the caller's structure says; null and what it does not have is zero. False: it has no size.
template <typename T>
bool CopyIn(const T* from, T& in) {
  if (from == nullptr) return true;
  if (from->size < sizeof from->size) return false;
  std::memcpy(&in, from, std::min(from->size, sizeof(T)));
  return true;
}

template <size_t room>
void CopyText(std::string_view text, char (&out)[room]) {
  text = text.substr(0, room - 1);
  std::memcpy(out, text.data(), text.size());
  out[text.size()] = '\0';
}

// For C everything is a number.
mls_status ToC(Status status) { return static_cast<mls_status>(status); }
Status FromC(mls_status status) { return static_cast<Status>(status); }

template <typename Operation>
Status Guarded(SensorError& error, Operation operation) noexcept {
  try {
    return operation();
  } catch (const std::bad_alloc&) {
    error.status = Status::kNoMemory;  // No text: that would need memory too.
    error.message.clear();
    return Status::kNoMemory;
  } catch (...) {
    error.status = Status::kUnsupported;
    error.message.clear();
    return Status::kUnsupported;
  }
}

Status Refuse(mls_sensor* sensor, Status status, std::string message) {
  sensor->error = {status, std::move(message), mls::Verdict::kNone, ""};
  return status;
}

// Frames each call: `operation` gets the open sensor and returns a Status; error() then is its error unless it set another.
template <typename Operation>
mls_status With(mls_sensor* sensor, bool arguments_are_right, Operation operation) noexcept {
  if (sensor == nullptr) return ToC(Status::kInvalidArgument);
  return ToC(Guarded(sensor->error, [&] {
    sensor->error = {};
    if (!arguments_are_right) {
      return Refuse(sensor, Status::kInvalidArgument, "a pointer is null, or a structure has not its size set");
    }
    const auto run = [&](Sensor& open) {
      const Status status = operation(open);
      if (status != Status::kOk && sensor->error.status != status) {
        sensor->error = open.error();
        if (sensor->error.status != status) sensor->error = {status, mls::StatusName(status), {}, ""};
      }
      return status;
    };
    if (sensor->lent != nullptr) return run(*sensor->lent);
    return sensor->watcher ? sensor->watcher->Use(sensor->id, run) : run(sensor->own);
  }));
}

mls_reading ToC(const mls::Reading& from) {
  const mls::LatestResult& result = from.registers;
  mls_reading to{};
  to.size = sizeof to;
  to.captured_ms = result.captured_ms;
  to.sequence = result.sequence;
  to.flags = result.flags;
  to.age_ms = result.age_ms;
  to.config_generation = result.config_generation;
  to.score_permille = result.score_permille;
  to.decision = static_cast<uint8_t>(result.decision);
  to.count = result.count;
  to.label = result.label;
  to.score_kind = static_cast<uint8_t>(result.score_kind);
  to.usable = from.usable();
  to.detected = from.usable() && result.decision == mls::Decision::kPositive;
  for (size_t i = 0; i < result.objects.size(); ++i) {
    const mls::ObjectBox& box = result.objects[i];
    to.objects[i] = {box.x, box.y, box.width, box.height, box.score};
  }
  return to;
}

mls_event ToC(const mls::Event& from) {
  const mls::EventRecord& record = from.record;
  mls_event to{};
  to.size = sizeof to;
  to.host_time_us = std::chrono::duration_cast<std::chrono::microseconds>(from.host_time.time_since_epoch()).count();
  to.uncertainty_us = static_cast<uint32_t>(from.uncertainty.count());
  to.sequence = record.sequence;
  to.time_ms = record.time_ms;
  to.value = record.value;
  to.type = static_cast<uint8_t>(record.type);
  to.flags = record.flags;
  to.label = record.label;
  to.detail = record.detail;
  CopyText(from.label, to.word);
  return to;
}

// A batch as single events: what is told of the batch is told with its first, or alone.
template <typename Take>
void EachOf(const mls::EventBatch& batch, Take take) {
  mls_event notice{};
  notice.size = sizeof notice;
  notice.label = mls::kNoLabel;
  notice.lost = batch.lost;
  notice.restarted = batch.restarted;
  if (batch.events.empty() && (batch.lost > 0 || batch.restarted)) take(notice);
  for (const mls::Event& from : batch.events) {
    mls_event event = ToC(from);
    event.lost = std::exchange(notice.lost, 0);
    event.restarted = std::exchange(notice.restarted, uint8_t{0});
    take(event);
  }
}

mls::SensorOptions ToSensorOptions(uint32_t timeout_ms, uint32_t attempts, mls::SensorOptions defaults) {
  if (timeout_ms > 0) defaults.timeout = milliseconds(timeout_ms);
  if (attempts > 0) defaults.attempts = static_cast<int>(std::min(attempts, 1000u));
  return defaults;
}

// Moves the sensor into a watcher of its own. False: it is closed, or lent.
bool StartWatching(mls_sensor* sensor) {
  if (sensor->watcher) return true;
  if (sensor->is_view || sensor->own.name().empty()) return false;
  auto watcher = std::make_unique<mls::Watcher>();
  const mls::WatchHandlers handlers{
      .events =
          [sensor](Sensor&, const mls::EventBatch& batch) {
            EachOf(batch, [&](const mls_event& event) { sensor->events.push_back(event); });
          },
      .offline = [sensor](const SensorError& error) { sensor->offline = error; }};
  sensor->id = watcher->Add(std::move(sensor->own), handlers, {.patience = milliseconds(2000)});
  sensor->watcher = std::move(watcher);
  return true;
}

const mls::RegisterInfo* FindNumber(mls_sensor* sensor, const char* name) {
  const mls::RegisterInfo* const info = mls::FindRegister(name);
  const bool is_number =
      info != nullptr && info->type != mls::RegisterType::kBytes && info->type != mls::RegisterType::kText;
  if (is_number) return info;
  Refuse(sensor, Status::kInvalidArgument, std::string(name) + (info != nullptr ? " holds no number" : ": there is no such register"));
  return nullptr;
}

Status StageOne(Sensor& open, const mls::RegisterInfo& info, std::span<const uint8_t> bytes) {
  const mls::Result<mls::Config> before = open.ReadConfig();
  if (!before.ok()) return before.status();
  std::array<uint8_t, mls::kMaxWindowBytes> image{};
  mls::EncodeWindow(*before, image);
  std::copy(bytes.begin(), bytes.end(), image.begin() + info.offset);
  mls::Config config;
  mls::Config::Fields(config, mls::windows_detail::Load(image));
  return open.StageConfig(config);
}

template <typename Read>
mls_status ReadInto(mls_sensor* sensor, mls_reading* out, Read read) {
  return With(sensor, HasRoomFor(out), [&](Sensor& open) {
    const auto reading = read(open);
    if (!reading.ok()) return reading.status();
    mls_reading to = ToC(*reading);
    if constexpr (requires { reading->word; }) CopyText(reading->word, to.word);
    if constexpr (requires { reading->label; }) CopyText(reading->label, to.word);
    CopyOut(to, out);
    return Status::kOk;
  });
}

}  // namespace

const char* mls_version(void) { return MLS_VERSION; }

const char* mls_status_name(mls_status status) {
  const bool is_known = status >= 0 && status <= ToC(Status::kEndOfInput);
  return is_known ? mls::StatusName(FromC(status)) : "unknown status";
}

const char* mls_uri_form(unsigned index) { return index < std::size(mls::kUriForms) ? mls::kUriForms[index].data() : nullptr; }

const char* mls_value_name(const char* register_name, uint64_t value) {
  const mls::RegisterInfo* const info = register_name != nullptr ? mls::FindRegister(register_name) : nullptr;
  if (info == nullptr) return nullptr;
  for (const mls::NamedValue& named : info->values) {
    if (named.value == value) return named.name;
  }
  return nullptr;
}

mls_status mls_open(const char* uri, const mls_options* options, mls_sensor** sensor) {
  if (sensor == nullptr) return ToC(Status::kInvalidArgument);
  *sensor = new (std::nothrow) mls_sensor;
  if (*sensor == nullptr) return ToC(Status::kNoMemory);
  return ToC(Guarded((*sensor)->error, [&] {
    mls_options wanted{};
    if (uri == nullptr || !CopyIn(options, wanted)) {
      return Refuse(*sensor, Status::kInvalidArgument, "a pointer is null, or a structure has not its size set");
    }
    mls::Result<Sensor> opened =
        Sensor::Open(uri, ToSensorOptions(wanted.timeout_ms, wanted.attempts, {}), &(*sensor)->error);
    if (opened.ok()) (*sensor)->own = std::move(*opened);
    return opened.status();
  }));
}

void mls_close(mls_sensor* sensor) {
  if (sensor != nullptr && !sensor->is_view) delete sensor;
}

const char* mls_error_message(const mls_sensor* sensor) {
  if (sensor == nullptr) return "there is no sensor";
  const SensorError& error = sensor->error;
  return error.message.empty() && error.status != Status::kOk ? mls::StatusName(error.status) : error.message.c_str();
}
int mls_error_verdict(const mls_sensor* sensor) { return sensor != nullptr ? static_cast<int>(sensor->error.verdict) : 0; }
const char* mls_error_field(const mls_sensor* sensor) { return sensor != nullptr ? sensor->error.field.c_str() : ""; }

mls_status mls_read_info(mls_sensor* sensor, mls_info* info) {
  return With(sensor, HasRoomFor(info), [&](Sensor& open) {
    const mls::Result<mls::Identity> identity = open.ReadIdentity();
    if (!identity.ok()) return identity.status();
    const mls::Result<mls::Hashes> hashes = open.ReadHashes();
    if (!hashes.ok()) return hashes.status();
    const mls::Ident& ident = open.ident();
    mls_info to{};
    to.model_id = ident.model_id;
    to.capabilities = ident.capabilities;
    to.vendor_id = ident.vendor_id;
    to.product_id = ident.product_id;
    to.firmware_patch = ident.firmware_patch;
    to.firmware_major = ident.firmware_major;
    to.firmware_minor = ident.firmware_minor;
    to.interface_major = ident.interface_major;
    to.interface_minor = ident.interface_minor;
    to.profile = static_cast<uint8_t>(ident.profile);
    to.hardware_revision = ident.hardware_revision;
    to.label_count = ident.label_count;
    to.event_capacity = ident.event_capacity;
    std::ranges::copy(identity->unique_id, to.unique_id);
    std::ranges::copy(identity->boot_id, to.boot_id);
    std::ranges::copy(hashes->firmware, to.firmware_sha256);
    std::ranges::copy(hashes->model, to.model_sha256);
    std::ranges::copy(hashes->datasheet, to.datasheet_sha256);
    CopyOut(to, info);
    return Status::kOk;
  });
}

mls_status mls_read_label(mls_sensor* sensor, unsigned number, char name[MLS_NAME_BYTES]) {
  return With(sensor, name != nullptr, [&](Sensor& open) {
    const mls::Result<std::vector<std::string>> labels = open.ReadLabels();
    if (!labels.ok()) return labels.status();
    if (number >= labels->size()) {
      return Refuse(sensor, Status::kOutOfRange, "there are " + std::to_string(labels->size()) + " classes only");
    }
    char text[MLS_NAME_BYTES];
    CopyText((*labels)[number], text);
    std::memcpy(name, text, sizeof text);
    return Status::kOk;
  });
}

mls_status mls_read_result(mls_sensor* sensor, mls_reading* reading) {
  return ReadInto(sensor, reading, [](Sensor& open) { return open.ReadResult(); });
}
mls_status mls_read_person(mls_sensor* sensor, mls_reading* reading) {
  return ReadInto(sensor, reading, [](Sensor& open) { return open.ReadPerson(); });
}
mls_status mls_read_keyword(mls_sensor* sensor, mls_reading* reading) {
  return ReadInto(sensor, reading, [](Sensor& open) { return open.ReadKeyword(); });
}

mls_status mls_read_generic(mls_sensor* sensor, mls_reading* reading) {
  return ReadInto(sensor, reading, [](Sensor& open) { return open.ReadGeneric(); });
}

mls_status mls_get(mls_sensor* sensor, const char* name, uint64_t* value) {
  return With(sensor, name != nullptr && value != nullptr, [&](Sensor& open) {
    const mls::RegisterInfo* const info = FindNumber(sensor, name);
    if (info == nullptr) return Status::kInvalidArgument;
    std::array<uint8_t, mls::kMaxWindowBytes> window{};
    const Status status = open.ReadWindow(static_cast<mls::WindowIndex>(info->window), 0, window);
    if (status != Status::kOk) return status;
    *value = 0;
    for (size_t i = info->size_bytes; i > 0; --i) *value = *value << 8 | window[info->offset + i - 1];
    return Status::kOk;
  });
}

mls_status mls_set(mls_sensor* sensor, const char* name, uint64_t value) {
  return With(sensor, name != nullptr, [&](Sensor& open) {
    const mls::RegisterInfo* const info = FindNumber(sensor, name);
    if (info == nullptr) return Status::kInvalidArgument;
    if (info->access == mls::Access::kReadOnly) return Refuse(sensor, Status::kReadOnly, std::string(info->name) + " cannot be written");
    std::array<uint8_t, 8> bytes{};
    mls::StoreLittleEndian(value, std::span(bytes));
    if (info->size_bytes < 8 && value >> (8 * info->size_bytes) != 0) {
      return Refuse(sensor, Status::kOutOfRange, std::to_string(value) + " is more than " + info->name + " holds");
    }
    const auto used = std::span(bytes).first(info->size_bytes);
    return info->window == mls::kConfigWindow ? StageOne(open, *info, used) : open.WriteRegister(*info, used);
  });
}

mls_status mls_read_window(mls_sensor* sensor, const char* window, unsigned index, uint8_t* bytes, size_t room, size_t* length) {
  return With(sensor, window != nullptr && bytes != nullptr && index <= 255, [&](Sensor& open) {
    const std::optional<mls::WindowIndex> found = mls::FindWindow(window);
    if (!found) return Refuse(sensor, Status::kInvalidArgument, std::string(window) + ": there is no such window");
    const Status status = open.ReadWindow(*found, static_cast<uint8_t>(index), {bytes, room});
    if (status == Status::kOk && length != nullptr) *length = mls::kWindows[*found].size_bytes;
    return status;
  });
}

mls_status mls_commit(mls_sensor* sensor, int store) {
  return With(sensor, true, [&](Sensor& open) {
    const Status status = open.Commit();
    return status == Status::kOk && store != 0 ? open.Store() : status;
  });
}

mls_status mls_run_command(mls_sensor* sensor, int command, uint32_t timeout_ms) {
  return With(sensor, command >= 0 && command <= 255, [&](Sensor& open) {
    const mls::Command wanted = static_cast<mls::Command>(command);
    return timeout_ms > 0 ? open.RunCommand(wanted, milliseconds(timeout_ms)) : open.RunCommand(wanted);
  });
}

mls_status mls_self_test(mls_sensor* sensor, uint32_t timeout_ms, mls_self_test_report* report) {
  return With(sensor, HasRoomFor(report), [&](Sensor& open) {
    const mls::Result<mls::SelfTestReport> from = open.RunSelfTest(milliseconds(timeout_ms));
    if (!from.ok()) return from.status();
    mls_self_test_report to{};
    to.expected_answer = from->expected_answer;
    to.actual_answer = from->actual_answer;
    to.duration_ms = from->duration_ms;
    to.run_count = from->run_count;
    to.tests_run = from->tests_run;
    to.tests_failed = from->tests_failed;
    CopyOut(to, report);
    return Status::kOk;
  });
}

mls_status mls_next_event(mls_sensor* sensor, mls_event* event, uint32_t timeout_ms) {
  if (sensor == nullptr) return ToC(Status::kInvalidArgument);
  return ToC(Guarded(sensor->error, [&] {
    sensor->error = {};
    if (!HasRoomFor(event)) return Refuse(sensor, Status::kInvalidArgument, "the event has not its size set");
    if (!StartWatching(sensor)) return Refuse(sensor, Status::kNoDevice, "the sensor is closed, or a watcher has it");
    const auto begin = mls::SteadyClock::now();
    for (;;) {
      if (!sensor->events.empty()) {
        CopyOut(sensor->events.front(), event);
        sensor->events.pop_front();
        return Status::kOk;
      }
      if (sensor->offline) {
        sensor->error = *std::exchange(sensor->offline, std::nullopt);
        return sensor->error.status;
      }
      sensor->watcher->Dispatch();
      if (!sensor->events.empty() || sensor->offline) continue;
      int wait_ms = -1;
      if (timeout_ms != MLS_FOREVER) {
        const auto left = milliseconds(timeout_ms) - (mls::SteadyClock::now() - begin);
        if (left.count() <= 0) return Status::kNotReady;
        wait_ms = static_cast<int>(std::chrono::ceil<milliseconds>(std::min<decltype(left)>(left, std::chrono::hours(1))).count());
      }
      pollfd waiting{sensor->watcher->fd(), POLLIN, 0};
      if (poll(&waiting, 1, wait_ms) < 0 && errno == EINTR) return Status::kNotReady;
    }
  }));
}

int mls_event_fd(mls_sensor* sensor) {
  if (sensor == nullptr) return -1;
  int fd = -1;
  Guarded(sensor->error, [&] {
    if (StartWatching(sensor)) fd = sensor->watcher->fd();
    return Status::kOk;
  });
  return fd;
}

mls_status mls_watch(mls_sensor* sensor, mls_event_handler handler, void* user, uint32_t timeout_ms) {
  if (sensor == nullptr || handler == nullptr) return ToC(Status::kInvalidArgument);
  const auto begin = mls::SteadyClock::now();
  for (uint32_t left_ms = timeout_ms;;) {
    mls_event event{};
    event.size = sizeof event;
    const mls_status status = mls_next_event(sensor, &event, left_ms);
    if (status == ToC(Status::kNotReady)) return ToC(Status::kOk);
    if (status != ToC(Status::kOk)) return status;
    if (handler(user, &event) == 0) return ToC(Status::kOk);
    if (timeout_ms == MLS_FOREVER) continue;
    const auto passed = std::chrono::duration_cast<milliseconds>(mls::SteadyClock::now() - begin).count();
    left_ms = passed < timeout_ms ? timeout_ms - static_cast<uint32_t>(passed) : 0;
  }
}

mls_status mls_watcher_new(mls_watcher** watcher) {
  if (watcher == nullptr) return ToC(Status::kInvalidArgument);
  *watcher = nullptr;
  SensorError unused;
  return ToC(Guarded(unused, [&] {
    *watcher = new mls_watcher;
    return Status::kOk;
  }));
}

void mls_watcher_free(mls_watcher* watcher) { delete watcher; }

mls_status mls_watcher_add(mls_watcher* watcher, const char* uri, const mls_handlers* handlers, const mls_watch_options* options,
                           uint64_t* id) {
  SensorError unused;
  mls_handlers call{};
  mls_watch_options wanted{};
  if (watcher == nullptr || uri == nullptr || handlers == nullptr || id == nullptr || !CopyIn(handlers, call) ||
      !CopyIn(options, wanted)) {
    return ToC(Status::kInvalidArgument);
  }
  return ToC(Guarded(unused, [&] {
    mls::ModuleWatch watch;
    watch.sensor = ToSensorOptions(wanted.timeout_ms, wanted.attempts, watch.sensor);
    watch.poll_interval = milliseconds(wanted.poll_interval_ms);
    watch.results_every = milliseconds(wanted.results_every_ms);
    if (wanted.patience_ms > 0) watch.patience = milliseconds(wanted.patience_ms);

    // Lends the sensor to C for one call.
    const auto view = std::make_shared<mls_sensor>();
    view->is_view = true;
    const auto lend = [view](Sensor& sensor, auto use) {
      const std::shared_ptr<mls_sensor> alive = view;  // The handler may remove its own module.
      alive->lent = &sensor;
      use(alive.get());
      alive->lent = nullptr;
    };
    mls::WatchHandlers told;
    if (call.event != nullptr) {
      told.events = [lend, call](Sensor& sensor, const mls::EventBatch& batch) {
        const mls_handlers handler = call;
        lend(sensor, [&](mls_sensor* lent) {
          EachOf(batch, [&](const mls_event& event) {
            if (!lent->is_removed) handler.event(handler.user, lent, &event);
          });
        });
      };
    }
    if (call.result != nullptr) {
      told.result = [lend, call](Sensor& sensor, const mls::Reading& reading) {
        const mls_reading to = ToC(reading);
        lend(sensor, [&](mls_sensor* lent) { call.result(call.user, lent, &to); });
      };
    }
    if (call.online != nullptr) {
      told.online = [lend, call](Sensor& sensor) { lend(sensor, [&](mls_sensor* lent) { call.online(call.user, lent); }); };
    }
    if (call.offline != nullptr) {
      told.offline = [call](const SensorError& error) { call.offline(call.user, ToC(error.status), error.message.c_str()); };
    }
    *id = watcher->watcher.Add(std::string_view(uri), std::move(told), watch);  // May wait for handlers: without the lock.
    const std::lock_guard lock(watcher->mutex);
    watcher->sensors[*id] = view;
    return Status::kOk;
  }));
}

mls_status mls_watcher_remove(mls_watcher* watcher, uint64_t id) {
  if (watcher == nullptr) return ToC(Status::kInvalidArgument);
  SensorError unused;
  return ToC(Guarded(unused, [&] {
    std::shared_ptr<mls_sensor> view;
    {
      const std::lock_guard lock(watcher->mutex);
      const auto found = watcher->sensors.find(id);
      if (found == watcher->sensors.end()) return Status::kOutOfRange;
      view = std::move(found->second);
      watcher->sensors.erase(found);
    }
    view->is_removed = true;
    return watcher->watcher.Remove(id) ? Status::kOk : Status::kOutOfRange;
  }));
}

mls_status mls_watcher_use(mls_watcher* watcher, uint64_t id, mls_status (*use)(void* user, mls_sensor* sensor), void* user) {
  if (watcher == nullptr || use == nullptr) return ToC(Status::kInvalidArgument);
  SensorError unused;
  return ToC(Guarded(unused, [&] {
    return watcher->watcher.Use(id, [&](Sensor& sensor) {
      mls_sensor view;
      view.is_view = true;
      view.lent = &sensor;
      return FromC(use(user, &view));
    });
  }));
}

int mls_watcher_fd(const mls_watcher* watcher) { return watcher != nullptr ? watcher->watcher.fd() : -1; }

mls_status mls_watcher_dispatch(mls_watcher* watcher, uint32_t budget_ms) {
  if (watcher == nullptr) return ToC(Status::kInvalidArgument);
  SensorError unused;
  return ToC(Guarded(unused, [&] {
    watcher->watcher.Dispatch(milliseconds(budget_ms));
    return Status::kOk;
  }));
}
