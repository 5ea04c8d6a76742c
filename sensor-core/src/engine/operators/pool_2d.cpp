#include "../convolution.h"
#include "../fixed_point.h"
#include "../quantize.h"
#include "../window.h"
#include "mls/core/engine/operators.h"

#ifdef MLS_ENGINE_ARM_HELIUM
#include <arm_mve.h>
#endif

namespace mls::engine {
namespace {

struct PoolParams {
  const int8_t* input;
  int8_t* output;
  int32_t batches, input_height, input_width, channels, output_height, output_width;
  int32_t kernel_height, kernel_width, stride_height, stride_width, pad_top, pad_left;
  OutputRange range;
};

template <typename T>
Status PlanPool(PlanContext& context, Kernel kernel) {
  constexpr TensorType kType = sizeof(T) == 1 ? TensorType::kInt8 : TensorType::kInt16;
  enum Option {
    kPadding = 0,
    kStrideWidth = 1,
    kStrideHeight = 2,
    kFilterWidth = 3,
    kFilterHeight = 4,
    kActivation = 5
  };
  Tensor input, output;
  if (!context.Input(0, input) || !context.Output(0, output) || !RequireQuantized(context, input, kType) ||
      !RequireQuantized(context, output, kType) || !context.OpenOptions(5)) {
    return context.status();
  }
  const int32_t padding = context.OptionByte(kPadding, 0);
  PoolParams params{};
  params.kernel_height = context.OptionInt(kFilterHeight, 0);
  params.kernel_width = context.OptionInt(kFilterWidth, 0);
  params.stride_height = context.OptionInt(kStrideHeight, 0);
  params.stride_width = context.OptionInt(kStrideWidth, 0);
  constexpr int32_t kMax = INT16_MAX;
  const auto in_range = [](int32_t x) { return x > 0 && x <= kMax; };
  bool ok = context.Require(input.rank == 4 && output.rank == 4, Status::kCorrupt, "input or output is not a picture",
                            &input) &&
            context.Require(padding == 0 || padding == 1, Status::kCorrupt, "unknown padding") &&
            context.Require(in_range(params.kernel_height) && in_range(params.kernel_width) &&
                                in_range(params.stride_height) && in_range(params.stride_width) &&
                                input.dims[1] <= kMax && input.dims[2] <= kMax,
                            Status::kCorrupt, "window, stride or input out of range") &&
            context.Require(SameQuantization(input, output), Status::kUnsupported,
                            "output is quantised differently from the input", &output) &&
            ActivationRange(context, context.OptionByte(kActivation, 0), output, params.range);
  if (!ok) return context.status();
  const WindowAxis rows =
      WindowAlong(static_cast<Padding>(padding), input.dims[1], params.kernel_height, params.stride_height, 1);
  const WindowAxis columns =
      WindowAlong(static_cast<Padding>(padding), input.dims[2], params.kernel_width, params.stride_width, 1);
  if (!context.Require(output.dims[0] == input.dims[0] && output.dims[1] == rows.output &&
                           output.dims[2] == columns.output && output.dims[3] == input.dims[3],
                       Status::kCorrupt, "does not have the shape that padding and stride give", &output)) {
    return context.status();
  }
  params.batches = input.dims[0];
  params.input_height = input.dims[1];
  params.input_width = input.dims[2];
  params.channels = input.dims[3];
  params.output_height = output.dims[1];
  params.output_width = output.dims[2];
  params.pad_top = static_cast<int32_t>(rows.pad_before);
  params.pad_left = static_cast<int32_t>(columns.pad_before);
  if (params.batches == 1) {
    const int64_t pixel_bytes = int64_t{params.channels} * static_cast<int64_t>(sizeof(T));
    context.AllowOverlap(input, output,
                         LeadBytes({params.input_width, pixel_bytes, params.output_height, params.output_width,
                                    pixel_bytes, params.stride_height, params.stride_width, params.pad_top,
                                    params.pad_left, 1}));
  }
  auto* p = context.Commit<PoolParams>();
  if (p == nullptr) return context.status();
  *p = params;
  context.Bind(p->input, input);
  context.Bind(p->output, output);
  context.CountMacs(uint64_t{output.elements} * static_cast<uint32_t>(std::min(p->kernel_height, p->input_height)) *
                    static_cast<uint32_t>(std::min(p->kernel_width, p->input_width)));
  context.SetKernel(kernel, p);
  return Status::kOk;
}

// Where a processor works on many values at once, that many channels are taken together.
constexpr int kMany = 16;
#ifdef MLS_ENGINE_ARM_HELIUM
constexpr bool kTakesMany = true;
inline int32x4_t LoadFour(const int8_t* from) { return vldrbq_s32(from); }
inline int32x4_t LoadFour(const int16_t* from) { return vldrhq_s32(from); }
#else
constexpr bool kTakesMany = kWideVectors;
#endif

struct Add {
  int32_t operator()(int32_t a, int32_t b) const { return a + b; }
#ifdef MLS_ENGINE_ARM_HELIUM
  int32x4_t operator()(int32x4_t a, int32x4_t b) const { return vaddq_s32(a, b); }
#endif
};
struct Max {
  int32_t operator()(int32_t a, int32_t b) const { return std::max(a, b); }
#ifdef MLS_ENGINE_ARM_HELIUM
  int32x4_t operator()(int32x4_t a, int32x4_t b) const { return vmaxq_s32(a, b); }
#endif
};

// Combines all pixels of a window, for kMany channels.
template <typename T, typename Combine>
void CombineMany(const T* window, int rows, int columns, int row_size, int channels, int32_t start, Combine combine,
                 int32_t (&results)[kMany]) {
#ifdef MLS_ENGINE_ARM_HELIUM
  int32x4_t sums[kMany / 4];
  for (int32x4_t& sum : sums) sum = vdupq_n_s32(start);
  for (int y = 0; y < rows; ++y, window += row_size) {
    const T* pixel = window;
    for (int x = columns; x > 0; --x, pixel += channels) {
#pragma GCC unroll 4
      for (int i = 0; i < kMany / 4; ++i) sums[i] = combine(sums[i], LoadFour(pixel + 4 * i));
    }
  }
#pragma GCC unroll 4
  for (int i = 0; i < kMany / 4; ++i) vst1q_s32(results + 4 * i, sums[i]);
#else
  std::fill_n(results, kMany, start);
  for (int y = 0; y < rows; ++y, window += row_size) {
    for (int x = 0; x < columns; ++x) {
      for (int i = 0; i < kMany; ++i) results[i] = combine(results[i], window[x * channels + i]);
    }
  }
#endif
}

// Calls reduce(first value of the window's first row, rows, columns, values per row) for each output value, or
// reduce_many(the same, results) for kMany of them.
template <typename T, typename Reduce, typename ReduceMany>
void ForEachWindow(const PoolParams& p, Reduce reduce, ReduceMany reduce_many) {
  T* output = reinterpret_cast<T*>(p.output);
  const int row_size = p.input_width * p.channels;
  for (int batch = 0; batch < p.batches; ++batch) {
    const T* input = reinterpret_cast<const T*>(p.input) + batch * p.input_height * row_size;
    for (int y = 0; y < p.output_height; ++y) {
      const int top = y * p.stride_height - p.pad_top;
      const Taps rows = TapsInside(top, p.kernel_height, 1, p.input_height);
      for (int x = 0; x < p.output_width; ++x) {
        const int left = x * p.stride_width - p.pad_left;
        const Taps columns = TapsInside(left, p.kernel_width, 1, p.input_width);
        const T* window = input + (top + rows.first) * row_size + (left + columns.first) * p.channels;
        int c = 0;
        if constexpr (kTakesMany) {
          for (; c + kMany <= p.channels; c += kMany) {
            int32_t values[kMany];
            reduce_many(window + c, rows.last - rows.first, columns.last - columns.first, row_size, values);
            for (const int32_t value : values) {
              *output++ = static_cast<T>(std::min(std::max(value, p.range.min), p.range.max));
            }
          }
        }
        for (; c < p.channels; ++c) {
          const int32_t value = reduce(window + c, rows.last - rows.first, columns.last - columns.first, row_size);
          *output++ = static_cast<T>(std::min(std::max(value, p.range.min), p.range.max));
        }
      }
    }
  }
}

template <typename T>
Status RunAveragePool(const void* params) {
  const PoolParams& p = *static_cast<const PoolParams*>(params);
  ForEachWindow<T>(p, [&p](const T* window, int rows, int columns, int row_size) {
    int32_t sum = 0;
    for (int y = 0; y < rows; ++y, window += row_size) {
      for (int x = 0; x < columns; ++x) sum += window[x * p.channels];
    }
    const int32_t count = rows * columns;
    return sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
  }, [&p](const T* window, int rows, int columns, int row_size, int32_t (&sums)[kMany]) {
    CombineMany(window, rows, columns, row_size, p.channels, 0, Add(), sums);
    const int32_t count = rows * columns;
    for (int32_t& sum : sums) sum = sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
  });
  return Status::kOk;
}

template <typename T>
Status RunMaxPool(const void* params) {
  const PoolParams& p = *static_cast<const PoolParams*>(params);
  ForEachWindow<T>(p, [&p](const T* window, int rows, int columns, int row_size) {
    T most = std::numeric_limits<T>::min();
    for (int y = 0; y < rows; ++y, window += row_size) {
      for (int x = 0; x < columns; ++x) most = std::max(most, window[x * p.channels]);
    }
    return static_cast<int32_t>(most);
  }, [&p](const T* window, int rows, int columns, int row_size, int32_t (&most)[kMany]) {
    CombineMany(window, rows, columns, row_size, p.channels, std::numeric_limits<T>::min(), Max(), most);
  });
  return Status::kOk;
}

}  // namespace

constinit const OperatorRegistration kAveragePool2D = {
    1, "AVERAGE_POOL_2D", [](PlanContext& context) { return PlanPool<int8_t>(context, RunAveragePool<int8_t>); }};
constinit const OperatorRegistration kMaxPool2D = {
    17, "MAX_POOL_2D", [](PlanContext& context) { return PlanPool<int8_t>(context, RunMaxPool<int8_t>); }};

namespace int16 {
constinit const OperatorRegistration kAveragePool2D = {
    1, "AVERAGE_POOL_2D", [](PlanContext& context) { return PlanPool<int16_t>(context, RunAveragePool<int16_t>); }};
constinit const OperatorRegistration kMaxPool2D = {
    17, "MAX_POOL_2D", [](PlanContext& context) { return PlanPool<int16_t>(context, RunMaxPool<int16_t>); }};
}  // namespace int16

}  // namespace mls::engine
