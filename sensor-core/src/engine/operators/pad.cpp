#include <cstring>

#include "../quantize.h"
#include "mls/core/engine/operators.h"

namespace mls::engine {
namespace {

struct PadParams {
  const int8_t* input;
  int8_t* output;
  int32_t input_dims[TensorInfo::kMaxRank];  // With leading ones; the last in bytes, as below.
  int32_t output_dims[TensorInfo::kMaxRank];
  int32_t before[TensorInfo::kMaxRank];
  uint32_t element_bytes;
  uint8_t value[8];
};

void FillValues(const PadParams& p, int8_t* output, int32_t bytes) {
  if (p.element_bytes == 1) {
    std::memset(output, p.value[0], static_cast<size_t>(bytes));
    return;
  }
  for (const int8_t* const end = output + bytes; output != end; output += p.element_bytes) {
    std::memcpy(output, p.value, p.element_bytes);
  }
}

// Fills one block of dimensions `dim`.. at output and moves past it.
void Fill(const PadParams& p, int dim, const int8_t*& input, int8_t*& output, bool inside) {
  const int32_t count = p.output_dims[dim];
  const int32_t first = p.before[dim];
  const int32_t last = first + p.input_dims[dim];
  if (dim == TensorInfo::kMaxRank - 1) {
    FillValues(p, output, count);
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
  PadParams params{};
  context.AllowEmptyInputs();
  if (!context.Input(0, input) || !context.Input(1, paddings) || !context.Output(0, output) ||
      !RequireSameType(context, input, output, params.element_bytes)) {
    return context.status();
  }
  // Zero: for a float too, and for int16, which has no other zero point.
  if (params.element_bytes == 1) params.value[0] = static_cast<uint8_t>(output.zero_point);
  if (context.HasInput(2)) {
    Tensor value;
    if (!context.Input(2, value) ||
        !context.Require(value.type == output.type && value.constant != nullptr && value.elements == 1 &&
                             SameQuantization(value, output),
                         Status::kUnsupported, "padding value is not a constant of the output's scale", &value)) {
      return context.status();
    }
    std::memcpy(params.value, value.constant, params.element_bytes);
  }
  if (!RequireConstantInt32(context, paddings) ||
      !context.Require(output.type != TensorType::kInt16 || output.zero_points_are_zero, Status::kUnsupported,
                       "has a zero point", &output) ||
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
    const int32_t before = ConstantInt32(paddings, 2 * static_cast<uint32_t>(dim));
    const int32_t after = ConstantInt32(paddings, 2 * static_cast<uint32_t>(dim) + 1);
    if (!context.Require(before >= 0 && after >= 0 && int64_t{before} + input.dims[dim] + after == output.dims[dim],
                         Status::kCorrupt, "does not have the shape that the paddings give", &output)) {
      return context.status();
    }
    params.input_dims[i] = input.dims[dim];
    params.output_dims[i] = output.dims[dim];
    params.before[i] = before;
  }
  constexpr int kLast = TensorInfo::kMaxRank - 1;
  const int32_t bytes = static_cast<int32_t>(params.element_bytes);
  params.input_dims[kLast] *= bytes;
  params.output_dims[kLast] *= bytes;
  params.before[kLast] *= bytes;
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
