#!/usr/bin/env python3
"""COCO's twelve metrics, computed with pycocotools.

  evaluate.py --golden > tests/data/evaluate.json
  evaluate.py --annotations TRUTH --packed tests/data/detect_coco.json > tests/data/evaluate_coco.json
  evaluate.py --annotations TRUTH --report eval.json NAME=DETS.jsonl...

The first generates annotations and detections that cover the hard cases (crowds, sizes on a boundary, equal scores, more
detections than are counted) and prints their metrics. The second prints those of the golden detections. The third compares
the report of `twinsight eval --json` with the output of `twinsight detect --json --score 0.001 --nms 0.45` for the same
models and images.
"""

import argparse
import contextlib
import io
import json
import pathlib
import sys
import tempfile

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

NAMES = ["AP", "AP50", "AP75", "AP small", "AP medium", "AP large"]
NAMES += ["AR1", "AR10", "AR100", "AR small", "AR medium", "AR large"]


def evaluate(truth, results, images=None):
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = COCOeval(truth, truth.loadRes(results), "bbox")
        if images is not None:
            evaluation.params.imgIds = images
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    # T, R, K, A, M
    precision = evaluation.eval["precision"][:, :, :, 0, 2]
    classes = {}
    for place, category in enumerate(map(int, evaluation.params.catIds)):
        p = precision[:, :, place]
        if (p > -1).any():
            classes[category] = [float(p.mean()), float(p[0].mean()), float(p[5].mean())]
    seen = precision[:, :, (precision > -1).any(axis=(0, 1))]
    curves = [seen.mean(axis=(0, 2)), seen[0].mean(axis=1), seen[5].mean(axis=1)]
    return [float(v) for v in evaluation.stats], classes, [[float(v) for v in c] for c in curves]


def load(annotations):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(annotations, file)
        file.flush()
        with contextlib.redirect_stdout(io.StringIO()):
            return COCO(file.name)


def golden():
    random = np.random.default_rng(5)
    categories = [{"id": id, "name": f"kind {id}"} for id in (9, 2, 40, 7, 90)]
    images = [{"id": int(id), "file_name": f"{id}.jpg"} for id in random.permutation(np.arange(3, 75, 3))]
    annotations = []
    for image in images[:-2]:
        for _ in range(random.integers(1, 9)):
            x, y = random.integers(0, 400, 2)
            side = random.choice([12, 32, 60, 96, 180])
            w, h = (int(side), int(side)) if random.random() < 0.3 else (int(v) for v in random.integers(side // 2, side * 2, 2))
            # Objects fill their boxes only partly; some lie exactly on a size boundary.
            area = w * h if random.random() < 0.4 else round(w * h * random.uniform(0.4, 1.0), 2)
            if random.random() < 0.25:
                side = int(random.choice([32, 96]))
                w, h, area = side, side, side * side
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image["id"],
                    # No picture has category 90.
                    "category_id": int(random.choice([9, 2, 40, 7], p=[0.4, 0.3, 0.2, 0.1])),
                    "bbox": [int(x), int(y), w, h],
                    "area": area,
                    "iscrowd": int(random.random() < 0.12),
                }
            )
    truth = {"images": images, "annotations": annotations, "categories": categories}
    sets = []
    for blur in (0.06, 0.16):
        results = []

        def add(image, category, score, box):
            results.append({"image_id": image, "category_id": category, "score": score, "bbox": box})

        for a in annotations:
            x, y, w, h = a["bbox"]
            for _ in range(random.integers(0, 4)):
                dx, dy, dw, dh = random.normal(0, blur, 4) * [w, h, w, h]
                if random.random() < 0.2:
                    dx, dy, dw, dh = 0, 0, 0, 0
                box = [round(float(v), 2) for v in (x + dx, y + dy, max(w + dw, 1), max(h + dh, 1))]
                other = random.random() < 0.1
                # Two digits, so many are equal. All are exact in single precision, or sort the same.
                add(a["image_id"], 40 if other else a["category_id"], round(float(random.uniform(0.05, 1)), 2), box)
            # Overlaps exactly on a threshold.
            if random.random() < 0.3:
                add(a["image_id"], a["category_id"], round(float(random.uniform(0.3, 1)), 2), [x, y, w, h / 2])
        for image in images:
            for _ in range(random.integers(0, 12)):
                box = [round(float(v), 2) for v in random.uniform([0, 0, 5, 5], [400, 400, 200, 200])]
                add(image["id"], int(random.choice([9, 2, 40, 7, 90])), round(float(random.beta(1, 3)), 2), box)
        crowded = annotations[0]["image_id"]
        for i in range(130):
            add(crowded, 9, round(0.9 - i / 200, 3), [i * 3.0, 5.0, 40.0, 30.0])
        stats, classes, curves = evaluate(load(truth), results)
        rows = [[r["image_id"], r["category_id"], r["score"], *r["bbox"]] for r in results]
        sets.append({"found": rows, "figures": stats, "classes": classes, "curves": curves})
    print('{"truth":', json.dumps(truth, separators=(",", ":")) + ',\n"sets":[')
    print(",\n".join(json.dumps(s, separators=(",", ":")) for s in sets) + "]}")


def packed(options):
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(options.annotations))
    images = {image["file_name"]: image["id"] for image in truth.loadImgs(truth.getImgIds())}
    categories = sorted(truth.getCatIds())
    told = {}
    for name, pictures in json.loads(options.packed.read_text()).items():
        results = [
            {"image_id": images[picture], "category_id": categories[row[0]], "score": row[1]}
            | {"bbox": [row[2], row[3], row[4] - row[2], row[5] - row[3]]}
            for picture, rows in pictures.items()
            for row in rows
        ]
        told[name] = evaluate(truth, results, sorted(images[picture] for picture in pictures))[0]
    print("{" + ",\n".join(json.dumps(name) + ": " + json.dumps(stats) for name, stats in told.items()) + "}")


def check(options):
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(options.annotations))
    report = json.loads(options.report.read_text())
    images = {image["file_name"]: image["id"] for image in truth.loadImgs(truth.getImgIds())}
    # Class 0 is COCO's first category; category ids go up to 90, with gaps.
    categories = sorted(truth.getCatIds())
    names = {category["name"]: category["id"] for category in truth.loadCats(categories)}
    worst = 0
    for argument in options.detections:
        name, file = argument.split("=", 1)
        results, seen = [], set()
        for line in map(json.loads, pathlib.Path(file).read_text().splitlines()):
            image = images[pathlib.PurePath(line["source"]).name]
            seen.add(image)
            # COCO counts 100 per image, and the lines have the strongest first.
            for d in line["detections"][:100]:
                x1, y1, x2, y2 = d["box"]
                box = [x1, y1, x2 - x1, y2 - y1]
                category = categories[d["class_id"]]
                results.append({"image_id": image, "category_id": category, "bbox": box, "score": d["score"]})
        stats, classes, _ = evaluate(truth, results, sorted(seen))
        model = next(m for m in report["models"] if m["name"] == name)
        for figure, theirs in zip(NAMES, stats):
            ours = model["figures"][figure]
            worst = max(worst, abs(ours - theirs))
            print(f"{name:<12} {figure:<10} {ours:.6f} {theirs:.6f} {ours - theirs:+.1e}")
        of_classes = {names[c["class"]]: c["AP"] for c in model["classes"] if c["AP"] is not None}
        assert of_classes.keys() == classes.keys()
        worst = max([worst, *(abs(of_classes[c] - classes[c][0]) for c in classes)])
    print(f"worst difference, classes too: {worst:.1e}")
    return 0 if worst <= 1e-4 else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--golden", action="store_true")
    parser.add_argument("--annotations", type=pathlib.Path, help="COCO's instances_*.json")
    parser.add_argument("--packed", type=pathlib.Path, help="output of `pack.py`")
    parser.add_argument("--report", type=pathlib.Path, help="output of `twinsight eval --json`")
    parser.add_argument("detections", nargs="*", metavar="NAME=FILE")
    options = parser.parse_args()
    if options.golden or options.packed:
        return golden() if options.golden else packed(options)
    return check(options)


if __name__ == "__main__":
    sys.exit(main())
