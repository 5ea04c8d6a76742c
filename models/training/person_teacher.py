"""The teacher, MLPerf Tiny's person model, in floating point: what it sees at several depths, for the student to learn from."""
from __future__ import annotations

import os
from pathlib import Path

os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
import cv2
import numpy as np
import tensorflow as tf

SIDE = 96


class Teacher:
    """The probability of a person on one RGB picture, by the int8 model itself."""

    def __init__(self, path: Path) -> None:
        self.model = tf.lite.Interpreter(str(path), num_threads=1)
        self.model.allocate_tensors()
        self.input = self.model.get_input_details()[0]["index"]
        self.output = self.model.get_output_details()[0]["index"]

    def __call__(self, rgb: np.ndarray) -> float:
        small = cv2.resize(rgb, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        self.model.set_tensor(self.input, (small.astype(np.int16) - 128).astype(np.int8)[None])
        self.model.invoke()
        return (int(self.model.get_tensor(self.output)[0, 1]) + 128) / 256


class FloatTeacher:
    """The same network on batches: float32 [n, 96, 96, 3] in 0..1 to the probabilities [n] and the outputs of some layers.

    Weights are the dequantised ones of the file; outputs are limited to the range of their int8 tensors, not rounded.
    """

    def __init__(self, path: Path) -> None:
        resolver = tf.lite.experimental.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        model = tf.lite.Interpreter(str(path), experimental_op_resolver_type=resolver)
        model.allocate_tensors()
        details = {tensor["index"]: tensor for tensor in model.get_tensor_details()}

        def constant(index: int) -> tf.Tensor:
            how = details[index]["quantization_parameters"]
            value = model.get_tensor(index).astype(np.float64)
            shape = np.ones(value.ndim, int)
            if len(how["scales"]) > 1:
                shape[how["quantized_dimension"]] = -1
            return tf.constant(value * how["scales"].reshape(shape), tf.float32)

        self.layers = []
        for op in model._get_ops_details():
            kind, output = op["op_name"], details[op["outputs"][0]]
            if kind not in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"):
                continue
            weight, bias = (constant(index) for index in op["inputs"][1:3])
            before, after = details[op["inputs"][0]]["shape"], output["shape"]
            stride = 1 if kind == "FULLY_CONNECTED" else -(-int(before[1]) // int(after[1]))
            axes = {"CONV_2D": (1, 2, 3, 0), "DEPTHWISE_CONV_2D": (1, 2, 3, 0), "FULLY_CONNECTED": (1, 0)}[kind]
            scale, zero_point = output["quantization"]
            self.layers.append((kind, tf.transpose(weight, axes), bias, stride, float(scale * (127 - zero_point))))

    def __call__(self, pictures: tf.Tensor, wanted: tuple[int, ...]) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """`wanted`: numbers of layers, counted from 0 over convolutions of both kinds."""
        x, seen = pictures, []
        for number, (kind, weight, bias, stride, highest) in enumerate(self.layers):
            strides = (1, stride, stride, 1)
            if kind == "CONV_2D":
                x = tf.nn.conv2d(x, weight, strides, "SAME") + bias
            elif kind == "DEPTHWISE_CONV_2D":
                x = tf.nn.depthwise_conv2d(x, weight, strides, "SAME") + bias
            else:
                return tf.nn.softmax(tf.reduce_mean(x, axis=(1, 2)) @ weight + bias)[:, 1], seen
            x = tf.clip_by_value(x, 0.0, highest)
            if number in wanted:
                seen.append(x)
        raise ValueError("the teacher has no fully connected layer at its end")
