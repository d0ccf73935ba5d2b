#!/usr/bin/env python3
"""Quantize a small network with onnxruntime's quantize_static in the QDQ form, and write tests/data/qdq_static.json.

    python3 tests/reference/qdq_static.py

The network has each operator of the YOLOv4-tiny family, and weights from a fixed seed. Two models are recorded: what
quantize_static makes by default (int8 activations, one weight scale per tensor), and one with uint8 activations and one
weight scale per filter. Each is recorded as the bytes of its file, in hexadecimal, with the CRC-32 of every tensor that a
QuantizeLinear puts out, and of the output, as ONNX Runtime computes them with exact sums on an input that is the same
everywhere: value i is (7919 i mod 256) / 255.
"""

import json
import tempfile
import zlib
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

SHAPE = [1, 3, 16, 16]
GOLDEN = Path(__file__).resolve().parents[1] / "data/qdq_static.json"


class Noise(CalibrationDataReader):
    def __init__(self):
        self.inputs = iter([{"images": np.random.default_rng(seed).random(SHAPE, np.float32)} for seed in range(3)])

    def get_next(self):
        return next(self.inputs, None)


def network():
    """Convolutions, leaky ReLUs, and each way in which values are moved."""
    random, node = np.random.default_rng(1), helper.make_node
    constants = {
        "w0": random.normal(size=(8, 3, 3, 3)).astype(np.float32),
        "b0": random.normal(size=8).astype(np.float32),
        "w1": random.normal(size=(8, 4, 1, 1)).astype(np.float32),
        "w2": random.normal(size=(6, 8, 1, 1)).astype(np.float32),
        "b2": random.normal(size=6).astype(np.float32),
        "twice": np.array([1, 1, 2, 2], np.float32),
        "halves": np.array([4, 4]),
        **{f"at_{i}": np.array([i]) for i in [1, 4, 8]},
    }
    resize = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    three = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "strides": [2, 2]}
    nodes = [
        node("Conv", ["images", "w0", "b0"], ["conv_0"], "conv_0", **three),
        node("LeakyRelu", ["conv_0"], ["leaky_0"], "leaky_0", alpha=0.1),
        node("Split", ["leaky_0", "halves"], ["first", "second"], "split", axis=1),
        # Without biases.
        node("Conv", ["second", "w1"], ["conv_1"], "conv_1", kernel_shape=[1, 1]),
        node("LeakyRelu", ["conv_1"], ["leaky_1"], "leaky_1", alpha=0.1),
        node("MaxPool", ["leaky_1"], ["pool"], "pool", kernel_shape=[2, 2], strides=[2, 2]),
        node("Resize", ["pool", "", "twice"], ["large"], "large", **resize),
        node("Concat", ["first", "large"], ["joined"], "joined", axis=1),
        node("Slice", ["joined", "at_4", "at_8", "at_1"], ["slice"], "slice"),
        node("Concat", ["slice", "first"], ["again"], "again", axis=1),
        node("Conv", ["again", "w2", "b2"], ["head"], "head", kernel_shape=[1, 1]),
    ]
    value = helper.make_tensor_value_info
    ends = [value("images", TensorProto.FLOAT, SHAPE)], [value("head", TensorProto.FLOAT, [1, 6, 8, 8])]
    initializers = [numpy_helper.from_array(array, name) for name, array in constants.items()]
    graph = helper.make_graph(nodes, "small", *ends, initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def tensors(model):
    """Return the CRC-32 of each tensor in bytes, and of the output."""
    for node in model.graph.node:
        if node.op_type == "QuantizeLinear":
            model.graph.output.append(onnx.ValueInfoProto(name=node.output[0]))
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.x64quantprecision", "1")
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
    values = (np.arange(np.prod(SHAPE)) * 7919 % 256 / 255).astype(np.float32).reshape(SHAPE)
    names = [output.name for output in session.get_outputs()]
    found = zip(names, session.run(names, {"images": values}))
    return {name: f"{zlib.crc32(array.tobytes()):08x}" for name, array in found}


def main():
    recorded = {}
    with tempfile.TemporaryDirectory() as scratch:
        source, target = Path(scratch) / "float.onnx", Path(scratch) / "qdq.onnx"
        onnx.save(network(), source)
        for name, kind, per_channel in [("int8", QuantType.QInt8, False), ("uint8", QuantType.QUInt8, True)]:
            quantize_static(
                source, target, Noise(), QuantFormat.QDQ, per_channel=per_channel, activation_type=kind
            )
            recorded[name] = {"onnx": target.read_bytes().hex(), "tensors": tensors(onnx.load(target))}
    GOLDEN.write_text(json.dumps(recorded, indent=1, sort_keys=True) + "\n")
    print(f"{GOLDEN.name}: ", ", ".join(f"{len(of['tensors'])} tensors of {name}" for name, of in recorded.items()))


if __name__ == "__main__":
    main()
