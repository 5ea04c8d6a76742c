"""Reads our Croissant and model-index exports with the official libraries: mlcroissant and huggingface_hub.

They are no Debian packages. A virtual environment in the build folder serves:
    python3 -m venv build/cards && build/cards/bin/pip install mlcroissant huggingface_hub
Exit status 77: skipped, because they are not there.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

SKIPPED = 77
parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--tool", type=Path, required=True)
parser.add_argument("--source", type=Path, required=True)
arguments = parser.parse_args()
try:
    import mlcroissant
    from huggingface_hub.repocard_data import model_index_to_eval_results
except ImportError as error:
    python = arguments.source / "build/cards/bin/python3"
    if python.exists() and sys.prefix != str(arguments.source / "build/cards"):
        os.execv(python, [str(python), *sys.argv])
    print(f"SKIPPED, NO CARD WAS CHECKED: {error}. They come with"
          " python3 -m venv build/cards && build/cards/bin/pip install mlcroissant huggingface_hub")
    sys.exit(SKIPPED)

data = arguments.source / "tests/datasheet/data"
faults = []


def run(*words: object) -> str:
    done = subprocess.run([str(arguments.tool), *map(str, words)], capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


with tempfile.TemporaryDirectory() as name:
    for product in ("keyword", "person"):
        sheet, card = Path(name) / f"{product}.json", Path(name) / f"{product}.croissant.json"
        run("generate", arguments.source / f"datasheet/products/{product}.facts.json", "--model", data / f"{product}.manifest.json",
            "--results", data / f"{product}.results.json", "-o", sheet)
        run("export", sheet, "--format", "croissant", "-o", card)
        try:
            issues = mlcroissant.Dataset(jsonld=str(card)).metadata.ctx.issues
            faults += [f"{product}, croissant: {text}" for text in [*issues.errors, *issues.warnings]]
        except mlcroissant.ValidationError as error:
            faults.append(f"{product}, croissant: {error}")
        index = json.loads(run("export", sheet, "--format", "model-index"))
        model, results = model_index_to_eval_results(index["model-index"])
        print(f"{product}: model-index with {len(results)} results of {model}")
        rates = json.loads(sheet.read_text())["model"]["performance"]["tests"][0]["metrics"]
        read = {result.metric_type: result.metric_value for result in results[: len(rates)]}
        if read != {key: rate["value"] for key, rate in rates.items()} or any(result.verified for result in results):
            faults.append(f"{product}, model-index: {read} is read back")
print("\n".join(faults) or "no faults")
sys.exit(1 if faults else 0)
