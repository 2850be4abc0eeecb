"""A scenario as arrays: tariffs, trade costs and export taxes before and after, with the table that says why.

The instruments are those of the world database (81 economies x 50 industries, dims o, d, i); aggregation
comes later.
Order: benchmark -> agreements of the baseline (each flow takes the cheapest, so their order does not matter)
-> measures of the baseline in order -> shocks of the scenario in order.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import xarray as xr

from scenarios.aim import Findings, World
from scenarios.barrier_schema import PARTS
from scenarios.barriers import BarrierData, assumption_rows, assumptions
from scenarios.carve_outs import product_table, products_file
from scenarios.dims import FLOW, dims_of, labelled
from scenarios.domestic import NEEDS, domestic_letters
from scenarios.domestic_schema import FACTORS
from scenarios.groups import Groups, SectorGroups, load_groups, load_sector_groups
from scenarios.memory import Memory
from scenarios.plan import Item, Plan, make_plan
from scenarios.policy import Policy
from scenarios.policy_schema import PolicyFiles
from scenarios.problems import Problem, ScenarioError, suggest
from scenarios.reader import policy_files
from scenarios.schema import Scenario, Shock
from scenarios.start import start_state
from scenarios.state import State

Observer = Callable[[Item, State, State], None]
"""Told of an entry of the shocks, the state before it and after it."""


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
    numbers = _numbers(scenario, findings, moves=moves)
    moved = _all_shocks(scenario, files)
    benchmark = _instruments(
        world,
        with_export_tax=any(shock.export_tax is not None for shock in moved),
        at_home=domestic_letters(moved),
    )
    labels = _labels(benchmark["d"].values.tolist(), benchmark["i"].values.tolist(), groups, sector_groups)
    labels = replace(labels, products=product_table(scenario, groups, sector_groups))
    plan = make_plan(scenario, files, labels, findings)
    _stop(findings)
    if moves and barriers is None:
        raise ValueError(
            "this scenario moves barriers that are not tariffs: give them as 'barriers', "
            "or write 'parts: tariffs'"
        )
    given = barriers if moves else None
    base = _Base(scenario, files, world, given, numbers, labels, benchmark)
    start, middle = _begun(base, plan, (groups, sector_groups), memory or Memory(), findings)
    border = _border(world) if any(shock.retaliate is not None for shock in moved) else None
    middle = replace(middle, start=middle.values["tm"], border=border, world=labels)
    end = _run(middle, plan.shocks, findings, observe)
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


@dataclass(frozen=True)
class _Base:
    """What the baseline's expansion rests on; ``barriers`` None: not modelled."""

    scenario: Scenario
    files: PolicyFiles
    world: xr.Dataset
    barriers: BarrierData | None
    numbers: Mapping[str, float]
    labels: World
    benchmark: xr.Dataset

    def key(self, groups: Groups | None, sector_groups: SectorGroups | None) -> Hashable:
        """All that decides it, with the places that its notes name."""
        scenario, moves = self.scenario, self.barriers is not None
        without, products = range(len(scenario.baseline.without)), products_file(scenario)
        return (
            "baseline",
            scenario.baseline.model_dump_json(),
            tuple(scenario.origin.place(f"baseline.without[{k}]") for k in without),
            scenario.barriers.model_dump_json() if moves else "",
            tuple(sorted(self.numbers.items())) if moves else (),
            self.files.sha256(),
            products.read_bytes() if products is not None else b"",
            tuple(self.benchmark),
            id(self.world),
            id(self.barriers),
            id(groups),
            id(sector_groups),
        )


def _begun(
    base: _Base,
    plan: Plan,
    tables: tuple[Groups | None, SectorGroups | None],
    memory: Memory,
    findings: Findings,
) -> tuple[State, State]:
    """The benchmark's state and the baseline's, made once for all scenarios that share them."""

    def made() -> tuple[State, State, dict[str, None]]:
        values = {str(name): array.values for name, array in base.benchmark.data_vars.items()}
        traded, found = _flow(base.world, "X0").values > 0, Findings()
        start = start_state(
            base.scenario, base.files, base.labels, values, traded, base.barriers, base.numbers
        )
        middle = _run(start, plan.baseline, found)
        _stop(found)
        return start, middle, found.notes

    # What the key knows by its identity is kept beside the result, so that no other object takes its place.
    kept = (base.world, base.barriers, *tables)
    (start, middle, notes), _ = memory.once(base.key(*tables), lambda: (made(), kept))
    findings.notes |= notes
    return start, middle


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
    name = shock.treaty
    if name is not None:
        return "barriers" in (shock.parts or PARTS) and files.agreements[name].moves_barriers
    if shock.opening is not None:
        return shock.opening.provisions is not None
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
    findings = Findings(notes=dict.fromkeys(scenario.reading_notes))
    labels = _labels(regions, sectors, groups, sector_groups)
    labels = replace(labels, products=product_table(scenario, groups, sector_groups))
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


def _run(state: State, items: Sequence[Item], findings: Findings, observe: Observer | None = None) -> State:
    for item in items:
        before, state = state, item.run(state, findings)
        if observe is not None:
            observe(item, before, state)
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


def _all_shocks(scenario: Scenario, files: PolicyFiles) -> tuple[Shock, ...]:
    """Shocks of the scenario and measures of its baseline."""
    return (*scenario.shocks, *(shock for m in files.baseline.measures for shock in m.shocks))


def _instruments(world: xr.Dataset, *, with_export_tax: bool, at_home: Sequence[str] = ()) -> xr.Dataset:
    """The benchmark's instruments that the shocks need, each over its dimensions."""
    tm = _flow(world, "tm0")
    regions, sectors = tm["d"].values.tolist(), tm["i"].values.tolist()
    labels = {"o": regions, "d": regions, "i": sectors, "r": regions, "j": sectors, "f": list(FACTORS)}
    arrays = {"tm": tm.values.astype(float), "k": np.ones(tm.shape)}
    if with_export_tax:
        arrays["te"] = _flow(world, "te0").values.astype(float)
    for letter in at_home:
        wanted = {dim: labels[dim] for dim in dims_of(letter)}
        known = _own(world, NEEDS[letter], wanted) if letter in NEEDS else None
        arrays[letter] = np.ones([len(v) for v in wanted.values()]) if known is None else known
    return labelled(arrays, labels)


def _own(world: xr.Dataset, name: str, labels: Mapping[str, Sequence[str]]) -> npt.NDArray[np.float64]:
    """A benchmark rate of single economies, in the order of ``labels``."""
    dims = tuple(labels)
    if name not in world or set(world[name].dims) != set(dims):
        raise ValueError(f"the world has no array {name} over ({', '.join(dims)}), which a scenario needs")
    try:
        values = world[name].transpose(*dims).sel({d: list(v) for d, v in labels.items()}).values
    except KeyError as error:
        raise ValueError(f"{name} of the world does not cover its regions and sectors: {error}") from None
    if not bool(np.isfinite(values).all()):
        raise ValueError(f"{name} of the world has cells that are not finite numbers")
    return values.astype(float)


def _border(world: xr.Dataset) -> npt.NDArray[np.float64]:
    """Benchmark value of each flow at the border (o, d, i), exporters' rents included where it has any."""
    value = _flow(world, "X0").values * (1 + _flow(world, "te0").values)
    return value * (1 + _flow(world, "rx0").values) if "rx0" in world else value


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
    return labelled(state.values, {str(d): like[d].values.tolist() for d in like.dims})


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
