// Times the operators of a model, ours against those of Debian's libxnnpack, in turns, on one thread. tools/bench-x86 builds and runs it.
//
//   xnnpack_bench MODEL.tflite ROUNDS
//
// XNNPACK's operators are registered in front of the engine's, as an accelerator's kernels would be: the engine reads the model
// and places the tensors for both. Prints JSON: for each operator that XNNPACK took, the microseconds of each and, fed with the
// same values, the largest difference between their outputs.
#include <xnnpack.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <vector>

#include "mls/core/engine/engine.h"
#include "mls/core/engine/operators.h"

namespace {

using namespace mls::engine;
using mls::Status;

struct Operator {
  xnn_operator_t handle;
  const int8_t* inputs[2];
  int8_t* output;
  int32_t output_bytes;
  Status (*set_up)(const Operator& o);
  size_t batch, height, width;
  bool ready;
};

Status Run(const void* params) {
  auto& o = *const_cast<Operator*>(static_cast<const Operator*>(params));
  if (!o.ready && o.set_up(o) != Status::kOk) return Status::kUnsupported;
  o.ready = true;
  return xnn_run_operator(o.handle, nullptr) == xnn_status_success ? Status::kOk : Status::kUnsupported;
}

struct Range {
  int8_t low, high;
};
Range RangeOf(int32_t activation, const Tensor& output) {
  const auto at = [&](float x) { return static_cast<int8_t>(std::clamp<float>(std::round(x / output.scale) + static_cast<float>(output.zero_point), -128, 127)); };
  const bool relu = activation == 1 || activation == 3;
  return {relu ? at(0) : int8_t{-128}, activation == 3 ? at(6) : int8_t{127}};
}
int8_t ZeroPoint(const Tensor& t) { return static_cast<int8_t>(t.zero_point); }
size_t Dim(const Tensor& t, int i) { return static_cast<size_t>(t.dims[i]); }

Status Commit(PlanContext& context, xnn_operator_t handle, Status (*set_up)(const Operator&), std::initializer_list<const Tensor*> inputs,
              const Tensor& output, size_t batch, size_t height, size_t width) {
  auto* o = context.Commit<Operator>();
  if (o == nullptr) return context.status();
  *o = {handle, {}, nullptr, static_cast<int32_t>(output.bytes), set_up, batch, height, width, false};
  int i = 0;
  for (const Tensor* input : inputs) context.Bind(o->inputs[i++], *input);
  context.Bind(o->output, output);
  context.SetKernel(Run, o);
  return Status::kOk;
}
Status Ok(xnn_status status) { return status == xnn_status_success ? Status::kOk : Status::kUnsupported; }

template <bool kDepthwise>
Status PlanConv(PlanContext& context) {
  Tensor in, w, b, out;
  if (!context.Input(0, in) || !context.Input(1, w) || !context.Input(2, b) || !context.Output(0, out) || !context.OpenOptions(kDepthwise ? 2 : 1)) return context.status();
  const bool same = context.OptionByte(0, 0) == 0;
  const auto stride_x = static_cast<uint32_t>(context.OptionInt(1, 0)), stride_y = static_cast<uint32_t>(context.OptionInt(2, 0));
  const Range range = RangeOf(context.OptionByte(kDepthwise ? 4 : 3, 0), out);
  const size_t channels = Dim(in, 3), outputs = Dim(out, 3);
  std::vector<float> scales(outputs);
  for (uint32_t c = 0; c < outputs; ++c) scales[c] = std::max(w.scales[w.scales.count == 1 ? 0 : c], 1e-30f);
  // XNNPACK refuses products of scales outside [2^-32, 256). Channels without weights have smaller ones.
  for (float& scale : scales) scale = std::max(scale, out.scale / in.scale * 0x1p-31f);
  xnn_operator_t handle = nullptr;
  const xnn_status status = xnn_create_convolution2d_nhwc_qc8(
      0, 0, 0, 0, static_cast<uint32_t>(w.dims[1]), static_cast<uint32_t>(w.dims[2]), stride_y, stride_x, 1, 1,
      kDepthwise ? static_cast<uint32_t>(channels) : 1, kDepthwise ? 1 : channels, kDepthwise ? outputs / channels : outputs, channels, outputs,
      ZeroPoint(in), in.scale, scales.data(), reinterpret_cast<const int8_t*>(w.constant), reinterpret_cast<const int32_t*>(b.constant),
      ZeroPoint(out), out.scale, range.low, range.high,
      (same ? XNN_FLAG_TENSORFLOW_SAME_PADDING : 0) | (kDepthwise ? XNN_FLAG_DEPTHWISE_CONVOLUTION : 0), &handle);
  if (status != xnn_status_success) return Status::kUnsupported;
  const auto set_up = [](const Operator& o) {
    return Ok(xnn_setup_convolution2d_nhwc_qc8(o.handle, o.batch, o.height, o.width, o.inputs[0], o.output, nullptr));
  };
  return Commit(context, handle, set_up, {&in}, out, Dim(in, 0), Dim(in, 1), Dim(in, 2));
}

Status PlanFullyConnected(PlanContext& context) {
  Tensor in, w, b, out;
  if (!context.Input(0, in) || !context.Input(1, w) || !context.Input(2, b) || !context.Output(0, out) || !context.OpenOptions(8)) return context.status();
  if (w.scales.count != 1) return Status::kUnsupported;
  const Range range = RangeOf(context.OptionByte(0, 0), out);
  xnn_operator_t handle = nullptr;
  const xnn_status status = xnn_create_fully_connected_nc_qs8(
      Dim(w, 1), Dim(w, 0), Dim(w, 1), Dim(w, 0), ZeroPoint(in), in.scale, w.scales[0], reinterpret_cast<const int8_t*>(w.constant),
      reinterpret_cast<const int32_t*>(b.constant), ZeroPoint(out), out.scale, range.low, range.high, 0, &handle);
  if (status != xnn_status_success) return Status::kUnsupported;
  const auto set_up = [](const Operator& o) { return Ok(xnn_setup_fully_connected_nc_qs8(o.handle, o.batch, o.inputs[0], o.output, nullptr)); };
  return Commit(context, handle, set_up, {&in}, out, in.elements / Dim(w, 1), 1, 1);
}

Status PlanAdd(PlanContext& context) {
  Tensor a, b, out;
  if (!context.Input(0, a) || !context.Input(1, b) || !context.Output(0, out) || !context.OpenOptions(11)) return context.status();
  if (a.elements != out.elements || b.elements != out.elements) return Status::kUnsupported;
  const Range range = RangeOf(context.OptionByte(0, 0), out);
  xnn_operator_t handle = nullptr;
  const xnn_status status = xnn_create_add_nd_qs8(ZeroPoint(a), a.scale, ZeroPoint(b), b.scale, ZeroPoint(out), out.scale, range.low, range.high, 0, &handle);
  if (status != xnn_status_success) return Status::kUnsupported;
  const auto set_up = [](const Operator& o) {
    return Ok(xnn_setup_add_nd_qs8(o.handle, 1, &o.batch, 1, &o.batch, o.inputs[0], o.inputs[1], o.output, nullptr));
  };
  return Commit(context, handle, set_up, {&a, &b}, out, out.elements, 1, 1);
}

// Over the whole picture only: this version has no other.
Status PlanAveragePool(PlanContext& context) {
  Tensor in, out;
  if (!context.Input(0, in) || !context.Output(0, out)) return context.status();
  if (out.dims[1] != 1 || out.dims[2] != 1) return Status::kUnsupported;
  xnn_operator_t handle = nullptr;
  const xnn_status status = xnn_create_global_average_pooling_nwc_qs8(Dim(in, 3), Dim(in, 3), Dim(in, 3), ZeroPoint(in), in.scale, ZeroPoint(out), out.scale,
                                                                      -128, 127, 0, &handle);
  if (status != xnn_status_success) return Status::kUnsupported;
  const auto set_up = [](const Operator& o) {
    return Ok(xnn_setup_global_average_pooling_nwc_qs8(o.handle, o.batch, o.width, o.inputs[0], o.output, nullptr));
  };
  return Commit(context, handle, set_up, {&in}, out, Dim(in, 0), 1, Dim(in, 1) * Dim(in, 2));
}

constexpr OperatorRegistration kOperators[] = {{0, "ADD", PlanAdd},
                                               {1, "AVERAGE_POOL_2D", PlanAveragePool},
                                               {3, "CONV_2D", PlanConv<false>},
                                               {4, "DEPTHWISE_CONV_2D", PlanConv<true>},
                                               {9, "FULLY_CONNECTED", PlanFullyConnected}};

double Microseconds(mls::InferenceEngine& engine, int32_t step, int times) {
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < times; ++i) engine.InvokeStep(step);
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count() / times;
}
double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 || xnn_initialize(nullptr) != xnn_status_success) return 2;
  std::ifstream file(argv[1], std::ios::binary);
  const std::vector<uint8_t> model{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const auto rounds = static_cast<size_t>(std::max(std::atoi(argv[2]), 1));

  const mls::OperatorSet all = AllOperators();
  std::vector<const OperatorRegistration*> with_xnnpack;
  for (const OperatorRegistration& o : kOperators) with_xnnpack.push_back(&o);
  with_xnnpack.insert(with_xnnpack.end(), all.begin(), all.end());
  mls::InferenceEngine ours, theirs;
  std::vector<std::byte> arenas[2] = {std::vector<std::byte>(4 << 20), std::vector<std::byte>(4 << 20)};
  mls::Diagnostics why;
  if (ours.Prepare(model, arenas[0], all, &why) != Status::kOk || theirs.Prepare(model, arenas[1], with_xnnpack, &why) != Status::kOk ||
      ours.step_count() != theirs.step_count()) {
    std::fprintf(stderr, "%s\n", why.message);
    return 1;
  }
  int most = 0;
  for (int run = 0; run < 8; ++run) {
    for (size_t i = 0; i < ours.input().size(); ++i) ours.input()[i] = theirs.input()[i] = static_cast<int8_t>(std::rand());
    if (ours.Invoke() != Status::kOk || theirs.Invoke() != Status::kOk) return 1;
    for (size_t i = 0; i < ours.output().size(); ++i) most = std::max(most, std::abs(ours.output()[i] - theirs.output()[i]));
  }
  std::printf("{\"largest_difference\": %d, \"operators\": [", most);
  for (int32_t step = 0; step < ours.step_count(); ++step) {
    const int times = std::clamp(static_cast<int>(20 / Microseconds(theirs, step, 5)), 1, 100);
    std::vector<double> us[2];
    for (size_t round = 0; round < rounds; ++round) {
      us[0].push_back(Microseconds(ours, step, times));
      us[1].push_back(Microseconds(theirs, step, times));
    }
    std::printf("%s{\"operator\": %d, \"ours_us\": %.3f, \"xnnpack_us\": %.3f}", step == 0 ? "" : ", ", ours.step_operator(step), Median(us[0]), Median(us[1]));
  }
  std::printf("]}\n");
  return 0;
}
