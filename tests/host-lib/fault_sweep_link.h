// What lies between a host and a module in the fault sweep, one kind for each transport, and what can go wrong on it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "fault_sweep_kinds.h"
#include "fault_sweep_module.h"
#include "mls/drivers/open_bus.h"

namespace mls::test {

// Which operations of a run go wrong, and how. Operations count from 0.
struct Plan {
  uint64_t operation = 0;
  uint64_t count = 0;
  Kind kind = Kind::kNackOnAddress;
};

// Thrown through the host library where its process dies.
struct HostKilled {};

class Link {
 public:
  virtual ~Link() = default;

  // The way to the module as a new host process opens it.
  virtual Result<BusConnection> Connect() = 0;
  // The host's process is gone, and its end of the link with it.
  virtual void HostIsGone() = 0;

  // The module's interrupt line is what tells of news, not frames.
  virtual bool has_interrupt_line() const { return false; }
  // What a call may take beyond its deadline besides a tenth of it: nothing where time is simulated. And how long the machine has done nothing
  // at all so far, which is not the call's.
  virtual std::chrono::milliseconds allowance() const { return std::chrono::milliseconds(0); }
  virtual SteadyClock::duration stalled() const { return {}; }

  void SetPlan(const Plan& plan) { plan_ = plan, operations_ = 0; }
  uint64_t operations() const { return operations_; }

  // --- The module at the other end, for whoever plays the world around it ---
  virtual void Capture() = 0;
  virtual void CaptureLater(int count, std::chrono::milliseconds period) = 0;
  virtual int captures_to_come() = 0;
  virtual std::chrono::milliseconds capture_period() const { return std::chrono::milliseconds(20); }
  virtual SweepModule::Result result() = 0;
  virtual unsigned life() = 0;
  virtual std::array<uint8_t, 8> boot_id() = 0;
  virtual Config active_config() = 0;
  virtual uint32_t newest_event() = 0;
  virtual std::optional<Decision> DecisionAt(uint32_t time_ms) = 0;

 protected:
  // Counts an operation. What goes wrong with it?
  std::optional<Kind> NextOperation() {
    const uint64_t operation = operations_++;
    if (operation < plan_.operation || operation - plan_.operation >= plan_.count) return std::nullopt;
    return plan_.kind;
  }

 private:
  Plan plan_;
  uint64_t operations_ = 0;
};

// A link to a module in this process, all of it in virtual time.
class LocalLink : public Link {
 public:
  void HostIsGone() override;
  void Capture() override { module_.Capture(); }
  void CaptureLater(int count, std::chrono::milliseconds period) override;
  int captures_to_come() override { return captures_to_come_; }
  SweepModule::Result result() override { return module_.result(); }
  unsigned life() override { return module_.life(); }
  std::array<uint8_t, 8> boot_id() override { return module_.boot_id(); }
  Config active_config() override { return module_.active_config(); }
  uint32_t newest_event() override { return module_.newest_event(); }
  std::optional<Decision> DecisionAt(uint32_t time_ms) override { return module_.DecisionAt(time_ms); }

 protected:
  LocalLink();
  ~LocalLink() override;
  SweepModule module_;

 private:
  int captures_to_come_ = 0;
};

std::unique_ptr<Link> MakeInProcessLink();
enum class Stream { kUnix, kTcp, kPseudoTerminal };
std::unique_ptr<Link> MakeStreamLink(Stream stream);

}  // namespace mls::test
