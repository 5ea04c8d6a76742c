"""Measures a person .tflite on photographs of sources kept out of training. Writes models/person/results.json.

    python person_evaluate.py --work /tmp/person --model ../person/person.tflite --teacher TEACHER
"""
from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import cv2
import drawn_scenes
import model_file
import numpy as np
import person_crops
import person_train
from person_teacher import Teacher

SEED = 9
BRIGHTNESS_LIMITS = (0, 60, 90, 120, 150, 256)
SUBJECT_PERCENT = (15, 25, 40, 60, 90)


def area_under_roc(score: np.ndarray, truth: np.ndarray) -> float:
    order = np.argsort(np.concatenate([score[truth], score[~truth]]), kind="stable")
    values = np.concatenate([score[truth], score[~truth]])[order]
    ranks = np.empty(len(values))
    _, start, count = np.unique(values, return_index=True, return_counts=True)
    for s, c in zip(start, count):
        ranks[s:s + c] = s + (c + 1) / 2
    people = int(truth.sum())
    position = np.empty(len(values))
    position[order] = ranks
    return float((position[:people].sum() - people * (people + 1) / 2) / (people * (len(values) - people)))


def shares(score: np.ndarray, truth: np.ndarray, high: float) -> dict:
    return {"person_found": model_file.share(int((score[truth] >= high).sum()), int(truth.sum())),
            "no_person_kept": model_file.share(int((score[~truth] < high).sum()), int((~truth).sum()))}


def figures(score: np.ndarray, truth: np.ndarray, high: float = 128) -> dict:
    """Counts at a threshold, in 1/256 as the scores are; at 128 the larger output wins."""
    decided = score >= high
    result = {"counts": {name: {"person": int(decided[chosen].sum()), "no_person": int((~decided[chosen]).sum())}
                         for name, chosen in (("person", truth), ("no_person", ~truth))}, **shares(score, truth, high)}
    if truth.any() and (~truth).any():
        p, q = result["person_found"], result["no_person_kept"]
        middle = (p["share"] + q["share"]) / 2
        # Half width of the mean of two independent shares, from the half widths of their Wilson intervals.
        half = 0.5 * np.hypot(*[(r["interval_95"][1] - r["interval_95"][0]) / 2 for r in (p, q)])
        result["balanced_accuracy"] = round(middle, 4)
        result["balanced_accuracy_interval_95"] = [round(middle - half, 4), round(middle + half, 4)]
        result["area_under_roc"] = round(area_under_roc(score, truth), 4)
    return result


def by_level(score: np.ndarray, truth: np.ndarray, value: np.ndarray, limits: tuple, unit: str, high: float) -> dict:
    """The figures of each range of `value`."""
    parts = {}
    for low, top in zip(limits, limits[1:]):
        chosen = (value >= low) & (value < top)
        if chosen.any():
            parts[f"{low} to {top}{unit}"] = figures(score[chosen], truth[chosen], high)
    return parts


def pasted(photographs: person_crops.Photographs, rows: np.ndarray, height_percent: int) -> np.ndarray:
    """Photographs without people, with a cut-out person of the validation scenes so tall, in percent of the picture, pasted on each."""
    rng = np.random.default_rng(SEED)
    cut = [row for row in photographs.alpha if photographs.validation[row]]
    result = np.empty((len(rows), person_train.SIDE, person_train.SIDE, 3), np.uint8)
    for picture, scene in zip(result, person_train.squares(photographs, rows)):
        canvas = cv2.resize(scene, (person_crops.SIZE, person_crops.SIZE), interpolation=cv2.INTER_LINEAR)
        row = int(rng.choice(cut))
        tall = np.flatnonzero((photographs.alpha[row] > 127).any(axis=1))
        part = slice(tall[0], tall[-1] + 1)  # so that the height is that of the person
        person_crops.paste(rng, canvas, photographs.rgb(row)[part], photographs.alpha[row][part], person_crops.SIZE * height_percent / 100)
        picture[:] = cv2.resize(canvas, picture.shape[:2], interpolation=cv2.INTER_AREA)
    return result


def whole_pictures(photographs: person_crops.Photographs, rows: np.ndarray) -> np.ndarray:
    """Whole photographs squeezed to 96x96."""
    return np.stack([cv2.resize(photographs.rgb(int(r)), (96, 96), interpolation=cv2.INTER_AREA) for r in rows])


def teacher_scores(photographs: person_crops.Photographs, rows: np.ndarray, path: Path) -> np.ndarray:
    teacher, result = Teacher(path), np.empty(len(rows), np.uint8)
    for i, row in enumerate(rows):
        rgb = photographs.rgb(int(row))
        side = min(rgb.shape[:2])
        top, left = (rgb.shape[0] - side) // 2, (rgb.shape[1] - side) // 2
        result[i] = min(255, round(teacher(rgb[top:top + side, left:left + side]) * 256))
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--teacher", type=Path, required=True)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    photographs = person_crops.Photographs(args.work)
    model = model_file.Int8Model(args.model, reference_kernels=True)  # equal to the module's engine

    def tensors(rgb: np.ndarray) -> np.ndarray:
        return (rgb.astype(np.int16) - 128).astype(np.int8)

    def scores(rgb: np.ndarray) -> np.ndarray:
        return (model.scores(tensors(rgb)).astype(np.int16)[:, 1] + 128).astype(np.uint8)

    test, validation = np.flatnonzero(photographs.held_out), np.flatnonzero(photographs.validation)
    truth = photographs.person[test]
    squares = person_train.squares(photographs, test)
    score = scores(squares)
    results = {
        "schema": "mlsensor-results/1", "script": "models/training/person_evaluate.py", "seed": SEED,
        "model_sha256": hashlib.sha256(args.model.read_bytes()).hexdigest(),
        "interval": "95 %, Wilson for shares; decided by the larger output",
        "held_out_sources": {"what": "centre squares of all photographs of the sources kept out of training",
                             **figures(score, truth)},
        "held_out_sources_whole": {"what": "the same photographs, whole, squeezed to a square",
                                   **figures(scores(whole_pictures(photographs, test)), truth)},
        "held_out_by_source": {str(s): figures(score[photographs.source[test] == s], truth[photographs.source[test] == s])
                               for s in np.unique(photographs.source[test])},
        "teacher_on_held_out_sources": {"what": "the teacher on the same centre squares",
                                        **figures(teacher_scores(photographs, test, args.teacher), truth)},
        "grouped_validation": {"what": "8 % of the scenes of the training sources: easy, as source and label go together",
                               **figures(scores(person_train.squares(photographs, validation)),
                                         photographs.person[validation])},
    }
    rng = np.random.default_rng(SEED)
    drawn_truth = np.arange(600) % 2 == 1
    drawn = np.stack([drawn_scenes.scene(rng, 96, bool(p)) for p in drawn_truth])
    results["drawn_scenes"] = {"what": "drawn scenes as in training, another seed", **figures(scores(drawn), drawn_truth)}
    high = json.loads(args.model.with_suffix(".json").read_text())["decision"]["high_threshold_permille"] * 256 / 1000
    results["held_out_sources"]["at_high_threshold"] = shares(score, truth, high)
    brightness = squares.mean(axis=(1, 2, 3))
    results["held_out_by_brightness"] = by_level(score, truth, brightness, BRIGHTNESS_LIMITS, "", high)
    empty = test[~truth]
    sizes = {percent: scores(pasted(photographs, empty, percent)) for percent in SUBJECT_PERCENT}
    both = np.concatenate([score[~truth], *sizes.values()])
    has_person = np.arange(len(both)) >= len(empty)
    results["pasted"] = {"what": "each held-out photograph without people, without and with a person pasted on it, cut out of a validation photograph",
                         **figures(both, has_person), "at_high_threshold": shares(both, has_person, high)}
    results["pasted_by_subject_size"] = {f"{percent} % of the picture's height": figures(found, np.ones(len(found), bool), high)
                                         for percent, found in sizes.items()}
    results["scores_held_out"] = {"person": sorted(map(int, score[truth])), "no_person": sorted(map(int, score[~truth]))}
    results["photographs"] = {
        "what": "each of the held-out sources: source, whether there is a person, mean brightness (0 to 255), score in 1/256",
        "rows": [[str(photographs.source[row]), int(t), round(float(b)), int(x)] for row, t, b, x in zip(test, truth, brightness, score)]}
    results["scores_pasted_by_subject_size"] = {str(percent): sorted(map(int, found)) for percent, found in sizes.items()}
    (args.model.parent / "results.json").write_text(model_file.results_text(results) + "\n")
    for key, value in results.items():
        if isinstance(value, dict) and "counts" in value:
            print(key, {k: v for k, v in value.items() if k != "what"})


if __name__ == "__main__":
    main()
