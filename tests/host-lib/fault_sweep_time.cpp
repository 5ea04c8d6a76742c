#include "fault_sweep_time.h"

#include <poll.h>
#include <time.h>

#include <map>
#include <utility>

extern "C" int __real_ppoll(pollfd* fds, nfds_t count, const timespec* timeout, const sigset_t* mask);

namespace mls::test::simulation {
namespace {

Nanoseconds now{1'000'000'000};
std::multimap<Nanoseconds, std::function<void()>> actions;
std::function<void()> pump;

Nanoseconds ToNanoseconds(const timespec& time) {
  return std::chrono::seconds(time.tv_sec) + Nanoseconds(time.tv_nsec);
}

}  // namespace

Nanoseconds Now() { return now; }

void At(Nanoseconds when, std::function<void()> action) { actions.emplace(when, std::move(action)); }
void After(Nanoseconds delay, std::function<void()> action) { At(now + delay, std::move(action)); }
void ForgetActions() { actions.clear(); }

bool PassToNextAction(Nanoseconds limit) {
  if (actions.empty() || actions.begin()->first > limit) {
    now = std::max(now, limit);
    return false;
  }
  auto due = actions.extract(actions.begin());
  now = std::max(now, due.key());
  due.mapped()();
  return true;
}

void PassUntil(Nanoseconds when) {
  while (PassToNextAction(when)) {
  }
}

void SetPump(std::function<void()> a_pump) { pump = std::move(a_pump); }

}  // namespace mls::test::simulation

using namespace mls::test;

// std::chrono::steady_clock::now; a time_point is returned like the number in it.
extern "C" int64_t __wrap__ZNSt6chrono3_V212steady_clock3nowEv() {
  simulation::PassUntil(simulation::Now() + simulation::kLook);
  return simulation::Now().count();
}

extern "C" int __wrap_nanosleep(const timespec* time, timespec*) {
  simulation::PassUntil(simulation::Now() + simulation::ToNanoseconds(*time));
  if (simulation::pump) simulation::pump();
  return 0;
}

extern "C" int __wrap_ppoll(pollfd* fds, nfds_t count, const timespec* timeout, const sigset_t* mask) {
  const timespec at_once{};
  const auto limit = timeout != nullptr ? simulation::Now() + simulation::ToNanoseconds(*timeout) : simulation::Nanoseconds::max();
  for (;;) {
    if (simulation::pump) simulation::pump();
    const int ready = __real_ppoll(fds, count, &at_once, mask);
    if (ready != 0 || !simulation::PassToNextAction(limit)) return ready;
  }
}
