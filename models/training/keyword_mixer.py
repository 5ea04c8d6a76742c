"""Mixes training windows of the keyword model from the pool of keyword_examples.py, a batch at a time, in log-mel.

Sounds are added as if their phases were unrelated: magnitudes as the root of the sum of squares.
"""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keyword_examples import WORDS, fast_features
from mls_training import frontend

FRAMES, BANDS = frontend.WINDOW_FRAMES, frontend.MEL_BANDS
FLOOR = 1e-6  # of the front end


@dataclass(frozen=True)
class Recipe:
    """Shares of training windows, by kind and by what is done to them."""
    kinds: dict[str, float]
    noisy: float  # with noise added
    without_bands: float  # with a stripe of frequencies or of time blanked, see mask()
    without_frames: float
    bursts: float = 0.0  # of the silence: noise that begins or ends inside the window


# "cut", "backwards" and "halves" are pieces of the four words, taught as unknown. "joined" is one of the four with other speech right
# before or after it, as in "americano", "upstairs" or inside a sentence.
HARD = Recipe({"silence": 0.04, "word": 0.40, "spoken word": 0.04, "close": 0.13, "other": 0.05, "spoken other": 0.06, "two": 0.04,
               "sentence": 0.07, "cut": 0.05, "backwards": 0.01, "halves": 0.02, "joined": 0.07, "tone": 0.02}, 0.7, 0.45, 0.35)
GENTLE = Recipe({"silence": 0.04, "word": 0.45, "spoken word": 0.03, "close": 0.14, "other": 0.05, "spoken other": 0.04, "two": 0.03,
                 "sentence": 0.09, "cut": 0.03, "backwards": 0.005, "halves": 0.015, "joined": 0.06, "tone": 0.02}, 0.55, 0.15, 0.1, bursts=0.6)
FOLLOWS_SPEECH = 0.15  # share of the words that come after other speech and a pause
PAUSE_FRAMES = (9, 22)
SEEN_FRAMES = 9  # of the other speech, at least, where there is room
LARGEST_CUT = 0.45  # of a word at the edge of a window, if the window is to be unknown


class Mixer:
    def __init__(self, work: Path, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        pool = np.load(work / "pool.npz")
        self.frames, self.noise, self.noise_level = pool["frames"], pool["noise"], pool["noise_level"]
        self.begin, self.count, self.first, self.last, self.peak, self.level = pool["clips"].T
        groups = pool["groups"]
        samples = self.rng.standard_normal(frontend.HOP_SAMPLES * 4000).astype(np.float32) * 3000
        self.white = np.exp(fast_features(samples[None])[0]) / np.float32(3000 / 32768)
        self.of = {group: np.flatnonzero(groups == group) for group in np.unique(groups)}

    def _clips(self, groups: list[str], n: int) -> np.ndarray:
        """One clip of a random group for each."""
        chosen = self.rng.integers(len(groups), size=n)
        clips = np.empty(n, np.int64)
        for i, group in enumerate(groups):
            at = np.flatnonzero(chosen == i)
            clips[at] = self.rng.choice(self.of[group], len(at))
        return clips

    def _placed(self, clip: np.ndarray, start: np.ndarray, rate: np.ndarray, low: np.ndarray, high: np.ndarray,
                backwards: np.ndarray) -> np.ndarray:
        """Magnitudes of clips whose word starts at frame `start`, `rate` times as fast; only their frames low..high sound."""
        rng, n = self.rng, len(clip)
        time = (np.arange(FRAMES) - start[:, None]) * rate[:, None]
        frame = np.where(backwards[:, None], self.last[clip, None] - time, self.first[clip, None] + time)
        frame = np.rint(frame).astype(np.int64)
        sounds = (frame >= np.maximum(low, 0)[:, None]) & (frame < np.minimum(high, self.count[clip])[:, None])
        log = self.frames[np.where(sounds, frame + self.begin[clip, None].astype(np.int64), 0)].astype(np.float32)
        # The voice a little higher or lower, and another microphone.
        bands = np.clip(np.arange(BANDS) + rng.uniform(-1.2, 1.2, (n, 1)) * (rng.random((n, 1)) < 0.5), 0, BANDS - 1.001)
        whole = bands.astype(np.int64)[:, None, :]
        part = (bands - whole[:, 0]).astype(np.float32)[:, None, :]
        log = np.take_along_axis(log, whole, 2) * (1 - part) + np.take_along_axis(log, whole + 1, 2) * part
        x = np.linspace(-1, 1, BANDS, dtype=np.float32)
        response = rng.normal(0, 0.25, (n, 1)) * x + rng.normal(0, 0.15, (n, 1)) * np.cos(np.pi * rng.uniform(0.5, 3, (n, 1)) * x)
        return np.maximum(np.exp(log) - FLOOR, 0) * np.exp(response).astype(np.float32)[:, None, :]

    def batch(self, n: int, recipe: Recipe = HARD) -> tuple[np.ndarray, np.ndarray]:
        """float32 [n, 49, 40] log-mel and labels [n]."""
        rng = self.rng
        kinds = np.array(list(recipe.kinds))[rng.choice(len(recipe.kinds), n, p=list(recipe.kinds.values()))]
        word = rng.integers(len(WORDS), size=n)
        labels = np.where(kinds == "silence", 0, np.where(np.char.endswith(kinds, "word"), 2 + word, 1))

        groups = {"close": ["close"], "other": ["other"], "spoken other": ["spoken _unknown_"], "sentence": ["sentence"], "tone": ["tone"],
                  "two": ["close", "other", "spoken _unknown_", "sentence"], "silence": ["other"]}
        clip = np.zeros(n, np.int64)
        for kind in recipe.kinds:
            at = np.flatnonzero(kinds == kind)
            if kind in groups:
                clip[at] = self._clips(groups[kind], len(at))
            else:
                for w, name in enumerate(WORDS):
                    mine = at[word[at] == w]
                    clip[mine] = self._clips([f"spoken {name}" if kind == "spoken word" else name], len(mine))
        rate = rng.uniform(0.9, 1.12, n)
        length = (self.last - self.first)[clip] / rate
        room = FRAMES - length
        start = np.where(room > 0, rng.random(n) * room, rng.random(n) * -length * 0.6 + 5)
        low, high = np.full(n, -1.0), np.full(n, 1e9)

        cut = kinds == "cut"
        start = np.where(cut, np.where(rng.random(n) < 0.5, FRAMES - length * rng.uniform(0, LARGEST_CUT, n),
                                       -length * rng.uniform(1 - LARGEST_CUT, 1, n)), start)
        halves = kinds == "halves"
        head = rng.random(n) < 0.5
        middle = self.first[clip] + length * rate * np.where(head, 0.45, 0.55)
        low = np.where(halves & ~head, middle, low)
        high = np.where(halves & head, middle, high)
        two = kinds == "two"
        low, high = np.where(two, self.first[clip], low), np.where(two, self.last[clip], high)
        start = np.where(two, rng.uniform(-0.6, 0.6, n) * np.minimum(length, FRAMES), start)
        joined, follows = kinds == "joined", np.char.endswith(kinds, "word") & (rng.random(n) < FOLLOWS_SPEECH)
        before = rng.random(n) < 0.6
        seen = np.minimum(np.maximum(room, 0), SEEN_FRAMES)
        start = np.where(joined, np.where(before, seen, 0) + rng.random(n) * (np.maximum(room, 0) - seen), start)
        sound = self._placed(clip, start, rate, low, high, kinds == "backwards")

        # The second sound: beside the first one, or the other half of a half word.
        second = self._clips(["close", "other", "spoken _unknown_", "sentence"], n)
        short = np.flatnonzero(halves)
        second[short] = self._clips(["close", "other", "spoken _unknown_"], len(short))
        other_length = (self.last - self.first)[second]
        gap = np.where(joined, rng.uniform(-2, 1.5, n), np.where(follows, rng.uniform(*PAUSE_FRAMES, n), rng.uniform(0, 6, n)))
        joint = start + (middle - self.first[clip]) / rate
        at = np.where(halves, joint - other_length * 0.5, np.where(before & ~two, start - gap - other_length, start + length + gap))
        middle2 = self.first[second] + other_length * 0.5
        low2 = np.where(halves & head, middle2, self.first[second])
        high2 = np.where(halves & ~head, middle2, self.last[second])
        has_second = np.flatnonzero(two | halves | joined | follows)
        gain = self.level[clip[has_second]] / self.level[second[has_second]] * 10 ** rng.uniform(-0.25, 0.25, len(has_second))
        extra = self._placed(second[has_second], at[has_second], np.ones(len(has_second)), low2[has_second], high2[has_second],
                             np.zeros(len(has_second), bool))
        sound[has_second] = np.hypot(sound[has_second], extra * gain[:, None, None].astype(np.float32))
        sound[kinds == "silence"] = 0

        # Noise, then the level of the whole, then the microphone's own noise.
        first = rng.integers(len(self.noise) - FRAMES, size=n)
        index = first[:, None] + np.arange(FRAMES)
        noise_rms = np.sqrt((self.noise_level[index] ** 2).mean(axis=1)) + 1e-9
        noise = np.exp(self.noise[index].astype(np.float32))
        silent = kinds == "silence"
        wanted = np.where(silent, 10 ** rng.uniform(-0.5, 3.8, n) / 32768 * (rng.random(n) < 0.9),
                          self.level[clip] * 10 ** (-rng.uniform(-3, 32, n) / 20) * (rng.random(n) < recipe.noisy))
        begin, burst = rng.uniform(-20, FRAMES - 2, n), silent & (rng.random(n) < recipe.bursts)
        end = begin + rng.uniform(4, 60, n)
        frame = np.arange(FRAMES)
        heard = ~burst[:, None] | ((frame >= begin[:, None]) & (frame < end[:, None]))
        sound = np.hypot(sound, noise * (heard * (wanted / noise_rms)[:, None]).astype(np.float32)[:, :, None])
        loudest = np.hypot(self.peak[clip], 3 * wanted)
        level = np.where(silent, 1.0, 10 ** rng.uniform(-1.6, 0.05, n) / loudest)
        sound = sound * level.astype(np.float32)[:, None, None]
        white = 10 ** rng.uniform(-0.3, 1.3, n) / 32768 * (rng.random(n) < 0.6)
        sound = np.hypot(sound, self._white(n) * white.astype(np.float32)[:, None, None])
        return np.log(sound + FLOOR), labels

    def _white(self, n: int) -> np.ndarray:
        """Magnitudes of white noise at level 1."""
        first = self.rng.integers(len(self.white) - FRAMES, size=n)
        return self.white[first[:, None] + np.arange(FRAMES)]


def mask(rng: np.random.Generator, windows: np.ndarray, recipe: Recipe = HARD) -> None:
    """Blanks stripes of time and of frequency in place (SpecAugment, arXiv:1904.08779)."""
    n = len(windows)
    for axis, size, share in ((2, BANDS, recipe.without_bands), (1, FRAMES, recipe.without_frames)):
        width = rng.integers(1, 7, (n, 1)) * (rng.random((n, 1)) < share)
        start = rng.integers(0, size - 6, (n, 1))
        position = np.arange(size)
        stripe = (position >= start) & (position < start + width)
        fill = windows.mean(axis=(1, 2), keepdims=True) if axis == 2 else windows.min(axis=(1, 2), keepdims=True)
        stripe = stripe[:, None, :] if axis == 2 else stripe[:, :, None]
        np.copyto(windows, fill, where=stripe)
