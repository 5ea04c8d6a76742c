// RV32 in machine mode: reset, traps, semihosting, the counter of retired instructions, and what the compiler wants of a C library.
#include <cstddef>
#include <cstdint>

#include "board.h"

#pragma GCC optimize("no-tree-loop-distribute-patterns")  // memcpy is not to call memcpy.

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

void* memcpy(void* to, const void* from, size_t size) {
  for (size_t i = 0; i < size; ++i) static_cast<uint8_t*>(to)[i] = static_cast<const uint8_t*>(from)[i];
  return to;
}

void* memmove(void* to, const void* from, size_t size) {
  if (to <= from) return memcpy(to, from, size);
  while (size-- > 0) static_cast<uint8_t*>(to)[size] = static_cast<const uint8_t*>(from)[size];
  return to;
}

void* memset(void* to, int value, size_t size) {
  for (size_t i = 0; i < size; ++i) static_cast<uint8_t*>(to)[i] = static_cast<uint8_t>(value);
  return to;
}

int memcmp(const void* a, const void* b, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    const int difference = static_cast<const uint8_t*>(a)[i] - static_cast<const uint8_t*>(b)[i];
    if (difference != 0) return difference;
  }
  return 0;
}

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
