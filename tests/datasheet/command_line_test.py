"""Walks through mlsensor-datasheet as a user does, and looks at its exit statuses."""
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

TOOL, SOURCE = Path(sys.argv[1]), Path(sys.argv[2])
DATA = SOURCE / "tests/datasheet/data"
faults = []


def expect(status: int, says: str, *arguments, environment=None) -> str:
    done = subprocess.run([str(TOOL), *map(str, arguments)], capture_output=True, text=True, timeout=60, env=environment)
    output = done.stdout + done.stderr
    if done.returncode != status or says not in output:
        faults.append(f"{' '.join(map(str, arguments))}: status {done.returncode} instead of {status}, or no \"{says}\" in:\n{output[:600]}")
    return done.stdout


with tempfile.TemporaryDirectory() as name:
    here = Path(name)
    facts, sheet = here / "facts.json", here / "keyword.json"
    expect(0, "", "init", "-o", facts)
    expect(2, "facts are never overwritten", "init", "-o", facts)
    expect(0, "template filled", "generate", facts, "--model", DATA / "person.manifest.json", "-o", here / "first.json")
    expect(0, ": valid", "validate", here / "first.json")
    expect(0, "template filled", "generate", SOURCE / "datasheet/products/keyword.facts.json", "--model", DATA / "keyword.manifest.json", "--results", DATA / "keyword.results.json", "-o", sheet)
    expect(2, "another model", "generate", SOURCE / "datasheet/products/keyword.facts.json", "--model", DATA / "person.manifest.json", "--results", DATA / "keyword.results.json")
    expect(0, "", "lint", sheet)
    expect(1, "missing  Model specification", "score", sheet, "--at-least", 100)
    expect(0, "kg CO2e", "footprint", SOURCE / "datasheet/products/keyword.facts.json", "--power-mw", 10, "--grid", "FR")
    expect(2, "found \"XX\"", "footprint", facts, "--grid", "XX")
    expect(0, "", "render", sheet, "--html", here / "page.html", "--markdown", here / "page.md")
    if "</html>" not in (here / "page.html").read_text() or "# mlsensor keyword module" not in (here / "page.md").read_text():
        faults.append("render wrote no pages")
    expect(0, "ms", "render", sheet, "--html", here / "page.html")
    expect(2, "Debian package chromium", "render", sheet, "--pdf", here / "page.pdf", environment={"PATH": str(here)})
    expect(0, "cannot be compared", "compare", sheet, here / "first.json")
    expect(0, "", "compare", sheet, here / "first.json", "--html", here / "compare.html")
    expect(0, "tags metrics summary", "import", DATA / "cards/model_card.md", "--into", facts, "-o", here / "merged.json")
    expect(0, "room-person", "import", DATA / "cards/model_card.md")
    expect(2, "expected a Hugging Face model card", "import", sheet)
    expect(2, "cyclonedx: CycloneDX 1.6 ML-BOM", "export", sheet, "--format", "nonsense")

    expect(0, "keep it secret", "key", here / "vendor")
    expect(2, "found one that exists", "key", here / "vendor")
    if (here / "vendor.key").stat().st_mode & 0o077:
        faults.append("others can read the private key")
    expect(0, "", "sign", sheet, "--key", here / "vendor.key")
    expect(0, "good signature", "check", sheet, "--key", here / "vendor.pub")
    forged = here / "forged.json"
    forged.write_text(sheet.read_text().replace('"true_positive": 1520', '"true_positive": 1420', 1))
    expect(1, "this datasheet", "check", forged, "--key", here / "vendor.pub", "--statement", f"{sheet}.intoto.json")
    expect(1, "1520 -> 1420", "diff", sheet, forged)
    expect(1, "metric-against-counts", "lint", forged)
    expect(0, "", "diff", sheet, sheet)

    text = sheet.read_text()
    broken = here / "broken.json"
    bad_input = {
        "truncated": (text[:5000], 2, "line "),
        "wrong type": (text.replace('"schema_version": "1.0"', '"schema_version": 1'), 1, "/schema_version: expected \"1.0\", found 1"),
        "not a number": (text.replace('"true_positive": 1520', '"true_positive": NaN', 1), 2, "line "),
        "negative count": (text.replace('"true_positive": 1520', '"true_positive": -1', 1), 1, "/model/performance/tests/0/counts/true_positive: expected at least 0, found -1"),
        "too deep": (text.replace('"schema_version": "1.0"', '"schema_version": ' + "[" * 99 + "]" * 99), 2, "/schema_version/0/0"),
        "number too large": (text.replace('"true_positive": 1520', '"true_positive": 1e999', 1), 2, "/model/performance/tests/0/counts/true_positive"),
        "bad hash": (re.sub('"model_sha256": ".', '"model_sha256": "x', text, count=1), 1, "SHA-256"),
        "100 MB": (" " * 100_000_000, 2, "100000000 bytes"),
    }
    for what, (content, status, says) in bad_input.items():
        if content == text:
            faults.append(f"{what}: nothing was broken")
        broken.write_text(content)
        expect(status, says, "validate", broken)
        expect(status, says, "render", broken)
    broken.write_text(text.replace(json.loads(text)["provenance"]["model_sha256"], "a" * 64, 1))
    expect(1, "hash-disagrees", "lint", broken)
    expect(2, "expected a file", "lint", here / "nowhere.json")
    expect(2, "", "no-such-command")
    host = TOOL.parent / "mlsensor"
    if host.exists() and subprocess.run([str(host), "datasheet", "validate", str(sheet)], capture_output=True, text=True, timeout=60).stdout.count(": valid") != 1:
        faults.append("mlsensor datasheet does not run mlsensor-datasheet")

# The manual page names every command, and every option.
page = (SOURCE / "docs/man/mlsensor-datasheet.1").read_text().replace("\\-", "-")
for line in subprocess.run([str(TOOL), "--help"], capture_output=True, text=True, timeout=60).stdout.split("Make:")[1].splitlines():
    if not (command := line.split()[0] if line.startswith("  ") and line[2] != " " else ""):
        continue
    if command not in page:
        faults.append(f"the manual page does not name the command {command}")
    for option in re.findall(r"--[a-z][a-z-]*", subprocess.run([str(TOOL), command, "--help"], capture_output=True, text=True, timeout=60).stdout):
        if option != "--help" and option not in page:
            faults.append(f"the manual page does not name {command} {option}")

print("\n".join(faults) or "no faults")
sys.exit(1 if faults else 0)
