"""Measures a keyword .tflite as the module uses it: sound in, events out. Writes models/keyword/results.json.

    python keyword_evaluate.py --work /tmp/keyword --model ../keyword/keyword.tflite
"""
from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import model_file
import numpy as np
import scipy.stats
from keyword_examples import LABELS, NOISE_TRAINING_SHARE, RATE, WORDS, clips_of, word_extent
from mls_training import decision as twin
from mls_training import frontend

CONFUSED = ("right", "left", "on", "off", "stop", "go", "_unknown_", "_silence_")
LEAD_SAMPLES = RATE  # quiet before and after each clip, so that the word passes through the window
SEED = 5
NOISE_LEVELS_DB = (20, 10, 5, 0)


class Stream:
    """Posteriors of a sound, one row for each evaluation."""

    def __init__(self, model: model_file.Int8Model, every_hops: int) -> None:
        self.model, self.every = model, every_hops
        self.scale, self.zero_point = model.input["quantization"]

    def tensors(self, pcm: np.ndarray) -> np.ndarray:
        features = frontend.features_int(pcm)[0]
        return frontend.quantize(features, self.scale, self.zero_point)

    def posteriors(self, pcm: np.ndarray) -> np.ndarray:
        frames = self.tensors(pcm)
        starts = range(0, len(frames) - frontend.WINDOW_FRAMES + 1, self.every)
        windows = np.stack([frames[s:s + frontend.WINDOW_FRAMES] for s in starts])
        return (self.model.scores(windows).astype(np.int16) + 128).astype(np.uint8)

    def end_ms(self, evaluation: int) -> float:
        return (evaluation * self.every * frontend.HOP_SAMPLES + frontend.WINDOW_SAMPLES) * 1000 / RATE


def events(posteriors: np.ndarray, decision: dict) -> list[tuple[int, int]]:
    return twin.events(posteriors, decision, LABELS)


def quiet(rng: np.random.Generator, samples: int) -> np.ndarray:
    return np.rint(rng.standard_normal(samples) * 3).astype(np.int16)


def surrounded(rng: np.random.Generator, clip: np.ndarray) -> np.ndarray:
    return np.concatenate([quiet(rng, LEAD_SAMPLES), clip, quiet(rng, LEAD_SAMPLES)])


def kept_noise_of(work: Path) -> list[np.ndarray]:
    """What training leaves of the noise recordings."""
    return [c[int(len(c) * NOISE_TRAINING_SHARE):] for c in clips_of(work / "noise.npz")[0]]


def speakers_of(file: Path) -> list[str]:
    """As Speech Commands names them; files without a speaker by themselves."""
    return [Path(str(name)).stem.split("_nohash")[0] for name in np.load(file)["files"]]


def with_noise(rng: np.random.Generator, clip: np.ndarray, noise: np.ndarray, snr_db: float) -> np.ndarray:
    """Clip between quiet parts, all under noise at `snr_db` below the mean power of the clip."""
    wave = np.concatenate([np.zeros(LEAD_SAMPLES), clip, np.zeros(LEAD_SAMPLES)])
    start = rng.integers(len(noise) - len(wave))
    part = noise[start:start + len(wave)].astype(np.float64)
    level = np.sqrt((clip.astype(np.float64) ** 2).mean()) / max(1.0, np.sqrt((part ** 2).mean())) * 10 ** (-snr_db / 20)
    return np.clip(np.rint(wave + part * level), -32768, 32767).astype(np.int16)


def table(truth: list[str], decided: list[str]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for t, d in zip(truth, decided):
        counts.setdefault(t, {})[d] = counts.setdefault(t, {}).get(d, 0) + 1
    return {t: dict(sorted(row.items())) for t, row in sorted(counts.items())}


def summary(counts: dict[str, dict[str, int]]) -> dict:
    words = {w: counts.get(w, {}) for w in WORDS}
    other = [row for label, row in counts.items() if label not in WORDS]
    return {"words_correct": model_file.share(sum(row.get(w, 0) for w, row in words.items()),
                                              sum(sum(row.values()) for row in words.values())),
            "words_as_another_word": sum(n for w, row in words.items() for d, n in row.items() if d in WORDS and d != w),
            "others_accepted": model_file.share(sum(n for row in other for d, n in row.items() if d in WORDS),
                                                sum(sum(row.values()) for row in other))}


def first_word(found: list[tuple[int, int]]) -> str:
    return LABELS[found[0][1]] if found else "none"


def peaks(posteriors: np.ndarray, decision: dict) -> list[int]:
    """The highest mean of each word, in permille: the word is accepted at each threshold up to that."""
    return twin.means(posteriors, decision["average_count"])[:, 2:].max(axis=0).tolist()


def by_speaker(truth: list[str], decided: list[str], speakers: list[str]) -> dict:
    """How even it is: each speaker with all words right, and each with another word accepted."""
    said = {s for s, t in zip(speakers, truth) if t in WORDS}
    missed = {s for s, t, d in zip(speakers, truth, decided) if t in WORDS and t != d}
    others = {s for s, t in zip(speakers, truth) if t not in (*WORDS, "_silence_")}
    accepted = {s for s, t, d in zip(speakers, truth, decided) if s in others and t not in WORDS and d != "none"}
    return {"all_words_right": model_file.share(len(said - missed), len(said)), "other_words_accepted": model_file.share(len(accepted), len(others))}


def latency(stream: Stream, found: list[list[tuple[int, int]]], clips: list[np.ndarray], labels: list[str]) -> dict:
    """Milliseconds from the end of the loud part of a word to the sound that its event was decided on."""
    times = [stream.end_ms(f[0][0]) - (LEAD_SAMPLES + word_extent(clip)[1]) * 1000 / RATE
             for f, clip, label in zip(found, clips, labels) if f and LABELS[f[0][1]] == label]
    return {"n": len(times), **{f"p{q}_ms": round(float(np.percentile(times, q))) for q in (10, 50, 90)}} if times else {"n": 0}


def false_accepts(posteriors: list[np.ndarray], decision: dict, seconds: float) -> dict:
    count = sum(len(events(p, decision)) for p in posteriors)
    hours = seconds / 3600
    low = scipy.stats.chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
    high = scipy.stats.chi2.ppf(0.975, 2 * count + 2) / 2
    return {"events": count, "hours": round(hours, 4), "per_hour": round(count / hours, 2),
            "interval_95_per_hour": [round(low / hours, 2), round(high / hours, 2)]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    args = parser.parse_args()
    manifest = json.loads(args.model.with_suffix(".json").read_text())
    decision = manifest["decision"]
    stream = Stream(model_file.Int8Model(args.model), decision["evaluate_every_hops"])

    def play(clips: list[np.ndarray]) -> list[np.ndarray]:
        rng = np.random.default_rng(SEED)
        return [stream.posteriors(surrounded(rng, c)) for c in clips]

    kept_noise = kept_noise_of(args.work)
    validation, validation_labels = clips_of(args.work / "validation.npz")
    validation_labels = list(map(str, validation_labels))

    test, test_labels = clips_of(args.work / "test.npz")
    test_labels, speakers = list(map(str, test_labels)), speakers_of(args.work / "test.npz")
    windows = np.zeros((len(test), frontend.WINDOW_SAMPLES), np.int16)
    for window, clip in zip(windows, test):
        part = clip[:frontend.WINDOW_SAMPLES]
        window[:len(part)] = part
    tensors = frontend.quantize(frontend.features_int(windows), stream.scale, stream.zero_point)
    scores = stream.model.scores(tensors)
    reference = model_file.Int8Model(args.model, reference_kernels=True).scores(tensors[:100])
    results = {
        "schema": "mlsensor-results/1", "script": "models/training/keyword_evaluate.py", "seed": SEED,
        "model_sha256": hashlib.sha256(args.model.read_bytes()).hexdigest(), "decision": decision,
        "interval": "95 %: Wilson for shares, exact Poisson for rates",
        "window": {"what": "test split, the first 0.98 s of each clip, largest output", "split": "test",
                   "counts": table(test_labels, [LABELS[i] for i in scores.argmax(axis=1)])},
        "largest_difference_to_reference_kernels": int(np.abs(reference.astype(int) - scores[:100]).max()),
    }
    held_out, held_out_labels = clips_of(args.work / "held_out.npz")
    single = [i for i, label in enumerate(held_out_labels) if label != "_validation_sentence_"]
    for name, what, clips, labels in (
            ("test", "test split", test, test_labels), ("validation", "validation split", validation, validation_labels),
            ("held_out", "recordings of the unknown class kept out of training", [held_out[i] for i in single],
             [str(held_out_labels[i]) for i in single])):
        played = play(clips)
        found = [events(p, decision) for p in played]
        counts = table(list(labels), [first_word(f) for f in found])
        results[f"stream_{name}"] = {"what": f"{what}, 1 s of quiet around each clip, first event", "counts": counts,
                                     **summary(counts), "latency": latency(stream, found, clips, labels)}
        if name == "test":
            decided = [first_word(f) for f in found]
            results["stream_test"]["speakers"] = by_speaker(test_labels, decided, speakers)
            scores_at = {"none": [[d, *peaks(p, decision)] for d, p in zip(decided, played)]}
    for snr in NOISE_LEVELS_DB:
        rng = np.random.default_rng((SEED, snr))
        noisy = [stream.posteriors(with_noise(rng, c, kept_noise[rng.integers(len(kept_noise))], snr)) for c in test]
        decided = [first_word(events(p, decision)) for p in noisy]
        counts = table(test_labels, decided)
        results[f"stream_test_{snr}_db"] = {"what": f"the same under the kept quarter of the noise recordings, {snr} dB",
                                            "counts": counts, **summary(counts)}
        scores_at[f"{snr} dB"] = [[d, *peaks(p, decision)] for d, p in zip(decided, noisy)]
    spoken, spoken_labels = clips_of(args.work / "synthesised.npz")
    for kind, what in (("test", "espeak-ng voices kept out of training"),
                       ("plain", "espeak-ng plain voices, default speed and pitch (such voices are in training)")):
        chosen = [i for i, l in enumerate(spoken_labels) if str(l).startswith(kind + ":")]
        counts = table([str(spoken_labels[i]).split(":")[1] for i in chosen],
                       [first_word(events(p, decision)) for p in play([spoken[i] for i in chosen])])
        results[f"stream_espeak_{kind}"] = {"what": what, "counts": counts, **summary(counts)}
    speech = clips_of(args.work / "continuous.npz")[0]
    results["false_accepts_speech"] = {"what": "sentences of the continuous split, played one by one"} | false_accepts(
        [stream.posteriors(c) for c in speech], decision, sum(map(len, speech)) / RATE)
    results["false_accepts_noise"] = {"what": "the quarter of the noise recordings kept out of training"} | false_accepts(
        [stream.posteriors(c) for c in kept_noise], decision, sum(map(len, kept_noise)) / RATE)
    results["scores_test"] = {
        "what": "each clip of stream_test, and for each level of noise what was decided and the highest mean of each word in permille",
        "words": list(WORDS), "class_and_speaker": [list(row) for row in zip(test_labels, speakers)], "decided_and_scores": scores_at}
    (args.model.parent / "results.json").write_text(model_file.results_text(results) + "\n")
    for key, value in results.items():
        if isinstance(value, dict) and "what" in value and key != "scores_test":
            print(key, {k: v for k, v in value.items() if k not in ("what", "counts")} or value["counts"])


if __name__ == "__main__":
    main()
