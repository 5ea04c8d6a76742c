"""Two modules on one bus of a real kernel, with faults; then latencies, bytes and idle use. A short one; in full: soak_test.py
--reads 1000000 --events 100000."""
import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import in_kernel

BIN = in_kernel.BIN
IDLE_S = 5


def on_cpu_ns(pid):
    return sum(int(thread.read_text().split()[0]) for thread in Path(f"/proc/{pid}/task").glob("*/schedstat"))


def idle_outside():
    """The same library outside of the test kernel, whose clock is finer: nanoseconds on a processor, by the scheduler."""
    with tempfile.TemporaryDirectory(prefix="mls-") as folder:
        address = f"unix:{folder}/socket"
        still = in_kernel.SOURCE / "examples/demo-inputs/keyword/1-words.wav"
        with subprocess.Popen([BIN / "mlsensor-module", "--profile", "keyword", "--input", still, "--speed", "max", "--listen", address],
                              stdout=subprocess.PIPE, text=True) as module:
            module.stdout.readline()
            with subprocess.Popen([BIN / "mlsensor", "watch", address], stdout=subprocess.PIPE, text=True) as watch:
                time.sleep(3)  # The words are over.
                before = on_cpu_ns(watch.pid)
                time.sleep(IDLE_S)
                used = (on_cpu_ns(watch.pid) - before) / (IDLE_S * 1e9)
                watch.terminate()
                watch.communicate()
            module.terminate()
            module.communicate()
    print(f"mlsensor watch, idle for {IDLE_S} s: CPU {used:.3%} by the scheduler's count", flush=True)
    return 0 if used < 0.0005 else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reads", type=int, default=2000)
    parser.add_argument("--events", type=int, default=200)
    wanted = parser.parse_args()
    status = in_kernel.main([BIN / "mls-kernel-soak", wanted.reads, wanted.events, IDLE_S], [BIN / "mls-test-target", "{address}"],
                            timeout_s=140 + wanted.reads // 200)
    return status or idle_outside()


if __name__ == "__main__":
    sys.exit(main())
