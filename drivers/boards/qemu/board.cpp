#include "board.h"

extern "C" {
int main();
extern uint32_t __etext[], __data_start[], __data_end[], __bss_start[], __bss_end[], __model[];
using Function = void (*)();
extern Function __init_start[], __init_end[];
}

namespace mls::board {
namespace {

// Three sizes in bytes and a zero, then the three, each at a multiple of 16.
std::span<const uint8_t> Part(int index) {
  const uint8_t* part = reinterpret_cast<const uint8_t*>(__model) + 16;
  for (int i = 0; i < index; ++i) part += (__model[i] + 15) & ~15u;
  return {part, __model[index]};
}

}  // namespace

std::span<const uint8_t> Model() { return Part(0); }
std::span<const uint8_t> Inputs() { return Part(1); }
std::span<const uint8_t> Expected() { return Part(2); }

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

void Start() {
  const uint32_t* from = __etext;
  for (uint32_t* to = __data_start; to < __data_end;) *to++ = *from++;
  for (uint32_t* to = __bss_start; to < __bss_end;) *to++ = 0;
  for (Function* f = __init_start; f < __init_end; ++f) (*f)();
  Exit(main());
}

void Fault() {
  Print("fault\n");
  Exit(70);
}

}  // namespace mls::board
