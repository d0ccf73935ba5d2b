#!/usr/bin/env python3
"""Write tests/data/letterbox.json and tests/data/decode.json, against which tests/detect/goldens.rs checks src/detect.

Both inputs come from integer formulas, so that the test can generate the same ones.
"""

import json
import pathlib

import numpy as np

import core

DATA = pathlib.Path(__file__).parents[1] / "data"
SIZES = [(1280, 720), (810, 1080), (333, 500), (97, 41), (416, 416), (1, 3)]


def picture(width, height):
    """uint8 [height, width, 3]."""
    y, x, c = np.mgrid[0:height, 0:width, 0:3]
    return ((x * 7 + y * 13 + c * 101 + (x * y) % 31) % 256).astype(np.uint8)


class Lcg:
    def __init__(self, seed):
        self.state = seed

    def take(self, count):
        """`count` float32 in 0..1, each a multiple of 2^-24."""
        values = np.empty(count, np.uint32)
        state = self.state
        for i in range(count):
            state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
            values[i] = state >> 8
        self.state = state
        return values.astype(np.float32) / np.float32(1 << 24)


def plane_range(plane):
    """Return (factor, offset) for a plane of an anchor: most cells empty, three classes that win now and then."""
    if plane < 2:
        return 2, -1
    if plane < 4:
        # Large boxes that overlap.
        return 2, 0
    if plane == 4:
        return 24, -21
    return (4, -2) if plane < 8 else (4, -13)


def synthetic_heads(seed):
    lcg = Lcg(seed)
    heads = []
    for grid in (26, 13):
        planes = []
        for plane in range(3 * 85):
            factor, offset = map(np.float32, plane_range(plane % 85))
            planes.append(lcg.take(grid * grid) * factor + offset)
        heads.append(np.stack(planes).reshape(1, 255, grid, grid))
    return heads


def is_clear_cut(ids, scores, boxes, kept, candidates_over, options):
    """Return whether single precision must give the same detections: nothing is close to a threshold or a tie."""
    near_score = np.abs(candidates_over - options["score"]).min() < 2e-6
    near_tie = len(kept) > 1 and np.abs(np.diff(np.sort(scores))).min() < 1e-7
    overlaps = np.concatenate([core.iou(boxes[i], boxes[ids == ids[i]]) for i in kept])
    return not near_score and not near_tie and np.abs(overlaps - options["nms_iou"]).min() > 1e-5


def main():
    letterbox = []
    for width, height in SIZES:
        tensor, (new_w, new_h, left, top) = core.letterbox(picture(width, height))
        values = np.rint(tensor[0] * 255).astype(int)
        spots = np.random.default_rng(width * 10000 + height).integers(0, core.INPUT, (24, 2)).tolist()
        right, bottom = left + new_w - 1, top + new_h - 1
        # The corners of the picture, points just outside them, and its centre.
        spots += [[left, top], [right, top], [left, bottom], [right, bottom], [208, 208], [left, 208], [208, bottom]]
        spots += [[max(left - 1, 0), 208], [208, max(top - 1, 0)], [min(right + 1, 415), min(bottom + 1, 415)]]
        # The last row and column, which lack a neighbour.
        spots += [[x, bottom] for x in range(left, right, 16)] + [[right, y] for y in range(top, bottom, 16)]
        letterbox.append(
            {
                "image": [width, height],
                "scaled": [new_w, new_h],
                "corner": [left, top],
                "pixels": [[x, y, *values[:, y, x].tolist()] for x, y in spots],
            }
        )

    decode = []
    for size, options in [
        ((1280, 720), {"score": 0.66, "nms_iou": 0.45}),
        ((333, 500), {"score": 0.05, "nms_iou": 0.6}),
    ]:
        for seed in range(1, 100):
            heads = synthetic_heads(seed)
            place = core.placement(*size)
            ids, scores, boxes = core.decode(heads, size, place, options["score"])
            kept = core.nms(ids, scores, boxes, options["nms_iou"])
            around = core.decode(heads, size, place, options["score"] * 0.9)[1]
            if is_clear_cut(ids, scores, boxes, kept, around, options):
                break
        else:
            raise SystemExit("no seed is clear-cut")
        parts = core.clip(boxes, size)
        rows = [[int(ids[i]), round(float(scores[i]), 7), *np.round(parts[i], 5).tolist()] for i in kept]
        decode.append({"seed": seed, "image": list(size), **options, "candidates": len(ids), "detections": rows})
        print(f"{size} seed {seed}: {len(ids)} candidates, {len(kept)} kept")

    for name, cases in (("letterbox", letterbox), ("decode", decode)):
        lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
        (DATA / f"{name}.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
