"""Trains the person network on the pictures of person_crops.py. Resumes from the last checkpoint when started again.

The network is made of stages. At first every stage learns by itself to make the teacher's output of its depth from the
teacher's output one stage before; then the stages are joined and learn the class as well.

    python person_train.py --work /tmp/person --teacher TEACHER --apart 2500 --joined 3500
"""
from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # twice as fast
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
import cv2
import numpy as np
import tensorflow as tf

import person_crops
from person_teacher import SIDE, FloatTeacher

BATCH = 64
PEAK_RATE, JOINED_RATE, LAST_RATE = 4e-3, 1.5e-3, 1e-5
AVERAGED_STEPS = 300  # the weights that ship are a running mean over about so many steps
SAVE_EVERY = 250
# Filters and strides of the separable layers of each stage, and the teacher's layer that the stage's output is taught by.
STAGES = (
    (((16, 1),), 2),
    (((32, 2), (32, 1)), 6),
    (((64, 2), (64, 1)), 10),
    (((128, 2), (128, 1), (128, 1), (128, 1), (128, 1), (128, 1)), 22),
    (((256, 2), (256, 1)), 26),
)
TAUGHT_BY = tuple(layer for _, layer in STAGES)
layers = tf.keras.layers


def norm(x: tf.Tensor) -> tf.Tensor:
    return layers.ReLU()(layers.BatchNormalization(momentum=0.98)(x))


def stage(number: int, inputs: tf.Tensor) -> tf.Tensor:
    x = inputs
    if number == 0:
        x = norm(layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(x))
    for filters, stride in STAGES[number][0]:
        x = norm(layers.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False)(x))
        x = norm(layers.Conv2D(filters, 1, use_bias=False)(x))
    return x


def head(inputs: tf.Tensor) -> tf.Tensor:
    x = layers.Conv2D(2, 1)(layers.AveragePooling2D(3)(inputs))
    return layers.Softmax()(layers.Reshape((2,))(x))


def network() -> tf.keras.Model:
    """96x96 RGB in 0..1 to softmax of no person, person."""
    x = inputs = layers.Input((SIDE, SIDE, 3), name="rgb")
    for number in range(len(STAGES)):
        x = stage(number, x)
    return tf.keras.Model(inputs, head(x))


def parts() -> list[tf.keras.Model]:
    """The same network as separate models: the stages, then the head. Weights come in the order of network()."""
    models, shape = [], (SIDE, SIDE, 3)
    for number in range(len(STAGES)):
        inputs = layers.Input(shape)
        models.append(tf.keras.Model(inputs, stage(number, inputs)))
        shape = models[-1].output_shape[1:]
    inputs = layers.Input(shape)
    return models + [tf.keras.Model(inputs, head(inputs))]


class Camera:
    """Gives pictures the light, colours, contrast, noise and blur of poor cameras, and covers parts."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.noise = rng.standard_normal((4 * SIDE, SIDE, 3)).astype(np.float32)

    def __call__(self, rgb: np.ndarray) -> np.ndarray:
        """uint8 [96, 96, 3] to float32 in 0..1."""
        rng = self.rng
        curve = np.repeat(np.arange(256)[:, None] / 255, 3, axis=1)
        if rng.random() < 0.7:
            curve = curve ** np.exp(rng.normal(0, 0.25))
        if rng.random() < 0.7:
            curve = (curve - 0.5) * rng.uniform(0.6, 1.3) + 0.5 + rng.normal(0, 0.08)
        if rng.random() < 0.5:
            curve = curve * np.exp(rng.normal(0, 0.08, 3))
        x = np.stack([curve[:, c].astype(np.float32)[rgb[..., c]] for c in range(3)], axis=-1)
        if rng.random() < 0.3:
            grey = (x @ np.array([0.299, 0.587, 0.114], np.float32))[..., None]
            x = grey + (x - grey) * np.float32(rng.uniform(0.2, 1.3))
        if rng.random() < 0.2:
            x = cv2.blur(x, (3, 3))
        if rng.random() < 0.4:
            first = rng.integers(3 * SIDE)
            x = x + self.noise[first:first + SIDE] * np.float32(rng.uniform(0.005, 0.05))
        if rng.random() < 0.15:
            left, top, width, height = rng.integers((0, 0, 8, 8), (80, 80, 36, 36))
            x[top:top + height, left:left + width] = np.float32(rng.random())
        return np.clip(x, 0, 1)


def target(known: tf.Tensor, taught: tf.Tensor) -> tf.Tensor:
    """Probability of a person to learn, from what is known of a picture and what the teacher says of it."""
    # The teacher is unsure of clear pictures (0.7 and 0.1 on average): its logit is doubled.
    taught = taught ** 2 / (taught ** 2 + (1 - taught) ** 2)
    cases = tf.stack([0.3 * taught, 0.5 * taught + 0.5, tf.where(taught >= 0.15, 0.5 * taught + 0.5, taught), taught,
                      tf.zeros_like(taught), tf.ones_like(taught)], axis=1)
    return tf.gather(cases, tf.cast(known, tf.int32), batch_dims=1)


class Pictures:
    """Batches of 96x96 cuts of the pictures of person_crops.py."""

    def __init__(self, work: Path, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.camera = Camera(self.rng)
        self.pictures = [np.load(file, mmap_mode="r") for file in sorted(work.glob("pictures??.npy"))]
        self.known = [np.load(file) for file in sorted(work.glob("known??.npy"))][:len(self.pictures)]

    def batch(self, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Pictures as they are, the same through a poor camera, and what is known of them."""
        rng, room = self.rng, person_crops.SIZE - SIDE + 1
        rgb, known = np.empty((n, SIDE, SIDE, 3), np.uint8), np.empty(n, np.uint8)
        poor = np.empty((n, SIDE, SIDE, 3), np.float32)
        for i in range(n):
            chunk = rng.integers(len(self.pictures))
            at, x, y = rng.integers(len(self.known[chunk])), rng.integers(room), rng.integers(room)
            rgb[i] = self.pictures[chunk][at, y:y + SIDE, x:x + SIDE][:, ::rng.choice((-1, 1))]
            known[i] = self.known[chunk][at]
            poor[i] = self.camera(rgb[i])
        return rgb, poor, known


def squares(photographs: person_crops.Photographs, rows: np.ndarray) -> np.ndarray:
    """Centre squares of photographs, uint8 [n, 96, 96, 3]."""
    result = np.empty((len(rows), SIDE, SIDE, 3), np.uint8)
    for i, row in enumerate(rows):
        rgb = photographs.rgb(int(row))
        side = min(rgb.shape[:2])
        top, left = (rgb.shape[0] - side) // 2, (rgb.shape[1] - side) // 2
        result[i] = cv2.resize(rgb[top:top + side, left:left + side], (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return result


def balanced(decided: np.ndarray, truth: np.ndarray) -> float:
    return float((decided[truth].mean() + (~decided[~truth]).mean()) / 2)


def rate_at(step: int, apart: int, joined: int) -> float:
    """Both halves start at a peak of their own and fall like a cosine."""
    peak, at, length = (PEAK_RATE, step, apart) if step < apart else (JOINED_RATE, step - apart, joined)
    return min(1.0, (at + 1) / 150) * (LAST_RATE + (peak - LAST_RATE) * 0.5 * (1 + np.cos(np.pi * at / length)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--teacher", type=Path, required=True)
    parser.add_argument("--apart", type=int, default=2500, help="steps in which every stage learns by itself")
    parser.add_argument("--joined", type=int, default=3500, help="steps of the whole network after them")
    parser.add_argument("--name", default="person", help="name of the checkpoint")
    args = parser.parse_args()
    tf.keras.utils.set_random_seed(7)
    cv2.setNumThreads(1)
    tf.config.threading.set_intra_op_parallelism_threads(2)
    photographs, teacher = person_crops.Photographs(args.work), FloatTeacher(args.teacher)
    rows = np.flatnonzero(photographs.validation)
    truth, seen = photographs.person[rows], squares(photographs, rows)

    student, mean = parts(), network()
    variables = [v for part in student for v in part.trainable_variables]
    mean.set_weights([w for part in student for w in part.get_weights()])
    rate = tf.Variable(PEAK_RATE)  # not the optimizer's own: that is part of a checkpoint
    optimizer = tf.keras.optimizers.legacy.Adam(lambda: rate)
    done = tf.Variable(0, dtype=tf.int64)
    checkpoint = tf.train.Checkpoint(student=student, mean=mean, optimizer=optimizer, done=done)
    manager = tf.train.CheckpointManager(checkpoint, str(args.work / args.name), max_to_keep=1)
    checkpoint.restore(manager.latest_checkpoint).expect_partial()

    # Keras orders the weights of a model layer by layer, so those of the parts one after another are those of the whole.
    now = [v for part in student for layer in part.layers for v in layer.weights]
    kept = [v for layer in mean.layers for v in layer.weights]
    assert [v.shape for v in now] == [v.shape for v in kept]

    def make_step(joined: bool):
        @tf.function
        def step(rgb: tf.Tensor, poor: tf.Tensor, known: tf.Tensor, decay: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            probability, taught = teacher(tf.cast(rgb, tf.float32) / 255, TAUGHT_BY)
            truth = target(known, probability)
            # The teacher knows no drawings.
            photograph = tf.cast(known < person_crops.DRAWN_EMPTY, tf.float32)[:, None, None, None]
            with tf.GradientTape() as tape:
                x, features = poor, 0.0
                for part, wanted in zip(student, taught):
                    x = part(x, training=True)
                    spread = tf.math.reduce_variance(wanted, axis=(0, 1, 2)) + 1e-3
                    features += tf.reduce_mean(photograph * tf.square(x - wanted) / spread)
                    if not joined:
                        x = wanted
                score = tf.clip_by_value(student[-1](x, training=True)[:, 1], 1e-5, 1 - 1e-5)
                classes = -tf.reduce_mean(truth * tf.math.log(score) + (1 - truth) * tf.math.log(1 - score))
                loss = (0.3 if joined else 1.0) * features + classes
            optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
            for a, b in zip(kept, now):
                a.assign(a * decay + b * (1 - decay))
            return features / len(STAGES), classes
        return step

    steps = (make_step(False), make_step(True))
    predict = tf.function(lambda x: mean(tf.cast(x, tf.float32) / 255, training=False)[:, 1], reduce_retracing=True)
    pictures = Pictures(args.work, seed=100 + int(done))
    losses: list[list[float]] = []
    started, used = time.time(), time.process_time()
    for number in range(int(done), args.apart + args.joined):
        rgb, poor, known = pictures.batch(BATCH)
        rate.assign(rate_at(number, args.apart, args.joined))
        decay = min(1 - 1 / AVERAGED_STEPS, number / (number + 10))
        losses.append([float(v) for v in steps[number >= args.apart](rgb, poor, known, tf.constant(decay, tf.float32))])
        if (number + 1) % SAVE_EVERY == 0 or number + 1 == args.apart + args.joined:
            done.assign(number + 1)
            manager.save()
            score = np.concatenate([predict(part).numpy() for part in np.array_split(seen, 8)])
            features, classes = np.mean(losses, axis=0)
            print(f"step {number + 1}: features {features:.4f}, class {classes:.4f}, validation balanced accuracy "
                  f"{balanced(score >= 0.5, truth):.4f}, {time.time() - started:.0f} s, CPU {time.process_time() - used:.0f} s",
                  flush=True)
            losses, started, used = [], time.time(), time.process_time()
    mean.save_weights(str(args.work / f"{args.name}.weights.h5"))


if __name__ == "__main__":
    main()
