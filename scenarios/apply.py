"""A scenario as arrays: tariffs, trade costs and export taxes before and after, with the table that says why.

The instruments are those of the world database (81 economies x 50 industries, dims o, d, i); aggregation
comes later.
Order: benchmark -> agreements of the baseline (each from MFN; the lowest rate applies, so their order does
not matter) -> measures of the baseline in order -> shocks of the scenario in order.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from scenarios.aim import Findings, World
from scenarios.groups import Groups, SectorGroups, load_groups, load_sector_groups
from scenarios.mfn import mfn_rates
from scenarios.plan import Item, State, make_plan
from scenarios.policy import Policy
from scenarios.policy_schema import PolicyFiles
from scenarios.problems import Problem, ScenarioError, suggest
from scenarios.reader import policy_files
from scenarios.schema import Scenario

FLOW = ("o", "d", "i")


def apply(
    scenario: Scenario,
    world: xr.Dataset,
    groups: Groups | None = None,
    sector_groups: SectorGroups | None = None,
) -> Policy:
    """Expand a scenario over the world's flows.

    Args:
        scenario: as read; its baseline and agreements come with it.
        world: country-level accounts with ``tm0`` and ``X0`` (and ``te0`` if a shock moves export taxes) over
            (o, d, i), rates as shares.
        groups: regions by group and date; the packaged table by default.
        sector_groups: sectors by group; the packaged table by default.

    Raises:
        ScenarioError: names that mean nothing here, shocks that touch no flow or are written twice (all at
            once), rates that fall below -100 % (once the names are right).
        ValueError: the world lacks an array that is needed.
    """
    files, findings = policy_files(scenario), Findings()
    benchmark = _instruments(world, with_export_tax=_moves_export_tax(scenario, files))
    labels = _labels(benchmark["d"].values.tolist(), benchmark["i"].values.tolist(), groups, sector_groups)
    plan = make_plan(scenario, files, labels, findings)
    _stop(findings)
    values = {str(name): array.values for name, array in benchmark.data_vars.items()}
    start = State(values, mfn_rates(values["tm"], labels.regions), _flow(world, "X0").values > 0, labels)
    middle = _run(start, plan.baseline, findings)
    end = _run(middle, plan.shocks, findings)
    _stop(findings)
    return Policy(
        baseline=_dataset(middle, benchmark),
        counterfactual=_dataset(end, benchmark),
        notes=tuple(findings.notes),
        meta=_meta(scenario, files),
        benchmark=benchmark,
        baseline_steps=middle.steps,
        steps=end.steps[len(middle.steps) :],
        controls=end.controls,
    )


def check(
    scenario: Scenario,
    regions: Sequence[str],
    sectors: Sequence[str],
    groups: Groups | None = None,
    sector_groups: SectorGroups | None = None,
) -> tuple[str, ...]:
    """Second-stage check against the database's labels alone; returns the notes.

    Raises:
        ScenarioError: as apply, for everything that does not need the rates.
    """
    findings = Findings()
    labels = _labels(regions, sectors, groups, sector_groups)
    make_plan(scenario, policy_files(scenario), labels, findings)
    _stop(findings)
    return tuple(findings.notes)


def check_model_regions(scenario: Scenario, regions: Sequence[str]) -> None:
    """Check the names that mean regions of the aggregated model: ``focus`` and the closure's.

    Raises:
        ScenarioError: one of them is not a region of this aggregation.
    """
    named = {
        "focus": scenario.focus,
        "closure.numeraire": scenario.closure.numeraire_region,
        "closure.imbalance_to": scenario.closure.imbalance_region,
    }
    wrong: list[Problem] = []
    for path, region in named.items():
        if region is not None and region not in regions:
            message = f"'{region}' is not a region of this aggregation" + suggest(region, regions)
            wrong.append(scenario.origin.problem(path, message))
    if wrong:
        raise ScenarioError(wrong)


def override_sectors(
    scenario: Scenario, sectors: Sequence[str], sector_groups: SectorGroups | None = None
) -> tuple[tuple[str, tuple[str, ...], float], ...]:
    """Each override as (parameter, industries in the order of ``sectors``, value).

    Raises:
        scenarios.groups.UnknownNameError: a name that ``check`` would have refused.
    """
    table = sector_groups or load_sector_groups()
    out = []
    for override in scenario.overrides:
        chosen = frozenset().union(*(table.expand(name, sectors) for name in override.sectors))
        out.append((override.parameter, tuple(s for s in sectors if s in chosen), override.value))
    return tuple(out)


def structure_sectors(
    scenario: Scenario, sectors: Sequence[str], sector_groups: SectorGroups | None = None
) -> dict[str, str]:
    """Market structure (krugman, melitz) by industry, where the scenario names one.

    Raises:
        scenarios.groups.UnknownNameError: a name that ``check`` would have refused.
    """
    table = sector_groups or load_sector_groups()
    return {
        industry: structure
        for structure, names in scenario.formulation.structure.named.items()
        for name in names
        for industry in table.expand(name, sectors)
    }


def _run(state: State, items: Sequence[Item], findings: Findings) -> State:
    for item in items:
        state = item.run(state, findings)
    return state


def _stop(findings: Findings) -> None:
    if findings.problems:
        raise ScenarioError(findings.problems)


def _labels(
    regions: Sequence[str], sectors: Sequence[str], groups: Groups | None, sector_groups: SectorGroups | None
) -> World:
    return World(
        tuple(map(str, regions)),
        tuple(map(str, sectors)),
        groups or load_groups(),
        sector_groups or load_sector_groups(),
    )


def _moves_export_tax(scenario: Scenario, files: PolicyFiles) -> bool:
    measures = [shock for m in files.baseline.measures for shock in m.shocks]
    return any(shock.export_tax is not None for shock in (*scenario.shocks, *measures))


def _instruments(world: xr.Dataset, *, with_export_tax: bool) -> xr.Dataset:
    tm = _flow(world, "tm0")
    arrays = {"tm": tm.values, "k": np.ones(tm.shape)}
    if with_export_tax:
        arrays["te"] = _flow(world, "te0").values
    coords = {letter: tm.coords[letter].values for letter in FLOW}
    return xr.Dataset({name: (FLOW, a.astype(float)) for name, a in arrays.items()}, coords=coords)


def _flow(world: xr.Dataset, name: str) -> xr.DataArray:
    """The array over (o, d, i), origins in the order of the destinations."""
    if name not in world:
        raise ValueError(f"the world has no array {name} over (o, d, i), which a scenario needs")
    array = world[name]
    if set(array.dims) != set(FLOW):
        raise ValueError(f"{name} of the world is over {array.dims} and must be over (o, d, i)")
    if set(map(str, array["o"].values)) != set(map(str, array["d"].values)):
        raise ValueError(f"the origins and destinations of {name} are not the same regions")
    if not bool(np.isfinite(array).all()):
        raise ValueError(f"{name} of the world has cells that are not finite numbers")
    return array.transpose(*FLOW).sel(o=array["d"].values)


def _dataset(state: State, like: xr.Dataset) -> xr.Dataset:
    return xr.Dataset({name: (FLOW, array) for name, array in state.values.items()}, coords=like.coords)


def _meta(scenario: Scenario, files: PolicyFiles) -> dict[str, str]:
    b = scenario.baseline
    return {
        "baseline": b.name,
        "baseline_title": files.baseline.title,
        "baseline_date": files.baseline.date.isoformat(),
        "baseline_without": ", ".join(b.without),
        "us_china_duties": "on" if b.us_china_duties else "off",
        "tariffs": b.tariffs,
    }
