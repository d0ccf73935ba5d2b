#!/usr/bin/env python3
"""Record every tensor of an INT8 model as ONNX Runtime computes it without VNNI; write tests/data/integer_saturating.json.

The golden file has the format and the input of integer.py's. Record it on an x86-64 processor with AVX2 and without VNNI,
or emulate one on any x86-64 system:

    qemu-x86_64 -cpu Haswell $(which python3) tests/reference/saturating.py            # writes the golden file
    qemu-x86_64 -cpu Haswell $(which python3) tests/reference/saturating.py --check    # compares

It fails on a processor whose kernels are exact, because there is nothing to record.
"""

import hashlib
import json
import sys
import zlib

import integer

GOLDEN = integer.ROOT / "tests/data/integer_saturating.json"


def main():
    image = integer.read_picture()
    exact = json.loads(integer.GOLDEN.read_text())
    models = {}
    for path in integer.MODELS:
        tensors = {
            tensor: f"{zlib.crc32(value.astype(value.dtype.newbyteorder('<')).tobytes()):08x}"
            for tensor, value in integer.onnxruntime_run(path, image).items()
        }
        assert tensors != exact[path.name]["tensors"], "this processor's kernels are exact"
        models[path.name] = {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "tensors": tensors}
    if "--check" in sys.argv[1:]:
        return 0 if models == json.loads(GOLDEN.read_text()) else 1
    GOLDEN.write_text(json.dumps(models, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
