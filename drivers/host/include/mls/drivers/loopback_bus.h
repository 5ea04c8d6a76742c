// A register bus to a module in the same process.
#pragma once

#include "mls/interface/register_bus.h"
#include "mls/interface/register_target.h"

namespace mls {

// Each call goes straight to the target, in the caller's thread. Refusals come back as they are.
class LoopbackBus final : public RegisterBus {
 public:
  // `target` must outlive this.
  explicit LoopbackBus(RegisterTarget& target) : target_(target) {}

 private:
  Status DoRead(uint8_t address, std::span<uint8_t> out, Deadline deadline) override;
  Status DoWrite(uint8_t address, std::span<const uint8_t> bytes, Deadline deadline) override;

  RegisterTarget& target_;
};

}  // namespace mls
