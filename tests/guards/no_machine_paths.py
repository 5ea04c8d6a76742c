"""No source names a folder of somebody's machine or leaves a note to do something later. Usage: no_machine_paths.py ROOT"""
import pathlib
import re
import subprocess
import sys

# Put together so that this file does not find itself.
PATTERNS = {
    "a path of one machine": re.compile(r"(?<![\w.$}])/(?:" + "|".join(["wo" + "rk", "ro" + "ot", "ho" + "me", "Us" + "ers"]) + r")/"),
    "a note to do something later": re.compile(r"\b(?:" + "|".join(["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"]) + r")\b"),
}


def tracked(root: pathlib.Path):
    git = subprocess.run(["git", "-C", str(root), "ls-files", "-z"], capture_output=True, check=False)
    if git.returncode == 0:
        return [root / name for name in git.stdout.decode().split("\0") if name]
    return [path for path in root.rglob("*") if "build" not in path.relative_to(root).parts]


def violations(root: pathlib.Path):
    for path in sorted(tracked(root)):
        if not path.is_file():
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # not text
        for number, line in enumerate(text.splitlines(), 1):
            for what, pattern in PATTERNS.items():
                if pattern.search(line):
                    yield f"{path.relative_to(root)}:{number}: {what}: {line.strip()[:100]}"


if __name__ == "__main__":
    found = list(violations(pathlib.Path(sys.argv[1])))
    print("\n".join(found) or "no machine paths, no leftover notes")
    sys.exit(1 if found else 0)
