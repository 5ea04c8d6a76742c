// The fault sweep: a session over each transport, repeated once for each of its operations and each kind of fault. Whatever happens, what
// the host library reports is true.
#include <gtest/gtest.h>

#include <cstdlib>

#include "fault_sweep_session.h"

namespace mls::test {
namespace {

// Each n-th operation, by the environment variable MLS_SWEEP_EVERY. Fewer where a sanitizer makes each one slow, and where the kernel takes most
// of the time and the code is that of another transport.
uint64_t Every(uint64_t otherwise) {
  const char* const variable = std::getenv("MLS_SWEEP_EVERY");
  return variable ? std::max(std::strtoull(variable, nullptr, 10), 1ull) : std::max<uint64_t>(otherwise, MLS_SWEEP_LEAST_STEP);
}

void Sweep(const char* transport, const std::function<std::unique_ptr<Link>()>& make_link, uint64_t step) {
  const SweepTotals totals = SweepFaults(transport, make_link, step);
  EXPECT_GT(totals.operations, 100u);
  EXPECT_GT(totals.failed_calls, 0u);
  EXPECT_EQ(totals.violations, 0u);
}

TEST(FaultSweep, WhatIsReportedInProcessIsTrue) { Sweep("in-process", MakeInProcessLink, Every(1)); }
TEST(FaultSweep, WhatIsReportedOverAUnixSocketIsTrue) {
  Sweep("unix", [] { return MakeStreamLink(Stream::kUnix); }, Every(2));
}
TEST(FaultSweep, WhatIsReportedOverTcpIsTrue) {
  Sweep("tcp", [] { return MakeStreamLink(Stream::kTcp); }, Every(10));
}
TEST(FaultSweep, WhatIsReportedOverASerialLineIsTrue) {
  Sweep("serial", [] { return MakeStreamLink(Stream::kPseudoTerminal); }, Every(10));
}

}  // namespace
}  // namespace mls::test
