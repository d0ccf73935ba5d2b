"""Compare our INT8 model with onnxruntime's own quantize_static, and write tests/data/quantize_static.json.

JPEG decoders differ by one in some pixels, which moves a range by up to 0.2 %. The pictures are therefore decoded once,
by OpenCV, and saved losslessly, so that both sides measure the same pixels. Everything else is each side's own: the
letterbox (here OpenCV's), the ranges (here onnxruntime's MinMax calibrater), the numbers.

    cargo build --release && target/release/twinsight models build
    python3 tests/reference/quantize_static.py --pictures DIR --program target/release/twinsight

Needs onnxruntime 1.32, onnx, opencv and numpy.
"""

import argparse
import hashlib
import json
import subprocess
import tempfile
from pathlib import Path

import cv2
import numpy as np
import onnx
from onnx import numpy_helper
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType
from onnxruntime.quantization import quantize_static
from onnxruntime.quantization.calibrate import load_tensors_data

SIDE = 416


def letterbox(bgr):
    """Return [1, 3, 416, 416] float32, RGB in 0..1, with grey bars of 114."""
    height, width = bgr.shape[:2]
    ratio = min(SIDE / width, SIDE / height)
    w, h = (max(1, int(np.floor(side * ratio + 0.5))) for side in (width, height))
    out = np.full((SIDE, SIDE, 3), 114, np.uint8)
    top, left = (SIDE - h) // 2, (SIDE - w) // 2
    out[top : top + h, left : left + w] = cv2.resize(bgr, (w, h), interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(out[:, :, ::-1].transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255))


class Pictures(CalibrationDataReader):
    def __init__(self, folder):
        self.paths = iter(sorted(folder.glob("*.bmp")))

    def get_next(self):
        path = next(self.paths, None)
        return None if path is None else {"images": letterbox(cv2.imread(str(path)))}


def initializers(path):
    return {t.name: numpy_helper.to_array(t) for t in onnx.load(path).graph.initializer}


def compact(golden):
    """Return JSON with one tensor per line."""
    tables = []
    for table in ("ranges", "grids", "convolutions"):
        lines = [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in golden[table].items()]
        tables.append(f' "{table}": {{\n' + ",\n".join(lines) + "\n }")
    return "{\n" + f' "pictures": {golden["pictures"]},\n' + ",\n".join(tables) + "\n}\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pictures", type=Path, required=True)
    parser.add_argument("--program", type=Path, required=True)
    root = Path(__file__).resolve().parents[2]
    parser.add_argument("--golden", type=Path, default=root / "tests/data/quantize_static.json")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        compare(args, root / "models/yolov4-tiny-416_float.onnx", Path(scratch))


def compare(args, float_model, scratch):
    lossless = scratch / "pictures"
    lossless.mkdir()
    sources = sorted(args.pictures.glob("*.jpg"))
    for path in sources:
        cv2.imwrite(str(lossless / f"{path.stem}.bmp"), cv2.imread(str(path)))

    ours = scratch / "ours"
    run = [args.program.resolve(), "models"]
    subprocess.run([*run, "calibrate", "--images", lossless, "-o", scratch / "table.json"], check=True)
    subprocess.run([*run, "build", "--table", scratch / "table.json", "-o", ours], check=True)

    theirs, cache = scratch / "theirs.onnx", scratch / "ranges.json"
    quantize_static(
        str(float_model),
        str(theirs),
        Pictures(lossless),
        quant_format=QuantFormat.QOperator,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        calibrate_method=CalibrationMethod.MinMax,
        per_channel=False,
        calibration_cache_path=str(cache),
    )

    a, b = initializers(ours / "yolov4-tiny-416_int8_qop.onnx"), initializers(theirs)
    assert a.keys() == b.keys(), a.keys() ^ b.keys()
    worst = dict.fromkeys(["scale", "zero point", "weight", "bias"], 0.0)
    golden = {"pictures": len(sources), "ranges": {}, "grids": {}, "convolutions": {}}
    for name, their in b.items():
        our = a[name]
        assert our.dtype == their.dtype and our.shape == their.shape, name
        if name.endswith("_scale"):
            kind, off = "scale", abs(float(our) / float(their) - 1)
            tensor = name.removesuffix("_scale")
            if not tensor.endswith("_weight"):
                golden["grids"][tensor] = [float(their), int(b[f"{tensor}_zero_point"])]
        elif name.endswith("_zero_point"):
            kind, off = "zero point", abs(int(our) - int(their))
        elif name.endswith("_quantized"):
            kind = "bias" if "_bias" in name else "weight"
            off = int(np.abs(our.astype(np.int64) - their).max())
            node = name.removesuffix("_quantized").removesuffix("_bias").removesuffix("_weight")
            entry = golden["convolutions"].setdefault(node, {})
            flat = their.ravel()
            if kind == "weight":
                entry["weight_scale"] = float(b[f"{node}_weight_scale"])
                entry["weights_sha256"] = hashlib.sha256(flat.tobytes()).hexdigest()
            else:
                entry["biases"] = [int(v) for v in flat[:8]]
                entry["bias_sum"] = int(flat.astype(np.int64).sum())
        else:
            assert np.array_equal(our, their), name
            continue
        worst[kind] = max(worst[kind], off)
    for tensor, data in load_tensors_data(cache).items():
        golden["ranges"][tensor] = [float(np.ravel(v)[0]) for v in data.range_value]
    print(f"{len(sources)} pictures, largest differences: {worst}")
    assert worst["scale"] <= 1e-5 and max(worst["zero point"], worst["weight"], worst["bias"]) <= 1
    args.golden.write_text(compact(golden))


if __name__ == "__main__":
    main()
