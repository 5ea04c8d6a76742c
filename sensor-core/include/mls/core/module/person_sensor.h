// PersonSensor: a second face of the module, for host code that was written for the Person Sensor of Useful Sensors.
#pragma once

#include "mls/interface/register_target.h"

namespace mls {

// Answers at 0x62 as that part does: a plain read gives 39 bytes from the beginning, a write of two bytes sets a register. Layout and
// registers: the maker's "Person Sensor Developer Guide" (github.com/usefulsensors/person_sensor_docs) and the header of its examples
// (github.com/usefulsensors/person_sensor_pico_c, person_sensor.h). Where those contradict each other or are silent:
//   - the payload is 33 bytes long, as the definition says (all but header and checksum; a comment says 40);
//   - the checksum is CRC-16/CCITT-FALSE over the first 37 bytes, low byte first: nothing is published but "CRC16", and no example checks it;
//   - a confidence is 0 to 100, as the guide says (the header says 255).
//
// What this module does not do, it does not claim: id_confidence is 0, id is -1 and is_facing is 0. A face whose place is not known fills the
// picture. Without a valid and fresh result there are no faces: the layout has no way to say "I cannot tell".
//
// To the registers it is one more host: its mode register stages config.power_mode and gives the command `commit`, which commits whatever else
// is staged too.
class PersonSensor {
 public:
  static constexpr uint8_t kI2cAddress = 0x62;
  static constexpr size_t kReportBytes = 39;
  static constexpr size_t kMaxFaces = 4;

  explicit PersonSensor(RegisterTarget& registers) : registers_(registers) {}

  // The report; it stays as it is until the next Read. kBusy: over the read-rate limit, better not to answer at all.
  Result<std::span<const uint8_t>> Read();

  // {register, value}. A single byte is what hosts write that cannot read without a register address: it is ignored. What is refused leaves its
  // mark in status.protocol_errors.
  void Write(std::span<const uint8_t> bytes);

  // Call it every 10 ms or so: what was written while a command was under way is tried again.
  void Poll();

 private:
  RegisterTarget& registers_;
  std::array<uint8_t, kReportBytes> report_{};
  PowerMode wanted_mode_ = PowerMode::kContinuous;
  bool mode_is_wanted_ = false;
  bool shot_is_wanted_ = false;
};

}  // namespace mls
