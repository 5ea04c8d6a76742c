// The fault sweep: a session over each transport, repeated once for each of its operations and each kind of fault. Whatever happens, what
// the host library reports is true.
#include <gtest/gtest.h>

#include "fault_sweep_session.h"

namespace mls::test {
namespace {

constexpr uint64_t kStep = MLS_SWEEP_STEP;  // Fewer operations where a sanitizer makes each one slow.

// `in_a_row`: see SweepFaults; 1 where the kernel takes most of the time and the code is that of another transport.
void Sweep(const char* transport, const std::function<std::unique_ptr<Link>()>& make_link, uint64_t in_a_row) {
  const SweepTotals totals = SweepFaults(transport, make_link, kStep, in_a_row);
  EXPECT_GT(totals.operations, 100u);
  EXPECT_GT(totals.failed_calls, 0u);
  EXPECT_EQ(totals.violations, 0u);
}

TEST(FaultSweep, WhatIsReportedInProcessIsTrue) { Sweep("in-process", MakeInProcessLink, 5); }
TEST(FaultSweep, WhatIsReportedOverAUnixSocketIsTrue) {
  Sweep("unix", [] { return MakeStreamLink(Stream::kUnix); }, 5);
}
TEST(FaultSweep, WhatIsReportedOverTcpIsTrue) {
  Sweep("tcp", [] { return MakeStreamLink(Stream::kTcp); }, 1);
}
TEST(FaultSweep, WhatIsReportedOverASerialLineIsTrue) {
  Sweep("serial", [] { return MakeStreamLink(Stream::kPseudoTerminal); }, 1);
}

}  // namespace
}  // namespace mls::test
