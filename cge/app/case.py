"""From a scenario file to a model ready to solve: policy, accounts, parameters, instruments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import xarray as xr

from calibration.accounts import Accounts, border_value, landed_value
from calibration.aggregate import Aggregation, aggregate, aggregate_rate, load_aggregation
from calibration.closure_data import closure_data
from calibration.elasticities import Elasticities, load_elasticities
from calibration.parameters import calibrate
from calibration.world import load_world
from cge.app.barriers import BarrierSide, CountryRates, barrier_side, country_rates, one_level
from cge.app.closing import Measure, measures, with_uncapped_rent
from cge.app.firms import check_overrides, firms_by_sector
from cge.app.timer import Timer
from cge.closure import ClosureError
from cge.formulation import Formulation
from cge.market_structure import Firms, with_firms
from cge.model import Model
from cge.parameters import Parameters
from scenarios.apply import (
    apply,
    check_model_regions,
    override_sectors,
    scenario_moves_barriers,
    structure_sectors,
    with_benchmark_rents,
)
from scenarios.policy import Policy
from scenarios.problems import ScenarioError
from scenarios.reader import aggregation_files, read_scenario
from scenarios.schema import Scenario
from scenarios.variants import case_name, choose


@dataclass(frozen=True)
class Case:
    """A scenario made ready to solve: the model, and its instruments under the baseline and under the policy.

    ``world``: accounts at country level; ``accounts``: at the model's aggregation; both carry the rents of
    barriers if ``barriers`` (None: not modelled). ``baseline`` and ``policy`` give tm, k (te, rx, rm where
    anything moves them) over the model's regions and sectors, ``rates`` the same by economy and industry.
    """

    scenario: Scenario
    name: str
    expanded: Policy
    rates: CountryRates
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
    barriers: BarrierSide | None = None


def prepare(
    name_or_path: str | Path | Scenario,
    *,
    aggregation: str | None = None,
    variant: str | None = None,
    rents: bool = False,
    timer: Timer | None = None,
) -> Case:
    """Read a scenario, or one of its variants, and build its model; nothing is solved.

    `aggregation` replaces the scenario's own; `rents` models barriers though no shock moves them, so that
    cases with and without share one benchmark. Raises ScenarioError (bad file), AggregationError,
    ElasticityError, ParameterError or ClosureError, each saying what and where.
    """
    clock = timer or Timer()
    with clock.stage("data"):
        scenario = read(name_or_path, variant)
        scenario = with_benchmark_rents(scenario) if rents else scenario
        b = scenario.baseline
        world = load_world(tariffs=b.tariffs, us_china_duties=b.us_china_duties)
        chosen = load_aggregation(
            aggregation or aggregation_files(scenario) or scenario.aggregation.name or "default"
        )
        check_model_regions(scenario, chosen.region_codes())
        elasticities = _elasticities(scenario, world, chosen)
    side = None
    if scenario_moves_barriers(scenario):
        with clock.stage("barriers"):
            side = barrier_side(scenario, world)
            world = side.world
    with clock.stage("data"):
        expanded = _expanded(scenario, world, side)
        accounts = aggregate(world, chosen)
        accounts.check()
    with clock.stage("calibrate"):
        name = scenario.title if isinstance(name_or_path, Scenario) else Path(name_or_path).stem
        start = _Start(
            scenario, case_name(name, scenario), expanded, world, chosen, accounts, elasticities, side
        )
        return _calibrated(start)


@dataclass(frozen=True)
class _Start:
    """What a case rests on before its model is built."""

    scenario: Scenario
    name: str
    expanded: Policy
    world: Accounts
    aggregation: Aggregation
    accounts: Accounts
    elasticities: Elasticities
    barriers: BarrierSide | None


def _calibrated(s: _Start) -> Case:
    """The case with its model and the instruments over the model's labels."""
    industries = [str(i) for i in s.world.data["i"].values]
    structures = structure_sectors(s.scenario, industries)
    chosen_firms = firms_by_sector(s.scenario, structures, s.aggregation, s.elasticities)
    expanded = replace(s.expanded, notes=(*s.expanded.notes, *chosen_firms.notes))
    regional = closure_data(
        s.world, s.aggregation, labour_supply_set=s.scenario.closure.labour_supply_elasticities
    )
    parameters, formulation = parameters_of(
        s.scenario, s.accounts, s.elasticities, regional, chosen_firms.firms
    )
    overrides = override_sectors(s.scenario, industries)
    check_overrides(s.scenario, overrides, structures, formulation.trade)
    capped = measures(expanded.controls, s.world.data, s.aggregation)
    model = _model(s.scenario, parameters, formulation, capped)
    rates = country_rates(expanded, s.barriers, s.scenario)
    case = Case(
        s.scenario, s.name, expanded, rates, s.world, s.aggregation, s.accounts, s.elasticities, regional,
        chosen_firms.firms, model, {}, {}, capped, s.barriers,
    )  # fmt: skip
    return replace(case, baseline=rates_of(case, rates.baseline), policy=rates_of(case, rates.counterfactual))


def _elasticities(scenario: Scenario, world: Accounts, chosen: Aggregation) -> Elasticities:
    """Weighted by the accounts without rents, so that all variants of a scenario have the same."""
    industries = [str(s) for s in world.data["i"].values]
    return load_elasticities(scenario.elasticities, world, chosen, override_sectors(scenario, industries))


def _expanded(scenario: Scenario, world: Accounts, side: BarrierSide | None) -> Policy:
    return apply(scenario, world.data, barriers=None if side is None else side.data)


def read(name_or_path: str | Path | Scenario, variant: str | None = None) -> Scenario:
    """A scenario by name, path or as it is, or one of its variants. Raises ScenarioError."""
    if not isinstance(name_or_path, Scenario):
        return read_scenario(name_or_path, variant)
    return name_or_path if variant is None else choose(name_or_path, variant)


def with_policy(case: Case, scenario: Scenario) -> Case:
    """The same model, accounts and baseline under another scenario's shocks; nothing is compiled again.

    For scenarios that differ from the case's own in what their shocks do to rates and trade costs; quotas and
    floors stay those of the case.
    Raises ScenarioError as `scenarios.apply`.
    """
    scenario = with_benchmark_rents(scenario) if case.barriers is not None else scenario
    expanded = _expanded(scenario, case.world, case.barriers)
    rates = country_rates(expanded, case.barriers, scenario)
    found = replace(case, scenario=scenario, expanded=expanded, rates=rates)
    return replace(found, policy=rates_of(found, rates.counterfactual))


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
    single = one_level(scenario)
    wanted = scenario.formulation.model_dump(exclude={"structure"})
    wanted["trade"] = "armington_one_level" if single else "armington_two_level"
    values = {str(n): elasticities.data[n] for n in ("sigma_va", "sigma_top")}
    for name in ("sigma_m", "sigma_d"):
        values[name] = elasticities.data["sigma" if single else name]
    sources = dict.fromkeys(values, f"elasticity set '{elasticities.name}'")
    parameters = calibrate(accounts.data, values, sources=sources, regional=regional)
    return with_firms(parameters, firms), Formulation(**wanted)


def instruments(
    policy: xr.Dataset, benchmark: xr.Dataset, world: xr.Dataset, accounts: xr.Dataset, chosen: Aggregation
) -> dict[str, xr.DataArray]:
    """Country-level instruments (o, d, i) as rates of the model: its benchmark plus the flow-weighted change.

    Adding the change to the model's own benchmark rate keeps untouched flows untouched to the last digit.
    """
    taxed, border = world["X0"] * (1 + world["te0"]), border_value(world)
    start = {"tm": accounts["tm0"], "te": accounts["te0"], "k": xr.ones_like(accounts["tm0"]),
             "rx": accounts["rx0"], "rm": accounts["rm0"]}  # fmt: skip
    weights = {"tm": border, "te": world["X0"], "k": landed_value(world), "rx": taxed, "rm": border}
    result = {}
    for name in map(str, policy.data_vars):
        if policy[name].equals(benchmark[name]):
            continue
        change = policy[name] - benchmark[name]
        result[name] = start[name] + aggregate_rate(change, weights[name], chosen)
    return result


def rates_of(case: Case, policy: xr.Dataset) -> dict[str, xr.DataArray]:
    """Instruments of the case's model under a policy at country level, rents of caps included."""
    accounts = case.accounts.data
    found = instruments(policy, case.rates.benchmark, case.world.data, accounts, case.aggregation)
    capped = "rent_uncapped" in case.model.system.quantities
    return with_uncapped_rent(found, accounts) if capped else found
