"""The whole path in one place: scenario file -> policy -> accounts -> parameters -> model -> solutions ->
comparison.

Everything a notebook needs: ``import cge; cge.run("us-joins-cptpp")``.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr

from calibration.accounts import Accounts
from calibration.aggregate import Aggregation, aggregate, aggregate_rate, load_aggregation
from calibration.closure_data import closure_data
from calibration.elasticities import Elasticities, load_elasticities
from calibration.parameters import calibrate
from calibration.world import load_world
from cge.app.closing import Measure, closure_notes, measures, policy_changes
from cge.app.firms import check_overrides, firms_by_sector
from cge.closure import ClosureError
from cge.formulation import Formulation
from cge.market_structure import Firms, with_firms
from cge.model import Model
from cge.parameters import Parameters
from cge.solution import Solution
from scenarios.apply import apply, check_model_regions, override_sectors, structure_sectors
from scenarios.policy import Policy
from scenarios.problems import ScenarioError
from scenarios.reader import aggregation_files, read_scenario, scenario_hash
from scenarios.schema import Scenario

if TYPE_CHECKING:
    from results.compare import Comparison

Progress = Callable[[str], None]


def _silent(message: str) -> None:
    return None


@dataclass
class Timer:
    """Seconds spent by stage, for `cge bench`."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the time inside the context to the stage."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - began


@dataclass(frozen=True)
class Case:
    """A scenario made ready to solve: the model, and its instruments under the baseline and under the policy.

    ``world``: accounts at country level; ``accounts``: at the model's aggregation. ``baseline`` and
    ``policy`` give tm, k (and te where a shock moves it) over the model's regions and sectors.
    """

    scenario: Scenario
    name: str
    expanded: Policy
    world: Accounts
    aggregation: Aggregation
    accounts: Accounts
    elasticities: Elasticities
    regional: Mapping[str, xr.DataArray]
    firms: Mapping[str, Firms]
    model: Model
    baseline: Mapping[str, xr.DataArray]
    policy: Mapping[str, xr.DataArray]
    measures: tuple[Measure, ...] = ()


def prepare(
    name_or_path: str | Path | Scenario, *, aggregation: str | None = None, timer: Timer | None = None
) -> Case:
    """Read a scenario and build its model; nothing is solved.

    `aggregation` replaces the scenario's own. Raises ScenarioError (bad file), AggregationError,
    ElasticityError, ParameterError or ClosureError, each saying what and where.
    """
    clock = timer or Timer()
    with clock.stage("data"):
        scenario = name_or_path if isinstance(name_or_path, Scenario) else read_scenario(name_or_path)
        b = scenario.baseline
        world = load_world(tariffs=b.tariffs, us_china_duties=b.us_china_duties)
        expanded = apply(scenario, world.data)
        chosen = load_aggregation(
            aggregation or aggregation_files(scenario) or scenario.aggregation.name or "default"
        )
        accounts = aggregate(world, chosen)
        accounts.check()
        check_model_regions(scenario, chosen.region_codes())
        industries = [str(s) for s in world.data["i"].values]
        overrides = override_sectors(scenario, industries)
        structures = structure_sectors(scenario, industries)
        elasticities = load_elasticities(scenario.elasticities, world, chosen, overrides)
    with clock.stage("calibrate"):
        chosen_firms = firms_by_sector(scenario, structures, chosen, elasticities)
        firms = chosen_firms.firms
        expanded = replace(expanded, notes=(*expanded.notes, *chosen_firms.notes))
        regional = closure_data(world, chosen, labour_supply_set=scenario.closure.labour_supply_elasticities)
        parameters, formulation = parameters_of(scenario, accounts, elasticities, regional, firms)
        check_overrides(scenario, overrides, structures, formulation.trade)
        capped = measures(expanded.controls, world.data, chosen)
        model = _model(scenario, parameters, formulation, capped)
        baseline, policy = (_instruments(p, expanded.benchmark, world.data, accounts.data, chosen)
                            for p in (expanded.baseline, expanded.counterfactual))  # fmt: skip
    name = scenario.title if isinstance(name_or_path, Scenario) else Path(name_or_path).stem
    return Case(
        scenario,
        name,
        expanded,
        world,
        chosen,
        accounts,
        elasticities,
        regional,
        firms,
        model,
        baseline,
        policy,
        capped,
    )


def _model(
    scenario: Scenario, parameters: Parameters, formulation: Formulation, capped: tuple[Measure, ...]
) -> Model:
    """The model under the scenario's closure and caps; what is wrong with a closure is said with its line."""
    controls = tuple(m.control() for m in capped if m.capped.shock.minimum_wage is None)
    floors = [m.cells for m in capped if m.capped.shock.minimum_wage is not None]
    regions = tuple(str(r) for cells in floors for r in cells["r"].values[cells.values])
    if controls:
        formulation = replace(formulation, controls="quotas")
    try:
        choice = scenario.closure.choice(controls=controls, minimum_wage=regions)
        return Model(parameters, formulation, choice)
    except ClosureError as error:
        raise ScenarioError([scenario.origin.problem("closure", str(error))]) from None


def parameters_of(
    scenario: Scenario,
    accounts: Accounts,
    elasticities: Elasticities,
    regional: Mapping[str, xr.DataArray],
    firms: Mapping[str, Firms],
) -> tuple[Parameters, Formulation]:
    """Elasticities on the nest that the scenario asks for, or, when it is silent, the nest the set is meant
    for.
    """
    wanted = scenario.formulation.model_dump(exclude={"structure"})
    if "trade" not in scenario.formulation.model_fields_set:
        wanted["trade"] = f"armington_{elasticities.nest}"
    one_level = wanted["trade"] == "armington_one_level"
    values = {str(n): elasticities.data[n] for n in ("sigma_va", "sigma_top")}
    for name in ("sigma_m", "sigma_d"):
        values[name] = elasticities.data["sigma" if one_level else name]
    sources = dict.fromkeys(values, f"elasticity set '{elasticities.name}'")
    parameters = calibrate(accounts.data, values, sources=sources, regional=regional)
    return with_firms(parameters, firms), Formulation(**wanted)


def _instruments(
    policy: xr.Dataset, benchmark: xr.Dataset, world: xr.Dataset, accounts: xr.Dataset, chosen: Aggregation
) -> dict[str, xr.DataArray]:
    """Country-level instruments as rates of the model: benchmark rate plus the flow-weighted change.

    Adding the change to the model's own benchmark rate keeps untouched flows untouched to the last digit.
    """
    border = world["X0"] * (1 + world["te0"])
    start = {"tm": accounts["tm0"], "te": accounts["te0"], "k": xr.ones_like(accounts["tm0"])}
    result = {}
    for name in map(str, policy.data_vars):
        if policy[name].equals(benchmark[name]):
            continue
        change = policy[name] - benchmark[name]
        weight = {"tm": border, "te": world["X0"], "k": border * (1 + world["tm0"])}[name]
        result[name] = start[name] + aggregate_rate(change, weight, chosen)
    return result


def solve(case: Case, *, space: str = "reduced", route: str = "casadi", progress: Progress = _silent
          ) -> tuple[Solution, Solution]:  # fmt: skip
    """Solve the baseline, then the policy from there; returns both. Raises SolveError."""
    progress("baseline")
    base = case.model.solve(
        case.baseline, space=space, route=route, progress=lambda m: progress(f"baseline: {m}")
    )
    new = case.model.solve(policy_changes(case, base), start=base, space=space, route=route,
                           progress=lambda m: progress(f"policy: {m}"))  # fmt: skip
    return base, new


def run(
    name_or_path: str | Path | Scenario,
    *,
    aggregation: str | None = None,
    focus: str | None = None,
    space: str = "reduced",
    decompose: bool = False,
    verify: bool = False,
    progress: Progress = _silent,
    timer: Timer | None = None,
    command: str = "",
) -> Comparison:
    """Run a scenario of the library (by name) or from a file and return the comparison with its baseline.

    `decompose` adds the decomposition of welfare, `verify` a second opinion on both solutions. Raises
    ScenarioError, AggregationError, ElasticityError, ParameterError, ClosureError on bad input, SolveError
    when no equilibrium is found and VerificationError when the second opinion differs.
    """
    clock = timer or Timer()
    progress("reading scenario and data")
    case = prepare(name_or_path, aggregation=aggregation, timer=clock)
    regions = case.aggregation.region_codes()
    if focus is not None and focus not in regions:
        from results.errors import ResultsError

        raise ResultsError(f"focus {focus}: not a region here; choose from {', '.join(regions)}")
    progress("compiling derivatives")
    with clock.stage("compile"):
        case.model.compile()
    with clock.stage("solve"):
        base, new = solve(case, space=space, progress=progress)
    progress("indicators")
    with clock.stage("results"):
        result = comparison(case, base, new, focus=focus, command=command)
    return _extended(case, result, decompose=decompose, verify=verify, progress=progress, clock=clock)


def _extended(
    case: Case, result: Comparison, *, decompose: bool, verify: bool, progress: Progress, clock: Timer
) -> Comparison:
    """The comparison with what was asked for besides."""
    if decompose:
        from results import decomposition

        progress("decomposing welfare along the path")
        with clock.stage("decompose"):
            found = decomposition.decompose(case.model, result.base, result.new)
            result = decomposition.attach(result, found)
    if verify:
        from cge.app import verify as second_opinion

        with clock.stage("verify"):
            checked = second_opinion.verify(case, result.base, result.new, progress=progress)
        result = second_opinion.attach(result, checked)
    return result


def comparison(
    case: Case, base: Solution, new: Solution, *, focus: str | None = None, command: str = ""
) -> Comparison:
    """Every result of a solved case, with its provenance."""
    from results.compare import ScenarioInfo, compare

    hashes = {
        "data": str(case.world.meta.get("sha256", "")),
        "scenario": scenario_hash(case.scenario),
        "code": code_hash(),
    }
    meta = case.expanded.meta
    without = f" without {meta['baseline_without']}" if meta["baseline_without"] else ""
    regions = case.aggregation.region_codes()
    info = ScenarioInfo(
        name=case.name,
        title=case.scenario.title,
        description=case.scenario.description,
        text=case.scenario.origin.text,
        focus=focus or case.scenario.focus or ("USA" if "USA" in regions else regions[0]),
        baseline=f"{meta['baseline']}{without}",
        baseline_date=meta["baseline_date"],
        command=command,
        choices=_choices(case),
        hashes=hashes,
        notes=(
            *case.expanded.notes,
            *_cap_notes(case.elasticities.caps),
            *closure_notes(case, base, new),
        ),
        sector_names=case.accounts.meta.get("sector_labels", {}),
        region_names=case.accounts.meta.get("region_labels", {}),
    )
    return compare(base.with_hashes(**hashes), new.with_hashes(**hashes), scenario_info=info)


def _cap_notes(caps: tuple[str, ...]) -> tuple[str, ...]:
    """One note for all elasticities that were cut to the ceiling, however many there are."""
    if not caps:
        return ()
    shown = "; ".join(caps[:3]) + (f" and {len(caps) - 3} more" if len(caps) > 3 else "")
    return (f"elasticities above the ceiling were cut to it: {shown}",)


def _choices(case: Case) -> dict[str, str]:
    formulation, closure = case.model.formulation, case.scenario.closure
    choices = {
        "aggregation": case.aggregation.name,
        "elasticities": case.elasticities.name,
        "production": formulation.production,
        "trade": formulation.trade,
        "consumption": formulation.consumption,
        **{str(k): str(v) for k, v in closure.model_dump(exclude={"swaps"}).items() if v is not None},
        **{f"swap {k + 1}": f"fix {w.fix}, free {w.free}" for k, w in enumerate(closure.swaps)},
        "tariffs": case.scenario.baseline.tariffs,
        "US-China duties": case.expanded.meta["us_china_duties"],
    }
    choices |= {f"structure of {sector}": firms.words() for sector, firms in case.firms.items()}
    for o in case.scenario.overrides:
        choices[f"{o.parameter} of {', '.join(o.sectors)}"] = f"{o.value:g}"
    return choices


@lru_cache(maxsize=1)
def code_hash() -> str:
    """Sha256 of the source of the four packages, file names included: what ran."""
    digest = hashlib.sha256()
    for package in ("calibration", "cge", "results", "scenarios"):
        folder = files(package)
        for path in sorted(Path(str(folder)).rglob("*.py")):
            digest.update(f"{package}/{path.relative_to(str(folder)).as_posix()}".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def describe(case: Case) -> dict[str, Any]:
    """Sizes of a case, for reports."""
    sets = case.model.parameters.sets
    return {"regions": len(sets.regions), "sectors": len(sets.sectors), "unknowns": case.model.reduced.size}
