// DEPTHWISE_CONV_2D for x86-64, the same for each instruction set: included after x86_dense.h, behind `Words`.
//
// A vector of words of channels side by side, taps in pairs: words of two taps are interleaved, which puts channels
// where Words::Channel has them. Packed: blocks of channels, two for each vector of words, then for each of those and
// each pair the weights.

using WordVector = Words::Vector;
using WordBlock = x86::ChannelBlock<Words::kLanes>;
using WordRing = RowRing<Words>;

struct DepthwisePacked {
  static constexpr uint32_t kChannels = 2 * Words::kLanes;

  WordBlock* blocks;
  int16_t* weights;
  uint32_t channels, pairs;  // Channels of all windows that are taken at once.
  bool only_right;

  static uint32_t Pairs(const ConvParams& p) { return (uint32_t{p.kernel_height} * p.kernel_width + 1) / 2; }
  // Windows side by side of few channels are one window of many.
  static uint32_t AtOnce(const ConvParams& p) {
    return p.stride_width == 1 && p.output_channels % 8 == 0 && kChannels % p.output_channels == 0
               ? kChannels / p.output_channels
               : 1;
  }
  static uint32_t Channels(const ConvParams& p) { return AtOnce(p) * p.output_channels; }
  static uint64_t Bytes(const ConvParams& p) {
    return 2 * x86::kAlignment + x86::RoundUp(Channels(p), kChannels) / kChannels *
                                     (2 * sizeof(WordBlock) + uint64_t{Pairs(p)} * 4 * kChannels);
  }
  static const DepthwisePacked& At(const int8_t* weights) {
    return *std::launder(reinterpret_cast<const DepthwisePacked*>(weights));
  }

  static void Make(void* params, void* memory) {
    auto& p = *static_cast<ConvParams*>(params);
    auto* const start =
        reinterpret_cast<std::byte*>(x86::RoundUp(reinterpret_cast<uintptr_t>(memory), x86::kAlignment));
    static_assert(sizeof(DepthwisePacked) <= x86::kAlignment);
    auto* const d = new (start) DepthwisePacked;
    const uint32_t taps = uint32_t{p.kernel_height} * p.kernel_width,
                   groups = static_cast<uint32_t>(x86::RoundUp(Channels(p), kChannels)) / kChannels;
    const x86::Weights w = {p.weights,      p.bias, p.output_channels, 1, taps, 1, p.output_channels,
                            p.input_offset, true,   &p.requantization};
    d->channels = Channels(p);
    d->pairs = Pairs(p);
    d->blocks = reinterpret_cast<WordBlock*>(start + x86::kAlignment);
    d->weights = reinterpret_cast<int16_t*>(d->blocks + 2 * groups);
    d->only_right = ShiftsRight(p.requantization, nullptr, 0, p.output_channels, 0);
    int16_t* to = d->weights;
    for (uint32_t g = 0; g < groups; ++g) {
      for (uint32_t b = 0; b < 2; ++b) {
        WordBlock& block = *new (d->blocks + 2 * g + b) WordBlock{};
        for (uint32_t lane = 0; lane < Words::kLanes; ++lane) {
          const uint32_t at = g * kChannels + Words::Channel(b, lane), c = AtOnce(p) > 1 ? at % p.output_channels : at;
          int16_t* const to_lane = to + b * kChannels + lane * 2;
          if (c >= p.output_channels) {
            SetChannel(block, lane, 0, -1, 0, d->only_right);
            for (uint32_t k = 0; k < 2 * d->pairs; ++k) to_lane[k / 2 * 2 * kChannels + k % 2] = 0;
            continue;
          }
          block.bias[lane] = w.Bias(c, 0);
          SetChannel(block, lane, p.requantization.multipliers[c], p.requantization.shifts[c], p.requantization.offset,
                     d->only_right);
          for (uint32_t k = 0; k < 2 * d->pairs; ++k) {
            to_lane[k / 2 * 2 * kChannels + k % 2] = k < taps ? w.At(c, k) : int8_t{0};
          }
        }
      }
      to += 2 * kChannels * d->pairs;
    }
    p.weights = reinterpret_cast<const int8_t*>(d);
  }
};

struct DepthwiseLayer {
  const DepthwisePacked& packed;
  Words::Range range;
  const int16_t* const* taps;
  size_t step;
};

// A vector of channels from `c` on of kPixels windows.
template <uint32_t kPixels>
MLS_TARGET inline void DepthwiseTile(const DepthwiseLayer& l, uint32_t c, size_t at, uint32_t valid, int8_t* output) {
  const DepthwisePacked& packed = l.packed;
  const WordBlock* const blocks = packed.blocks + c / Words::kLanes;
  const int16_t* weights = packed.weights + size_t{c} * 2 * packed.pairs;
  const int16_t* const* tap = l.taps;
  at += c;
  WordVector sums[kPixels][2];
  for (uint32_t i = 0; i < kPixels; ++i) {
    for (uint32_t b = 0; b < 2; ++b) sums[i][b] = Words::Load(blocks[b].bias);
  }
  for (uint32_t pair = 0; pair < packed.pairs; ++pair, tap += 2, weights += 2 * DepthwisePacked::kChannels) {
    const WordVector w[2] = {Words::Load(weights), Words::Load(weights + DepthwisePacked::kChannels)};
    for (uint32_t i = 0; i < kPixels; ++i) {
      const WordVector x = Words::Load(tap[0] + at + i * l.step), y = Words::Load(tap[1] + at + i * l.step);
      sums[i][0] = Words::AddProducts(sums[i][0], Words::InterleaveLow(x, y), w[0]);
      sums[i][1] = Words::AddProducts(sums[i][1], Words::InterleaveHigh(x, y), w[1]);
    }
  }
  for (uint32_t i = 0; i < kPixels; ++i) {
    for (uint32_t b = 0; b < 2; ++b) {
      sums[i][b] = packed.only_right ? Words::Requantize(sums[i][b], blocks[b]) : RequantizeAny(sums[i][b], blocks[b]);
    }
    StoreBytes<Words, 2>(sums[i], l.range, valid, output + size_t{i} * packed.channels);
  }
}

// A row of `pixels` windows, in all `channels` of which `last_channels` of the last window exist.
MLS_TARGET void DepthwiseRow(const DepthwiseLayer& l, uint32_t pixels, uint32_t last_channels, int8_t* output) {
  const uint32_t channels = l.packed.channels;
  for (uint32_t c = 0; c < channels; c += DepthwisePacked::kChannels) {
    int8_t* to = output + c;
    size_t at = 0;
    uint32_t x = 0;
    for (; x + 2 < pixels; x += 2, at += 2 * l.step, to += size_t{2} * channels) {
      DepthwiseTile<2>(l, c, at, channels - c, to);
    }
    for (; x < pixels; ++x, at += l.step, to += channels) {
      DepthwiseTile<1>(l, c, at, (x + 1 < pixels ? channels : last_channels) - c, to);
    }
  }
}

uint64_t DepthwiseScratchBytes(const ConvParams& p) {
  return x86::kAlignment + WordRing::Bytes(p) + uint64_t{2} * DepthwisePacked::Pairs(p) * sizeof(int16_t*);
}

MLS_TARGET Status RunDepthwiseConv2DFast(const void* params) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  auto* const memory =
      reinterpret_cast<std::byte*>(x86::RoundUp(reinterpret_cast<uintptr_t>(p.scratch), x86::kAlignment));
  WordRing ring(p, reinterpret_cast<int16_t*>(memory));
  auto** const taps = reinterpret_cast<const int16_t**>(memory + WordRing::Bytes(p));
  const DepthwisePacked& packed = DepthwisePacked::At(p.weights);
  const uint32_t at_once = DepthwisePacked::AtOnce(p);
  const uint32_t windows = (p.output_width + at_once - 1) / at_once, missing = windows * at_once - p.output_width;
  const DepthwiseLayer layer = {packed, Words::RangeOf(p.requantization), taps,
                                size_t{p.stride_width} * p.input_channels * at_once};
  int8_t* output = p.output;
  for (int batch = 0; batch < p.batches; ++batch) {
    ring.Start(p.input + batch * p.input_height * p.input_width * p.input_channels);
    for (int y = 0; y < p.output_height; ++y) {
      ring.Advance(y);
      const int16_t** tap = taps;
      for (int ky = 0; ky < p.kernel_height; ++ky) {
        const int16_t* row = ring.Row(ky);
        for (size_t kx = 0; kx < p.kernel_width; ++kx) *tap++ = row + kx * p.dilation_width * p.input_channels;
      }
      if ((tap - taps) % 2 != 0) *tap = tap[-1];
      DepthwiseRow(layer, windows, packed.channels - missing * p.output_channels, output);
      output += size_t{p.output_width} * p.output_channels;
    }
  }
  return Status::kOk;
}

bool PlanFastDepthwise(const ConvParams& p, KernelChoice& choice) {
  if (p.input_channels != p.output_channels || !WordRing::Fits(p)) return false;
  choice = {.kernel = RunDepthwiseConv2DFast, .scratch_bytes = static_cast<uint32_t>(DepthwiseScratchBytes(p)),
            .packed_bytes = static_cast<uint32_t>(DepthwisePacked::Bytes(p)), .pack = DepthwisePacked::Make};
  return true;
}
