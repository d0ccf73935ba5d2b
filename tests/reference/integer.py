#!/usr/bin/env python3
"""Compute every tensor of an INT8 model (QOperator) to the byte, in NumPy with exact sums; write tests/data/integer.json.

The golden file holds a CRC32 of the little-endian bytes of each node output, in graph order. The input is
tests/data/bus_416.png, already letterboxed, so that neither a JPEG decoder nor a resizer plays a part.

    python3 tests/reference/integer.py                       # writes the golden file
    python3 tests/reference/integer.py --check               # recomputes and compares it
    python3 tests/reference/integer.py --against-onnxruntime [MODEL...]
    python3 tests/reference/integer.py --picture PHOTO       # writes the PNG first

--against-onnxruntime compares every tensor with ONNX Runtime, with and without its graph optimizations, and prints the
share of activation bytes that differ. There is none where ONNX Runtime's plain kernels are exact: with VNNI, with AMX,
or on Arm. On other x86-64 processors those for uint8 by int8 saturate, and the share shows the effect;
--x64quantprecision selects exact kernels there. That option is a graph optimization, so with it there is no run without
them. ONNX Runtime 1.32 has no such kernel for int8 activations: the model does not load.
"""

import argparse
import hashlib
import json
import sys
import zlib
from pathlib import Path

import cv2
import numpy as np
import onnx
from onnx import helper, numpy_helper

import core

ROOT = Path(__file__).resolve().parents[2]
PICTURE = ROOT / "tests/data/bus_416.png"
GOLDEN = ROOT / "tests/data/integer.json"
MODELS = [ROOT / f"models/yolov4-tiny-416_int8_{name}.onnx" for name in ("qop", "tuned")]
f32 = np.float32
PER_CHANNEL = (-1, 1, 1)


def whole(values, zero_point):
    """Distance from the zero point, as float64: sums of such products are exact up to 2^53, in any order."""
    return values.astype(np.float64) - (0 if zero_point is None else zero_point.astype(np.float64))


def int32(sums):
    """Exact sums; fail where a 32-bit accumulator would overflow."""
    assert np.abs(sums).max() < 2**31
    return sums.astype(np.int32)


def rounded(values, zero_point):
    """float32 -> bytes of the zero point's type, rounding half to even."""
    limits = np.iinfo(zero_point.dtype)
    return np.clip(np.rint(values) + zero_point.astype(f32), limits.min, limits.max).astype(zero_point.dtype)


def quantize(x, scale, zero_point=np.uint8(0)):
    return rounded(x / scale, zero_point)


def dequantize(q, scale, zero_point=np.uint8(0)):
    return (q.astype(np.int32) - zero_point.astype(np.int32)).astype(f32) * scale


def conv_sums(x, x_zero, w, w_zero, bias=None, *, kernel_shape=None, strides=(1, 1), pads=(0, 0, 0, 0),
              dilations=(1, 1), group=1):  # fmt: skip
    """The exact int32 sums of a convolution, [filters, height, width]."""
    assert x.shape[0] == 1 and tuple(dilations) == (1, 1) and group == 1
    x, w = whole(x[0], x_zero), whole(w, w_zero.reshape(-1, 1, 1, 1))
    top, left, bottom, right = pads
    # Padding is the zero point, so its distance is 0.
    x = np.pad(x, ((0, 0), (top, bottom), (left, right)))
    (down, along), kernel = strides, w.shape[2:]
    height, width = ((n - size) // step + 1 for n, size, step in zip(x.shape[1:], kernel, strides))
    sums = np.zeros((len(w), height, width)) if bias is None else whole(bias, None).reshape(PER_CHANNEL)
    for i in range(kernel[0]):
        for j in range(kernel[1]):
            window = x[:, i : i + down * (height - 1) + 1 : down, j : j + along * (width - 1) + 1 : along]
            sums = sums + np.tensordot(w[:, :, i, j], window, axes=1)
    return int32(sums)


def conv(x, x_scale, x_zero, w, w_scale, w_zero, y_scale, y_zero, bias=None, **attributes):
    multiplier = (x_scale * w_scale / y_scale).reshape(PER_CHANNEL)
    return rounded(conv_sums(x, x_zero, w, w_zero, bias, **attributes).astype(f32) * multiplier, y_zero)[None]


def matmul_integer_to_float(a, b, a_scale, b_scale, a_zero=None, b_zero=None, bias=None):
    sums = int32(np.matmul(whole(a, a_zero), whole(b, b_zero))).astype(f32)
    y = sums * (a_scale * b_scale)
    return y if bias is None else y + bias


def table(function, x_scale, x_zero, y_scale, y_zero):
    """The result for each of 256 bytes; signed ones are indexed by their two's complement."""
    x = np.arange(256).astype(np.uint8).view(x_zero.dtype)
    return quantize(function(dequantize(x, x_scale, x_zero)), y_scale, y_zero)


def leaky_relu(x, x_scale, x_zero, y_scale, y_zero, *, alpha=0.01):
    leaky = lambda v: np.where(v >= 0, v, v * f32(alpha))  # noqa: E731
    return table(leaky, x_scale, x_zero, y_scale, y_zero)[x.view(np.uint8)]


def concat_grids(y_scale, y_zero, *inputs, axis):
    parts = zip(inputs[::3], inputs[1::3], inputs[2::3])
    same = lambda v: v  # noqa: E731
    bytes_ = [table(same, scale, zero, y_scale, y_zero)[x.view(np.uint8)] for x, scale, zero in parts]
    return np.concatenate(bytes_, axis)


def concat(*inputs, axis):
    return np.concatenate(inputs, axis)


def max_pool(x, *, kernel_shape, strides=(1, 1), pads=(0, 0, 0, 0), dilations=(1, 1), ceil_mode=0, storage_order=0):
    assert tuple(dilations) == (1, 1) and ceil_mode == 0
    top, left, bottom, right = pads
    lowest = np.iinfo(x.dtype).min if x.dtype.kind in "iu" else -np.inf
    x = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)), constant_values=lowest)
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel_shape, (2, 3))
    return windows[:, :, :: strides[0], :: strides[1]].max((-2, -1))


def resize(x, _roi=None, scales=None, sizes=None, *, mode, coordinate_transformation_mode, nearest_mode, **_cubic):
    assert (mode, coordinate_transformation_mode, nearest_mode) == (b"nearest", b"asymmetric", b"floor")
    if sizes is None:
        sizes = [int(np.floor(side * f32(scale))) for side, scale in zip(x.shape, scales)]
    else:
        scales = [f32(size) / f32(side) for size, side in zip(sizes, x.shape)]
    for axis, (size, scale) in enumerate(zip(sizes, scales)):
        x = x.take(np.floor(np.arange(size, dtype=f32) / f32(scale)).astype(int), axis)
    return x


def split(x, lengths=None, *, axis=0, num_outputs):
    return np.split(x, num_outputs if lengths is None else np.cumsum(lengths)[:-1], axis)


def slice_(x, starts, ends, axes=None, steps=None):
    axes = range(len(starts)) if axes is None else axes
    steps = np.ones_like(starts) if steps is None else steps
    at = [slice(None)] * x.ndim
    for axis, start, end, step in zip(axes, starts, ends, steps):
        assert step > 0
        at[axis] = slice(start, end, step)
    return x[tuple(at)]


OPERATORS = {
    "Concat": concat,
    "DequantizeLinear": dequantize,
    "Identity": lambda x: x,
    "MatMulIntegerToFloat": matmul_integer_to_float,
    "MaxPool": max_pool,
    "QLinearConcat": concat_grids,
    "QLinearConv": conv,
    "QLinearLeakyRelu": leaky_relu,
    "QuantizeLinear": quantize,
    "Resize": resize,
    "Slice": slice_,
    "Split": split,
    "Transpose": lambda x, *, perm: x.transpose(perm),
}


def run(model_path, image, operators=OPERATORS):
    """float32 [3, height, width] in 0..1 -> {tensor: array} for every node output, in graph order."""
    graph = onnx.load(model_path).graph
    values = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    values |= {graph.input[0].name: image[None], "": None}
    made = {}
    for node in graph.node:
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        if node.op_type == "Split":
            attributes["num_outputs"] = len(node.output)
        results = operators[node.op_type](*(values[name] for name in node.input), **attributes)
        made |= zip(node.output, results if node.op_type == "Split" else [results])
        values |= made
    return {name: np.ascontiguousarray(value) for name, value in made.items()}


def onnxruntime_run(model_path, image, optimized=True, precise=False):
    """The same, computed by ONNX Runtime."""
    import onnxruntime

    model = onnx.load(model_path)
    tensors = [tensor for node in model.graph.node for tensor in node.output]
    del model.graph.output[:]
    model.graph.output.extend(onnx.ValueInfoProto(name=tensor) for tensor in tensors)
    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = 3
    settings.add_session_config_entry("session.x64quantprecision", str(int(precise)))
    levels = onnxruntime.GraphOptimizationLevel
    settings.graph_optimization_level = levels.ORT_ENABLE_ALL if optimized else levels.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), settings, providers=["CPUExecutionProvider"])
    return dict(zip(tensors, session.run(tensors, {session.get_inputs()[0].name: image[None]})))


def differences(ours, theirs):
    """Yield a line for each tensor that is not bit-identical."""
    for tensor, a in ours.items():
        b = theirs[tensor]
        assert (a.dtype, a.shape) == (b.dtype, b.shape), f"{tensor}: {a.dtype} {a.shape}, {b.dtype} {b.shape}"
        unequal = a.view(f"u{a.itemsize}") != b.view(f"u{b.itemsize}")
        if unequal.any():
            furthest = np.abs(a.astype(np.float64) - b).max()
            yield f"{tensor}: {unequal.mean():.3%} of {a.size} differ, by up to {furthest:g}"


def wrong_bytes(ours, theirs):
    """The share of bytes that differ, over all tensors of bytes: the quantized input and the activations."""
    pairs = [(a, theirs[tensor]) for tensor, a in ours.items() if a.dtype.itemsize == 1]
    return sum(int((a != b).sum()) for a, b in pairs) / sum(a.size for a, _ in pairs)


def read_picture():
    rgb = cv2.cvtColor(cv2.imread(str(PICTURE)), cv2.COLOR_BGR2RGB)
    return np.ascontiguousarray(rgb.transpose(2, 0, 1), f32) / f32(255)


def write_picture(photo):
    rgb = cv2.cvtColor(cv2.imread(photo), cv2.COLOR_BGR2RGB)
    pixels = np.rint(core.letterbox(rgb)[0][0] * 255).astype(np.uint8).transpose(1, 2, 0)
    cv2.imwrite(str(PICTURE), cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 9])


def golden(image, operators=OPERATORS):
    models = {}
    for path in MODELS:
        tensors = {
            tensor: f"{zlib.crc32(value.astype(value.dtype.newbyteorder('<')).tobytes()):08x}"
            for tensor, value in run(path, image, operators).items()
        }
        models[path.name] = {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "tensors": tensors}
    return models


def against_onnxruntime(paths, image, precise):
    clean = True
    for path in paths:
        ours = run(path, image)
        for optimized in [True] if precise else [True, False]:
            theirs = onnxruntime_run(path, image, optimized, precise)
            lines = list(differences(ours, theirs))
            kind = "with" if optimized else "without"
            print(f"{path.name}, {kind} graph optimizations: {len(lines)} of {len(ours)} tensors differ,")
            print(f"  {wrong_bytes(ours, theirs):.1%} of the activation bytes")
            print(*(f"  {line}\n" for line in lines), sep="", end="")
            clean = clean and not lines
    return clean


def check(image):
    old, new = json.loads(GOLDEN.read_text()), golden(image)
    for name, model in new.items():
        before = old.get(name, {"sha256": None, "tensors": {}})
        if model["sha256"] != before["sha256"]:
            print(f"{name} is not the model of the golden file")
        changed = [t for t, crc in model["tensors"].items() if before["tensors"].get(t) != crc]
        print(f"{name}: {len(changed)} of {len(model['tensors'])} tensors differ", *changed, sep="\n  ")
    return new == old


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", metavar="MODEL", nargs="*", type=Path)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--against-onnxruntime", action="store_true")
    parser.add_argument("--x64quantprecision", action="store_true")
    parser.add_argument("--picture", metavar="PHOTO")
    args = parser.parse_args()
    if args.models and not args.against_onnxruntime:
        parser.error("MODEL requires --against-onnxruntime; the golden file is always for the same two models")

    if args.picture:
        write_picture(args.picture)
    image = read_picture()
    if args.against_onnxruntime:
        return 0 if against_onnxruntime(args.models or MODELS, image, args.x64quantprecision) else 1
    if args.check:
        return 0 if check(image) else 1
    models = golden(image)
    GOLDEN.write_text(json.dumps(models, indent=1) + "\n")
    print(f"{sum(len(model['tensors']) for model in models.values())} tensors")
    return 0


if __name__ == "__main__":
    sys.exit(main())
