// The fault sweep over a real I2C adapter and a real interrupt line. Usage: mls-kernel-sweep [STEP [IN_A_ROW]]; see SweepFaults.
#include <cstdio>
#include <cstdlib>

#include "../host-lib/fault_sweep_session.h"
#include "remote_link.h"

int main(int argc, char** argv) {
  using namespace mls::test;
  const uint64_t step = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1;
  const uint64_t in_a_row = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  if (step == 0 || in_a_row == 0) return 2;
  const SweepTotals totals =
      SweepFaults("i2c", [] { return MakeRemoteLink("/dev/i2c-0", kModuleAddresses[0], "mls-irq-0"); }, step, in_a_row);
  return totals.operations > 100 && totals.failed_calls > 0 && totals.violations == 0 ? 0 : 1;
}
