#include "../convolution.h"
#include "mls/core/engine/operators.h"

namespace mls::engine {

Status PlanFullyConnected(PlanContext& context, Kernel kernel) {
  return CommitFullyConnected(context, {.kernel = kernel});
}

Status CommitFullyConnected(PlanContext& context, const KernelChoice& choice) {
  ConvTensors t;
  t.weights_type = choice.weights_type;
  return ReadConvTensors(context, t, 2, 0) ? CommitFullyConnected(context, t, choice) : context.status();
}

Status CommitFullyConnected(PlanContext& context, const ConvTensors& t, const KernelChoice& choice) {
  enum Option { kActivation = 0, kWeightsFormat = 1 };
  if (!context.OpenOptions(8)) return context.status();
  const int32_t activation = context.OptionByte(kActivation, 0);
  const uint32_t outputs = static_cast<uint32_t>(t.weights.dims[0]);
  const uint32_t depth = static_cast<uint32_t>(t.weights.dims[1]);
  Int8Range range;
  if (!context.Require(context.OptionByte(kWeightsFormat, 0) == 0, Status::kUnsupported,
                       "shuffled weights are not supported") ||
      !context.Require(t.input.elements % depth == 0, Status::kCorrupt, "input does not fit the weights", &t.input) ||
      !context.Require(uint64_t{t.input.elements} / depth * outputs == t.output.elements, Status::kCorrupt,
                       "does not have the shape that input and weights give", &t.output) ||
      !ActivationRange(context, activation, t.output, range)) {
    return context.status();
  }
  const bool per_channel = t.weights.scales.count > 1;
  if (choice.scratch_bytes > 0) context.RequestScratch(choice.scratch_bytes);
  auto* p = context.Commit<FullyConnectedParams>(RequantizationBytes(per_channel ? outputs : 1) +
                                                 (kPacksWeights ? choice.packed_bytes : 0));
  if (p == nullptr) return context.status();
  if (!per_channel) {
    // Unlike the convolutions, TensorFlow Lite multiplies these two as floats.
    const float product = t.input.scale * t.weights.scale;
    const QuantizedMultiplier q = QuantizeRatio(product, 1.0f, t.output.scale);
    if (!context.Require(q.shift <= 30, Status::kUnsupported, "a scale is too large", &t.weights)) {
      return context.status();
    }
    auto* multiplier = reinterpret_cast<int32_t*>(p + 1);
    auto* shift = reinterpret_cast<int8_t*>(multiplier + 1);
    *multiplier = q.multiplier;
    *shift = static_cast<int8_t>(q.shift);
    p->requantization = {multiplier, shift, static_cast<int16_t>(t.output.zero_point), range.min, range.max};
  } else if (!FillRequantization(context, t, outputs, range, p + 1, p->requantization)) {
    return context.status();
  }
  BindConv(context, t, p->input, p->weights, p->bias, p->output);
  p->batches = t.input.elements / depth;
  p->depth = depth;
  p->outputs = outputs;
  p->input_offset = static_cast<int16_t>(-t.input.zero_point);
  p->per_channel = per_channel;
  p->copy_weights = choice.copy_weights;
  context.CountMacs(uint64_t{t.output.elements} * depth);
  if (choice.scratch_bytes > 0) context.BindScratch(p->scratch);
  const bool fits = choice.otherwise == nullptr ||
                    choice.fits(p->requantization, p->bias, outputs, per_channel ? outputs : 1, depth);
  if (kPacksWeights && choice.pack != nullptr) {
    choice.pack(p, reinterpret_cast<std::byte*>(p + 1) + RequantizationBytes(per_channel ? outputs : 1));
  }
#ifdef MLS_ENGINE_PACKED_BIAS
  const int32_t* packed = nullptr;
  if (fits && choice.takes_packed_bias && !FindPackedBias(context, outputs, packed)) return context.status();
  if (packed != nullptr) p->bias = packed, p->packed_bias = true;
#endif
  context.SetKernel(fits ? choice.kernel : choice.otherwise, p);
  return Status::kOk;
}

Status RunFullyConnected(const void* params) {
  const FullyConnectedParams& p = *static_cast<const FullyConnectedParams*>(params);
  int8_t* output = p.output;
  for (uint32_t batch = 0; batch < p.batches; ++batch) {
    const int8_t* input = p.input + size_t{batch} * p.depth;
    const int8_t* weights = p.weights;
    for (uint32_t c = 0; c < p.outputs; ++c) {
      uint32_t sum = p.bias == nullptr ? 0 : static_cast<uint32_t>(p.bias[c]);
      for (uint32_t i = 0; i < p.depth; ++i) sum += static_cast<uint32_t>((input[i] + p.input_offset) * weights[i]);
      weights += p.depth;
      *output++ = Requantize(p.requantization, p.per_channel ? c : 0, static_cast<int32_t>(sum));
    }
  }
  return Status::kOk;
}

namespace portable {
constexpr OperatorRegistration kFullyConnected = {
    9, "FULLY_CONNECTED", [](PlanContext& context) { return PlanFullyConnected(context, RunFullyConnected); }};
}
#ifndef MLS_ENGINE_FAST_KERNELS
constinit const OperatorRegistration kFullyConnected = portable::kFullyConnected;
#endif

}  // namespace mls::engine
