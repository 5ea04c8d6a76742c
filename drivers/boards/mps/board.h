// What a measurement needs of a board: a way to print, a way to end, and a count of executed instructions.
#pragma once

#include <cstdint>
#include <numeric>

namespace mls::board {

void Print(const char* text);
void PrintNumber(uint32_t value);
[[noreturn]] void Exit(int status);

// The counter runs backwards over 24 bits. Under QEMU's -icount shift=0 one instruction takes 1 ns, so a tick of the
// processor's clock is kInstructionsPerTick of them.
void StartCounter();
uint32_t TicksLeft();
#if __ARM_ARCH >= 8
constexpr uint32_t kClockHz = 32'000'000;  // mps3-an547
#else
constexpr uint32_t kClockHz = 25'000'000;  // mps2-an386
#endif
constexpr uint32_t TicksBetween(uint32_t before, uint32_t after) { return (before - after) & 0xffffff; }
constexpr uint32_t Instructions(uint32_t ticks) {
  constexpr uint32_t kCommon = std::gcd(1'000'000'000, kClockHz);
  return ticks * (1'000'000'000 / kCommon) / (kClockHz / kCommon);
}

}  // namespace mls::board
