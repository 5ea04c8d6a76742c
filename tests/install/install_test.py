"""Installs the build into an empty folder and uses it as a user would: CMake, pkg-config, Python, the programs with the models that come with them.

Usage: install_test.py BUILD SOURCE [unittest's arguments]
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

BUILD, SOURCE = Path(sys.argv[1]), Path(sys.argv[2])
PATIENCE_S = 300


def run(*command, **options):
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=PATIENCE_S, **options)
    if result.returncode != 0:
        raise AssertionError(f"{command} ended with {result.returncode}:\n{result.stdout}{result.stderr}")
    return result.stdout


class InstalledTree(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="mls-install-")
        cls.addClassCleanup(folder.cleanup)
        cls.root = Path(folder.name)
        first = cls.root / "first"
        run("cmake", "--install", BUILD, "--prefix", first)
        run("cmake", "--install", BUILD, "--prefix", first, "--component", "python")
        # Nothing in it may know where it was installed.
        cls.prefix = cls.root / "prefix"
        first.rename(cls.prefix)
        cls.lib = next(cls.prefix.rglob("libmlsensor.so")).parent
        cls.environment = {**os.environ, "LD_LIBRARY_PATH": str(cls.lib), "PKG_CONFIG_PATH": str(cls.lib / "pkgconfig"),
                           "PYTHONPATH": str(cls.prefix / "lib/python3/dist-packages"), "PYTHONDONTWRITEBYTECODE": "1"}
        cls.address = f"unix:{cls.root}/person.sock"
        cls.module = subprocess.Popen(
            [cls.prefix / "bin/mlsensor-module", "--profile", "person", "--input", SOURCE / "examples/demo-inputs/person", "--speed", "max",
             "--listen", cls.address], stdout=subprocess.PIPE, text=True)
        cls.addClassCleanup(cls.stop)
        line = cls.module.stdout.readline()
        assert " listening on " in line, "the installed module did not start with the installed model"

    @classmethod
    def stop(cls):
        cls.module.kill()
        cls.module.wait()
        cls.module.stdout.close()

    def assert_reads(self, *command):
        self.assertRegex(run(*command, self.address, env=self.environment), "(?i)somebody|nobody|unknown")

    def test_a_cmake_project_finds_the_package_and_builds_c_and_cpp(self):
        build = self.root / "cmake"
        run("cmake", "-S", SOURCE / "tests/install/consumer", "-B", build, f"-DCMAKE_PREFIX_PATH={self.prefix}",
            f"-DEXAMPLES={self.examples()}", env=self.environment)
        run("cmake", "--build", build, env=self.environment)
        self.assert_reads(build / "from_cpp")
        self.assert_reads(build / "from_c")

    def test_a_makefile_builds_c_and_cpp_with_pkg_config(self):
        for name, compiler, source in (("mlsensor", ["cc", "-std=c99", "-Werror", "-pedantic"], "c/read_person.c"),
                                       ("mlsensor++", ["c++", "-std=c++20", "-Werror"], "read_person.cpp")):
            flags = run("pkg-config", "--cflags", "--libs", name, env=self.environment).split()
            program = self.root / name
            run(*compiler, self.examples() / source, "-o", program, *flags)
            self.assert_reads(program)

    def test_python_finds_the_library(self):
        self.assert_reads("python3", self.examples() / "python/read_person.py")

    def test_the_command_line_reads_and_knows_its_version(self):
        version = re.search(r"project\(mlsensor VERSION ([0-9.]+)", (SOURCE / "CMakeLists.txt").read_text())[1]
        self.assertIn(version, run(self.prefix / "bin/mlsensor", "--version"))
        self.assertIn("person", run(self.prefix / "bin/mlsensor", "read", self.address))

    def test_the_shared_library_has_a_version_and_shows_only_the_c_interface(self):
        library = (self.lib / "libmlsensor.so").resolve()
        self.assertRegex(library.name, r"^libmlsensor\.so\.\d+\.\d+\.\d+$")
        self.assertRegex(run("readelf", "-d", library), r"SONAME.*\[libmlsensor\.so\.\d+\]")
        names = [line.split()[-1].split("@")[0] for line in run("nm", "-D", "--defined-only", library).splitlines()]
        foreign = [name for name in names if not name.startswith("mls_") and not name.startswith("MLSENSOR")]
        self.assertEqual(foreign, [])

    def test_each_program_has_a_man_page(self):
        for program in (self.prefix / "bin").iterdir():
            self.assertTrue((self.prefix / f"share/man/man1/{program.name}.1").exists(), program.name)

    def test_shells_and_udev_get_their_files(self):
        for name in ("share/bash-completion/completions/mlsensor", "share/zsh/vendor-completions/_mlsensor",
                     "share/fish/vendor_completions.d/mlsensor.fish", "lib/udev/rules.d/60-mlsensor.rules"):
            self.assertTrue((self.prefix / name).exists(), name)

    def test_no_file_names_the_folders_it_was_built_in(self):
        for path in self.prefix.rglob("*"):
            if path.suffix in (".cmake", ".pc", ".h", ".py") and path.is_file():
                text = path.read_text()
                for folder in (SOURCE, BUILD, self.root):
                    self.assertNotIn(str(folder), text, path)

    def examples(self):
        return self.prefix / "share/doc/libmlsensor-dev/examples"


@unittest.skipUnless(shutil.which("dpkg-deb"), "dpkg-deb is missing: packages are not made")
class Packages(unittest.TestCase):
    def test_are_made_with_what_belongs_to_each(self):
        with tempfile.TemporaryDirectory(prefix="mls-packages-") as folder:
            run("cpack", "--config", BUILD / "CPackConfig.cmake", "-B", folder)
            found = {path.name.split("_")[0]: path for path in Path(folder).glob("*.deb")}
            self.assertEqual(set(found), {"libmlsensor0", "libmlsensor-dev", "mlsensor-tools", "python3-mlsensor"})
            for name, wanted in (("libmlsensor0", "/libmlsensor.so.0"), ("libmlsensor-dev", "/usr/include/mls/host/sensor.h"),
                                 ("mlsensor-tools", "/usr/bin/mlsensor-module"), ("python3-mlsensor", "/mlsensor/__init__.py")):
                self.assertIn(wanted, run("dpkg-deb", "-c", found[name]), name)
            self.assertIn("libmlsensor0 (= ", run("dpkg-deb", "-f", found["libmlsensor-dev"], "Depends"))
            self.assertRegex(run("dpkg-deb", "-f", found["libmlsensor0"], "Depends"), "libc6")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
