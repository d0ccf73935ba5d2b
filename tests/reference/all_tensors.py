#!/usr/bin/env python3
"""Compare every tensor of INT8 models with ONNX Runtime, on many pictures, byte for byte.

    cargo build --release --example tensors
    python3 tests/reference/all_tensors.py target/release/examples/tensors PICTURES MODEL.onnx...

PICTURES is a folder; --count N takes the first N by name (100). ONNX Runtime exposes all tensors, and its kernels must be
exact: with VNNI, AMX or on Arm as they are, elsewhere with --x64quantprecision, which no model of int8 activations loads
with. Exits with 1 if a byte differs.

With --saturating, its kernels must be those that overflow, those of x86-64 without VNNI, which can be emulated:

    qemu-x86_64 -cpu Haswell $(which python3) tests/reference/all_tensors.py --saturating --count 3 ...
"""

import argparse
import json
import subprocess
import sys
import zlib
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime


def letterboxed(path, side):
    """uint8 [side, side, 3]; its pixels are the same for both, so that any filter will do."""
    picture = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    scale = side / max(picture.shape[:2])
    height, width = (max(round(n * scale), 1) for n in picture.shape[:2])
    canvas = np.full((side, side, 3), 128, np.uint8)
    top, left = (side - height) // 2, (side - width) // 2
    canvas[top : top + height, left : left + width] = cv2.resize(picture, (width, height))
    return canvas


def session_of(path, precise):
    model = onnx.load(path)
    tensors = [tensor for node in model.graph.node for tensor in node.output]
    del model.graph.output[:]
    model.graph.output.extend(onnx.ValueInfoProto(name=tensor) for tensor in tensors)
    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = 3
    settings.add_session_config_entry("session.x64quantprecision", str(int(precise)))
    session = onnxruntime.InferenceSession(model.SerializeToString(), settings, providers=["CPUExecutionProvider"])
    return session, tensors


def compare(program, path, pictures, precise, saturating):
    """The number of tensors that differ, over all pictures."""
    session, tensors = session_of(path, precise)
    given = session.get_inputs()[0]
    images = [letterboxed(picture, given.shape[2]) for picture in pictures]
    command = [program, path] + ["saturating"] * saturating
    ours = subprocess.run(command, input=b"".join(image.tobytes() for image in images), stdout=subprocess.PIPE)
    assert ours.returncode == 0, "the engine failed"
    lines = ours.stdout.splitlines()
    assert len(lines) == len(images), f"{len(lines)} of {len(images)} pictures"
    differing, size = {}, 0
    for image, line in zip(images, lines):
        found = json.loads(line)
        floats = image.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255)
        values = session.run(tensors, {given.name: floats})
        assert set(found) == set(tensors), set(found) ^ set(tensors)
        for name, value in zip(tensors, values):
            size += value.size
            if f"{zlib.crc32(np.ascontiguousarray(value).tobytes()):08x}" != found[name]:
                differing[name] = differing.get(name, 0) + 1
    print(f"{path}: {len(images)} pictures, {len(tensors)} tensors, {size} values; {sum(differing.values())} tensors differ")
    for name, count in differing.items():
        print(f"  {name}: on {count} pictures")
    return sum(differing.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", metavar="TENSORS")
    parser.add_argument("pictures", metavar="PICTURES", type=Path)
    parser.add_argument("models", metavar="MODEL.onnx", nargs="+")
    parser.add_argument("--count", metavar="N", type=int, default=100)
    kernels = parser.add_mutually_exclusive_group()
    kernels.add_argument("--x64quantprecision", action="store_true")
    kernels.add_argument("--saturating", action="store_true")
    args = parser.parse_args()
    pictures = sorted(p for p in args.pictures.iterdir() if p.suffix in (".jpg", ".png"))[: args.count]
    assert pictures, "no pictures"
    differing = [
        compare(args.program, model, pictures, args.x64quantprecision, args.saturating) for model in args.models
    ]
    return 1 if any(differing) else 0


if __name__ == "__main__":
    sys.exit(main())
