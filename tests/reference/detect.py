#!/usr/bin/env python3
"""Run a model on images without Twinsight, with the output of `twinsight detect --json`."""

import argparse
import hashlib
import json
import pathlib
import sys
import time

import cv2

import core
import engines


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, type=pathlib.Path, help="the ONNX file")
    parser.add_argument("--precision", default="fp32", help="label written to the output")
    parser.add_argument("--engine", default="onnxruntime", choices=engines.ENGINES)
    parser.add_argument("--score", type=float, default=0.25)
    parser.add_argument("--nms", type=float, default=0.45)
    parser.add_argument("images", nargs="+", type=pathlib.Path)
    options = parser.parse_args()

    names = (pathlib.Path(__file__).parents[2] / "assets/coco.names").read_text().split("\n")
    model = {"precision": options.precision, "sha256": hashlib.sha256(options.model.read_bytes()).hexdigest()}
    run = engines.load(options.model, options.engine)

    failed = False
    for path in options.images:
        started = time.perf_counter()
        bgr = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if bgr is None:
            print(f"cannot read {path}", file=sys.stderr)
            failed = True
            continue
        rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
        decoded = time.perf_counter()
        tensor, place = core.letterbox(rgb)
        boxed = time.perf_counter()
        heads = run(tensor)
        inferred = time.perf_counter()
        size = (rgb.shape[1], rgb.shape[0])
        ids, scores, boxes = core.decode(heads, size, place, options.score)
        kept = core.nms(ids, scores, boxes, options.nms)
        boxes = core.clip(boxes, size)
        done = time.perf_counter()
        detections = [
            {"class_id": int(ids[i]), "class": names[ids[i]], "score": float(scores[i]), "box": boxes[i].tolist()}
            for i in kept
        ]
        stamps = [started, decoded, boxed, inferred, done]
        stages = ["decode", "letterbox", "inference", "postprocess"]
        timing = {stage: (b - a) * 1000 for stage, a, b in zip(stages, stamps, stamps[1:])}
        line = {"source": path.name, "width": size[0], "height": size[1], "model": model}
        print(json.dumps(line | {"detections": detections, "timing_ms": timing}))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
