"""The real tools in a virtual machine of QEMU, with a person sensor on its I2C bus, which they poll. Boots it once (by this file with --boot) and
judges what came out."""
import subprocess
import sys
import unittest

import in_kernel

BIN, SOURCE = in_kernel.BIN, in_kernel.SOURCE
SCAN, READ, BY_POLLING, NOBODY = "scan", "read i2c:0", "watch i2c:0 --for 3s", "read i2c:0@0x6e"
COMMANDS = [SCAN, READ, BY_POLLING, NOBODY]
TIMEOUT_S = 120
results = {}  # of each command: exit status and output


def boot():
    script = "".join(f"echo '$ mlsensor {command}'; {BIN}/mlsensor {command} 2>&1; status=$?; echo status $status\n" for command in COMMANDS)
    backend = [BIN / "mlsensor-module", "--profile", "person", "--input", SOURCE / "examples/demo-inputs/person", "--loop", "--fps", "20",
               "--listen", "{address}"]
    try:
        return in_kernel.run(script + "exit $status\n", backend, TIMEOUT_S, qemu_programs=[BIN / "mlsensor"])
    except in_kernel.Unavailable as why:
        print(f"SKIPPED: {why}", file=sys.stderr)
        return 77


class Qemu(unittest.TestCase):
    def test_scan_finds_the_module(self):
        self.assertEqual(results[SCAN][0], 0)
        self.assertIn("i2c:0@0x6c", results[SCAN][1])

    def test_read_gives_its_result(self):
        self.assertEqual(results[READ][0], 0)

    def test_watch_tells_of_people_by_polling(self):
        self.assertEqual(results[BY_POLLING][0], 0)
        self.assertIn("presence", results[BY_POLLING][1])

    def test_a_missing_module_is_no_device(self):
        self.assertEqual(results[NOBODY][0], 3)

    def test_the_last_exit_status_comes_out_of_the_machine(self):
        self.assertEqual(results["machine"][0], 3)


def main():
    done = subprocess.run([sys.executable, "-B", __file__, "--boot"], stdout=subprocess.PIPE, text=True, timeout=TIMEOUT_S + 60, check=False)
    print(done.stdout, end="", flush=True)
    if done.returncode == 77:
        return 77
    results["machine"] = done.returncode, done.stdout
    for part in done.stdout.split("$ mlsensor ")[1:]:
        command, _, output = part.partition("\n")
        output, _, status = output.rpartition("status ")
        results[command] = int(status.split()[0]), output
    return unittest.main(verbosity=2)


if __name__ == "__main__":
    sys.exit(boot() if sys.argv[1:] == ["--boot"] else main())
