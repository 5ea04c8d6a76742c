#include "mls/core/module/i2c_target.h"

namespace mls {

bool I2cTarget::Begin(uint8_t address, State state) {
  End();
  const bool is_for_registers = address == registers_.i2c_address();
  is_for_person_sensor_ = !is_for_registers && person_sensor_ && address == PersonSensor::kI2cAddress;
  if (!is_for_registers && !is_for_person_sensor_) return false;
  state_ = state;
  has_moved_ = true;
  return true;
}

bool I2cTarget::OnAddressWrite(uint8_t address) { return Begin(address, State::kReceiving); }

bool I2cTarget::OnAddressRead(uint8_t address) {
  if (!Begin(address, State::kSending)) return false;
  to_send_ = {};
  if (is_for_person_sensor_) {
    const Result<std::span<const uint8_t>> report = person_sensor_->Read();
    if (!report.ok()) {
      state_ = State::kIdle;
      return false;
    }
    to_send_ = *report;
    return true;
  }
  const Result<std::span<const uint8_t>> bytes = registers_.BeginRead(register_address_, RegisterTarget::kToEndOfWindow);
  is_frozen_ = bytes.ok();
  if (is_frozen_) to_send_ = *bytes;
  return true;
}

bool I2cTarget::OnByteReceived(uint8_t byte) {
  if (state_ != State::kReceiving) return false;
  has_moved_ = true;
  if (received_count_ >= received_.size()) {
    received_count_ = received_.size() + 1;
    return false;
  }
  received_[received_count_++] = byte;
  return true;
}

uint8_t I2cTarget::OnByteToSend() {
  if (state_ != State::kSending) return kNothing;
  has_moved_ = true;
  if (to_send_.empty()) {
    if (beyond_ <= kAskedAhead) ++beyond_;
    return kNothing;
  }
  const uint8_t byte = to_send_.front();
  to_send_ = to_send_.subspan(1);
  return byte;
}

void I2cTarget::OnBusError() {
  if (state_ == State::kReceiving && received_count_ > 1) registers_.ReportProtocolError(kBadLength);
  Forget();
}

bool I2cTarget::Tick(uint32_t now_ms) {
  if (person_sensor_) person_sensor_->Poll();
  if (state_ == State::kIdle) return false;
  if (has_moved_) {
    has_moved_ = false;
    quiet_since_ms_ = now_ms;
    return false;
  }
  if (now_ms - quiet_since_ms_ <= kStallMs) return false;
  registers_.ReportProtocolError(kStalled);
  Forget();
  return true;
}

void I2cTarget::End() {
  const bool was_receiving = state_ == State::kReceiving;
  const size_t count = received_count_;
  const bool was_too_long = is_frozen_ && beyond_ > kAskedAhead;
  Forget();
  if (was_too_long) registers_.ReportProtocolError(kBadLength);
  if (!was_receiving || count == 0) return;
  if (count > received_.size()) return registers_.ReportProtocolError(kBadLength);
  HandOn(std::span(received_).first(count));
}

void I2cTarget::Forget() {
  if (is_frozen_) registers_.EndRead();
  is_frozen_ = false;
  state_ = State::kIdle;
  received_count_ = 0;
  beyond_ = 0;
}

void I2cTarget::HandOn(std::span<const uint8_t> written) {
  if (is_for_person_sensor_) return person_sensor_->Write(written);
  register_address_ = written[0];
  // A refusal has left its mark in the registers; I2C has no place for an answer.
  if (written.size() > 1) static_cast<void>(registers_.Write(register_address_, written.subspan(1)));
}

}  // namespace mls
