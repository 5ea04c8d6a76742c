"""Writes models/keyword/keyword.tflite and keyword.json from the trained weights.

    python keyword_quantise.py --work /tmp/keyword
"""
from __future__ import annotations

import argparse
from pathlib import Path

import keyword_train
import model_file
import numpy as np
from keyword_examples import LABELS
from keyword_mixer import Mixer

MANIFEST = {
    "front_end": {"kind": "log_mel_40"},
    "labels": list(LABELS),
    "decision": {"high_threshold_permille": 500, "low_threshold_permille": 300, "average_count": 8,
                 "consecutive_count": 1, "on_delay_ms": 0, "off_delay_ms": 0, "refractory_ms": 800,
                 "evaluate_every_hops": 5},
    "licence": "Apache-2.0",
    "credits": [
        {"name": "Speech Commands v0.01 and v0.02, Pete Warden, Google (arXiv:1804.03209)", "licence": "CC BY 4.0",
         "what": "recordings"},
        {"name": "wake-word-benchmark, Picovoice", "licence": "Apache-2.0", "what": "recordings for the unknown class"},
        {"name": "speech-to-intent-benchmark, Picovoice", "licence": "Apache-2.0",
         "what": "recordings, only for measuring false accepts"},
        {"name": "asterisk-core-sounds, Allison Smith, June Wallack, Carlo Flora, Maxim Topal", "licence": "CC BY-SA 3.0, CC BY 3.0",
         "what": "recordings, only for choosing thresholds"},
        {"name": "espeak-ng", "licence": "GPL-3.0-or-later (program; its speech is output)",
         "what": "synthesised words and sentences"},
        {"name": "flite and its voices, Carnegie Mellon University", "licence": "MIT-like (CMU)",
         "what": "synthesised words and sentences"},
    ],
    "limits": [
        "English words yes, no, up, down; a window of 0.98 s, so slower speech is cut.",
        "Single words with a pause around them: right before or after other speech they are taken for that.",
        "Go, stop and left are taken for a word more often than other words.",
        "See README.md for the measured figures.",
    ],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--name", type=lambda names: names.split(","), default=["taught50", "taught80", "longer"], metavar="NAME,NAME",
                        help="of the trained weights; of several the mean is taken (arXiv:2203.05482)")
    parser.add_argument("--out", type=Path, default=model_file.MODELS, help="the folder that the folder keyword is written to")
    parser.add_argument("--body", choices=keyword_train.BODIES, default="hybrid")
    args = parser.parse_args()
    model, trained = keyword_train.network(args.body), []
    for name in args.name:
        model.load_weights(str(args.work / f"{name}.weights.h5"))
        trained.append(model.get_weights())
    model.set_weights([np.mean(same, axis=0) for same in zip(*trained)])

    windows, _ = Mixer(args.work, seed=1).batch(600)
    folder = args.out / "keyword"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "keyword.tflite").write_bytes(model_file.convert(model, [w[None, ..., None] for w in windows]))
    manifest = model_file.write_manifest(folder, model, MANIFEST)
    print({key: manifest[key] for key in ("bytes", "macs", "input", "output")})


if __name__ == "__main__":
    main()
