#!/usr/bin/env python3
"""Quantize the float model after a recipe, in NumPy, and compute every tensor; write tests/data/recipes.json.

    python3 tests/reference/recipes.py MODEL...            # writes the golden file
    python3 tests/reference/recipes.py --check MODEL...    # recomputes and compares it

A MODEL is an INT8 file in the QOperator form, as `twinsight models build --recipe NAME` writes it; its recipe is that of
models/recipes/, and its calibration table is in models/. All numbers are computed anew from models/yolov4-tiny-416_float.onnx,
the recipe and the table, with what a recipe may ask for a chip's sake: scales that are powers of two, symmetric or signed
activations, another slope of leaky ReLUs, few bits for weights and biases. The program fails where the model has another
number. The golden file then holds, of each recipe, the scale and zero point of each activation, of each convolution the
scales, the CRC32 of weights and of biases, and the CRC32 of every tensor's bytes for tests/data/bus_416.png, with exact
integer sums (integer.py).
"""

import argparse
import json
import sys
import zlib
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

import integer

GOLDEN = integer.ROOT / "tests/data/recipes.json"
MODELS = integer.ROOT / "models"
f32 = np.float32


def power_of_two(least):
    """The least power of two that is not less."""
    fraction, exponent = np.frexp(least)
    return np.ldexp(1.0, int(exponent) - (fraction == 0.5))


def activation(low, high, recipe):
    """The scale and the zero point of bytes that cover a range and 0."""
    low, high = min(float(low), 0.0), max(float(high), 0.0)
    kind = recipe.get("activations", "uint8")
    step = max(high, -low) / 127 if kind == "symmetric" else (high - low) / 255
    if step < np.finfo(f32).tiny:
        step, zero = 1.0, 0
    else:
        if recipe.get("scales") == "power_of_two":
            step = power_of_two(step)
        zero = int(np.rint(-low / step))
    if kind == "uint8":
        return f32(step), np.uint8(zero)
    return f32(step), np.int8(0 if kind == "symmetric" else zero - 128)


def weight_scale(weights, recipe):
    most = 2 ** (recipe.get("weight_bits", 8) - 1) - 1
    scale = np.abs(weights).max().astype(float) / most
    if recipe.get("scales") != "power_of_two":
        return f32(scale)
    # Of three powers of two the one of the least squared error; the largest weights may be cut off.
    powers = [f32(power_of_two(scale) / by) for by in (1, 2, 4)]
    errors = [((weights.astype(float) - rounded(weights, p, most).astype(float) * p) ** 2).sum() for p in powers]
    return powers[int(np.argmin(errors))]


def rounded(weights, scale, most):
    return np.clip(np.rint(weights / scale), -most, most).astype(np.int8)


def convolution(weights, biases, input_scale, recipe):
    """Scales, int8 weights and int32 biases."""
    most = 2 ** (recipe.get("weight_bits", 8) - 1) - 1
    groups = [weights] if recipe["weights"] == "tensor" else list(weights)
    scales = np.array([weight_scale(group, recipe) for group in groups], f32)
    quantized = np.concatenate([rounded(g, s, most).ravel() for g, s in zip(groups, scales)]).reshape(weights.shape)
    units = (f32(input_scale) * scales).astype(float)
    whole, bits = biases.astype(float) / units, recipe.get("bias_bits", 32)
    limit = 2 ** (bits - 1) - 1
    shift = next(n for n in range(33 - bits) if bits == 32 or np.abs(np.rint(whole / 2**n)).max() <= limit)
    return scales, quantized, np.rint(whole / 2**shift).astype(np.int64) << shift


def grids_of(graph, recipe, ranges):
    """Of each tensor, the grid that it shares with those whose bytes are only moved to it or from it."""
    first = {}
    moving = {"Split", "MaxPool", "Resize"} | ({"Concat"} if recipe["concat"] == "shared" else set())

    def find(tensor):
        while first.get(tensor, tensor) != tensor:
            tensor = first[tensor]
        return tensor

    for node in graph.node:
        if node.op_type in moving:
            tensors = [t for t in node.input if t in ranges] + list(node.output)
            for tensor in tensors[1:]:
                first[find(tensor)] = find(tensors[0])
    joined = {}
    for tensor, (low, high) in ranges.items():
        if recipe["concat"] == "own" and find(tensor) != tensor:
            continue
        before = joined.get(find(tensor), (low, high))
        joined[find(tensor)] = (min(low, before[0]), max(high, before[1]))
    return {tensor: activation(*map(f32, joined[find(tensor)]), recipe) for tensor in ranges}


def floats(names, patterns):
    return {n for n in names if any(n == p or (p.endswith("*") and n.startswith(p[:-1])) for p in patterns)}


def crc(array):
    return f"{zlib.crc32(np.ascontiguousarray(array).astype(array.dtype.newbyteorder('<')).tobytes()):08x}"


def check(path, recipe, graph, grids):
    """Compare every number of a model; return the convolutions' scales and sums."""
    theirs = {t.name: numpy_helper.to_array(t) for t in onnx.load(path).graph.initializer}
    constants = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    for tensor, (scale, zero) in grids.items():
        if f"{tensor}_scale" in theirs:
            found = theirs[f"{tensor}_scale"], theirs[f"{tensor}_zero_point"]
            assert found == (scale, zero) and found[1].dtype == zero.dtype, f"{tensor}: {found}, not {scale, zero}"
    made = {}
    in_float = floats([n.name for n in graph.node], recipe["float_output"])
    for node in graph.node:
        if node.op_type == "LeakyRelu" and "leaky_slope" in recipe:
            above, below = map(int, recipe["leaky_slope"].split("/"))
            found = {
                helper.get_attribute_value(a)
                for n in onnx.load(path).graph.node
                for a in n.attribute
                if n.op_type == "QLinearLeakyRelu"
            }
            assert found == {float(f32(above / below))}, found
        if node.op_type != "Conv":
            continue
        weights, biases = (constants[name] for name in node.input[1:])
        scales, quantized, whole = convolution(weights, biases, grids[node.input[0]][0], recipe)
        name = f"{node.name}_weight"
        their = theirs[f"{name}_quantized"]
        if node.name in in_float:
            their = their.T.reshape(quantized.shape)
        assert np.array_equal(theirs[f"{name}_scale"].ravel(), scales), f"{name}_scale"
        assert np.array_equal(their, quantized), f"{name}: {(their != quantized).sum()} differ"
        made[node.name] = {"scales": [float(s) for s in scales[:4]], "weights": crc(quantized)}
        if node.name not in in_float:
            assert np.array_equal(theirs[f"{node.name}_bias_quantized"], whole), f"{node.name}_bias"
            made[node.name]["biases"] = crc(whole.astype(np.int32))
    return made


def golden(paths):
    graph = onnx.load(MODELS / "yolov4-tiny-416_float.onnx").graph
    image, models = integer.read_picture(), {}
    for path in paths:
        props = {p.key: p.value for p in onnx.load(path).metadata_props}
        recipe = json.loads((MODELS / f"recipes/{props['twinsight.recipe']}.json").read_text())
        tables = [json.loads(file.read_text()) for file in MODELS.glob("*.calibration.json")]
        key = (recipe["ranges"], recipe.get("leaky_slope"))
        kind = {"symmetric": "symmetric "}.get(recipe.get("activations"), "")
        kind = (kind + ("power of two" if recipe.get("scales") == "power_of_two" else "")).strip()
        kind = kind if "mse" in recipe["ranges"] else ""
        [table] = [t for t in tables if (t["method"], t.get("leaky_slope")) == key and t.get("grids", "") == kind]
        grids = grids_of(graph, recipe, table["ranges"])
        convolutions = check(path, recipe, graph, grids)
        tensors = {tensor: crc(value) for tensor, value in integer.run(path, image).items()}
        models[recipe["name"]] = {
            "grids": {tensor: [float(scale), int(zero)] for tensor, (scale, zero) in grids.items()},
            "convolutions": convolutions,
            "tensors": tensors,
        }
        print(f"{path.name}: {len(grids)} grids, {len(convolutions)} convolutions, {len(tensors)} tensors")
    return models


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", metavar="MODEL", nargs="+", type=Path)
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    models = golden(args.models)
    if args.check:
        return 0 if models == json.loads(GOLDEN.read_text()) else 1
    GOLDEN.write_text(compact(models))
    return 0


def compact(models):
    """JSON with one tensor a line."""
    parts = []
    for name, model in models.items():
        tables = []
        for table, entries in model.items():
            lines = [f"   {json.dumps(key)}: {json.dumps(value)}" for key, value in entries.items()]
            tables.append(f'  "{table}": {{\n' + ",\n".join(lines) + "\n  }")
        parts.append(f' "{name}": {{\n' + ",\n".join(tables) + "\n }")
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    sys.exit(main())
