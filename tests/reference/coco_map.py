#!/usr/bin/env python3
"""Compute average precision of `detect --json` lines with pycocotools. Run detect with --score 0.001 --nms 0.45."""

import argparse
import contextlib
import io
import json
import pathlib
import sys

from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--annotations", required=True, type=pathlib.Path, help="COCO's instances_*.json")
    parser.add_argument("detections", type=pathlib.Path)
    options = parser.parse_args()

    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(options.annotations))
    images = {image["file_name"]: image["id"] for image in truth.loadImgs(truth.getImgIds())}
    # Class 0 is COCO's first category; category ids go up to 90, with gaps.
    categories = sorted(truth.getCatIds())
    assert len(categories) == 80, f"{len(categories)} categories"

    results, seen = [], set()
    for line in map(json.loads, options.detections.read_text().splitlines()):
        image = images[pathlib.PurePath(line["source"]).name]
        seen.add(image)
        # COCO counts 100 per image, and the lines have the strongest first.
        for detection in line["detections"][:100]:
            x1, y1, x2, y2 = detection["box"]
            results.append(
                {
                    "image_id": image,
                    "category_id": categories[detection["class_id"]],
                    "bbox": [x1, y1, x2 - x1, y2 - y1],
                    "score": detection["score"],
                }
            )
    missing = set(images.values()) - seen
    if missing:
        print(f"{len(missing)} of {len(images)} pictures have no line, as image {min(missing)}", file=sys.stderr)
        return 1
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = COCOeval(truth, truth.loadRes(results), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    ap, ap50, ap75 = evaluation.stats[:3]
    print(f"pictures {len(images)}, detections {len(results)}: AP {ap:.4f}  AP50 {ap50:.4f}  AP75 {ap75:.4f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
