// A sensor over a fake module in the same process, with a bus that fails on demand in between.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_module.h"
#include "mls/drivers/faulty_bus.h"
#include "mls/drivers/loopback_bus.h"
#include "mls/host/sensor.h"

namespace mls::test {

using namespace std::chrono_literals;

class SensorTest : public testing::Test {
 protected:
  // Bus and module together; the sensor keeps them alive.
  struct Rig {
    FakeModule module;
    LoopbackBus loopback{module};
    FaultyBus faulty{loopback};
  };

  Result<Sensor> TryOpen(SensorError* error = nullptr) {
    return Sensor::Open(std::shared_ptr<RegisterBus>(rig_, &rig_->faulty), nullptr, "test", options_, error);
  }
  Sensor Open() {
    SensorError error;
    Result<Sensor> sensor = TryOpen(&error);
    EXPECT_TRUE(sensor.ok()) << error.message;
    return std::move(sensor.value());
  }

  // Lets the next `count` operations fail.
  void FailNext(Fault fault, uint64_t count = 1) { rig_->faulty.Inject(rig_->faulty.operations(), fault, count); }

  std::shared_ptr<Rig> rig_ = std::make_shared<Rig>();
  FakeModule& module_ = rig_->module;
  SensorOptions options_{.timeout = 2s, .attempts = 3};
};

}  // namespace mls::test
