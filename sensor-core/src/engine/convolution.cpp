#include "convolution.h"

#include "packed.h"

#include <algorithm>
#include <cstring>

namespace mls::engine {

ConvTensors::ConvTensors() = default;

bool ReadConvTensors(PlanContext& context, ConvTensors& t, int weights_rank, int channel_dimension) {
  const int bias_index = t.transposed ? 3 : 2;
  if (!context.Input(t.transposed ? 2 : 0, t.input) || !context.Input(1, t.weights) || !context.Output(0, t.output)) {
    return false;
  }
  if (!RequireQuantized(context, t.input, t.type) || !RequireQuantized(context, t.output, t.type)) return false;
  const uint32_t channels =
      t.weights.rank == weights_rank ? static_cast<uint32_t>(t.weights.dims[channel_dimension]) : 0;
  const bool ok =
      context.RequireType(t.weights, t.weights_type) &&
      context.Require(t.weights.constant != nullptr, Status::kUnsupported, "weights are not constant", &t.weights) &&
      context.Require(channels != 0, Status::kCorrupt, "weights have the wrong rank", &t.weights) &&
      context.Require(t.weights.zero_points_are_zero, Status::kUnsupported, "weights have a zero point", &t.weights) &&
      context.Require(t.weights.scales.count == 1 || (t.weights.scales.count == channels &&
                                                      t.weights.quantized_dimension == channel_dimension),
                      Status::kCorrupt, "weights are not quantised per tensor or per output channel", &t.weights);
  if (!ok) return false;
  t.has_bias = context.HasInput(bias_index);
  if (!t.has_bias) return true;
  const bool wide = t.type == TensorType::kInt16;  // There, sums may have 64 bits.
  return context.Input(bias_index, t.bias) &&
         context.Require(t.bias.type == TensorType::kInt32 || (wide && t.bias.type == TensorType::kInt64),
                         Status::kUnsupported, "bias is not int32", &t.bias) &&
         context.Require(t.bias.constant != nullptr, Status::kUnsupported, "bias is not constant", &t.bias) &&
         context.Require(t.bias.elements == channels, Status::kCorrupt, "bias does not have one value for each channel",
                         &t.bias);
}

bool FillConvParams(PlanContext& context, const ConvTensors& t, const ConvOptions& o, ConvParams& p) {
  bool ok = context.Require(t.input.rank == 4 && t.output.rank == 4, Status::kCorrupt,
                            "input or output is not a picture", &t.input) &&
            context.Require(o.padding == 0 || o.padding == 1, Status::kCorrupt, "unknown padding") &&
            context.Require(o.stride_width > 0 && o.stride_height > 0 && o.stride_width <= UINT16_MAX &&
                                o.stride_height <= UINT16_MAX && o.dilation_width > 0 && o.dilation_height > 0 &&
                                o.dilation_width <= UINT16_MAX && o.dilation_height <= UINT16_MAX,
                            Status::kCorrupt, "stride or dilation out of range");
  if (!ok) return false;
  for (int i = 0; i < 4; ++i) {
    ok =
        context.Require(t.input.dims[i] <= INT16_MAX && t.weights.dims[i] <= INT16_MAX && t.output.dims[i] <= INT16_MAX,
                        Status::kUnsupported, "a dimension is larger than 32767", &t.input);
    if (!ok) return false;
  }
  const auto padding = static_cast<Padding>(o.padding);
  const WindowAxis rows = WindowAlong(padding, t.input.dims[1], t.weights.dims[1], o.stride_height, o.dilation_height);
  const WindowAxis columns = WindowAlong(padding, t.input.dims[2], t.weights.dims[2], o.stride_width, o.dilation_width);
  ok = context.Require(t.output.dims[0] == t.input.dims[0] && t.output.dims[1] == rows.output &&
                           t.output.dims[2] == columns.output,
                       Status::kCorrupt, "does not have the shape that padding and stride give", &t.output) &&
       context.Require(rows.pad_before <= INT16_MAX && columns.pad_before <= INT16_MAX, Status::kUnsupported,
                       "padding is too large");
  if (!ok) return false;
  p.input_offset = static_cast<int16_t>(-t.input.zero_point);
  p.batches = static_cast<uint16_t>(t.input.dims[0]);
  p.input_height = static_cast<uint16_t>(t.input.dims[1]);
  p.input_width = static_cast<uint16_t>(t.input.dims[2]);
  p.input_channels = static_cast<uint16_t>(t.input.dims[3]);
  p.output_height = static_cast<uint16_t>(t.output.dims[1]);
  p.output_width = static_cast<uint16_t>(t.output.dims[2]);
  p.output_channels = static_cast<uint16_t>(t.output.dims[3]);
  p.kernel_height = static_cast<uint16_t>(t.weights.dims[1]);
  p.kernel_width = static_cast<uint16_t>(t.weights.dims[2]);
  p.stride_height = static_cast<uint16_t>(o.stride_height);
  p.stride_width = static_cast<uint16_t>(o.stride_width);
  p.dilation_height = static_cast<uint16_t>(o.dilation_height);
  p.dilation_width = static_cast<uint16_t>(o.dilation_width);
  p.pad_top = static_cast<uint16_t>(rows.pad_before);
  p.pad_left = static_cast<uint16_t>(columns.pad_before);
  p.group_channels = static_cast<uint16_t>(t.weights.dims[3]);
  return true;
}

bool FillRequantization(PlanContext& context, const ConvTensors& t, uint32_t channels, Int8Range range, void* memory,
                        Requantization& r) {
  auto* multipliers = static_cast<int32_t*>(memory);
  auto* shifts = reinterpret_cast<int8_t*>(multipliers + channels);
  const bool per_channel = t.weights.scales.count > 1;
  for (uint32_t i = 0; i < channels; ++i) {
    const QuantizedMultiplier q = QuantizeRatio(t.input.scale, t.weights.scales[per_channel ? i : 0], t.output.scale);
    if (!context.Require(q.shift <= 30, Status::kUnsupported, "a scale is too large", &t.weights)) return false;
    multipliers[i] = q.multiplier;
    shifts[i] = static_cast<int8_t>(q.shift);
  }
  r.multipliers = multipliers;
  r.shifts = shifts;
  r.offset = static_cast<int16_t>(t.output.zero_point);
  r.min = range.min;
  r.max = range.max;
  return true;
}

namespace {

int64_t SquaresOfUpperHalves(const int32_t* b, const int32_t* end) {
  const auto square = [](int32_t x) { return int64_t{x >> 16} * (x >> 16); };
  int64_t squares = 0;
  while ((end - b) % 8 != 0) squares += square(*b++);
  if (b == end) return squares;
#ifdef __ARM_FEATURE_DSP
  asm("1: .rept 2\n ldmia %1!, {r4, r5, r6, r8}\n"
      "smlaltt %Q0, %R0, r4, r4\n smlaltt %Q0, %R0, r5, r5\n smlaltt %Q0, %R0, r6, r6\n smlaltt %Q0, %R0, r8, r8\n"
      ".endr\n cmp %1, %2\n bne 1b"
      : "+r"(squares), "+r"(b)
      : "r"(end)
      : "r4", "r5", "r6", "r8", "cc", "memory");
#else
  for (; b != end; b += 8) {
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) squares += square(b[i]);
  }
#endif
  return squares;
}

bool SmallAccumulators(const Requantization& r, const int32_t* bias, uint32_t channels, uint32_t multipliers,
                       uint64_t depth, bool only_usual_shifts) {
  constexpr uint64_t kLimit = uint64_t{1} << 30;
  if (depth * 255 * 128 >= kLimit) return false;
  const auto room = static_cast<int32_t>(kLimit - depth * 255 * 128);
  const auto small = [room](int32_t x) {
    return static_cast<uint32_t>(x) + static_cast<uint32_t>(room - 1) < static_cast<uint32_t>(2 * room - 1);
  };
  const auto usual = [&r](uint32_t c) { return r.shifts[c] < 0 && r.shifts[c] >= -kMostUsualShift; };
  if (multipliers == 1) {
    if (!usual(0)) return !only_usual_shifts;
    if (bias == nullptr) return true;
    // Nearly always the upper halves are so small that the sum of their squares tells.
    const int32_t* b = bias;
    const int32_t* const end = bias + channels;
    const int64_t most = (room - 1) >> 16;
    if (SquaresOfUpperHalves(b, end) < most * most) return true;
    while (b != end && small(*b)) ++b;
    return b == end;
  }
  for (uint32_t c = 0; c < channels; ++c) {
    if (!usual(c)) {
      if (only_usual_shifts) return false;
    } else if (bias != nullptr && !small(bias[c])) {
      return false;
    }
  }
  return true;
}

}  // namespace

bool HasSmallAccumulators(const Requantization& r, const int32_t* bias, uint32_t channels, uint32_t multipliers,
                          uint64_t depth) {
  return SmallAccumulators(r, bias, channels, multipliers, depth, false);
}

bool HasOnlySmallAccumulators(const Requantization& r, const int32_t* bias, uint32_t channels, uint32_t multipliers,
                              uint64_t depth) {
  return SmallAccumulators(r, bias, channels, multipliers, depth, true);
}

bool ShiftsRight(const Requantization& r, const int32_t*, uint32_t, uint32_t multipliers, uint64_t) {
  for (uint32_t c = 0; c < multipliers; ++c) {
    if (r.shifts[c] >= 0 && r.multipliers[c] != 0) return false;
  }
  return true;
}

namespace {

bool IsZero(const int8_t* bytes, uint32_t count) {
  for (; count >= 4; count -= 4, bytes += 4) {
    uint32_t word;
    std::memcpy(&word, bytes, 4);
    if (word != 0) return false;
  }
  return std::all_of(bytes, bytes + count, [](int8_t b) { return b == 0; });
}

void FoldConstantChannels(const ConvParams& p, uint32_t depth) {
  auto* multipliers = const_cast<int32_t*>(p.requantization.multipliers);
  auto* shifts = const_cast<int8_t*>(p.requantization.shifts);
  for (uint32_t c = 0; c < p.output_channels; ++c) {
    // Converters give channels without weights a tiny scale.
    if (shifts[c] >= -kMostUsualShift && multipliers[c] != 0) continue;
    const int8_t* weights = p.weights + size_t{c} * depth;
    if (multipliers[c] != 0 && !IsZero(weights, depth)) continue;
    multipliers[c] = Requantize(p.requantization, c, p.bias == nullptr ? 0 : p.bias[c]);
    shifts[c] = kConstantChannel;
  }
}

}  // namespace

#ifdef MLS_ENGINE_PACKED_BIAS
bool FindPackedBias(PlanContext& context, uint32_t channels, const int32_t*& bias) {
  const void* data;
  if (!context.Packed(kPackedSums, channels * static_cast<uint32_t>(sizeof(int32_t)), data)) return false;
  bias = static_cast<const int32_t*>(data);
  return true;
}
#endif

Status CommitConv(PlanContext& context, const ConvPlan& plan, const KernelChoice& choice) {
  const ConvTensors& t = plan.tensors;
  const uint32_t channels = plan.params.output_channels;
  if (plan.params.batches == 1) {
    const ConvParams& g = plan.params;
    context.AllowOverlap(t.input, t.output,
                         LeadBytes({g.input_width, g.input_channels, g.output_height, g.output_width, channels,
                                    g.stride_height, g.stride_width, g.pad_top, g.pad_left, choice.pixels_at_once}));
  }
  if (choice.scratch_bytes > 0) context.RequestScratch(choice.scratch_bytes);
  auto* p = context.Commit<ConvParams>(RequantizationBytes(channels) + (kPacksWeights ? choice.packed_bytes : 0));
  if (p == nullptr) return context.status();
  *p = plan.params;
  if (!FillRequantization(context, t, channels, plan.range, p + 1, p->requantization)) return context.status();
  BindConv(context, t, p->input, p->weights, p->bias, p->output);
  if (choice.scratch_bytes > 0) context.BindScratch(p->scratch);
  const uint64_t depth = uint64_t{p->kernel_height} * p->kernel_width * p->group_channels;
  context.CountMacs(t.output.elements * depth);
  const bool fits = choice.otherwise == nullptr || choice.fits(p->requantization, p->bias, channels, channels, depth);
  if (fits && choice.fold_constant_channels) FoldConstantChannels(*p, static_cast<uint32_t>(depth));
  if (kPacksWeights && choice.pack != nullptr) {
    choice.pack(p, reinterpret_cast<std::byte*>(p + 1) + RequantizationBytes(channels));
  }
#ifdef MLS_ENGINE_PACKED_BIAS
  const int32_t* packed = nullptr;
  if (fits && choice.takes_packed_bias && !FindPackedBias(context, channels, packed)) return context.status();
  if (packed != nullptr) p->bias = packed, p->packed_bias = true;
#endif
  context.SetKernel(fits ? choice.kernel : choice.otherwise, p);
  return Status::kOk;
}

void BindConv(PlanContext& context, const ConvTensors& t, const int8_t*& input, const int8_t*& weights,
              const int32_t*& bias, int8_t*& output) {
  context.Bind(input, t.input);
  context.Bind(weights, t.weights);
  bias = t.has_bias ? reinterpret_cast<const int32_t*>(t.bias.constant) : nullptr;
  context.Bind(output, t.output);
}

}  // namespace mls::engine
