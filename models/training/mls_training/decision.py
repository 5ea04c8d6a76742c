"""The decision of a keyword module in Python, equal to KeywordDecision of the sensor core evaluation by evaluation.

`decision` is that of a manifest, where all settings but the thresholds may be missing.
"""
from __future__ import annotations

import numpy as np

HOP_MS = 20
NO_WORDS = ("silence", "unknown", "noise", "background", "other")


def permille(posteriors: np.ndarray) -> np.ndarray:
    """Of posteriors in 1/256, 0 to 255."""
    return (posteriors.astype(np.int64) * 1000 + 128) // 256


def means(posteriors: np.ndarray, count: int) -> np.ndarray:
    """Permille [evaluations, classes], each the rounded mean of the last `count`; -1 before there are so many."""
    total = np.cumsum(np.concatenate([np.zeros((1, posteriors.shape[1]), np.int64), permille(posteriors)]), axis=0)
    result = np.full(posteriors.shape, -1, np.int64)
    result[count - 1:] = (total[count:] - total[:-count] + count // 2) // count
    return result


def offsets(decision: dict, labels: list[str]) -> np.ndarray:
    words = decision.get("word_offsets_permille", {})
    return np.array([words.get(label, 0) for label in labels])


def events(posteriors: np.ndarray, decision: dict, labels: list[str]) -> list[tuple[int, int]]:
    """(evaluation, class) of each event; posteriors in 1/256 [evaluations, classes]."""
    words = [i for i, label in enumerate(labels) if not label.startswith("_") and label not in NO_WORDS]
    high, low = (np.clip(decision[f"{name}_threshold_permille"] + offsets(decision, labels), 1, 1000)[words] for name in ("high", "low"))
    averages = means(posteriors, decision.get("average_count", 1))
    above = averages[:, words] - high
    if len(above) == 0 or above.max() < 0:
        return []
    period_ms = decision.get("evaluate_every_hops", 5) * HOP_MS
    hold_off_ms = max(decision.get("refractory_ms", 0), decision.get("min_report_interval_ms", 0))
    consecutive = decision.get("consecutive_count", 1)
    best = above.argmax(axis=1)
    found, candidate, positive, agreed, differing, since, last = [], -1, False, False, 0, None, None
    for i, word in enumerate(map(int, best)):
        time_ms = i * period_ms
        if averages[i, 0] < 0:
            continue
        if word != candidate and (not positive or above[i, word] >= 0):
            candidate, positive, agreed, differing, since = word, False, False, 0, None
        if last is not None and time_ms - last >= hold_off_ms:
            last = None
        heard = averages[i, words[candidate]] >= (low if positive else high)[candidate]
        differing = 0 if heard == agreed else differing + 1
        if differing >= consecutive:
            agreed, differing = heard, 0
        wanted = agreed and (positive or last is None)
        if wanted == positive:
            since = None
            continue
        since = time_ms if since is None else since
        if time_ms - since >= decision.get("on_delay_ms" if wanted else "off_delay_ms", 0):
            positive, since = wanted, None
            if positive:
                found.append((i, words[candidate]))
                last = time_ms
    return found
