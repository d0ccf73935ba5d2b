#!/usr/bin/env python3
"""Build INT8 models with signed activations using ONNX Runtime's own quantizer, and their unsigned twins.

    python3 tests/reference/signed.py FLOAT.onnx PICTURES OUT_DIR [--pictures N] [--slices]
    python3 tests/reference/signed.py FLOAT.onnx models/yolov4-tiny-416.calibration.json OUT_DIR [--slices]

OUT_DIR receives card-signed-theirs-qop.onnx, card-signed-theirs-qdq.onnx and the two card-unsigned-theirs files.
PICTURES is a folder of JPEG files, decoded by OpenCV and letterboxed by core.py; a calibration table instead supplies
the ranges without running the model. All four models use the same ranges.

This program sets the format and the activation type. Everything else is quantize_static's default: weight_type QInt8
with symmetric weights and one scale per tensor, asymmetric activations, MinMax without moving average, no reduced
range, every operator of the format. The defaults of the two are QInt8 and QDQ, so card-signed-theirs-qdq.onnx is what
a call with only a model and pictures produces.

--slices first rewrites each Split of the model as Slices, as exporters do for channel groups. In the QOperator format
quantize_static leaves those in float, between a DequantizeLinear and a QuantizeLinear with a different scale.
"""

import argparse
import collections
import json
import tempfile
from pathlib import Path

import cv2
import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.calibrate import TensorsData, save_tensors_data

import core


class Pictures(CalibrationDataReader):
    def __init__(self, name, paths):
        self.name, self.paths = name, iter(paths)

    def get_next(self):
        path = next(self.paths, None)
        if path is None:
            return None
        rgb = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
        return {self.name: core.letterbox(rgb)[0]}


def sliced(model):
    """Return the model with each Split replaced by Slices, for those of its outputs that are read."""
    shapes = {v.name: v.type.tensor_type.shape for v in onnx.shape_inference.infer_shapes(model).graph.value_info}
    read = {tensor for node in model.graph.node for tensor in node.input}
    nodes = []
    for node in model.graph.node:
        if node.op_type != "Split":
            nodes.append(node)
            continue
        axis, start = next(a.i for a in node.attribute if a.name == "axis"), 0
        for output in node.output:
            end = start + shapes[output].dim[axis].dim_value
            if output in read:
                bounds = {f"{output}_{k}": np.array([v]) for k, v in [("start", start), ("end", end), ("axis", axis)]}
                model.graph.initializer.extend(numpy_helper.from_array(v, k) for k, v in bounds.items())
                nodes.append(helper.make_node("Slice", [node.input[0], *bounds], [output], output))
            start = end
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", metavar="FLOAT.onnx", type=Path)
    parser.add_argument("ranges", metavar="PICTURES", type=Path, help="a folder of JPEG files, or a calibration table")
    parser.add_argument("out", metavar="OUT_DIR", type=Path)
    parser.add_argument("--pictures", metavar="N", type=int, help="use only the first N, by name")
    parser.add_argument("--slices", action="store_true")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)

    with tempfile.TemporaryDirectory() as scratch:
        # The first call measures and fills the cache; the others read it.
        cache, model = Path(scratch) / "ranges.json", Path(scratch) / "float.onnx"
        loaded = onnx.load(args.model)
        onnx.save(sliced(loaded) if args.slices else loaded, model)
        pictures = None
        if args.ranges.is_dir():
            paths = sorted(args.ranges.glob("*.jpg"))[: args.pictures]
            pictures = Pictures(loaded.graph.input[0].name, paths)
            print(f"{len(paths)} pictures")
        else:
            table = json.loads(args.ranges.read_text())["ranges"]
            ends = {tensor: tuple(np.array(end, np.float32) for end in pair) for tensor, pair in table.items()}
            save_tensors_data(TensorsData(CalibrationMethod.MinMax, ends), cache)
        for sign, kind in (("signed", QuantType.QInt8), ("unsigned", QuantType.QUInt8)):
            for suffix, form in (("qop", QuantFormat.QOperator), ("qdq", QuantFormat.QDQ)):
                path = args.out / f"card-{sign}-theirs-{suffix}.onnx"
                quantize_static(
                    str(model),
                    str(path),
                    pictures,
                    quant_format=form,
                    activation_type=kind,
                    calibration_cache_path=cache,
                )
                counts = collections.Counter(node.op_type for node in onnx.load(path).graph.node)
                print(f"{path.name}:", ", ".join(f"{n} {op}" for op, n in sorted(counts.items())))


if __name__ == "__main__":
    main()
