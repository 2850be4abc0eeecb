"""What tariffs, goods NTMs, services and the market structure contribute to the figures that studies publish.

Every combination of the parts that a scenario moves is solved on the scenario's own benchmark under
Armington; `results.contributions` turns the figures into parts that sum to the model's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import pandas as pd
import xarray as xr

from calibration.aggregate import SHIPPED
from cge.app import api
from cge.app.case import Case, rates_of
from cge.solution import Solution
from results.contributions import COMPONENTS
from scenarios.dims import OWN_DIMS
from scenarios.groups import load_sector_groups
from scenarios.reader import library_name
from scenarios.structure_schema import Structure

if TYPE_CHECKING:
    from results.compare import Comparison

TARIFFS, GOODS, SERVICES = COMPONENTS
Progress = Callable[[str], None]


def with_published(
    case: Case, result: Comparison, *, progress: Progress = lambda message: None
) -> Comparison:
    """The result with the model beside published figures in its manifest, if any are stored for the scenario.

    Raises SolveError when one of the combinations has no equilibrium.
    """
    from results import published

    name, variant = library_name(case.scenario), case.scenario.variant
    rows = published.published_rows(name or "", variant)
    if rows.empty or case.scenario.compensation is not None:  # no study pays compensation
        return result
    parts = contributions(case, result, rows, progress=progress)
    table = published.compare_published(
        result, parts, scenario=name, variant=variant, aggregation=case.aggregation
    )
    manifest = {
        **result.manifest,
        "published": table.astype(object).where(table.notna(), None).to_dict("records"),
    }
    return replace(result, manifest=MappingProxyType(manifest))


def contributions(
    case: Case, result: Comparison, rows: pd.DataFrame, *, progress: Progress = lambda message: None
) -> pd.DataFrame:
    """One row per figure of ``rows``, one column per component and one for the market structure.

    Raises ResultsError when the scenario has quotas, SolveError when a combination has no equilibrium.
    """
    from results import contributions as arithmetic
    from results.errors import ResultsError
    from results.published import our_figures

    if case.measures:
        raise ResultsError("contributions of tariffs and barriers are not told apart where quotas bind")
    if at_home := moved_at_home(case):
        raise ResultsError(
            "contributions are those of tariffs, goods NTMs and services; the scenario also moves "
            f"{', '.join(at_home)}, which is none of them: run it without, or drop its published figures"
        )
    plain, base, new = _under_armington(case, result.base, result.new, progress)
    moved = active(plain)
    own = pd.Series(our_figures(result, rows, case.aggregation)["model"])
    figures = {moved: own} if plain is case else {}
    figures[frozenset()] = 0.0 * own
    for subset in arithmetic.subsets(COMPONENTS):
        key = subset & moved
        if key not in figures:
            progress(f"contributions: {', '.join(sorted(key))}")
            end = new if key == moved else plain.model.solve(rates_of(plain, part(plain, key)), start=base)
            compared = api.comparison(plain, base, end, numbers_only=True)
            figures[key] = pd.Series(our_figures(compared, rows, plain.aggregation)["model"])
    whole = None if plain is case else own
    every = {subset: figures[subset & moved] for subset in arithmetic.subsets(COMPONENTS)}
    return arithmetic.contributions(every, COMPONENTS, with_structure=whole)


def moved_at_home(case: Case) -> tuple[str, ...]:
    """Taxes at home, productivity and endowments that the scenario moves: no part of any component."""
    before, after = case.rates.baseline, case.rates.counterfactual
    return tuple(n for n in OWN_DIMS if n in after and not after[n].equals(before[n]))


def active(case: Case) -> frozenset[str]:
    """The components that the scenario moves."""
    before = case.rates.baseline
    return frozenset(c for c in COMPONENTS if not part(case, frozenset({c})).equals(before))


def part(case: Case, components: frozenset[str]) -> xr.Dataset:
    """Country-level instruments (o, d, i) of the scenario's policy where only these components are done.

    Tariffs take export taxes and the cost of rules of origin with them; every other trade cost and rent is
    goods' or services'. Instruments at home stay at the baseline.
    """
    before, after = case.rates.baseline, case.rates.counterfactual
    goods = before["i"].isin(load_sector_groups().groups["goods"])
    barriers = xr.where(goods, GOODS in components, SERVICES in components)
    origin = [before["k"].copy(data=a) for a in case.expanded.rules_of_origin]
    use = origin[1] / origin[0] if TARIFFS in components else xr.ones_like(before["k"])
    other = (after["k"] / before["k"] / (origin[1] / origin[0])).where(barriers, 1.0)
    out = {"k": before["k"] * use * other}
    for name in ("rx", "rm"):
        if name in after:
            out[name] = after[name].where(barriers, before[name])
    for name in ("tm", "te"):
        if name in after:
            out[name] = (after if TARIFFS in components else before)[name]
    return before.assign({name: array.transpose(*before[name].dims) for name, array in out.items()})


def _under_armington(
    case: Case, base: Solution, new: Solution, progress: Progress
) -> tuple[Case, Solution, Solution]:
    """The case itself, or with firms the same policy and closure without them."""
    if not case.firms:
        return case, base, new
    formulation = case.scenario.formulation.model_copy(update={"structure": Structure()})
    scenario = case.scenario.model_copy(update={"formulation": formulation})
    aggregation = case.aggregation.name if case.aggregation.name in SHIPPED else None
    plain = api.prepare(scenario, aggregation=aggregation, rents=case.barriers is not None)
    return plain, *api.solve(plain, progress=lambda m: progress(f"Armington: {m}"))
