// The fault sweep: a session over each transport, repeated once for each of its operations and each kind of fault. Whatever happens, what
// the host library reports is true.
#include <gtest/gtest.h>

#include "fault_sweep_session.h"

namespace mls::test {
namespace {

constexpr uint64_t kStep = MLS_SWEEP_STEP;  // Fewer operations where a sanitizer makes each one slow.

void Sweep(const char* transport, const std::function<std::unique_ptr<Link>()>& make_link) {
  const SweepTotals totals = SweepFaults(transport, make_link, kStep);
  EXPECT_GT(totals.operations, 100u);
  EXPECT_GT(totals.failed_calls, 0u);
  EXPECT_EQ(totals.violations, 0u);
}

TEST(FaultSweep, WhatIsReportedInProcessIsTrue) { Sweep("in-process", MakeInProcessLink); }
TEST(FaultSweep, WhatIsReportedOverAUnixSocketIsTrue) {
  Sweep("unix", [] { return MakeStreamLink(Stream::kUnix); });
}
TEST(FaultSweep, WhatIsReportedOverTcpIsTrue) {
  Sweep("tcp", [] { return MakeStreamLink(Stream::kTcp); });
}
TEST(FaultSweep, WhatIsReportedOverASerialLineIsTrue) {
  Sweep("serial", [] { return MakeStreamLink(Stream::kPseudoTerminal); });
}

}  // namespace
}  // namespace mls::test
