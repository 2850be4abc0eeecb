"""From a scenario file to a model ready to solve: policy, accounts, parameters, instruments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import xarray as xr

from calibration.accounts import Accounts
from calibration.aggregate import Aggregation
from calibration.elasticities import Elasticities
from cge.app.barriers import BarrierSide, CountryRates, country_rates
from cge.app.closing import Measure, controls_of, floors_of, measures, require_room, with_uncapped_rent
from cge.app.domestic import as_held
from cge.app.firms import check_overrides, firms_by_sector
from cge.app.instruments import instruments
from cge.app.merged import merged_notes
from cge.app.stages import Stages
from cge.app.timer import Timer
from cge.closure import ClosureChoice, ClosureError
from cge.formulation import Formulation
from cge.market_structure import Firms
from cge.model import Model
from cge.parameters import Parameters
from scenarios.apply import (
    check_model_regions,
    override_sectors,
    scenario_moves_barriers,
    structure_sectors,
    with_benchmark_rents,
)
from scenarios.compensation import compensation_regions
from scenarios.policy import Policy
from scenarios.problems import ScenarioError
from scenarios.reader import read_scenario
from scenarios.retraining import retraining_regions
from scenarios.schema import Scenario
from scenarios.variants import case_name, choose

MakeModel = Callable[[Parameters, Formulation, ClosureChoice], Model]


@dataclass(frozen=True)
class Case:
    """A scenario made ready to solve: the model, and its instruments under the baseline and under the policy.

    ``world``: accounts at country level; ``accounts``: at the model's aggregation; both carry the rents of
    barriers if ``barriers`` (None: not modelled). ``baseline`` and ``policy`` give tm, k (te, rx, rm, to, tc,
    productivity, endow where anything moves them; what holds endowments that the closure frees) over the
    model's regions and sectors, ``rates`` the same by economy and industry.
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
    room: tuple[Measure, ...] = ()
    """Caps that the model can carry: those of the policy, and those of the policies prepared beside it."""
    model_notes: tuple[str, ...] = ()
    """What the model's own choices (firms) had to say, whatever the policy."""

    def _repr_html_(self) -> str:
        from cge.app.notebook import case_html

        return case_html(self)


def prepare(
    name_or_path: str | Path | Scenario,
    *,
    aggregation: str | None = None,
    variant: str | None = None,
    rents: bool = False,
    beside: Sequence[Scenario] = (),
    timer: Timer | None = None,
) -> Case:
    """Read a scenario, or one of its variants, and build its model; nothing is solved.

    `aggregation` replaces the scenario's own; `rents` models barriers though no shock moves them, so that
    cases with and without share one benchmark. `beside` are scenarios of the same model whose quotas and
    floors it must be able to carry (`with_policy`). Raises ScenarioError (bad file), AggregationError,
    ElasticityError, ParameterError or ClosureError, each saying what and where.
    """
    clock = timer or Timer()
    with clock.stage("data"):
        scenario = read(name_or_path, variant)
        name = _name(scenario) if isinstance(name_or_path, Scenario) else Path(name_or_path).stem
    return built(scenario, name, Stages(), aggregation=aggregation, rents=rents, beside=beside, timer=clock)


def built(
    scenario: Scenario,
    name: str,
    stages: Stages,
    *,
    aggregation: str | None = None,
    rents: bool = False,
    beside: Sequence[Scenario] = (),
    timer: Timer | None = None,
    model_of: MakeModel | None = None,
) -> Case:
    """The case of a scenario that has been read, from stages that may have been made before.

    ``name``: the file's; ``model_of``: makes a model from parameters, formulation and closure (default:
    `cge.model.Model`). Else as `prepare`.
    """
    clock = timer or Timer()
    scenario = with_benchmark_rents(scenario) if rents else scenario
    with clock.stage("data"):
        plain = stages.world(scenario)
        chosen = stages.aggregation(scenario, aggregation)
        check_model_regions(scenario, chosen.region_codes())
        retraining_regions(scenario, members_of(chosen))
        compensation_regions(scenario, members_of(chosen))
        elasticities = stages.elasticities(scenario, plain, chosen)
    side = None
    if scenario_moves_barriers(scenario):
        with clock.stage("barriers"):
            side = stages.side(scenario, plain)
    world = plain if side is None else side.world
    with clock.stage("data"):
        expanded = stages.policy(scenario, world, side)
        accounts = stages.accounts(world, chosen)
    with clock.stage("calibrate"):
        others = [stages.policy(_like(other, side), world, side) for other in beside]
        start = _Start(
            scenario, case_name(name, scenario), expanded, world, chosen, accounts, elasticities, side
        )
        return _calibrated(start, tuple(others), stages, model_of or Model)


def _name(scenario: Scenario) -> str:
    """The file's name; of a scenario that was read from no file its title."""
    file = scenario.origin.file
    return scenario.title if file.startswith("<") else Path(file).stem


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


def _like(scenario: Scenario, side: BarrierSide | None) -> Scenario:
    """The scenario on the benchmark of a case: with rents if that has them."""
    return scenario if side is None else with_benchmark_rents(scenario)


def _calibrated(s: _Start, beside: Sequence[Policy], stages: Stages, model_of: MakeModel) -> Case:
    """The case with its model and the instruments over the model's labels."""
    industries = [str(i) for i in s.world.data["i"].values]
    structures = structure_sectors(s.scenario, industries)
    chosen_firms = firms_by_sector(s.scenario, structures, s.aggregation, s.elasticities)
    merged = merged_notes(s.scenario, members_of(s.aggregation))
    expanded = replace(s.expanded, notes=(*s.expanded.notes, *chosen_firms.notes, *merged))
    regional = stages.regional(s.scenario, s.world, s.aggregation)
    parameters, formulation = stages.parameters(
        s.scenario, s.accounts, s.elasticities, regional, chosen_firms.firms
    )
    overrides = override_sectors(s.scenario, industries)
    check_overrides(s.scenario, overrides, structures, formulation.trade)
    capped = measures(expanded.controls, s.world.data, s.aggregation)
    room = capped + tuple(m for p in beside for m in measures(p.controls, s.world.data, s.aggregation))
    model = _model(s.scenario, parameters, formulation, room, model_of)
    rates = stages.rates(s.expanded, s.barriers, s.scenario)
    case = Case(
        s.scenario, s.name, expanded, rates, s.world, s.aggregation, s.accounts, s.elasticities, regional,
        chosen_firms.firms, model, {}, {}, capped, s.barriers, room,
        chosen_firms.notes,
    )  # fmt: skip
    both = (
        _as_held(case, stages.instruments(r, rates.benchmark, s.world, s.accounts, s.aggregation))
        for r in (rates.baseline, rates.counterfactual)
    )
    return replace(case, **dict(zip(("baseline", "policy"), both, strict=True)))


def members_of(chosen: Aggregation) -> dict[str, list[str]]:
    """Economies of each region of the model."""
    return {r: list(chosen.members(r)) for r in chosen.region_codes()}


def read(name_or_path: str | Path | Scenario, variant: str | None = None) -> Scenario:
    """A scenario by name, path or as it is, or one of its variants. Raises ScenarioError."""
    if not isinstance(name_or_path, Scenario):
        return read_scenario(name_or_path, variant)
    return name_or_path if variant is None else choose(name_or_path, variant)


def with_policy(case: Case, scenario: Scenario) -> Case:
    """The same model, accounts and baseline under another scenario's shocks; nothing is compiled again.

    For scenarios that differ from the case's own in their shocks alone. Their quotas and floors must be among
    those the model was built to carry (``case.room``, see ``beside`` of `prepare`); a cap that the scenario
    does not use stands where it binds nobody.
    Raises ScenarioError as `scenarios.apply`, for a cap there is no room for, and when the scenario's
    baseline policy is not that of the case.
    """
    scenario = _like(scenario, case.barriers)
    check_model_regions(scenario, case.aggregation.region_codes())
    retraining_regions(scenario, members_of(case.aggregation))
    compensation_regions(scenario, members_of(case.aggregation))
    expanded = Stages().policy(scenario, case.world, case.barriers)
    both = [n for n in expanded.baseline.data_vars if n in case.expanded.baseline]
    if not expanded.baseline[both].equals(case.expanded.baseline[both]):
        message = "its baseline policy is not that of the model it is to share"
        raise ScenarioError([scenario.origin.problem("baseline", message)])
    return with_expanded(case, scenario, expanded)


def with_expanded(case: Case, scenario: Scenario, expanded: Policy) -> Case:
    """As `with_policy`, for a policy that is expanded already (or a part of one)."""
    capped = measures(expanded.controls, case.world.data, case.aggregation)
    require_room(capped, case.room)
    rates = country_rates(expanded, case.barriers, scenario)
    merged = merged_notes(scenario, members_of(case.aggregation))
    expanded = replace(expanded, notes=(*expanded.notes, *case.model_notes, *merged))
    found = replace(case, scenario=scenario, expanded=expanded, rates=rates, measures=capped)
    return replace(found, policy=rates_of(found, rates.counterfactual))


def _model(
    scenario: Scenario,
    parameters: Parameters,
    formulation: Formulation,
    room: tuple[Measure, ...],
    model_of: MakeModel,
) -> Model:
    """The model under the scenario's closure and caps; what is wrong with a closure is said with its line."""
    controls, regions = controls_of(room), floors_of(room)
    if controls:
        formulation = replace(formulation, controls="quotas")
    try:
        choice = scenario.closure.choice(controls=controls, minimum_wage=regions)
        return model_of(parameters, formulation, choice)
    except ClosureError as error:
        raise ScenarioError([scenario.origin.problem("closure", str(error))]) from None


def parameters_of(
    scenario: Scenario,
    accounts: Accounts,
    elasticities: Elasticities,
    regional: Mapping[str, xr.DataArray],
    firms: Mapping[str, Firms],
) -> tuple[Parameters, Formulation]:
    """The parameters and the formulation of a scenario's model, as `Stages.parameters` makes them."""
    return Stages().parameters(scenario, accounts, elasticities, regional, firms)


def rates_of(case: Case, policy: xr.Dataset) -> dict[str, xr.DataArray]:
    """Instruments of the case's model under a policy at country level, rents of caps included."""
    accounts = case.accounts.data
    found = instruments(policy, case.rates.benchmark, case.world.data, accounts, case.aggregation)
    return _as_held(case, found)


def _as_held(case: Case, found: Mapping[str, xr.DataArray]) -> dict[str, xr.DataArray]:
    """The instruments as the closure takes them."""
    held = as_held(found, case.model, case.accounts.data, case.scenario.origin)
    capped = "rent_uncapped" in case.model.system.quantities
    return with_uncapped_rent(held, case.accounts.data) if capped else held
