#!/usr/bin/env python3
"""Makes the files in vectors/: for each family of operators one model of many independent operators (NAME.tflite), some inputs for it
(NAME.in) and what TensorFlow Lite's reference kernels make of them (NAME.out), all tensors of a run back to back, run after run.

Needs tensorflow 2.16 and, to compare with TensorFlow Lite Micro, tflite-micro, from PyPI. Usage: make_vectors.py DIR [FAMILY...]
With TFLM_PYTHON naming an interpreter that has tflite-micro, each operator is run by TensorFlow Lite Micro too. Where the two differ in
a multiplier's last bit (TensorFlow Lite computes some with floats), Micro counts.
"""
import os
import pathlib
import pickle
import subprocess
import sys

import flatbuffers
import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import tensorflow as tf  # noqa: E402
from tensorflow.lite.python import schema_py_generated as schema  # noqa: E402

TYPES = {"int8": schema.TensorType.INT8, "int16": schema.TensorType.INT16, "int32": schema.TensorType.INT32,
         "int64": schema.TensorType.INT64, "uint8": schema.TensorType.UINT8, "float32": schema.TensorType.FLOAT32,
         "int4": schema.TensorType.INT4, "resource": schema.TensorType.RESOURCE}
OPS = schema.BuiltinOperator
random = np.random.default_rng(1)


class T:
    """A tensor: with `data` a constant."""

    def __init__(self, shape, dtype="int8", scale=None, zero=0, data=None, dimension=0):
        self.shape, self.dtype, self.scale, self.zero, self.data, self.dimension = list(shape), dtype, scale, zero, data, dimension


class Case:
    def __init__(self, op, inputs, outputs, options=None, only_tflite=False):
        while inputs and inputs[-1] is None:
            inputs = inputs[:-1]
        self.op, self.inputs, self.outputs, self.options, self.only_tflite = op, inputs, outputs, options, only_tflite


def options(name, **fields):
    table = getattr(schema, name + "T")()
    for key, value in fields.items():
        assert hasattr(table, key), key
        setattr(table, key, value)
    return name, table


def pack(t):
    if t.dtype == "int4":
        values = np.asarray(t.data).reshape(-1).astype(np.int8)
        values = np.append(values, 0) if values.size % 2 else values
        return ((values[0::2] & 15) | ((values[1::2] & 15) << 4)).astype(np.uint8).tobytes()
    return np.ascontiguousarray(t.data, dtype=t.dtype).tobytes()


class Builder:
    def __init__(self):
        self.model = schema.ModelT()
        self.model.version = 3
        self.model.buffers = [schema.BufferT()]
        self.model.operatorCodes = []
        self.model.subgraphs = []
        self.codes = {}

    def code(self, op):
        if op not in self.codes:
            self.codes[op] = len(self.codes)
            entry = schema.OperatorCodeT()
            entry.builtinCode, entry.deprecatedBuiltinCode = op, min(op, 127)
            entry.version = 1
            self.model.operatorCodes.append(entry)
        return self.codes[op]

    def subgraph(self, cases, inputs=None, outputs=None):
        graph = schema.SubGraphT()
        graph.tensors, graph.operators, index = [], [], {}

        def add(t):
            if t is None:
                return -1
            if id(t) in index:
                return index[id(t)]
            entry = schema.TensorT()
            entry.name = b""
            entry.shape, entry.type = t.shape, TYPES[t.dtype]
            entry.buffer = 0
            if t.data is not None:
                entry.buffer = len(self.model.buffers)
                self.model.buffers.append(schema.BufferT())
                self.model.buffers[-1].data = np.frombuffer(pack(t), np.uint8)
            if t.scale is not None:
                q = schema.QuantizationParametersT()
                q.scale = np.atleast_1d(np.asarray(t.scale, np.float32))
                q.zeroPoint = np.atleast_1d(np.asarray(t.zero, np.int64)) * np.ones(len(q.scale), np.int64)
                q.quantizedDimension = t.dimension
                entry.quantization = q
            index[id(t)] = len(graph.tensors)
            graph.tensors.append(entry)
            return index[id(t)]

        for case in cases:
            operator = schema.OperatorT()
            operator.opcodeIndex = self.code(case.op)
            operator.inputs = np.array([add(t) for t in case.inputs], np.int32)
            operator.outputs = np.array([add(t) for t in case.outputs], np.int32)
            if case.options:
                operator.builtinOptionsType = getattr(schema.BuiltinOptions, case.options[0])
                operator.builtinOptions = case.options[1]
            graph.operators.append(operator)
        made = {id(t) for case in cases for t in case.outputs}
        if inputs is None:
            seen, inputs = set(), []
            for case in cases:
                for t in case.inputs:
                    if t is not None and t.data is None and id(t) not in made and id(t) not in seen and t.dtype != "resource":
                        seen.add(id(t))
                        inputs.append(t)
        if outputs is None:
            outputs = [t for case in cases for t in case.outputs]
        graph.inputs = np.array([add(t) for t in inputs], np.int32)
        graph.outputs = np.array([add(t) for t in outputs], np.int32)
        self.model.subgraphs.append(graph)
        return inputs, outputs

    def bytes(self):
        b = flatbuffers.Builder(1024)
        b.Finish(self.model.Pack(b), b"TFL3")
        return bytes(b.Output())


def run_tflite(model, runs):
    interpreter = tf.lite.Interpreter(model_content=model, experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    results = []
    for values in runs:
        for detail, value in zip(interpreter.get_input_details(), values):
            if value.size:
                interpreter.set_tensor(detail["index"], value)
        interpreter.invoke()
        results.append([interpreter.get_tensor(d["index"]).copy() for d in interpreter.get_output_details()])
    return results


TFLM = """
import pickle, sys
import numpy as np
from tflite_micro.python.tflite_micro import runtime
answers = []
for model, runs, outputs in pickle.load(sys.stdin.buffer):
    try:
        interpreter = runtime.Interpreter.from_bytes(model, arena_size=1 << 20)
        results = []
        for values in runs:
            for i, value in enumerate(values):
                interpreter.set_input(value, i)
            interpreter.invoke()
            results.append([np.array(interpreter.get_output(i)) for i in range(outputs)])
        answers.append(results)
    except Exception:
        answers.append(None)
sys.stdout.buffer.write(b"RESULT" + pickle.dumps(answers))
"""


def run_tflm(jobs):
    """For each (model, runs, number of outputs) the results; None where TensorFlow Lite Micro does not take the model."""
    python = os.environ.get("TFLM_PYTHON")
    if not python:
        return [None] * len(jobs)
    done = subprocess.run([python, "-c", TFLM], input=pickle.dumps(jobs), capture_output=True, timeout=120)
    at = done.stdout.rfind(b"RESULT")
    if at >= 0 and done.returncode == 0:
        return pickle.loads(done.stdout[at + 6:])
    return [None] if len(jobs) == 1 else [answer for job in jobs for answer in run_tflm([job])]  # One of them ended the process.


def values_for(t, run):
    if t.dtype == "float32":
        return (random.standard_normal(t.shape) * 4).astype(np.float32)
    info = np.iinfo(t.dtype)
    if t.dtype in ("int32", "int64"):
        return random.integers(-100000, 100000, t.shape).astype(t.dtype)
    if run == 1:  # Extremes only.
        return random.choice([info.min, info.max], t.shape).astype(t.dtype)
    v = random.integers(info.min, info.max + 1, t.shape).astype(t.dtype)
    return v


def emit(directory, name, cases, builder=None, runs=2, tflm_per_case=True, inputs=None, outputs=None):
    if builder is None:
        builder = Builder()
        inputs, outputs = builder.subgraph(cases)
    model = builder.bytes()
    values = [[values_for(t, run) for t in inputs] for run in range(runs)]
    results = run_tflite(model, values)
    if tflm_per_case:
        position = {id(t): i for i, t in enumerate(inputs)}
        out_at = {id(t): i for i, t in enumerate(outputs)}
        verdicts = {}
        jobs = []
        for case in cases:
            single = Builder()
            ins, outs = single.subgraph([case])
            jobs.append((single.bytes(), [[v[position[id(t)]] for t in ins] for v in values], len(outs)))
        for number, (case, micro) in enumerate(zip(cases, run_tflm(jobs))):
            outs = case.outputs
            if micro is None or case.only_tflite:
                verdict = "not in TFLM"
            else:
                verdict = "same"
                for run in range(runs):
                    for i, t in enumerate(outs):
                        at = out_at[id(t)]
                        if results[run][at].tobytes() != micro[run][i].astype(results[run][at].dtype).tobytes():
                            verdict = "DIFFERENT"
                            results[run][at] = micro[run][i].astype(results[run][at].dtype).reshape(results[run][at].shape)
            verdicts.setdefault(verdict, []).append(number)
        print(name, {k: len(v) if k == "same" else v for k, v in verdicts.items()})
    else:
        micro = run_tflm([(model, values, len(outputs))])[0]
        same = micro is not None and all(a.tobytes() == b.astype(a.dtype).tobytes() for x, y in zip(results, micro) for a, b in zip(x, y))
        print(name, "TFLM:", "none" if micro is None else "same" if same else "DIFFERENT")
    directory = pathlib.Path(directory)
    (directory / (name + ".tflite")).write_bytes(model)
    (directory / (name + ".in")).write_bytes(b"".join(v.tobytes() for run in values for v in run))
    (directory / (name + ".out")).write_bytes(b"".join(v.tobytes() for run in results for v in run))
    print(f"  {len(cases)} operators, {len(model)} + {sum(v.nbytes for r in values for v in r)} + {sum(v.nbytes for r in results for v in r)} bytes")


def scale(low=0.005, high=0.2):
    return float(np.float32(np.exp(random.uniform(np.log(low), np.log(high)))))


def zero(dtype):
    return int(random.integers(-128, 128)) if dtype == "int8" else 0


def act(shape, dtype="int8", s=None, z=None):
    return T(shape, dtype, scale() if s is None else s, zero(dtype) if z is None else z)


def ints(*values):
    return T(np.shape(values), "int32", data=np.array(values, np.int32))


def window(padding, size, kernel, stride, dilation=1):
    reach = (kernel - 1) * dilation + 1
    return -(-size // stride) if padding == 0 else (size - reach) // stride + 1


def arithmetic(dtype):
    cases = []
    shapes = [([1, 2, 3, 4], [1, 2, 3, 4]), ([1, 2, 3, 4], [4]), ([3, 1], [1, 5]), ([1], [2, 3, 4]), ([2, 1, 3, 1], [1, 4, 1, 2]),
              ([1, 1, 1, 1], [1, 1, 1, 1]), ([7], [7]), ([2, 3], [])]
    for op, name in ((OPS.ADD, "Add"), (OPS.SUB, "Sub"), (OPS.MUL, "Mul")):
        for i, (a, b) in enumerate(shapes):
            fields = {"fusedActivationFunction": i % 4}
            if dtype == "int16" and name != "Mul":
                fields["potScaleInt16"] = False
            out = np.broadcast_shapes(tuple(a), tuple(b))
            first = act(a, dtype)
            second = first if i == 6 else act(b, dtype)
            cases.append(Case(op, [first, second], [act(out, dtype, scale(0.02, 0.5))], options(name + "Options", **fields)))
        constant = T([3], dtype, scale(), zero(dtype), data=random.integers(-128, 128, 3))
        fields = {"potScaleInt16": False} if dtype == "int16" and name != "Mul" else {}
        cases.append(Case(op, [constant, act([2, 3], dtype)], [act([2, 3], dtype)], options(name + "Options", **fields)))
    return cases


def activations():
    cases = []
    for i, s in enumerate((0.002, 0.02, 0.05, 0.11, 0.7)):
        z = (-128, -10, 0, 33, 127)[i]
        cases.append(Case(OPS.LOGISTIC, [act([256], s=s, z=z)], [act([256], s=1 / 256, z=-128)]))
        cases.append(Case(OPS.TANH, [act([256], s=s, z=z)], [act([256], s=1 / 128, z=0)]))
        cases.append(Case(OPS.HARD_SWISH, [act([256], s=s, z=z)], [act([256], s=max(s * (0.6, 1.0, 1.3, 0.9, 2)[i], 0.01), z=-z // 2)]))
        cases.append(Case(OPS.RELU, [act([256], s=s, z=z)], [act([256], s=s * (0.4, 1, 0.77, 2, 1)[i], z=(-128, 0, 5, -100, 127)[i])]))
        cases.append(Case(OPS.RELU6, [act([256], s=s, z=z)], [act([256], s=s, z=z)]))
        cases.append(Case(OPS.LEAKY_RELU, [act([256], s=s, z=z)], [act([256], s=s * (0.4, 1, 0.77, 2, 1)[i], z=(-128, 0, 5, -100, 127)[i])],
                          options("LeakyReluOptions", alpha=(0.1, 0.3, -0.5, 1.5, 0.0)[i])))
    # TensorFlow Lite Micro clamps without rescaling.
    cases.append(Case(OPS.RELU6, [act([256], s=0.05, z=3)], [act([256], s=0.03, z=-128)], only_tflite=True))
    cases.append(Case(OPS.RELU_N1_TO_1, [act([256], s=0.02, z=3)], [act([256], s=0.011, z=-7)]))
    for a, b in (([1, 3, 4, 5], [1, 1, 5]), ([1, 3, 4, 5], [3, 4, 5]), ([2, 6], [2, 6]), ([1, 2, 2, 3], [1, 1, 1])):
        alpha = T(b, "int8", scale(0.002, 0.02), zero("int8"), data=random.integers(-128, 128, b))
        cases.append(Case(OPS.PRELU, [act(a), alpha], [act(a)]))
    return cases


def moving(dtype):
    cases = []

    def same(shape, q):
        return T(shape, dtype, *q)

    def q():
        return (None, 0) if dtype in ("float32", "int32") else (scale(), zero(dtype))

    def sliced(shape, begin, end, step, **masks):
        x = np.zeros(shape)
        index = []
        for i in range(len(begin)):
            if masks.get("shrinkAxisMask", 0) >> i & 1:
                index.append(begin[i])
                continue
            stop = end[i] + begin[i] if masks.get("offset") else end[i]
            index.append(slice(None if masks.get("beginMask", 0) >> i & 1 else begin[i], None if masks.get("endMask", 0) >> i & 1 else stop, step[i]))
        p = q()
        return Case(OPS.STRIDED_SLICE, [same(shape, p), ints(*begin), ints(*end), ints(*step)], [same(x[tuple(index)].shape, p)],
                    options("StridedSliceOptions", **masks))

    cases += [sliced([1, 4, 5, 3], [0, 1, 0, 0], [1, 3, 5, 3], [1, 1, 1, 1]),
              sliced([1, 4, 5, 3], [0, 3, 4, 0], [1, 0, 0, 3], [1, -1, -2, 1]),
              sliced([1, 4, 5, 3], [0, -3, 0, 1], [0, -1, 0, 2], [1, 1, 2, 1], beginMask=1, endMask=5),
              sliced([1, 4, 5, 3], [0, 1, 2, 0], [1, 2, 3, 3], [1, 1, 1, 1], shrinkAxisMask=6),
              sliced([6], [-100], [100], [4]), sliced([6], [4], [2], [1]), sliced([6], [5], [-100], [-1]),
              sliced([2, 3, 2, 2, 3], [0, 1, 0, 0, 0], [2, 3, 2, 2, 3], [1, 1, 1, 1, 2])]
    for order in ((0, 2, 1, 3), (3, 2, 1, 0), (0, 1, 2, 3), (1, 0), (0, 3, 1, 2), (2, 0, 1)):
        shape = [2, 3, 4, 5][: len(order)]
        p = q()
        cases.append(Case(OPS.TRANSPOSE, [same(shape, p), ints(*order)], [same([shape[i] for i in order], p)], options("TransposeOptions")))
    for shapes, axis in ((([1, 2, 3], [1, 4, 3]), 1), (([2, 3], [2, 1], [2, 2]), -1), (([2], [3]), 0), (([1, 2, 2, 2], [1, 2, 2, 3]), 3),
                         (([1, 1, 2], [1, 1, 2], [1, 1, 2], [1, 1, 2]), 0), (([1, 0, 3], [1, 2, 3]), 1), (([0, 2], [0, 3]), 1)):
        out = list(shapes[0])
        out[axis] = sum(s[axis] for s in shapes)
        p = q()
        cases.append(Case(OPS.CONCATENATION, [same(s, p) for s in shapes], [same(out, p)], options("ConcatenationOptions", axis=axis)))
    for shape, axis, parts in (([1, 6, 2], 1, 3), ([4, 3], 0, 2), ([2, 2, 5], -1, 5), ([3], 0, 1)):
        out = list(shape)
        out[axis] //= parts
        p = q()
        cases.append(Case(OPS.SPLIT, [T([], "int32", data=np.int32(axis)), same(shape, p)], [same(out, p) for _ in range(parts)],
                          options("SplitOptions", numSplits=parts)))
    for shape, axis, sizes in (([1, 6, 2], 1, (1, 2, 3)), ([5, 2], 0, (4, 1))):
        p = q()
        outs = [same(shape[:axis] + [s] + shape[axis + 1:], p) for s in sizes]
        cases.append(Case(OPS.SPLIT_V, [same(shape, p), ints(*sizes), T([], "int32", data=np.int32(axis))], outs,
                          options("SplitVOptions", numSplits=len(sizes))))
    for shape, pads in (([1, 2, 3, 2], ((0, 0), (1, 2), (3, 0), (0, 1))), ([4], ((2, 1),)), ([2, 2], ((0, 0), (0, 0)))):
        out = [s + a + b for s, (a, b) in zip(shape, pads)]
        p = q()
        cases.append(Case(OPS.PAD, [same(shape, p), ints(*pads)], [same(out, p)], options("PadOptions")))
        value = T([1], dtype, *p, data=[77])
        cases.append(Case(OPS.PADV2, [same(shape, p), ints(*pads), value], [same(out, p)], options("PadV2Options")))
    if dtype != "int32":
        for size in ((4, 7), (1, 1), (6, 2), (3, 5)):
            for mode in ({}, {"alignCorners": True}, {"halfPixelCenters": True}):
                p = q()
                cases.append(Case(OPS.RESIZE_NEAREST_NEIGHBOR, [same([1, 3, 5, 2], p), ints(*size)], [same([1, *size, 2], p)],
                                  options("ResizeNearestNeighborOptions", **mode)))
                if dtype != "float32":
                    p = q()
                    cases.append(Case(OPS.RESIZE_BILINEAR, [same([1, 3, 5, 2], p), ints(*size)], [same([1, *size, 2], p)],
                                      options("ResizeBilinearOptions", **mode)))
    p = q()
    cases.append(Case(OPS.SQUEEZE, [same([1, 3, 1, 2], p)], [same([3, 2], p)], options("SqueezeOptions", squeezeDims=[0, 2])))
    cases.append(Case(OPS.EXPAND_DIMS, [same([3, 2], p), T([], "int32", data=np.int32(1))], [same([3, 1, 2], p)], options("ExpandDimsOptions")))
    cases.append(Case(OPS.RESHAPE, [same([3, 2], p), ints(2, 3)], [same([2, 3], p)], options("ReshapeOptions", newShape=[2, 3])))
    return cases


def pools_and_means(dtype):
    cases = []
    for i, (h, w, c, kh, kw, sh, sw, padding) in enumerate(((4, 5, 3, 2, 2, 2, 2, 1), (4, 5, 3, 3, 2, 1, 2, 0), (3, 3, 2, 3, 3, 1, 1, 1),
                                                             (1, 7, 1, 1, 3, 1, 1, 0), (5, 5, 2, 4, 4, 3, 3, 0))):
        for op in (OPS.AVERAGE_POOL_2D, OPS.MAX_POOL_2D):
            p = scale(), zero(dtype)
            out = [2, window(padding, h, kh, sh), window(padding, w, kw, sw), c]
            cases.append(Case(op, [T([2, h, w, c], dtype, *p)], [T(out, dtype, *p)],
                              options("Pool2DOptions", padding=padding, strideW=sw, strideH=sh, filterWidth=kw, filterHeight=kh, fusedActivationFunction=i % 4)))
    for shape, axes, keep in (([1, 3, 4, 2], (1, 2), True), ([1, 3, 4, 2], (1, 2), False), ([2, 3, 4, 2], (0, 2), True), ([2, 3, 4, 2], (-1, 1), False),
                              ([2, 3, 4], (0, 1, 2), False), ([2, 3, 4], (1,), True), ([2, 3], (1, 1), True), ([5, 1], (1,), False), ([2, 2, 3, 2], (0, 3), False)):
        resolved = {a % len(shape) for a in axes}
        out = [1 if i in resolved else s for i, s in enumerate(shape) if keep or i not in resolved]
        cases.append(Case(OPS.MEAN, [act(shape, dtype), ints(*axes)], [act(out, dtype)], options("ReducerOptions", keepDims=keep)))
    return cases


def weights(shape, scales, dimension, dtype="int8"):
    low, high = (-7, 8) if dtype == "int4" else (-127, 128)
    return T(shape, dtype, scales, 0, data=random.integers(low, high, shape), dimension=dimension)


def bias(count, input_scale, scales, dtype="int32"):
    return T([count], dtype, np.float32(input_scale) * np.asarray(scales, np.float32), 0, data=random.integers(-20000, 20000, count))


def convolutions(dtype, weight_type="int8", bias_type="int32"):
    cases = []
    span = 0.02 if dtype == "int8" else 0.0005
    for i, (h, w, ci, co, kh, kw, s, d, padding, batch) in enumerate(((5, 6, 3, 4, 3, 3, 1, 1, 0, 1), (5, 6, 3, 5, 3, 3, 2, 1, 1, 2), (7, 6, 2, 3, 3, 2, 1, 2, 0, 1),
                                                                      (4, 4, 8, 7, 1, 1, 1, 1, 1, 1), (1, 9, 4, 2, 1, 4, 1, 1, 1, 1), (6, 6, 1, 1, 5, 5, 3, 1, 0, 1))):
        for depthwise in (False, True):
            channels = ci * (1 + i % 2) if depthwise else co
            per_channel = i != 3
            x = T([batch, h, w, ci], dtype, scale(0.01, 0.1) if dtype == "int8" else scale(0.0002, 0.001), zero(dtype))
            scales = [scale(span / 4, span) for _ in range(channels)] if per_channel else [scale(span / 4, span)]
            shape = [1, kh, kw, channels] if depthwise else [co, kh, kw, ci]
            f = weights(shape, scales, 3 if depthwise else 0, weight_type)
            b = None if i == 4 and depthwise else bias(channels, x.scale, scales if per_channel else scales * channels,
                                                       "int32" if i == 2 and not depthwise else bias_type)
            if b and not per_channel:
                b.scale = x.scale * np.float32(scales[0])
            y = T([batch, window(padding, h, kh, s, d), window(padding, w, kw, s, d), channels], dtype,
                  scale(0.05, 0.3) if dtype == "int8" else scale(0.001, 0.003), zero(dtype))
            common = dict(padding=padding, strideW=s, strideH=s, fusedActivationFunction=i % 4, dilationWFactor=d, dilationHFactor=d)
            if depthwise:
                cases.append(Case(OPS.DEPTHWISE_CONV_2D, [x, f, b], [y], options("DepthwiseConv2DOptions", depthMultiplier=channels // ci, **common)))
            else:
                if i == 2 and dtype == "int16":
                    common["quantizedBiasType"] = TYPES["int32"]
                cases.append(Case(OPS.CONV_2D, [x, f, b], [y], options("Conv2DOptions", **common)))
    for i, (batch, depth, units) in enumerate(((1, 8, 5), (3, 7, 4), (2, 33, 1), (1, 1, 3))):
        x = T([batch, depth], dtype, scale(0.01, 0.1) if dtype == "int8" else scale(0.0002, 0.001), zero(dtype))
        scales = [scale(span / 4, span) for _ in range(units if i == 1 and weight_type == "int8" else 1)]
        f = weights([units, depth], scales, 0, weight_type)
        b = None if i == 2 else bias(units, x.scale, scales, "int64" if dtype == "int16" else "int32")
        y = T([batch, units], dtype, scale(0.05, 0.3) if dtype == "int8" else scale(0.001, 0.003), zero(dtype))
        cases.append(Case(OPS.FULLY_CONNECTED, [x, f, b], [y], options("FullyConnectedOptions", fusedActivationFunction=i)))
    return cases


def transpose_convolutions(dtype):
    cases = []
    span = 0.02 if dtype == "int8" else 0.0005
    for i, (h, w, ci, co, kh, kw, s, padding) in enumerate(((3, 4, 3, 2, 3, 3, 2, 0), (3, 4, 2, 3, 3, 3, 2, 1), (2, 2, 1, 1, 2, 2, 2, 1), (4, 3, 2, 4, 1, 3, 1, 0),
                                                            (3, 3, 2, 2, 4, 2, 3, 1), (2, 3, 1, 5, 1, 1, 2, 1))):
        x = T([1, h, w, ci], dtype, scale(0.01, 0.1) if dtype == "int8" else scale(0.0002, 0.001), zero(dtype))
        scales = [scale(span / 4, span) for _ in range(co)]
        f = weights([co, kh, kw, ci], scales, 0)
        out = [1, h * s, w * s, co] if padding == 0 else [1, (h - 1) * s + max(kh, s), (w - 1) * s + max(kw, s), co]
        if padding == 1:
            out[1], out[2] = (h - 1) * s + kh, (w - 1) * s + kw
        y = T(out, dtype, scale(0.05, 0.3) if dtype == "int8" else scale(0.001, 0.003), zero(dtype))
        inputs = [ints(*out), f, x]
        if i != 3 or dtype == "int16":
            inputs.append(bias(co, x.scale, scales, "int64" if dtype == "int16" else "int32"))
        cases.append(Case(OPS.TRANSPOSE_CONV, inputs, [y], options("TransposeConvOptions", padding=padding, strideW=s, strideH=s)))
    return cases


def int16_functions():
    cases = []
    for s in (1 / 4096, 1 / 2048, 1 / 3000, 0.0001, 1 / 32768, 0.01, 2.0):
        for op in (OPS.LOGISTIC, OPS.TANH):
            cases.append(Case(op, [T([200], "int16", s, 0)], [T([200], "int16", 1 / 32768, 0)]))
    for s, depth in ((1 / 4096, 10), (0.0005, 3), (1 / 32768, 7), (0.01, 20), (0.0003, 1)):
        cases.append(Case(OPS.SOFTMAX, [T([9, depth], "int16", s, 0)], [T([9, depth], "int16", 1 / 32768, 0)], options("SoftmaxOptions", beta=1.0 if depth != 3 else 0.7)))
    for i, (a, b) in enumerate(((0.001, 0.001), (0.001, 0.0003), (0.0005, 0.002))):
        cases.append(Case(OPS.RELU, [T([100], "int16", a, 0)], [T([100], "int16", b, 0)]))
        cases.append(Case(OPS.RELU6, [T([100], "int16", a, 0)], [T([100], "int16", a, 0)]))
        cases.append(Case(OPS.LEAKY_RELU, [T([100], "int16", a, 0)], [T([100], "int16", b, 0)], options("LeakyReluOptions", alpha=(0.1, -0.3, 1.2)[i])))
    return cases


def softmaxes():
    return [Case(OPS.SOFTMAX, [act([5, d], s=s)], [T([5, d], "int8", 1 / 256, -128)], options("SoftmaxOptions", beta=b))
            for d, s, b in ((10, 0.05, 1.0), (2, 0.2, 1.0), (1, 0.1, 1.0), (33, 0.01, 0.5), (5, 1.5, 2.0))]


def quantizations():
    cases = []
    # What TensorFlow Lite converts.
    for a, b in (("float32", "int8"), ("float32", "uint8"), ("float32", "int16"), ("int8", "int8"), ("int8", "uint8"), ("uint8", "int8"), ("uint8", "uint8"),
                 ("int16", "int8"), ("int16", "int16"), ("int32", "int8"), ("int32", "int16")):
        def t(dtype, s, z):
            return T([2, 30], dtype, None if dtype == "float32" else s, z if dtype in ("int8", "uint8") else 0)
        small = {"int16": 0.001, "int32": 0.0002}
        cases.append(Case(OPS.QUANTIZE, [t(a, small.get(a, 0.05), 17)], [t(b, small.get(b, 0.03), 9)], options("QuantizeOptions")))
    for a in ("int8", "uint8", "int16"):
        cases.append(Case(OPS.DEQUANTIZE, [T([2, 50], a, 0.037, 5 if a != "int16" else 0)], [T([2, 50], "float32")], options("DequantizeOptions")))
    return cases


def streaming(directory):
    """Two variables, one of them initialised by CALL_ONCE: a window of three steps, and a sum that decays."""
    b = Builder()
    p = (0.05, -3)

    def handle(name):
        return Case(OPS.VAR_HANDLE, [], [T([], "resource")], options("VarHandleOptions", container=b"", sharedName=name))

    window_, total = handle(b"window"), handle(b"total")
    x = T([1, 1, 4], "int8", *p)
    old, joined, kept = T([1, 2, 4], "int8", *p), T([1, 3, 4], "int8", *p), T([1, 2, 4], "int8", *p)
    before, sum_ = T([1, 3, 4], "int8", 0.1, 5), T([1, 3, 4], "int8", 0.1, 5)
    again = handle(b"total")
    after = T([1, 3, 4], "int8", 0.1, 5)
    call = Case(OPS.CALL_ONCE, [], [], options("CallOnceOptions", initSubgraphIndex=1))
    cases = [call, window_, total,
             Case(OPS.READ_VARIABLE, [window_.outputs[0]], [old], options("ReadVariableOptions")),
             Case(OPS.CONCATENATION, [old, x], [joined], options("ConcatenationOptions", axis=1)),
             Case(OPS.STRIDED_SLICE, [joined, ints(0, 1, 0), ints(1, 3, 4), ints(1, 1, 1)], [kept], options("StridedSliceOptions")),
             Case(OPS.ASSIGN_VARIABLE, [window_.outputs[0], kept], [], options("AssignVariableOptions")),
             Case(OPS.READ_VARIABLE, [total.outputs[0]], [before], options("ReadVariableOptions")),
             Case(OPS.ADD, [before, joined], [sum_], options("AddOptions")),
             Case(OPS.ASSIGN_VARIABLE, [total.outputs[0], sum_], [], options("AssignVariableOptions")),
             again,
             Case(OPS.READ_VARIABLE, [again.outputs[0]], [after], options("ReadVariableOptions"))]
    inputs, outputs = b.subgraph(cases, [x], [joined, before, after])
    first, second = handle(b"window"), handle(b"total")
    b.subgraph([first, second,
                Case(OPS.ASSIGN_VARIABLE, [first.outputs[0], T([1, 2, 4], "int8", *p, data=np.arange(8))], [], options("AssignVariableOptions")),
                Case(OPS.ASSIGN_VARIABLE, [second.outputs[0], T([1, 3, 4], "int8", 0.1, 5, data=np.full(12, 5))], [], options("AssignVariableOptions"))],
               [], [])
    emit(directory, "streaming", cases, b, runs=5, tflm_per_case=False, inputs=inputs, outputs=outputs)


def floats():
    def f(*shape):
        return T(shape, "float32")

    def w(*shape):
        return T(shape, "float32", data=random.standard_normal(shape).astype(np.float32))

    cases = [Case(op, [f(2, 3, 4), f(*b)], [f(2, 3, 4)], options(name + "Options", fusedActivationFunction=i))
             for op, name in ((OPS.ADD, "Add"), (OPS.SUB, "Sub"), (OPS.MUL, "Mul")) for i, b in enumerate(([2, 3, 4], [4], [3, 1], [1]))]
    cases += [Case(op, [f(40)], [f(40)]) for op in (OPS.LOGISTIC, OPS.TANH, OPS.RELU, OPS.RELU6, OPS.RELU_N1_TO_1, OPS.HARD_SWISH)]
    cases.append(Case(OPS.LEAKY_RELU, [f(40)], [f(40)], options("LeakyReluOptions", alpha=0.2)))
    cases.append(Case(OPS.PRELU, [f(1, 2, 3, 2), w(1, 1, 2)], [f(1, 2, 3, 2)]))
    cases.append(Case(OPS.SOFTMAX, [f(3, 7)], [f(3, 7)], options("SoftmaxOptions", beta=0.8)))
    for op in (OPS.AVERAGE_POOL_2D, OPS.MAX_POOL_2D):
        cases.append(Case(op, [f(1, 5, 4, 2)], [f(1, 3, 2, 2)], options("Pool2DOptions", padding=0, strideW=2, strideH=2, filterWidth=3, filterHeight=2)))
    cases.append(Case(OPS.MEAN, [f(2, 3, 4, 2), ints(0, 2)], [f(3, 2)], options("ReducerOptions")))
    cases.append(Case(OPS.MEAN, [f(2, 3, 4, 2), ints(1, 2)], [f(2, 1, 1, 2)], options("ReducerOptions", keepDims=True)))
    common = dict(padding=0, strideW=2, strideH=1, fusedActivationFunction=3, dilationWFactor=1, dilationHFactor=2)
    cases.append(Case(OPS.CONV_2D, [f(1, 5, 6, 3), w(4, 3, 2, 3), w(4)], [f(1, 5, 3, 4)], options("Conv2DOptions", **common)))
    cases.append(Case(OPS.DEPTHWISE_CONV_2D, [f(1, 5, 6, 3), w(1, 3, 2, 6), w(6)], [f(1, 5, 6, 6)],
                      options("DepthwiseConv2DOptions", depthMultiplier=2, **{**common, "strideW": 1})))
    cases.append(Case(OPS.TRANSPOSE_CONV, [ints(1, 6, 8, 2), w(2, 3, 3, 3), f(1, 3, 4, 3), w(2)], [f(1, 6, 8, 2)],
                      options("TransposeConvOptions", padding=0, strideW=2, strideH=2)))
    cases.append(Case(OPS.FULLY_CONNECTED, [f(2, 9), w(5, 9), w(5)], [f(2, 5)], options("FullyConnectedOptions", fusedActivationFunction=1)))
    return cases


FAMILIES = {
    "arithmetic_int8": lambda: arithmetic("int8"),
    "arithmetic_int16": lambda: arithmetic("int16"),
    "activations_int8": activations,
    "functions_int16": int16_functions,
    "moving_int8": lambda: moving("int8"),
    "moving_int16": lambda: moving("int16"),
    "moving_float32": lambda: moving("float32"),
    "moving_int32": lambda: moving("int32"),
    "pools_and_means_int8": lambda: pools_and_means("int8"),
    "pools_and_means_int16": lambda: pools_and_means("int16"),
    "convolutions_int8": lambda: convolutions("int8"),
    "convolutions_int4": lambda: convolutions("int8", "int4"),
    "convolutions_int16": lambda: convolutions("int16", bias_type="int64"),
    "transpose_convolutions_int8": lambda: transpose_convolutions("int8"),
    "transpose_convolutions_int16": lambda: transpose_convolutions("int16"),
    "softmaxes_int8": softmaxes,
    "quantizations": quantizations,
    "float32": floats,
}


def main():
    directory, wanted = sys.argv[1], sys.argv[2:]
    global random
    for number, (name, make) in enumerate(FAMILIES.items()):
        random = np.random.default_rng(number)
        if not wanted or name in wanted:
            try:
                emit(directory, name, make(), runs=1 if name in ("moving_float32", "moving_int32", "float32") else 2)
            except Exception as e:  # The next family may do.
                print(name, "FAILED", e)
    random = np.random.default_rng(99)
    if not wanted or "streaming" in wanted:
        streaming(directory)


if __name__ == "__main__":
    main()
