"""Ranges of a tensor's values in NumPy: percentiles of the values themselves, and the range for which rounding to 256
levels gives the least squared error, found by trying every pair of ends.

    python tests/reference/ranges.py > tests/data/ranges.json
"""

import json

import numpy as np

COUNT = 200_000


def values():
    """The same in any language with IEEE 754 single precision."""
    i = np.arange(COUNT, dtype=np.uint64)
    u = ((i * 2654435761 % 2**32) >> 8).astype(np.float32) / np.float32(2**24)
    v = u - np.float32(0.4)
    # Two of them are outliers.
    return np.where(i % 100_000 == 40_500, v * np.float32(32), v * np.float32(5))


def loss(x, low, high, slope):
    """Mean squared error after a leaky ReLU of this slope; slope 1 = none."""
    step = (high - low) / 255
    zero = np.round(-low / step)
    back = (np.clip(np.round(x / step) + zero, 0, 255) - zero) * step
    leaky = lambda y: np.where(y < 0, y * slope, y)
    return float(np.mean((leaky(x) - leaky(back)) ** 2))


def best(x, slope):
    lows, highs = x.min() * np.arange(1, 65) / 64, x.max() * np.arange(1, 65) / 64
    return min((loss(x, low, high, slope), low, high) for low in lows for high in highs)


x = values().astype(np.float64)
golden = {
    "count": COUNT,
    "sum": float(x.sum()),
    "percentiles": [
        {"percent": p, "min": float(np.percentile(x, (100 - p) / 2)), "max": float(np.percentile(x, (100 + p) / 2))}
        for p in (99.9, 99.0, 90.0)
    ],
    "mse": [
        {"slope": slope, "loss": l, "min": float(low), "max": float(high), "whole": loss(x, x.min(), x.max(), slope)}
        for slope in (1.0, 0.1)
        for l, low, high in [best(x, slope)]
    ],
}
print(json.dumps(golden, indent=1))
