"""Puts the library and the names of the register map into the package: CMake builds the one, the other is copied.

MLSENSOR_LIBRARY=FILE takes a libmlsensor.so that is built already; MLSENSOR_LIBRARY=system takes none, for packages that depend on it.
"""
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py
from wheel.bdist_wheel import bdist_wheel

ROOT = Path(__file__).resolve().parents[2]
VERSION = re.search(r"project\(mlsensor VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text()).group(1)


def built_library(directory):
    """The library, built in `directory`."""
    subprocess.run(["cmake", "-S", ROOT, "-B", directory, "-DCMAKE_BUILD_TYPE=Release", "-DMLS_TESTS=OFF"], check=True)
    subprocess.run(["cmake", "--build", directory, "--target", "mlsensor_shared", "--parallel"], check=True)
    return next(Path(directory).rglob("libmlsensor.so"))


class BuildPy(build_py):
    def run(self):
        super().run()
        package = Path(self.build_lib) / "mlsensor"
        shutil.copy(ROOT / "interface/exports/mlsensor_registers.py", package / "registers.py")
        given = os.environ.get("MLSENSOR_LIBRARY")
        if given == "system":
            return
        with tempfile.TemporaryDirectory() as directory:
            shutil.copy(given or built_library(directory), package / "libmlsensor.so")


class BdistWheel(bdist_wheel):
    """The library makes the wheel one for this machine; it calls nothing of Python's, so any Python 3 will do."""

    def finalize_options(self):
        super().finalize_options()
        self.root_is_pure = False

    def get_tag(self):
        return ("py3", "none", super().get_tag()[2])


setup(version=VERSION, cmdclass={"build_py": BuildPy, "bdist_wheel": BdistWheel})
