// What the kernels for Arm processors with Helium have in common.
#pragma once

#include "../convolution.h"

#ifdef MLS_ENGINE_ARM_HELIUM
#include <arm_mve.h>

#include "../fixed_point.h"

namespace mls::engine {

// How accumulators become int8 numbers here, in 32-bit lanes, for shifts (given as negative numbers) to the right of 1
// to 31: VQRDMULH is RoundingDoublingHighMul. VRSHL rounds halves up: negative sums lose one first, so that halves go
// away from zero. (The sign of the sum is that of the product, or the product is 0, where it does not matter.)

inline int32_t SumBytes(const int8_t* from, uint32_t count) {
  int32_t sum = 0;
  asm volatile(R"(
      wlstp.8 lr, %[count], 2f
    1:
      vldrb.8 q0, [%[from]], #16
      vaddva.s8 %[sum], q0
      letp lr, 1b
    2:
  )" : [sum] "+Te"(sum), [from] "+r"(from) : [count] "r"(count) : "lr", "q0", "memory", "cc");
  return sum;
}

// Runs are short: calls of memcpy would take longer.
inline void CopyBytes(int8_t* to, const int8_t* from, int count) {
  asm volatile(R"(
      wlstp.8 lr, %[count], 2f
    1:
      vldrb.8 q0, [%[from]], #16
      vstrb.8 q0, [%[to]], #16
      letp lr, 1b
    2:
  )" : [to] "+r"(to), [from] "+r"(from) : [count] "r"(count) : "lr", "q0", "memory", "cc");
}

// DEPTHWISE_CONV_2D with one input channel, by way of CONV_2D.
uint32_t OneChannelDepthwiseScratchBytes(const ConvParams& p);
Status RunOneChannelDepthwiseHelium(const void* params);

}  // namespace mls::engine
#endif
