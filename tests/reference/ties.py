#!/usr/bin/env python3
"""Show how far a few bytes reach in an INT8 model in the QDQ form: as many as another program rounds differently at ties.

    python3 tests/reference/ties.py QDQ.onnx IMAGE [--tensor layer_00_conv] [--bytes 22]

Some values of one tensor are moved by one step, up or down, and everything after it is computed by ONNX Runtime, node by
node. What is printed of each tensor after it: the share of its values that are another byte then, and by how many steps.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

import core


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", metavar="QDQ.onnx", type=Path)
    parser.add_argument("image", metavar="IMAGE", type=Path)
    parser.add_argument("--tensor", default="layer_00_conv")
    parser.add_argument("--bytes", default=22, type=int)
    parser.add_argument("--seed", default=1, type=int)
    args = parser.parse_args()
    model = onnx.load(args.model)
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    # The steps of each tensor that goes through bytes.
    steps = {
        node.output[0]: float(numpy_helper.to_array(constants[node.input[1]]))
        for node in model.graph.node
        if node.op_type == "DequantizeLinear" and node.input[0] not in constants
    }
    assert args.tensor in steps, f"{args.tensor} is not one of {', '.join(steps)}"
    image = core.letterbox(cv2.cvtColor(cv2.imread(str(args.image)), cv2.COLOR_BGR2RGB))[0]
    [images] = [given.name for given in model.graph.input]
    wanted = run(model, steps, {images: image})

    moved = wanted[args.tensor].copy()
    random = np.random.default_rng(args.seed)
    places = random.choice(moved.size, args.bytes, replace=False)
    moved.ravel()[places] += random.choice([-1, 1], args.bytes).astype(np.float32) * np.float32(steps[args.tensor])
    # It is an input from here on.
    kept = [node for node in model.graph.node if args.tensor not in node.output]
    del model.graph.node[:]
    model.graph.node.extend(kept)
    model.graph.input.append(onnx.helper.make_tensor_value_info(args.tensor, onnx.TensorProto.FLOAT, moved.shape))
    found = run(model, steps, {images: image, args.tensor: moved})

    print(f"{args.bytes} of {moved.size} values of {args.tensor} moved by one step")
    for name, values in found.items():
        apart = np.abs(values - wanted[name]) / steps[name]
        print(f"{name:20}  {(apart > 0.5).mean():8.3%} are another byte, by up to {apart.max():.0f} steps")


def run(model, steps, given):
    """The values of every tensor that goes through bytes and is computed from what is given."""
    computed = {name for node in model.graph.node for name in node.output}
    shown = onnx.ModelProto()
    shown.CopyFrom(model)
    del shown.graph.output[:]
    names = [name for name in steps if name in computed]
    shown.graph.output.extend(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in names)
    settings = onnxruntime.SessionOptions()
    settings.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(shown.SerializeToString(), settings, providers=["CPUExecutionProvider"])
    return dict(zip(names, session.run(names, given)))


if __name__ == "__main__":
    main()
