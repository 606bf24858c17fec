"""Builtin functions that come out differently in Monty."""

import math

own = round


def rounded(number, ndigits=None):
    """Round half to even of the exact value, as CPython does; Monty's own multiplies first, which is inexact."""
    if ndigits is None or not isinstance(number, float) or not math.isfinite(number) or ndigits > 323:
        return own(number, ndigits)
    if ndigits >= 0:
        return float(f"{number:.{ndigits}f}")
    unit = 10 ** min(-ndigits, 400)
    whole = math.floor(number)
    lower = whole // unit * unit
    rest = whole - lower, number - whole
    half = unit // 2
    up = rest > (half, 0.0) or rest == (half, 0.0) and lower // unit % 2
    return math.copysign(float(lower + unit if up else lower), number)
