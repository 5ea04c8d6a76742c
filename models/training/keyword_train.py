"""Trains a keyword network on windows that keyword_mixer.py mixes. Resumes from the last checkpoint when started again.

First each of three networks on hard windows; then one of them goes on with gentler windows and learns from what the three say together
(arXiv:1503.02531). What ships is the mean of three such runs.

    python keyword_train.py --work /tmp/keyword --body temporal --name temporal
    python keyword_train.py --work /tmp/keyword --body hybrid --name taught --taught-by hybrid,temporal,separable_2d
"""
from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # twice as fast on a processor with AVX2
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
import numpy as np
import tensorflow as tf

from keyword_examples import LABELS, clips_of
from keyword_mixer import GENTLE, HARD, Mixer, mask
from mls_training import frontend

FRAMES, BINS = frontend.WINDOW_FRAMES, frontend.MEL_BANDS
BATCH = 128
PEAK_RATE, LAST_RATE, WARM_UP_STEPS = 4e-3, 2e-5, 200
GENTLE_RATE = 1e-3
SMOOTHING = 0.04
AVERAGED_STEPS = 300  # the weights that ship are a running mean over about so many steps
SAVE_EVERY = 250
layers = tf.keras.layers


def norm(x: tf.Tensor) -> tf.Tensor:
    return layers.BatchNormalization(momentum=0.98)(x)


def separable_2d(inputs: tf.Tensor) -> tf.Tensor:
    """Depthwise-separable CNN over time and frequency, like the keyword reference of MLPerf Tiny."""
    # No padding here: a padded zero would be a loud tone in log-mel.
    x = layers.ReLU()(norm(layers.Conv2D(32, (10, 4), strides=2, use_bias=False)(inputs)))
    for filters, stride in ((64, 2), (64, 1), (64, 1), (64, 1), (64, 1)):
        x = layers.ReLU()(norm(layers.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False)(x)))
        x = layers.ReLU()(norm(layers.Conv2D(filters, 1, use_bias=False)(x)))
    return x


def temporal_block(x: tf.Tensor, width: int) -> tf.Tensor:
    """A residual block that looks along time only: depthwise, then across channels."""
    channels = x.shape[-1]
    y = layers.ReLU()(norm(layers.DepthwiseConv2D((width, 1), padding="same", use_bias=False)(x)))
    y = norm(layers.Conv2D(channels, 1, use_bias=False)(y))
    return layers.ReLU()(layers.Add()([x, y]))


def temporal(inputs: tf.Tensor) -> tf.Tensor:
    """A time-channel network: the bands are channels, every layer looks along time."""
    x = layers.Reshape((FRAMES, 1, BINS))(inputs)
    x = layers.ReLU()(norm(layers.Conv2D(64, (3, 1), strides=(2, 1), use_bias=False)(x)))
    for _ in range(6):
        x = temporal_block(x, 9)
    return x


def residual_2d(x: tf.Tensor) -> tf.Tensor:
    """A residual block that looks at its neighbours in time and frequency: depthwise, then across channels."""
    y = layers.ReLU()(norm(layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)))
    y = norm(layers.Conv2D(x.shape[-1], 1, use_bias=False)(y))
    return layers.ReLU()(layers.Add()([x, y]))


def hybrid(inputs: tf.Tensor) -> tf.Tensor:
    """Ours: a 2-D front that does not mind where in frequency a pattern is, then blocks along time; every 20 ms all the way."""
    x = layers.ReLU()(norm(layers.Conv2D(16, 5, strides=(1, 2), use_bias=False)(inputs)))
    for filters, blocks in ((16, 1), (24, 2), (32, 1)):
        if filters != x.shape[-1]:
            x = layers.ReLU()(norm(layers.Conv2D(filters, (1, 2), strides=(1, 2), use_bias=False)(x)))
        for _ in range(blocks):
            x = residual_2d(x)
    x = layers.ReLU()(norm(layers.Conv2D(52, (1, int(x.shape[2])), use_bias=False)(x)))
    for _ in range(4):
        x = temporal_block(x, 9)
    return x


BODIES = {"separable_2d": separable_2d, "temporal": temporal, "hybrid": hybrid}


def network(body: str = "hybrid") -> tf.keras.Model:
    """49x40 log-mel in nepers to softmax of LABELS."""
    inputs = layers.Input((FRAMES, BINS, 1), name="log_mel")
    x = BODIES[body](inputs)
    x = layers.AveragePooling2D(tuple(map(int, x.shape[1:3])))(x)
    x = layers.Dropout(0.1)(x)
    x = layers.Conv2D(len(LABELS), 1)(x)
    return tf.keras.Model(inputs, layers.Softmax()(layers.Reshape((len(LABELS),))(x)))


def windows_of(file: Path) -> tuple[np.ndarray, np.ndarray]:
    """Recordings as they are: the whole second, or the middle second of the longer ones."""
    clips, names = clips_of(file)
    windows = np.zeros((len(clips), frontend.WINDOW_SAMPLES), np.int16)
    for window, clip in zip(windows, clips):
        part = clip[max(0, (len(clip) - frontend.WINDOW_SAMPLES) // 2):][:frontend.WINDOW_SAMPLES]
        window[:len(part)] = part
    labels = [LABELS.index(label) if label in LABELS else 1 for label in names]
    return (frontend.features_int(windows) * frontend.FEATURE_SCALE).astype(np.float32)[..., None], np.array(labels)


def rate_at(step: int, steps: int, peak: float) -> float:
    """A cosine after the warm-up."""
    return peak * (step + 1) / WARM_UP_STEPS if step < WARM_UP_STEPS else LAST_RATE + (peak - LAST_RATE) * 0.5 * (1 + np.cos(np.pi * step / steps))


def with_weights(body: str, work: Path, name: str) -> tf.keras.Model:
    model = network(body)
    model.load_weights(str(work / f"{name}.weights.h5"))
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=12000)
    parser.add_argument("--body", choices=BODIES, default="hybrid")
    parser.add_argument("--name", required=True, help="of the checkpoint and of the weights that are written")
    parser.add_argument("--taught-by", type=lambda names: names.split(","), default=[], metavar="BODY,BODY",
                        help="names of trained networks, each that of its body; the first one's weights are where training begins")
    parser.add_argument("--taught", type=float, default=0.8, metavar="SHARE", help="of the teachers in what is learnt; the rest is the labels")
    args = parser.parse_args()
    tf.keras.utils.set_random_seed(7)
    tf.config.threading.set_intra_op_parallelism_threads(2)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    cache = args.work / "validation_windows.npz"
    if not cache.exists():
        parts = [windows_of(args.work / f"{split}.npz") for split in ("validation", "held_out")]
        np.savez(cache, x=np.concatenate([p[0] for p in parts]), y=np.concatenate([p[1] for p in parts]))
    windows, truth = (np.load(cache)[key] for key in "xy")

    teachers = [with_weights(name, args.work, name) for name in args.taught_by]
    recipe, peak = (GENTLE, GENTLE_RATE) if teachers else (HARD, PEAK_RATE)
    model, mean = network(args.body), network(args.body)
    if teachers:
        model.set_weights(teachers[0].get_weights())
    mean.set_weights(model.get_weights())
    rate = tf.Variable(PEAK_RATE)  # not the optimizer's own: that is part of a checkpoint
    optimizer = tf.keras.optimizers.legacy.Adam(lambda: rate)
    done = tf.Variable(0, dtype=tf.int64)
    checkpoint = tf.train.Checkpoint(model=model, mean=mean, optimizer=optimizer, done=done)
    manager = tf.train.CheckpointManager(checkpoint, str(args.work / args.name), max_to_keep=1)
    checkpoint.restore(manager.latest_checkpoint).expect_partial()

    @tf.function(input_signature=[tf.TensorSpec((BATCH, FRAMES, BINS, 1)), tf.TensorSpec((BATCH, len(LABELS))), tf.TensorSpec(())])
    def train(x: tf.Tensor, y: tf.Tensor, decay: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.keras.losses.categorical_crossentropy(y, model(x, training=True)))
        optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
        for kept, now in zip(mean.variables, model.variables):
            kept.assign(kept * decay + now * (1 - decay))
        return loss

    @tf.function(input_signature=[tf.TensorSpec((BATCH, FRAMES, BINS, 1))])
    def taught(x: tf.Tensor) -> tf.Tensor:
        return tf.add_n([teacher(x, training=False) for teacher in teachers]) / len(teachers)

    predict = tf.function(lambda x: mean(x, training=False), reduce_retracing=True)
    mixer = Mixer(args.work, seed=100 + int(done))
    losses: list[float] = []
    started, used = time.time(), time.process_time()
    for step in range(int(done), args.steps):
        x, labels = mixer.batch(BATCH, recipe)
        y = np.eye(len(LABELS), dtype=np.float32)[labels] * (1 - SMOOTHING) + SMOOTHING / len(LABELS)
        if teachers:  # nobody needs to be asked what silence is
            y = np.where(labels[:, None] == 0, y, (1 - args.taught) * y + args.taught * taught(x[..., None].astype(np.float32)).numpy())
        mask(mixer.rng, x, recipe)
        rate.assign(rate_at(step, args.steps, peak))
        losses.append(float(train(x[..., None].astype(np.float32), y, min(1 - 1 / AVERAGED_STEPS, step / (step + 10)))))
        if (step + 1) % SAVE_EVERY == 0 or step + 1 == args.steps:
            done.assign(step + 1)
            manager.save()
            scores = np.concatenate([predict(part).numpy() for part in np.array_split(windows, 10)])
            decided = scores.argmax(axis=1)
            print(f"step {step + 1}: loss {np.mean(losses):.4f}, words {(decided == truth)[truth >= 2].mean():.4f}, "
                  f"unknown as a word {(decided >= 2)[truth == 1].mean():.4f}, {time.time() - started:.0f} s, "
                  f"CPU {time.process_time() - used:.0f} s", flush=True)
            losses, started, used = [], time.time(), time.process_time()
    mean.save_weights(str(args.work / f"{args.name}.weights.h5"))


if __name__ == "__main__":
    main()
