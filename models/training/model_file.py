"""What both models share: conversion to int8, running a .tflite, the manifest, intervals."""
from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterable
from pathlib import Path

os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
import numpy as np
import tensorflow as tf

MODELS = Path(__file__).resolve().parents[1]


def convert(model: tf.keras.Model, samples: Iterable[np.ndarray]) -> bytes:
    """Full int8 by the standard converter; `samples` are single inputs [1, ...] that span the range of the input."""
    # A batch of exactly one keeps the shapes constant: no SHAPE and PACK operators in the file.
    one = tf.function(model, input_signature=[tf.TensorSpec((1, *model.input_shape[1:]), tf.float32)])
    converter = tf.lite.TFLiteConverter.from_concrete_functions([one.get_concrete_function()], model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([sample.astype(np.float32)] for sample in samples)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8
    return converter.convert()


def multiply_accumulates(model: tf.keras.Model) -> int:
    total = 0
    for layer in model.layers:
        if isinstance(layer, tf.keras.layers.DepthwiseConv2D):
            total += int(np.prod(layer.output_shape[1:])) * int(np.prod(layer.kernel_size))
        elif isinstance(layer, tf.keras.layers.Conv2D):
            total += int(np.prod(layer.output_shape[1:])) * int(np.prod(layer.kernel.shape[:3]))
    return total


class Int8Model:
    """A .tflite with one int8 input and one int8 output."""

    def __init__(self, path: Path, reference_kernels: bool = False) -> None:
        resolver = tf.lite.experimental.OpResolverType
        self.interpreter = tf.lite.Interpreter(
            str(path), num_threads=1,
            experimental_op_resolver_type=resolver.BUILTIN_REF if reference_kernels else resolver.AUTO)
        self.interpreter.allocate_tensors()
        self.input, self.output = self.interpreter.get_input_details()[0], self.interpreter.get_output_details()[0]

    def macs(self) -> int:
        """Multiply-accumulates of the convolutions and fully connected layers."""
        shapes, total = {t["index"]: t["shape"] for t in self.interpreter.get_tensor_details()}, 0
        for op in self.interpreter._get_ops_details():  # no public way to the operators
            if op["op_name"] in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"):
                weights = shapes[op["inputs"][1]]
                # [filters, height, width, channels], [1, height, width, filters] and [outputs, inputs].
                each = weights[1:3] if op["op_name"] == "DEPTHWISE_CONV_2D" else weights[1:]
                total += int(np.prod(shapes[op["outputs"][0]])) * int(np.prod(each))
        return total

    def scores(self, inputs: np.ndarray) -> np.ndarray:
        """int8 inputs [n, ...] to int8 outputs [n, classes]; score -128 is 0, 127 is 255/256."""
        result = np.empty((len(inputs), self.output["shape"][-1]), np.int8)
        for i, one in enumerate(inputs):
            self.interpreter.set_tensor(self.input["index"], one.reshape(self.input["shape"]))
            self.interpreter.invoke()
            result[i] = self.interpreter.get_tensor(self.output["index"])[0]
        return result


def write_manifest(folder: Path, model: tf.keras.Model, fixed: dict) -> dict:
    """models/NAME/NAME.json from the model file beside it and from what training cannot know (`fixed`)."""
    path = folder / f"{folder.name}.tflite"
    content, tensors = path.read_bytes(), Int8Model(path)

    def tensor(details: dict) -> dict:
        scale, zero_point = details["quantization"]
        return {"shape": [int(n) for n in details["shape"]], "type": np.dtype(details["dtype"]).name,
                "scale": float(np.float32(scale)), "zero_point": int(zero_point)}

    manifest = {"schema": "mlsensor-model/1", "name": folder.name, "version": "0.1.0", "profile": folder.name,
                "file": path.name, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content),
                "macs": multiply_accumulates(model), "input": tensor(tensors.input), "output": tensor(tensors.output),
                **fixed}
    (folder / f"{folder.name}.json").write_text(json.dumps(manifest, indent=2) + "\n")
    return manifest


def results_text(value: object, depth: int = 1) -> str:
    """JSON where objects have a line for each entry, and so have lists of lists or objects; other lists are on one line."""
    if isinstance(value, dict) and value:
        lines = [f"{json.dumps(key)}: {results_text(entry, depth + 1)}" for key, entry in value.items()]
    elif isinstance(value, list) and value and isinstance(value[0], (list, dict)):
        lines = [json.dumps(entry) for entry in value]
    else:
        return json.dumps(value)
    first, last = "{}" if isinstance(value, dict) else "[]"
    space = "\n" + " " * depth
    return first + space + ("," + space).join(lines) + space[:-1] + last


def wilson(hits: int, n: int) -> list[float]:
    """95 % interval of a share."""
    if n == 0:
        return [0.0, 1.0]
    z, p = 1.959964, hits / n
    middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return [max(0.0, round((middle - half) / (1 + z * z / n), 4)), round((middle + half) / (1 + z * z / n), 4)]


def share(hits: int, n: int) -> dict:
    return {"count": int(hits), "of": int(n), "share": round(hits / max(1, n), 4), "interval_95": wilson(int(hits), int(n))}
