"""What depends on the solved baseline or on the closure: levels of fixed cells, notes for readers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from cge.closure import implied_supply_elasticity
from cge.solution import Solution
from cge.swaps import shifter

if TYPE_CHECKING:
    from cge.app.api import Case


def policy_changes(case: Case, base: Solution) -> dict[str, xr.DataArray]:
    """Instruments under the policy, and levels of fixed cells that the scenario moves off the baseline."""
    changes = dict(case.policy)
    parameters, system = case.model.parameters, case.model.system
    for words in case.scenario.closure.swaps:
        if words.at is None:
            continue
        chosen = shifter(words.fix, parameters, system)
        level = changes.get(chosen.name, base.values[chosen.name])
        changes[chosen.name] = level.where(~chosen.mask, base.values[chosen.name] * (1 + words.at))
    return changes


def closure_notes(case: Case, base: Solution, new: Solution) -> tuple[str, ...]:
    """What a reader must know: the labour supply elasticity a closure implies, the imbalance it shares."""
    closure, notes = case.scenario.closure, []
    if closure.labour == "wage_curve":
        found = implied_supply_elasticity(case.model.parameters)
        most = sorted(found, key=lambda r: -found[r])
        notes.append(
            f"the wage curve implies a labour supply elasticity u/(0.1 (1-u)) of {found[most[-1]]:.2f} "
            f"({most[-1]}) to {found[most[0]]:.2f} ({most[0]}), median {np.median(list(found.values())):.2f}"
        )
    if closure.external == "fixed_share_of_gdp":
        gap = float(new.values["imbalance"] - base.values["imbalance"])
        notes.append(f"world imbalance shared out: {100 * gap:+.4f} % of world GDP against the baseline")
    return tuple(notes)
