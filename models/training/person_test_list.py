"""Lists the photographs and the split that each belongs to, for `mlsensor-datasheet measure --labels`: file, label, source, split.

    python person_test_list.py --data PERSON --out person.csv

The sources kept out of training are the test.
"""
from __future__ import annotations

import argparse
import csv
import zlib
from pathlib import Path

# Sources of everyday scenes, where the source does not give the label away. They take no part in training:
# they are the test. 18f_team shows the same people as 18f_blog, so it stays out too.
HELD_OUT_SOURCES = ("18f_blog", "18f_team", "azure", "carnd", "coco", "ctim", "intel_video", "oi_roboflow", "ols",
                    "openimages")


def source_of(file: str) -> str:
    return Path(file).stem.rsplit("_", 1)[0]


def is_validation(group: str) -> bool:
    return zlib.crc32(group.encode()) % 100 < 8


def split_of(row: dict[str, str]) -> str:
    if source_of(row["file"]) in HELD_OUT_SOURCES:
        return "test"
    return "validation" if is_validation(row["split_group"]) else "training"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    with open(args.data / "index.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    with open(args.out, "w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("file", "label", "source", "split"))
        table.writerows((row["file"], row["label"], source_of(row["file"]), split_of(row)) for row in rows)
    print(f"{len(rows)} photographs")


if __name__ == "__main__":
    main()
