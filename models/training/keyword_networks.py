"""Compares keyword networks: words right and other words accepted against multiply-accumulates. Writes networks.json and networks.svg.

    python keyword_networks.py --work /tmp/keyword --out ../keyword "along time=temporal.tflite" "separable 2-D=separable_2d.tflite" ...

Each int8 file decides the middle 0.98 s of each validation recording by its largest output. `--picture` only draws networks.json anew, where
each of `networks` has name, sha256, bytes, macs, and words_correct and others_accepted as {count, of, share, interval_95}.
"""
from __future__ import annotations

import argparse
import hashlib
import itertools
import json
from pathlib import Path

import model_file
import pictures
from pictures import COLOURS, plt


def measure(work: Path, files: dict[str, Path]) -> dict:
    import numpy as np
    from keyword_examples import LABELS, WORDS, clips_of
    from mls_training import frontend

    windows, truth = [], []
    for split in ("validation", "held_out"):
        clips, labels = clips_of(work / f"{split}.npz")
        for clip, label in zip(clips, map(str, labels)):
            if label == "_validation_sentence_":
                continue  # longer than a window
            part = clip[max(0, (len(clip) - frontend.WINDOW_SAMPLES) // 2):][:frontend.WINDOW_SAMPLES]
            windows.append(np.pad(part, (0, frontend.WINDOW_SAMPLES - len(part))))
            truth.append(LABELS.index(label) if label in WORDS else 1)
    features, truth = frontend.features_int(np.stack(windows)), np.array(truth)
    networks = []
    for name, path in files.items():
        model = model_file.Int8Model(path)
        scores = model.scores(frontend.quantize(features, *model.input["quantization"]))
        decided = scores.argmax(axis=1)
        is_word = truth >= 2
        networks.append({
            "name": name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "bytes": path.stat().st_size,
            "macs": model.macs(), "words_correct": model_file.share(int((decided == truth)[is_word].sum()), int(is_word.sum())),
            "others_accepted": model_file.share(int((decided >= 2)[~is_word].sum()), int((~is_word).sum()))})
        print(networks[-1], flush=True)
    return {"schema": "mlsensor-networks/1", "script": "models/training/keyword_networks.py", "interval": "95 %, Wilson",
            "what": "int8, the middle 0.98 s of each validation recording and of those of the unknown class kept out of training, largest output",
            "networks": networks}


def draw(report: dict, path: Path) -> None:
    figure, panels = plt.subplots(1, 2, figsize=(9, 3.6), sharex=True, layout="constrained")
    for axes, key, title in zip(panels, ("words_correct", "others_accepted"), ("Words right, %", "Other words accepted, %")):
        for colour, network in zip(itertools.cycle(COLOURS), report["networks"]):
            share = network[key]
            middle, (low, high) = 100 * share["share"], (100 * bound for bound in share["interval_95"])
            axes.errorbar(network["macs"] / 1e6, middle, [[middle - low], [high - middle]], fmt="o", color=colour, capsize=3,
                          label=f"{network['name']}, {network['bytes'] / 1000:.0f} KB")
        axes.set(title=f"{title} (n = {share['of']})", xlabel="million multiply-accumulates per decision")
        axes.margins(x=0.2)
        axes.grid(True)
        axes.set_axisbelow(True)
    panels[0].set_xlim(left=0)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    pictures.save(figure, path, "Keyword networks: accuracy against multiply-accumulates")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder of networks.json and networks.svg")
    parser.add_argument("--work", type=Path)
    parser.add_argument("--picture", action="store_true")
    parser.add_argument("files", nargs="*", metavar="NAME=FILE.tflite")
    args = parser.parse_args()
    data = args.out / "networks.json"
    if not args.picture:
        report = measure(args.work, {name: Path(file) for name, file in (file.split("=", 1) for file in args.files)})
        data.write_text(model_file.results_text(report) + "\n")
    draw(json.loads(data.read_text()), args.out / "networks.svg")


if __name__ == "__main__":
    main()
