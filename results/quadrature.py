"""Adaptive quadrature of a vector-valued function on the unit interval: nested Clenshaw-Curtis rules.

Nine nodes first, then seventeen, of which nine are known already; where that is not enough the interval is
halved. The error stated is the difference between a rule and the one with half its nodes, which is the error
of the coarser rule: for a smooth integrand the value returned is much better than that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from results.errors import ResultsError

Integrand = Callable[[float], np.ndarray]
ORDERS = (8, 16)
DEEPEST = 8


@dataclass(frozen=True)
class Integral:
    """``value`` (rows, columns) and ``error`` (rows), the stated error of the sum of absolute values of a row;
    ``nodes``: how many evaluations it took.
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
    values: dict[float, np.ndarray] = {}

    def at(x: float) -> np.ndarray:
        if x not in values:
            values[x] = f(x)
            if not np.isfinite(values[x]).all():
                raise ResultsError(f"the integrand is not finite at {x:.4f} of the path")
        return values[x]

    def rule(order: int, left: float, width: float) -> np.ndarray:
        nodes = (at(float(left + width * x)) for x in points(order))
        return width * sum(w * y for w, y in zip(weights(order), nodes, strict=True))

    def step(left: float, width: float, allowed: np.ndarray | None, depth: int) -> tuple[np.ndarray, np.ndarray]:
        coarse = rule(ORDERS[0] // 2, left, width)
        for order in ORDERS:
            fine = rule(order, left, width)
            error = np.abs(fine - coarse).sum(axis=1)
            limit = relative * np.abs(fine).sum(axis=1) + floor if allowed is None else allowed
            if (error <= limit * width).all():
                return fine, error
            coarse = fine
        if depth == DEEPEST:
            worst = int(np.argmax(error - limit * width))
            raise ResultsError(f"the quadrature does not settle near {left:.4f} (row {worst}: {error[worst]:.2g})")
        halves = [step(left + k * width / 2, width / 2, limit, depth + 1) for k in range(2)]
        return halves[0][0] + halves[1][0], halves[0][1] + halves[1][1]

    value, error = step(0.0, 1.0, None, 0)
    return Integral(value, error, len(values))
