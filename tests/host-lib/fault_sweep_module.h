// The real sensor core as a module under test: a model that sees a person in a bright picture, a clock that the test sets, and a log of
// what happened, to hold against what a host was told.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

#include "mls/core/engine/operators.h"
#include "mls/core/module/module.h"
#include "mls/core/module/person_pipeline.h"

namespace mls::test {

class SweepModule {
 public:
  // `line`, where given, hears the level of the interrupt line. `first_byte` begins the unique id.
  explicit SweepModule(std::function<uint32_t()> now_ms, std::function<void(bool high)> line = {}, uint8_t first_byte = 0xA0);
  ~SweepModule();

  RegisterBank& bank();
  // Carries out a command that waits.
  void Step();
  // Takes a picture: a bright one after a dark one and the other way round, so that each changes the decision.
  void Capture();
  // A new start: nothing that was volatile is left, and the boot id is another one.
  void Restart();

  // --- What is true ---
  struct Result {
    uint16_t sequence = 0;
    Decision decision = Decision::kUnknown;
    friend bool operator==(const Result&, const Result&) = default;
  };
  Result result() const { return result_; }
  unsigned life() const { return life_; }  // Starts so far.
  std::array<uint8_t, 8> boot_id() const;
  Config active_config();
  uint32_t newest_event();
  // What the picture taken at that time showed; nothing: there was none.
  std::optional<Decision> DecisionAt(uint32_t time_ms) const;

 private:
  struct Life;
  const std::function<uint32_t()> now_ms_;
  const std::function<void(bool)> line_;
  const uint8_t first_byte_;
  std::unique_ptr<Life> running_;
  std::map<uint32_t, Decision> pictures_;  // Of this life.
  Result result_;
  unsigned life_ = 0;
  bool bright_ = false;
};

}  // namespace mls::test
