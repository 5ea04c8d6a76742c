// A bus within the process. What goes wrong, goes wrong at the bus port.
#include "fault_sweep_link.h"
#include "fault_sweep_time.h"
#include "mls/drivers/faulty_bus.h"
#include "mls/drivers/loopback_bus.h"

namespace mls::test {
namespace {

constexpr simulation::Nanoseconds kTransaction = std::chrono::microseconds(800);  // 32 bytes at 400 kHz

class InProcessLink final : public LocalLink {
 public:
  Result<BusConnection> Connect() override {
    auto end = std::make_shared<HostEnd>(*this);
    return BusConnection{end, end};
  }

 private:
  class HostEnd final : public RegisterBus, public EdgeWaiter {
   public:
    explicit HostEnd(InProcessLink& link) : link_(link) {}

   private:
    Status DoRead(uint8_t address, std::span<uint8_t> out, Deadline deadline) override {
      return link_.Operate([&](RegisterBus& bus) { return bus.Read(address, out, deadline); });
    }
    Status DoWrite(uint8_t address, std::span<const uint8_t> bytes, Deadline deadline) override {
      return link_.Operate([&](RegisterBus& bus) { return bus.Write(address, bytes, deadline); });
    }
    Status DoWait(Deadline deadline) override {
      while (!link_.TakeEdge()) {
        if (link_.is_unplugged_) return Status::kNoDevice;
        if (!simulation::PassToNextAction(deadline.time_since_epoch())) return Status::kTimeout;
      }
      return Status::kOk;
    }
    int DoPollFd() const override { return -1; }
    InProcessLink& link_;
  };

  template <typename Transaction>
  Status Operate(Transaction transaction);
  bool TakeEdge();

  NotifyCursor cursor_;
  bool edge_ = false;
  int edges_to_lose_ = 0;
  bool is_unplugged_ = false;
  simulation::Nanoseconds stuck_until_{};
};

bool InProcessLink::TakeEdge() {
  while (module_.bank().NextNotification(cursor_).ok()) {
    if (edges_to_lose_ > 0) {
      --edges_to_lose_;
    } else {
      edge_ = true;
    }
  }
  return std::exchange(edge_, false);
}

template <typename Transaction>
Status InProcessLink::Operate(Transaction transaction) {
  simulation::PassUntil(simulation::Now() + kTransaction);
  const std::optional<Kind> kind = NextOperation();
  if (is_unplugged_) return Status::kNoDevice;
  if (simulation::Now() < stuck_until_) return Status::kBusy;
  std::optional<Fault> fault;
  bool killed = false;
  if (kind) {
    switch (*kind) {
      case Kind::kNackOnAddress: fault = Fault::kNoAnswer; break;
      case Kind::kNackOnData: fault = Fault::kLinkBreak; break;
      case Kind::kBitFlipInRequest: return Status::kBadCrc;
      case Kind::kBitFlipInAnswer: fault = Fault::kBitFlip; break;
      case Kind::kTruncatedRead: fault = Fault::kTruncated; break;
      case Kind::kStuckBusy: stuck_until_ = simulation::Now() + kStuckFor; return Status::kBusy;
      case Kind::kDelayBeyondDeadline: fault = Fault::kAnswerLost; break;
      case Kind::kModuleReset: module_.Restart(); return Status::kNoDevice;
      case Kind::kResetAfterRequest: fault = Fault::kAnswerLost; break;
      case Kind::kHostKilled: killed = true; break;
      case Kind::kLostInterrupt: ++edges_to_lose_; break;
      case Kind::kSpuriousInterrupt: edge_ = true; break;
      case Kind::kDuplicatedFrame: fault = Fault::kRepeatedRequest; break;
      case Kind::kGarbageBetweenFrames: fault = Fault::kWrongAddress; break;
      case Kind::kAdapterUnplugged:
        is_unplugged_ = true;
        simulation::After(kUnpluggedFor, [this] { is_unplugged_ = false; });
        return Status::kNoDevice;
    }
  }
  LoopbackBus loopback(module_.bank());
  FaultyBus faulty(loopback);
  if (fault) faulty.Inject(0, *fault);
  const Status status = transaction(faulty);
  module_.Step();
  if (kind == Kind::kResetAfterRequest) module_.Restart();
  if (killed) throw HostKilled();
  return status;
}

}  // namespace

LocalLink::LocalLink() : module_(simulation::NowMs) {}

LocalLink::~LocalLink() { simulation::ForgetActions(); }

void LocalLink::HostIsGone() {
  simulation::ForgetActions();
  captures_to_come_ = 0;
}

void LocalLink::CaptureLater(int count, std::chrono::milliseconds period) {
  captures_to_come_ += count;
  for (int i = 0; i < count; ++i) {
    simulation::After(i * period, [this] {
      Capture();
      --captures_to_come_;
    });
  }
}

std::unique_ptr<Link> MakeInProcessLink() { return std::make_unique<InProcessLink>(); }

}  // namespace mls::test
