"""Measures the limits of the envelope (docs/robustness.md): clips, blurs and freezes real recordings and photographs, plays them through the module's
own code, and prints what it made of them.

    python3 envelope.py --bin build/release/bin --speech speech --person person
"""
import argparse
import csv
import json
import pathlib
import random
import subprocess
import tempfile

import cv2
import numpy as np
import soundfile

WORDS = ("yes", "no", "up", "down")
GAINS_DB = (0, 12, 18, 24, 30, 36, 42)
CLIPPED_SHARES = (0, 0.0005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 1.01)
BLUR_SIGMAS_PX = (0, 0.7, 1, 1.5, 2, 3, 4)  # of a picture whose short side is 96 pixels
NOISE_SIGMAS = (0, 0.1, 0.25, 0.5, 1)       # grey levels
CAPTURES = 12


def rows(folder):
    with open(folder / "index.csv", newline="") as file:
        return list(csv.DictReader(file))


def evaluate(arguments, profile, data, *more):
    scores = data / "scores.jsonl"
    subprocess.run([arguments.bin / "mlsensor-models", "evaluate", profile, "--data", data, "--scores", scores, *more], check=True, capture_output=True, timeout=900)
    return [json.loads(line) for line in scores.read_text().splitlines()]


def clipping(arguments, rng):
    with tempfile.TemporaryDirectory() as name:
        data, share = pathlib.Path(name), {}
        chosen = [row for row in rows(arguments.speech) if row["split"] == "validation" and row["label"] in WORDS]
        for row in rng.sample(chosen, arguments.count):
            (data / row["label"]).mkdir(exist_ok=True)
            samples, rate = soundfile.read(arguments.speech / row["file"])
            for gain_db in GAINS_DB:
                loud = np.clip(np.round(samples * 32768 * 10 ** (gain_db / 20)), -32768, 32767).astype(np.int16)
                file = f"{row['label']}/{pathlib.Path(row['file']).stem}_{gain_db}.wav"
                soundfile.write(data / file, loud, rate, subtype="PCM_16")
                share[file] = np.mean((loud == 32767) | (loud == -32768))
        results = evaluate(arguments, "keyword", data, "--ignore-envelope")
        flagged = {row["file"] for row in evaluate(arguments, "keyword", data) if "clipped" in row["flags"]}
    print(f"clipping: {arguments.count} validation recordings of the four words, each at {len(GAINS_DB)} gains")
    for low, high in zip(CLIPPED_SHARES, CLIPPED_SHARES[1:]):
        group = [row for row in results if low <= share[row["file"]] < high]
        right = sum(row["decided"] == row["class"] for row in group)
        print(f"  {100 * low:6.2f} to {100 * high:6.2f} % of the samples clipped: {right:4} of {len(group):4} right if judged, "
              f"{sum(row['file'] in flagged for row in group):4} flagged")


def square(path):
    """The centre square, 96 pixels a side, in grey: what the front end sees."""
    picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    side = min(picture.shape)
    top, left = (picture.shape[0] - side) // 2, (picture.shape[1] - side) // 2
    return cv2.resize(picture[top:top + side, left:left + side], (96, 96), interpolation=cv2.INTER_AREA)


def blur(arguments, rng):
    chosen = rng.sample(rows(arguments.person), arguments.count)
    print(f"blur: {len(chosen)} photographs, Gaussian")
    for sigma in BLUR_SIGMAS_PX:
        with tempfile.TemporaryDirectory() as name:
            data = pathlib.Path(name)
            for i, row in enumerate(chosen):
                (data / row["label"]).mkdir(exist_ok=True)
                picture = square(arguments.person / row["file"])
                cv2.imwrite(str(data / row["label"] / f"{i}.png"), cv2.GaussianBlur(picture, (0, 0), sigma) if sigma else picture)
            results = evaluate(arguments, "person", data)
        flagged = sum("blurred" in row["flags"] for row in results)
        shares = [np.mean([(row["decided"] == "person") == (label == "person") for row in results if row["class"] == label]) for label in ("person", "none")]
        print(f"  sigma {sigma:3} px: {flagged:4} of {len(results)} flagged; balanced accuracy {100 * np.mean(shares):.1f} %")


def frozen(arguments, rng):
    chosen = rng.sample(rows(arguments.person), arguments.count)
    noise = np.random.default_rng(1)
    print(f"frozen: {len(chosen)} photographs, {CAPTURES} captures of each with noise of the camera")
    for sigma in NOISE_SIGMAS:
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name) / "pictures"
            folder.mkdir()
            for i, row in enumerate(chosen):
                picture = square(arguments.person / row["file"]).astype(np.float64)
                for capture in range(CAPTURES):
                    noisy = np.clip(np.round(picture + noise.normal(0, sigma, picture.shape)), 0, 255)
                    cv2.imwrite(str(folder / f"{i * CAPTURES + capture:07}.png"), noisy.astype(np.uint8))
            address = f"unix:{name}/socket"
            module = subprocess.Popen([arguments.bin / "mlsensor-module", "--profile", "person", "--input", folder, "--speed", "max", "--fps", "1000", "--listen", address],
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            module.stdout.readline()
            for line in module.stderr:
                if "input has ended" in line:
                    break
            shown = subprocess.run([arguments.bin / "mlsensor", "--json", "get", address, "power.invalid_count"], check=True, capture_output=True, text=True, timeout=60)
            module.terminate()
            module.wait(60)
        print(f"  noise of {sigma} grey levels: {json.loads(shown.stdout)['power.invalid_count']} of {len(chosen) * CAPTURES} captures not judged")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="where mlsensor-models and mlsensor-module are")
    parser.add_argument("--speech", type=pathlib.Path, required=True)
    parser.add_argument("--person", type=pathlib.Path, required=True)
    parser.add_argument("--count", type=int, default=300)
    parsed = parser.parse_args()
    for measure in (clipping, blur, frozen):
        measure(parsed, random.Random(1))
