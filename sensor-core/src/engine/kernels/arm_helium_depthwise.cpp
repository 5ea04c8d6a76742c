// DEPTHWISE_CONV_2D for Arm processors with Helium: one VMLADAVA is a whole window of one channel.
#include "arm_helium.h"

#ifdef MLS_ENGINE_ARM_HELIUM
#include <cstddef>
#include <cstring>

#include "mls/core/engine/operators.h"

namespace mls::engine {
namespace {

// Scratch holds, for each channel, what it needs, and then a plane of columns: a column is four bytes, one for each of
// the four input rows that were read last, row y in byte y mod 4. So the window of an output, up to four rows and four
// columns, is sixteen bytes in a row. Weights lie in the same order and turn by a stride when the window moves down.

struct DepthwiseChannel {
  int8_t weights[16];  // Column by column.
  int32_t multiplier, shift, bias;
};

// The assembler below counts on the layout of these two.
struct DepthwiseRow {
  int32_t next_plane, next_output;  // From the end of one channel's row to the start of the next one's.
  uint32_t groups, rest;            // Output width in fours, and the rest.
  DepthwiseChannel* channels;
  const int8_t* planes;
  int8_t* output;
  uint32_t channel_count;
  int32_t min, max, offset;
};
static_assert(sizeof(DepthwiseChannel) == 28 && offsetof(DepthwiseRow, groups) == 8 &&
              offsetof(DepthwiseRow, channels) == 16 && offsetof(DepthwiseRow, channel_count) == 28 &&
              offsetof(DepthwiseRow, offset) == 40);

// r0, r2, r4, r6 sums of four pixels, r1 window, r3 output, r5 channels to go, r7 channel, r8 multiplier, r9 bytes of
// four output pixels, r10 shift, r11 row, r12 bias, lr count; q0 weights, q4 offsets of four pixels, q5 and q6 range,
// q7 offset.
asm(R"(
  .syntax unified
  .thumb
  .macro mls_helium_windows stride
    vldrw.32 q1, [r1], #4*\stride
    vmladav.s8 r0, q0, q1
    vldrw.32 q1, [r1], #4*\stride
    vmladav.s8 r2, q0, q1
    vldrw.32 q1, [r1], #4*\stride
    vmladav.s8 r4, q0, q1
    vldrw.32 q1, [r1], #4*\stride
    vmladav.s8 r6, q0, q1
    vmov  q2[2], q2[0], r0, r4
    vmov  q2[3], q2[1], r2, r6
    vadd.i32 q2, q2, r12
    vqrdmulh.s32 q3, q2, r8
    vshr.s32 q2, q2, #31
    vadd.i32 q3, q3, q2
    vrshl.s32 q3, r10
    vadd.i32 q3, q3, q7
    vmax.s32 q3, q3, q5
    vmin.s32 q3, q3, q6
  .endm
  .macro mls_helium_depthwise name, stride
  .section .text.\name, "ax", %progbits
  .balign 4
  .thumb_func
  .type \name, %function
\name:
    push  {r4-r11, lr}
    vpush {d8-d15}
    mov   r11, r0
    add   r0, r11, #16
    ldmia r0, {r7, r8, r10, r12}
    mov   r1, r8
    mov   r3, r10
    mov   r5, r12
    mov   r0, #0
    mov   r2, r5
    add   r4, r5, r5
    add   r6, r4, r5
    vmov  q4[2], q4[0], r0, r4
    vmov  q4[3], q4[1], r2, r6
    lsl   r9, r5, #2
    ldr   r0, [r11, #32]
    vdup.32 q5, r0
    ldr   r0, [r11, #36]
    vdup.32 q6, r0
    ldr   r0, [r11, #40]
    vdup.32 q7, r0
  1:
    vldrw.32 q0, [r7]
    vshl.i32 q1, q0, #8*\stride
    vsri.32 q1, q0, #32-8*\stride
    vstrw.32 q1, [r7], #16
    ldmia r7!, {r8, r10, r12}
    ldr   r0, [r11, #8]
    wls   lr, r0, 3f
  2:
    mls_helium_windows \stride
    vstrb.32 q3, [r3, q4]
    add   r3, r3, r9
    le    lr, 2b
  3:
    ldr   r0, [r11, #12]
    cbz   r0, 4f
    mov   lr, r0
    mls_helium_windows \stride
    vctp.32 lr
    vpst
    vstrbt.32 q3, [r3, q4]
  4:
    ldrd  r0, r2, [r11]
    add   r1, r1, r0
    add   r3, r3, r2
    subs  r5, r5, #1
    bne   1b
    vpop  {d8-d15}
    pop   {r4-r11, pc}
  .size \name, . - \name
  .endm
  mls_helium_depthwise mls_depthwise_row_helium, 1
  mls_helium_depthwise mls_depthwise_row_by_two_helium, 2
  .text
)");
extern "C" void mls_depthwise_row_helium(const DepthwiseRow* row);
extern "C" void mls_depthwise_row_by_two_helium(const DepthwiseRow* row);

constexpr int kMostTaps = 4;     // In each direction.
constexpr uint32_t kSlack = 64;  // Windows of pixels that make up the last group may start behind the last column.

uint32_t PlaneColumns(const ConvParams& p) { return (p.output_width - 1u) * p.stride_width + p.kernel_width; }
uint32_t PlaneBytes(const ConvParams& p) { return 4 * PlaneColumns(p); }
uint32_t ScratchBytes(const ConvParams& p) {
  return p.output_channels * (static_cast<uint32_t>(sizeof(DepthwiseChannel)) + PlaneBytes(p)) + kSlack;
}

// One byte each to `count` places that lie `stride` apart.
void ScatterBytes(int8_t* to, uint32_t stride, const int8_t* from, int count) {
  const uint32_t eight = 8 * stride;
  asm volatile(R"(
      movs r0, #0
      vidup.u16 q1, r0, #1
      vmul.i16 q1, q1, %[stride]
      wlstp.16 lr, %[count], 2f
    1:
      vldrb.u16 q0, [%[from]], #8
      vstrb.16 q0, [%[to], q1]
      add %[to], %[to], %[eight]
      letp lr, 1b
    2:
  )" : [to] "+r"(to), [from] "+l"(from)
     : [count] "r"(count), [stride] "r"(stride), [eight] "r"(eight) : "r0", "lr", "q0", "q1", "memory", "cc");
}

void PrepareChannels(const ConvParams& p, DepthwiseChannel* to) {
  const uint32_t channels = p.output_channels;
  const Requantization& r = p.requantization;
  for (uint32_t c = 0; c < channels; ++c) vstrbq_s8(to[c].weights, vdupq_n_s8(0));
  const int8_t* weights = p.weights;
  for (int ky = 0; ky < p.kernel_height; ++ky) {
    for (int kx = 0; kx < p.kernel_width; ++kx, weights += channels) {
      ScatterBytes(&to->weights[4 * kx + ((ky - p.pad_top) & 3)], sizeof *to, weights, static_cast<int>(channels));
    }
  }
  for (uint32_t c = 0; c < channels; ++c) {
    const int32_t sum = vaddvq_s8(vldrbq_s8(to[c].weights));
    to[c].bias = WrappingAdd(p.bias == nullptr ? 0 : p.bias[c], sum * p.input_offset);
    to[c].multiplier = r.multipliers[c];
    to[c].shift = std::min<int32_t>(r.shifts[c], -1);  // A multiplier of zero comes with any shift.
  }
}

Status RunDepthwiseConv2DHelium(const void* params) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  const Requantization& r = p.requantization;
  const int channels = p.output_channels;
  const uint32_t plane = PlaneBytes(p);
  auto* const prepared = static_cast<DepthwiseChannel*>(p.scratch);
  auto* const planes = reinterpret_cast<int8_t*>(prepared + channels);
  PrepareChannels(p, prepared);
  std::memset(planes, -p.input_offset, channels * plane);
  const int columns = std::min<int>(p.input_width, static_cast<int>(PlaneColumns(p)) - p.pad_left);
  const uint32_t groups = p.output_width / 4u, rest = p.output_width % 4u;
  const uint32_t read = (groups + (rest != 0)) * 16 * p.stride_width;
  DepthwiseRow row = {static_cast<int32_t>(plane - read), 1 - static_cast<int32_t>(groups * 4) * channels, groups, rest,
                      prepared, planes, p.output, p.output_channels, r.min, r.max, r.offset};
  const auto run = p.stride_width == 1 ? mls_depthwise_row_helium : mls_depthwise_row_by_two_helium;
  int next = -p.pad_top;
  for (int y = 0; y < p.output_height; ++y) {
    const int end = y * p.stride_height - p.pad_top + p.kernel_height;
    for (; next < end; ++next) {
      int8_t* to = planes + 4 * p.pad_left + (next & 3);
      if (next < 0 || next >= p.input_height) {
        for (int8_t* at = to; at < planes + static_cast<uint32_t>(channels) * plane; at += 4) {
          *at = static_cast<int8_t>(-p.input_offset);
        }
        continue;
      }
      const int8_t* from = p.input + next * p.input_width * channels;
      for (int x = 0; x < columns; ++x, to += 4, from += channels) ScatterBytes(to, plane, from, channels);
    }
    run(&row);
    row.output += p.output_width * channels;
  }
  return Status::kOk;
}

Status PlanDepthwiseConv2DHelium(PlanContext& context) {
  ConvPlan plan;
  if (!ReadDepthwiseConv2D(context, plan)) return context.status();
  const ConvParams& p = plan.params;
  if (p.input_channels == 1 && p.output_channels > 1 && p.batches == 1) {
    return CommitConv(context, plan,
                      {.kernel = RunOneChannelDepthwiseHelium,
                       .pixels_at_once = 4,
                       .scratch_bytes = OneChannelDepthwiseScratchBytes(p),
                       .otherwise = RunDepthwiseConv2D,
                       .fits = ShiftsRight});
  }
  if (p.input_channels != p.output_channels || p.batches != 1 || p.kernel_height > kMostTaps ||
      p.kernel_width > kMostTaps || p.stride_width != p.stride_height || p.stride_width > 2 || p.dilation_height != 1 ||
      p.dilation_width != 1 || 7 * PlaneBytes(p) > UINT16_MAX) {
    return CommitConv(context, plan, {.kernel = RunDepthwiseConv2D});
  }
  return CommitConv(context, plan, {.kernel = RunDepthwiseConv2DHelium, .scratch_bytes = ScratchBytes(p),
                                    .otherwise = RunDepthwiseConv2D, .fits = ShiftsRight});
}

}  // namespace

constinit const OperatorRegistration kDepthwiseConv2D = {4, "DEPTHWISE_CONV_2D", PlanDepthwiseConv2DHelium};

}  // namespace mls::engine
#endif
