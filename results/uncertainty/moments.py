"""Weighted statistics of columns that may lack numbers.

Everywhere ``y``: (points, rows), NaN where there is no number; ``w``: (points,), above zero. Statistics are
over the numbers of a column, their weights scaled to one; NaN where there are too few.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
CHEBYSHEV_95, CHEBYSHEV_75 = float(np.sqrt(1 / 0.05)), float(np.sqrt(1 / 0.25))
"""Standard deviations (4.47 and 2) within which at least that share of any distribution lies."""
NOISE = 1e-9
"""Change relative to the baseline below which a number does not move: the solver's last digits."""


@dataclass(frozen=True)
class Moments:
    """By row: ``mean``, ``sd``, ``low``, ``high`` (smallest, largest), ``count`` of numbers."""

    mean: np.ndarray
    sd: np.ndarray
    low: np.ndarray
    high: np.ndarray
    count: np.ndarray


def scaled(w: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Weights (points, rows) of the numbers that are there, each column's sum 1; NaN in an empty column."""
    out = np.where(there, w[:, None], 0.0)
    total = out.sum(axis=0)
    return np.divide(out, total, out=np.full_like(out, np.nan), where=total > 0)


def moments(y: np.ndarray, w: np.ndarray, *, sample: bool) -> Moments:
    """Mean and standard deviation; with ``sample`` that of a sample (for equal weights n - 1 in the
    denominator), else the integral. One number has no standard deviation.
    """
    there = np.isfinite(y)
    count = there.sum(axis=0)
    if not len(y):
        none = np.full(y.shape[1], np.nan)
        return Moments(none, none, none, none, count)
    weights = scaled(w, there)
    filled = np.where(there, y, 0.0)
    mean = (weights * filled).sum(axis=0)
    off = np.where(there, filled - mean, 0.0)
    variance = (weights * off**2).sum(axis=0)
    if sample:
        room = 1 - (weights**2).sum(axis=0)
        variance = np.divide(variance, room, out=np.full_like(variance, np.nan), where=room > 1e-12)
    sd = np.where(count >= 2, np.sqrt(variance), np.nan)
    low = np.where(there, y, np.inf).min(axis=0)
    high = np.where(there, y, -np.inf).max(axis=0)
    return Moments(np.where(count > 0, mean, np.nan), sd, np.where(count > 0, low, np.nan),
                   np.where(count > 0, high, np.nan), count)  # fmt: skip


def quantiles(y: np.ndarray, w: np.ndarray, levels: tuple[float, ...] = QUANTILES) -> np.ndarray:
    """(levels, rows): interpolated between the numbers of a column, each in the middle of its weight, the
    ends at 0 and 1. For equal weights the usual ones (Hyndman and Fan 1996, type 7).
    """
    out = np.full((len(levels), y.shape[1]), np.nan)
    order = np.argsort(y, axis=0, kind="stable")
    for k in range(y.shape[1]):
        column = y[order[:, k], k]
        n = int(np.isfinite(column).sum())
        if n < 2:
            continue
        mine = w[order[:n, k]]
        at = np.cumsum(mine) - mine / 2
        at = (at - at[0]) / (at[-1] - at[0])
        out[:, k] = np.interp(levels, at, column[:n])
    return out


def signs(y: np.ndarray, w: np.ndarray, still: np.ndarray) -> np.ndarray:
    """(3, rows): share that rises, that falls, that moves by no more than ``still`` (points, rows)."""
    there = np.isfinite(y)
    weights = scaled(w, there)
    filled = np.where(there, y, 0.0)
    up, down = filled > still, filled < -still
    parts = [(weights * part).sum(axis=0) for part in (up, down, ~up & ~down)]
    return np.array([np.where(there.any(axis=0), p, np.nan) for p in parts])


def cantelli(mean: np.ndarray, sd: np.ndarray) -> np.ndarray:
    """The mean's sign has at least this probability, for any shape with this mean and sd: m^2 / (m^2 + s^2)
    (Cantelli's one-sided form of Chebyshev's inequality); NaN where both are zero.
    """
    square = mean**2
    return np.divide(square, square + sd**2, out=np.full_like(square, np.nan), where=square + sd**2 > 0)
