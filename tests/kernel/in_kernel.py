"""Runs a command in a User Mode Linux kernel, with modules on its I2C bus /dev/i2c-0 and their interrupts on /dev/gpiochip0."""
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("MLS_BIN", SOURCE / "build/release/bin"))
START_S = 30  # for a backend to listen


class Unavailable(Exception):
    """There is no kernel to run."""


def kernel_path():
    done = subprocess.run([SOURCE / "tools/kernel", "--path"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unavailable("no kernel has been built; run tools/kernel (it needs Debian's linux-source-6.1 and an x86-64 machine)")
    return done.stdout.strip()


def run(script, backend=None, timeout_s=60, options=()):
    """Runs `script` with /bin/sh in a fresh kernel. `backend`: command of the program behind the bus, in which {address} stands for what it
    listens on; it prints a line when it does. `options` are for the kernel's command line. Returns the exit status, 124 after the time-out;
    what the script prints goes to standard output at once."""
    kernel = kernel_path()
    folder = Path(tempfile.mkdtemp(prefix="mls-kernel-"))
    job = folder / "job"
    job.mkdir()
    server = None
    try:
        (job / "run").write_text(script)
        i2c, gpio = folder / "i2c", folder / "gpio"
        devices = []
        if backend:
            command = [str(part).format(address=f"vhost-user:{i2c},{gpio}") for part in backend]
            server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
            if not server.stdout.readline():
                raise RuntimeError(f"{command[0]} does not start")
            devices = [f"virtio_uml.device={i2c}:34", f"virtio_uml.device={gpio}:41"]
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(folder), "TMPDIR": "/dev/shm" if os.path.isdir("/dev/shm") else "/tmp"}
        machine = subprocess.Popen(
            [kernel, "mem=128M", "root=none", "rootfstype=hostfs", "rootflags=/", "ro", f"init={BIN}/mls-guest-init", *devices, *options,
             "con=null", "con0=null,fd:1", "quiet", "loglevel=1", f"MLS_JOB={job}", f"MLS_SECONDS={timeout_s}"],
            stdin=subprocess.DEVNULL, env=environment, start_new_session=True)
        try:
            machine.wait(timeout_s + START_S)
        except subprocess.TimeoutExpired:
            pass
        finally:
            try:
                os.killpg(machine.pid, signal.SIGKILL)  # its helper threads too
            except ProcessLookupError:
                pass
            machine.wait()
        status = job / "status"
        return int(status.read_text()) if status.exists() and status.read_text().strip() else 124
    finally:
        if server:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
            server.stdout.close()
        shutil.rmtree(folder, ignore_errors=True)


def command_line(command):
    return " ".join(shlex.quote(str(part)) for part in command)


def main(command, backend, timeout_s, options=()):
    """What a test does: runs its command in a kernel. Exit status; 77: skipped."""
    begin = time.monotonic()
    try:
        status = run(f"MLS_BIN={shlex.quote(str(BIN))} exec {command_line(command)}\n", backend, timeout_s, options)
    except Unavailable as why:
        print(f"SKIPPED: {why}", file=sys.stderr)
        return 77
    print(f"exit status {status} after {time.monotonic() - begin:.1f} s, the kernel's start and end included")
    return status
