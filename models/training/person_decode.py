"""Decodes every photograph once and cuts out the people of the full-body set (GrabCut), for person_crops.py.

    python person_decode.py --data PERSON --work /tmp/person
"""
from __future__ import annotations

import argparse
import csv
from pathlib import Path

import cv2
import numpy as np
from person_test_list import source_of

CUT_OUT_SOURCE = "ccp"  # street fashion: one standing person in the middle


def cut_out(rgb: np.ndarray) -> np.ndarray:
    """Alpha mask (uint8) of the standing person, by GrabCut from a centred box."""
    height, width = rgb.shape[:2]
    mask = np.full((height, width), cv2.GC_BGD, np.uint8)
    mask[int(0.03 * height):int(0.98 * height), int(0.14 * width):int(0.86 * width)] = cv2.GC_PR_BGD
    mask[int(0.08 * height):int(0.95 * height), int(0.32 * width):int(0.68 * width)] = cv2.GC_PR_FGD
    cv2.grabCut(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), mask, None, np.zeros((1, 65)), np.zeros((1, 65)), 4,
                cv2.GC_INIT_WITH_MASK)
    alpha = np.where((mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD), 255, 0).astype(np.uint8)
    return cv2.GaussianBlur(cv2.morphologyEx(alpha, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)), (3, 3), 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)
    cv2.setRNGSeed(1)

    with open(args.data / "index.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    offsets, shapes, masks, usable = [], [], [], []
    position = 0
    with open(args.work / "pixels.bin", "wb") as pixels:
        for number, row in enumerate(rows):
            rgb = cv2.cvtColor(cv2.imread(str(args.data / row["file"]), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
            pixels.write(rgb.tobytes())
            offsets.append(position)
            shapes.append(rgb.shape[:2])
            position += rgb.size
            if source_of(row["file"]) == CUT_OUT_SOURCE:
                alpha = cut_out(rgb)
                share = float((alpha > 127).mean())
                tall = np.flatnonzero((alpha > 127).any(axis=1))
                if 0.10 < share < 0.45 and len(tall) > 0.6 * rgb.shape[0]:
                    usable.append(number)
                    masks.append(alpha)
            if number % 2000 == 0:
                print(number, flush=True)
    np.savez(args.work / "index.npz", offsets=np.array(offsets), shapes=np.array(shapes),
             label=np.array([row["label"] == "person" for row in rows]),
             source=np.array([source_of(row["file"]) for row in rows]),
             group=np.array([row["split_group"] for row in rows]),
             teacher=np.array([float(row["teacher_prob_person"] or -1) for row in rows]))
    np.savez(args.work / "cutouts.npz", rows=np.array(usable), alpha=np.concatenate([m.ravel() for m in masks]))
    print(f"{len(rows)} photographs, {len(usable)} cut-outs")


if __name__ == "__main__":
    main()
