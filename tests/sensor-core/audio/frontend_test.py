#!/usr/bin/env python3
"""The Python twin of the audio front end: golden vectors, tables, and closeness to the floating-point formula.

The formula is that of tf.signal: stft, linear_to_mel_weight_matrix, mfccs_from_log_mel_spectrograms.
"""
import json
import sys
import unittest
from pathlib import Path

try:
    import numpy as np
except ImportError:
    print("SKIPPED: numpy is not installed, the Python audio front end stays untested")
    sys.exit(77)

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "models/training/mls_training"))

import frontend as fe  # noqa: E402
import make_frontend_tables  # noqa: E402


def reference(pcm, preset):
    gain = max(int(pcm.max()), 1) if preset.normalise_gain else 32768
    frames = np.lib.stride_tricks.sliding_window_view(pcm / gain, 480)[::320]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(480) / 480)
    magnitude = np.abs(np.fft.rfft(frames * hann, 512))

    def mel(hz):
        return 1127 * np.log(1 + hz / 700)

    edges = np.linspace(mel(preset.lower_hz), mel(preset.upper_hz), 42)
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    bins = mel(np.linspace(0, 8000, 257)[1:])[:, None]
    weights = np.maximum(0, np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre)))
    logs = np.log(magnitude[:, 1:] @ weights + 1e-6)
    if preset.feature_bins == 40:
        return logs
    n, k = np.arange(40), np.arange(10)[:, None]
    return logs @ (2 * np.cos(np.pi * k * (2 * n + 1) / 80) / np.sqrt(80)).T


def sounds():
    rng = np.random.default_rng(1)
    t = np.arange(16000) / 16000
    yield "silence", np.zeros(16000)
    yield "full-scale noise", rng.uniform(-32768, 32767, 16000)
    yield "quiet noise", rng.normal(0, 30, 16000)
    yield "one bit of noise", rng.integers(-1, 2, 16000)
    yield "quiet sine", 300 * np.sin(2 * np.pi * 440.3 * t)
    yield "chirp", 20000 * np.sin(2 * np.pi * (50 * t + 3900 * t * t))
    yield "square", np.where(np.arange(16000) // 20 % 2, 32767, -32768)


class FrontEnd(unittest.TestCase):
    def test_features_stay_close_to_the_floating_point_formula(self):
        # A quarter of a step of an int8 tensor: the log-mel range of 20 gives steps of 0.078, the MFCC model has 0.58.
        for name, sound in sounds():
            pcm = np.rint(sound).astype(np.int16)
            for preset, limit in ((fe.LOG_MEL_40, 0.02), (fe.MFCC_10, 0.02)):
                with self.subTest(sound=name, preset=preset.name):
                    error = fe.features_int(pcm, preset)[0] * fe.FEATURE_SCALE - reference(pcm, preset)
                    self.assertLess(np.abs(error).max(), limit)

    def test_golden_vectors(self):
        folder = Path(__file__).parent / "golden"
        manifest, data = json.loads((folder / "front_end.json").read_text()), (folder / "front_end.bin").read_bytes()
        pcm = np.frombuffer(data, "<i2", manifest["pcm_samples"]).astype(np.int16)
        for case in manifest["cases"]:
            with self.subTest(**case):
                start = case["first_sample"]
                features = fe.features_int(pcm[start:start + fe.WINDOW_SAMPLES], case["preset"])
                expected = np.frombuffer(data, "<i4", case["values"], case["features_offset"])
                np.testing.assert_array_equal(features.ravel(), expected)
                tensor = np.frombuffer(data, "i1", case["values"], case["tensor_offset"])
                np.testing.assert_array_equal(fe.quantize(features, case["scale"], case["zero_point"]).ravel(), tensor)

    def test_tables_and_golden_files_are_current(self):
        sys.argv = ["make_frontend_tables.py", "--check"]
        self.assertEqual(make_frontend_tables.main(), 0)

    def test_batches_do_not_change_the_result(self):
        pcm = np.random.default_rng(2).integers(-9000, 9000, (5, 16000)).astype(np.int16)
        for preset in fe.PRESETS:
            whole = fe.features_int(pcm, preset)
            self.assertEqual(whole.shape[:2], (5, 49))
            for frames_per_batch in (1, 49, 100):
                np.testing.assert_array_equal(fe.features_int(pcm, preset, frames_per_batch), whole)

    def test_refuses_what_is_not_sound(self):
        for bad in (np.zeros((2, 16000)), np.zeros((2, 479), np.int16), np.zeros((1, 2, 16000), np.int16)):
            with self.assertRaises(ValueError):
                fe.features_int(bad)

    def test_quantize_refuses_scales_out_of_range(self):
        for scale in (0.0, -1.0, 1e-9, 3000.0, float("inf"), float("nan")):
            with self.assertRaises(ValueError):
                fe.quantizer(scale)


if __name__ == "__main__":
    unittest.main()
