#include <cstring>

#include "../flatbuffer.h"
#include "../quantize.h"
#include "mls/core/engine/operators.h"

namespace mls::engine {
namespace {

struct PadParams {
  const int8_t* input;
  int8_t* output;
  int32_t input_dims[TensorInfo::kMaxRank];  // With leading ones.
  int32_t output_dims[TensorInfo::kMaxRank];
  int32_t before[TensorInfo::kMaxRank];
  int8_t value;
};

// Fills one block of dimensions `dim`.. at output and moves past it.
void Fill(const PadParams& p, int dim, const int8_t*& input, int8_t*& output, bool inside) {
  const int32_t count = p.output_dims[dim];
  const int32_t first = p.before[dim];
  const int32_t last = first + p.input_dims[dim];
  if (dim == TensorInfo::kMaxRank - 1) {
    std::memset(output, p.value, static_cast<size_t>(count));
    if (inside) {
      std::memcpy(output + first, input, static_cast<size_t>(last - first));
      input += last - first;
    }
    output += count;
    return;
  }
  for (int32_t i = 0; i < count; ++i) Fill(p, dim + 1, input, output, inside && i >= first && i < last);
}

Status Run(const void* params) {
  const PadParams& p = *static_cast<const PadParams*>(params);
  const int8_t* input = p.input;
  int8_t* output = p.output;
  Fill(p, 0, input, output, true);
  return Status::kOk;
}

Status Plan(PlanContext& context) {
  Tensor input, paddings, output;
  if (!context.Input(0, input) || !context.Input(1, paddings) || !context.Output(0, output) ||
      !RequireInt8(context, input) || !RequireInt8(context, output)) {
    return context.status();
  }
  PadParams params{};
  params.value = static_cast<int8_t>(output.zero_point);
  if (context.HasInput(2)) {
    Tensor value;
    if (!context.Input(2, value) || !RequireInt8(context, value) ||
        !context.Require(value.constant != nullptr && value.elements == 1 && SameQuantization(value, output),
                         Status::kUnsupported, "padding value is not a constant of the output's scale", &value)) {
      return context.status();
    }
    params.value = static_cast<int8_t>(*value.constant);
  }
  if (!context.Require(paddings.type == TensorType::kInt32 && paddings.constant != nullptr, Status::kUnsupported,
                       "paddings are not constant int32", &paddings) ||
      !context.Require(paddings.elements == 2u * input.rank && output.rank == input.rank, Status::kCorrupt,
                       "does not have two values for each dimension", &paddings) ||
      !context.Require(SameQuantization(input, output), Status::kUnsupported,
                       "output is quantised differently from the input", &output)) {
    return context.status();
  }
  for (int i = 0; i < TensorInfo::kMaxRank; ++i) {
    params.input_dims[i] = params.output_dims[i] = 1;
    const int dim = input.rank - TensorInfo::kMaxRank + i;
    if (dim < 0) continue;
    const int32_t before = static_cast<int32_t>(LoadU32(paddings.constant + 8 * dim));
    const int32_t after = static_cast<int32_t>(LoadU32(paddings.constant + 8 * dim + 4));
    if (!context.Require(before >= 0 && after >= 0 && int64_t{before} + input.dims[dim] + after == output.dims[dim],
                         Status::kCorrupt, "does not have the shape that the paddings give", &output)) {
      return context.status();
    }
    params.input_dims[i] = input.dims[dim];
    params.output_dims[i] = output.dims[dim];
    params.before[i] = before;
  }
  auto* p = context.Commit<PadParams>();
  if (p == nullptr) return context.status();
  *p = params;
  context.Bind(p->input, input);
  context.Bind(p->output, output);
  context.CountMacs(output.elements);
  context.SetKernel(Run, p);
  return Status::kOk;
}

}  // namespace

constinit const OperatorRegistration kPad = {34, "PAD", Plan};
constinit const OperatorRegistration kPadV2 = {60, "PADV2", Plan};

}  // namespace mls::engine
