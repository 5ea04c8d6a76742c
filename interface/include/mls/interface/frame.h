// Serial frames: {operation, tag, register, length, payload, CRC-16}, packed by COBS, each ended by a zero byte.
//
// COBS: "Consistent Overhead Byte Stuffing", S. Cheshire and M. Baker, IEEE/ACM Transactions on Networking 7 (2), 1999.
#pragma once

#include "mls/interface/crc16.h"
#include "mls/interface/register_types.h"
#include "mls/interface/status.h"

namespace mls {

enum class FrameOperation : uint8_t {
  kRead = 1,      // host to module: `length` bytes are wanted; no payload
  kWrite = 2,     // host to module: the payload is written at `address`
  kResponse = 3,  // module to host: WireStatus, then what was read
  kNotify = 4,    // module to host, only when control.notify is 1: one event record
};
inline constexpr NamedValue kFrameOperationValues[] = {
    {1, "read", "Host to module: `length` bytes from `address` on are wanted; no payload."},
    {2, "write", "Host to module: the payload is written from `address` on."},
    {3, "response", "Module to host: wire status, then the bytes that were read; tag and address of the request."},
    {4, "notify", "Module to host, only while control.notify is 1: one event record as in slot 0; tag 0."},
};

struct FrameHeader {
  FrameOperation operation = FrameOperation::kRead;
  uint8_t tag = 0;      // Chosen by the host, echoed in the response.
  uint8_t address = 0;  // Register address.
  uint8_t length = 0;   // Bytes of payload; for kRead the bytes that are wanted.
};

inline constexpr size_t kMaxFramePayloadBytes = 64;
inline constexpr size_t kFrameOverheadBytes = 4 + 2;
inline constexpr size_t kMaxFrameBytes = kMaxFramePayloadBytes + kFrameOverheadBytes;
inline constexpr size_t kMaxEncodedFrameBytes = kMaxFrameBytes + 1 + 1;  // one COBS code (a frame is shorter than 254), one zero

struct EncodedFrame {
  std::array<uint8_t, kMaxEncodedFrameBytes> bytes{};
  size_t size_bytes = 0;
  constexpr std::span<const uint8_t> span() const { return std::span(bytes).first(size_bytes); }
};

// COBS without the final zero. `out` needs one byte more than `in` for each begun 254 bytes. Returns the bytes written.
constexpr size_t CobsEncode(std::span<const uint8_t> in, std::span<uint8_t> out) {
  size_t code_at = 0;
  size_t end = 1;
  uint8_t code = 1;
  for (uint8_t byte : in) {
    if (code == 0xFF) {
      out[code_at] = code;
      code_at = end++;
      code = 1;
    }
    if (byte == 0) {
      out[code_at] = code;
      code_at = end++;
      code = 1;
    } else {
      out[end++] = byte;
      ++code;
    }
  }
  out[code_at] = code;
  return end;
}

// The reverse, in place or not. kCorrupt: a zero inside, or a code that points beyond the end. kNoMemory: `out` is too small.
constexpr Result<size_t> CobsDecode(std::span<const uint8_t> in, std::span<uint8_t> out) {
  size_t end = 0;
  for (size_t at = 0; at < in.size();) {
    const uint8_t code = in[at++];
    if (code == 0 || at + code - 1u > in.size()) return Status::kCorrupt;
    for (uint8_t i = 1; i < code; ++i, ++at) {
      if (in[at] == 0) return Status::kCorrupt;
      if (end == out.size()) return Status::kNoMemory;
      out[end++] = in[at];
    }
    if (code != 0xFF && at < in.size()) {
      if (end == out.size()) return Status::kNoMemory;
      out[end++] = 0;
    }
  }
  return end;
}

// Packs one frame, final zero included. The payload has `header.length` bytes (none for kRead), at most kMaxFramePayloadBytes.
constexpr EncodedFrame EncodeFrame(const FrameHeader& header, std::span<const uint8_t> payload) {
  assert(payload.size() <= kMaxFramePayloadBytes);
  std::array<uint8_t, kMaxFrameBytes> raw{};
  raw[0] = static_cast<uint8_t>(header.operation);
  raw[1] = header.tag;
  raw[2] = header.address;
  raw[3] = header.length;
  std::copy(payload.begin(), payload.end(), raw.begin() + 4);
  const size_t checked = 4 + payload.size();
  StoreLittleEndian(Crc16().Add(std::span(raw).first(checked)).value(), std::span(raw).subspan(checked, 2));
  EncodedFrame frame;
  frame.size_bytes = CobsEncode(std::span(raw).first(checked + 2), frame.bytes);
  frame.bytes[frame.size_bytes++] = 0;
  return frame;
}

// Takes a serial stream byte by byte and gives whole frames. Garbage between frames costs that garbage only: the next zero byte starts
// afresh. Holds one frame at a time; no allocation.
class FrameDecoder {
 public:
  // What a byte completed. kOk: a frame, see header() and payload(); valid until the next Push. kNotReady: nothing yet (an
  // empty frame, two zeros in a row, counts as nothing). kBadCrc: a frame with a wrong CRC; header() is what arrived and cannot be
  // trusted. kProtocol: bytes that are no frame: bad COBS, too short, too long, or a length that does not match.
  constexpr Status Push(uint8_t byte) {
    if (byte != 0) {
      if (size_ == buffer_.size()) {
        overflow_ = true;
      } else {
        buffer_[size_++] = byte;
      }
      return Status::kNotReady;
    }
    const size_t size = std::exchange(size_, 0);
    has_header_ = false;
    if (std::exchange(overflow_, false)) return Status::kProtocol;
    if (size == 0) return Status::kNotReady;
    return Decode(size);
  }

  constexpr const FrameHeader& header() const { return header_; }
  // Whether what was completed last, whole or damaged, had a header at all.
  constexpr bool has_header() const { return has_header_; }
  constexpr std::span<const uint8_t> payload() const { return std::span(buffer_).subspan(4, payload_bytes_); }
  // A frame has begun and not ended yet.
  constexpr bool in_frame() const { return size_ != 0 || overflow_; }
  // Forgets a frame that has begun.
  constexpr void Reset() { size_ = 0, overflow_ = false; }

 private:
  constexpr Status Decode(size_t size) {
    const Result<size_t> decoded = CobsDecode(std::span(buffer_).first(size), buffer_);
    if (!decoded.ok() || *decoded < kFrameOverheadBytes) return Status::kProtocol;
    header_ = {static_cast<FrameOperation>(buffer_[0]), buffer_[1], buffer_[2], buffer_[3]};
    has_header_ = true;
    payload_bytes_ = *decoded - kFrameOverheadBytes;
    const size_t checked = *decoded - 2;
    if (Crc16().Add(std::span(buffer_).first(checked)).value() !=
        LoadLittleEndian<uint16_t>(std::span(buffer_).subspan(checked, 2))) {
      return Status::kBadCrc;
    }
    const size_t expected = header_.operation == FrameOperation::kRead ? 0 : header_.length;
    return payload_bytes_ == expected ? Status::kOk : Status::kProtocol;
  }

  std::array<uint8_t, kMaxEncodedFrameBytes - 1> buffer_{};  // without the zero: a longer frame cannot be sound
  size_t size_ = 0;
  size_t payload_bytes_ = 0;
  bool overflow_ = false;
  bool has_header_ = false;
  FrameHeader header_;
};

}  // namespace mls
