#!/usr/bin/env python3
"""Check golden packs of `twinsight golden`, and write tests/data/golden_pack.json.

    python3 tests/reference/golden.py                  # writes the golden file
    python3 tests/reference/golden.py --check PACK...  # compares packs in exact arithmetic

A check reads every file of a pack in its own way (NumPy, raw bytes, hexadecimal, or a C program that is compiled with
-Wall -Wextra -Werror and includes the header), and compares bytes and CRC-32 with what ONNX Runtime computes in exact
arithmetic with all tensors exposed, and with what integer.py computes in NumPy. The input is the pack's `images`, since
JPEG decoders differ in the last bits; it is compared with OpenCV's letterbox where --picture names the photo.

The golden file has CRC-32s of the same tensors for tests/data/bus_416.png with channels last, as uint8 and 128 less,
and of weights and biases in both orders.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

import cv2
import numpy as np
import onnx
from onnx import numpy_helper

import core
import integer

GOLDEN = integer.ROOT / "tests/data/golden_pack.json"
TYPES = {"uint8": "<u1", "int8": "<i1", "int32": "<i4", "float32": "<f4"}
C_TYPES = {"uint8": "uint8_t", "int8": "int8_t", "int32": "int32_t", "float32": "float"}
LAST = (0, 2, 3, 1)


def crc(values):
    return f"{zlib.crc32(np.ascontiguousarray(values).astype(values.dtype.newbyteorder('<')).tobytes()):08x}"


def constants(model_path):
    """Weights and biases of convolutions and matrix products, by name."""
    graph = onnx.load(model_path).graph
    values = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    places = {"QLinearConv": (3, 8), "MatMulIntegerToFloat": (1, 6)}
    names = [node.input[place] for node in graph.node for place in places.get(node.op_type, ())]
    return {name: values[name] for name in names}


def arranged(value, layout, onnx_layout, signed):
    """A value of the model as the pack should have it."""
    if value.ndim == 4 and layout != onnx_layout:
        value = value.transpose(LAST)
    if signed and value.dtype == np.uint8:
        value = (value.astype(np.int16) - 128).astype(np.int8)
    return value


def read(pack, tensor):
    """The values of one file, by the rules of its format."""
    path, dtype = pack / tensor["file"], np.dtype(TYPES[tensor["type"]])
    match path.suffix:
        case ".npy":
            values = np.load(path)
            assert values.dtype == dtype and values.flags.c_contiguous, path
        case ".bin":
            values = np.fromfile(path, dtype)
        case ".hex":
            words = [line.strip() for line in path.read_text().splitlines() if not line.startswith("//")]
            assert all(len(word) == 2 * dtype.itemsize for word in words), path
            values = np.array([int(word, 16) for word in words], f"<u{dtype.itemsize}").view(dtype)
        case ".h":
            values = np.frombuffer(compiled(path, tensor), dtype)
    return values.reshape(tensor["shape"])


def compiled(header, tensor):
    """The bytes of a C header's array, written by a program that includes it."""
    text = header.read_text()
    start = text.index("static const ") + len("static const ")
    c_type, name = text[start : text.index("[", start)].split()
    assert c_type == C_TYPES[tensor["type"]], header
    source = f'#include <stdio.h>\n#include "{header.resolve()}"\n'
    source += f"int main(void) {{ return fwrite({name}, 1, sizeof {name}, stdout) != sizeof {name}; }}\n"
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "main.c").write_text(source)
        flags = ["-std=c99", "-O0", "-Wall", "-Wextra", "-Werror"]
        subprocess.run(["cc", *flags, "-o", f"{folder}/main", f"{folder}/main.c"], check=True)
        return subprocess.run([f"{folder}/main"], check=True, capture_output=True).stdout


def check(pack, picture):
    manifest = json.loads((pack / "manifest.json").read_text())
    assert manifest["arithmetic"] == "exact", "only exact packs are compared"
    model = pack / manifest["model"]["file"]
    encoding, wrong, count = manifest["encoding"], [], 0

    def compare(tensor, value, onnx_layout):
        nonlocal count
        count += 1
        wanted = arranged(value, tensor["layout"], onnx_layout, encoding["signed"] and onnx_layout != "oihw")
        found = read(pack, tensor)
        same = found.dtype == wanted.dtype and found.shape == wanted.shape and found.tobytes() == wanted.tobytes()
        if not same or tensor["crc32"] != crc(wanted):
            wrong.append(f"{tensor['file']}: {found.dtype} {found.shape}, {wanted.dtype} {wanted.shape}")

    known = constants(model)
    assert {tensor["name"] for tensor in manifest["constants"]} == set(known)
    for tensor in manifest["constants"]:
        compare(tensor, known[tensor["name"]], "oihw")
    for of_picture in manifest["pictures"]:
        tensors = {tensor["name"]: tensor for tensor in of_picture["tensors"]}
        first = next(iter(tensors.values()))
        images = read(pack, first)
        image = images[0] if first["layout"] == "nchw" else images[0].transpose(2, 0, 1)
        image = np.ascontiguousarray(image, np.float32)
        if picture:
            rgb = cv2.cvtColor(cv2.imread(picture), cv2.COLOR_BGR2RGB)
            difference = np.abs(core.letterbox(rgb)[0][0] - image) * 255
            print(f"  input: up to {difference.max():.0f} of 255 from OpenCV's, {difference.mean():.3f} on average")
        theirs = integer.onnxruntime_run(model, image, precise=True)
        lines = list(integer.differences(integer.run(model, image), theirs))
        assert not lines, lines
        assert set(tensors) == set(theirs) | {first["name"]}
        for name, value in theirs.items():
            # A tensor that the model itself has with channels last keeps its axes.
            own_last = name.endswith(("_rows", "_sums"))
            compare(tensors[name], value, "nhwc" if own_last else "nchw")
    print(f"{pack}: {count - len(wrong)} of {count} arrays agree", *wrong, sep="\n  ")
    return not wrong


def golden():
    models = {}
    for path in integer.MODELS:
        tensors = integer.run(path, integer.read_picture())
        last = {name: arranged(value, "nhwc", "nchw", False) for name, value in tensors.items()}
        models[path.name] = {
            "nhwc": {name: crc(value) for name, value in last.items()},
            "nhwc_signed": {name: crc(arranged(value, "nhwc", "nhwc", True)) for name, value in last.items()},
            "oihw": {name: crc(value) for name, value in constants(path).items()},
            "ohwi": {name: crc(arranged(value, "ohwi", "oihw", False)) for name, value in constants(path).items()},
        }
        # These have channels last in the model.
        for name in [name for name in tensors if name.endswith(("_rows", "_sums"))]:
            models[path.name]["nhwc"][name] = crc(tensors[name])
            models[path.name]["nhwc_signed"][name] = crc(arranged(tensors[name], "nhwc", "nhwc", True))
    return models


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", metavar="PACK", nargs="+", type=Path)
    parser.add_argument("--picture", metavar="PHOTO")
    args = parser.parse_args()
    if args.check:
        return 0 if all([check(pack, args.picture) for pack in args.check]) else 1
    GOLDEN.write_text(json.dumps(golden(), indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
