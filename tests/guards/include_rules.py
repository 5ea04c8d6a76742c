"""Who may include whom (see README.md). Usage: include_rules.py ROOT

host-lib and sensor-core never meet: nothing on the host's side can even name a pixel or a sample.
"""
import os
import pathlib
import re
import sys

# What a module may use of the standard library: nothing that allocates, throws, waits or prints.
CORE_STD = set(
    "algorithm array bit cassert climits compare concepts cstddef cstdint cstring initializer_list iterator limits memory new "
    "numeric optional span string_view tuple type_traits utility atomic ranges "
    "immintrin.h arm_acle.h arm_mve.h arm_neon.h".split()
)
HOST_SIDE = r"mls/(interface|drivers(?!/module))/"

# Folder: (allowed headers of ours, allowed headers of others). The longest folder that fits a file counts. Headers in quotes without
# "mls/" are neighbours: allowed as long as ".." leads to no other folder than one around it.
RULES = {
    "interface": (r"mls/interface/", r"[a-z_0-9]+"),
    "interface/tools": (r"mls/interface/", r"[a-z_0-9]+|nlohmann/.*"),
    "sensor-core": (r"mls/(core|interface)/", "|".join(sorted(CORE_STD))),
    # On hosts only: where the last bit may differ from machine to machine.
    "sensor-core/src/engine/float32": (r"mls/(core|interface)/", "|".join(sorted(CORE_STD | {"cmath"}))),
    "sensor-core/tools": (r"mls/(core|interface)/", r".*"),
    "drivers/host": (HOST_SIDE, r".*"),
    "drivers/module": (r"mls/(interface|core|drivers/module)/", r".*"),
    "host-lib": (r"mls/(interface|host|drivers(?!/module))/", r".*"),
    "host-lib/c": (r"mls/(interface|host|drivers(?!/module)|mlsensor\.h)", r".*"),
    "models/tools": (r"mls/(interface|core|drivers/module|datasheet)/", r".*"),
    "datasheet": (r"mls/(interface/|datasheet/|core/engine/operators\.h)", r"[a-z_0-9]+|(nlohmann|openssl|sys)/.*|(fcntl|unistd)\.h"),
    # The examiner: it plays to a module and reads the answers as a host does.
    "datasheet/measure": (r"mls/(interface|datasheet|host|drivers)/", r".*"),
    "datasheet/tools": (r"mls/(interface|datasheet)/", r".*"),
}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def folder_of(path: pathlib.Path):
    """The longest folder with a rule that holds the path, or None."""
    return next((str(folder) for folder in path.parents if str(folder) in RULES), None)


def violations(root: pathlib.Path):
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        if path.suffix not in (".h", ".hpp", ".c", ".cpp", ".inc") or relative.parts[0] in ("build", ".git"):
            continue
        folder = folder_of(relative)
        if folder is None:
            continue
        ours, others = RULES[folder]
        for bracket, header in INCLUDE.findall(path.read_text()):
            if ".." in header.split("/"):
                target = folder_of(pathlib.Path(os.path.normpath(relative.parent / header)))
                allowed = target is not None and pathlib.Path(folder).is_relative_to(target)
            elif header.startswith("mls/"):
                allowed = re.match(ours, header)
            else:
                allowed = bracket == '"' or re.fullmatch(others, header)
            if not allowed:
                yield f"{relative} may not include {header}"


if __name__ == "__main__":
    found = list(violations(pathlib.Path(sys.argv[1])))
    print("\n".join(found) or "include rules hold")
    sys.exit(1 if found else 0)
