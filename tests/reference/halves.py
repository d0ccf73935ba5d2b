#!/usr/bin/env python3
"""Split COCO annotations in two: every other image by id goes to even.json, the rest to odd.json.

    python3 tests/reference/halves.py TRUTH DIR
"""

import json
import sys
from pathlib import Path

truth = json.loads(Path(sys.argv[1]).read_text())
pictures = sorted(truth["images"], key=lambda picture: picture["id"])
for name, half in (("even", pictures[::2]), ("odd", pictures[1::2])):
    ids = {picture["id"] for picture in half}
    boxes = [box for box in truth["annotations"] if box["image_id"] in ids]
    Path(sys.argv[2], f"{name}.json").write_text(json.dumps({**truth, "images": half, "annotations": boxes}))
