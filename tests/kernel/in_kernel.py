"""Runs a command in a User Mode Linux kernel or in a virtual machine of QEMU, with modules on its I2C bus /dev/i2c-0 and their interrupts on
/dev/gpiochip0."""
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import initial_files

SOURCE = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("MLS_BIN", SOURCE / "build/release/bin"))
START_S = 30  # for a backend to listen


class Unavailable(Exception):
    """There is no kernel to run."""


def kernel_path(*kind):
    done = subprocess.run([SOURCE / "tools/kernel", *kind, "--path"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unavailable(f"no kernel has been built; run {' '.join(['tools/kernel', *kind])} (it needs Debian's linux-source-6.1 and an x86-64 machine)")
    return done.stdout.strip()


def uml_command(job, sockets, timeout_s, options):
    devices = [f"virtio_uml.device={path}:{kind}" for path, kind in zip(sockets, (34, 41))]
    return [kernel_path(), "mem=128M", "root=none", "rootfstype=hostfs", "rootflags=/", "ro", f"init={BIN}/mls-guest-init", *devices, *options,
            "con=null", "con0=null,fd:1", "quiet", "loglevel=1", f"MLS_JOB={job}", f"MLS_SECONDS={timeout_s}"]


def recent_qemu():
    """A QEMU that passes the interrupts of GPIO lines on; None: there is none."""
    done = subprocess.run([SOURCE / "tools/qemu", "--path"], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def qemu_command(job, sockets, timeout_s, options, programs):
    """The processor is emulated: no KVM, no root. The guest has the file system that is made here, and no other."""
    qemu = recent_qemu()
    if not qemu:
        qemu = shutil.which("qemu-system-x86_64")
        if not qemu:
            raise Unavailable("there is no QEMU; run tools/qemu")
        print("NOTE: this QEMU is too old to pass interrupts on: a module can be polled only. tools/qemu fetches another one", file=sys.stderr)
    kernel = kernel_path("--qemu")
    archive = initial_files.Archive()
    for folder in ("/dev", "/mnt", "/proc", "/run", "/sys", "/tmp", str(Path.cwd())):
        archive.folder(folder)
    archive.file(BIN / "mls-guest-init", "/init")
    for program in ("/bin/sh", *programs):
        archive.file(program)
    archive.file(job / "run", "/mnt/run")
    archive.link("/mnt/status", "/dev/ttyS1")
    archive.write(job / "files")
    devices = []
    for path, kind in zip(sockets, ("i2c", "gpio")):
        devices += ["-chardev", f"socket,id={kind},path={path}", "-device", f"vhost-user-{kind}-pci,chardev={kind}"]
    # Clocks that the guest would calibrate, which goes wrong where this machine is busy: those whose rate it knows will do.
    clock = ["no_timer_check", "tsc=unstable", "nolapic_timer"]
    return [qemu, "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-machine", "pc,accel=tcg,memory-backend=memory", "-m", "256M",
            "-object", "memory-backend-memfd,id=memory,size=256M,share=on", *devices,
            "-chardev", "stdio,id=out,signal=off", "-serial", "chardev:out", "-serial", f"file:{job}/status",
            "-kernel", kernel, "-initrd", job / "files",
            "-append", " ".join(["console=ttyS0", "quiet", "loglevel=1", "panic=-1", *clock, *options, f"MLS_SECONDS={timeout_s}"])]


def run(script, backend=None, timeout_s=60, options=(), qemu_programs=None):
    """Runs `script` with /bin/sh in a fresh kernel. `backend`: command of the program behind the bus, in which {address} stands for what it
    listens on; it prints a line when it does. `options` are for the kernel's command line. `qemu_programs`: runs in QEMU instead; what is there
    are these files, the libraries that they load, and /bin/sh. Returns the exit status, 124 after the time-out; what the script prints goes to
    standard output at once."""
    folder = Path(tempfile.mkdtemp(prefix="mls-kernel-"))
    job = folder / "job"
    job.mkdir()
    server = None
    try:
        (job / "run").write_text(script)
        sockets = [folder / "i2c", folder / "gpio"] if backend else []
        if qemu_programs is None:
            command = uml_command(job, sockets, timeout_s, options)
        else:
            command = qemu_command(job, sockets, timeout_s, options, qemu_programs)
        if backend:
            listen = [str(part).format(address="vhost-user:" + ",".join(map(str, sockets))) for part in backend]
            server = subprocess.Popen(listen, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
            if not server.stdout.readline():
                raise RuntimeError(f"{listen[0]} does not start")
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(folder), "TMPDIR": "/dev/shm" if os.path.isdir("/dev/shm") else "/tmp"}
        machine = subprocess.Popen(command, stdin=subprocess.DEVNULL, env=environment, start_new_session=True)
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


def main(command, backend, timeout_s, options=(), qemu_programs=None):
    """What a test does: runs its command in a kernel. Exit status; 77: skipped."""
    begin = time.monotonic()
    try:
        status = run(f"MLS_BIN={shlex.quote(str(BIN))} exec {command_line(command)}\n", backend, timeout_s, options, qemu_programs)
    except Unavailable as why:
        print(f"SKIPPED: {why}", file=sys.stderr)
        return 77
    print(f"exit status {status} after {time.monotonic() - begin:.1f} s, the kernel's start and end included")
    return status
