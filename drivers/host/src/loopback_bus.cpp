#include "mls/drivers/loopback_bus.h"

namespace mls {

Status LoopbackBus::DoRead(uint8_t address, std::span<uint8_t> out, Deadline) {
  const Result<std::span<const uint8_t>> answer = target_.BeginRead(address, out.size());
  if (!answer.ok()) return answer.status();
  const size_t size = std::min(answer->size(), out.size());
  std::copy_n(answer->begin(), size, out.begin());
  target_.EndRead();
  return size == out.size() ? Status::kOk : Status::kShortTransfer;
}

Status LoopbackBus::DoWrite(uint8_t address, std::span<const uint8_t> bytes, Deadline) {
  return target_.Write(address, bytes);
}

}  // namespace mls
