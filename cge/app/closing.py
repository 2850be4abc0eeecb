"""What depends on the solved baseline or on the closure: caps, levels of fixed cells, notes for readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from calibration.aggregate import Aggregation, aggregate_rate
from calibration.closure_data import GENERIC, generic
from cge.closure import implied_supply_elasticity
from cge.controls import Control
from cge.solution import Solution
from cge.swaps import shifter
from scenarios.closure_assumptions import closure_numbers
from scenarios.policy import Capped
from scenarios.problems import ScenarioError
from scenarios.schema import Scenario

if TYPE_CHECKING:
    from cge.app.api import Case


WHOLE = 0.999
"""Share of a model cell's trade (or work) that a measure must cover to count as all of it."""


@dataclass(frozen=True)
class Measure:
    """A quota or minimum wage over the model's own labels: (o, d, i) or (r)."""

    capped: Capped
    cells: xr.DataArray

    @property
    def kind(self) -> tuple[str, str]:
        """What the model must be built for: quota, trq or floor, and who gets the rent."""
        shock = self.capped.shock
        if shock.minimum_wage is not None:
            return "floor", ""
        rent_to = "importer" if shock.trq else getattr(shock.control, "rent_to", "importer")
        return "trq" if shock.trq else "quota", rent_to


def controls_of(room: Sequence[Measure]) -> tuple[Control, ...]:
    """The caps on flows as the model's closure takes them: one control of each kind, each cell once."""
    found = []
    for kind, rent_to in dict.fromkeys(m.kind for m in room if m.kind[0] != "floor"):
        cells = _union(room, (kind, rent_to)).stack(flow=("o", "d", "i"))
        named = tuple(",".join(map(str, key)) for key in cells["flow"].values[cells.values])
        found.append(Control(kind, named, rent_to))
    return tuple(found)


def floors_of(room: Sequence[Measure]) -> tuple[str, ...]:
    """Regions with a minimum wage, each once."""
    floors = [m.cells for m in room if m.kind[0] == "floor"]
    return tuple(dict.fromkeys(str(r) for cells in floors for r in cells["r"].values[cells.values]))


def _union(room: Sequence[Measure], kind: tuple[str, str]) -> xr.DataArray:
    first, *others = (m.cells for m in room if m.kind == kind)
    for cells in others:
        first = first | cells
    return first


def conflicts(one: Sequence[Measure], other: Sequence[Measure]) -> bool:
    """Whether the two cap a cell in different ways, so that no one model carries both."""
    flows = [[m for m in side if m.kind[0] != "floor"] for side in (one, other)]
    return any(a.kind != b.kind and bool((a.cells & b.cells).any()) for a in flows[0] for b in flows[1])


def require_room(capped: Sequence[Measure], room: Sequence[Measure]) -> None:
    """Raise ScenarioError unless the model was built to carry every cell of these measures."""
    problems = []
    for m in capped:
        here = [r.cells for r in room if r.kind == m.kind]
        left = m.cells
        for cells in here:
            left = left & ~cells
        if bool(left.any()):
            message = "this caps flows or wages that the shared model was not built to cap"
            problems.append(m.capped.origin.problem(m.capped.path, message))
    if problems:
        raise ScenarioError(problems)


def measures(found: Sequence[Capped], world: xr.Dataset, aggregation: Aggregation) -> tuple[Measure, ...]:
    """Measures on the model's cells. Raises ScenarioError when one covers only part of a cell, which has one
    flow and one wage.
    """
    result, problems = [], []
    for capped in found:
        floor = capped.shock.minimum_wage is not None
        weight = world["V0"].sel(f="labour", drop=True).sum("j") if floor else world["X0"]
        covered = weight.copy(data=capped.cells.astype(float))
        share = (
            aggregate_rate(covered, weight, aggregation) if floor else _share(covered, weight, aggregation)
        )
        cells = share > WHOLE
        partly = (share > 0) & ~cells
        if bool(partly.any()):
            worst = partly.where(partly, drop=True).stack(cell=partly.dims)["cell"].values[0]
            name = ", ".join(map(str, worst)) if isinstance(worst, tuple) else str(worst)
            message = f"covers only part of {name}; choose an aggregation that keeps it apart"
            problems.append(capped.origin.problem(capped.path, message))
        result.append(Measure(capped, cells))
    if problems:
        raise ScenarioError(problems)
    return tuple(result)


def _share(covered: xr.DataArray, weight: xr.DataArray, aggregation: Aggregation) -> xr.DataArray:
    """Share of each flow that is covered; 0 where there is none."""
    some = aggregate_rate((weight > 0).astype(float), xr.ones_like(weight), aggregation)
    return aggregate_rate(covered, weight, aggregation).where(some > 0, 0.0)


def _caps(case: Case, base: Solution, changes: dict[str, xr.DataArray]) -> None:
    """Add the levels of all measures to the instruments, relative to the baseline's solution."""
    start = case.model.parameters.arrays
    flows, rates = base.values["x"], changes.get("tm", base.values["tm"])
    for measure in case.measures:
        shock, cells = measure.capped.shock, measure.cells
        if shock.minimum_wage is not None:
            floor = changes.get("wage_floor", base.values["rw"].copy(data=start["wage_floor"]))
            level = base.values["rw"] * (1 + shock.minimum_wage.floor)
            changes["wage_floor"] = xr.where(cells, level, floor)
            continue
        cap = changes.get("quota", flows.copy(data=start["quota"]))
        volume = getattr(shock.control, "volume", 0.0)
        changes["quota"] = xr.where(cells, flows * (1 + volume), cap).transpose(*flows.dims)
        if shock.trq is not None:
            premium = changes.get("quota_premium", flows.copy(data=start["quota_premium"]))
            above = (shock.trq.above - rates).transpose(*flows.dims)
            if bool((above.where(cells, 0.0) < 0).any()):
                message = (
                    "the tariff above the quota is lower than the tariff in force on some of these flows"
                )
                raise ScenarioError([measure.capped.origin.problem(measure.capped.path, message)])
            changes["quota_premium"] = xr.where(cells, above, premium).transpose(*flows.dims)


def with_uncapped_rent(changes: Mapping[str, xr.DataArray], accounts: xr.Dataset) -> dict[str, xr.DataArray]:
    """Instruments with the rents that flows earn where no cap binds, if the policy moves rents: in a capped
    cell a rent rate is freed, so the cap must be told what the cell earns without it.
    """
    if not {"rx", "rm"} & set(changes):
        return dict(changes)
    without_cap = changes.get("rx", accounts["rx0"]) + changes.get("rm", accounts["rm0"])
    return {**changes, "rent_uncapped": without_cap}


def policy_changes(case: Case, base: Solution) -> dict[str, xr.DataArray]:
    """Instruments under the policy, and levels of fixed cells that the scenario moves off the baseline."""
    changes = dict(case.policy)
    _caps(case, base, changes)
    parameters, system = case.model.parameters, case.model.system
    for words in case.scenario.closure.swaps:
        if words.at is None:
            continue
        chosen = shifter(words.fix, parameters, system)
        level = changes.get(chosen.name, base.values[chosen.name])
        changes[chosen.name] = level.where(~chosen.mask, base.values[chosen.name] * (1 + words.at))
    return changes


def number_notes(scenario: Scenario) -> tuple[str, ...]:
    """A note for each number of closures that the scenario replaces."""
    notes = []
    for name, value in closure_numbers(scenario.assumptions).items():
        place = scenario.origin.place(f"assumptions.{name}")
        where = " in every economy" if name in GENERIC else ""
        before = "the values by economy" if name in GENERIC else f"{generic(name):g}"
        notes.append(f"{place}: {name} is {value:g}{where} in place of {before}")
    return tuple(notes)


def closure_notes(case: Case, base: Solution, new: Solution) -> tuple[str, ...]:
    """What a reader must know: the labour supply elasticity a closure implies, the imbalance it shares."""
    closure, notes = case.scenario.closure, [*number_notes(case.scenario)]
    if closure.labour == "wage_curve":
        found = implied_supply_elasticity(case.model.parameters)
        most = sorted(found, key=lambda r: -found[r])
        pay = generic("wage_elasticity", case.scenario.assumptions)
        notes.append(
            f"the wage curve implies a labour supply elasticity u/({pay:g} (1-u)) of {found[most[-1]]:.2f} "
            f"({most[-1]}) to {found[most[0]]:.2f} ({most[0]}), median {np.median(list(found.values())):.2f}"
        )
    if closure.external == "fixed_share_of_gdp":
        gap = float(new.values["imbalance"] - base.values["imbalance"])
        notes.append(f"world imbalance shared out: {100 * gap:+.4f} % of world GDP against the baseline")
    return tuple(notes)
