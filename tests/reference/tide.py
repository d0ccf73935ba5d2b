#!/usr/bin/env python3
"""TIDE's errors, computed with tidecv.

  tide.py --golden > tests/data/tide.json
  tide.py --annotations TRUTH --packed tests/data/detect_coco.json > tests/data/tide_coco.json
  tide.py --annotations TRUTH --report eval.json NAME=DETS.jsonl...

The first computes the errors of the generated detections in tests/data/evaluate.json; the second those of the golden detections
in pictures of COCO: numbers alone, nothing of COCO's. The third compares the report of `twinsight eval --json` with the output of
`twinsight detect --json --score 0.001 --nms 0.45` for the same models and images.
"""

import argparse
import json
import pathlib
import sys

from tidecv import TIDE, Data

KINDS = ["Cls", "Loc", "Both", "Dupe", "Bkg", "Miss"]
NAMES = ["classification", "localization", "both", "duplicate", "background", "missed"]


def errors(truth, found, images=None):
    """`found`: image id, category id, score, left, top, width, height. AP50, and by kind the count and what it costs."""
    known, seen = Data("truth"), Data("found")
    images = sorted(image["id"] for image in truth["images"]) if images is None else images
    for image in images:
        known.add_image(image, str(image))
    for a in truth["annotations"]:
        if a["image_id"] in known.images:
            add = known.add_ignore_region if a["iscrowd"] else known.add_ground_truth
            add(a["image_id"], a["category_id"], a["bbox"])
    for image, category, score, *box in found:
        seen.add_detection(image, category, score, box)
    tide = TIDE()
    run = tide.evaluate(known, seen, mode=TIDE.BOX, name="run")
    costs = tide.get_main_errors()["run"]
    counts = {kind.short_name: count for kind, count in run.count_errors().items()}
    return {"ap50": run.ap / 100, "counts": [counts[k] for k in KINDS], "losses": [costs[k] / 100 for k in KINDS]}


def show(told):
    print("{" + ",\n".join(json.dumps(name) + ": " + json.dumps(value) for name, value in told.items()) + "}")


def golden():
    data = json.loads((pathlib.Path(__file__).parent.parent / "data/evaluate.json").read_text())
    show({f"set {place}": errors(data["truth"], one["found"]) for place, one in enumerate(data["sets"])})


def named(truth):
    images = {image["file_name"]: image["id"] for image in truth["images"]}
    # Class 0 is COCO's first category; category ids go up to 90, with gaps.
    return images, sorted(category["id"] for category in truth["categories"])


def packed(options):
    truth = json.loads(options.annotations.read_text())
    images, categories = named(truth)
    told = {}
    for name, pictures in json.loads(options.packed.read_text()).items():
        found = [
            [images[picture], categories[row[0]], row[1], row[2], row[3], row[4] - row[2], row[5] - row[3]]
            for picture, rows in pictures.items()
            for row in rows
        ]
        told[name] = errors(truth, found)
    show(told)


def check(options):
    truth = json.loads(options.annotations.read_text())
    images, categories = named(truth)
    models = {model["name"]: model for model in json.loads(options.report.read_text())["models"]}
    worst = 0
    for argument in options.detections:
        name, file = argument.split("=", 1)
        found, seen = [], set()
        for line in map(json.loads, pathlib.Path(file).read_text().splitlines()):
            image = images[pathlib.PurePath(line["source"]).name]
            seen.add(image)
            for d in line["detections"]:
                x1, y1, x2, y2 = d["box"]
                found.append([image, categories[d["class_id"]], d["score"], x1, y1, x2 - x1, y2 - y1])
        theirs, ours = errors(truth, found, sorted(seen)), models[name]["errors"]
        print(f"{name:<14} AP50 {ours['TIDE AP50']:.6f} {theirs['ap50']:.6f}")
        worst = max(worst, abs(ours["TIDE AP50"] - theirs["ap50"]))
        for kind, count, loss in zip(ours["kinds"], theirs["counts"], theirs["losses"]):
            print(f"  {kind['kind']:<14} {kind['count']:>6} {count:>6}   {kind['AP50 loss']:.6f} {loss:.6f}")
            worst = max(worst, abs(kind["AP50 loss"] - loss), abs(kind["count"] - count))
    print(f"largest difference {worst:.2g}")
    sys.exit(worst > 1e-9)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--golden", action="store_true")
    parser.add_argument("--annotations", type=pathlib.Path)
    parser.add_argument("--packed", type=pathlib.Path)
    parser.add_argument("--report", type=pathlib.Path)
    parser.add_argument("detections", nargs="*", metavar="NAME=DETS.jsonl")
    options = parser.parse_args()
    if options.golden:
        golden()
    elif options.packed:
        packed(options)
    else:
        check(options)


main()
