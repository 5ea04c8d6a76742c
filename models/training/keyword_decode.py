"""Decodes every recording of the speech data once, for keyword_examples.py and keyword_evaluate.py.

    python keyword_decode.py --data SPEECH --work /tmp/keyword
"""
from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np
import soundfile


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    with open(args.data / "index.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    for split in sorted({row["split"] for row in rows}):
        clips, labels, files = [], [], []
        for row in rows:
            if row["split"] == split:
                samples, rate = soundfile.read(args.data / row["file"], dtype="int16")
                assert rate == 16000 and samples.ndim == 1, row["file"]
                clips.append(samples)
                labels.append(row["label"])
                files.append(row["file"])
        np.savez(args.work / f"{split}.npz", samples=np.concatenate(clips), lengths=np.array([len(c) for c in clips]),
                 labels=np.array(labels), files=np.array(files))
        print(f"{split}: {len(clips)} recordings, {sum(map(len, clips)) / 16000 / 60:.1f} minutes", flush=True)


if __name__ == "__main__":
    main()
