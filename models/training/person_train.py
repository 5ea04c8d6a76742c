"""Trains the person network on the chunks of person_crops.py and person_teach.py. Resumes from the last finished epoch.

Besides the class the network learns the teacher's pooled features, by a linear head that is dropped afterwards: the class
alone says too little to learn from in minutes.

    python person_train.py --work /tmp/person --epochs 12 --small 10
"""
from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
import cv2
import numpy as np
import tensorflow as tf

import person_crops
import person_teach

SIDE = 96
BATCH = 128
SMALL_SIDE = 64  # the first epochs use smaller pictures: half the time for the same number of pictures
SAMPLES_PER_EPOCH = 10000
PEAK_RATE = 3e-3


def network(training: bool = False) -> tf.keras.Model:
    """MobileNetV1 of width 0.25 with a narrower tail: 96x96 grey in 0..1 to softmax of no person, person.
    For training it takes pictures of any size and has a second head that predicts the teacher's features."""
    layers = tf.keras.layers

    def norm(x: tf.Tensor) -> tf.Tensor:
        return layers.ReLU(6.0)(layers.BatchNormalization(momentum=0.98)(x))

    inputs = layers.Input((None, None, 1) if training else (SIDE, SIDE, 1), name="grey")
    x = norm(layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(inputs))
    for filters, stride in ((16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2), (128, 1), (128, 1), (128, 1),
                            (128, 1), (128, 1), (192, 2), (192, 1)):
        x = norm(layers.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False)(x))
        x = norm(layers.Conv2D(filters, 1, use_bias=False)(x))
    pooled = layers.GlobalAveragePooling2D(keepdims=True)(x) if training else layers.AveragePooling2D(3)(x)
    x = layers.Softmax(name="class")(layers.Reshape((2,))(layers.Conv2D(2, 1)(pooled)))
    if not training:
        return tf.keras.Model(inputs, x)
    head = layers.Reshape((person_teach.FEATURES,), name="features")(layers.Conv2D(person_teach.FEATURES, 1, name="to_features")(pooled))
    return tf.keras.Model(inputs, {"class": x, "features": head})


def degrade(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    """One 96x96 picture in 0..1 with the light, contrast, noise and blur of a poor camera."""
    x = picture.astype(np.float32) * (1 / 255)
    if rng.random() < 0.5:
        x = x[:, ::-1]
    if rng.random() < 0.8:
        x = x ** np.float32(np.exp(rng.normal(0, 0.25)))
        x = (x - 0.5) * np.float32(rng.uniform(0.5, 1.3)) + np.float32(0.5 + rng.normal(0, 0.10))
    if rng.random() < 0.15:
        x = cv2.GaussianBlur(x, (0, 0), float(rng.uniform(0.5, 1.3)))
    if rng.random() < 0.4:
        x = x + rng.standard_normal((SIDE, SIDE), np.float32) * np.float32(rng.uniform(0.005, 0.06))
    if rng.random() < 0.2:  # something dark or bright covers a part
        w, h = rng.integers(8, 36, 2)
        left, top = rng.integers(0, SIDE - w), rng.integers(0, SIDE - h)
        x = x.copy()
        x[top:top + h, left:left + w] = np.float32(rng.random())
    return np.clip(x, 0, 1)


def batches(work: Path, seed: int, side: int = SIDE) -> Iterator[tuple[np.ndarray, dict[str, np.ndarray]]]:
    """One epoch of batches from two chunks (all chunks take turns): pictures, class and standardised teacher features."""
    rng = np.random.default_rng(seed)
    room = person_crops.SIZE - SIDE
    taught = sorted(work.glob("taught??.npy"))
    first = np.load(taught[0]).astype(np.float32)
    mean, spread = first.mean(axis=0), first.std(axis=0) + 1.0
    loaded = []
    for k in range(min(2, len(taught))):
        file = taught[(2 * seed + k) % len(taught)]
        chunk = np.load(file.with_name(file.name.replace("taught", "chunk").replace(".npy", ".npz")))
        loaded.append((chunk["grey"], chunk["target"], np.load(file)))
    for _ in range(SAMPLES_PER_EPOCH // BATCH):
        x, y = np.empty((BATCH, side, side, 1), np.float32), np.empty((BATCH, 2), np.float32)
        features = np.empty((BATCH, person_teach.FEATURES), np.float32)
        for i in range(BATCH):
            grey, target, seen = loaded[rng.integers(len(loaded))]
            n, dx, dy = rng.integers(len(grey)), rng.integers(room + 1), rng.integers(room + 1)
            picture = degrade(rng, grey[n, dy:dy + SIDE, dx:dx + SIDE])
            x[i, ..., 0] = picture if side == SIDE else cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)
            y[i] = 1 - target[n], target[n]
            features[i] = (seen[n] - mean) / spread
        yield x, {"class": y, "features": features}


def squares(photographs: person_crops.Photographs, rows: np.ndarray) -> np.ndarray:
    """Centre squares of photographs as 96x96 grey, uint8 [n, 96, 96]."""
    result = np.empty((len(rows), SIDE, SIDE), np.uint8)
    for i, row in enumerate(rows):
        rgb = photographs.rgb(int(row))
        side = min(rgb.shape[:2])
        top, left = (rgb.shape[0] - side) // 2, (rgb.shape[1] - side) // 2
        square = cv2.resize(rgb[top:top + side, left:left + side], (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        result[i] = person_crops.to_grey(square)
    return result


def balanced(decided: np.ndarray, truth: np.ndarray) -> float:
    return float((decided[truth].mean() + (~decided[~truth]).mean()) / 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--small", type=int, default=28, help="number of first epochs with small pictures")
    parser.add_argument("--name", default="person", help="name of the checkpoint")
    args = parser.parse_args()
    tf.keras.utils.set_random_seed(7)
    cv2.setNumThreads(1)
    tf.config.threading.set_intra_op_parallelism_threads(2)

    photographs = person_crops.Photographs(args.work)
    rows = np.flatnonzero(photographs.validation)
    truth, pictures = photographs.person[rows], squares(photographs, rows).astype(np.float32)[..., None] / 255

    model = network(training=True)
    steps = SAMPLES_PER_EPOCH // BATCH
    optimizer = tf.keras.optimizers.legacy.Adam(tf.keras.optimizers.schedules.CosineDecay(
        2e-4, args.epochs * steps, warmup_target=PEAK_RATE, warmup_steps=steps))
    model.compile(optimizer, {"class": tf.keras.losses.CategoricalCrossentropy(),
                              "features": tf.keras.losses.MeanSquaredError()},
                  loss_weights={"class": 1.0, "features": 10.0})  # nine tenths of the teacher's features are always zero
    epoch_number = tf.Variable(0, dtype=tf.int64)
    checkpoint = tf.train.Checkpoint(model=model, optimizer=optimizer, epoch=epoch_number)
    manager = tf.train.CheckpointManager(checkpoint, str(args.work / args.name), max_to_keep=1)
    checkpoint.restore(manager.latest_checkpoint).expect_partial()

    for epoch in range(int(epoch_number), args.epochs):
        started = time.time()
        side = SMALL_SIDE if epoch < args.small else SIDE
        signature = (tf.TensorSpec((BATCH, side, side, 1)),
                     {"class": tf.TensorSpec((BATCH, 2)), "features": tf.TensorSpec((BATCH, person_teach.FEATURES))})
        data = tf.data.Dataset.from_generator(lambda n=epoch, s=side: batches(args.work, n, s), output_signature=signature)
        history = model.fit(data.prefetch(4), epochs=1, verbose=0)
        epoch_number.assign(epoch + 1)
        manager.save()
        probability = model.predict(pictures, batch_size=256, verbose=0)["class"][:, 1]
        losses = {name: round(values[0], 4) for name, values in history.history.items()}
        print(f"epoch {epoch + 1}: {losses}, validation balanced accuracy "
              f"{balanced(probability >= 0.5, truth):.4f}, {time.time() - started:.0f} s", flush=True)
    model.save_weights(str(args.work / f"{args.name}.weights.h5"))


if __name__ == "__main__":
    main()
