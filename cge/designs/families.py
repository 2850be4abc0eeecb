"""The families of distributions: which numbers state them, their quantiles and their moments.

Moments are mean, standard deviation, skewness and kurtosis (3 for a normal distribution).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv, ndtr, ndtri

TAIL = 4.0
"""Standard deviations at which a normal distribution without stated bounds is cut off."""

Numbers = tuple[float, ...]
Moments = tuple[float, float, float, float]


@dataclass(frozen=True)
class Family:
    """``wrong``: what is wrong with the numbers, "" for nothing; ``ppf``: quantiles of shares in (0, 1)."""

    counts: tuple[int, ...]
    numbers: str
    example: str
    wrong: Callable[[Numbers], str]
    ppf: Callable[[Numbers, np.ndarray], np.ndarray]
    moments: Callable[[Numbers], Moments]
    support: Callable[[Numbers], tuple[float, float]]


def _ordered(p: Numbers) -> str:
    return "" if p[0] < p[-1] else "low must be below high"


def _with_mode(p: Numbers) -> str:
    low, mode, high = p
    return _ordered(p) or ("" if low <= mode <= high else "the most likely value must be from low to high")


def _ends(p: Numbers) -> tuple[float, float]:
    return p[0], p[-1]


def _uniform_ppf(p: Numbers, u: np.ndarray) -> np.ndarray:
    return p[0] + (p[1] - p[0]) * u


def _uniform_moments(p: Numbers) -> Moments:
    return (p[0] + p[1]) / 2, (p[1] - p[0]) / math.sqrt(12), 0.0, 1.8


def _triangular_ppf(p: Numbers, u: np.ndarray) -> np.ndarray:
    low, mode, high = p
    left, right = (mode - low) * (high - low), (high - mode) * (high - low)
    turn = (mode - low) / (high - low)
    return np.where(u < turn, low + np.sqrt(u * left), high - np.sqrt((1 - u) * right))


def _triangular_moments(p: Numbers) -> Moments:
    low, mode, high = p
    spread = low * low + mode * mode + high * high - low * mode - low * high - mode * high
    top = (low + high - 2 * mode) * (2 * low - high - mode) * (low - 2 * high + mode)
    return (low + mode + high) / 3, math.sqrt(spread / 18), math.sqrt(2) * top / (5 * spread**1.5), 2.4


def _bounds(p: Numbers) -> tuple[float, float]:
    mean, sd, *cut = p
    return (cut[0], cut[1]) if cut else (mean - TAIL * sd, mean + TAIL * sd)


def _normal_wrong(p: Numbers) -> str:
    if p[1] <= 0:
        return "the standard deviation must be above 0"
    low, high = _bounds(p)
    return "" if low < p[0] < high else "the mean must be between the bounds"


def _normal_ppf(p: Numbers, u: np.ndarray) -> np.ndarray:
    below, above = (float(ndtr((x - p[0]) / p[1])) for x in _bounds(p))
    return np.clip(p[0] + p[1] * ndtri(below + u * (above - below)), *_bounds(p))


def _normal_moments(p: Numbers) -> Moments:
    """By the recursion of the moments of a truncated standard normal distribution."""
    a, b = ((x - p[0]) / p[1] for x in _bounds(p))
    inside = float(ndtr(b) - ndtr(a))
    at_a, at_b = (math.exp(-x * x / 2) / math.sqrt(2 * math.pi) / inside for x in (a, b))
    raw = [1.0, at_a - at_b]
    for k in range(2, 5):
        raw.append((k - 1) * raw[k - 2] + a ** (k - 1) * at_a - b ** (k - 1) * at_b)
    mean, sd, skew, kurtosis = from_raw(raw)
    return p[0] + p[1] * mean, p[1] * sd, 0.0 if math.isclose(-a, b) else skew, kurtosis


def from_raw(raw: Sequence[float]) -> Moments:
    """Mean, standard deviation, skewness and kurtosis from the first four raw moments."""
    _, m1, m2, m3, m4 = raw
    variance = m2 - m1 * m1
    third = m3 - 3 * m1 * m2 + 2 * m1**3
    fourth = m4 - 4 * m1 * m3 + 6 * m1 * m1 * m2 - 3 * m1**4
    return m1, math.sqrt(variance), third / variance**1.5, fourth / variance**2


def _lognormal_ppf(p: Numbers, u: np.ndarray) -> np.ndarray:
    return p[0] * np.exp(p[1] * ndtri(u))


def _lognormal_moments(p: Numbers) -> Moments:
    median, s = p
    w = math.exp(s * s)
    mean = median * math.sqrt(w)
    return mean, mean * math.sqrt(w - 1), (w + 2) * math.sqrt(w - 1), w**4 + 2 * w**3 + 3 * w * w - 3


def _beta_moments(p: Numbers) -> Moments:
    a, b, low, high = p
    n = a + b
    skew = 2 * (b - a) * math.sqrt(n + 1) / ((n + 2) * math.sqrt(a * b))
    excess = 6 * ((a - b) ** 2 * (n + 1) - a * b * (n + 2)) / (a * b * (n + 2) * (n + 3))
    width = high - low
    return low + width * a / n, width * math.sqrt(a * b / (n * n * (n + 1))), skew, 3 + excess


def _beta_ppf(p: Numbers, u: np.ndarray) -> np.ndarray:
    a, b, low, high = p
    return low + (high - low) * betaincinv(a, b, u)


def _pert(p: Numbers) -> Numbers:
    """The beta distribution of a PERT estimate: mean (low + 4 mode + high) / 6."""
    low, mode, high = p
    width = high - low
    return 1 + 4 * (mode - low) / width, 1 + 4 * (high - mode) / width, low, high


def _positive_two(p: Numbers) -> str:
    return "" if p[0] > 0 and p[1] > 0 else "both numbers must be above 0"


FAMILIES: dict[str, Family] = {
    "uniform": Family(
        (2,), "low and high", "uniform(50%, 150%)", _ordered, _uniform_ppf, _uniform_moments, _ends
    ),
    "triangular": Family(
        (3,), "low, most likely and high", "triangular(50%, 100%, 150%)", _with_mode, _triangular_ppf,
        _triangular_moments, _ends,
    ),
    "normal": Family(
        (2, 4), "mean and standard deviation, and bounds if you like",
        "normal(1, 0.2) or normal(1, 0.2, 0.5, 1.5)",
        _normal_wrong, _normal_ppf, _normal_moments, _bounds,
    ),
    "lognormal": Family(
        (2,), "median and the standard deviation of the logarithm", "lognormal(1, 0.2)", _positive_two,
        _lognormal_ppf, _lognormal_moments, lambda p: (0.0, math.inf),
    ),
    "pert": Family(
        (3,), "low, most likely and high", "pert(50%, 100%, 150%)", _with_mode,
        lambda p, u: _beta_ppf(_pert(p), u), lambda p: _beta_moments(_pert(p)), _ends,
    ),
    "beta": Family(
        (4,), "the two shapes, low and high", "beta(2, 2, 50%, 150%)",
        lambda p: _positive_two(p) or _ordered(p[2:]), _beta_ppf, _beta_moments, lambda p: (p[2], p[3]),
    ),
}  # fmt: skip
"""By name; every number is finite."""
