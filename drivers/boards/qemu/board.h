// What a measurement needs of a board: a way to print, a way to end, and a count of executed instructions.
#pragma once

#include <cstdint>
#include <span>

namespace mls::board {

void Print(const char* text);
void PrintNumber(uint32_t value);
[[noreturn]] void Exit(int status);

// What QEMU put at the place for models: tools/mcu.py.
std::span<const uint8_t> Model();
std::span<const uint8_t> Inputs();    // Sets of input tensors, back to back.
std::span<const uint8_t> Expected();  // The outputs for them.

// Right under QEMU's -icount shift=0 only.
void StartCounter();
uint32_t Counter();
uint32_t InstructionsSince(uint32_t counter);

// The parts that depend on the architecture, in startup_*.cpp.

// Semihosting, whose calls are the same for both: https://github.com/ARM-software/abi-aa/blob/main/semihosting/semihosting.rst and
// https://github.com/riscv-non-isa/riscv-semihosting
enum class Call : uint32_t { kWrite0 = 0x04, kExitExtended = 0x20 };
void Semihost(Call call, const void* argument);
// From the reset handler, once there is a stack; from the fault handler.
[[noreturn]] void Start();
[[noreturn]] void Fault();

}  // namespace mls::board
