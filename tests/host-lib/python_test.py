"""The Python package, through libmlsensor.so: golden bytes from a scripted module, and a real mlsensor-module."""
import asyncio
import ctypes
import json
import os
import re
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests/system"))

import mlsensor  # noqa: E402
from mlsensor import Decision, EventType, _native, registers  # noqa: E402
from processes import INPUTS, SystemTest  # noqa: E402
from wire_server import WireServer, wire  # noqa: E402

WORDS = INPUTS / "keyword/1-words.wav"
SPOKEN = ["yes", "no", "up", "down"]
VECTORS = json.loads((SOURCE / "interface/golden/wire.json").read_text())
HEADER = (SOURCE / "host-lib/c/include/mls/mlsensor.h").read_text()


def plain(window, fields):
    """Registers as the vectors write them: numbers, and hexadecimal for bytes."""
    return {name: value if isinstance(value, int) else bytes(value).hex() for name, value in fields.items()
            if registers.REGISTERS[f"{window}.{name}"].type != "text"}


class Vectors(SystemTest):
    def open(self, profile=registers.Profile.PERSON):
        self.server = WireServer(self.directory / "wire", profile)
        self.addCleanup(self.server.close)
        sensor = mlsensor.Sensor(self.server.uri, timeout=60)
        self.addCleanup(sensor.close)
        return sensor

    def test_every_golden_window_reads_as_its_fields(self):
        sensor = self.open()
        for vector in VECTORS["windows"]:
            with self.subTest(vector["name"]):
                self.server.answers[vector["address"]] = bytes.fromhex(vector["bytes"])
                fields = plain(vector["window"], sensor.window(vector["window"], vector["index"]))
                wanted = {name: value for name, value in vector["fields"].items() if name in fields}
                self.assertEqual({name: value for name, value in fields.items() if name in wanted}, wanted)
                self.assertEqual(len(wanted), sum(name != "text" for name in vector["fields"]))

    def test_every_golden_result_reads_as_a_person(self):
        sensor = self.open()
        for vector in VECTORS["windows"]:
            if vector["window"] != "result":
                continue
            with self.subTest(vector["name"]):
                self.server.answers[vector["address"]] = bytes.fromhex(vector["bytes"])
                person, fields = sensor.person(), vector["fields"]
                for name in ("sequence", "flags", "captured_ms", "age_ms", "config_generation", "count", "score_kind"):
                    self.assertEqual(getattr(person, name), fields[name])
                self.assertEqual(person.score, fields["score_permille"] / 1000)
                self.assertEqual(person.usable, fields["flags"] & 0x1FF == registers.ResultFlag.VALID)
                self.assertEqual(person.present, person.usable and fields["decision"] == Decision.POSITIVE)

    def test_no_golden_bad_window_is_taken_for_an_answer(self):
        sensor = self.open()
        for vector in VECTORS["bad_windows"]:
            window = registers.WINDOWS[vector["window"]]
            if window.page is not None:
                continue  # the host turns the page again until its time is over
            with self.subTest(vector["name"]):
                self.server.answers[window.address] = bytes.fromhex(vector["bytes"])
                with self.assertRaises(mlsensor.BadAnswer) as caught:
                    sensor.window(vector["window"])
                self.assertEqual(caught.exception.status.name.lower(), vector["status"])


class Module(SystemTest):
    def setUp(self):
        super().setUp()
        self.module = self.start("--profile", "keyword", "--input", WORDS)
        self.wait_for_the_end_of_the_input(self.address)
        self.sensor = mlsensor.Sensor(self.address, timeout=30)
        self.addCleanup(self.sensor.close)

    def take_until_the_end(self, events):
        """What `for` and `async for` give, up to the last event of the input."""
        taken = []
        for event in events:
            taken.append(event)
            if event.type == EventType.INPUT_ENDED:
                break
        return taken

    def test_tells_who_it_is(self):
        info = self.sensor.info()
        self.assertEqual(info.profile, mlsensor.Profile.KEYWORD)
        self.assertEqual(set(SPOKEN) - set(info.labels), set())
        self.assertIn(mlsensor.Capability.EVENTS, info.capabilities)
        self.assertRegex(info.model_sha256, "^[0-9a-f]{64}$")
        self.assertEqual(info.model_sha256[:8], f"{info.model_id:08x}")

    def test_reads_the_latest_result(self):
        reading = self.sensor.read()
        self.assertEqual(reading.decision, Decision.NEGATIVE if reading.usable else Decision.UNKNOWN)
        self.assertGreater(reading.sequence, 0)
        self.assertEqual(self.sensor.keyword().word, "")

    def test_events_come_with_for(self):
        events = self.take_until_the_end(self.sensor.events(duration=60))
        self.assertEqual([e.label for e in events if e.type == EventType.DETECTION], SPOKEN)
        self.assertEqual([e.sequence for e in events], list(range(1, len(events) + 1)))
        self.assertGreater(min(e.score for e in events if e.type == EventType.DETECTION), 0.4)
        self.assertEqual(sum(e.lost for e in events), 0)
        self.assertLess(abs(events[-1].host_time.timestamp() - time.time()), 600)

    def test_events_come_with_async_for_while_others_read(self):
        async def listen():
            words = []
            async for event in self.sensor.events(duration=60):
                if event.type == EventType.DETECTION:
                    words.append(event.label)
                    self.assertGreater((await asyncio.to_thread(self.sensor.read)).sequence, 0)
                if event.type == EventType.INPUT_ENDED:
                    break
            return words
        self.assertEqual(asyncio.run(listen()), SPOKEN)

    def test_a_loop_that_is_cancelled_loses_no_event(self):
        async def take_some():
            seen = []

            async def listen():
                async for event in self.sensor.events():
                    seen.append(event.sequence)
            for _ in range(20):
                task = asyncio.create_task(listen())
                await asyncio.sleep(0.001)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            return seen
        seen = asyncio.run(take_some())
        seen += [event.sequence for event in self.take_until_the_end(self.sensor.events(duration=1))]
        self.assertEqual(seen, list(range(1, len(seen) + 1)))
        self.assertGreater(len(seen), len(SPOKEN))

    def test_events_end_after_their_duration(self):
        list(self.sensor.events(duration=0.5))
        begin = time.monotonic()
        self.assertEqual(list(self.sensor.events(duration=0.2)), [])
        self.assertGreaterEqual(time.monotonic() - begin, 0.2)

    def test_configuration_is_staged_and_committed_by_name(self):
        config = self.sensor.config
        generation = self.sensor.get("status.config_generation")
        config.apply(refractory_ms=900, report=mlsensor.Report.CHANGES)
        self.assertEqual(config["refractory_ms"], 900)
        self.assertEqual(dict(config)["report"], mlsensor.Report.CHANGES)
        self.assertEqual(self.sensor.get("status.config_generation"), generation + 1)
        config.factory_reset()
        self.assertEqual(config["refractory_ms"], 800)

    def test_the_self_test_passes(self):
        report = self.sensor.self_test()
        self.assertTrue(report.passed)
        self.assertEqual(report.expected_answer, report.actual_answer)

    def test_failures_have_a_class_for_each_kind(self):
        with self.assertRaises(mlsensor.NoDevice) as caught:
            mlsensor.Sensor(f"unix:{self.directory}/none")
        self.assertIn("no such path", str(caught.exception))
        with self.assertRaises(mlsensor.InvalidArgument):
            mlsensor.Sensor("nonsense:")
        with self.assertRaises(mlsensor.Unsupported):
            self.sensor.person()
        for name, value in (("nonsense", 1), ("on_delay_ms", 65536), ("on_delay_ms", -1), ("result.sequence", 1)):
            with self.assertRaises(mlsensor.InvalidArgument):
                self.sensor.set(name, value)
        with self.assertRaises(KeyError):
            self.sensor.config["nonsense"]
        with self.assertRaises(mlsensor.Rejected) as rejected:
            self.sensor.config.apply(low_threshold_permille=900, high_threshold_permille=100)
        self.assertEqual(rejected.exception.verdict, mlsensor.Verdict.CONTRADICTION)
        self.assertIn("threshold_permille", rejected.exception.field)

    def test_a_module_that_stops_is_a_timeout_and_one_that_is_gone_no_device(self):
        with mlsensor.Sensor(self.address, timeout=0.2) as sensor:
            self.module.process.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, self.module.process.pid, os.WSTOPPED)
            with self.assertRaises(TimeoutError):
                sensor.read()
            self.module.process.send_signal(signal.SIGCONT)
            self.module.kill()
            with self.assertRaises(mlsensor.Error):
                for _ in sensor.events(duration=60):
                    pass
        with self.assertRaises(mlsensor.NoDevice):
            sensor.read()


class Package(unittest.TestCase):
    def test_its_structures_are_those_of_the_header(self):
        kinds = {"size_t": ctypes.c_size_t, "uint8_t": ctypes.c_uint8, "uint16_t": ctypes.c_uint16, "uint32_t": ctypes.c_uint32,
                 "uint64_t": ctypes.c_uint64, "int64_t": ctypes.c_int64, "char": ctypes.c_char, "mls_object": _native.Object}
        lengths = {"MLS_NAME_BYTES": _native.NAME_BYTES}
        for name, ours in (("options", _native.Options), ("info", _native.Info), ("object", _native.Object), ("reading", _native.Reading),
                           ("self_test_report", _native.SelfTestReport), ("event", _native.Event)):
            body = re.search(rf"typedef struct mls_{name} {{(.*?)}} mls_{name};", HEADER, re.S).group(1)
            fields = []
            for kind, names in re.findall(r"^  (\w+) ([^;]+);", body, re.M):
                for field, length in re.findall(r"(\w+)(?:\[(\w+)\])?(?:, )?", names):
                    c_type = kinds[kind]
                    fields.append((field, c_type * (lengths.get(length) or int(length)) if length else c_type))
            self.assertEqual([(field, kind) for field, kind in ours._fields_], fields, name)

    def test_its_functions_are_in_the_header(self):
        declared = set(re.findall(r"MLS_API .*?(mls_\w+)\(", HEADER))
        self.assertEqual(set(_native._FUNCTIONS) - declared, set())

    def test_it_tells_version_and_uri_forms(self):
        self.assertRegex(mlsensor.__version__, r"^\d+\.\d+\.\d+$")
        self.assertTrue(any(form.startswith("unix:PATH") for form in mlsensor.uri_forms()))

    def test_its_types_are_sound(self):
        try:
            import mypy  # noqa: F401
        except ImportError:
            self.skipTest("mypy is not installed")
        package = Path(mlsensor.__file__).parent
        done = subprocess.run([sys.executable, "-m", "mypy", "--strict", "--cache-dir", "/dev/null", package, *(SOURCE / "examples/python").glob("*.py")],
                              env={"MYPYPATH": str(package.parent)}, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
