"""Makes the training windows of the keyword model: placed words, noise, rooms, confusable speech, silence.

Run after keyword_decode.py and keyword_speech.py. Writes chunks of log-mel windows [n, 49, 40] and labels.

    python keyword_examples.py --work /tmp/keyword --chunks 12
"""
from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import scipy.fft
import scipy.signal

from mls_training import frontend

LABELS = ("silence", "unknown", "yes", "no", "up", "down")
WORDS = LABELS[2:]
RATE = frontend.SAMPLE_RATE_HZ
WINDOW = frontend.WINDOW_SAMPLES
CHUNK = 12000
NOISE_TRAINING_SHARE = 0.75  # of each noise recording; the rest is for keyword_evaluate.py


def fast_features(pcm: np.ndarray) -> np.ndarray:
    """frontend.features_int in floating point, for speed (the mean difference is 1e-4): float32 [n, frames, 40], nepers."""
    frames = np.lib.stride_tricks.sliding_window_view(pcm, frontend.FRAME_SAMPLES, axis=1)[:, ::frontend.HOP_SAMPLES]
    half = frontend.hann_table() / 2.0 ** 30
    window = (np.concatenate([half, half[-2:0:-1]]) / 32768).astype(np.float32)
    magnitude = np.abs(scipy.fft.rfft(frames * window, frontend.FFT_SAMPLES, axis=-1))
    first_bin, weight = frontend.mel_table(frontend.LOG_MEL_40)
    matrix = np.zeros((magnitude.shape[-1], frontend.MEL_BANDS + 2), np.float32)
    for band in range(frontend.MEL_BANDS + 1):
        bins = np.arange(first_bin[band], first_bin[band + 1])
        rising = weight[bins - first_bin[0]] / 65536
        matrix[bins, band + 1] = rising
        matrix[bins, band] += 1 - rising
    return np.log(magnitude @ matrix[:, 1:-1] + np.float32(1e-6))


def clips_of(file: Path) -> tuple[list[np.ndarray], np.ndarray]:
    data = np.load(file)
    ends = np.cumsum(data["lengths"])
    samples = data["samples"]
    return [samples[e - n:e] for e, n in zip(ends, data["lengths"])], data["labels"]


def word_extent(clip: np.ndarray) -> tuple[int, int]:
    """First and last sample of the loud part: blocks of 10 ms above a share of the loudest and above the floor."""
    blocks = clip[:len(clip) // 160 * 160].astype(np.float64).reshape(-1, 160)
    level = np.convolve(np.sqrt((blocks ** 2).mean(axis=1)), np.ones(3) / 3, "same")
    limit = max(0.08 * level.max(), min(2.0 * np.percentile(level, 15), 0.3 * level.max()))
    loud = np.flatnonzero(level >= limit)
    return max(0, int(loud[0]) * 160 - 320), min(len(clip), int(loud[-1] + 1) * 160 + 480)


class Maker:
    """Draws one window of sound (int16) and its class."""

    def __init__(self, work: Path, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        clips, labels = clips_of(work / "train.npz")
        files = np.load(work / "train.npz")["files"]
        self.words = {w: [c for c, l in zip(clips, labels) if l == w] for w in WORDS}
        names = [Path(str(f)).name for f, l in zip(files, labels) if l == "_unknown_"]
        self.other = [c for c, l in zip(clips, labels) if l == "_unknown_"]
        # Few real examples of the words that sound like the four, and of the many words said once: take them more often.
        few = ("go_", "off_", "on_", "left_", "right_", "stop_", "unknown_")
        weight = np.array([4.0 if name.startswith(few) else 1.0 for name in names])
        self.other_p = weight / weight.sum()
        spoken, spoken_labels = clips_of(work / "synthesised.npz")
        self.spoken = {w: [c for c, l in zip(spoken, spoken_labels) if l == w] for w in (*WORDS, "_unknown_", "_sentence_")}
        self.noise = [c[:int(len(c) * NOISE_TRAINING_SHARE)] for c in clips_of(work / "noise.npz")[0]]

    def pick(self, clips: list[np.ndarray]) -> np.ndarray:
        return clips[self.rng.integers(len(clips))].astype(np.float64)

    def vary(self, clip: np.ndarray) -> np.ndarray:
        """Speed, room, microphone response."""
        rng = self.rng
        if rng.random() < 0.6:
            count = int(len(clip) / rng.uniform(0.87, 1.15))
            clip = np.interp(np.linspace(0, len(clip) - 1, count), np.arange(len(clip)), clip)
        if rng.random() < 0.25:  # a room: direct sound, then noise that decays
            decay = rng.uniform(0.05, 0.3) * RATE / 6.9
            tail = rng.standard_normal(int(3 * decay)) * np.exp(-np.arange(int(3 * decay)) / decay)
            tail *= rng.uniform(0.2, 0.8) / np.sqrt((tail ** 2).sum())
            clip = clip + np.concatenate([np.zeros(40), scipy.signal.fftconvolve(clip, tail)])[:len(clip)]
        if rng.random() < 0.3:  # a microphone: one shelf up or down
            clip = scipy.signal.lfilter([1, rng.uniform(-0.6, 0.6)], [1], clip)
        return clip

    def background(self) -> np.ndarray:
        """A second of noise at level 1: a recording, or noise of a random colour."""
        rng = self.rng
        if rng.random() < 0.65:
            source = self.noise[rng.integers(len(self.noise))]
            start = rng.integers(len(source) - WINDOW)
            noise = source[start:start + WINDOW].astype(np.float64)
        else:
            spectrum = np.fft.rfft(rng.standard_normal(WINDOW))
            noise = np.fft.irfft(spectrum / np.arange(1, len(spectrum) + 1) ** rng.uniform(0, 1.0), WINDOW)
            if rng.random() < 0.3:
                noise *= 1 + 0.9 * np.sin(2 * np.pi * rng.uniform(0.5, 12) * np.arange(WINDOW) / RATE)
        return noise / max(1e-9, np.sqrt((noise ** 2).mean()))

    def place(self, clip: np.ndarray, whole: bool) -> np.ndarray:
        """The window with the word whole at a random place, or with at most 45 % of it at an edge."""
        first, last = word_extent(clip)
        length = last - first
        if whole:
            start = self.rng.integers(min(0, WINDOW - length), max(0, WINDOW - length) + 1)
        elif self.rng.random() < 0.5:
            start = WINDOW - int(length * self.rng.uniform(0.0, 0.45))
        else:
            start = -int(length * self.rng.uniform(0.6, 1.0))
        window = np.zeros(WINDOW)
        offset = start - first  # where sample 0 of the clip goes
        a, b = max(0, offset), min(WINDOW, offset + len(clip))
        if b > a:
            window[a:b] = clip[a - offset:b - offset]
        return window

    def flow(self, clips: list[np.ndarray]) -> np.ndarray:
        """A random window of running speech made of the clips."""
        joined = np.concatenate([np.zeros(self.rng.integers(1, 3000)), *clips, np.zeros(self.rng.integers(1, 3000))])
        if len(joined) < WINDOW:
            joined = np.pad(joined, (0, WINDOW - len(joined)))
        start = self.rng.integers(len(joined) - WINDOW + 1)
        return joined[start:start + WINDOW]

    def real_other(self) -> np.ndarray:
        return self.other[self.rng.choice(len(self.other), p=self.other_p)].astype(np.float64)

    def unknown(self) -> np.ndarray:
        rng, kind = self.rng, self.rng.random()
        if kind < 0.42:
            clip = self.vary(self.real_other())
            return self.place(clip, True) if len(clip) < 1.6 * RATE else self.flow([clip])
        if kind < 0.56:
            trimmed = [c[slice(*word_extent(c))] for c in (self.real_other() for _ in range(2))]
            return self.flow([self.vary(c) for c in trimmed])
        if kind < 0.68:
            return self.place(self.vary(self.pick(self.spoken["_unknown_"])), True)
        if kind < 0.80:
            return self.flow([self.vary(self.pick(self.spoken["_sentence_"]))])
        word = WORDS[rng.integers(4)]
        if kind < 0.87:  # said backwards
            return self.place(self.vary(self.pick(self.words[word]))[::-1], True)
        if kind < 0.92:  # the beginning of one word and the end of another
            a, b = self.pick(self.words[word]), self.real_other()[:RATE]
            a, b = a[slice(*word_extent(a))], b[slice(*word_extent(b))]
            parts = [a[:int(len(a) * 0.45)], b[len(b) // 2:]] if rng.random() < 0.5 else [b[:len(b) // 2], a[int(len(a) * 0.6):]]
            return self.place(np.concatenate([np.zeros(800), *parts, np.zeros(800)]), True)
        return self.place(self.vary(self.pick(self.words[word])), False)

    def __call__(self) -> tuple[np.ndarray, int]:
        rng, kind = self.rng, self.rng.random()
        if kind < 0.08:  # silence: noise at any level, or nothing
            label, sound = 0, np.zeros(WINDOW)
            if rng.random() < 0.9:
                sound = self.background() * 10 ** rng.uniform(-0.5, 3.8)
        else:
            if kind < 0.44:
                label, sound = 1, self.unknown()
            else:
                label = int(rng.integers(2, 6))
                source = self.spoken if rng.random() < 0.12 else self.words
                sound = self.place(self.vary(self.pick(source[LABELS[label]])), True)
            loud = np.abs(sound)
            level = np.sqrt((sound[loud > 0.1 * loud.max()] ** 2).mean()) if loud.max() > 0 else 1.0
            if rng.random() < 0.75:
                sound = sound + self.background() * level * 10 ** (-rng.uniform(-5, 30) / 20)
            sound *= 10 ** rng.uniform(-1.6, 0.05) * 32767 / max(1.0, np.abs(sound).max())
            if rng.random() < 0.5:
                sound += rng.standard_normal(WINDOW) * 10 ** rng.uniform(-0.3, 1.3)
        return np.clip(np.rint(sound), -32768, 32767).astype(np.int16), label


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--chunks", type=int, default=12)
    args = parser.parse_args()
    for chunk in range(args.chunks):
        target = args.work / f"chunk{chunk:02d}.npz"
        if target.exists():
            continue
        make = Maker(args.work, seed=2000 + chunk)
        pcm, labels = np.empty((CHUNK, WINDOW), np.int16), np.empty(CHUNK, np.uint8)
        for i in range(CHUNK):
            pcm[i], labels[i] = make()
        features = np.concatenate([fast_features(part) for part in np.split(pcm, 20)])
        exact = frontend.features_int(pcm[:50]) * frontend.FEATURE_SCALE
        assert np.abs(features[:50] - exact).mean() < 0.002, "fast_features has left the front end"
        partial = target.with_suffix(".tmp.npz")
        np.savez(partial, features=features.astype(np.float16), label=labels)
        partial.rename(target)
        print(f"{target.name}: {np.bincount(labels)}", flush=True)


if __name__ == "__main__":
    main()
