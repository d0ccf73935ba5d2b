#!/usr/bin/env python3
"""Count the values of raw heads in which a QDQ model differs from its QOperator twin.

    python3 tests/reference/qdq.py QOPERATOR.onnx QDQ.onnx IMAGE...

The QOperator model runs in ONNX Runtime with exact sums; the QDQ model there and in OpenVINO. A program that joins the
pairs of QuantizeLinear and DequantizeLinear with their operators computes the same bytes but for ties: its multipliers
are rounded in another way, or it adds in float.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

import core
import engines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("qoperator", metavar="QOPERATOR.onnx", type=Path)
    parser.add_argument("qdq", metavar="QDQ.onnx", type=Path)
    parser.add_argument("images", metavar="IMAGE", nargs="+", type=Path)
    args = parser.parse_args()
    tensors = [core.letterbox(cv2.cvtColor(cv2.imread(str(p)), cv2.COLOR_BGR2RGB))[0] for p in args.images]
    run = engines.load(args.qoperator)
    wanted = [np.concatenate([head.ravel() for head in run(tensor)]) for tensor in tensors]
    print(f"{len(tensors)} images, {wanted[0].size} values of raw heads in each")
    for engine in engines.ENGINES:
        run = engines.load(args.qdq, engine)
        pairs = zip(wanted, (np.concatenate([head.ravel() for head in run(tensor)]) for tensor in tensors))
        apart = np.concatenate([np.abs(theirs - ours) for ours, theirs in pairs])
        share = lambda most: f"{(apart > most).mean():.3%}"  # noqa: E731
        print(
            f"{args.qdq.name} in {engine}: differing {share(0)}, by more than 0.001 {share(0.001)}, by more than 0.05 "
            f"{share(0.05)}; mean {apart.mean():.2g}, largest {apart.max():.2g}"
        )


if __name__ == "__main__":
    main()
