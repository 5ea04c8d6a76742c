"""Adds what the teacher sees to the chunks of person_crops.py: its pooled features, which the student learns to predict.

    python person_teach.py --work /tmp/person --teacher TEACHER
"""
from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import tensorflow as tf

from person_crops import SIZE

SIDE = 96
FEATURES = 256


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--teacher", type=Path, required=True)
    args = parser.parse_args()
    # The delegate hides the tensors between, so the plain kernels run.
    teacher = tf.lite.Interpreter(str(args.teacher), experimental_preserve_all_tensors=True, num_threads=1,
                                  experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
    teacher.allocate_tensors()
    entry = teacher.get_input_details()[0]["index"]
    pooled = next(op["outputs"][0] for op in teacher._get_ops_details() if op["op_name"] == "AVERAGE_POOL_2D")
    edge = (SIZE - SIDE) // 2
    for file in sorted(args.work.glob("chunk??.npz")):
        target = file.with_name(file.name.replace("chunk", "taught").replace(".npz", ".npy"))
        if target.exists():
            continue
        grey = np.load(file)["grey"][:, edge:edge + SIDE, edge:edge + SIDE]
        features = np.empty((len(grey), FEATURES), np.int8)
        for i, one in enumerate(grey):
            tensor = (one.astype(np.int16) - 128).astype(np.int8)[None, ..., None]
            teacher.set_tensor(entry, np.repeat(tensor, 3, axis=-1))
            teacher.invoke()
            features[i] = teacher.get_tensor(pooled).reshape(-1)
        with open(target.with_suffix(".tmp"), "wb") as out:
            np.save(out, features)
        target.with_suffix(".tmp").rename(target)
        print(target.name, flush=True)


if __name__ == "__main__":
    main()
