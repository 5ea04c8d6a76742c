"""The guards find what they look for, in trees that were doctored, and nothing in a sound one."""
import importlib.machinery
import importlib.util
import pathlib
import shutil
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import include_rules
import must_not_compile
import no_machine_paths
import summarize_tests


def script(name):
    """A program of tools/ that has no suffix, as a module."""
    loader = importlib.machinery.SourceFileLoader(name.replace("-", "_"), str(ROOT / "tools" / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


class Tree(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.root)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path


class IncludeRules(Tree):
    ALLOWED = {
        "interface/include/mls/interface/a.h": ["<span>", '"mls/interface/status.h"'],
        "interface/tools/t.cpp": ["<fstream>", "<nlohmann/json.hpp>", '"exports.h"'],
        "sensor-core/src/module/a.cpp": ["<array>", '"mls/core/module/module.h"', '"mls/interface/windows.h"', '"tables.h"', '"../engine/a.h"'],
        "sensor-core/tools/infer.cpp": ["<iostream>", "<CLI/CLI.hpp>", '"mls/core/engine/engine.h"'],
        "drivers/host/src/a.cpp": ["<sys/socket.h>", '"mls/drivers/stream_bus.h"', '"mls/interface/register_bus.h"'],
        "drivers/module/src/a.cpp": ["<sndfile.h>", '"mls/core/module/sources.h"', '"mls/drivers/module/sound_file.h"'],
        "host-lib/src/a.cpp": ["<string>", '"mls/host/sensor.h"', '"mls/drivers/open_bus.h"'],
        "datasheet/src/a.cpp": ["<vector>", "<nlohmann/json.hpp>", '"mls/interface/register_map.h"'],
        "models/tools/a.cpp": ["<curl/curl.h>", '"mls/core/module/module.h"', '"mls/datasheet/statistics.h"'],
        "tests/system/a.cpp": ['"mls/core/module/module.h"', '"mls/host/sensor.h"'],
    }
    REFUSED = {
        "interface/include/mls/interface/a.h": ["<nlohmann/json.hpp>", "<sys/socket.h>", '"mls/core/engine/engine.h"', '"mls/host/sensor.h"'],
        "interface/tools/t.cpp": ['"mls/host/sensor.h"'],
        "sensor-core/include/mls/core/a.h": ["<vector>", "<string>", "<iostream>", "<mutex>", "<cmath>", '"mls/host/sensor.h"',
                                             '"mls/drivers/open_bus.h"'],
        "sensor-core/tools/infer.cpp": ['"mls/host/sensor.h"', '"../../host-lib/src/a.h"'],
        "drivers/host/src/a.cpp": ['"mls/core/image/image_view.h"', '"mls/drivers/module/sound_file.h"', '"mls/host/sensor.h"'],
        "drivers/module/src/a.cpp": ['"mls/host/sensor.h"', '"mls/drivers/open_bus.h"'],
        "host-lib/src/a.cpp": ['"mls/core/module/module.h"', '"../../sensor-core/src/module/a.h"', '"mls/drivers/module/sound_file.h"'],
        "models/tools/a.cpp": ['"mls/host/sensor.h"', '"mls/drivers/open_bus.h"'],
        "datasheet/src/a.cpp": ['"mls/core/engine/engine.h"', '"mls/host/sensor.h"'],
    }

    def found(self):
        return list(include_rules.violations(self.root))

    def test_allows_what_the_house_plan_allows(self):
        for name, headers in self.ALLOWED.items():
            self.write(name, "".join(f"#include {h}\n" for h in headers))
        self.assertEqual(self.found(), [])

    def test_refuses_each_thing_that_it_forbids(self):
        for name, headers in self.REFUSED.items():
            for header in headers:
                with self.subTest(file=name, header=header):
                    path = self.write(name, f"#pragma once\n  #  include {header}\n")
                    self.assertEqual(self.found(), [f"{name} may not include {header[1:-1]}"])
                    path.unlink()


class NoMachinePaths(Tree):
    def found(self):
        return list(no_machine_paths.violations(self.root))

    def test_finds_paths_and_notes(self):
        for text in ("cd /ho" + "me/ann/x", 'open("/ro' + 'ot/x")', "// TO" + "DO: later", "# FIX" + "ME"):
            with self.subTest(text=text):
                self.write("a.cpp", f"int x;\n{text}\n")
                self.assertEqual(len(self.found()), 1)

    def test_leaves_other_text_alone(self):
        self.write("a.md", "unix:/tmp/x.sock, /dev/ttyUSB0, $HOME/ho" + "me/x, tests/wo" + "rk/x, autodo, hackberry\n")
        self.write("b.bin", "").write_bytes(b"\xff\xfe/ro" + b"ot/")
        self.assertEqual(self.found(), [])


class MustNotCompile(Tree):
    def problem(self, text):
        return must_not_compile.problem(str(self.write("case.cpp", text)), ["c++", "-std=c++20"])

    def test_accepts_a_case_that_fails_for_its_reason(self):
        self.assertIsNone(self.problem('// expect: wrong\n#ifdef MUST_NOT_COMPILE\nstatic_assert(false, "wrong");\n#endif\n'))

    def test_refuses_cases_that_prove_nothing(self):
        for text, why in (("// expect: x\nint x;\n", "compiles, but must not"),
                          ("// expect: x\nint;;x y\n", "does not compile even without"),
                          ('// expect: other\n#ifdef MUST_NOT_COMPILE\nstatic_assert(false, "wrong");\n#endif\n', "fails without saying"),
                          ("int x;\n", "the first line must be")):
            with self.subTest(why=why):
                self.assertIn(why, self.problem(text))


class SummarizeTests(Tree):
    def summary(self, cases, steps):
        self.write("release.xml", f"<testsuite>{cases}</testsuite>")
        self.write("steps", steps)
        return summarize_tests.summarize(self.root)

    def test_adds_up_tests_and_steps_and_gives_reasons(self):
        passed, failed, skipped = self.summary(
            '<testcase name="a" status="run"/><testcase name="b" status="fail"/>'
            '<testcase name="c" status="notrun"><skipped message="x"/><system-out>[ RUN ] c\nf.cpp:1: Skipped\nno models\n'
            "[  SKIPPED ] c (0 ms)</system-out></testcase>",
            "passed release build\nfailed release tests\nfailed m4 build\nskipped fuzz: no clang++-14\n")
        self.assertEqual(passed, 2)
        self.assertEqual(failed, ["release: b", "step m4 build"])
        self.assertEqual(skipped, ["release: c: no models", "fuzz: no clang++-14"])

    def test_a_test_program_that_was_not_built_is_a_failure(self):
        self.assertEqual(self.summary('<testcase name="x_NOT_BUILT" status="notrun"/>', "")[1], ["release: x_NOT_BUILT"])

    def test_a_step_that_failed_is_never_lost(self):
        self.assertEqual(self.summary('<testcase name="a" status="run"/>', "failed release tests\n")[1], ["step release tests"])


class SizeReport(unittest.TestCase):
    def test_fails_over_budget_and_without_one(self):
        report = script("size-report").report
        budget = {"a": {"code_bytes": 10, "ram_bytes": 0}}
        for sizes, good in (({"a": (10, 0)}, True), ({"a": (11, 0)}, False), ({"a": (10, 1)}, False), ({"a": (1, 0), "b": (1, 0)}, False)):
            with self.subTest(sizes=sizes):
                self.assertEqual(report(sizes, budget)[1], good)


if __name__ == "__main__":
    unittest.main()
