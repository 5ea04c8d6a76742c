"""Writes models/person/person.tflite and person.json from the trained weights.

    python person_quantise.py --work /tmp/person
"""
from __future__ import annotations

import argparse
from pathlib import Path

import model_file
import numpy as np
import person_train

MANIFEST = {
    "front_end": {"kind": "image_rgb"},
    "labels": ["no_person", "person"],
    "decision": {"high_threshold_permille": 580, "low_threshold_permille": 480, "average_count": 3,
                 "consecutive_count": 2, "on_delay_ms": 0, "off_delay_ms": 1000, "refractory_ms": 0,
                 "evaluate_every_hops": 1},
    "licence": "Apache-2.0",
    "credits": [
        {"name": "vww_96_int8 (MLPerf Tiny, mlcommons/tiny)", "licence": "Apache-2.0", "what": "teacher"},
        {"name": "clothing-dataset, Alexey Grigorev and contributors", "licence": "CC0-1.0", "what": "photographs"},
        {"name": "GroceryStoreDataset, Marcus Klasson, Cheng Zhang, Hedvig Kjellstrom", "licence": "MIT",
         "what": "photographs"},
        {"name": "flower_photos, Flickr photographers", "licence": "CC BY 2.0", "what": "photographs"},
        {"name": "FOSSASIA speakers and events", "licence": "CC BY", "what": "photographs"},
        {"name": "Caltech 101, Fei-Fei Li, M. Andreetto, M. Ranzato, P. Perona", "licence": "CC BY 4.0",
         "what": "photographs"},
        {"name": "clothing-co-parsing, W. Yang, P. Luo, L. Lin", "licence": "Apache-2.0", "what": "photographs"},
        {"name": "Mask Wearing, Cheng Hsun Teng (Eden Social Welfare Foundation), J. Nelson", "licence": "Public Domain",
         "what": "photographs"},
    ],
    "limits": [
        "Not for safety, access control or counting.",
        "Trained on few everyday scenes: empty rooms, corridors and streets are missing, and so are people far away, seated,"
        " lying, from behind or cut by the frame, low light and motion blur.",
        "Misses about one person in three in crowded or distant everyday scenes.",
        "See README.md for the measured figures.",
    ],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=model_file.MODELS, help="the folder that the folder person is written to")
    parser.add_argument("--name", default="person", help="name of the checkpoint")
    args = parser.parse_args()
    model = person_train.network()
    model.load_weights(str(args.work / f"{args.name}.weights.h5"))
    black_and_white = np.concatenate([np.zeros((1, 48, 96, 3)), np.ones((1, 48, 96, 3))], axis=1)  # the whole range: scale 1/255
    _, pictures, _ = person_train.Pictures(args.work, seed=1).batch(400)
    samples = [black_and_white, *(picture[None] for picture in pictures)]
    folder = args.out / "person"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "person.tflite").write_bytes(model_file.convert(model, samples))
    manifest = model_file.write_manifest(folder, model, MANIFEST)
    print({key: manifest[key] for key in ("bytes", "macs", "input", "output")})


if __name__ == "__main__":
    main()
