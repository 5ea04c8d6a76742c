"""The real host library and tools in a real kernel, on /dev/i2c-0 and /dev/gpiochip0, with two modules on the bus: a person sensor that also
answers like the Person Sensor, and a keyword sensor. Without arguments: boots the kernel, which runs this file again with --inside."""
import ctypes
import fcntl
import json
import os
import subprocess
import sys
import unittest

import in_kernel

SOURCE, BIN = in_kernel.SOURCE, in_kernel.BIN
PERSON, KEYWORD = "i2c:0@0x6c,irq=gpio:mls-irq-0", "i2c:0@0x6d,irq=gpio:mls-irq-1"
STUB_ADDRESS = 0x6F
I2C_SLAVE, I2C_FUNCS, I2C_SMBUS = 0x0703, 0x0705, 0x0720  # linux/i2c-dev.h
I2C_FUNC_I2C, I2C_SMBUS_WRITE, I2C_SMBUS_I2C_BLOCK = 0x00000001, 0, 8  # linux/i2c.h
IDENT, UNIQUE_ID_BYTES = 0x00, 16


class SmbusCall(ctypes.Structure):  # i2c_smbus_ioctl_data
    _fields_ = [("read_write", ctypes.c_uint8), ("command", ctypes.c_uint8), ("size", ctypes.c_uint32), ("data", ctypes.c_void_p)]


class Adapter:
    """A device on an I2C adapter, as programs without this project's library reach it."""

    def __init__(self, number, address):
        self.fd = os.open(f"/dev/i2c-{number}", os.O_RDWR)
        fcntl.ioctl(self.fd, I2C_SLAVE, address)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.fd)

    def functions(self):
        bits = ctypes.c_ulong()
        fcntl.ioctl(self.fd, I2C_FUNCS, bits)
        return bits.value

    def write_block(self, register, block):
        data = ctypes.create_string_buffer(bytes([len(block)]) + block, 34)
        fcntl.ioctl(self.fd, I2C_SMBUS, SmbusCall(I2C_SMBUS_WRITE, register, I2C_SMBUS_I2C_BLOCK, ctypes.addressof(data)))


def crc16(data):
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021) & 0xFFFF if crc & 0x8000 else crc << 1
    return crc


class Inside(unittest.TestCase):
    def host(self, *arguments):
        done = subprocess.run([BIN / "mlsensor", *arguments], capture_output=True, text=True, timeout=30, check=False)
        return done.returncode, done.stdout, done.stderr

    def ask(self, *arguments):
        status, output, errors = self.host("--json", *arguments)
        self.assertEqual(status, 0, errors)
        return [json.loads(line) for line in output.splitlines()]

    def test_the_conformance_suite_passes_on_both_modules(self):
        done = subprocess.run([BIN / "drivers_host_bus_contract_test", "--gtest_filter=External/*", "--gtest_brief=1"],
                              env={**os.environ, "MLS_TEST_BUS_URIS": f"{PERSON};{KEYWORD}"}, capture_output=True, text=True, timeout=60, check=False)
        print(done.stdout.strip().splitlines()[-1], flush=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("PASSED  ] 16 tests", done.stdout)

    def test_scan_finds_both_modules_by_their_address(self):
        status, output, errors = self.host("scan", "i2c:0")
        print(output, end="", flush=True)
        self.assertEqual(status, 0, errors)
        self.assertEqual([line.split()[:2] for line in output.splitlines()], [["i2c:0@0x6c", "person"], ["i2c:0@0x6d", "keyword"]])

    def test_read_gives_the_result_of_each(self):
        self.assertEqual(self.ask("info", PERSON)[0]["ident"]["profile"], "person")
        self.assertEqual(self.ask("info", KEYWORD)[0]["ident"]["profile"], "keyword")
        print(self.host("read", PERSON)[1].splitlines()[0], flush=True)
        for uri in (PERSON, KEYWORD):
            self.assertTrue(self.ask("read", uri))
        self.assertEqual(self.host("read", "i2c:0@0x6e")[0], 3, "nobody is there: no device")

    def test_watch_tells_of_people_and_words_by_the_interrupt_lines(self):
        events = self.ask("watch", PERSON, KEYWORD, "--for", "5s")
        self.assertIn("presence", {event.get("type") for event in events})
        self.assertIn("yes", {event.get("label") for event in events if event.get("type") == "detection"})

    def test_programs_for_the_person_sensor_work_unmodified(self):
        with Adapter(0, 0x62) as sensor:
            report = os.read(sensor.fd, 39)
            self.assertEqual(report[2] + 256 * report[3], 33)
            self.assertEqual(report[37] + 256 * report[38], crc16(report[:37]))
            self.assertLessEqual(report[4], 4)
            os.write(sensor.fd, bytes([0x02, 0]))  # labels off, as its examples write it
            self.assertEqual(len(os.read(sensor.fd, 39)), 39)

    def test_a_soft_address_moves_one_module(self):
        unique_id = bytes.fromhex(self.ask("get", KEYWORD, "identity.unique_id")[0]["identity.unique_id"])
        with Adapter(0, 0x6D) as module:
            os.write(module.fd, bytes([0xE0, 9, 0]))
            os.write(module.fd, bytes([0xC2]) + unique_id + bytes([0x50]))
        self.assertEqual(self.host("read", KEYWORD)[0], 3, "it has left its old address")
        self.assertEqual(self.ask("info", "i2c:0@0x50")[0]["ident"]["profile"], "keyword")
        self.assertEqual(self.ask("info", PERSON)[0]["ident"]["profile"], "person")
        with Adapter(0, 0x50) as module:
            os.write(module.fd, bytes([0xE0, 9, 0]))
            os.write(module.fd, bytes([0xC2]) + unique_id + bytes([0]))
        self.assertEqual(self.ask("info", KEYWORD)[0]["ident"]["profile"], "keyword")

    def test_an_adapter_without_plain_i2c_is_used_through_smbus(self):
        # The kernel's i2c-stub: a memory that only SMBus calls reach. It is given the ident window of a module.
        with Adapter(1, STUB_ADDRESS) as stub, Adapter(0, 0x6C) as module:
            self.assertFalse(stub.functions() & I2C_FUNC_I2C)
            os.write(module.fd, bytes([IDENT]))
            stub.write_block(IDENT, os.read(module.fd, 32))
        found = self.ask("scan", "i2c:1")
        self.assertEqual([(place["uri"], place["supported"]) for place in found], [("i2c:1@0x6f", True)])


def main():
    backend = [BIN / "mlsensor-module", "--profile", "person", "--input", SOURCE / "examples/demo-inputs/person", "--loop", "--fps", "20",
               "--personality", "person-sensor", "--also",
               f"--profile keyword --input {SOURCE}/examples/demo-inputs/keyword --loop --i2c-address 0x6D", "--listen", "{address}"]
    return in_kernel.main(["/usr/bin/python3", "-B", __file__, "--inside"], backend, timeout_s=90, options=[f"i2c_stub.chip_addr={STUB_ADDRESS}"])


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=2)
    sys.exit(main())
