#!/usr/bin/env python3
"""Compute every tensor of the INT8 models as the chips of models/profiles do; write tests/data/integer_profiles.json.

For each profile, the golden file has the format and the input of integer.py's. Fixed-point multipliers are found with
rational numbers, and rounding compares remainders; no formula is shared with the program. `src/integer/profile.rs` says
what is computed. No sum of these models leaves int32, and no accumulator of these profiles is narrower.

    python3 tests/reference/profiles.py            # writes the golden file
    python3 tests/reference/profiles.py --check    # compares
"""

import json
import sys
from fractions import Fraction

import numpy as np

import integer
from integer import f32

GOLDEN = integer.ROOT / "tests/data/integer_profiles.json"
PROFILES = [integer.ROOT / f"models/profiles/{name}.json" for name in ("zynq-m31", "m18", "m16", "power-of-two")]


def multiplier(value, bits):
    """M0 and n: M0 / 2^n is nearest to the value, and M0 has this number of bits; a tie goes up."""
    value = Fraction(float(value))
    assert value > 0
    n = bits - 1
    while value * Fraction(2) ** n >= 2**bits:
        n -= 1
    while value * Fraction(2) ** n < 2 ** (bits - 1):
        n += 1
    m0 = (value * Fraction(2) ** n + Fraction(1, 2)).__floor__()
    return (m0, n) if m0 < 2**bits else (m0 // 2, n - 1)


def divided(products, n, rounding):
    """products / 2^n as integers."""
    if n <= 0:
        return products * 2**-n
    assert n < 62 and np.abs(products).max() < 2**62
    quotients, twice = products >> n, 2 * (products & (2**n - 1))
    up = {
        "half up": twice >= 2**n,
        "half even": (twice > 2**n) | (twice == 2**n) & (quotients % 2 == 1),
        "half away": (twice > 2**n) | (twice == 2**n) & (products > 0),
        "truncate": np.zeros_like(twice, bool),
    }
    return quotients + up[rounding]


class Chip:
    """The operators of a model that a chip computes in its own way."""

    def __init__(self, profile):
        self.bits, self.rounding = profile["multiplier_bits"], profile["rounding"]
        self.leaky = profile["leaky_relu"]
        assert profile["accumulator"] == {"bits": 32, "overflow": "wrap"} and self.leaky != "table"

    def byte(self, sums, value, zero_point):
        m0, n = multiplier(value, self.bits)
        limits = np.iinfo(zero_point.dtype)
        integers = divided(sums.astype(np.int64) * m0, n, self.rounding) + int(zero_point)
        return np.clip(integers, limits.min, limits.max).astype(zero_point.dtype)

    def conv(self, x, x_scale, x_zero, w, w_scale, w_zero, y_scale, y_zero, bias=None, **attributes):
        sums = integer.conv_sums(x, x_zero, w, w_zero, bias, **attributes)
        values = np.broadcast_to(x_scale * w_scale / y_scale, len(sums))
        return np.stack([self.byte(of_filter, value, y_zero) for of_filter, value in zip(sums, values)])[None]

    def leaky_relu(self, x, x_scale, x_zero, y_scale, y_zero, *, alpha=0.01):
        slope = f32(alpha if self.leaky == "multipliers" else self.leaky["slope"])
        steps, value = x.astype(np.int64) - int(x_zero), x_scale / y_scale
        below = self.byte(steps, slope * value, y_zero)
        return np.where(steps >= 0, self.byte(steps, value, y_zero), below)

    def concat(self, y_scale, y_zero, *inputs, axis):
        def part(x, scale, zero):
            if scale == y_scale and zero == y_zero:
                return x
            return self.byte(x.astype(np.int64) - int(zero), scale / y_scale, y_zero)

        return np.concatenate([part(*x) for x in zip(inputs[::3], inputs[1::3], inputs[2::3])], axis)

    def operators(self):
        of_chip = {"QLinearConv": self.conv, "QLinearLeakyRelu": self.leaky_relu, "QLinearConcat": self.concat}
        return integer.OPERATORS | of_chip


def main():
    image = integer.read_picture()
    profiles = [json.loads(path.read_text()) for path in PROFILES]
    chips = {profile["name"]: integer.golden(image, Chip(profile).operators()) for profile in profiles}
    if "--check" in sys.argv[1:]:
        return 0 if chips == json.loads(GOLDEN.read_text()) else 1
    GOLDEN.write_text(json.dumps(chips, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
