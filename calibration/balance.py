"""Biproportional and three-way scaling (RAS) to known margins."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class BalanceError(ValueError):
    """Margins that cannot be met from the given starting values."""


def _factor(target: Array, actual: Array) -> Array:
    return np.where(actual > 0, target / np.where(actual > 0, actual, 1.0), 0.0)


def ras(start: Array, rows: Array, columns: Array, tol: float = 1e-12, max_iterations: int = 20_000) -> Array:
    """Scale the nonnegative matrix `start` to row sums `rows` and column sums `columns`.

    The column sums are met exactly, the row sums to `tol` relative to the total. Raises `BalanceError` when
    the totals disagree, a positive margin has no cell to carry it, or the iteration does not converge.
    """
    total = float(rows.sum())
    if (start < 0).any() or (rows < 0).any() or (columns < 0).any():
        raise BalanceError("RAS needs nonnegative starting values and margins")
    if abs(total - float(columns.sum())) > 1e-9 * total:
        raise BalanceError(f"row margins sum to {total:.6g}, column margins to {float(columns.sum()):.6g}")
    for axis, margin in ((1, rows), (0, columns)):
        stranded = np.flatnonzero((start.sum(axis) == 0) & (margin > 0))
        if stranded.size:
            raise BalanceError(f"margins at positions {stranded.tolist()} of axis {1 - axis} have no cell")
    x = start.copy()
    for _ in range(max_iterations):
        x = x * _factor(rows, x.sum(1))[:, None]
        x = x * _factor(columns, x.sum(0))[None, :]
        if abs(x.sum(1) - rows).max() <= tol * total:
            return x
    raise BalanceError(
        f"RAS left a row residual of {abs(x.sum(1) - rows).max():.3g} after {max_iterations} rounds"
    )


def ras3(start: Array, od: Array, oi: Array, di: Array, free: NDArray[np.bool_], rounds: int = 400) -> Array:
    """Scale `start` (o,d,i) to the three two-way margins, USD million.

    `free` (bool over regions) marks regions whose sector margins are unknown: their `oi` and `di` are not
    imposed, only their bilateral totals. The margins come from two publications that agree to 0.4 million,
    so the iteration stops at that inconsistency; `oi` is met exactly (last step). The caller reports what
    is left.
    """
    x = start.copy()
    known = ~free[:, None]
    for _ in range(rounds):
        x = x * _factor(od, x.sum(2))[:, :, None]
        x = x * np.where(known, _factor(di, x.sum(0)), 1.0)[None, :, :]
        x = x * np.where(known, _factor(oi, x.sum(1)), 1.0)[:, None, :]
    return x
