#!/usr/bin/env python3
"""Rewrite an INT8 model from QOperator to QDQ form, which OpenVINO and others take: float operators between
QuantizeLinear and DequantizeLinear, with the same scales, zero points and weights.

    python3 tests/reference/to_qdq.py [--fuse] INT8.onnx QDQ.onnx

--fuse leaves the rounding between a convolution and its leaky ReLU away. That is another network, but the one that
OpenVINO's own quantizer would write: with both roundings it computes the leaky ReLU apart, which takes half as long again.

Every tensor keeps its name and is float32, on its grid. An engine may fuse a float operator and its roundings into one in
integers; whether its bytes are then those of the QOperator model is its own affair.
"""

import sys

import numpy as np
import onnx
from onnx import helper, numpy_helper

MICROSOFT = "com.microsoft"


def to_qdq(model, fuse=False):
    """A copy of the model."""
    graph = model.graph
    constants = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    used, nodes, made = set(), [], {}
    readers = {}
    for node in graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node.op_type)

    def constant(name, value):
        made[name] = numpy_helper.from_array(value, name)
        return name

    def dequantized(name, scale, zero_point, axis, suffix):
        """A constant as float32, behind a DequantizeLinear, so that an engine sees its bytes."""
        used.update({name, scale, zero_point})
        if constants[scale].size == 1:
            axis = None
        nodes.append(
            helper.make_node(
                "DequantizeLinear",
                [name, scale, zero_point],
                [f"{name}{suffix}"],
                **({} if axis is None else {"axis": axis}),
            )
        )
        return f"{name}{suffix}"

    def on_grid(source, target, scale, zero_point):
        used.update({scale, zero_point})
        nodes.append(helper.make_node("QuantizeLinear", [source, scale, zero_point], [f"{target}:bytes"]))
        nodes.append(helper.make_node("DequantizeLinear", [f"{target}:bytes", scale, zero_point], [target]))

    for node in graph.node:
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        [*inputs] = node.input
        output = node.output[0]
        between = f"{output}:float"
        if node.op_type == "QuantizeLinear":
            on_grid(inputs[0], output, *inputs[1:])
        elif node.op_type == "DequantizeLinear":
            nodes.append(helper.make_node("Identity", inputs[:1], [output]))
        elif node.op_type == "QLinearConv":
            x, x_scale, _, w, w_scale, w_zero, y_scale, y_zero, *bias = inputs
            taken = [x, dequantized(w, w_scale, w_zero, 0, ":float")]
            if bias:
                scale = np.float32(constants[x_scale] * constants[w_scale])
                # Exact: float32 holds the biases of these models.
                taken.append(constant(f"{bias[0]}:float", np.float32(constants[bias[0]] * scale)))
            if fuse and readers[output] == ["QLinearLeakyRelu"]:
                nodes.append(helper.make_node("Conv", taken, [output], **attributes))
            else:
                nodes.append(helper.make_node("Conv", taken, [between], **attributes))
                on_grid(between, output, y_scale, y_zero)
        elif node.op_type == "QLinearLeakyRelu":
            nodes.append(helper.make_node("LeakyRelu", inputs[:1], [between], **attributes))
            on_grid(between, output, *inputs[3:])
        elif node.op_type == "QLinearConcat":
            nodes.append(helper.make_node("Concat", inputs[2::3], [between], **attributes))
            on_grid(between, output, *inputs[:2])
        elif node.op_type == "MatMulIntegerToFloat":
            a, b, _, b_scale, _, b_zero, *bias = inputs
            product = between if bias else output
            nodes.append(helper.make_node("MatMul", [a, dequantized(b, b_scale, b_zero, 1, ":float")], [product]))
            if bias:
                used.add(bias[0])
                nodes.append(helper.make_node("Add", [between, bias[0]], [output]))
        else:
            assert node.domain in ("", "ai.onnx"), f"{node.name} ({node.op_type}) has no QDQ form here"
            used.update(name for name in inputs if name in constants)
            nodes.append(node)
    made |= {t.name: t for t in graph.initializer if t.name in used}
    rewritten = helper.make_graph(nodes, graph.name, list(graph.input), list(graph.output), list(made.values()))
    opsets = [opset for opset in model.opset_import if opset.domain != MICROSOFT]
    return helper.make_model(rewritten, opset_imports=opsets, ir_version=model.ir_version)


def main():
    *options, source, target = sys.argv[1:]
    model = to_qdq(onnx.load(source), "--fuse" in options)
    onnx.checker.check_model(model)
    onnx.save(model, target)


if __name__ == "__main__":
    main()
