// Reset, vectors and the little that the measurement needs. Output and exit go through Arm semihosting.
#include <cstdint>

#include "board.h"

extern "C" {
int main();
extern uint32_t __etext[], __data_start[], __data_end[], __bss_start[], __bss_end[], __stack_top[];
using Function = void (*)();
extern Function __init_start[], __init_end[];
}

namespace mls::board {
namespace {

volatile uint32_t& Register(uint32_t address) { return *reinterpret_cast<volatile uint32_t*>(address); }

// Semihosting for A-profile and M-profile: https://github.com/ARM-software/abi-aa/blob/main/semihosting/semihosting.rst
enum class Call : uint32_t { kWrite0 = 0x04, kExitExtended = 0x20 };
void Semihost(Call call, const void* argument) {
  register uint32_t r0 asm("r0") = static_cast<uint32_t>(call);
  register const void* r1 asm("r1") = argument;
  asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

}  // namespace

void Print(const char* text) { Semihost(Call::kWrite0, text); }

void PrintNumber(uint32_t value) {
  char digits[11];
  char* p = digits + sizeof digits;
  *--p = 0;
  do {
    *--p = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  Print(p);
}

void Exit(int status) {
  const uint32_t block[2] = {0x20026 /* the application ended by itself */, static_cast<uint32_t>(status)};
  Semihost(Call::kExitExtended, block);
  for (;;) {
  }
}

void StartCounter() {
  Register(0xE000E014) = 0xffffff;  // SysTick: reload, current value, enable on the processor's clock.
  Register(0xE000E018) = 0;
  Register(0xE000E010) = 5;
}

uint32_t TicksLeft() { return Register(0xE000E018); }

}  // namespace mls::board

extern "C" {

[[noreturn]] void Reset_Handler() {
  mls::board::Register(0xE000ED88) |= 0xfu << 20;  // Floating point and Helium on.
  asm volatile("dsb\n isb");
  const uint32_t* from = __etext;
  for (uint32_t* to = __data_start; to < __data_end;) *to++ = *from++;
  for (uint32_t* to = __bss_start; to < __bss_end;) *to++ = 0;
  for (Function* f = __init_start; f < __init_end; ++f) (*f)();
  mls::board::Exit(main());
}

[[noreturn]] void Fault_Handler() {
  mls::board::Print("fault\n");
  mls::board::Exit(70);
}

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
