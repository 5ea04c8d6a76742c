"""Adds up what tools/test left in a folder: JUnit files of CTest and the file `steps`. Names what failed and what was skipped, and why.

Builds and the like count as one test each; a step that ran tests counts only if it failed while all its tests passed.
"""
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree


def skip_reason(case):
    output = case.findtext("system-out") or ""
    gtest = re.search(r": Skipped\n(.*?)\n\[  SKIPPED \]", output, re.S)
    if gtest:
        return " ".join(gtest.group(1).split())
    skipped = case.find("skipped")
    lines = [line for line in output.splitlines() if line.strip()]
    return lines[-1].strip() if lines else (skipped.get("message", "") if skipped is not None else "")


def summarize(folder: pathlib.Path):
    """(passed, [failed], [skipped with reason])"""
    passed, failed, skipped = 0, [], []
    for path in sorted(folder.glob("*.xml")):
        for case in ElementTree.parse(path).getroot().iter("testcase"):
            name = f"{path.stem}: {case.get('name')}"
            is_skip = case.get("status") in ("notrun", "disabled") and "_NOT_BUILT" not in case.get("name")
            if case.get("status") == "run":
                passed += 1
            elif is_skip and "Unable to find executable" not in (case.findtext("system-out") or ""):
                skipped.append(f"{name}: {skip_reason(case)}")
            else:
                failed.append(name)
    with_failures = {name.split(":")[0] for name in failed}
    for line in (folder / "steps").read_text().splitlines():
        outcome, name = line.split(" ", 1)
        runs_tests = name.endswith(" tests")
        if outcome == "failed" and not (runs_tests and name.removesuffix(" tests") in with_failures):
            failed.append(f"step {name}")
        elif outcome == "skipped":
            skipped.append(name)
        elif outcome == "passed" and not runs_tests:
            passed += 1
    return passed, failed, skipped


if __name__ == "__main__":
    total_passed, all_failed, all_skipped = summarize(pathlib.Path(sys.argv[1]))
    for text in all_skipped:
        print(f"SKIPPED  {text}")
    for text in all_failed:
        print(f"FAILED   {text}")
    print(f"{total_passed} passed, {len(all_failed)} failed, {len(all_skipped)} skipped")
    sys.exit(1 if all_failed else 0)
