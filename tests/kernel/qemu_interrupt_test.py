"""A module's interrupt in a virtual machine of QEMU: a person sensor's events reach `mlsensor watch` by edges of a GPIO line that the kernel there
counts, and the time from edge to callback. Skipped where QEMU is too old to pass interrupts on."""
import re
import subprocess
import sys

import in_kernel

BIN, SOURCE = in_kernel.BIN, in_kernel.SOURCE
TIMEOUT_S = 120
# Before each event: how often the kernel has seen an interrupt of the line.
SCRIPT = """"$0" watch i2c:0,irq=gpio:mls-irq-0 --for 8s | while read -r event; do
  while read -r line; do case $line in *mlsensor) set -- $line; echo "interrupts $2";; esac; done </proc/interrupts
  echo "$event"
done"""


def watch():
    module = ["--profile", "person", "--input", str(SOURCE / "examples/demo-inputs/person"), "--loop", "--fps", "20"]
    done = subprocess.run([sys.executable, "-B", SOURCE / "tools/in-kernel", "--qemu", "--timeout", str(TIMEOUT_S), "--module", " ".join(module), "--",
                           "/bin/sh", "-c", SCRIPT, BIN / "mlsensor"], stdout=subprocess.PIPE, text=True, timeout=TIMEOUT_S + 60, check=False)
    print(done.stdout, end="", flush=True)
    # Those that were waiting come in one go, with one interrupt.
    counts = [int(count) for count in re.findall(r"interrupts +(\d+)\n.* presence ", done.stdout)]
    by_interrupt = sum(after > before for before, after in zip(counts, counts[1:]))
    print(f"mlsensor watch: {len(counts)} changes of presence, {by_interrupt} with an interrupt of their own, the others were waiting", flush=True)
    return 0 if done.returncode == 0 and by_interrupt >= 2 else 1


def main():
    if not in_kernel.recent_qemu():
        print("SKIPPED: the interrupt. The QEMU here, if any, is too old to pass interrupts of GPIO lines on; tools/qemu fetches another one",
              file=sys.stderr)
        return 77
    latency = in_kernel.main([BIN / "mls-kernel-soak", 0, 0, 1], [BIN / "mls-test-target", "{address}"], TIMEOUT_S,
                             qemu_programs=[BIN / "mls-kernel-soak"])
    return latency or watch()


if __name__ == "__main__":
    sys.exit(main())
