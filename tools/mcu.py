"""Emulated microcontrollers: builds firmware of drivers/boards/qemu and runs it. For bench-mcu and check-mcu."""
import pathlib
import struct
import subprocess
import tempfile
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parent.parent


class Target(NamedTuple):
    name: str  # What the code is compiled for.
    toolchain: str
    tools: str  # Prefix of compiler and binary utilities.
    memory: str  # In drivers/boards/qemu/machines.
    model_address: int  # As it says there.
    machine: str  # Of QEMU, and its processor. Some processors have no machine; a later one executes the same instructions.
    processor: str
    options: tuple[str, ...] = ()

    def emulator(self) -> str:
        return "qemu-system-arm" if self.tools.startswith("arm") else "qemu-system-riscv32"


def _arm(target: str, name: str, memory: str, model_address: int, machine: str, processor: str, *options: str) -> Target:
    return Target(name, f"arm-{target}", "arm-none-eabi-", memory, model_address, machine, processor, options)


TARGETS = {
    "m0": _arm("m0", "Cortex-M0", "microbit", 0x80000, "microbit", "Cortex-M0",
               "-global", "nrf51-soc.flash-size=0x400000", "-global", "nrf51-soc.sram-size=0x80000"),
    "m3": _arm("m3", "Cortex-M3", "mps2", 0x80000, "mps2-an385", "Cortex-M3"),
    "m4": _arm("m4", "Cortex-M4F", "mps2", 0x80000, "mps2-an386", "Cortex-M4F"),
    "m7": _arm("m7", "Cortex-M7", "mps2", 0x80000, "mps2-an500", "Cortex-M7"),
    "m23": _arm("m23", "Cortex-M23", "mps2-an505", 0x10080000, "mps2-an505", "Cortex-M33"),
    "m33": _arm("m33", "Cortex-M33", "mps2-an505", 0x10080000, "mps2-an505", "Cortex-M33"),
    "m55": _arm("m55", "Cortex-M55", "mps3-an547", 0x60000000, "mps3-an547", "Cortex-M55"),
    "rv32": Target("RV32IMAC", "riscv-rv32", "riscv64-unknown-elf-", "virt", 0x80100000, "virt", "RV32", ("-bios", "none")),
}


class Failure(Exception):
    pass


def build(target: str, folder: pathlib.Path, *programs: str) -> None:
    """Builds the programs (check, or bench and overhead, for which `folder` has operators.inc)."""
    it = TARGETS[target]
    for command in (
            ["cmake", "-G", "Ninja", "-S", ROOT / "drivers/boards/qemu", "-B", folder, "-DCMAKE_BUILD_TYPE=MinSizeRel",
             f"-DCMAKE_TOOLCHAIN_FILE={ROOT}/cmake/toolchains/{it.toolchain}.cmake", f"-DMLS_MACHINE={it.memory}"],
            ["cmake", "--build", folder, "--target", *programs]):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise Failure(f"{' '.join(map(str, command))} failed\n{done.stdout}")


def execute(target: str, elf: pathlib.Path, model: bytes, inputs: bytes, expected: bytes = b"", count: bool = False) -> tuple[int, str]:
    """The exit status and what was printed. With `count` each instruction takes 1 ns, which is slower."""
    it = TARGETS[target]
    parts = (model, inputs, expected)
    with tempfile.NamedTemporaryFile() as payload:
        payload.write(struct.pack("<4I", *map(len, parts), 0) + b"".join(part + bytes(-len(part) % 16) for part in parts))
        payload.flush()
        if payload.tell() > 3 << 20:
            raise Failure("model and inputs have more than 3 MB together")
        command = [it.emulator(), "-M", it.machine, *it.options, "-display", "none", "-monitor", "none", "-serial", "none",
                   "-semihosting-config", "enable=on,target=native", *(("-icount", "shift=0") if count else ()),
                   "-kernel", elf, "-device", f"loader,file={payload.name},addr={it.model_address:#x},force-raw=on"]
        try:
            run = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600)
        except subprocess.TimeoutExpired:
            raise Failure(f"{it.machine}: no end after ten minutes") from None
    return run.returncode, run.stdout
