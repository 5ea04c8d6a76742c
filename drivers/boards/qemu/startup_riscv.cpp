// RV32 in machine mode: reset, traps, semihosting, and the counter of retired instructions.
#include <cstdint>

#include "board.h"

namespace mls::board {

void Semihost(Call call, const void* argument) {
  register uint32_t a0 asm("a0") = static_cast<uint32_t>(call);
  register const void* a1 asm("a1") = argument;
  asm volatile(
      ".option push\n .option norvc\n .balign 16\n"
      "slli zero, zero, 0x1f\n ebreak\n srai zero, zero, 7\n"
      ".option pop"
      : "+r"(a0)
      : "r"(a1)
      : "memory");
}

void StartCounter() {}

uint32_t Counter() {
  uint32_t retired;
  asm volatile(".option push\n .option arch, +zicsr\n csrr %0, minstret\n .option pop" : "=r"(retired));
  return retired;
}

uint32_t InstructionsSince(uint32_t counter) { return Counter() - counter; }

}  // namespace mls::board

extern "C" {

[[noreturn]] __attribute__((aligned(4))) void Fault_Handler() { mls::board::Fault(); }
[[noreturn]] void Start_Handler() { mls::board::Start(); }

// The first instruction of the image.
__attribute__((section(".vectors"), used, naked)) void Reset_Handler() {
  asm volatile(
      "la sp, __stack_top\n"
      "la t0, Fault_Handler\n"
      ".option push\n .option arch, +zicsr\n csrw mtvec, t0\n .option pop\n"
      "j Start_Handler");
}

}  // extern "C"
