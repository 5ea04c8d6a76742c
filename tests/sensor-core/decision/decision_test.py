#!/usr/bin/env python3
"""The Python twin of the keyword decision gives the events that the C++ test expects too. `decision_test.py --write` makes the file anew."""
import json
import sys
import unittest
from pathlib import Path

try:
    import numpy as np
except ImportError:
    print("SKIPPED: numpy is not installed, the Python decision stays untested")
    sys.exit(77)

ROOT = Path(__file__).resolve().parents[3]
GOLDEN = ROOT / "tests/sensor-core/decision/golden/keyword_events.json"
sys.path.insert(0, str(ROOT / "models/training/mls_training"))

import decision as twin  # noqa: E402

LABELS = ["silence", "unknown", "yes", "no", "up", "down"]
PLAIN = {"high_threshold_permille": 500, "low_threshold_permille": 300}
CASES = (PLAIN, {"average_count": 3}, {"average_count": 8, "refractory_ms": 800}, {"consecutive_count": 2}, {"on_delay_ms": 150, "refractory_ms": 250},
         {"off_delay_ms": 250}, {"min_report_interval_ms": 450, "refractory_ms": 200}, {"average_count": 16, "high_threshold_permille": 250, "low_threshold_permille": 250},
         {"average_count": 2, "consecutive_count": 3, "on_delay_ms": 100, "off_delay_ms": 300},
         {"average_count": 4, "word_offsets_permille": {"yes": 60, "no": -40, "up": 120}},
         {"average_count": 5, "consecutive_count": 2, "refractory_ms": 600, "word_offsets_permille": {"yes": -250, "up": -499, "down": 700}})


def posteriors() -> np.ndarray:
    """Words that come, linger and overlap: 180 evaluations of int8 softmaxes, as whole 1/256."""
    rng = np.random.default_rng(3)
    strength = np.zeros((180, len(LABELS)))
    for _ in range(60):
        start, length, label = rng.integers(180), rng.integers(1, 12), rng.integers(len(LABELS))
        strength[start:start + length, label] += rng.uniform(1, 5)
    share = np.exp(strength + rng.normal(0, 0.3, strength.shape))
    return np.minimum(255, np.rint(256 * share / share.sum(axis=1, keepdims=True))).astype(np.uint8)


def cases(rows: np.ndarray) -> list[dict]:
    return [{"decision": {**PLAIN, **case}, "offsets_permille": twin.offsets(case, LABELS).tolist(), "events": twin.events(rows, {**PLAIN, **case}, LABELS)}
            for case in CASES]


class Decision(unittest.TestCase):
    def test_events_are_those_of_the_golden_file(self):
        golden = json.loads(GOLDEN.read_text())
        rows = np.array(golden["posteriors"], np.uint8)
        self.assertEqual(json.loads(json.dumps(cases(rows))), golden["cases"])

    def test_words_are_those_of_the_manifest_reader(self):
        rows = np.full((3, 3), 255, np.uint8)
        self.assertEqual(twin.events(rows, PLAIN, ["_a", "noise", "yes"]), [(0, 2)])

    def test_no_evaluations_give_no_events(self):
        self.assertEqual(twin.events(np.zeros((0, 6), np.uint8), PLAIN, LABELS), [])
        self.assertEqual(twin.events(np.full((2, 6), 255, np.uint8), {**PLAIN, "average_count": 3}, LABELS), [])


if __name__ == "__main__":
    if "--write" in sys.argv:
        lines = [json.dumps(row) for row in posteriors().tolist()]
        found = [json.dumps(case) for case in cases(posteriors())]
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text('{"posteriors": [\n' + ",\n".join(lines) + '],\n"cases": [\n' + ",\n".join(found) + "]}\n")
    else:
        unittest.main()
