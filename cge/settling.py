"""The two loops brought to their fixed points, whoever computes the sweeps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.linalg as la

INNER_TOLERANCE = 1e-13
INNER_ACCEPTED = 1e-11
INNER_SWEEPS = 400
LARGEST_FACTOR = 2_000
"""Cells of a tear variable above which a solve with its factors costs more than the sweeps that it saves."""


class InnerLoopError(ArithmeticError):
    """Goods prices or outputs do not settle at the given factor prices and incomes."""


def settle(
    phase: str, level: np.ndarray, sweep: Callable[[np.ndarray], np.ndarray], factor: Any
) -> np.ndarray:
    """The fixed point of `sweep`, from `level`: Newton steps with kept LU factors, or plain sweeps.

    The last call of `sweep` is at the level returned. Raises InnerLoopError when it does not settle.
    """
    before, size = np.inf, np.inf
    for _ in range(INNER_SWEEPS):
        new = sweep(level)
        gap = new - level
        size = float(np.max(np.abs(gap) / np.maximum(1.0, np.abs(new))))
        if size <= INNER_TOLERANCE or (size <= INNER_ACCEPTED and size >= before):
            return level
        if not np.isfinite(size):
            raise InnerLoopError(f"the {phase} phase left the range in which its equations are defined")
        if size > 0.8 * before:
            factor = None  # the kept factorisation no longer helps: the plain sweep always contracts
        level, before = _step(level, new, gap, factor), size
    raise InnerLoopError(f"the {phase} phase did not settle in {INNER_SWEEPS} sweeps (gap {size:.2g})")


def _step(level: np.ndarray, new: np.ndarray, gap: np.ndarray, factor: Any) -> np.ndarray:
    if factor is None:
        return new.copy()
    newton = level + la.lu_solve(factor, gap.reshape(-1), check_finite=False).reshape(gap.shape)
    return newton if (newton > 0).all() else new.copy()


def moved_on(level: np.ndarray, change: np.ndarray) -> np.ndarray:
    """A price or output after a first-order change; where that would leave the positive range, as it was."""
    moved = level + change.reshape(level.shape)
    return moved if (moved > 0).all() else level
