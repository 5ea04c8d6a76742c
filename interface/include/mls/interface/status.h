// Status and Result: how every function of mlsensor reports failure.
#pragma once

#include <cassert>
#include <cstdint>
#include <utility>

namespace mls {

// What went wrong, coarse enough to decide what to do next. Each function documents what a code means there.
enum class Status : uint8_t {
  kOk = 0,
  kInvalidArgument,  // The caller passed something that can never work.
  kOutOfRange,       // A value or an address lies outside what is allowed.
  kUnsupported,      // Well formed, but not implemented here (operator, type, capability).
  kNoMemory,         // A buffer or arena given by the caller is too small.
  kCorrupt,          // Data is malformed or fails its checksum.
  kNotReady,         // Not yet; ask again.
  kBusy,             // Occupied by something else; ask again.
  kReadOnly,         // The register does not take writes.
  kNoDevice,         // Nobody answers at that address, path or port.
  kBusError,         // The bus or link failed in the middle of a transfer.
  kArbitrationLost,  // Another controller took the bus.
  kTimeout,          // The deadline passed.
  kPermission,       // The operating system refused access.
  kShortTransfer,    // Fewer bytes moved than were asked for.
  kBadCrc,           // An answer arrived and its checksum is wrong.
  kProtocol,         // An answer arrived and does not make sense.
  kRejected,         // The module refused: its verdict tells why.
  kEndOfInput,       // A source has nothing more to give.
};

// English name of a status, for messages ("time-out", "no device", ...). Never null; storage is static.
constexpr const char* StatusName(Status status) {
  switch (status) {
    case Status::kOk: return "ok";
    case Status::kInvalidArgument: return "invalid argument";
    case Status::kOutOfRange: return "out of range";
    case Status::kUnsupported: return "unsupported";
    case Status::kNoMemory: return "not enough memory";
    case Status::kCorrupt: return "corrupt data";
    case Status::kNotReady: return "not ready";
    case Status::kBusy: return "busy";
    case Status::kReadOnly: return "read-only";
    case Status::kNoDevice: return "no device";
    case Status::kBusError: return "bus error";
    case Status::kArbitrationLost: return "arbitration lost";
    case Status::kTimeout: return "time-out";
    case Status::kPermission: return "permission denied";
    case Status::kShortTransfer: return "short transfer";
    case Status::kBadCrc: return "bad CRC";
    case Status::kProtocol: return "protocol error";
    case Status::kRejected: return "rejected by the module";
    case Status::kEndOfInput: return "end of input";
  }
  return "unknown status";
}

// A value or the reason why there is none. T must be default-constructible and cheap to move; nothing is allocated.
// Reading the value of a failed result is a programmer's error.
template <typename T>
class [[nodiscard]] Result {
 public:
  constexpr Result(T value) : value_(std::move(value)) {}  // NOLINT: implicit by design
  constexpr Result(Status status) : status_(status) { assert(status != Status::kOk); }  // NOLINT: implicit by design

  constexpr bool ok() const { return status_ == Status::kOk; }
  constexpr Status status() const { return status_; }

  constexpr T& value() & {
    assert(ok());
    return value_;
  }
  constexpr const T& value() const& {
    assert(ok());
    return value_;
  }
  constexpr T&& value() && {
    assert(ok());
    return std::move(value_);
  }
  constexpr T& operator*() & { return value(); }
  constexpr const T& operator*() const& { return value(); }
  constexpr T* operator->() { return &value(); }
  constexpr const T* operator->() const { return &value(); }

 private:
  T value_{};
  Status status_ = Status::kOk;
};

}  // namespace mls
