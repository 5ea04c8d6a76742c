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


def figures(score: np.ndarray, truth: np.ndarray) -> dict:
    """Counts at the middle (the larger output wins) and the scores (0..255, in 1/256) themselves."""
    decided = score >= 128
    result = {"counts": {name: {"person": int(decided[chosen].sum()), "no_person": int((~decided[chosen]).sum())}
                         for name, chosen in (("person", truth), ("no_person", ~truth))},
              "person_found": model_file.share(int(decided[truth].sum()), int(truth.sum())),
              "no_person_kept": model_file.share(int((~decided[~truth]).sum()), int((~truth).sum()))}
    if truth.any() and (~truth).any():
        p, q = result["person_found"], result["no_person_kept"]
        middle = (p["share"] + q["share"]) / 2
        # Half width of the mean of two independent shares, from the half widths of their Wilson intervals.
        half = 0.5 * np.hypot(*[(r["interval_95"][1] - r["interval_95"][0]) / 2 for r in (p, q)])
        result["balanced_accuracy"] = round(middle, 4)
        result["balanced_accuracy_interval_95"] = [round(middle - half, 4), round(middle + half, 4)]
        result["area_under_roc"] = round(area_under_roc(score, truth), 4)
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
    results["held_out_sources"]["at_high_threshold"] = {
        "person_found": model_file.share(int((score[truth] >= high).sum()), int(truth.sum())),
        "no_person_kept": model_file.share(int((score[~truth] < high).sum()), int((~truth).sum()))}
    results["scores_held_out"] = {"person": sorted(map(int, score[truth])), "no_person": sorted(map(int, score[~truth]))}
    text = json.dumps({k: v for k, v in results.items() if k != "scores_held_out"}, indent=1)[:-2]
    text += ',\n "scores_held_out": ' + json.dumps(results["scores_held_out"]) + "\n}\n"
    (args.model.parent / "results.json").write_text(text)
    for key, value in results.items():
        if isinstance(value, dict) and "counts" in value:
            print(key, {k: v for k, v in value.items() if k != "what"})


if __name__ == "__main__":
    main()
