"""Which of the shocks' changes matter: derivative times change, cell by cell, to first order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from cge.adjoint import Adjoint, Gradient
from cge.app.case import Case
from cge.app.closing import policy_changes
from cge.app.slopes import Hung, accounts_of
from cge.solution import Solution

Change = Callable[[Any, Any, Any], Any]
"""(values of the baseline, of the counterfactual, accounts) -> numbers (K,), traceable by JAX."""
THRESHOLDS = ("quota", "quota_premium", "wage_floor")
"""Held levels that matter only from where they bind: a step from where they do not has no first order."""


def account(
    case: Case,
    base: Solution,
    sides: tuple[Adjoint, Adjoint],
    rows: pd.DataFrame,
    change: Change,
    hung: Hung,
) -> pd.DataFrame:
    """Contribution of every held cell that the policy moves, by number: gradient times change.

    The gradient is the mean of those at both ends of the change, so that what is left is of third order; what
    binds from a threshold on (`THRESHOLDS`) has no such part and stays in the remainder.
    """
    from cge.adjoint import held_levels, values_of
    from results.sensitivity import CELLS

    accounts = accounts_of(case.model)
    start = values_of(case.model, sides[0].levels)
    ends = (_of_new(sides[0], start, change, accounts, start, len(rows)), hung.through.new)
    before = held_levels(case.model, case.baseline)
    after = held_levels(case.model, policy_changes(case, base))
    parts = []
    for name, level in after.items():
        if name in THRESHOLDS:
            continue
        moved = np.where(case.model.closure.free[name], 0.0, level - before[name])
        if moved.any():
            slope = 0.5 * (ends[0].held[name] + ends[1].held[name])
            parts.append(_cells(case, name, moved, slope * moved, rows))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=CELLS)


def _of_new(side: Adjoint, base: Any, change: Change, accounts: Any, levels: Any, count: int) -> Gradient:
    """Gradient through the counterfactual alone, taken where it stands at the baseline."""
    from cge.jax_setup import jax

    found = jax().jacrev(lambda n: change(base, n, accounts))(levels)
    seeds = {n: np.asarray(a) for n, a in found.items() if np.asarray(a).any()}
    return side.gradient(seeds or {"gdp": np.zeros((count, *np.shape(levels["gdp"])))})


def _cells(
    case: Case, name: str, moved: np.ndarray, contribution: np.ndarray, rows: pd.DataFrame
) -> pd.DataFrame:
    """One row for each number and each cell that moves: whose it is, what moves there and what it brings."""
    from results.sensitivity import CELLS

    dims, sets = case.model.system.quantities[name].dims, case.model.parameters.sets
    where = np.argwhere(moved) if dims else np.zeros((1, 0), dtype=int)
    labels = {c: np.array(sets.labels(c))[where[:, k]] for k, c in enumerate(dims)}
    blank = np.full(len(where), "", dtype=object)
    cells = pd.DataFrame(
        {
            "instrument": np.full(len(where), name, dtype=object),
            "origin": labels.get("o", labels.get("r", blank)),
            "destination": labels.get("d", blank),
            "of_sector": labels.get("i", labels.get("j", blank)),
            "factor": labels.get("f", blank),
            "level_change": moved[tuple(where.T)] if dims else np.ravel(moved),
        }
    )
    parts = []
    for k, row in enumerate(rows.to_dict("records")):
        found = contribution[k][tuple(where.T)] if dims else np.ravel(contribution[k])
        whose = {c: row[c] for c in ("region", "sector", "indicator", "unit")}
        parts.append(cells.assign(contribution=found, **whose))
    return pd.DataFrame(pd.concat(parts, ignore_index=True)[CELLS])
