"""Code in a page that names its file (<!-- examples/x.cpp --> above the block) must be that file's code, comment line at the top left out."""
import pathlib
import re
import sys

BLOCK = re.compile(r"<!-- (\S+) -->\n```\w*\n(.*?)```", re.S)


def differences(root: pathlib.Path, page: str) -> list[str]:
    found = BLOCK.findall((root / page).read_text())
    wrong = [] if found else [f"{page}: shows no example"]
    for name, shown in found:
        lines = (root / name).read_text().splitlines(keepends=True)
        while lines and lines[0].startswith("//"):
            lines.pop(0)
        if shown != "".join(lines):
            wrong.append(f"{page}: the code of {name} differs from the file")
    return wrong


if __name__ == "__main__":
    problems = differences(pathlib.Path(sys.argv[1]), "README.md")
    print("\n".join(problems))
    sys.exit(1 if problems else 0)
