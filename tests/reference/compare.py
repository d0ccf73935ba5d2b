#!/usr/bin/env python3
"""Match the boxes of two models, from two files of `detect --json` lines, and compare the result with `compare --json`.

Written from the rules, not from Twinsight's sources. First within each class, then across classes among the remaining
boxes, repeatedly pair the two boxes with the largest IoU of at least 0.5; ties go to the larger sum of scores, then to
the box that comes first in A, then in B.

With --golden, write `tests/data/compare.json`: boxes rounded to 1/16 pixel and scores to 1/65536, so that both sides
compute exactly, and the verdict of each box.
"""

import argparse
import json
import pathlib
import sys

import numpy as np

import core

MIN_IOU = 0.5


def read(path):
    lines = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
    return {pathlib.PurePath(line["source"]).name: line["detections"] for line in lines if "source" in line}


def columns(detections):
    classes = np.array([d["class_id"] for d in detections], int)
    scores = np.array([d["score"] for d in detections], np.float32)
    boxes = np.array([d["box"] for d in detections], float).reshape(-1, 4)
    return classes, scores, boxes


def pair(a, b):
    """Return (matched, flips), each a list of (index in A, index in B)."""
    (classes_a, scores_a, boxes_a), (classes_b, scores_b, boxes_b) = a, b
    shape = (len(classes_a), len(classes_b))
    overlap = np.array([core.iou(box, boxes_b) for box in boxes_a]).reshape(shape)
    sums = scores_a[:, None] + scores_b[None, :]
    free = overlap >= MIN_IOU
    rounds = []
    for among in (classes_a[:, None] == classes_b[None, :], np.ones(shape, bool)):
        chosen = []
        while (open_ := free & among).any():
            best = open_ & (overlap == overlap[open_].max())
            best &= sums == sums[best].max()
            # Row-major order: first in A, then in B.
            i, j = (int(k) for k in np.argwhere(best)[0])
            chosen.append((i, j))
            free[i, :] = free[:, j] = False
        rounds.append(sorted(chosen))
    return rounds


def verdicts(a, b):
    matched, flips = pair(a, b)
    paired = matched + flips
    lost = sorted(set(range(len(a[0]))) - {i for i, _ in paired})
    gained = sorted(set(range(len(b[0]))) - {j for _, j in paired})
    return {"matched": matched, "flips": flips, "lost": lost, "gained": gained}


def said(line, a, b):
    """Return the verdicts of a line of `compare --json`; boxes are identified by their values."""
    place = lambda found, among: among.index(  # noqa: E731
        next(d for d in among if (d["class_id"], d["score"], d["box"]) == (found["class_id"], found["score"], found["box"]))
    )
    out = {"matched": [], "flips": [], "lost": [], "gained": []}
    for v in line["verdicts"]:
        i = place(v["a"], a) if "a" in v else None
        j = place(v["b"], b) if "b" in v else None
        if v["verdict"] in ("matched", "class_flip"):
            out["matched" if v["verdict"] == "matched" else "flips"].append((i, j))
        else:
            out[v["verdict"]].append(i if v["verdict"] == "lost" else j)
    return {key: sorted(value) for key, value in out.items()}


def rounded(detections):
    return [[d["class_id"], round(d["score"] * 65536), *(round(v * 16) for v in d["box"])] for d in detections]


def exact(rows):
    rows = np.array(rows, float).reshape(-1, 6)
    return rows[:, 0].astype(int), (rows[:, 1] / 65536).astype(np.float32), rows[:, 2:] / 16


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("a", type=pathlib.Path)
    parser.add_argument("b", type=pathlib.Path)
    parser.add_argument("--check", type=pathlib.Path, help="output of `compare --json` for the same pictures")
    parser.add_argument("--golden", type=pathlib.Path, help="write the golden verdicts to this file")
    options = parser.parse_args()
    a, b = read(options.a), read(options.b)
    assert a.keys() == b.keys(), "different pictures"
    broken = 0
    if options.check:
        lines = [json.loads(line) for line in options.check.read_text().splitlines()]
        lines = {pathlib.PurePath(line["source"]).name: line for line in lines if "source" in line}
        assert lines.keys() == a.keys(), "compare has other pictures"
        counts = dict.fromkeys(["matched", "flips", "lost", "gained"], 0)
        for name in a:
            ours, theirs = said(lines[name], a[name], b[name]), verdicts(columns(a[name]), columns(b[name]))
            for key, value in theirs.items():
                counts[key] += len(value)
            if ours != theirs:
                broken += 1
                print(f"{name}: compare says {ours}, the reference {theirs}")
        print(f"{len(a)} pictures, {broken} of them differ; the reference has {counts}")
    if options.golden:
        lines = []
        for name in sorted(a):
            rows = rounded(a[name]), rounded(b[name])
            line = {"a": rows[0], "b": rows[1], **verdicts(exact(rows[0]), exact(rows[1]))}
            lines.append(json.dumps(line, separators=(",", ":")))
        options.golden.write_text("[\n" + ",\n".join(lines) + "\n]\n")
        print(f"wrote {len(lines)} pictures to {options.golden}")
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
