// CONV_2D and FULLY_CONNECTED for x86-64, the same for each instruction set. Included once by each set's source, inside
// its unnamed namespace and behind its `Isa` and `MLS_TARGET`: code for one processor must not be shared with
// another's.
//
// Inputs are expanded once, to the type that is multiplied, row by row into a ring of the rows that a window covers,
// with the padding around them. A window is then a few segments, each dense in memory, at a fixed distance from the
// next window's: nothing is gathered. A tile is up to six windows by two vectors of channels, in registers from the
// bias to the bytes.

using Value = Isa::Value;
using Vector = Isa::Vector;
using PackedWeights = x86::Packed<Isa>;
using Block = PackedWeights::Block;

constexpr uint32_t kMostPixels = 6;
constexpr size_t kSlack = 64;  // Values behind the last one that may be read.
constexpr uint64_t kMostRingBytes = 1 << 20;

// Rows of the input, expanded as `Set` has it, that the windows of one row of outputs cover.
template <typename Set>
class RowRing {
 public:
  using Value = typename Set::Value;

  static uint64_t RowValues(const ConvParams& p) {
    const uint64_t columns =
        uint64_t{p.output_width - 1u} * p.stride_width + uint64_t{p.kernel_width - 1u} * p.dilation_width + 1;
    return x86::RoundUp(columns * p.input_channels + kSlack, kSlack);
  }
  static uint64_t Rows(const ConvParams& p) { return uint64_t{p.kernel_height - 1u} * p.dilation_height + 1; }
  static uint64_t Bytes(const ConvParams& p) { return (Rows(p) + 1) * RowValues(p) * sizeof(Value); }
  static bool Fits(const ConvParams& p) {
    return Rows(p) <= kMostRingBytes && RowValues(p) <= kMostRingBytes && Bytes(p) <= kMostRingBytes;
  }

  MLS_TARGET RowRing(const ConvParams& p, Value* memory)
      : p_(p),
        row_values_(RowValues(p)),
        rows_(static_cast<int>(Rows(p))),
        ring_(memory),
        padding_(memory + Rows(p) * row_values_) {
    Set::Fill(memory, (Rows(p) + 1) * row_values_, static_cast<int8_t>(-p.input_offset));
    const size_t room = row_values_ - size_t{p.pad_left} * p.input_channels;
    inside_ = static_cast<uint32_t>(std::min(size_t{p.input_width} * p.input_channels, room));
  }

  void Start(const int8_t* input) {
    input_ = input;
    next_ = 0;
  }
  // Brings in the rows of output row `y`.
  MLS_TARGET void Advance(int y) {
    top_ = y * p_.stride_height - p_.pad_top;
    const int end = std::min(top_ + rows_, int{p_.input_height});
    for (next_ = std::max(next_, top_); next_ < end; ++next_) {
      Set::Expand(input_ + size_t{static_cast<uint32_t>(next_)} * p_.input_width * p_.input_channels, inside_,
                  Slot(next_) + size_t{p_.pad_left} * p_.input_channels);
    }
  }
  // The row under line `ky` of the window.
  const Value* Row(int ky) const {
    const int row = top_ + ky * p_.dilation_height;
    return row < 0 || row >= p_.input_height ? padding_ : Slot(row);
  }

 private:
  Value* Slot(int row) const { return ring_ + static_cast<uint32_t>(row % rows_) * row_values_; }

  const ConvParams& p_;
  size_t row_values_;
  int rows_;
  Value* ring_;
  Value* padding_;
  uint32_t inside_;
  const int8_t* input_ = nullptr;
  int next_ = 0, top_ = 0;
};

struct Layer {
  const PackedWeights* packed;
  uint32_t channels;
  Isa::Range range;
  const Value* const* segments;  // Of the first window.
  size_t step;                   // From one window to the next.

  MLS_TARGET Layer(uint32_t channel_count, const Requantization& r, const PackedWeights* weights = nullptr)
      : packed(weights), channels(channel_count), range(Isa::RangeOf(r)), segments(nullptr), step(0) {}
};

// Where a shift of the layer goes left, which is rare.
template <typename AnyBlock>
[[gnu::noinline]] MLS_TARGET Vector RequantizeAny(Vector sums, const AnyBlock& block) {
  int32_t values[Isa::kLanes];
  std::memcpy(values, &sums, sizeof values);
  for (uint32_t i = 0; i < Isa::kLanes; ++i) {
    values[i] =
        WrappingAdd(MultiplyByQuantizedMultiplier(values[i], block.multiplier[i], block.shift[i]), block.offset[i]);
  }
  return Isa::Load(values);
}

// Bytes of kBlocks vectors of channels, `valid` of which exist.
template <typename Set, uint32_t kBlocks>
MLS_TARGET inline void StoreBytes(const Vector* values, const typename Set::Range& range, uint32_t valid, int8_t* to) {
  constexpr uint32_t kBytes = kBlocks * Set::kLanes;
  if (valid >= kBytes) {
    Set::template Store<kBlocks>(values, range, to);
  } else {
    int8_t bytes[kBytes];
    Set::template Store<kBlocks>(values, range, bytes);
    std::memcpy(to, bytes, valid);
  }
}

template <uint32_t kPixels, uint32_t kBlocks>
MLS_TARGET void Tile(const Layer& l, uint32_t block, size_t at, int8_t* output) {
  const PackedWeights& packed = *l.packed;
  const Block* const blocks = packed.blocks + block;
  const size_t block_bytes = packed.block_bytes, step = l.step;
  const int8_t* weights = packed.weights + block * block_bytes;
  Vector sums[kPixels][kBlocks];
  for (uint32_t b = 0; b < kBlocks; ++b) {
    for (uint32_t i = 0; i < kPixels; ++i) sums[i][b] = Isa::Load(blocks[b].bias);
  }
  for (uint32_t s = 0; s < packed.segments; ++s) {
    const Value* x = l.segments[s] + at;
    for (uint32_t g = 0; g < packed.groups; ++g) {
      Vector w[kBlocks];
      for (uint32_t b = 0; b < kBlocks; ++b) w[b] = Isa::LoadWeights(weights + b * block_bytes);
      for (uint32_t i = 0; i < kPixels; ++i) {
        const Vector value = Isa::Broadcast(x + i * step);
        for (uint32_t b = 0; b < kBlocks; ++b) sums[i][b] = Isa::AddProducts(sums[i][b], value, w[b]);
      }
      x += Isa::kGroup;
      weights += Isa::kGroup * Isa::kLanes;
    }
  }
  const uint32_t valid = l.channels - block * Isa::kLanes;
  for (uint32_t i = 0; i < kPixels; ++i, output += l.channels) {
    for (uint32_t b = 0; b < kBlocks; ++b) {
      sums[i][b] = packed.only_right ? Isa::Requantize(sums[i][b], blocks[b]) : RequantizeAny(sums[i][b], blocks[b]);
    }
    StoreBytes<Isa, kBlocks>(sums[i], l.range, valid, output);
  }
}

template <uint32_t kBlocks>
MLS_TARGET void RunBlocks(const Layer& l, uint32_t block, uint32_t pixels, int8_t* output) {
  // Tiles of sizes that differ by one at most.
  const uint32_t tiles = (pixels + kMostPixels - 1) / kMostPixels;
  const uint32_t small = pixels / tiles, larger = pixels % tiles;
  for (uint32_t t = 0, pixel = 0; t < tiles; ++t) {
    const uint32_t size = small + (t < larger ? 1 : 0);
    const size_t at = pixel * l.step;
    int8_t* const to = output + size_t{pixel} * l.channels;
    switch (size) {
      case 1: Tile<1, kBlocks>(l, block, at, to); break;
      case 2: Tile<2, kBlocks>(l, block, at, to); break;
      case 3: Tile<3, kBlocks>(l, block, at, to); break;
      case 4: Tile<4, kBlocks>(l, block, at, to); break;
      case 5: Tile<5, kBlocks>(l, block, at, to); break;
      default: Tile<6, kBlocks>(l, block, at, to); break;
    }
    pixel += size;
  }
}

// All channels of `pixels` windows side by side.
MLS_TARGET void RunPixels(const Layer& l, uint32_t pixels, int8_t* output) {
  uint32_t block = 0;
  for (; block + 2 <= l.packed->block_count; block += 2) RunBlocks<2>(l, block, pixels, output + block * Isa::kLanes);
  if (block < l.packed->block_count) RunBlocks<1>(l, block, pixels, output + block * Isa::kLanes);
}

// --- Windows of one pixel: a product of matrices, in stretches of pixels that stay in the first cache ---------------

constexpr uint64_t kStretchBytes = 12 * 1024;

struct Stretch {
  size_t step;
  uint32_t pixels;

  Stretch(uint64_t all_pixels, uint32_t depth) : step(x86::RoundUp(depth, Isa::kGroup)) {
    const uint64_t count = (all_pixels * step * sizeof(Value) + kStretchBytes - 1) / kStretchBytes;
    const uint64_t even = x86::RoundUp((all_pixels + count - 1) / count, kMostPixels);
    pixels = static_cast<uint32_t>(std::min(all_pixels, even));
  }
  uint64_t Bytes() const { return (pixels * step + kSlack) * sizeof(Value) + x86::kAlignment; }
};

MLS_TARGET void RunMatrix(Layer& l, const int8_t* input, uint32_t pixels, uint32_t depth, void* scratch,
                          int8_t* output) {
  const Stretch stretch(pixels, depth);
  auto* const values = reinterpret_cast<Value*>(x86::RoundUp(reinterpret_cast<uintptr_t>(scratch), x86::kAlignment));
  const Value* const segment = values;
  l.segments = &segment;
  l.step = stretch.step;
  for (uint32_t done = 0; done < pixels; done += stretch.pixels) {
    const uint32_t count = std::min(stretch.pixels, pixels - done);
    const int8_t* from = input + size_t{done} * depth;
    if (stretch.step == depth) {
      Isa::Expand(from, size_t{count} * depth, values);
    } else {
      for (uint32_t i = 0; i < count; ++i, from += depth) {
        Isa::Expand(from, depth, values + i * stretch.step);
        for (size_t k = depth; k < stretch.step; ++k) values[i * stretch.step + k] = 0;
      }
    }
    RunPixels(l, count, output + size_t{done} * l.channels);
  }
}

bool IsMatrix(const ConvParams& p) {
  return p.kernel_height == 1 && p.kernel_width == 1 && p.stride_height == 1 && p.stride_width == 1;
}
uint64_t Pixels(const ConvParams& p) { return uint64_t{p.batches} * p.output_height * p.output_width; }

MLS_TARGET Status RunMatrixConv2D(const void* params) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  Layer layer(p.output_channels, p.requantization, &PackedWeights::At(p.weights));
  RunMatrix(layer, p.input, static_cast<uint32_t>(Pixels(p)), p.input_channels, p.scratch, p.output);
  return Status::kOk;
}

MLS_TARGET Status RunFullyConnectedFast(const void* params) {
  const FullyConnectedParams& p = *static_cast<const FullyConnectedParams*>(params);
  Layer layer(p.outputs, p.requantization, &PackedWeights::At(p.weights));
  RunMatrix(layer, p.input, p.batches, p.depth, p.scratch, p.output);
  return Status::kOk;
}

// --- Larger windows. Scratch: the ring, then the segments of a window -----------------------------------------------

uint32_t SegmentsPerRow(const ConvParams& p) { return p.dilation_width == 1 ? 1 : p.kernel_width; }
uint32_t SegmentValues(const ConvParams& p) {
  return p.dilation_width == 1 ? uint32_t{p.kernel_width} * p.input_channels : p.input_channels;
}

uint64_t WindowBytes(const ConvParams& p) {
  return x86::kAlignment + RowRing<Isa>::Bytes(p) + uint64_t{p.kernel_height} * SegmentsPerRow(p) * sizeof(Value*);
}

MLS_TARGET Status RunWindowConv2D(const void* params) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  Layer layer(p.output_channels, p.requantization, &PackedWeights::At(p.weights));
  auto* const memory =
      reinterpret_cast<std::byte*>(x86::RoundUp(reinterpret_cast<uintptr_t>(p.scratch), x86::kAlignment));
  RowRing<Isa> ring(p, reinterpret_cast<Value*>(memory));
  auto** const segments = reinterpret_cast<const Value**>(memory + RowRing<Isa>::Bytes(p));
  layer.segments = segments;
  layer.step = size_t{p.stride_width} * p.input_channels;
  int8_t* output = p.output;
  for (int batch = 0; batch < p.batches; ++batch) {
    ring.Start(p.input + batch * p.input_height * p.input_width * p.input_channels);
    for (int y = 0; y < p.output_height; ++y) {
      ring.Advance(y);
      const Value** segment = segments;
      for (int ky = 0; ky < p.kernel_height; ++ky) {
        const Value* row = ring.Row(ky);
        for (uint32_t kx = 0; kx < SegmentsPerRow(p); ++kx) {
          *segment++ = row + size_t{kx} * p.dilation_width * p.input_channels;
        }
      }
      RunPixels(layer, p.output_width, output);
      output += size_t{p.output_width} * p.output_channels;
    }
  }
  return Status::kOk;
}

// --- Planning -------------------------------------------------------------------------------------------------------

// With one input channel DEPTHWISE_CONV_2D is a CONV_2D whose weights lie the other way round.
template <bool kDepthwise>
void PackConv2D(void* params, void* memory) {
  auto& p = *static_cast<ConvParams*>(params);
  const size_t depth = size_t{p.kernel_height} * p.kernel_width * p.input_channels;
  p.weights = PackedWeights::Make(
      {p.weights, p.bias, p.output_channels, p.kernel_height * SegmentsPerRow(p), SegmentValues(p),
       kDepthwise ? 1 : depth, kDepthwise ? p.output_channels : size_t{1}, p.input_offset, true, &p.requantization},
      memory);
}
void PackFullyConnected(void* params, void* memory) {
  auto& p = *static_cast<FullyConnectedParams*>(params);
  p.weights = PackedWeights::Make(
      {p.weights, p.bias, p.outputs, 1, p.depth, p.depth, 1, p.input_offset, p.per_channel, &p.requantization}, memory);
}

bool PlanFastConv2D(const ConvParams& p, bool depthwise, KernelChoice& choice) {
  const uint64_t packed =
      PackedWeights::Bytes(p.output_channels, p.kernel_height * SegmentsPerRow(p), SegmentValues(p));
  const uint64_t scratch = IsMatrix(p) ? Stretch(Pixels(p), p.input_channels).Bytes() : WindowBytes(p);
  choice = {.kernel = IsMatrix(p) ? RunMatrixConv2D : RunWindowConv2D, .scratch_bytes = static_cast<uint32_t>(scratch),
            .packed_bytes = static_cast<uint32_t>(packed), .pack = depthwise ? PackConv2D<true> : PackConv2D<false>};
  return packed <= x86::kMostBytes && Pixels(p) <= UINT32_MAX && (IsMatrix(p) || RowRing<Isa>::Fits(p));
}

bool PlanFastFullyConnected(uint32_t batches, uint32_t depth, uint32_t outputs, KernelChoice& choice) {
  const uint64_t packed = PackedWeights::Bytes(outputs, 1, depth), scratch = Stretch(batches, depth).Bytes();
  choice = {.kernel = RunFullyConnectedFast, .scratch_bytes = static_cast<uint32_t>(scratch),
            .packed_bytes = static_cast<uint32_t>(packed), .pack = PackFullyConnected};
  return packed <= x86::kMostBytes;
}
