// The session that the fault sweep repeats, and what must hold in it whatever happens.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "fault_sweep_link.h"
#include "mls/host/sensor.h"

namespace mls::test {

// Identify, configure, 20 results with 40 events (more than the module holds), drain, 20 events as they come, drain. Each call is made
// again until it succeeds, as a daemon would; where the host's process is killed, another one starts from the beginning.
class Session {
 public:
  static constexpr int kResults = 20;
  static constexpr int kLiveCaptures = 10;  // Two events each.

  explicit Session(Link& link) : link_(link) {}
  void Run();

  // One sentence for each breach of
  //   - no wrong, stale or repeated answer is reported good
  //   - every event is delivered, and once only; or it is counted as lost; or gone with a restart that was told
  //   - the same process goes on when the fault is over
  //   - no call outlasts its deadline by more than a tenth
  const std::vector<std::string>& violations() const { return violations_; }
  int failed_calls() const { return failed_calls_; }
  uint64_t delivered() const { return delivered_; }
  uint64_t lost() const { return lost_; }
  // How far the slowest call went beyond its time-out.
  std::chrono::milliseconds longest_overrun() const { return longest_overrun_; }

 private:
  void RunHost();
  void Identify(Sensor& sensor);
  void Configure(Sensor& sensor);
  void Watch(Sensor& sensor);
  void Drain(Sensor& sensor);
  template <typename Call>
  bool Repeat(const char* what, std::chrono::milliseconds limit, Call call);
  bool Take(const EventBatch& batch);
  bool has_all();
  void CheckTheBooks();
  void Fail(std::string what) { violations_.push_back(std::move(what)); }

  Link& link_;
  const Sensor* sensor_ = nullptr;  // The host's, while it is open.
  std::vector<std::string> violations_;
  int failed_calls_ = 0;
  uint64_t delivered_ = 0;
  uint64_t lost_ = 0;
  std::chrono::milliseconds longest_overrun_{0};
  SteadyClock::time_point last_delivery_{};

  // The module's life that the host saw last.
  unsigned life_ = 0;
  std::set<uint32_t> seen_;         // Sequence numbers that were delivered, to any host process.
  uint64_t counted_ = 0;            // Counted as lost by batches ...
  uint64_t told_ = 0;               // ... and by overflow events.
  std::optional<uint32_t> newest_;  // The last that this host process accounted for.
};

// The sweep itself: a clean session, then one for each operation of it (`step`: each n-th) and each kind of fault, for one operation and for
// `in_a_row` of them, over links that `make_link` gives. Prints what it did, and the first violations.
struct SweepTotals {
  uint64_t operations = 0;  // Of the clean session.
  uint64_t sessions = 0;
  uint64_t failed_calls = 0;  // All of them overcome.
  std::chrono::milliseconds longest_overrun{0};
  uint64_t violations = 0;
};
SweepTotals SweepFaults(const char* transport, const std::function<std::unique_ptr<Link>()>& make_link, uint64_t step, uint64_t in_a_row = 5);

}  // namespace mls::test
