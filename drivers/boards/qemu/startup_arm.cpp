// Cortex-M: reset, vectors, semihosting, and the system timer as a counter.
#include <cstdint>

#include "board.h"

extern "C" const uint8_t __stack_top[], __quarter_ns_per_tick[];  // Their addresses are the values.

namespace mls::board {
namespace {

volatile uint32_t& Register(uint32_t address) { return *reinterpret_cast<volatile uint32_t*>(address); }

}  // namespace

void Semihost(Call call, const void* argument) {
  register uint32_t r0 asm("r0") = static_cast<uint32_t>(call);
  register const void* r1 asm("r1") = argument;
  asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

void StartCounter() {
  Register(0xE000E014) = 0xffffff;  // SysTick: reload, current value, enable on the processor's clock.
  Register(0xE000E018) = 0;
  Register(0xE000E010) = 5;
}

// Backwards over 24 bits, once a cycle of the clock, while one instruction takes 1 ns.
uint32_t Counter() { return Register(0xE000E018); }

uint32_t InstructionsSince(uint32_t counter) {
  const uint32_t ticks = (counter - Counter()) & 0xffffff;
  return ticks * reinterpret_cast<uintptr_t>(__quarter_ns_per_tick) / 4;  // Fits: clocks have at least 16 MHz.
}

}  // namespace mls::board

extern "C" {

[[noreturn]] void Reset_Handler() {
#ifdef __ARM_FP
  mls::board::Register(0xE000ED88) |= 0xfu << 20;  // Floating point and Helium on.
#endif
#ifndef __ARM_FEATURE_UNALIGNED
  mls::board::Register(0xE000ED14) |= 1u << 3;  // What Armv6-M and the Armv8-M baseline cannot do is a fault on other processors too.
#endif
  asm volatile("dsb\n isb" ::: "memory");
  mls::board::Start();
}

[[noreturn]] void Fault_Handler() { mls::board::Fault(); }

}  // extern "C"

__attribute__((section(".vectors"), used)) static const void* const vectors[16] = {
    __stack_top,
    reinterpret_cast<const void*>(Reset_Handler),
    reinterpret_cast<const void*>(Fault_Handler),  // NMI
    reinterpret_cast<const void*>(Fault_Handler),  // HardFault
    reinterpret_cast<const void*>(Fault_Handler),  // MemManage
    reinterpret_cast<const void*>(Fault_Handler),  // BusFault
    reinterpret_cast<const void*>(Fault_Handler),  // UsageFault
};
