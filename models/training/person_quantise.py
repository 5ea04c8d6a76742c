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
    "front_end": {"kind": "image_grey"},
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
        "A first model, trained briefly: finds most people, and takes many everyday scenes without people for a person.",
        "See README.md for the measured figures.",
    ],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--name", default="person", help="name of the checkpoint")
    args = parser.parse_args()
    trained = person_train.network(training=True)
    model_file.load_weights(trained, args.work, args.name)
    model = person_train.network()
    kept = [layer for layer in trained.layers if layer.weights and layer.name != "to_features"]
    for layer, source in zip([layer for layer in model.layers if layer.weights], kept, strict=True):
        layer.set_weights(source.get_weights())

    samples = [np.concatenate([np.zeros((48, 96)), np.ones((48, 96))])[None, ..., None]]  # the whole range: scale 1/255
    for seed in range(100, 103):
        samples += [batch[i:i + 1] for batch, _ in [next(person_train.batches(args.work, seed))] for i in range(128)]
    folder = model_file.MODELS / "person"
    folder.mkdir(exist_ok=True)
    (folder / "person.tflite").write_bytes(model_file.convert(model, samples))
    manifest = model_file.write_manifest(folder, model, MANIFEST)
    print({key: manifest[key] for key in ("bytes", "macs", "input", "output")})


if __name__ == "__main__":
    main()
