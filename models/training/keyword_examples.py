"""Makes the pool of sounds that keyword_train.py mixes its windows from: log-mel frames of words, other speech and noise.

Run after keyword_decode.py and keyword_speech.py. Writes pool.npz, and held_out.npz: recordings of the words that are hard to tell
from the four, by speakers kept out of training, which thresholds are chosen on.

    python keyword_examples.py --work /tmp/keyword
"""
from __future__ import annotations

import argparse
import zlib
from pathlib import Path

import numpy as np
import scipy.fft
import scipy.signal

from mls_training import frontend

LABELS = ("silence", "unknown", "yes", "no", "up", "down")
WORDS = LABELS[2:]
RATE = frontend.SAMPLE_RATE_HZ
WINDOW = frontend.WINDOW_SAMPLES
NOISE_TRAINING_SHARE = 0.75  # of each noise recording; the rest is for keyword_evaluate.py
CLOSE = ("go_", "off_", "on_", "left_", "right_", "stop_", "unknown_")  # few recordings, and most of the false accepts
HELD_OUT_ONE_OF = 6
VARIANTS = {"close": 6, "other": 2, "sentence": 1}  # the recording itself and varied ones; 2 of all others
COLOURS = 12
TONES = 900


def fast_features(pcm: np.ndarray) -> np.ndarray:
    """frontend.features_int in floating point, for speed (the mean difference is 1e-4): float32 [n, frames, 40], nepers."""
    frames = np.lib.stride_tricks.sliding_window_view(pcm, frontend.FRAME_SAMPLES, axis=1)[:, ::frontend.HOP_SAMPLES]
    magnitude = np.abs(scipy.fft.rfft(frames * WINDOW_SHAPE, frontend.FFT_SAMPLES, axis=-1))
    return np.log(magnitude @ MEL_MATRIX + np.float32(1e-6))


def _fast_tables() -> tuple[np.ndarray, np.ndarray]:
    half = frontend.hann_table() / 2.0 ** 30
    window = (np.concatenate([half, half[-2:0:-1]]) / 32768).astype(np.float32)
    first_bin, weight = frontend.mel_table(frontend.LOG_MEL_40)
    matrix = np.zeros((frontend.FFT_SAMPLES // 2 + 1, frontend.MEL_BANDS + 2), np.float32)
    for band in range(frontend.MEL_BANDS + 1):
        bins = np.arange(first_bin[band], first_bin[band + 1])
        rising = weight[bins - first_bin[0]] / 65536
        matrix[bins, band + 1] = rising
        matrix[bins, band] += 1 - rising
    return window, matrix[:, 1:-1]


WINDOW_SHAPE, MEL_MATRIX = _fast_tables()


def clips_of(file: Path) -> tuple[list[np.ndarray], np.ndarray]:
    data = np.load(file)
    ends = np.cumsum(data["lengths"])
    samples = data["samples"]
    return [samples[e - n:e] for e, n in zip(ends, data["lengths"])], data["labels"]


def save_clips(file: Path, clips: list[np.ndarray], labels: list[str]) -> None:
    np.savez(file, samples=np.concatenate(clips), lengths=np.array([len(c) for c in clips]), labels=np.array(labels))


def word_extent(clip: np.ndarray) -> tuple[int, int]:
    """First and last sample of the loud part: blocks of 10 ms above a share of the loudest and above the floor."""
    blocks = clip[:len(clip) // 160 * 160].astype(np.float64).reshape(-1, 160)
    level = np.convolve(np.sqrt((blocks ** 2).mean(axis=1)), np.ones(3) / 3, "same")
    limit = max(0.08 * level.max(), min(2.0 * np.percentile(level, 15), 0.3 * level.max()))
    loud = np.flatnonzero(level >= limit)
    return max(0, int(loud[0]) * 160 - 320), min(len(clip), int(loud[-1] + 1) * 160 + 480)


def held_out(name: str) -> bool:
    """Whether a recording of the unknown class is kept out of training: all close words of one in six speakers, one in six wake phrases."""
    speaker = name if name.startswith("pv_") else name.split("_nohash")[0].split("_")[-1]
    return name.startswith(("pv_", *CLOSE)) and zlib.crc32(speaker.encode()) % HELD_OUT_ONE_OF == 0


def vary(rng: np.random.Generator, clip: np.ndarray) -> np.ndarray:
    """Speed, room, microphone response."""
    if rng.random() < 0.7:
        count = int(len(clip) / rng.uniform(0.87, 1.15))
        clip = np.interp(np.linspace(0, len(clip) - 1, count), np.arange(len(clip)), clip)
    if rng.random() < 0.4:  # a room: direct sound, then noise that decays
        decay = rng.uniform(0.05, 0.3) * RATE / 6.9
        tail = rng.standard_normal(int(3 * decay)) * np.exp(-np.arange(int(3 * decay)) / decay)
        tail *= rng.uniform(0.2, 0.8) / np.sqrt((tail ** 2).sum())
        clip = clip + np.concatenate([np.zeros(40), scipy.signal.fftconvolve(clip, tail)])[:len(clip)]
    if rng.random() < 0.4:  # a microphone: one shelf up or down
        clip = scipy.signal.lfilter([1, rng.uniform(-0.6, 0.6)], [1], clip)
    return clip


class Pool:
    """Frames of all clips one after another, and for each clip where its frames are and how loud it is."""

    def __init__(self) -> None:
        self.rng = np.random.default_rng(2000)
        self.frames = [np.full((1, frontend.MEL_BANDS), np.log(1e-6), np.float16)]  # frame 0 is perfect silence
        self.count = 1
        self.rows: list[tuple[int, int, float, float, float, float]] = []
        self.groups: list[str] = []

    def add(self, clip: np.ndarray, group: str) -> None:
        first, last = word_extent(clip)
        phase = int(self.rng.integers(frontend.HOP_SAMPLES))
        wave = clip.astype(np.float32)
        peak = float(np.abs(wave).max())
        if peak < 20:
            return
        loud = wave[np.abs(wave) > 0.1 * peak]
        padded = np.concatenate([np.zeros(phase, np.float32), wave, np.zeros(frontend.FRAME_SAMPLES, np.float32)])
        features = fast_features(padded[None])[0].astype(np.float16)
        # A frame counts as of the word when its middle is.
        bounds = [(x + phase - frontend.FRAME_SAMPLES / 2) / frontend.HOP_SAMPLES for x in (first, last)]
        level = float(np.sqrt((loud.astype(np.float64) ** 2).mean()))
        self.rows.append((self.count, len(features), *bounds, peak / 32768, level / 32768))
        self.groups.append(group)
        self.frames.append(features)
        self.count += len(features)

    def add_variants(self, clip: np.ndarray, group: str) -> None:
        self.add(clip, group)
        for _ in range(VARIANTS.get(group, 2) - 1):
            self.add(vary(self.rng, clip.astype(np.float64)), group)


def tones(rng: np.random.Generator) -> np.ndarray:
    """Beeps, chimes, sirens, chords, buzzers: int16, up to a second."""
    sound = np.zeros(0)
    for _ in range(rng.integers(1, 4)):  # one after another
        seconds = rng.uniform(0.04, 0.5)
        t = np.arange(int(seconds * RATE)) / RATE
        part = np.zeros(len(t))
        for _ in range(rng.integers(1, 4)):  # at once
            pitch_hz = 10 ** rng.uniform(2.0, 3.6) * 2 ** (rng.uniform(-1.5, 1.5) * t / seconds * (rng.random() < 0.3))
            wave = np.sin(2 * np.pi * np.cumsum(pitch_hz) / RATE)
            part += np.tanh(wave * 10 ** rng.uniform(0, 1.5)) if rng.random() < 0.4 else wave  # with overtones
        if rng.random() < 0.3:
            part *= 1 + 0.9 * np.sin(2 * np.pi * rng.uniform(4, 60) * t)
        part *= np.exp(-t / rng.uniform(0.03, 0.5)) if rng.random() < 0.4 else 1
        edge = max(1, int(rng.uniform(0, 0.02) * RATE))
        part *= np.minimum(1, np.minimum(np.arange(len(t)), np.arange(len(t))[::-1]) / edge)
        sound = np.concatenate([sound, part, np.zeros(int(rng.uniform(0, 0.15) * RATE))])
    sound = np.concatenate([np.zeros(800), sound[:RATE], np.zeros(800)])
    return np.rint(sound / np.abs(sound).max() * 10 ** rng.uniform(3.2, 4.4)).astype(np.int16)


def noise_frames(rng: np.random.Generator, recordings: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Log-mel frames at level 1 and where each source starts: the recordings, then noises of several colours."""
    sources = []
    for clip in recordings:
        sources += [clip[:int(len(clip) * NOISE_TRAINING_SHARE)].astype(np.float64)] * 2
    for _ in range(COLOURS):
        spectrum = np.fft.rfft(rng.standard_normal(RATE * 12))
        noise = np.fft.irfft(spectrum / np.arange(1, len(spectrum) + 1) ** rng.uniform(0, 1.0), RATE * 12)
        if rng.random() < 0.3:
            noise *= 1 + 0.9 * np.sin(2 * np.pi * rng.uniform(0.5, 12) * np.arange(len(noise)) / RATE)
        sources.append(noise)
    frames, levels = [], []
    for i, source in enumerate(sources):
        source = vary(rng, source) if i % 2 else source
        source = source / np.sqrt((source ** 2).mean()) * 3000
        pieces = np.lib.stride_tricks.sliding_window_view(source, frontend.FRAME_SAMPLES)[::frontend.HOP_SAMPLES]
        frames.append(fast_features(source.astype(np.float32)[None])[0] - np.log(3000 / 32768))
        levels.append(np.sqrt((pieces ** 2).mean(axis=1)) / 3000)
    return np.concatenate(frames).astype(np.float16), np.concatenate(levels).astype(np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    args = parser.parse_args()
    clips, labels = clips_of(args.work / "train.npz")
    names = [Path(str(file)).name for file in np.load(args.work / "train.npz")["files"]]
    exact = frontend.features_int(clips[0][None]) * frontend.FEATURE_SCALE
    assert np.abs(fast_features(clips[0][None]) - exact).mean() < 0.002, "fast_features has left the front end"

    pool, kept, kept_labels = Pool(), [], []
    for clip, label, name in zip(clips, labels, names):
        if label == "_unknown_" and held_out(name):
            kept.append(clip)
            kept_labels.append("_" + name.split("_")[0] + "_")
        elif label == "_unknown_":
            pool.add_variants(clip, "close" if name.startswith(CLOSE) else "sentence" if len(clip) > 1.3 * RATE else "other")
        else:
            pool.add_variants(clip, str(label))
    spoken, spoken_labels = clips_of(args.work / "synthesised.npz")
    for clip, label in zip(spoken, spoken_labels):
        if label in WORDS or label == "_unknown_":
            pool.add_variants(clip, f"spoken {label}")
        elif label == "_sentence_":
            pool.add(clip, "sentence")
        elif label == "_validation_sentence_":
            kept.append(clip)
            kept_labels.append(str(label))
    for _ in range(TONES):
        pool.add(tones(pool.rng), "tone")
    save_clips(args.work / "held_out.npz", kept, kept_labels)
    noise, level = noise_frames(pool.rng, clips_of(args.work / "noise.npz")[0])
    partial = args.work / "pool.tmp.npz"
    np.savez(partial, frames=np.concatenate(pool.frames), clips=np.array(pool.rows, np.float64), groups=np.array(pool.groups),
             noise=noise, noise_level=level)
    partial.rename(args.work / "pool.npz")
    print({g: pool.groups.count(g) for g in sorted(set(pool.groups))}, f"{pool.count} frames, {len(noise)} of noise, {len(kept)} held out")


if __name__ == "__main__":
    main()
