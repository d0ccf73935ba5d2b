"""An independent forward pass from darknet's files; writes its figures to tests/data/float_forward.json.

NumPy in double precision, directly from the cfg and the weights: batch normalization is not folded, convolutions are
sums of shifted products, and this script reads the two files itself.

    python3 tests/reference/float_forward.py
"""

import json
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]


def read_cfg(path):
    sections = []
    for line in path.read_text().splitlines():
        line = line.split("#")[0].replace(" ", "").strip()
        if line.startswith("["):
            sections.append((line[1:-1], {}))
        elif line:
            key, value = line.split("=")
            sections[-1][1][key] = value
    return sections


def convolve(x, weights, stride, pad):
    filters, _, size, _ = weights.shape
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
    height, width = ((n - size) // stride + 1 for n in x.shape[1:])
    out = np.zeros((filters, height, width))
    for i in range(size):
        for j in range(size):
            window = x[:, i : i + stride * height : stride, j : j + stride * width : stride]
            out += np.tensordot(weights[:, :, i, j], window, axes=1)
    return out


def main():
    (_, net), *sections = read_cfg(ROOT / "models/downloads/yolov4-tiny.cfg")
    raw = (ROOT / "models/downloads/yolov4-tiny.weights").read_bytes()
    values, at = np.frombuffer(raw, "<f4", offset=20).astype(np.float64), 0

    def take(*shape):
        nonlocal at
        count = int(np.prod(shape))
        at += count
        return values[at - count : at].reshape(shape)

    side = int(net["width"])
    x = ((np.arange(3 * side * side) * 7919 % 256) / 255).reshape(3, side, side)
    layers, heads = [], {}
    for name, options in sections:
        if name == "convolutional":
            filters, size, stride = (int(options[k]) for k in ("filters", "size", "stride"))
            biases = take(filters)
            normalize = options.get("batch_normalize") == "1"
            if normalize:
                scales, means, variances = take(filters), take(filters), take(filters)
            y = convolve(x, take(filters, x.shape[0], size, size), stride, size // 2)
            if normalize:
                y = (y - means[:, None, None]) / np.sqrt(variances[:, None, None] + 1e-5) * scales[:, None, None]
            x = y + biases[:, None, None]
            if options["activation"] == "leaky":
                x = np.where(x > 0, x, 0.1 * x)
        elif name == "route":
            chosen = [layers[int(i)] for i in options["layers"].split(",")]
            groups, group = int(options.get("groups", 1)), int(options.get("group_id", 0))
            parts = [c[group * len(c) // groups : (group + 1) * len(c) // groups] for c in chosen]
            x = np.concatenate(parts)
        elif name == "maxpool":
            x = x.reshape(x.shape[0], x.shape[1] // 2, 2, x.shape[2] // 2, 2).max(axis=(2, 4))
        elif name == "upsample":
            x = np.kron(x, np.ones((1, 2, 2)))
        elif name == "yolo":
            heads[side // x.shape[1]] = x
        layers.append(x)
    assert at == len(values)

    golden = {}
    for stride, head in sorted(heads.items()):
        flat = head.ravel()
        places = [int(i * 7919 % flat.size) for i in range(64)]
        golden[str(stride)] = {
            "shape": list(head.shape),
            "mean": float(flat.mean()),
            "deviation": float(flat.std()),
            "values": [[place, float(flat[place])] for place in places],
        }
    text = json.dumps(golden).replace("[[", "[\n[").replace("], [", "],\n[")
    (ROOT / "tests/data/float_forward.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
