"""What is known of a target besides its slopes: kind, unit, value, range, source and confidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from cge.app.case import Case
from cge.app.slopes import Slope, Wide
from scenarios.schema import Scenario

if TYPE_CHECKING:
    from results.sensitivity import Moved
    from scenarios.varying import Target


def told(case: Case, slope: Slope, wide: Wide, spread: Any) -> Moved:
    """A slope with what is known of its target (`results.sensitivity.TARGETS`); ``spread``: its distribution
    or None. Of an elasticity, the value in the model and slopes by its own units, not by a factor on it.
    """
    from results.sensitivity import Moved
    from scenarios.target_units import unit_of
    from scenarios.varying import parse_target

    mean, sd = (float("nan"), float("nan")) if spread is None else (float(spread.mean), float(spread.sd))
    target, value, scale = parse_target(slope.target), slope.value, 1.0
    if target.parameter:
        kind, unit = "elasticity", "elasticity"
        shown, source, confidence = _elasticity(case, target)
        value, scale = shown, shown / slope.value
    elif target.steps[0] == "assumptions":
        kind = "assumption"
        unit, source, confidence = _assumption(case.scenario, str(target.steps[-1]))
    else:
        kind = "shock" if target.steps[0] in ("shocks", "packages") else "choice"
        unit, source = unit_of(case.scenario, target.steps), case.scenario.origin.place(slope.target)
        confidence = "choice of the scenario"
    return Moved(
        slope.target, kind, unit, value, slope.derivative / scale, slope.left / scale, slope.right / scale,
        slope.kinked, wide.slope / scale, wide.words, mean * scale, sd * scale, source, confidence,
        "; ".join(n for n in (slope.note, wide.note) if n),
    )  # fmt: skip


def _elasticity(case: Case, target: Target) -> tuple[float, str, str]:
    """Value in the model (of sigma_m where several move; the mean over sectors), source and confidence."""
    name = {"trade": "sigma_m", "sigma": "sigma_m"}.get(target.parameter, target.parameter)
    inside = _industries(target.sectors, case)
    sectors = None if inside is None else {case.aggregation.sectors[i] for i in inside}
    codes = case.model.parameters.sets.sectors
    values = case.model.parameters.arrays[name]
    here = [float(values[k]) for k, s in enumerate(codes) if sectors is None or s in sectors]
    rows = [
        r for r in case.elasticities.table.to_dict(orient="records")
        if r["parameter"] == name and (inside is None or r["sector"] in inside)
    ]  # fmt: skip
    sources = list(dict.fromkeys(str(r["source"]) for r in rows)) or [f"set {case.elasticities.name}"]
    confidence = ", ".join(dict.fromkeys(str(r["confidence"]) for r in rows))
    return float(np.mean(here)), "; ".join(sources[:2]), confidence


def _industries(sectors: Sequence[str] | None, case: Case) -> set[str] | None:
    from scenarios.target_names import industries_of

    if sectors is None:
        return None
    members: dict[str, list[str]] = {}
    for industry, sector in case.aggregation.sectors.items():
        members.setdefault(sector, []).append(industry)
    return {i for name in sectors for i in industries_of(name, members, expand=True)}


def _assumption(scenario: Scenario, name: str) -> tuple[str, str, str]:
    """Unit, source and confidence of a named number."""
    from calibration.labels import read_rows
    from scenarios.barriers import assumption_rows

    rows = {**{r["name"]: r for r in read_rows("assumptions", "closures.csv")}, **assumption_rows()}
    row = rows[name]
    if name in scenario.assumptions:
        return row["unit"], scenario.origin.place(f"assumptions.{name}"), "choice of the scenario"
    return row["unit"], row["source"], row["confidence"]
