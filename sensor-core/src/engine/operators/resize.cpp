// RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR:
// tensorflow/lite/kernels/internal/reference/resize_{nearest_neighbor,bilinear}.h.
#include <cstring>

#include "../quantize.h"
#include "mls/core/engine/operators.h"

namespace mls::engine {
namespace {

struct ResizeParams {
  const int8_t* input;
  int8_t* output;
  int32_t batches, input_height, input_width, output_height, output_width;
  int32_t channels;  // NEAREST_NEIGHBOR: bytes of a pixel.
  bool align_corners, half_pixel_centers;
};

int32_t NearestNeighbor(const ResizeParams& p, int32_t at, int32_t input, int32_t output) {
  const float scale = p.align_corners && output > 1 ? static_cast<float>(input - 1) / static_cast<float>(output - 1)
                                                    : static_cast<float>(input) / static_cast<float>(output);
  const float position = (static_cast<float>(at) + (p.half_pixel_centers ? 0.5f : 0.0f)) * scale;
  // Never negative, so that a cast rounds down.
  return std::min(p.align_corners ? RoundToInt(position) : static_cast<int32_t>(position), input - 1);
}

Status RunNearestNeighbor(const void* params) {
  const ResizeParams& p = *static_cast<const ResizeParams*>(params);
  const size_t pixel = static_cast<size_t>(p.channels);
  int8_t* output = p.output;
  for (int32_t batch = 0; batch < p.batches; ++batch) {
    for (int32_t y = 0; y < p.output_height; ++y) {
      const int32_t row = batch * p.input_height + NearestNeighbor(p, y, p.input_height, p.output_height);
      for (int32_t x = 0; x < p.output_width; ++x, output += pixel) {
        const int32_t column = NearestNeighbor(p, x, p.input_width, p.output_width);
        std::memcpy(output, p.input + static_cast<size_t>(row * p.input_width + column) * pixel, pixel);
      }
    }
  }
  return Status::kOk;
}

// Where an output pixel lies between two input pixels; `weight` of 1024 belongs to the second.
struct Between {
  int32_t first, second, weight;
};
Between Locate(const ResizeParams& p, int32_t at, int32_t input, int32_t output) {
  const int32_t scale = p.align_corners && output > 1 ? (1024 * (input - 1) + (output - 1) / 2) / (output - 1)
                                                      : (1024 * input + output / 2) / output;
  const int32_t position = at * scale + (p.half_pixel_centers ? scale / 2 - 512 : 0);
  const int32_t first = std::max<int32_t>(position / 1024, 0);
  return {first, std::min((position + 1023) / 1024, input - 1), position - 1024 * first};
}

template <typename T>
Status RunBilinear(const void* params) {
  const ResizeParams& p = *static_cast<const ResizeParams*>(params);
  T* output = reinterpret_cast<T*>(p.output);
  for (int32_t batch = 0; batch < p.batches; ++batch) {
    const T* input = reinterpret_cast<const T*>(p.input) + batch * p.input_height * p.input_width * p.channels;
    const auto row_at = [&](int32_t row) {
      return input + std::min(row, p.input_height - 1) * p.input_width * p.channels;
    };
    for (int32_t y = 0; y < p.output_height; ++y) {
      const Between rows = Locate(p, y, p.input_height, p.output_height);
      for (int32_t x = 0; x < p.output_width; ++x) {
        const Between columns = Locate(p, x, p.input_width, p.output_width);
        const int32_t left = std::min(columns.first, p.input_width - 1) * p.channels,
                      right = columns.second * p.channels;
        const T* top = row_at(rows.first);
        const T* bottom = row_at(rows.second);
        for (int32_t c = 0; c < p.channels; ++c) {
          const int64_t above =
              int64_t{top[left + c]} * (1024 - columns.weight) + int64_t{top[right + c]} * columns.weight;
          const int64_t below =
              int64_t{bottom[left + c]} * (1024 - columns.weight) + int64_t{bottom[right + c]} * columns.weight;
          const int64_t sum = above * (1024 - rows.weight) + below * rows.weight;
          *output++ = static_cast<T>((sum + (sum > 0 ? 1 << 19 : -(1 << 19))) / (1 << 20));
        }
      }
    }
  }
  return Status::kOk;
}

Status Plan(PlanContext& context, bool bilinear) {
  Tensor input, size, output;
  uint32_t element_bytes;
  if (!context.Input(0, input) || !context.Input(1, size) || !context.Output(0, output)) return context.status();
  const int first_option = bilinear ? 2 : 0;  // Two fields of BILINEAR are out of use.
  if ((bilinear && input.type != TensorType::kInt16 && !context.RequireType(input, TensorType::kInt8)) ||
      !RequireSameType(context, input, output, element_bytes) || !RequireConstantInt32(context, size) ||
      !context.OpenOptions(bilinear ? 15 : 74)) {
    return context.status();
  }
  constexpr int32_t kMax = INT16_MAX;
  const bool picture = input.rank == 4 && output.rank == 4;
  if (!context.Require(picture, Status::kCorrupt, "input or output is not a picture", &input) ||
      !context.Require(size.elements == 2 && output.dims[1] == ConstantInt32(size, 0) &&
                           output.dims[2] == ConstantInt32(size, 1) && output.dims[0] == input.dims[0] &&
                           output.dims[3] == input.dims[3],
                       Status::kCorrupt, "does not have the size that is asked for", &output) ||
      !context.Require(
          input.dims[1] <= kMax && input.dims[2] <= kMax && output.dims[1] <= kMax && output.dims[2] <= kMax,
          Status::kUnsupported, "a dimension is larger than 32767", &output) ||
      !context.Require(SameQuantization(input, output), Status::kUnsupported,
                       "output is quantised differently from the input", &output)) {
    return context.status();
  }
  const bool align_corners = context.OptionByte(first_option, 0) != 0,
             half_pixels = context.OptionByte(first_option + 1, 0) != 0;
  if (!context.Require(!align_corners || !half_pixels, Status::kCorrupt,
                       "corners and pixel centres cannot both be aligned")) {
    return context.status();
  }
  auto* p = context.Commit<ResizeParams>();
  if (p == nullptr) return context.status();
  *p = {nullptr, nullptr, input.dims[0], input.dims[1], input.dims[2], output.dims[1], output.dims[2], input.dims[3],
        align_corners, half_pixels};
  if (!bilinear) p->channels *= static_cast<int32_t>(element_bytes);
  context.Bind(p->input, input);
  context.Bind(p->output, output);
  context.CountMacs(output.elements * uint64_t{bilinear ? 4u : 1u});
  if (bilinear) {
    context.SetKernel(input.type == TensorType::kInt16 ? RunBilinear<int16_t> : RunBilinear<int8_t>, p);
  } else {
    context.SetKernel(RunNearestNeighbor, p);
  }
  return Status::kOk;
}

}  // namespace

constinit const OperatorRegistration kResizeNearestNeighbor = {
    97, "RESIZE_NEAREST_NEIGHBOR", [](PlanContext& context) { return Plan(context, false); }};
constinit const OperatorRegistration kResizeBilinear = {23, "RESIZE_BILINEAR",
                                                        [](PlanContext& context) { return Plan(context, true); }};

}  // namespace mls::engine
