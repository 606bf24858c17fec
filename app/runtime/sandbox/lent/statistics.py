"""`statistics` for Monty: averages and spreads of numbers."""

import math
from collections import Counter

StatisticsError = UnicodeDecodeError  # Monty makes no classes of exceptions: a kind of ValueError that is rarely met


def mean(data):
    data = _some(data, "mean")
    return _divided(_sum(data), len(data), data)


def fmean(data, weights=None):
    data = _some(data, "fmean")
    if weights is None:
        return math.fsum(data) / len(data)
    weights = list(weights)
    if len(weights) != len(data):
        raise StatisticsError("data and weights must be the same length")
    total = math.fsum(weights)
    if not total:
        raise StatisticsError("sum of weights must be non-zero")
    return math.fsum([value * weight for value, weight in zip(data, weights)]) / total


def geometric_mean(data):
    data = [float(value) for value in _some(data, "geometric mean")]
    if min(data) <= 0:
        raise StatisticsError("geometric mean requires a non-empty dataset containing positive numbers")
    return math.exp(fmean([math.log(value) for value in data]))


def harmonic_mean(data, weights=None):
    data = _some(data, "harmonic_mean")
    if min(data) < 0:
        raise StatisticsError("harmonic mean does not support negative values")
    if 0 in data:
        return 0
    if len(data) == 1 and weights is None:
        return data[0]
    weights = [1] * len(data) if weights is None else list(weights)
    total, below = _sum([weight / value if weight else 0 for value, weight in zip(data, weights)])
    count, under = _sum(weights)
    return count * below / (under * total)


def median(data):
    data = sorted(_some(data, "median"))
    half = len(data) // 2
    return data[half] if len(data) % 2 else (data[half - 1] + data[half]) / 2


def median_low(data):
    data = sorted(_some(data, "median"))
    return data[(len(data) - 1) // 2]


def median_high(data):
    data = sorted(_some(data, "median"))
    return data[len(data) // 2]


def mode(data):
    return Counter(_some(data, "mode")).most_common(1)[0][0]


def multimode(data):
    counts = Counter(data)
    most = max(counts.values(), default=0)
    return [value for value, count in counts.items() if count == most]


def variance(data, xbar=None):
    data = list(data)
    if len(data) < 2:
        raise StatisticsError("variance requires at least two data points")
    return _divided(_squares(data, xbar), len(data) - 1, data)


def pvariance(data, mu=None):
    data = list(data)
    if not data:
        raise StatisticsError("pvariance requires at least one data point")
    return _divided(_squares(data, mu), len(data), data)


def stdev(data, xbar=None):
    data = list(data)
    if len(data) < 2:
        raise StatisticsError("stdev requires at least two data points")
    return _root(_squares(data, xbar), len(data) - 1)


def pstdev(data, mu=None):
    data = list(data)
    if not data:
        raise StatisticsError("pstdev requires at least one data point")
    return _root(_squares(data, mu), len(data))


def quantiles(data, n=4, method="exclusive"):
    if n < 1:
        raise StatisticsError("n must be at least 1")
    data = sorted(data)
    if len(data) < 2:
        raise StatisticsError("must have at least two data points")
    if method not in ("inclusive", "exclusive"):
        raise ValueError(f"Unknown method: {method!r}")
    cuts = []
    for i in range(1, n):
        if method == "inclusive":
            j, rest = divmod(i * (len(data) - 1), n)
            cuts.append((data[j] * (n - rest) + data[j + 1] * rest) / n)
        else:
            j = min(max(i * (len(data) + 1) // n, 1), len(data) - 1)
            rest = i * (len(data) + 1) - j * n
            cuts.append((data[j - 1] * (n - rest) + data[j] * rest) / n)
    return cuts


def covariance(x, y):
    x, y = _pair(x, y, "covariance")
    xbar, ybar = math.fsum(x) / len(x), math.fsum(y) / len(x)
    return math.fsum([(a - xbar) * (b - ybar) for a, b in zip(x, y)]) / (len(x) - 1)


def correlation(x, y):
    x, y = _pair(x, y, "correlation")
    xbar, ybar = math.fsum(x) / len(x), math.fsum(y) / len(x)
    sxy = math.fsum([(a - xbar) * (b - ybar) for a, b in zip(x, y)])
    sxx, syy = math.fsum([(a - xbar) ** 2 for a in x]), math.fsum([(b - ybar) ** 2 for b in y])
    if not sxx or not syy:
        raise StatisticsError("at least one of the inputs is constant")
    return sxy / math.sqrt(sxx * syy)


def _some(data, name):
    data = list(data)
    if not data:
        raise StatisticsError(f"{name} requires at least one data point")
    return data


def _pair(x, y, name):
    x, y = list(x), list(y)
    if len(x) != len(y):
        raise StatisticsError(f"{name} requires that both inputs have same number of data points")
    if len(x) < 2:
        raise StatisticsError(f"{name} requires at least two data points")
    return x, y


def _exact(value):
    """Return a number as a fraction: its numerator and denominator."""
    if isinstance(value, bool) or isinstance(value, int):
        return int(value), 1
    if isinstance(value, float):
        mantissa, exponent = math.frexp(value)
        whole, exponent = int(mantissa * 2**53), exponent - 53
        return (whole << exponent, 1) if exponent >= 0 else (whole, 1 << -exponent)
    raise TypeError(f"can't convert type '{type(value).__name__}' to numerator/denominator")


def _sum(data):
    """Return the sum as a fraction, without any rounding; the denominators of floats are powers of two."""
    total, below = 0, 1
    for value in data:
        numerator, denominator = _exact(value)
        common = max(below, denominator)
        total, below = total * (common // below) + numerator * (common // denominator), common
    return total, below


def _squares(data, center):
    """Return the sum of the squared distances from the mean, as a fraction."""
    if center is not None:
        return _sum([(value - center) * (value - center) for value in data])
    total, below = _sum(data)
    squares, under = _sum([0])
    for value in data:
        numerator, denominator = _exact(value)
        common = max(below, denominator)  # both are powers of two
        distance = numerator * (common // denominator) * len(data) - total * (common // below)
        square, divisor = distance * distance, common * common
        both = max(under, divisor)
        squares, under = squares * (both // under) + square * (both // divisor), both
    return squares, under * len(data) * len(data)


def _divided(fraction, count, data):
    numerator, denominator = fraction[0], fraction[1] * count
    if all([isinstance(value, int) for value in data]) and numerator % denominator == 0:
        return numerator // denominator
    return numerator / denominator


def _root(fraction, count):
    """Return the square root of a part of a fraction, rounded once."""
    numerator, denominator = fraction[0], fraction[1] * count
    shift = (len(bin(numerator)) - len(bin(denominator)) - 109) // 2  # so that the root has bits to spare
    if shift >= 0:
        return (_odd_root(numerator, denominator << 2 * shift) << shift) / 1
    return _odd_root(numerator << -2 * shift, denominator) / (1 << -shift)


def _odd_root(numerator, denominator):
    """Return the whole root; its last bit is set where there is a rest, so that rounding knows of it."""
    root = math.isqrt(numerator // denominator)
    return root | (root * root * denominator != numerator)
