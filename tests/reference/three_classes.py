#!/usr/bin/env python3
"""Make a custom detector from the stock one, as darknet's three files: person, car and bus only, at 320x320.

For each anchor, the two head convolutions keep the box, the objectness and the rows of these classes; nothing is
retrained.

    python3 tests/reference/three_classes.py models/downloads DIR
"""

import re
import sys
from pathlib import Path

import numpy as np

KEPT = {"person": 0, "car": 2, "bus": 5}
ANCHORS, BEFORE_CLASSES, CLASSES = 3, 5, 80
HEAD = ANCHORS * (BEFORE_CLASSES + CLASSES)

source, target = Path(sys.argv[1]), Path(sys.argv[2])
cfg = (source / "yolov4-tiny.cfg").read_text()
raw = (source / "yolov4-tiny.weights").read_bytes()
numbers = np.frombuffer(raw[20:], np.float32)
per_anchor = [*range(BEFORE_CLASSES), *(BEFORE_CLASSES + place for place in KEPT.values())]
rows = [anchor * (BEFORE_CLASSES + CLASSES) + row for anchor in range(ANCHORS) for row in per_anchor]


def sections():
    for text in re.split(r"\n(?=\[)", cfg):
        lines = [line.split("=") for line in text.splitlines() if "=" in line and not line.startswith("#")]
        kind = re.search(r"\[(\w+)\]", text)
        if kind and kind[1] != "net":
            yield kind[1], {key.strip(): value.strip() for key, value in lines}


kept, place, channels, before = [], 0, [], 3
for kind, keys in sections():
    if kind == "convolutional":
        filters, size = int(keys["filters"]), int(keys["size"])
        vectors = filters * (4 if keys.get("batch_normalize") == "1" else 1)
        weights = filters * before * size * size
        head, body = numbers[place : place + vectors], numbers[place + vectors : place + vectors + weights]
        place += vectors + weights
        if filters == HEAD:
            head, body = head[rows], body.reshape(filters, -1)[rows].ravel()
        kept += [head, body]
        before = filters
    elif kind == "route":
        layers = [int(layer) for layer in keys["layers"].split(",")]
        before = sum(channels[layer if layer >= 0 else len(channels) + layer] for layer in layers)
        before //= int(keys.get("groups", 1))
    channels.append(before)
assert place == len(numbers), "the weights are not those of the cfg"

for old, new in (
    ("width=416", "width=320"),
    ("height=416", "height=320"),
    (f"classes={CLASSES}", f"classes={len(KEPT)}"),
    (f"filters={HEAD}", f"filters={len(rows)}"),
):
    cfg = cfg.replace(old, new)
(target / "street.cfg").write_text(cfg)
(target / "street.names").write_text("".join(name + "\n" for name in KEPT))
(target / "street.weights").write_bytes(raw[:20] + np.concatenate(kept).tobytes())
