// Time that passes only when the program waits: a sweep over thousands of runs with time-outs takes seconds, and a deadline is kept or
// missed to the millisecond, whatever else the machine does.
//
// The linker replaces steady_clock::now, nanosleep and ppoll in everything that is linked into the program statically (option --wrap):
// see fault_sweep_time.cpp and the target's link options.
#pragma once

#include <chrono>
#include <functional>

namespace mls::test::simulation {

using Nanoseconds = std::chrono::nanoseconds;

// Since the begin of the program.
Nanoseconds Now();
inline uint32_t NowMs() { return static_cast<uint32_t>(Now() / std::chrono::milliseconds(1)); }

// Runs `action` as soon as time gets there. Actions may set others.
void At(Nanoseconds when, std::function<void()> action);
void After(Nanoseconds delay, std::function<void()> action);
void ForgetActions();

// Lets time pass, and what falls due happen.
void PassUntil(Nanoseconds when);
// To the next action or to `limit`, whatever is first. False: it was the limit.
bool PassToNextAction(Nanoseconds limit);

// Called by ppoll before it looks and again whenever an action has run: moves what is under way between the two ends.
void SetPump(std::function<void()> pump);

// The time that the transactions themselves take: added to each look at the clock, so that no loop without a wait is endless.
inline constexpr Nanoseconds kLook{1000};

}  // namespace mls::test::simulation
