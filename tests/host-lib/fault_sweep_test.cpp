// The fault sweep: a session over each transport, repeated once for each of its operations and each kind of fault. Whatever happens, what
// the host library reports is true.
#include <gtest/gtest.h>

#include <cstdio>

#include "fault_sweep_session.h"
#include "fault_sweep_time.h"

namespace mls::test {
namespace {

using MakeLink = std::function<std::unique_ptr<Link>()>;

struct Transport {
  const char* name;
  MakeLink make_link;
};

class FaultSweep : public testing::TestWithParam<Transport> {
 protected:
  static uint64_t RunOnce(const MakeLink& make_link, const Plan& plan, const std::function<void(const Session&)>& look) {
    const std::unique_ptr<Link> link = make_link();
    link->SetPlan(plan);
    Session session(*link);
    session.Run();
    look(session);
    simulation::ForgetActions();
    return link->operations();
  }
};

TEST_P(FaultSweep, NoFaultAtAnyOperationMakesTheHostReportWhatIsNotTrue) {
  const Transport& transport = GetParam();
  constexpr uint64_t step = MLS_SWEEP_STEP;  // Fewer operations where a sanitizer makes each one slow.

  uint64_t delivered = 0;
  const uint64_t operations = RunOnce(transport.make_link, {}, [&](const Session& session) {
    EXPECT_EQ(session.violations(), std::vector<std::string>());
    EXPECT_EQ(session.failed_calls(), 0);
    EXPECT_GT(session.lost(), 0u) << "more than the module can hold";
    delivered = session.delivered();
  });
  EXPECT_GE(delivered, 52u);
  ASSERT_GT(operations, 100u);

  uint64_t runs = 0, violations = 0, failed_calls = 0;
  for (size_t kind = 0; kind < kKindCount; ++kind) {
    for (uint64_t operation = kind % step; operation < operations; operation += step) {
      for (const uint64_t count : {1, 5}) {  // What one retry overcomes, and what none does.
        ++runs;
        RunOnce(transport.make_link, {operation, count, static_cast<Kind>(kind)}, [&](const Session& session) {
          failed_calls += static_cast<uint64_t>(session.failed_calls());
          violations += session.violations().size();
          if (session.violations().empty() || violations > 20) return;
          for (const std::string& violation : session.violations()) {
            ADD_FAILURE() << transport.name << ": " << kKindNames[kind] << " at operation " << operation << ", " << count
                          << " in a row: " << violation;
          }
        });
      }
    }
  }
  EXPECT_EQ(violations, 0u);
  std::printf("fault sweep  %-16s %4llu operations x %zu kinds, once and five in a row: %llu sessions, %llu failed calls overcome, %llu violations\n",
              transport.name, static_cast<unsigned long long>((operations + step - 1) / step), kKindCount,
              static_cast<unsigned long long>(runs), static_cast<unsigned long long>(failed_calls),
              static_cast<unsigned long long>(violations));
}

std::string NameOfTransport(const testing::TestParamInfo<Transport>& transport) {
  std::string name = transport.param.name;
  std::erase(name, '-');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Transports, FaultSweep,
                         testing::Values(Transport{"in-process", MakeInProcessLink},
                                         Transport{"unix", [] { return MakeStreamLink(Stream::kUnix); }},
                                         Transport{"tcp", [] { return MakeStreamLink(Stream::kTcp); }},
                                         Transport{"serial", [] { return MakeStreamLink(Stream::kPseudoTerminal); }}),
                         NameOfTransport);

}  // namespace
}  // namespace mls::test
