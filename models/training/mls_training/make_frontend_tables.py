#!/usr/bin/env python3
"""Writes the tables and the golden vectors of the C++ audio front end from frontend.py. With --check: compares them.

Golden vectors: front_end.json says what front_end.bin holds. All numbers in the .bin are little-endian.
"""
import argparse
import json
import sys
from pathlib import Path

import numpy as np

import frontend as fe

ROOT = Path(__file__).resolve().parents[3]
TABLES = ROOT / "sensor-core/src/audio/front_end_tables.inc"
GOLDEN = ROOT / "tests/sensor-core/audio/golden"
SEGMENT_SAMPLES = 8000
QUANTISATION = {"kLogMel40": (0.0784313753247261, 49), "kMfcc10": (0.584702909, 83)}


def array(ctype: str, name: str, values) -> str:
    text, line = f"constexpr {ctype} {name}[{len(values)}] = {{", ""
    for value in values:
        item = f" {int(value)},"
        if len(line) + len(item) > 110:
            text, line = text + "\n   " + line, ""
        line += item
    return text + "\n   " + line + "\n};\n"


def tables() -> str:
    text = "// Written by models/training/mls_training/make_frontend_tables.py from frontend.py, which explains.\n"
    text += array("int32_t", "kHannQ30", fe.hann_table())
    text += array("int32_t", "kCosineQ30", fe.cosine_table())
    text += array("uint32_t", "kLog2Q24", fe.log2_table())
    text += array("int16_t", "kDctQ17", fe.dct_table().ravel())
    for preset in fe.PRESETS.values():
        first_bin, weight = fe.mel_table(preset)
        name = preset.name.removeprefix("k")
        text += array("uint8_t", f"k{name}FirstBin", first_bin)
        text += array("uint16_t", f"k{name}WeightQ16", weight)
    return text


def golden_pcm() -> np.ndarray:
    n = np.arange(SEGMENT_SAMPLES)
    t = n / fe.SAMPLE_RATE_HZ
    state, noise = 1, []
    for _ in n:
        state = (state * 1664525 + 1013904223) % (1 << 32)
        noise.append((state >> 16) - 32768)
    segments = [np.zeros(SEGMENT_SAMPLES),                             # Silence.
                12000 * np.sin(2 * np.pi * 997 * t),                   # Sine.
                20000 * np.sin(2 * np.pi * (100 * t + 7500 * t * t)),  # Chirp, 100 Hz to 7600 Hz.
                np.where((n // 23) % 2 == 0, 32767, -32768),           # Full-scale square.
                np.array(noise)]                                       # Linear congruential generator.
    return np.rint(np.concatenate(segments)).astype(np.int16)


def golden() -> tuple[str, bytes]:
    pcm = golden_pcm()
    blob, cases = pcm.astype("<i2").tobytes(), []
    for preset in fe.PRESETS.values():
        scale, zero_point = QUANTISATION[preset.name]
        for start in range(0, len(pcm) - fe.WINDOW_SAMPLES, SEGMENT_SAMPLES):
            features = fe.features_int(pcm[start:start + fe.WINDOW_SAMPLES], preset)
            tensor = fe.quantize(features, scale, zero_point)
            cases.append({"preset": preset.name, "first_sample": start, "scale": scale, "zero_point": zero_point,
                          "values": features.size, "features_offset": len(blob),
                          "tensor_offset": len(blob) + 4 * features.size})
            blob += features.astype("<i4").tobytes() + tensor.tobytes()
    head = json.dumps({"pcm_samples": len(pcm), "feature_scale": fe.FEATURE_SCALE}, indent=1)[:-2]
    lines = ",\n".join("  " + json.dumps(case) for case in cases)
    return f'{head},\n "cases": [\n{lines}\n ]\n}}\n', blob


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the files instead of writing them")
    arguments = parser.parse_args()
    manifest, blob = golden()
    files = {TABLES: tables().encode(), GOLDEN / "front_end.json": manifest.encode(), GOLDEN / "front_end.bin": blob}
    stale = [path for path, content in files.items() if not path.exists() or path.read_bytes() != content]
    for path in stale:
        if arguments.check:
            print(f"{path.relative_to(ROOT)} is not what make_frontend_tables.py writes", file=sys.stderr)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(files[path])
    return 1 if arguments.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
