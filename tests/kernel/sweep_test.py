"""The fault sweep over /dev/i2c-0 and a GPIO line of a real kernel: each n-th operation. All of them: sweep_test.py --every 1."""
import argparse
import sys

import in_kernel


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=80, metavar="N")
    every = parser.parse_args().every
    return in_kernel.main([in_kernel.BIN / "mls-kernel-sweep", every], [in_kernel.BIN / "mls-test-target", "{address}"], timeout_s=150 + 3000 // every)


if __name__ == "__main__":
    sys.exit(main())
