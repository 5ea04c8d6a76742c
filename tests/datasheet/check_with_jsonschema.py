"""Checks our schema, our validator and our exports with an independent JSON Schema validator (Python's jsonschema).

Exit status 77: skipped, because jsonschema or the official schemas are not there.
"""
import argparse
import copy
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

SKIPPED = 77
try:
    import jsonschema
except ImportError as error:
    print(f"SKIPPED, NOTHING WAS CHECKED: {error}. Install the package python3-jsonschema")
    sys.exit(SKIPPED)

OFFICIAL = {
    "model-card": "model_card.v0.0.2.schema.json",
    "cyclonedx": "bom-1.6.schema.json",
    "spdx": "spdx-3.0.1-schema.json",
    "thing": "wot-td-1.1-json-schema-validation.json",
}
CYCLONEDX_PARTS = {
    "http://cyclonedx.org/schema/spdx.schema.json": "spdx.schema.json",
    "http://cyclonedx.org/schema/jsf-0.82.schema.json": "jsf-0.82.schema.json",
}
# The required properties of the specifications that have no official JSON Schema.
CROISSANT = ["@context", "@type", "conformsTo", "name", "description", "license", "url", "creator", "datePublished", "distribution"]
# Copied there as published, it is used instead of our own list of what eDatasheet allows and requires.
EDATASHEET = "edatasheet/part-spec/component.json"


def run(tool: Path, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([str(tool), *arguments], capture_output=True, text=True, timeout=60)


def edatasheet_validators(schemas: Path, data: Path) -> list:
    validators = [jsonschema.Draft7Validator(json.loads((data / "edatasheet.schema.json").read_text()))]
    official = schemas / EDATASHEET
    if official.exists():
        parts = [json.loads(file.read_text()) for file in official.parent.rglob("*.json")]
        schema = json.loads(official.read_text())
        resolver = jsonschema.RefResolver.from_schema(schema, store={part["$id"]: part for part in parts if "$id" in part})
        validators.append(jsonschema.validators.validator_for(schema)(schema, resolver=resolver))
    else:
        print(f"eDatasheet: THE OFFICIAL SCHEMA IS NOT at {official}; checked against our own list of what it allows and requires")
    return validators


def nodes(value, path=()):
    yield path
    if isinstance(value, (dict, list)):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from nodes(value[key], path + (key,))


def changed(document, rng: random.Random):
    """A copy with one node removed or replaced by something of any type."""
    copied = copy.deepcopy(document)
    path = rng.choice([p for p in nodes(copied) if p])
    parent = copied
    for key in path[:-1]:
        parent = parent[key]
    if rng.random() < 0.4:
        del parent[path[-1]]
    else:
        parent[path[-1]] = rng.choice([None, -1, 0, 1.5, 2, "", "text", "2026-01-01", [], {}, [1], {"kind": "measured"}, True])
    return copied


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tool", type=Path, required=True)
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--schemas", type=Path, required=True)
    parser.add_argument("--part", choices=["schema", "exports"], required=True)
    arguments = parser.parse_args()
    data = arguments.source / "tests/datasheet/data"
    schema = json.loads((arguments.source / "datasheet/schema/mlsensor-datasheet-1.schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    ours = jsonschema.Draft7Validator(schema)
    faults = []

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        products = {}
        for product in ("keyword", "person"):
            path = folder / f"{product}.json"
            made = run(arguments.tool, "generate", str(arguments.source / f"datasheet/products/{product}.facts.json"), "--model", str(data / f"{product}.manifest.json"),
                       "--results", str(data / f"{product}.results.json"), "-o", str(path))
            if made.returncode != 0:
                print(made.stderr)
                return 1
            products[product] = path

        if arguments.part == "schema":
            for product, path in products.items():
                faults += [f"{product}: {list(e.absolute_path)} {e.message}" for e in ours.iter_errors(json.loads(path.read_text()))]
            rng = random.Random(1)
            seeds = [json.loads((data / "minimal.json").read_text()), json.loads(products["keyword"].read_text())]
            del seeds[1]["hardware"]["registers"]["registers"][3:]
            agreed = {True: 0, False: 0}
            for i in range(100):
                document = changed(seeds[i % 2], rng)
                path = folder / "changed.json"
                path.write_text(json.dumps(document))
                expected = ours.is_valid(document)
                if (run(arguments.tool, "validate", str(path)).returncode == 0) != expected:
                    faults.append(f"our validator disagrees (jsonschema: {'valid' if expected else 'not valid'}): {json.dumps(document)[:2000]}")
                agreed[expected] += 1
            print(f"{agreed[True]} valid and {agreed[False]} broken documents judged by both validators")
        else:
            if not arguments.schemas.is_dir():
                print(f"SKIPPED, NO EXPORT WAS CHECKED: the official schemas are not at {arguments.schemas}")
                return SKIPPED
            parts = {uri: json.loads((arguments.schemas / file).read_text()) for uri, file in CYCLONEDX_PARTS.items()}
            edatasheet = edatasheet_validators(arguments.schemas, data)
            for product, path in products.items():
                exported = {}
                for form in [*OFFICIAL, "croissant", "model-index", "edatasheet"]:
                    made = run(arguments.tool, "export", str(path), "--format", form)
                    if made.returncode != 0:
                        faults.append(f"{product}, {form}: {made.stderr}")
                        continue
                    exported[form] = json.loads(made.stdout)
                for form, file in OFFICIAL.items():
                    official = json.loads((arguments.schemas / file).read_text())
                    resolver = jsonschema.RefResolver.from_schema(official, store=parts)
                    validator = jsonschema.validators.validator_for(official)(official, resolver=resolver)
                    faults += [f"{product}, {form}: {list(e.absolute_path)} {e.message[:300]}" for e in validator.iter_errors(exported[form])]
                faults += [f"{product}, croissant: no {key}" for key in CROISSANT if not exported["croissant"].get(key)]
                for validator in edatasheet:
                    faults += [f"{product}, edatasheet: {list(e.absolute_path)} {e.message[:300]}" for e in validator.iter_errors(exported["edatasheet"])]
                results = exported["model-index"]["model-index"][0]["results"]
                faults += [f"{product}, model-index: incomplete" for r in results if not (r["task"]["type"] and r["dataset"]["name"] and r["metrics"])]
                if not results or "verified" in json.dumps(results):
                    faults.append(f"{product}, model-index: no results, or marked as verified")
    print("\n".join(faults) or "no faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
