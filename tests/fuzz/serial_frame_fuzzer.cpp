// Any bytes on a serial link: the decoder stays in its buffer, what it accepts is exactly what the encoder writes, and a sound frame
// after garbage and a zero always arrives. The same bytes as windows and events: what decodes, encodes to the same bytes.
#include <cstdlib>
#include <memory>

#include "mls/interface/frame.h"
#include "mls/interface/windows.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace {
using Bytes = std::span<const uint8_t>;

void Check(bool condition) {
  if (!condition) std::abort();
}

bool Equal(Bytes a, Bytes b) { return std::ranges::equal(a, b); }

// A copy of exactly these bytes, so that reading one byte too far is seen.
class Exact {
 public:
  explicit Exact(Bytes bytes) : copy_(new uint8_t[bytes.size()]), size_(bytes.size()) {
    std::ranges::copy(bytes, copy_.get());
  }
  Bytes span() const { return {copy_.get(), size_}; }

 private:
  std::unique_ptr<uint8_t[]> copy_;
  size_t size_;
};

void FuzzStream(Bytes stream) {
  mls::FrameDecoder decoder;
  size_t begin = 0;  // of what lies between two zeros
  for (size_t i = 0; i < stream.size(); ++i) {
    const mls::Status status = decoder.Push(stream[i]);
    Check(decoder.payload().size() <= mls::kMaxFramePayloadBytes);
    if (status == mls::Status::kOk) {
      Check(stream[i] == 0);
      const mls::EncodedFrame again = mls::EncodeFrame(decoder.header(), decoder.payload());
      Check(Equal(again.span(), stream.subspan(begin, i + 1 - begin)));
    }
    if (stream[i] == 0) begin = i + 1;
    Check(stream[i] == 0 || status == mls::Status::kNotReady);
    Check(decoder.in_frame() == (i + 1 > begin));
  }
  // Whatever came before: a zero, then a frame.
  decoder.Push(0);
  const std::array<uint8_t, 3> payload = {0, 1, 0};
  const mls::EncodedFrame frame = mls::EncodeFrame({mls::FrameOperation::kWrite, 7, 0xA0, 3}, payload);
  mls::Status last = mls::Status::kNotReady;
  for (uint8_t byte : frame.span()) last = decoder.Push(byte);
  Check(last == mls::Status::kOk && decoder.header().tag == 7 && Equal(decoder.payload(), payload));
}

void FuzzCobs(Bytes packed) {
  std::array<uint8_t, 600> raw;
  const mls::Result<size_t> size = mls::CobsDecode(packed, std::span(raw).first(std::min(packed.size(), raw.size())));
  if (!size.ok()) return;
  std::array<uint8_t, 610> again;
  const size_t again_size = mls::CobsEncode(Bytes(raw).first(*size), again);
  std::array<uint8_t, 600> raw_again;
  const mls::Result<size_t> size_again = mls::CobsDecode(Bytes(again).first(again_size), raw_again);
  Check(size_again.ok() && Equal(Bytes(raw).first(*size), Bytes(raw_again).first(*size_again)));
}

template <typename W>
void FuzzWindow(Bytes bytes, uint8_t index) {
  const mls::Result<W> window = mls::DecodeWindow<W>(bytes, index);
  Check(window.ok() || window.status() == mls::Status::kShortTransfer || window.status() == mls::Status::kBadCrc ||
        window.status() == mls::Status::kNotReady);
  if (!window.ok()) return;
  // Reserved bytes may hold anything in a later version: compare what decodes, not the bytes.
  std::array<uint8_t, mls::kMaxWindowBytes> again;
  mls::EncodeWindow(*window, again, index);
  const mls::Result<W> back = mls::DecodeWindow<W>(again, index);
  Check(back.ok() && *back == *window);
}

void FuzzEvent(Bytes bytes, size_t slot) {
  if (bytes.size() < mls::kEventRecordBytes) return;
  const auto record = bytes.first<mls::kEventRecordBytes>();
  const mls::Result<mls::EventRecord> event = mls::DecodeEvent(record, slot);
  if (!event.ok()) return;
  std::array<uint8_t, mls::kEventRecordBytes> again;
  mls::EncodeEvent(*event, again, slot);
  Check(Equal(again, record));
}

template <typename W>
void PutCrc(uint8_t* data, size_t size) {
  constexpr size_t kPayload = mls::kWindowOf<W>.size_bytes - 2u;
  if (size < kPayload + 2) return;
  mls::StoreLittleEndian(mls::WindowCrc(mls::kWindowOf<W>.address, Bytes(data, kPayload)), {data + kPayload, 2});
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Exact input(Bytes(data, size));
  FuzzStream(input.span());
  FuzzCobs(input.span());
  const uint8_t index = size > 1 ? data[1] : 0;
  FuzzWindow<mls::Ident>(input.span(), 0);
  FuzzWindow<mls::ModuleStatus>(input.span(), 0);
  FuzzWindow<mls::LatestResult>(input.span(), 0);
  FuzzWindow<mls::EventHeader>(input.span(), 0);
  FuzzWindow<mls::Config>(input.span(), 0);
  FuzzWindow<mls::Control>(input.span(), 0);
  FuzzWindow<mls::PowerCounters>(input.span(), index);
  FuzzWindow<mls::Privacy>(input.span(), index);
  FuzzWindow<mls::LabelText>(input.span(), index);
  FuzzEvent(input.span(), 0);
  FuzzEvent(input.span(), 1);
  return 0;
}

// Blind mutations hardly ever hit a CRC: some of them get a sound one.
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned int seed) {
  size = LLVMFuzzerMutate(data, size, max_size);
  switch (seed % 8) {
    case 0: {  // the whole input as the payload of a frame
      const size_t payload = std::min(size, mls::kMaxFramePayloadBytes);
      const mls::FrameHeader header{static_cast<mls::FrameOperation>(seed / 8 % 6), 1, 2, static_cast<uint8_t>(payload)};
      const mls::EncodedFrame frame = mls::EncodeFrame(header, Bytes(data, payload));
      if (frame.size_bytes > max_size) return size;
      std::ranges::copy(frame.span(), data);
      return frame.size_bytes;
    }
    case 1: PutCrc<mls::ModuleStatus>(data, size); return size;
    case 2: PutCrc<mls::LatestResult>(data, size); return size;
    case 3: PutCrc<mls::Config>(data, size); return size;
    case 4: PutCrc<mls::PowerCounters>(data, size); return size;
    case 5: {
      const size_t slot = seed / 8 % 2;
      if (size < mls::kEventRecordBytes) return size;
      mls::StoreLittleEndian(mls::WindowCrc(mls::EventRecordAddress(slot), Bytes(data, 14)), {data + 14, 2});
      return size;
    }
    default: return size;
  }
}
