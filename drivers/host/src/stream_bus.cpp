#include "mls/drivers/stream_bus.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "stream_open.h"

namespace mls {
namespace {

constexpr size_t kMostNotified = 64;

bool IsSocket(int fd) {
  int type = 0;
  socklen_t size = sizeof type;
  return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
}

bool Passed(Deadline deadline) { return SteadyClock::now() >= deadline; }

}  // namespace

// Tags start anywhere, so that answers to an earlier program on the same line are told apart.
StreamBus::StreamBus(StreamOpener opener)
    : opener_(std::move(opener)), tag_(static_cast<uint8_t>(SteadyClock::now().time_since_epoch().count() >> 10)) {}

StreamBus::~StreamBus() { Close(); }

void StreamBus::Close() {
  if (fd_ < 0) return;
  if (!is_socket_) {
    // Closing waits until all is sent, which a dead line never does.
    tcflush(fd_, TCIOFLUSH);
    ioctl(fd_, TIOCNXCL);
  }
  close(fd_);
  fd_ = -1;
}

Status StreamBus::Connect(Deadline deadline) {
  if (fd_ >= 0) return Status::kOk;
  const Result<int> opened = opener_(deadline, error_);
  if (!opened.ok()) return opened.status();
  fd_ = *opened;
  is_socket_ = IsSocket(fd_);
  received_begin_ = received_end_ = 0;
  decoder_.Reset();
  notified_.clear();
  resynchronise_ = true;
  ++counters_.connects;
  return Status::kOk;
}

// The status of the next frame that has arrived, as FrameDecoder::Push. kNotReady: no whole frame yet. kBusError: the
// peer is gone.
Status StreamBus::NextFrame() {
  for (;;) {
    while (received_begin_ < received_end_) {
      const Status status = decoder_.Push(received_[received_begin_++]);
      if (status != Status::kNotReady) return status;
    }
    const ssize_t size = read(fd_, received_.data(), received_.size());
    if (size > 0) {
      received_begin_ = 0;
      received_end_ = static_cast<size_t>(size);
      counters_.bytes_received += received_end_;
    } else if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      return Status::kNotReady;
    } else if (size == 0 || errno != EINTR) {
      Close();
      return Status::kBusError;
    }
  }
}

void StreamBus::TakeUnasked(Status frame_status) {
  if (frame_status != Status::kOk) {
    ++counters_.damaged_frames;
  } else if (decoder_.header().operation == FrameOperation::kNotify) {
    ++counters_.notifications;
    edge_ = true;
    if (decoder_.payload().size() != kEventRecordBytes) return;
    const Result<EventRecord> event = DecodeEvent(decoder_.payload().first<kEventRecordBytes>());
    if (!event.ok()) return;
    if (notified_.size() == kMostNotified) notified_.pop_front();
    notified_.push_back(*event);
  } else {
    ++counters_.stale_responses;
  }
}

Status StreamBus::Send(std::span<const uint8_t> bytes, Deadline deadline) {
  while (!bytes.empty()) {
    // Only sockets know MSG_NOSIGNAL; a terminal raises no SIGPIPE.
    const ssize_t size =
        is_socket_ ? send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) : write(fd_, bytes.data(), bytes.size());
    if (size >= 0) {
      counters_.bytes_sent += static_cast<size_t>(size);
      bytes = bytes.subspan(static_cast<size_t>(size));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (const Status status = WaitForStream(fd_, POLLOUT, deadline); status != Status::kOk) return status;
    } else if (errno != EINTR) {
      Close();
      return Status::kBusError;
    }
  }
  return Status::kOk;
}

Status StreamBus::TakeResponse(std::span<uint8_t> out) const {
  const std::span<const uint8_t> payload = decoder_.payload();
  if (payload.empty()) return Status::kProtocol;
  const Status status = ToStatus(static_cast<WireStatus>(payload[0]));
  if (status != Status::kOk) return status;
  if (payload.size() - 1 < out.size()) return Status::kShortTransfer;
  if (payload.size() - 1 > out.size()) return Status::kProtocol;
  std::copy(payload.begin() + 1, payload.end(), out.begin());
  return Status::kOk;
}

Status StreamBus::Exchange(const FrameHeader& request, std::span<const uint8_t> payload, std::span<uint8_t> out,
                           Deadline deadline) {
  if (std::exchange(resynchronise_, false)) {
    const uint8_t end_of_frame = 0;
    if (const Status status = Send({&end_of_frame, 1}, deadline); status != Status::kOk) return status;
  }
  if (const Status status = Send(EncodeFrame(request, payload).span(), deadline); status != Status::kOk) return status;
  // A damaged frame may have been the answer, or noise before it: wait on, but do not call it a time-out in the end.
  Status at_deadline = Status::kTimeout;
  for (;;) {
    const Status status = NextFrame();
    if (status == Status::kBusError) return status;
    if (status == Status::kNotReady) {
      if (WaitForStream(fd_, POLLIN, deadline) != Status::kOk) return at_deadline;
      continue;
    }
    const FrameHeader& header = decoder_.header();
    if (status != Status::kProtocol && header.operation == FrameOperation::kResponse && header.tag == request.tag) {
      if (status == Status::kOk) return TakeResponse(out);
      ++counters_.damaged_frames;
      return status;
    }
    TakeUnasked(status);
    if (status != Status::kOk) at_deadline = status;
    if (Passed(deadline)) return at_deadline;
  }
}

Status StreamBus::Transact(FrameHeader request, std::span<const uint8_t> payload, std::span<uint8_t> out,
                           Deadline deadline) {
  ++counters_.transactions;
  // What has come since the last call is not the answer to this one. It may also be that the peer went away: then
  // connect anew.
  while (fd_ >= 0 && !Passed(deadline)) {
    const Status status = NextFrame();
    if (status == Status::kNotReady || status == Status::kBusError) break;
    TakeUnasked(status);
  }
  if (const Status status = Connect(deadline); status != Status::kOk) return status;
  request.tag = ++tag_;
  const Status status = Exchange(request, payload, out, deadline);
  if (status == Status::kTimeout || status == Status::kBadCrc || status == Status::kProtocol) resynchronise_ = true;
  return status;
}

Status StreamBus::DoRead(uint8_t address, std::span<uint8_t> out, Deadline deadline) {
  return Transact({FrameOperation::kRead, 0, address, static_cast<uint8_t>(out.size())}, {}, out, deadline);
}

Status StreamBus::DoWrite(uint8_t address, std::span<const uint8_t> bytes, Deadline deadline) {
  return Transact({FrameOperation::kWrite, 0, address, static_cast<uint8_t>(bytes.size())}, bytes, {}, deadline);
}

Status StreamBus::DoWait(Deadline deadline) {
  if (const Status status = Connect(deadline); status != Status::kOk) return status;
  while (!std::exchange(edge_, false)) {
    const Status frame = NextFrame();
    if (frame == Status::kBusError) return frame;
    if (frame != Status::kNotReady) {
      TakeUnasked(frame);
      if (!edge_ && Passed(deadline)) return Status::kTimeout;
    } else if (const Status status = WaitForStream(fd_, POLLIN, deadline); status != Status::kOk) {
      return status;
    }
  }
  return Status::kOk;
}

Result<EventRecord> StreamBus::DoTakeEvent() {
  if (notified_.empty()) {
    edge_ = false;
    return Status::kNotReady;
  }
  const EventRecord event = notified_.front();
  notified_.pop_front();
  return event;
}

}  // namespace mls
