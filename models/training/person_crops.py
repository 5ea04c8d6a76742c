"""Makes the training pictures of the person model: crops, composites, collages and drawn scenes.

Run after person_decode.py. Writes chunks of 108x108 colour pictures and what is known of each; training cuts 96x96 out of them.

    python person_crops.py --work /tmp/person --chunks 6
"""
from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

import drawn_scenes
from person_test_list import HELD_OUT_SOURCES, is_validation

SIZE = 108
CHUNK = 20000
PORTRAITS = ("fossasia_spk", "mask")  # a face fills the picture: any crop has a part of it, which the teacher can miss
# What is known of a picture without looking at it.
EMPTY, PERSON, PERHAPS, UNKNOWN, DRAWN_EMPTY, DRAWN_PERSON = range(6)


class Photographs:
    """The decoded photographs, by row number, and the cut-out people."""

    def __init__(self, work: Path) -> None:
        index = np.load(work / "index.npz")
        self.pixels = np.memmap(work / "pixels.bin", np.uint8, "r")
        self.offsets, self.shapes = index["offsets"], index["shapes"]
        self.person, self.source, self.group = index["label"], index["source"], index["group"]
        self.held_out = np.isin(self.source, HELD_OUT_SOURCES)
        self.validation = np.array([is_validation(str(g)) for g in self.group]) & ~self.held_out
        self.training = ~self.held_out & ~self.validation
        cuts = np.load(work / "cutouts.npz")
        self.alpha: dict[int, np.ndarray] = {}
        alpha, position = cuts["alpha"], 0
        for row in cuts["rows"]:
            height, width = self.shapes[row]
            self.alpha[int(row)] = alpha[position:position + height * width].reshape(height, width)
            position += height * width

    def rgb(self, row: int) -> np.ndarray:
        height, width = self.shapes[row]
        start = self.offsets[row]
        return self.pixels[start:start + height * width * 3].reshape(height, width, 3)


def warp(rng: np.random.Generator, rgb: np.ndarray, zoom_out: float = 1.0) -> np.ndarray:
    """A random crop: size, place, aspect, small rotation, mirror."""
    height, width = rgb.shape[:2]
    side = min(height, width) * rng.uniform(0.45, zoom_out)
    stretch = np.exp(rng.uniform(-0.4, 0.4))
    crop_w = min(width, side * max(1.0, stretch))
    crop_h = min(height, side * max(1.0, 1 / stretch))
    x, y = rng.uniform(0, width - crop_w), rng.uniform(0, height - crop_h)
    angle = np.deg2rad(rng.normal(0, 5))
    sx, sy = crop_w / SIZE, crop_h / SIZE
    if rng.random() < 0.5:
        sx = -sx
    cos, sin = np.cos(angle), np.sin(angle)
    matrix = np.array([[sx * cos, -sx * sin, 0], [sy * sin, sy * cos, 0]])
    centre = np.array([x + crop_w / 2, y + crop_h / 2]) - matrix[:, :2] @ np.array([SIZE / 2, SIZE / 2])
    matrix[:, 2] = centre
    return cv2.warpAffine(rgb, matrix, (SIZE, SIZE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                          borderMode=cv2.BORDER_REFLECT_101)


def paste(rng: np.random.Generator, canvas: np.ndarray, rgb: np.ndarray, alpha: np.ndarray, height: float) -> float:
    """Pastes a picture, `height` pixels tall, at a random place; returns the share of the canvas it covers."""
    scale = height / rgb.shape[0]
    w, h = max(3, int(rgb.shape[1] * scale * rng.uniform(0.85, 1.15))), max(3, int(height))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small, mask = cv2.resize(rgb, (w, h), interpolation=how), cv2.resize(alpha, (w, h), interpolation=how)
    if rng.random() < 0.5:
        small, mask = small[:, ::-1], mask[:, ::-1]
    x = int(rng.uniform(-0.35 * w, SIZE - 0.65 * w))
    y = int(rng.uniform(-0.1 * h, max(SIZE - 0.9 * h, -0.1 * h + 1)))
    x0, y0, x1, y1 = max(0, x), max(0, y), min(SIZE, x + w), min(SIZE, y + h)
    if x1 <= x0 or y1 <= y0:
        return 0.0
    part = mask[y0 - y:y1 - y, x0 - x:x1 - x].astype(np.float32)[..., None] / 255
    light = np.clip(small[y0 - y:y1 - y, x0 - x:x1 - x] * rng.uniform(0.6, 1.3), 0, 255)
    canvas[y0:y1, x0:x1] = (light * part + canvas[y0:y1, x0:x1] * (1 - part)).astype(np.uint8)
    return float(part.sum()) / (SIZE * SIZE)


def soft_window(shape: tuple[int, int], ellipse: bool) -> np.ndarray:
    """Alpha of a feathered rectangle or ellipse."""
    height, width = shape
    y, x = np.abs(np.linspace(-1, 1, height))[:, None], np.abs(np.linspace(-1, 1, width))[None, :]
    inside = 1 - (np.hypot(x, y) if ellipse else np.maximum(x, y))
    return (np.clip(inside * 8, 0, 1) * 255).astype(np.uint8)


class Maker:
    """Draws one training picture (RGB) and says what is known of it."""

    def __init__(self, photographs: Photographs, seed: int) -> None:
        self.photos, self.rng = photographs, np.random.default_rng(seed)
        rows = np.flatnonzero(photographs.training)
        self.people, self.empty = rows[photographs.person[rows]], rows[~photographs.person[rows]]
        self.cut = [row for row in photographs.alpha if photographs.training[row]]
        # Event photographs are the only people in everyday surroundings; single objects and scenes of Caltech 101
        # vary most among the pictures without people.
        weight = {"fossasia_img": 4.0, "caltech101": 1.5, "clothing": 0.6}
        self.people_p = np.array([weight.get(str(s), 1.0) for s in photographs.source[self.people]])
        self.empty_p = np.array([weight.get(str(s), 1.0) for s in photographs.source[self.empty]])
        self.people_p /= self.people_p.sum()
        self.empty_p /= self.empty_p.sum()

    def any_person(self) -> int:
        return int(self.rng.choice(self.people, p=self.people_p))

    def any_empty(self) -> np.ndarray:
        return self.photos.rgb(int(self.rng.choice(self.empty, p=self.empty_p)))

    def empty_scene(self) -> np.ndarray:
        """A picture without people, often put together from two so that it is no single centred object."""
        rng = self.rng
        scene = warp(rng, self.any_empty())
        for _ in range(int(rng.choice([0, 1, 2], p=[0.5, 0.35, 0.15]))):
            other = warp(rng, self.any_empty())
            paste(rng, scene, other, soft_window(other.shape[:2], rng.random() < 0.5), SIZE * rng.uniform(0.25, 0.9))
        return scene

    def __call__(self) -> tuple[np.ndarray, int]:
        rng = self.rng
        kind = rng.random()
        if kind < 0.30:  # crop of a photograph with people: the crop may have lost them
            row = self.any_person()
            return warp(rng, self.photos.rgb(row)), PERSON if str(self.photos.source[row]) in PORTRAITS else PERHAPS
        if kind < 0.58:
            return self.empty_scene(), EMPTY
        if kind < 0.80:  # cut-out people on other scenes
            rgb, covered = self.empty_scene(), 0.0
            for _ in range(int(rng.choice([1, 2, 3], p=[0.75, 0.18, 0.07]))):
                row = int(rng.choice(self.cut))
                tall = SIZE * rng.choice([rng.uniform(0.25, 0.5), rng.uniform(0.5, 1.0), rng.uniform(1.0, 2.2)])
                covered = max(covered, paste(rng, rgb, self.photos.rgb(row), self.photos.alpha[row], tall))
            if rng.random() < 0.3:
                rgb = cv2.GaussianBlur(rgb, (3, 3), 0)
            return rgb, PERSON if covered > 0.015 else UNKNOWN
        if kind < 0.93:  # collage: a photograph with people as a part of another scene
            rgb = self.empty_scene()
            other = warp(rng, self.photos.rgb(self.any_person()))
            paste(rng, rgb, other, soft_window(other.shape[:2], rng.random() < 0.5), SIZE * rng.uniform(0.35, 0.95))
            return rgb, UNKNOWN
        behind = self.empty_scene() if rng.random() < 0.25 else None
        person = rng.random() < 0.5
        return drawn_scenes.scene(rng, SIZE, person, behind), DRAWN_PERSON if person else DRAWN_EMPTY


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--chunks", type=int, default=6)
    parser.add_argument("--pictures", type=int, default=CHUNK, help="pictures in each chunk")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    photographs = Photographs(args.work)
    for chunk in range(args.chunks):
        target = args.work / f"pictures{chunk:02d}.npy"
        if target.exists():
            continue
        make = Maker(photographs, seed=1000 + chunk)
        pictures, known = np.empty((args.pictures, SIZE, SIZE, 3), np.uint8), np.empty(args.pictures, np.uint8)
        for i in range(args.pictures):
            pictures[i], known[i] = make()
        np.save(args.work / f"known{chunk:02d}.npy", known)
        partial = args.work / "pictures.tmp.npy"
        np.save(partial, pictures)
        partial.rename(target)
        print(f"{target.name}: {np.bincount(known, minlength=6)} empty, person, perhaps, unknown, drawn", flush=True)


if __name__ == "__main__":
    main()
