// A register bus that fails on purpose, for tests.
#pragma once

#include <array>

#include "mls/interface/register_bus.h"

namespace mls {

enum class Fault : uint8_t {
  kNoAnswer,        // The request does not arrive: kNoDevice at once.
  kLinkBreak,       // The request does not arrive: kBusError.
  kRequestLost,     // The request does not arrive: kTimeout at the deadline.
  kAnswerLost,      // The request is carried out, its answer does not arrive: kTimeout at the deadline.
  kTruncated,       // Half of the bytes arrive, then kShortTransfer.
  kBitFlip,         // One bit of the answer is wrong and nobody says so. On a write: carried out, kBadCrc.
  kWrongAddress,    // The answer comes from another window. On a write: not carried out, kProtocol.
  kRepeatedAnswer,  // The answer of the read before comes again. On a write: carried out twice.
  kRepeatedRequest,  // Carried out twice.
  kIgnoredWrite,     // A write is not carried out and nobody says so, as I2C allows. Reads are right.
};
// All that a host notices when they happen.
inline constexpr std::array kAllFaults = {Fault::kNoAnswer,  Fault::kLinkBreak, Fault::kRequestLost,  Fault::kAnswerLost,
                                          Fault::kTruncated, Fault::kBitFlip,   Fault::kWrongAddress, Fault::kRepeatedAnswer};

// Passes everything on to another bus, except that chosen operations fail. Operations are counted from 0, reads and
// writes alike.
class FaultyBus final : public RegisterBus {
 public:
  // `bus` must outlive this.
  explicit FaultyBus(RegisterBus& bus) : bus_(bus) {}

  // Lets `count` operations from number `operation` on fail.
  void Inject(uint64_t operation, Fault fault, uint64_t count = 1) {
    first_ = operation, fault_ = fault, count_ = count;
  }
  // Operations so far, failed ones included.
  uint64_t operations() const { return operations_; }

 private:
  Status DoRead(uint8_t address, std::span<uint8_t> out, Deadline deadline) override;
  Status DoWrite(uint8_t address, std::span<const uint8_t> bytes, Deadline deadline) override;
  bool NextFails();

  RegisterBus& bus_;
  uint64_t operations_ = 0;
  uint64_t first_ = 0;
  uint64_t count_ = 0;
  Fault fault_ = Fault::kNoAnswer;
  std::array<uint8_t, kMaxWindowBytes> last_answer_{};
};

}  // namespace mls
