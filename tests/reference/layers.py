#!/usr/bin/env python3
"""Measure the signal-to-quantization-noise ratio of every tensor without Twinsight; write tests/data/layers.json.

Both models run in onnxruntime with every tensor as an output; NumPy dequantizes with each node's own scale and zero
point and sums signal and noise in double precision. For the isolated figure, NumPy quantizes the float model's tensors
and onnxruntime runs a model consisting of that one node.

    python3 tests/reference/layers.py
"""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

ROOT = Path(__file__).resolve().parents[2]
OUTPUT_SCALE = {"QLinearConv": 6, "QLinearLeakyRelu": 3, "QLinearConcat": 0, "QuantizeLinear": 1}
DOMAINS = [helper.make_opsetid("", 13), helper.make_opsetid("com.microsoft", 1)]


def run(model, feeds):
    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = 3
    # Exact sums, whatever the processor.
    settings.add_session_config_entry("session.x64quantprecision", "1")
    session = onnxruntime.InferenceSession(model.SerializeToString(), settings, providers=["CPUExecutionProvider"])
    return dict(zip([o.name for o in session.get_outputs()], session.run(None, feeds)))


def exposed(path, image):
    """Return the model with every tensor as an output, and their values."""
    model = onnx.load(path)
    names = [t for node in model.graph.node for t in node.output]
    del model.graph.output[:]
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    return model, run(model, {"images": image})


def grid(node, at, numbers):
    return numbers[node.input[at]], numbers[node.input[at + 1]]


def bytes_of(values, scale, zero_point):
    return np.clip(np.rint(values / scale) + zero_point.astype(np.float32), 0, 255).astype(np.uint8)


def floats_of(values, scale, zero_point):
    return (values.astype(np.float32) - np.float32(zero_point)) * scale


def sqnr(signal, other):
    signal, other = signal.astype(np.float64), other.astype(np.float64)
    noise = np.sum((signal - other) ** 2)
    return 10 * np.log10(np.sum(signal**2) / noise)


def alone(node, numbers, floats):
    """Return the node's output bytes when its inputs are the float model's tensors, quantized."""
    first = {"QLinearConv": [0], "QLinearLeakyRelu": [0]}.get(node.op_type) or range(2, len(node.input), 3)
    feeds = {}
    for at in first:
        scale, zero_point = grid(node, at + 1, numbers)
        feeds[node.input[at]] = bytes_of(floats[node.input[at].removesuffix("_quantized")], scale, zero_point)
    inputs = [helper.make_tensor_value_info(k, onnx.TensorProto.UINT8, v.shape) for k, v in feeds.items()]
    needed = [numpy_helper.from_array(numbers[t], t) for t in dict.fromkeys(node.input) if t in numbers]
    output = helper.make_tensor_value_info(node.output[0], onnx.TensorProto.UINT8, None)
    graph = helper.make_graph([node], "one", inputs, [output], needed)
    return run(helper.make_model(graph, opset_imports=DOMAINS, ir_version=8), feeds)[node.output[0]]


def main():
    count = 3 * 416 * 416
    image = ((np.arange(count) * 7919 % 256) / 255).astype(np.float32).reshape(1, 3, 416, 416)
    _, floats = exposed(ROOT / "models/yolov4-tiny-416_float.onnx", image)
    floats["images"] = image
    int8, values = exposed(ROOT / "models/yolov4-tiny-416_int8_qop.onnx", image)
    numbers = {t.name: numpy_helper.to_array(t) for t in int8.graph.initializer}
    grids, golden = {}, {}
    for node in int8.graph.node:
        if node.op_type == "DequantizeLinear":
            continue
        at = OUTPUT_SCALE.get(node.op_type)
        for output in node.output:
            grids[output] = grids[node.input[0]] if at is None else grid(node, at, numbers)
            tensor = output.removesuffix("_quantized")
            row = {"propagated": sqnr(floats[tensor], floats_of(values[output], *grids[output]))}
            if node.op_type == "QuantizeLinear":
                row["isolated"] = row["propagated"]
            elif at is not None:
                row["isolated"] = sqnr(floats[tensor], floats_of(alone(node, numbers, floats), *grids[output]))
            golden[tensor] = {key: round(float(value), 3) for key, value in row.items()}
    lines = [f" {json.dumps(tensor)}: {json.dumps(row)}" for tensor, row in golden.items()]
    (ROOT / "tests/data/layers.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(f"{len(golden)} tensors")


if __name__ == "__main__":
    main()
