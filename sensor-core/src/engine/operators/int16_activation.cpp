// LOGISTIC, TANH, SOFTMAX and the RELUs on int16. The functions are tables with straight lines between, those of
// tensorflow/lite/kernels/internal/{common.h,reference/softmax.h,reference/integer_ops/{logistic,tanh}.h}: no libm at
// run time.
#include <array>
#include <bit>

#include "../fixed_point.h"
#include "../quantize.h"
#include "mls/core/engine/operators.h"

namespace mls::engine {
namespace {

// 65536 / (1 + exp(-i / 24)). Not quite the nearest integers: published so, in common.h.
constexpr uint16_t kSigmoid[256] = {
    32768, 33451, 34133, 34813, 35493, 36169, 36843, 37513, 38180, 38841, 39498, 40149, 40794, 41432, 42064, 42688,
    43304, 43912, 44511, 45102, 45683, 46255, 46817, 47369, 47911, 48443, 48964, 49475, 49975, 50464, 50942, 51409,
    51865, 52311, 52745, 53169, 53581, 53983, 54374, 54755, 55125, 55485, 55834, 56174, 56503, 56823, 57133, 57433,
    57724, 58007, 58280, 58544, 58800, 59048, 59288, 59519, 59743, 59959, 60168, 60370, 60565, 60753, 60935, 61110,
    61279, 61441, 61599, 61750, 61896, 62036, 62172, 62302, 62428, 62549, 62666, 62778, 62886, 62990, 63090, 63186,
    63279, 63368, 63454, 63536, 63615, 63691, 63765, 63835, 63903, 63968, 64030, 64090, 64148, 64204, 64257, 64308,
    64357, 64405, 64450, 64494, 64536, 64576, 64614, 64652, 64687, 64721, 64754, 64786, 64816, 64845, 64873, 64900,
    64926, 64950, 64974, 64997, 65019, 65039, 65060, 65079, 65097, 65115, 65132, 65149, 65164, 65179, 65194, 65208,
    65221, 65234, 65246, 65258, 65269, 65280, 65291, 65301, 65310, 65319, 65328, 65337, 65345, 65352, 65360, 65367,
    65374, 65381, 65387, 65393, 65399, 65404, 65410, 65415, 65420, 65425, 65429, 65433, 65438, 65442, 65445, 65449,
    65453, 65456, 65459, 65462, 65465, 65468, 65471, 65474, 65476, 65479, 65481, 65483, 65485, 65488, 65489, 65491,
    65493, 65495, 65497, 65498, 65500, 65501, 65503, 65504, 65505, 65507, 65508, 65509, 65510, 65511, 65512, 65513,
    65514, 65515, 65516, 65517, 65517, 65518, 65519, 65520, 65520, 65521, 65522, 65522, 65523, 65523, 65524, 65524,
    65525, 65525, 65526, 65526, 65526, 65527, 65527, 65528, 65528, 65528, 65529, 65529, 65529, 65529, 65530, 65530,
    65530, 65530, 65531, 65531, 65531, 65531, 65531, 65532, 65532, 65532, 65532, 65532, 65532, 65533, 65533, 65533,
    65533, 65533, 65533, 65533, 65533, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65535};

struct ActivationParams {
  const int8_t* input;
  int8_t* output;
  uint32_t elements;
  int32_t multiplier, shift;
  OutputRange range;
};

// The argument x * multiplier / 2^shift is in units of 1 / (3 * 4096).
int32_t Argument(const ActivationParams& p, int16_t x) {
  return (x * p.multiplier + (p.shift > 0 ? 1 << (p.shift - 1) : 0)) >> p.shift;
}

// The sigmoid of an absolute value, with `bits` more than the table has; `argument` counts 2^bits to an entry.
int32_t Interpolate(uint32_t argument, int bits) {
  const uint32_t index = argument >> bits, fraction = argument & ((1u << bits) - 1);
  const uint32_t low = kSigmoid[index], high = kSigmoid[index + 1];
  return static_cast<int32_t>((low << bits) + fraction * (high - low));
}

Status RunLogistic(const void* params) {
  const auto& p = *static_cast<const ActivationParams*>(params);
  const int16_t* input = reinterpret_cast<const int16_t*>(p.input);
  int16_t* output = reinterpret_cast<int16_t*>(p.output);
  for (uint32_t i = 0; i < p.elements; ++i) {
    const int32_t x = Argument(p, input[i]);
    const uint32_t absolute = static_cast<uint32_t>(x < 0 ? -x : x);
    int32_t result = absolute >> 9 >= 255 ? 0x7fff << 10 : Interpolate(absolute, 9);
    result = x >= 0 ? result + (1 << 9) : (1 << 25) - result + (1 << 9) - 1;
    output[i] = static_cast<int16_t>(result >> 10);
  }
  return Status::kOk;
}

// tanh(x) = 2 sigmoid(2 x) - 1.
Status RunTanh(const void* params) {
  const auto& p = *static_cast<const ActivationParams*>(params);
  const int16_t* input = reinterpret_cast<const int16_t*>(p.input);
  int16_t* output = reinterpret_cast<int16_t*>(p.output);
  for (uint32_t i = 0; i < p.elements; ++i) {
    const int32_t x = Argument(p, input[i]);
    const uint32_t absolute = static_cast<uint32_t>(x < 0 ? -x : x);
    int32_t result = absolute >> 8 >= 255 ? 0xffff << 8 : Interpolate(absolute, 8);
    result = x >= 0 ? result - (1 << 23) + (1 << 7) : -result + (1 << 23) + (1 << 7) - 1;
    output[i] = static_cast<int16_t>(result >> 8);
  }
  return Status::kOk;
}

Status RunRelu(const void* params) {
  const auto& p = *static_cast<const ActivationParams*>(params);
  const int16_t* input = reinterpret_cast<const int16_t*>(p.input);
  int16_t* output = reinterpret_cast<int16_t*>(p.output);
  for (uint32_t i = 0; i < p.elements; ++i) {
    const int32_t scaled = MultiplyByQuantizedMultiplier(input[i], p.multiplier, p.shift);
    output[i] = static_cast<int16_t>(std::min(std::max(scaled, p.range.min), p.range.max));
  }
  return Status::kOk;
}

bool PlanElementwise(PlanContext& context, Tensor& input, Tensor& output) {
  return context.Input(0, input) && context.Output(0, output) && RequireQuantized(context, input, TensorType::kInt16) &&
         RequireQuantized(context, output, TensorType::kInt16) && RequireSameShape(context, input, output);
}

Status Finish(PlanContext& context, const Tensor& input, const Tensor& output, const ActivationParams& params,
              Kernel kernel) {
  context.AllowOverlap(input, output, 0);
  auto* p = context.Commit<ActivationParams>();
  if (p == nullptr) return context.status();
  *p = params;
  p->elements = input.elements;
  context.Bind(p->input, input);
  context.Bind(p->output, output);
  context.CountMacs(input.elements);
  context.SetKernel(kernel, p);
  return Status::kOk;
}

// `activation`: as fused ones are numbered.
Status PlanRelu(PlanContext& context, int32_t activation) {
  Tensor input, output;
  ActivationParams params{};
  if (!PlanElementwise(context, input, output)) return context.status();
  const QuantizedMultiplier q = QuantizeRatio(input.scale, 1.0f, output.scale);
  if (!context.Require(q.shift <= 30, Status::kUnsupported, "a scale is too large", &input) ||
      !ActivationRange(context, activation, output, params.range)) {
    return context.status();
  }
  params.multiplier = q.multiplier;
  params.shift = q.shift;
  return Finish(context, input, output, params, RunRelu);
}

Status PlanSigmoid(PlanContext& context, Kernel kernel) {
  Tensor input, output;
  if (!PlanElementwise(context, input, output)) return context.status();
  // As exact as a product of a float and a small integer is.
  double multiplier = static_cast<double>(input.scale) * (4096 * 3);
  if (!context.Require(output.scale == 1.0f / 32768, Status::kUnsupported,
                       "output is not quantised to the function's range", &output) ||
      !context.Require(multiplier <= 32767, Status::kUnsupported, "input's scale is out of range", &input)) {
    return context.status();
  }
  ActivationParams params{};
  for (; multiplier <= 32767 / 2.0 && params.shift <= 30; ++params.shift) multiplier *= 2;
  params.multiplier = static_cast<int32_t>(multiplier);
  return Finish(context, input, output, params, kernel);
}

// --- SOFTMAX --------------------------------------------------------------------------------------------------------

// The exponential of x in [-10, 0] for tables, worked out by the compiler: exp(x / 1024)^1024, the first by its series.
constexpr float Exp(float x) {
  const double part = static_cast<double>(x) / 1024;
  double term = 1, sum = 0;  // Without the leading 1, which would cost digits.
  for (int i = 1; i < 12; ++i) {
    term *= part / i;
    sum += term;
  }
  for (int i = 0; i < 10; ++i) sum *= 2 + sum;  // (1 + s)^2 - 1
  return static_cast<float>(1 + sum);
}
constexpr float OneOverOnePlus(float x) { return 1.0f / (1.0f + x); }

constexpr float Round(float x) { return static_cast<float>(static_cast<int32_t>(x < 0 ? x - 0.5f : x + 0.5f)); }

// 512 lines over [low, high] and the last one's end, in 1 / 32768; each start is moved so that the middle of the line
// fits too.
using Table = std::array<int16_t, 513>;
constexpr Table MakeTable(float (*function)(float), float low, float high) {
  constexpr float kUnits = 32768;
  Table table{};
  const float step = (high - low) / 512;
  for (int i = 0; i < 512; ++i) {
    const float at = low + static_cast<float>(i) * step;
    const float start = Round(function(at) * kUnits);
    const float middle_of_line = Round((function(low + static_cast<float>(i + 1) * step) * kUnits + start) / 2);
    const float error = middle_of_line - Round(function(at + step / 2) * kUnits);
    const float value = start - Round(error / 2);
    table[static_cast<size_t>(i)] = static_cast<int16_t>(value > 32767 ? 32767 : value);
  }
  const float end = Round(function(high) * kUnits);
  table[512] = static_cast<int16_t>(end > 32767 ? 32767 : end);
  return table;
}
constexpr Table kExp = MakeTable(Exp, -10, 0);
constexpr Table kOneOverOnePlus = MakeTable(OneOverOnePlus, 0, 1);

int32_t LookUp(const Table& table, int32_t x) {
  x = std::clamp<int32_t>(x, -32768, 32767);
  const size_t index = static_cast<size_t>(256 + (x >> 7));
  const int32_t slope = table[index + 1] - table[index];
  return table[index] + ((slope * (x & 127) + 64) >> 7);
}

struct SoftmaxParams {
  const int8_t* input;
  int8_t* output;
  uint32_t rows, depth;
  int32_t multiplier, shift;
};

Status RunSoftmax(const void* params) {
  const auto& p = *static_cast<const SoftmaxParams*>(params);
  const int16_t* input = reinterpret_cast<const int16_t*>(p.input);
  int16_t* output = reinterpret_cast<int16_t*>(p.output);
  for (uint32_t row = 0; row < p.rows; ++row, input += p.depth, output += p.depth) {
    const int32_t most = *std::max_element(input, input + p.depth);
    int32_t sum = 0;
    for (uint32_t i = 0; i < p.depth; ++i) {
      const int32_t difference = MultiplyByQuantizedMultiplier(input[i] - most, p.multiplier, p.shift);
      output[i] = static_cast<int16_t>(LookUp(kExp, WrappingAdd(difference, 32767)));
      sum += output[i];
    }
    // sum = (1 + x) * 2^n with x in [0, 1], which the table takes from -32768 up.
    const int zeros = std::countl_zero(static_cast<uint32_t>(sum));
    const int32_t shifted = static_cast<int32_t>(((static_cast<int64_t>(sum) << (zeros - 1)) + (1 << 13)) >> 14);
    const int32_t reciprocal = LookUp(kOneOverOnePlus, shifted - (1 << 15) - (1 << 16));
    const int right = 31 - zeros;
    for (uint32_t i = 0; i < p.depth; ++i) {
      const int64_t product = (static_cast<int64_t>(output[i]) * reciprocal + (int64_t{1} << (right - 1))) >> right;
      output[i] = static_cast<int16_t>(std::clamp<int64_t>(product, 0, 32767));
    }
  }
  return Status::kOk;
}

Status PlanSoftmax(PlanContext& context) {
  Tensor input, output;
  if (!PlanElementwise(context, input, output) || !context.OpenOptions(9)) return context.status();
  const float beta = context.OptionFloat(0, 0.0f);
  const uint32_t depth = input.rank == 0 ? 1 : static_cast<uint32_t>(input.dims[input.rank - 1]);
  if (!context.Require(output.scale == 1.0f / 32768, Status::kUnsupported,
                       "output is not quantised to the function's range", &output) ||
      !context.Require(beta > 0 && beta < 1e30f, Status::kUnsupported, "beta is out of range") ||
      !context.Require(depth < 32768, Status::kUnsupported, "has too many classes", &input)) {
    return context.status();
  }
  const QuantizedMultiplier q =
      QuantizeDouble(static_cast<double>(input.scale) * static_cast<double>(beta) / (10.0 / 65535.0));
  if (!context.Require(q.shift <= 15, Status::kUnsupported, "beta or the input's scale is too large", &input))
    return context.status();
  context.AllowOverlap(input, output, 0);
  auto* p = context.Commit<SoftmaxParams>();
  if (p == nullptr) return context.status();
  p->rows = input.elements / depth;
  p->depth = depth;
  p->multiplier = q.multiplier;
  p->shift = q.shift;
  context.Bind(p->input, input);
  context.Bind(p->output, output);
  context.CountMacs(input.elements);
  context.SetKernel(RunSoftmax, p);
  return Status::kOk;
}

}  // namespace

namespace int16 {
constinit const OperatorRegistration kLogistic = {
    14, "LOGISTIC", [](PlanContext& context) { return PlanSigmoid(context, RunLogistic); }};
constinit const OperatorRegistration kTanh = {28, "TANH",
                                              [](PlanContext& context) { return PlanSigmoid(context, RunTanh); }};
constinit const OperatorRegistration kRelu = {19, "RELU", [](PlanContext& context) { return PlanRelu(context, 1); }};
constinit const OperatorRegistration kReluN1To1 = {20, "RELU_N1_TO_1",
                                                   [](PlanContext& context) { return PlanRelu(context, 2); }};
constinit const OperatorRegistration kRelu6 = {21, "RELU6", [](PlanContext& context) { return PlanRelu(context, 3); }};
constinit const OperatorRegistration kSoftmax = {25, "SOFTMAX", PlanSoftmax};
}  // namespace int16

}  // namespace mls::engine
