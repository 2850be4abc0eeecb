"""Adaptive quadrature of a vector-valued function on the unit interval: nested Clenshaw-Curtis rules.

Seventeen nodes, the nine of the coarser rule among them; where their difference is too large the interval is
halved. The error stated is that difference, which is the error of the coarser rule: for a smooth integrand
the value returned is much better than that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from results.errors import ResultsError

Integrand = Callable[[float], np.ndarray]
ORDER = 16
DEEPEST = 8


@dataclass(frozen=True)
class Integral:
    """``value`` (rows, columns); ``error`` (rows): stated error, summed over the columns; ``nodes``: how many
    evaluations it took.
    """

    value: np.ndarray
    error: np.ndarray
    nodes: int


def weights(order: int) -> np.ndarray:
    """Weights of the Clenshaw-Curtis rule with ``order + 1`` nodes (even order) on the unit interval."""
    k = np.arange(order + 1)
    j = np.arange(1, order // 2 + 1)
    factor = np.where(j == order // 2, 1.0, 2.0) / (4 * j**2 - 1)
    series = 1 - np.cos(2 * np.pi * np.outer(k, j) / order) @ factor
    return series * np.where((k == 0) | (k == order), 0.5, 1.0) / order


def points(order: int) -> np.ndarray:
    """Nodes of the same rule, from 0 to 1."""
    return (1 - np.cos(np.pi * np.arange(order + 1) / order)) / 2


def integrate(f: Integrand, *, relative: float, floor: np.ndarray) -> Integral:
    """Integrate ``f``: [0, 1] -> (rows, columns) until each row is known to ``relative`` + ``floor``.

    The error of a row is the sum of absolute errors over its columns; it is held to ``relative`` times the
    row's sum of absolute values, plus ``floor`` (rows). Raises ResultsError when halving no longer helps.
    """
    cache: dict[float, np.ndarray] = {}

    def at(x: float) -> np.ndarray:
        if x not in cache:
            cache[x] = f(x)
            if not np.isfinite(cache[x]).all():
                raise ResultsError(f"the integrand is not finite at {x:.4f} of the path")
        return cache[x]

    whole, error = _refined(at, 0.0, 1.0)
    allowed = relative * np.abs(whole).sum(axis=1) + floor
    value, error = (whole, error) if (error <= allowed).all() else _halved(at, 0.0, 1.0, allowed, 0)
    return Integral(value, error, len(cache))


def _rule(at: Integrand, order: int, left: float, width: float) -> np.ndarray:
    values = np.stack([at(float(left + width * x)) for x in points(order)])
    return width * np.tensordot(weights(order), values, axes=1)


def _refined(at: Integrand, left: float, width: float) -> tuple[np.ndarray, np.ndarray]:
    """The rule of seventeen nodes and its difference from that of nine, by row."""
    fine = _rule(at, ORDER, left, width)
    return fine, np.abs(fine - _rule(at, ORDER // 2, left, width)).sum(axis=1)


def _halved(
    at: Integrand, left: float, width: float, allowed: np.ndarray, depth: int
) -> tuple[np.ndarray, np.ndarray]:
    """Sum over the two halves of an interval, each halved again where it is not known well enough."""
    if depth == DEEPEST:
        raise ResultsError(f"the quadrature does not settle near {left:.4f} of the path")
    value, error = np.zeros(()), np.zeros(())
    for start in (left, left + width / 2):
        part, off = _refined(at, start, width / 2)
        if not (off <= allowed * width / 2).all():
            part, off = _halved(at, start, width / 2, allowed, depth + 1)
        value, error = value + part, error + off
    return value, error
