"""Starts modules and hosts as processes, each with a deadline."""
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("MLS_BIN", SOURCE / "build/debug/bin"))
INPUTS = SOURCE / "examples/demo-inputs"
MODELS = SOURCE / "models"
PATIENCE_S = 60  # for what takes a moment: sanitizers and busy machines are slow


class Module:
    """A running mlsensor-module."""

    def __init__(self, test, *arguments, stdin=subprocess.DEVNULL):
        self.error_file = tempfile.TemporaryFile()
        self.process = subprocess.Popen([BIN / "mlsensor-module", *map(str, arguments)], stdin=stdin, stdout=subprocess.PIPE,
                                        stderr=self.error_file, text=True)
        test.addCleanup(self.kill)
        self.line = self.process.stdout.readline().rstrip("\n")  # the end of the process ends this too
        test.assertIn(" listening on ", self.line, self.errors())
        self.addresses = self.line.split(" listening on ")[1].split(", ")

    def errors(self):
        self.error_file.seek(0)
        return self.error_file.read().decode()

    def stop(self):
        """Ends it as an operator would, and returns its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)

    def kill(self):
        self.process.kill()
        self.process.wait(PATIENCE_S)
        self.process.stdout.close()
        self.error_file.close()


class SystemTest(unittest.TestCase):
    def setUp(self):
        self.directory = Path(tempfile.mkdtemp(prefix="mls-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.address = f"unix:{self.directory}/socket"

    def start(self, *arguments, **options):
        """A module on self.address that works its input off as fast as it can, unless told otherwise."""
        arguments = list(map(str, arguments))
        if "--listen" not in arguments:
            arguments += ["--listen", self.address]
        if "--speed" not in arguments:
            arguments += ["--speed", "max"]
        return Module(self, *arguments, **options)

    def host(self, *arguments):
        """Runs mlsensor to its end, with time for each answer unless told otherwise: exit status, standard output, standard error."""
        patience = [] if "--timeout" in arguments else ["--timeout", "20s"]
        done = subprocess.run([BIN / "mlsensor", *patience, *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=PATIENCE_S)
        return done.returncode, done.stdout, done.stderr

    def ask(self, *arguments):
        """Runs mlsensor --json, which must succeed, and returns the objects it prints."""
        status, output, errors = self.host("--json", *arguments)
        self.assertEqual(status, 0, errors)
        return [json.loads(line) for line in output.splitlines()]

    def wait_for_the_end_of_the_input(self, address):
        deadline = time.monotonic() + PATIENCE_S
        while "input_ended" not in self.ask("get", address, "status.state")[0]["status.state"]:
            self.assertLess(time.monotonic(), deadline, "the input does not end")
            time.sleep(0.1)

    def events(self, address):
        """All events of a module whose input ends."""
        self.wait_for_the_end_of_the_input(address)
        return [event for event in self.ask("watch", address, "--for", "1s") if "type" in event]

    def run_to_the_end(self, *arguments, **options):
        """The events of a module that is started with these arguments."""
        module = self.start(*arguments, **options)
        events = self.events(module.addresses[0])
        self.assertEqual(module.stop(), 0)
        return events

    def refuse(self, *arguments):
        """Runs a module that must not start: exit status, standard error."""
        done = subprocess.run([BIN / "mlsensor-module", *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=PATIENCE_S)
        self.assertNotIn("listening", done.stdout)
        return done.returncode, done.stderr


def detections(events):
    return [event["label"] for event in events if event["type"] == "detection"]


READ, WRITE, RESPONSE, NOTIFY = 1, 2, 3, 4


def crc16(data):
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021) & 0xFFFF if crc & 0x8000 else crc << 1
    return crc


def frame(operation, tag, address, length, payload=b"", crc=None):
    """A serial frame, its COBS and final zero included; `crc` replaces the right one."""
    raw = bytes([operation, tag, address, length]) + payload
    raw += struct.pack("<H", crc16(raw) if crc is None else crc)
    packed = b"".join(bytes([len(block) + 1]) + block for block in (raw + b"\0").split(b"\0")[:-1])
    return packed + b"\0"


class RawHost:
    """Sends what no well-behaved host would."""

    def __init__(self, test, address):
        self.socket = socket.socket(socket.AF_UNIX)
        test.addCleanup(self.close)
        self.socket.settimeout(PATIENCE_S)
        self.socket.connect(address.removeprefix("unix:"))
        self.received = b""

    def send(self, data):
        self.socket.sendall(data)

    def receive(self):
        """The next frame: operation, tag, address, payload."""
        while b"\0" not in self.received:
            more = self.socket.recv(4096)
            if not more:
                raise ConnectionError("the module hung up")
            self.received += more
        packed, self.received = self.received.split(b"\0", 1)
        raw = b""
        while packed:
            code = packed[0]
            raw += packed[1:code]
            packed = packed[code:]
            if packed:
                raw += b"\0"
        if crc16(raw[:-2]) != struct.unpack("<H", raw[-2:])[0]:
            raise ValueError("bad CRC")
        return raw[0], raw[1], raw[2], raw[4:-2]

    def close(self):
        self.socket.close()
