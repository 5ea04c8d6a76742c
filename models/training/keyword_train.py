"""Trains the keyword network on the chunks that keyword_examples.py wrote. Resumes from the last finished epoch.

    python keyword_train.py --work /tmp/keyword --epochs 14
"""
from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
import numpy as np
import tensorflow as tf

from keyword_examples import LABELS
from mls_training import frontend

FRAMES, BINS = frontend.WINDOW_FRAMES, frontend.MEL_BANDS
BATCH = 128
SAMPLES_PER_EPOCH = 24000
PEAK_RATE = 3e-3


def network() -> tf.keras.Model:
    """Depthwise-separable CNN: 49x40 log-mel in nepers to softmax of LABELS."""
    layers = tf.keras.layers

    def norm(x: tf.Tensor) -> tf.Tensor:
        return layers.ReLU()(layers.BatchNormalization(momentum=0.98)(x))

    inputs = layers.Input((FRAMES, BINS, 1), name="log_mel")
    # No padding here: a padded zero would be a loud tone in log-mel.
    x = norm(layers.Conv2D(32, (10, 4), strides=2, use_bias=False)(inputs))
    for filters, stride in ((64, 2), (64, 1), (64, 1), (64, 1), (64, 1)):
        x = norm(layers.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False)(x))
        x = norm(layers.Conv2D(filters, 1, use_bias=False)(x))
    x = layers.AveragePooling2D((10, 10))(x)
    x = layers.Dropout(0.2)(x)
    x = layers.Conv2D(len(LABELS), 1)(x)
    return tf.keras.Model(inputs, layers.Softmax()(layers.Reshape((len(LABELS),))(x)))


def batches(work: Path, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """One epoch of batches from two chunks (all chunks take turns), with stripes of time and frequency blanked."""
    rng = np.random.default_rng(seed)
    files = sorted(work.glob("chunk??.npz"))
    chosen = [np.load(files[(2 * seed + k) % len(files)]) for k in range(2)]
    features = np.concatenate([c["features"] for c in chosen])
    labels = np.concatenate([c["label"] for c in chosen])
    order = rng.permutation(len(labels))[:SAMPLES_PER_EPOCH // BATCH * BATCH]
    smooth = 0.05
    for rows in order.reshape(-1, BATCH):
        x = features[rows].astype(np.float32)
        for window in x:
            if rng.random() < 0.5:
                start, width = rng.integers(0, BINS - 6), rng.integers(1, 7)
                window[:, start:start + width] = window.mean()
            if rng.random() < 0.4:
                start, width = rng.integers(0, FRAMES - 6), rng.integers(1, 7)
                window[start:start + width] = window.min()
        y = np.eye(len(LABELS), dtype=np.float32)[labels[rows]] * (1 - smooth) + smooth / len(LABELS)
        yield x[..., None], y


def validation_windows(work: Path) -> tuple[np.ndarray, np.ndarray]:
    """The validation recordings as they are: the whole second, or the middle second of the longer ones."""
    data = np.load(work / "validation.npz")
    samples, position = data["samples"], 0
    windows = np.zeros((len(data["lengths"]), frontend.WINDOW_SAMPLES), np.int16)
    for window, length in zip(windows, map(int, data["lengths"])):
        start = position + max(0, (length - frontend.WINDOW_SAMPLES) // 2)
        position += length
        part = samples[start:min(position, start + frontend.WINDOW_SAMPLES)]
        window[:len(part)] = part
    labels = [LABELS.index(label) if label in LABELS else 1 for label in data["labels"]]
    return (frontend.features_int(windows) * frontend.FEATURE_SCALE).astype(np.float32)[..., None], np.array(labels)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--name", default="keyword", help="name of the checkpoint")
    args = parser.parse_args()
    tf.keras.utils.set_random_seed(7)
    tf.config.threading.set_intra_op_parallelism_threads(2)
    windows, truth = validation_windows(args.work)

    model = network()
    steps = SAMPLES_PER_EPOCH // BATCH
    optimizer = tf.keras.optimizers.legacy.Adam(tf.keras.optimizers.schedules.CosineDecay(
        2e-4, args.epochs * steps, warmup_target=PEAK_RATE, warmup_steps=steps))
    model.compile(optimizer, tf.keras.losses.CategoricalCrossentropy())
    epoch_number = tf.Variable(0, dtype=tf.int64)
    checkpoint = tf.train.Checkpoint(model=model, optimizer=optimizer, epoch=epoch_number)
    manager = tf.train.CheckpointManager(checkpoint, str(args.work / args.name), max_to_keep=1)
    checkpoint.restore(manager.latest_checkpoint).expect_partial()

    signature = (tf.TensorSpec((BATCH, FRAMES, BINS, 1)), tf.TensorSpec((BATCH, len(LABELS))))
    for epoch in range(int(epoch_number), args.epochs):
        started = time.time()
        data = tf.data.Dataset.from_generator(lambda seed=epoch: batches(args.work, seed), output_signature=signature)
        history = model.fit(data.prefetch(4), epochs=1, verbose=0)
        epoch_number.assign(epoch + 1)
        manager.save()
        decided = model.predict(windows, batch_size=256, verbose=0).argmax(axis=1)
        print(f"epoch {epoch + 1}: loss {history.history['loss'][0]:.4f}, validation words "
              f"{(decided == truth)[truth >= 2].mean():.4f}, unknown as a word {(decided >= 2)[truth == 1].mean():.4f}, "
              f"{time.time() - started:.0f} s", flush=True)
    model.save_weights(str(args.work / f"{args.name}.weights.h5"))


if __name__ == "__main__":
    main()
