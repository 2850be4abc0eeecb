"""Adaptive quadrature of a vector-valued function on the unit interval: nested Clenshaw-Curtis rules.

Seventeen nodes, the nine of the coarser rule among them; where their difference is too large the worst
interval is halved. The error stated is that difference, which is the error of the coarser rule: for a smooth
integrand the value returned is much better than that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from results.errors import ResultsError

Integrand = Callable[[float], np.ndarray]
ORDER = 16
NARROWEST = 1e-4


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

    pieces = [_piece(at, 0.0, 1.0)]
    while True:
        value, error = sum(p.value for p in pieces), sum(p.error for p in pieces)
        allowed = relative * np.abs(value).sum(axis=1) + floor
        if (error <= allowed).all():
            return Integral(np.asarray(value), np.asarray(error), len(cache))
        # what is wanted where nothing is allowed is an error of nothing: any other counts as large
        worst = max(pieces, key=lambda p: float(np.max(p.error / np.maximum(allowed, 1e-300))))
        if worst.width < NARROWEST:
            raise ResultsError(f"the quadrature does not settle near {worst.left:.4f} of the path")
        pieces.remove(worst)
        half = worst.width / 2
        pieces += [_piece(at, worst.left, half), _piece(at, worst.left + half, half)]


@dataclass(frozen=True, eq=False)
class _Piece:
    left: float
    width: float
    value: np.ndarray
    error: np.ndarray


def _piece(at: Integrand, left: float, width: float) -> _Piece:
    """The rule of seventeen nodes and, by row, its difference from that of nine."""
    fine = _rule(at, ORDER, left, width)
    return _Piece(left, width, fine, np.abs(fine - _rule(at, ORDER // 2, left, width)).sum(axis=1))


def _rule(at: Integrand, order: int, left: float, width: float) -> np.ndarray:
    values = np.stack([at(float(left + width * x)) for x in points(order)])
    return width * np.tensordot(weights(order), values, axes=1)
