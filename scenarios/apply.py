"""A scenario as arrays: tariffs, trade costs and export taxes before and after, with the table that says why.

The instruments are those of the world database (81 economies x 50 industries, dims o, d, i); aggregation
comes later.
Order: benchmark -> agreements of the baseline (each flow takes the cheapest, so their order does not matter)
-> measures of the baseline in order -> shocks of the scenario in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import xarray as xr

from scenarios.aim import Findings
from scenarios.barrier_schema import PARTS
from scenarios.barriers import BarrierData, assumption_rows, barrier_numbers
from scenarios.beginning import (
    Base,
    Observer,
    begun,
    dataset_of,
    flow_of,
    instruments_of,
    labels_of,
    run,
    stop,
)
from scenarios.carve_outs import product_table
from scenarios.domestic import domestic_letters
from scenarios.groups import Groups, SectorGroups, load_sector_groups
from scenarios.memory import Memory
from scenarios.plan import make_plan
from scenarios.policy import Policy
from scenarios.policy_schema import PolicyFiles
from scenarios.problems import Problem, ScenarioError, suggest
from scenarios.reader import policy_files
from scenarios.schema import Scenario, Shock


def apply(
    scenario: Scenario,
    world: xr.Dataset,
    groups: Groups | None = None,
    sector_groups: SectorGroups | None = None,
    *,
    barriers: BarrierData | None = None,
    memory: Memory | None = None,
    observe: Observer | None = None,
) -> Policy:
    """Expand a scenario over the world's flows.

    Args:
        scenario: as read; its baseline and agreements come with it.
        world: country-level accounts with ``tm0`` and ``X0`` over (o, d, i), rates as shares; ``te0`` as well
            if a shock moves export taxes or retaliates, ``to0`` (r, j) if one moves taxes on production,
            ``tc0`` (r) if one moves a tax on consumption.
        groups: regions by group and date; the packaged table by default.
        sector_groups: sectors by group; the packaged table by default.
        barriers: what is to be removed and what has been; needed if the scenario moves barriers
            (``scenario_moves_barriers``), of no effect otherwise.
        memory: scenarios that share a baseline, world and barriers expand it once.
        observe: is told of every entry of the scenario's shocks with the state before and after it.

    Raises:
        ScenarioError: names that mean nothing here, shocks that touch no flow or are written twice (all at
            once), rates that fall below -100 % (once the names are right).
        ValueError: the world lacks an array that is needed, or barriers are moved and not given.
    """
    files, findings = policy_files(scenario), Findings(notes=dict.fromkeys(scenario.reading_notes))
    moves = scenario_moves_barriers(scenario)
    if not moves and scenario.barriers.model_fields_set:
        place = scenario.origin.place("barriers")
        findings.note(f"{place}: 'barriers' has no effect: no shock moves barriers here")
    _note_numbers(scenario, findings, moves=moves)
    moved = _all_shocks(scenario, files)
    memory = memory or Memory()
    benchmark = instruments_of(
        world,
        with_export_tax=any(shock.export_tax is not None for shock in moved),
        at_home=domestic_letters(moved),
        memory=memory,
    )
    labels = labels_of(benchmark["d"].values.tolist(), benchmark["i"].values.tolist(), groups, sector_groups)
    labels = replace(labels, products=product_table(scenario, groups, sector_groups))
    plan = make_plan(scenario, files, labels, findings)
    stop(findings)
    if moves and barriers is None:
        raise ValueError(
            "this scenario moves barriers that are not tariffs: give them as 'barriers', "
            "or write 'parts: tariffs'"
        )
    given = barriers if moves else None
    base = Base(scenario, files, world, given, labels, benchmark)
    before, middle = begun(base, plan, memory, findings)
    border = _border(world) if any(shock.retaliate is not None for shock in moved) else None
    middle = replace(middle, start=middle.values["tm"], border=border, world=labels)
    end = run(middle, plan.shocks, findings, observe)
    stop(findings)
    return Policy(
        baseline=before["baseline"],
        counterfactual=dataset_of(end, benchmark),
        notes=tuple(findings.notes),
        meta=_meta(scenario, files),
        benchmark=before["benchmark"],
        baseline_steps=middle.steps,
        steps=end.steps[len(middle.steps) :],
        controls=end.controls,
        rules_of_origin=(middle.paid.iceberg, end.paid.iceberg),
        moves_barriers=moves,
    )


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
    name = shock.treaty
    if name is not None:
        return "barriers" in (shock.parts or PARTS) and files.agreements[name].moves_barriers
    if shock.opening is not None:
        return shock.opening.provisions is not None
    return shock.provisions is not None or (shock.access is not None and shock.access.ntm is not None)


def _note_numbers(scenario: Scenario, findings: Findings, *, moves: bool) -> None:
    """A note for each assumption about barriers that the scenario replaces."""
    rows = assumption_rows()
    for name, value in scenario.assumptions.items():
        if name not in rows:
            continue  # about closures: the model says what it does with it
        row, place = rows[name], scenario.origin.place(f"assumptions.{name}")
        words = (
            f"{name} is {value:g} in place of {row['value']} ({row['low']} to {row['high']}; {row['unit']})"
        )
        findings.note(f"{place}: {words}" + ("" if moves else ": no effect: no shock moves barriers here"))
    barrier_numbers(scenario.assumptions)  # an unknown name raises


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
    findings = Findings(notes=dict.fromkeys(scenario.reading_notes))
    labels = labels_of(regions, sectors, groups, sector_groups)
    labels = replace(labels, products=product_table(scenario, groups, sector_groups))
    make_plan(scenario, policy_files(scenario), labels, findings)
    stop(findings)
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
) -> tuple[tuple[str, tuple[str, ...], float, bool], ...]:
    """Each override as (parameter, industries in the order of ``sectors``, number, whether it multiplies).

    Raises:
        scenarios.groups.UnknownNameError: a name that ``check`` would have refused.
    """
    table = sector_groups or load_sector_groups()
    out = []
    for override in scenario.overrides:
        chosen = frozenset().union(*(table.expand(name, sectors) for name in override.sectors))
        number = override.times if override.value is None else override.value
        assert number is not None
        inside = tuple(s for s in sectors if s in chosen)
        out.append((override.parameter, inside, number, override.value is None))
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


def _all_shocks(scenario: Scenario, files: PolicyFiles) -> tuple[Shock, ...]:
    """Shocks of the scenario and measures of its baseline."""
    return (*scenario.shocks, *(shock for m in files.baseline.measures for shock in m.shocks))


def _border(world: xr.Dataset) -> npt.NDArray[np.float64]:
    """Benchmark value of each flow at the border (o, d, i), exporters' rents included where it has any."""
    value = flow_of(world, "X0").values * (1 + flow_of(world, "te0").values)
    return value * (1 + flow_of(world, "rx0").values) if "rx0" in world else value


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
