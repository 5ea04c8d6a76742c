// Two modules on one I2C bus at full speed while transfers fail; then how long things take. Usage: mls-kernel-soak READS EVENTS [IDLE_SECONDS]
//
// READS and EVENTS are for both modules together; without READS (0) there are the times only.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>
#include <vector>

#include "mls/drivers/open_bus.h"
#include "mls/host/sensor.h"
#include "remote_link.h"

namespace mls::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kAdapter = "/dev/i2c-0";
constexpr uint16_t kFaultPermille = 10;
constexpr uint64_t kEventsPerPicture = 2;  // A change, and a result.
constexpr int kEdges = 300;

using Unsigned = unsigned long long;
using Microseconds = std::chrono::duration<double, std::micro>;

Unsigned ResidentKb() {
  std::ifstream file("/proc/self/statm");
  Unsigned size_pages = 0, resident_pages = 0;
  file >> size_pages >> resident_pages;
  return resident_pages * static_cast<Unsigned>(sysconf(_SC_PAGESIZE)) / 1024;
}

// Counts what goes over the wires.
class MeteredBus final : public RegisterBus {
 public:
  explicit MeteredBus(std::shared_ptr<RegisterBus> bus) : bus_(std::move(bus)) {}
  uint64_t transactions = 0;
  uint64_t data_bytes = 0;
  uint64_t wire_bytes = 0;  // With the addresses: of the device, of the register, and of the device again after the repeated START.

 private:
  Status DoRead(uint8_t address, std::span<uint8_t> out, Deadline deadline) override {
    Count(out.size(), 3);
    return bus_->Read(address, out, deadline);
  }
  Status DoWrite(uint8_t address, std::span<const uint8_t> bytes, Deadline deadline) override {
    Count(bytes.size(), 2);
    return bus_->Write(address, bytes, deadline);
  }
  void Count(size_t data, size_t addresses) {
    ++transactions;
    data_bytes += data;
    wire_bytes += data + addresses;
  }
  const std::shared_ptr<RegisterBus> bus_;
};

struct Host {
  explicit Host(size_t place) : strings(kAdapter, kModuleAddresses[place]) {
    strings.Give(Order::kBeginAgain);
    const std::string uri = Uri(kAdapter, kModuleAddresses[place], "mls-irq-" + std::to_string(place));
    const Result<BusConnection> connection = OpenBus(uri, SteadyClock::now() + 1s);
    if (!connection.ok()) return;
    bus = std::make_shared<MeteredBus>(connection->bus);
    SensorError error;
    Result<Sensor> opened = Sensor::Open(bus, connection->edges, uri, {.has_interrupt_line = true}, &error);
    if (!opened.ok()) std::printf("%s\n", error.message.c_str());
    if (opened.ok()) sensor = std::move(*opened);
    Config config;
    config.on_delay_ms = 0;
    config.report = kReportChanges | kReportEveryResult;
    is_ready = opened.ok() && sensor.ApplyConfig(config) == Status::kOk && sensor.DrainEvents([](const EventBatch&) { return true; }) == Status::kOk;
  }
  PuppetStrings strings;
  std::shared_ptr<MeteredBus> bus;
  Sensor sensor;
  bool is_ready = false;
};

// One module at full speed: a picture, its events by the interrupt line, and reads of its result; then the next picture.
class Soak {
 public:
  explicit Soak(Host& host) : host_(host) {}

  void Run(uint64_t reads, uint64_t events) {
    const uint64_t pictures = events / kEventsPerPicture;
    const uint64_t reads_each = reads / pictures;
    newest_ = first_ = host_.strings.State().newest_event;
    host_.strings.Give(Order::kFaultRate, kFaultPermille);
    Capture();
    while (pictures_taken_ <= pictures && wrong_ == 0) {
      const Status status = host_.sensor.Watch(
          [&](const EventBatch& batch) {
            Take(batch);
            if (wrong_ > 0) return false;
            if (newest_ - first_ != pictures_taken_ * kEventsPerPicture) return true;
            for (uint64_t i = 0; i < reads_each; ++i) Read();
            if (pictures_taken_ == pictures) ++pictures_taken_;
            if (pictures_taken_ > pictures) return false;
            Capture();
            return true;
          },
          SteadyClock::now() + 10s, {.poll_interval = 20ms});
      if (status != Status::kOk) ++failed_calls;
    }
    host_.strings.Give(Order::kFaultRate, 0);
    const Puppet state = host_.strings.State();
    faults = state.faults;
    made = state.newest_event - first_;
    is_over = true;
  }

  // Read by another thread.
  std::atomic<uint64_t> good_reads = 0;
  std::atomic<bool> is_over = false;
  uint64_t failed_calls = 0;  // After all retries; made again.
  uint64_t made = 0, delivered = 0, lost = 0, faults = 0;
  uint64_t wrong() const { return wrong_; }

 private:
  void Capture() {
    host_.strings.Give(Order::kCapture);
    ++pictures_taken_;
    is_bright_ = !is_bright_;
  }
  Decision Expected() const { return is_bright_ ? Decision::kPositive : Decision::kNegative; }
  void Read() {
    Result<PersonReading> reading = host_.sensor.ReadPerson();
    for (; !reading.ok(); reading = host_.sensor.ReadPerson()) ++failed_calls;
    ++good_reads;
    const LatestResult& result = reading->registers;
    if (result.sequence != static_cast<uint16_t>(pictures_taken_) || result.decision != Expected()) {
      std::printf("WRONG result %u, picture %llu\n", result.sequence, static_cast<Unsigned>(pictures_taken_));
      ++wrong_;
    }
  }
  void Take(const EventBatch& batch) {
    lost += batch.lost;
    newest_ += static_cast<uint32_t>(batch.lost);
    for (const Event& event : batch.events) {
      ++delivered;
      const bool is_right = event.record.sequence == ++newest_ && static_cast<Decision>(event.record.detail) == Expected() && !batch.restarted;
      if (is_right) continue;
      std::printf("WRONG event %u after %u\n", event.record.sequence, newest_ - 1);
      ++wrong_;
    }
  }

  Host& host_;
  uint64_t pictures_taken_ = 0;
  uint64_t wrong_ = 0;
  uint32_t first_ = 0, newest_ = 0;
  bool is_bright_ = false;
};

uint64_t RunSoak(std::array<Host, 2>& hosts, uint64_t reads, uint64_t events) {
  std::array<Soak, 2> soaks{Soak(hosts[0]), Soak(hosts[1])};
  const SteadyClock::time_point begin = SteadyClock::now();
  std::array<std::thread, 2> threads;
  for (size_t i = 0; i < 2; ++i) threads[i] = std::thread([&, i] { soaks[i].Run(reads / 2, events / 2); });
  // Memory is looked at once the first tenth is over: by then everything has been used.
  while (!soaks[0].is_over && soaks[0].good_reads + soaks[1].good_reads < reads / 10) std::this_thread::sleep_for(10ms);
  const Unsigned host_kb = ResidentKb(), module_kb = hosts[0].strings.State().resident_kb;
  for (std::thread& thread : threads) thread.join();
  const Unsigned host_end_kb = ResidentKb(), module_end_kb = hosts[0].strings.State().resident_kb;
  Unsigned good_reads = 0, made = 0, delivered = 0, lost = 0, faults = 0, failed = 0, bad = 0, retries = 0, damaged = 0;
  for (size_t i = 0; i < 2; ++i) {
    good_reads += soaks[i].good_reads, made += soaks[i].made, delivered += soaks[i].delivered, lost += soaks[i].lost, faults += soaks[i].faults;
    failed += soaks[i].failed_calls, bad += soaks[i].wrong();
    retries += hosts[i].sensor.counters().retries, damaged += hosts[i].sensor.counters().damaged_windows;
  }
  std::printf("soak: two modules on one bus, %.1f %% of transfers fail, %.0f s\n", kFaultPermille / 10.0, Microseconds(SteadyClock::now() - begin) / 1s);
  std::printf("  results read         %llu, wrong or stale: %llu\n", good_reads, bad);
  const Unsigned uncounted = made > delivered + lost ? made - delivered - lost : delivered + lost - made;
  std::printf("  events               %llu: %llu delivered, once each, %llu counted as lost, %llu uncounted\n", made, delivered, lost, uncounted);
  std::printf("  faults made          %llu; transactions repeated %llu, windows read again %llu, calls that failed and were made again %llu\n",
              faults, retries, damaged, failed);
  std::printf("  memory of the host   %llu KiB after a tenth, %llu KiB at the end\n", host_kb, host_end_kb);
  std::printf("  memory of the module %llu KiB after a tenth, %llu KiB at the end\n", module_kb, module_end_kb);
  const bool is_flat = host_end_kb <= host_kb + 256 && module_end_kb <= module_kb + 256;
  if (!is_flat) std::printf("  MEMORY GROWS\n");
  return bad + uncounted + (is_flat ? 0 : 1);
}

double Percentile(std::vector<double>& values, double part) {
  std::ranges::sort(values);
  return values.empty() ? 0 : values[std::min(values.size() - 1, static_cast<size_t>(part * static_cast<double>(values.size())))];
}

void MeasureEdges(Host& host) {
  constexpr auto kPause = 10ms;  // The line is high again by then.
  std::vector<double> microseconds;
  double uncertainty_us = 0;
  SteadyClock::time_point asked = SteadyClock::now();
  const auto capture_later = [&] {
    host.strings.Give(Order::kCaptureLater, 1, kPause / 100us);
    asked = SteadyClock::now();
  };
  int captures = 1;
  capture_later();
  (void)host.sensor.Watch(
      [&](const EventBatch& batch) {
        const SteadyClock::time_point now = SteadyClock::now();
        if (batch.events.empty() || host.strings.State().captures_to_come > 0) return true;
        const PuppetStrings::Times times = host.strings.ReadTimes();
        if (times.fell > asked) {  // Otherwise the line was still low.
          microseconds.push_back(Microseconds(now - times.fell).count());
          uncertainty_us += Microseconds(times.uncertainty).count();
        }
        if (++captures > kEdges) return false;
        capture_later();
        return true;
      },
      SteadyClock::now() + 60s);
  const double mean_uncertainty_us = uncertainty_us / static_cast<double>(std::max<size_t>(microseconds.size(), 1));
  std::printf("interrupt edge to callback, events decoded: median %.0f us, p99 %.0f us, %zu edges, known to %.0f us\n", Percentile(microseconds, 0.5),
              Percentile(microseconds, 0.99), microseconds.size(), mean_uncertainty_us);
}

void MeasureRead(Host& host) {
  constexpr int kReads = 1000;
  MeteredBus& bus = *host.bus;
  bus.transactions = bus.data_bytes = bus.wire_bytes = 0;
  std::vector<double> microseconds;
  for (int i = 0; i < kReads; ++i) {
    const SteadyClock::time_point begin = SteadyClock::now();
    (void)host.sensor.ReadPerson();
    microseconds.push_back(Microseconds(SteadyClock::now() - begin).count());
  }
  const double wire_bytes = static_cast<double>(bus.wire_bytes) / kReads;
  std::printf("result read: %.2f transactions, %.0f bytes of data, %.0f bytes on the wire (%.2f ms at 400 kHz, 9 bits a byte); here median %.0f us\n",
              static_cast<double>(bus.transactions) / kReads, static_cast<double>(bus.data_bytes) / kReads, wire_bytes, wire_bytes * 9 / 400,
              Percentile(microseconds, 0.5));
}

void MeasureIdle(Host& host, int seconds) {
  const auto switches = [] {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    return used.ru_nvcsw + used.ru_nivcsw;
  };
  (void)host.sensor.DrainEvents([](const EventBatch&) { return true; });
  host.bus->transactions = 0;
  const long before = switches();
  (void)host.sensor.Watch([](const EventBatch&) { return true; }, SteadyClock::now() + std::chrono::seconds(seconds));
  std::printf("idle for %d s: %llu transactions, %ld context switches\n", seconds, static_cast<Unsigned>(host.bus->transactions), switches() - before);
}

}  // namespace
}  // namespace mls::test

int main(int argc, char** argv) {
  using namespace mls::test;
  if (argc < 3) return 2;
  std::array<Host, 2> hosts{Host(0), Host(1)};
  if (!hosts[0].is_ready || !hosts[1].is_ready) return 1;
  const uint64_t reads = std::strtoull(argv[1], nullptr, 10), events = std::strtoull(argv[2], nullptr, 10);
  const uint64_t bad = reads > 0 ? RunSoak(hosts, reads, events) : 0;
  MeasureEdges(hosts[0]);
  MeasureRead(hosts[0]);
  MeasureIdle(hosts[0], argc > 3 ? std::atoi(argv[3]) : 5);
  return bad == 0 ? 0 : 1;
}
