"""Compiles a case twice: as it is, which must work, and with MUST_NOT_COMPILE, which must fail with the text after "// expect:".

Usage: must_not_compile.py CASE.cpp COMPILER FLAGS...
"""
import pathlib
import subprocess
import sys


def compile_case(case, command, *extra):
    return subprocess.run([*command, *extra, "-fsyntax-only", case], capture_output=True, text=True, check=False)


def problem(case, command):
    """What is wrong with the case, or None."""
    first = pathlib.Path(case).read_text().splitlines()[0]
    if not first.startswith("// expect: "):
        return "the first line must be // expect: TEXT"
    expected = first.removeprefix("// expect: ")
    good = compile_case(case, command)
    if good.returncode != 0:
        return "does not compile even without MUST_NOT_COMPILE:\n" + good.stderr
    bad = compile_case(case, command, "-DMUST_NOT_COMPILE")
    if bad.returncode == 0:
        return "compiles, but must not"
    if expected not in bad.stderr:
        return f"fails without saying '{expected}':\n" + bad.stderr
    return None


if __name__ == "__main__":
    result = problem(sys.argv[1], sys.argv[2:])
    print(result or "refused as it should be")
    sys.exit(1 if result else 0)
