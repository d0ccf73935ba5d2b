#!/usr/bin/env python3
"""Pack the output of `detect.py` into one small golden file, one picture per line.

Each argument is NAME=FILE.jsonl; the result is {NAME: {picture: [[class, score, x1, y1, x2, y2], ...]}}.
"""

import json
import pathlib
import sys


def rows(line, score_digits, box_digits):
    for d in json.loads(line)["detections"]:
        yield [d["class_id"], round(d["score"], score_digits), *(round(v, box_digits) for v in d["box"])]


def main():
    # Rounding moves a box far less than the IoU of 0.98 that the tests require.
    sets = []
    for argument in sys.argv[1:]:
        name, file = argument.split("=", 1)
        lines = pathlib.Path(file).read_text().splitlines()
        pictures = [
            json.dumps(json.loads(line)["source"]) + ":" + json.dumps(list(rows(line, 5, 2)), separators=(",", ":"))
            for line in lines
        ]
        sets.append(json.dumps(name) + ":{\n" + ",\n".join(pictures) + "\n}")
    print("{" + ",\n".join(sets) + "}")


if __name__ == "__main__":
    sys.exit(main())
