// Runs models that the linker put beside it on a processor without an operating system, and compares their outputs with those that are
// expected. tools/in-bochs builds and runs it. `cases`: their number; then for each the bytes of model, inputs and outputs, and those,
// each at a multiple of 64.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "mls/core/engine/engine.h"
#include "mls/core/engine/operators.h"

extern "C" {

extern const uint8_t cases[];

void* memcpy(void* to, const void* from, size_t count) {
  void* const start = to;
  asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
  return start;
}
void* memset(void* to, int value, size_t count) {
  void* const start = to;
  asm volatile("rep stosb" : "+D"(to), "+c"(count) : "a"(value) : "memory");
  return start;
}
void* memmove(void* to, const void* from, size_t count) {
  if (to <= from) return memcpy(to, from, count);
  auto* t = static_cast<volatile uint8_t*>(to);
  const auto* f = static_cast<const uint8_t*>(from);
  while (count-- > 0) t[count] = f[count];
  return to;
}
int memcmp(const void* a, const void* b, size_t count) {
  const auto* x = static_cast<const volatile uint8_t*>(a);
  const auto* y = static_cast<const volatile uint8_t*>(b);
  for (size_t i = 0; i < count; ++i) {
    if (x[i] != y[i]) return x[i] - y[i];
  }
  return 0;
}
size_t strlen(const char* text) {
  size_t length = 0;
  while (static_cast<const volatile char*>(text)[length] != 0) ++length;
  return length;
}

int main();
}

namespace {

void Out(uint16_t port, char byte) { asm volatile("outb %0, %1" : : "a"(byte), "Nd"(port)); }
// On the first serial port, when it has room.
void Print(const char* text) {
  for (; *text != 0; ++text) {
    uint8_t status;
    do asm volatile("inb %1, %0" : "=a"(status) : "Nd"(uint16_t{0x3fd}));
    while ((status & 0x20) == 0);
    Out(0x3f8, *text);
  }
}
void Print(uint32_t number) {
  char digits[11];
  char* p = digits + sizeof digits;
  *--p = 0;
  do *--p = static_cast<char>('0' + number % 10);
  while ((number /= 10) != 0);
  Print(p);
}

alignas(64) std::byte arena[8 << 20];

std::span<const uint8_t> Next(const uint8_t*& at, uint32_t bytes) {
  const std::span<const uint8_t> found(at, bytes);
  at += (bytes + 63) / 64 * 64;
  return found;
}

// On Bochs one for each instruction.
uint64_t Ticks() { return __builtin_ia32_rdtsc(); }

// Inputs whose outputs differ; -1 if the model cannot be run. `ticks`: of the last inference.
int Run(std::span<const uint8_t> model, std::span<const uint8_t> inputs, std::span<const uint8_t> outputs, uint64_t& ticks) {
  mls::InferenceEngine engine;
  mls::Diagnostics why;
  const mls::Status status = engine.Prepare(model, arena, mls::engine::AllOperators(), &why);
  if (status != mls::Status::kOk || why.full_speed_bytes != 0) {
    Print(why.message);
    return -1;
  }
  int different = 0;
  while (!inputs.empty()) {
    for (int i = 0; i < engine.input_count(); ++i) {
      std::memcpy(engine.input(i).data(), inputs.data(), engine.input(i).size());
      inputs = inputs.subspan(engine.input(i).size());
    }
    const uint64_t start = Ticks();
    if (engine.Invoke() != mls::Status::kOk) return -1;
    ticks = Ticks() - start;
    bool same = true;
    for (int i = 0; i < engine.output_count(); ++i) {
      same = same && std::memcmp(engine.output(i).data(), outputs.data(), engine.output(i).size()) == 0;
      outputs = outputs.subspan(engine.output(i).size());
    }
    different += same ? 0 : 1;
  }
  return different;
}

}  // namespace

int main() {
  Out(0x3fb, 3);  // The port sends eight bits.
  __builtin_cpu_init();
  Print(__builtin_cpu_supports("avx512vnni") ? "AVX-512 VNNI: yes\n" : "AVX-512 VNNI: no\n");
  const uint8_t* at = cases;
  uint32_t header[16];
  const auto read_header = [&] { std::memcpy(header, Next(at, sizeof header).data(), sizeof header); };
  read_header();
  const uint32_t count = header[0];
  for (uint32_t i = 0; i < count; ++i) {
    read_header();
    const auto model = Next(at, header[0]), inputs = Next(at, header[1]), outputs = Next(at, header[2]);
    uint64_t ticks = 0;
    const int different = Run(model, inputs, outputs, ticks);
    Print("case ");
    Print(i);
    Print(different == 0 ? " same, " : different < 0 ? " CANNOT BE RUN, " : " DIFFERENT, ");
    Print(static_cast<uint32_t>(ticks));
    Print(" instructions\n");
  }
  Print("end\n                \n");  // The port keeps some back.
  for (const char* p = "Shutdown"; *p != 0; ++p) Out(0x8900, *p);  // Ends the emulator.
  for (;;) asm volatile("hlt");
}
