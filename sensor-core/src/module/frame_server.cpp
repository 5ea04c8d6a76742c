#include "mls/core/module/frame_server.h"

namespace mls {
namespace {

WireStatus ToWireStatus(Status status) {
  switch (status) {
    case Status::kOk: return WireStatus::kOk;
    case Status::kOutOfRange: return WireStatus::kBadAddress;
    case Status::kInvalidArgument: return WireStatus::kBadLength;
    case Status::kReadOnly: return WireStatus::kReadOnly;
    case Status::kBusy: return WireStatus::kBusy;
    default: return WireStatus::kBadValue;
  }
}

}  // namespace

void FrameServer::Feed(std::span<const uint8_t> bytes, uint32_t now_ms) {
  DropStalled(now_ms);
  last_byte_ms_ = now_ms;
  for (uint8_t byte : bytes) {
    const Status status = decoder_.Push(byte);
    if (status == Status::kNotReady) continue;
    const FrameOperation operation = decoder_.header().operation;
    const bool is_from_a_module = operation == FrameOperation::kResponse || operation == FrameOperation::kNotify;
    if (status == Status::kBadCrc) {
      bank_.ReportProtocolError(kCrcFailure);
      if (!is_from_a_module) Respond(WireStatus::kBadCrc);
    } else if (status == Status::kOk && (operation == FrameOperation::kRead || operation == FrameOperation::kWrite)) {
      Answer();
    } else {
      bank_.ReportProtocolError(kBadFrame);
      if (decoder_.has_header() && !is_from_a_module) Respond(WireStatus::kBadFrame);
    }
  }
}

void FrameServer::Poll(uint32_t now_ms) {
  DropStalled(now_ms);
  NotifyCursor next = cursor_;
  const Result<EventRecord> event = bank_.NextNotification(next);
  if (!event.ok()) return;
  std::array<uint8_t, kEventRecordBytes> record;
  EncodeEvent(*event, record);
  const EncodedFrame frame =
      EncodeFrame({FrameOperation::kNotify, 0, EventRecordAddress(0), kEventRecordBytes}, record);
  if (writer_.Write(frame.span()) == Status::kOk) cursor_ = next;
}

void FrameServer::DropStalled(uint32_t now_ms) {
  if (!decoder_.in_frame() || now_ms - last_byte_ms_ <= kStallMs) return;
  decoder_.Reset();
  bank_.ReportProtocolError(kStalled);
}

void FrameServer::Answer() {
  const FrameHeader& header = decoder_.header();
  if (header.operation == FrameOperation::kWrite) {
    return Respond(ToWireStatus(bank_.Write(header.address, decoder_.payload())));
  }
  if (header.length == 0) {
    bank_.ReportProtocolError(kBadLength);
    return Respond(WireStatus::kBadLength);
  }
  std::array<uint8_t, kMaxWindowBytes> data;
  const Result<size_t> size = bank_.Read(header.address, header.length, data);
  if (!size.ok()) return Respond(ToWireStatus(size.status()));
  Respond(WireStatus::kOk, std::span(data).first(*size));
}

void FrameServer::Respond(WireStatus status, std::span<const uint8_t> data) {
  std::array<uint8_t, 1 + kMaxWindowBytes> payload{static_cast<uint8_t>(status)};
  std::copy(data.begin(), data.end(), payload.begin() + 1);
  const size_t size = 1 + data.size();
  const FrameHeader& request = decoder_.header();
  const EncodedFrame frame =
      EncodeFrame({FrameOperation::kResponse, request.tag, request.address, static_cast<uint8_t>(size)},
                  std::span(payload).first(size));
  // Without room the response is lost, and the host asks again.
  static_cast<void>(writer_.Write(frame.span()));
}

}  // namespace mls
