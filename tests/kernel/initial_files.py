"""Writes an initial file system for a Linux kernel: a cpio archive of the kind "newc" (Documentation/driver-api/early-userspace/buffer-format.rst)."""
import os
import re
import subprocess
from pathlib import Path


class Archive:
    def __init__(self):
        self.entries = {}  # path without the first slash: (mode, content)

    def folder(self, path):
        for part in reversed([path, *Path(path).parents]):
            if name := str(part).strip("/"):
                self.entries.setdefault(name, (0o040755, b""))

    def add(self, path, mode, content):
        self.folder(Path(path).parent)
        self.entries[str(path).strip("/")] = (mode, content)

    def link(self, path, target):
        self.add(path, 0o120777, target.encode())

    def file(self, source, path=None):
        """A file of this machine, at its own path unless `path` is given, and if it is a program, the libraries that it loads."""
        self.add(path or os.path.abspath(source), 0o100755 if os.access(source, os.X_OK) else 0o100644, Path(source).read_bytes())
        done = subprocess.run(["ldd", source], capture_output=True, text=True, timeout=20, check=False)  # Fails on what is no program.
        for library in re.findall(r"(/\S+) \(0x", done.stdout) if done.returncode == 0 else ():
            self.add(library, 0o100755, Path(library).read_bytes())

    def write(self, target):
        with open(target, "wb") as out:
            for inode, (name, (mode, content)) in enumerate([*self.entries.items(), ("TRAILER!!!", (0, b""))], 1):
                path = name.encode() + b"\0"
                fields = (inode, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(path), 0)
                header = b"070701" + b"".join(b"%08x" % field for field in fields) + path
                out.write(header + bytes(-len(header) % 4) + content + bytes(-len(content) % 4))
