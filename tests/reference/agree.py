#!/usr/bin/env python3
"""Check that two files of `detect --json` lines agree.

Every detection in either file must pair with one of the same class in the same picture, with an IoU of at least 0.98
and scores within 0.01. At most 1 % may fail to, and only where the score is within 0.01 of the threshold.
"""

import argparse
import json
import pathlib
import sys

import numpy as np

from core import iou


def read(path):
    lines = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
    return {pathlib.PurePath(line["source"]).name: line for line in lines}


def pair(ours, theirs):
    """Return pairs of indices, best IoU first, each index at most once, within one class."""
    options = []
    boxes = np.array([d["box"] for d in theirs], float).reshape(-1, 4)
    for i, d in enumerate(ours):
        overlaps = iou(np.array(d["box"], float), boxes)
        options += [
            (-o, abs(d["score"] - theirs[j]["score"]), i, j)
            for j, o in enumerate(overlaps)
            if o > 0 and d["class_id"] == theirs[j]["class_id"]
        ]
    left, right, pairs = set(), set(), []
    for overlap, _, i, j in sorted(options):
        if i not in left and j not in right:
            left.add(i)
            right.add(j)
            pairs.append((i, j, -overlap))
    return pairs


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("a", type=pathlib.Path)
    parser.add_argument("b", type=pathlib.Path)
    parser.add_argument("--threshold", type=float, default=0.25, help="score threshold of both runs")
    parser.add_argument("--iou", type=float, default=0.98)
    parser.add_argument("--score", type=float, default=0.01, help="largest allowed score difference")
    parser.add_argument("--near", type=float, default=0.01, help="distance from the threshold that counts as near")
    parser.add_argument("--share", type=float, default=0.01, help="share of detections that may fail near the threshold")
    parser.add_argument("--worst", type=int, default=10, help="number of worst cases to print")
    options = parser.parse_args()
    a, b = read(options.a), read(options.b)
    broken = []
    if a.keys() != b.keys():
        broken.append(f"pictures on one side only: {sorted(a.keys() ^ b.keys())[:5]}")
    total = agreeing = near = far = 0
    worst_iou, worst_score, cases = 1.0, 0.0, []
    for name in sorted(a.keys() & b.keys()):
        left, right = ([d for d in side[name]["detections"] if d["score"] > options.threshold] for side in (a, b))
        if (a[name]["width"], a[name]["height"]) != (b[name]["width"], b[name]["height"]):
            broken.append(f"{name}: the sizes differ")
        pairs = pair(left, right)
        total += len(left) + len(right)
        # Failures: (detection, reason).
        failing = []
        for i, j, overlap in pairs:
            difference = abs(left[i]["score"] - right[j]["score"])
            worst_iou, worst_score = min(worst_iou, overlap), max(worst_score, difference)
            if overlap >= options.iou and difference <= options.score:
                agreeing += 2
            else:
                what = f"IoU {overlap:.4f}, scores {left[i]['score']:.4f} and {right[j]['score']:.4f}"
                failing += [(left[i], what), (right[j], what)]
        for side, which, index in ((left, "A", 0), (right, "B", 1)):
            paired = {p[index] for p in pairs}
            failing += [(d, f"only in {which}") for i, d in enumerate(side) if i not in paired]
        for detection, what in failing:
            is_near = detection["score"] <= options.threshold + options.near
            near, far = near + is_near, far + (not is_near)
            cases.append((is_near, f"{name}: {detection['class']} {detection['score']:.4f}: {what}"))
    print(f"pictures {len(a.keys() & b.keys())}, detections of both sides {total}, in agreement {agreeing}")
    print(f"not in agreement: {near} near the threshold, {far} elsewhere")
    print(f"worst IoU of a pair {worst_iou:.5f}, worst difference of scores {worst_score:.5f}")
    for is_near, case in sorted(cases)[: options.worst]:
        print(("  near " if is_near else "  FAR  ") + case)
    if far:
        broken.append(f"{far} detections do not agree, away from the threshold")
    if near > options.share * total:
        broken.append(f"{near} of {total} do not agree near the threshold, over {options.share:.0%}")
    if total == 0:
        broken.append("there is nothing to compare")
    for line in broken:
        print(f"BROKEN: {line}")
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
