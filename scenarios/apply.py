"""A scenario as arrays: tariffs, trade costs and export taxes before and after, with the table that says why.

The instruments are those of the world database (81 economies x 50 industries, dims o, d, i); aggregation
comes later.
Order: benchmark -> agreements of the baseline (each flow takes the cheapest, so their order does not matter)
-> measures of the baseline in order -> shocks of the scenario in order.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from scenarios.aim import Findings, World
from scenarios.barrier_schema import PARTS
from scenarios.barriers import BarrierData, assumption_rows, assumptions
from scenarios.groups import Groups, SectorGroups, load_groups, load_sector_groups
from scenarios.plan import Item, make_plan
from scenarios.policy import Policy
from scenarios.policy_schema import PolicyFiles
from scenarios.problems import Problem, ScenarioError, suggest
from scenarios.reader import policy_files
from scenarios.schema import Scenario, Shock
from scenarios.start import start_state
from scenarios.state import State

FLOW = ("o", "d", "i")


def apply(
    scenario: Scenario,
    world: xr.Dataset,
    groups: Groups | None = None,
    sector_groups: SectorGroups | None = None,
    *,
    barriers: BarrierData | None = None,
) -> Policy:
    """Expand a scenario over the world's flows.

    Args:
        scenario: as read; its baseline and agreements come with it.
        world: country-level accounts with ``tm0`` and ``X0`` (and ``te0`` if a shock moves export taxes) over
            (o, d, i), rates as shares.
        groups: regions by group and date; the packaged table by default.
        sector_groups: sectors by group; the packaged table by default.
        barriers: what is to be removed and what has been; needed if the scenario moves barriers
            (``scenario_moves_barriers``), of no effect otherwise.

    Raises:
        ScenarioError: names that mean nothing here, shocks that touch no flow or are written twice (all at
            once), rates that fall below -100 % (once the names are right).
        ValueError: the world lacks an array that is needed, or barriers are moved and not given.
    """
    files, findings = policy_files(scenario), Findings()
    moves = scenario_moves_barriers(scenario)
    if not moves and scenario.barriers.model_fields_set:
        place = scenario.origin.place("barriers")
        findings.note(f"{place}: 'barriers' has no effect: no shock moves barriers here")
    numbers = _numbers(scenario, findings, moves=moves)
    benchmark = _instruments(world, with_export_tax=_moves_export_tax(scenario, files))
    labels = _labels(benchmark["d"].values.tolist(), benchmark["i"].values.tolist(), groups, sector_groups)
    plan = make_plan(scenario, files, labels, findings)
    _stop(findings)
    if moves and barriers is None:
        raise ValueError(
            "this scenario moves barriers that are not tariffs: give them as 'barriers', "
            "or write 'parts: tariffs'"
        )
    values = {str(name): array.values for name, array in benchmark.data_vars.items()}
    traded, given = _flow(world, "X0").values > 0, barriers if moves else None
    start = start_state(scenario, files, labels, values, traded, given, numbers)
    middle = _run(start, plan.baseline, findings)
    end = _run(middle, plan.shocks, findings)
    _stop(findings)
    return Policy(
        baseline=_dataset(middle, benchmark),
        counterfactual=_dataset(end, benchmark),
        notes=tuple(findings.notes),
        meta=_meta(scenario, files),
        benchmark=_dataset(start, benchmark),
        baseline_steps=middle.steps,
        steps=end.steps[len(middle.steps) :],
        controls=end.controls,
        rules_of_origin=(middle.paid.iceberg, end.paid.iceberg),
        moves_barriers=moves,
    )


def benchmark_removed(scenario: Scenario, world: xr.Dataset, barriers: BarrierData) -> xr.DataArray:
    """The share of the cuttable barrier (o, d, i) that agreements of the benchmark year have removed.

    Raises:
        ScenarioError: a policy file that cannot be read.
    """
    benchmark = _instruments(world, with_export_tax=False)
    labels = _labels(benchmark["d"].values.tolist(), benchmark["i"].values.tolist(), None, None)
    values = {str(name): array.values for name, array in benchmark.data_vars.items()}
    traded, numbers = _flow(world, "X0").values > 0, assumptions(scenario.assumptions)
    start = start_state(scenario, policy_files(scenario), labels, values, traded, barriers, numbers)
    return _dataset(start, benchmark)["removed"]


def scenario_moves_barriers(scenario: Scenario) -> bool:
    """Whether the scenario has barriers that are not tariffs in its benchmark, so that ``apply`` needs them:
    a shock moves them, or ``barriers: {rents: on}`` asks for them.

    Raises:
        ScenarioError: a policy file that cannot be read.
    """
    files = policy_files(scenario)
    return scenario.barriers.rents == "on" or any(_moves_barriers(shock, files) for shock in scenario.shocks)


def with_benchmark_rents(scenario: Scenario) -> Scenario:
    """The scenario with barriers in its benchmark, whether or not its shocks move them."""
    barriers = scenario.barriers.model_copy(update={"rents": "on"})
    return scenario.model_copy(update={"barriers": barriers})


def _moves_barriers(shock: Shock, files: PolicyFiles) -> bool:
    name = shock.agreement or shock.leave
    if name is not None:
        return "barriers" in (shock.parts or PARTS) and files.agreements[name].provisions is not None
    return shock.provisions is not None or (shock.access is not None and shock.access.ntm is not None)


def _numbers(scenario: Scenario, findings: Findings, *, moves: bool) -> dict[str, float]:
    """The assumptions about barriers as the scenario has them, each replaced one with a note."""
    for name, value in scenario.assumptions.items():
        row, place = assumption_rows()[name], scenario.origin.place(f"assumptions.{name}")
        words = (
            f"{name} is {value:g} in place of {row['value']} ({row['low']} to {row['high']}; {row['unit']})"
        )
        findings.note(f"{place}: {words}" + ("" if moves else ": no effect: no shock moves barriers here"))
    return assumptions(scenario.assumptions)


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
        "barriers_basis": scenario.barriers.basis,
        "barriers_band": scenario.barriers.band,
        "barriers_effect": scenario.barriers.effect or "",
    }
